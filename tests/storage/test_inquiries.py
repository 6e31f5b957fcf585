"""What is known of a matter, and who was asked to help."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.inquiry.escalation import Reason
from storage import inquiries
from tests.storage.arrivals import SOON, arrive, text


async def escalate(pool, conversation_id, reason, priority, note):
    await inquiries.escalate(
        pool,
        conversation_id,
        reason=Reason(reason),
        priority=priority,
        note=note,
        respond_by=SOON,
    )


async def test_a_conversation_has_one_open_escalation_which_gathers_notes_and_urgency(pool):
    conversation_id = (await arrive(pool, text())).conversation_id
    assert not await inquiries.is_escalated(pool, conversation_id)
    await escalate(pool, conversation_id, "discount", "medium", "asks for a discount")
    await escalate(pool, conversation_id, "illness", "urgent", "somebody is ill")
    await escalate(pool, conversation_id, "discount", "low", "asks again")
    [row] = await pool.fetch("SELECT reason, priority, note FROM escalations")
    assert tuple(row) == (
        "illness",
        "urgent",
        "asks for a discount\nsomebody is ill\nasks again",
    )
    assert await inquiries.is_escalated(pool, conversation_id)


async def test_after_it_is_resolved_a_new_escalation_opens(pool):
    conversation_id = (await arrive(pool, text())).conversation_id
    await escalate(pool, conversation_id, "discount", "medium", "first")
    await pool.execute("UPDATE escalations SET status = 'resolved'")
    assert not await inquiries.is_escalated(pool, conversation_id)
    await escalate(pool, conversation_id, "discount", "medium", "second")
    assert await pool.fetchval("SELECT count(*) FROM escalations") == 2


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none()))
def test_the_same_arguments_in_any_order_have_one_hash(arguments):
    backwards = dict(reversed(arguments.items()))
    assert inquiries.arguments_hash(arguments) == inquiries.arguments_hash(backwards)


def test_other_arguments_have_another_hash():
    assert inquiries.arguments_hash({"text": "a"}) != inquiries.arguments_hash({"text": "b"})
