"""What was said on a call: in order over its media sockets, better as more is known."""

from dataclasses import replace
from uuid import uuid4

from pipeline.call.turns import Turn
from storage import calls
from storage.call_turns import broken_off, keep_turn, said, turns
from tests.storage.arrivals import DANA
from tests.storage.test_calls import rang

HELLO = Turn("item_1", 0, "model", "Hello!", at_ms=120, heard_ms=900, whole_ms=900)
ASKED = Turn("item_2", 1, "caller", "How much is it?", at_ms=1500)


async def a_call(pool):
    return (await calls.ring(pool, rang(caller=DANA))).call_id


async def test_turns_come_back_as_they_were_kept_in_the_order_they_were_said(pool):
    call_id = await a_call(pool)
    again = Turn(
        "attendant-1",
        0,
        "attendant",
        "Sorry.",
        at_ms=40,
        heard_ms=10,
        whole_ms=70,
        interrupted=True,
    )
    for stream, turn in ((2, again), (1, ASKED), (1, HELLO)):
        await keep_turn(pool, call_id, stream, turn)
    assert await turns(pool, call_id) == (HELLO, ASKED, again)
    assert [each.stream for each in await said(pool, call_id)] == [1, 1, 2]


async def test_a_turn_kept_again_is_replaced_and_stays_when_it_was(pool):
    call_id = await a_call(pool)
    await keep_turn(pool, call_id, 1, replace(ASKED, text=""))
    [before] = await said(pool, call_id)
    await keep_turn(pool, call_id, 1, ASKED)
    await keep_turn(pool, call_id, 1, replace(HELLO, text="Hel", heard_ms=300, interrupted=True))
    cut, asked = await said(pool, call_id)
    assert (asked.turn, asked.at) == (ASKED, before.at)
    assert (cut.turn.text, cut.turn.heard_ms, cut.turn.interrupted) == ("Hel", 300, True)


async def test_the_same_item_on_two_media_sockets_is_two_turns(pool):
    call_id = await a_call(pool)
    await keep_turn(pool, call_id, 1, HELLO)
    await keep_turn(pool, call_id, 2, HELLO)
    assert await turns(pool, call_id) == (HELLO, HELLO)


async def test_what_was_being_said_when_the_line_was_cut_was_not_heard_to_its_end(pool):
    call_id = await a_call(pool)
    speaking = replace(HELLO, item_id="item_3", position=2, heard_ms=None, whole_ms=0)
    for turn in (HELLO, ASKED, speaking):
        await keep_turn(pool, call_id, 1, turn)
    await broken_off(pool, call_id)
    assert await turns(pool, call_id) == (HELLO, ASKED, replace(speaking, interrupted=True))


async def test_words_that_no_database_holds_are_kept_without_what_is_wrong_with_them(pool):
    call_id = await a_call(pool)
    await keep_turn(pool, call_id, 1, replace(ASKED, text="A\0 party \ud83c of \U0001f363"))
    [turn] = await turns(pool, call_id)
    assert turn.text == "A party � of \U0001f363"


async def test_a_call_on_which_nothing_was_said_has_no_turns(pool):
    assert await turns(pool, await a_call(pool)) == ()
    assert await said(pool, uuid4()) == []
