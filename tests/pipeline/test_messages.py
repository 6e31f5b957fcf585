"""The ladder of what becomes of a message: only ever forwards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.messages import Delivery, next_state

STATES = ("queued", "sending", "unknown", "accepted", "sent", "delivered", "read", "failed")


@pytest.mark.parametrize(
    ("state", "reported", "after"),
    [
        ("sending", Delivery.ACCEPTED, "accepted"),
        ("unknown", Delivery.SENT, "sent"),
        ("accepted", Delivery.DELIVERED, "delivered"),
        ("delivered", Delivery.SENT, "delivered"),
        ("sent", Delivery.FAILED, "failed"),
        ("delivered", Delivery.FAILED, "delivered"),
        ("failed", Delivery.DELIVERED, "failed"),
        ("failed", Delivery.READ, "read"),
        ("blocked", Delivery.DELIVERED, "blocked"),
        ("expired", Delivery.SENT, "expired"),
    ],
)
def test_a_report_moves_a_message_forwards_or_not_at_all(state, reported, after):
    assert next_state(state, reported) == after


@given(st.sampled_from(STATES), st.lists(st.sampled_from(Delivery), max_size=8))
def test_repeating_any_history_of_reports_changes_nothing_more(state, reports):
    once = state
    for report in reports:
        once = next_state(once, report)
    twice = once
    for report in reports:
        twice = next_state(twice, report)
    assert twice == once
