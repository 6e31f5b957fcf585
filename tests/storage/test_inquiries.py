"""What is known of a matter, and who was asked to help."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from pipeline.inquiry.escalation import Reason
from pipeline.inquiry.turn import Effect
from storage import inquiries
from tests.storage.arrivals import DANA, LEE, SOON, arrive, claim, text


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


async def test_an_effect_is_first_once_for_each_inquiry_and_its_arguments(pool):
    for sender in (DANA, LEE):
        await arrive(pool, text(sid=sender, sender=sender))
    one, other = [(await claim(pool)).inquiry_id for _ in range(2)]
    effect = Effect("take_message", {"text": "hi"})
    at_once = await asyncio.gather(
        *(inquiries.done_first(pool, one, effect) for _ in range(5)),
    )
    assert sorted(at_once) == [False, False, False, False, True]
    assert await inquiries.done_first(pool, other, effect)
    assert await inquiries.done_first(pool, one, Effect("take_message", {"text": "ho"}))
    assert await inquiries.done_first(pool, one, Effect("other_tool", {"text": "hi"}))


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none()))
def test_the_same_arguments_in_any_order_have_one_hash(arguments):
    backwards = dict(reversed(arguments.items()))
    assert inquiries.arguments_hash(arguments) == inquiries.arguments_hash(backwards)


def test_other_arguments_have_another_hash():
    assert inquiries.arguments_hash({"text": "a"}) != inquiries.arguments_hash({"text": "b"})
