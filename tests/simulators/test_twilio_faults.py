"""Plans of status callbacks say what they are called."""

import pytest

from tests.simulators.twilio_faults import FAULTS, PLANS
from tests.simulators.twilio_records import Message

MESSAGE = Message("SM" + "0" * 32, "outbound-api", "+19165550100", "+14155550123", "hi", 0.0)


@pytest.mark.parametrize(
    ("plan", "statuses"),
    [
        ("in_order", ["queued", "sent", "delivered"]),
        ("reordered", ["delivered", "queued", "sent"]),
        ("duplicated", ["queued", "queued", "sent", "sent", "delivered", "delivered"]),
        ("late", ["sent", "delivered"]),
        ("lost", []),
    ],
)
def test_a_plan_is_statuses_in_their_order(plan: str, statuses: list[str]) -> None:
    assert [status for _, status in PLANS[plan](MESSAGE)] == statuses


def test_only_the_late_plan_waits() -> None:
    waits = {name: sum(seconds for seconds, _ in plan(MESSAGE)) for name, plan in PLANS.items()}
    assert {name for name, seconds in waits.items() if seconds} == {"late"}


def test_faults_can_be_named() -> None:
    assert "accept_then_drop" in FAULTS
