"""A call's row: it rings once, is taken up with a token, is lost and taken up again, ends once."""

import asyncio
from itertools import product
from time import time
from uuid import uuid4

import pytest

from pipeline.call.status import MOVES, CallRang, CallReport, CallStatus
from storage import call_turns, calls
from storage.businesses import seed, seed_files
from storage.calls import MOST_REOFFERS
from tests.storage.arrivals import DANA, LEE, US, arrive, claim, text

SID = "CA" + "1" * 32
S = CallStatus


def rang(sid=SID, caller=DANA, **changes):
    return CallRang("twilio", sid, caller, US, **changes)


def soon(seconds=60):
    return int((time() + seconds) * 1000)


async def attach(pool, expires_ms, sid=SID, worker="host:1", answered_by="model:gpt-realtime"):
    version, _ = await seed(pool, "my_hibachi", seed_files("my_hibachi"))
    return await calls.attach(
        pool,
        "twilio",
        sid,
        expires_ms,
        worker=worker,
        answered_by=answered_by,
        business_version=version,
    )


async def taken_up(pool, sid=SID, caller=DANA, worker="host:1"):
    """A call whose audio this worker has."""
    ringing = await calls.ring(pool, rang(sid, caller))
    expires = await calls.issue_token(pool, ringing.call_id, soon())
    attached = await attach(pool, expires, sid, worker)
    assert attached is not None
    return attached


async def again(pool, call_id, **how):
    """Its audio once more, with a new token."""
    return await attach(pool, await calls.issue_token(pool, call_id, soon()), **how)


async def end(pool, call_id, status=S.COMPLETED, reason="hung_up", outcome="quoted", **more):
    return await calls.end(
        pool, call_id, status=status, reason=reason, outcome=outcome, summary="Quoted.", **more
    )


def reported(status, seconds=None, sid=SID):
    return CallReport("twilio", sid, status, seconds)


async def row(pool, call_id):
    return await pool.fetchrow("SELECT * FROM calls WHERE id = $1", call_id)


async def set_status(pool, call_id, status):
    await pool.execute(
        "UPDATE calls SET status = $2, ended_at = NULL WHERE id = $1", call_id, status
    )


# --- it rings ----------------------------------------------------------------------------------


async def test_a_call_that_is_announced_twice_is_one_call(pool):
    first = await calls.ring(pool, rang(forwarded_from=LEE))
    second = await calls.ring(pool, rang(forwarded_from=LEE))
    assert (first.fresh, second.fresh) == (True, False)
    assert first.call_id == second.call_id
    stored = await row(pool, first.call_id)
    assert stored["status"] == "ringing"
    assert (stored["caller"], stored["callee"], stored["forwarded_from"]) == (DANA, US, LEE)
    assert stored["direction"] == "inbound"


async def test_ten_announcements_at_once_are_one_call(pool):
    ringing = await asyncio.gather(*(calls.ring(pool, rang()) for _ in range(10)))
    assert len({each.call_id for each in ringing}) == 1
    assert [each.fresh for each in ringing].count(True) == 1


async def test_who_calls_is_who_texted_and_has_the_same_inquiry(pool):
    await arrive(pool, text(sender=DANA))
    lane = await claim(pool)
    attached = await taken_up(pool)
    assert attached.contact_id == lane.contact_id
    assert attached.inquiry_id == lane.inquiry_id
    assert attached.conversation_id != lane.conversation_id


async def test_a_caller_without_a_number_is_somebody_new_at_each_call(pool):
    one = await taken_up(pool, "CA" + "2" * 32, caller=None)
    two = await taken_up(pool, "CA" + "3" * 32, caller=None)
    assert one.contact_id != two.contact_id
    assert one.caller is None
    kinds = await pool.fetch("SELECT kind, value FROM identities ORDER BY value")
    assert [tuple(each) for each in kinds] == [
        ("withheld", "CA" + "2" * 32),
        ("withheld", "CA" + "3" * 32),
    ]


async def test_a_call_owes_no_written_answer(pool):
    await taken_up(pool)
    assert await pool.fetchval("SELECT count(*) FROM conversations WHERE due_at IS NOT NULL") == 0


async def test_a_call_of_ours_begins_before_it_rings_and_is_the_customers_conversation(pool):
    ours = CallRang("twilio", SID, US, DANA)
    ringing = await calls.ring(pool, ours, direction="outbound")
    assert (await row(pool, ringing.call_id))["status"] == "initiated"
    conversation = await pool.fetchrow("SELECT our_address, their_address FROM conversations")
    assert tuple(conversation) == (US, DANA)
    made = await calls.report(pool, reported(S.RINGING))
    assert made is not None
    assert (made.moved, made.status) == (True, S.RINGING)


# --- it is taken up ----------------------------------------------------------------------------


async def test_a_used_token_opens_nothing(pool):
    ringing = await calls.ring(pool, rang())
    expires = await calls.issue_token(pool, ringing.call_id, soon())
    assert (await attach(pool, expires)) is not None
    assert (await attach(pool, expires)) is None


async def test_of_two_sockets_with_one_token_one_gets_the_call(pool):
    ringing = await calls.ring(pool, rang())
    expires = await calls.issue_token(pool, ringing.call_id, soon())
    both = await asyncio.gather(attach(pool, expires), attach(pool, expires, worker="host:2"))
    assert sorted(each is None for each in both) == [False, True]
    assert (await row(pool, ringing.call_id))["streams"] == 1


async def test_a_token_of_another_time_or_call_opens_nothing(pool):
    ringing = await calls.ring(pool, rang())
    assert await attach(pool, soon()) is None
    expires = await calls.issue_token(pool, ringing.call_id, soon())
    assert await attach(pool, expires + 1) is None
    assert await attach(pool, expires, sid="CA" + "9" * 32) is None
    assert await attach(pool, expires) is not None


async def test_a_carrier_that_asks_twice_may_follow_either_answer(pool):
    ringing = await calls.ring(pool, rang())
    first = soon(60)
    assert await calls.issue_token(pool, ringing.call_id, first) == first
    assert await calls.issue_token(pool, ringing.call_id, first + 15_000) == first
    assert (await row(pool, ringing.call_id))["token_expires_ms"] == first


@pytest.mark.parametrize("left", [-5, 5])
async def test_a_token_that_has_run_out_or_soon_will_is_replaced(pool, left):
    ringing = await calls.ring(pool, rang())
    await calls.issue_token(pool, ringing.call_id, soon(left))
    later = soon(60)
    assert await calls.issue_token(pool, ringing.call_id, later) == later


@pytest.mark.parametrize("final", [status for status, moves in MOVES.items() if not moves])
async def test_a_call_that_is_over_gets_no_token_and_is_not_taken_up(pool, final):
    ringing = await calls.ring(pool, rang())
    expires = await calls.issue_token(pool, ringing.call_id, soon())
    await set_status(pool, ringing.call_id, final)
    assert await attach(pool, expires) is None
    assert await calls.issue_token(pool, ringing.call_id, soon()) is None


async def test_what_is_needed_to_go_on_comes_with_the_call(pool):
    first = await taken_up(pool)
    assert (first.stream, first.memory, first.tools) == (1, {}, [])
    assert (first.provider, first.caller) == ("twilio", DANA)
    assert first.answered_by == "model:gpt-realtime"
    assert first.answered_at >= (await row(pool, first.call_id))["created_at"]
    await calls.remember(pool, first.call_id, {"at": "zip", "adults": 20})
    await calls.detach(pool, first.call_id, 1)
    second = await again(pool, first.call_id, worker="host:2")
    assert (second.stream, second.memory) == (2, {"at": "zip", "adults": 20})
    assert second.answered_at == first.answered_at
    stored = await row(pool, first.call_id)
    assert (stored["worker"], stored["status"]) == ("host:2", "in_progress")


async def test_a_model_that_failed_on_a_call_does_not_answer_it_again(pool):
    attached = await taken_up(pool)
    await calls.model_failed(pool, attached.call_id)
    assert (await row(pool, attached.call_id))["answered_by"] == "attendant"
    second = await again(pool, attached.call_id)
    assert second.answered_by == "attendant"
    assert (await row(pool, attached.call_id))["model_failed"]


async def test_a_call_on_hold_that_was_lost_is_in_progress_again(pool):
    attached = await taken_up(pool)
    await set_status(pool, attached.call_id, "on_hold")
    assert (await again(pool, attached.call_id)).stream == 2
    assert (await row(pool, attached.call_id))["status"] == "in_progress"


async def test_a_spoken_message_is_kept_byte_for_byte(pool):
    attached = await taken_up(pool)
    await call_turns.keep_message(pool, attached.call_id, bytes(range(256)) * 4)
    stored = await pool.fetchrow("SELECT call_id, audio FROM spoken_messages")
    assert tuple(stored) == (attached.call_id, bytes(range(256)) * 4)


async def test_what_was_done_on_a_call_is_known_when_it_is_taken_up_again(pool):
    attached = await taken_up(pool)
    assert attached.tools == []
    await calls.used(pool, attached.call_id, "calculate_party_quote")
    await calls.used(pool, attached.call_id, "send_text_message")
    second = await again(pool, attached.call_id)
    assert second.tools == ["calculate_party_quote", "send_text_message"]


# --- it ends -----------------------------------------------------------------------------------


async def test_a_call_ends_once(pool):
    attached = await taken_up(pool)
    assert await end(pool, attached.call_id, usage={"input_text": 3}, cost_micros=12)
    assert not await end(pool, attached.call_id, S.FAILED, "again", "lost")
    stored = await row(pool, attached.call_id)
    assert stored["status"] == "completed"
    assert (stored["end_reason"], stored["outcome"], stored["summary"]) == (
        "hung_up",
        "quoted",
        "Quoted.",
    )
    assert stored["ended_at"] is not None
    assert stored["worker"] is None


async def test_no_status_moves_but_as_it_may(pool):
    attached = await taken_up(pool)
    for before, status in product(S, S):
        await set_status(pool, attached.call_id, before)
        moved = await end(pool, attached.call_id, status)
        assert moved == (status in MOVES[before]), (before, status)
        assert (await row(pool, attached.call_id))["status"] == (status if moved else before)


async def test_of_all_who_end_a_call_at_once_one_does(pool):
    attached = await taken_up(pool)
    ends = [end(pool, attached.call_id, status) for status in (S.COMPLETED, S.FAILED) * 5]
    reports = [calls.report(pool, reported(status)) for status in (S.COMPLETED, S.FAILED) * 5]
    ended, made = await asyncio.gather(asyncio.gather(*ends), asyncio.gather(*reports))
    assert sum(ended) + sum(each.moved for each in made) == 1


async def test_a_call_nobody_knows_does_not_end(pool):
    assert not await end(pool, uuid4())


async def test_usage_and_cost_add_up_and_timings_are_kept_by_media_socket(pool):
    attached = await taken_up(pool)
    await calls.detach(
        pool,
        attached.call_id,
        1,
        usage={"input_audio": 100, "output_audio": 40},
        cost_micros=1_500_000_000_000,
        timings={"first_audio_ms": 480},
    )
    assert (await row(pool, attached.call_id))["worker"] is None
    await again(pool, attached.call_id)
    await end(
        pool,
        attached.call_id,
        usage={"input_audio": 11, "cached_audio": 7},
        cost_micros=250,
        timings={"first_audio_ms": 390, "gaps_ms": [700, 820]},
    )
    stored = await row(pool, attached.call_id)
    assert stored["usage"] == {"input_audio": 111, "output_audio": 40, "cached_audio": 7}
    assert stored["cost_micros"] == 1_500_000_000_250
    assert stored["timings"] == {
        "1": {"first_audio_ms": 480},
        "2": {"first_audio_ms": 390, "gaps_ms": [700, 820]},
    }


@pytest.mark.parametrize(
    ("spent", "cost"),
    [
        ([({}, None), ({}, None)], None),
        ([({}, None), ({"input_text": 5}, 40)], 40),
        ([({"input_text": 5}, 40), ({}, None)], 40),
        ([({"input_text": 5}, 40), ({"input_text": 5}, 2)], 42),
        ([({"input_text": 5}, None), ({"input_text": 5}, 40)], None),
        ([({"input_text": 5}, 40), ({"input_text": 5}, None)], None),
        ([({"input_text": 5}, None), ({}, None)], None),
        ([({"input_text": 5}, 0), ({}, None)], 0),
    ],
)
async def test_a_cost_of_which_a_part_is_unknown_is_unknown(pool, spent, cost):
    attached = await taken_up(pool)
    for usage, micros in spent:
        await calls.detach(pool, attached.call_id, 1, usage=usage, cost_micros=micros)
    assert (await row(pool, attached.call_id))["cost_micros"] == cost


async def test_a_worker_that_lost_the_call_cannot_end_it(pool):
    attached = await taken_up(pool)
    await again(pool, attached.call_id, worker="host:2")
    late = {"stream": 1, "usage": {"input_audio": 9}, "cost_micros": 4}
    assert not await end(pool, attached.call_id, **late)
    await calls.ending(pool, attached.call_id, 1, "farewell")
    await calls.detach(pool, attached.call_id, 1)
    stored = await row(pool, attached.call_id)
    assert (stored["status"], stored["worker"]) == ("in_progress", "host:2")
    assert (stored["end_reason"], stored["outcome"]) == (None, None)
    assert (stored["usage"], stored["cost_micros"]) == ({"input_audio": 9}, 4)
    assert await end(pool, attached.call_id, stream=2)


async def test_what_no_database_holds_is_taken_out_of_words(pool):
    attached = await taken_up(pool)
    await calls.end(
        pool,
        attached.call_id,
        status=S.COMPLETED,
        reason="hung\0_up",
        outcome="quoted",
        summary="A \ud83c party",
    )
    stored = await row(pool, attached.call_id)
    assert (stored["end_reason"], stored["summary"]) == ("hung_up", "A � party")


# --- what the carrier says ---------------------------------------------------------------------


WHILE_RINGING = {S.COMPLETED: S.MISSED, S.IN_PROGRESS: S.RINGING}


async def test_a_report_moves_a_status_only_as_it_may(pool):
    attached = await taken_up(pool)
    for before, said in product(S, S):
        await set_status(pool, attached.call_id, before)
        wanted = WHILE_RINGING.get(said, said) if before == S.RINGING else said
        expected = wanted if wanted in MOVES[before] else before
        made = await calls.report(pool, reported(said))
        assert (made.status, made.moved) == (expected, expected != before), (before, said)
        stored = await row(pool, attached.call_id)
        assert stored["status"] == expected
        assert (stored["ended_at"] is not None) == (made.moved and not MOVES[expected])


async def test_a_report_closes_the_call_of_a_worker_that_died(pool):
    attached = await taken_up(pool)
    made = await calls.report(pool, reported(S.COMPLETED, 37))
    assert made is not None
    assert (made.moved, made.worker, made.outcome) == (True, "host:1", None)
    stored = await row(pool, attached.call_id)
    assert (stored["status"], stored["seconds"], stored["end_reason"]) == ("completed", 37, None)
    assert await again(pool, attached.call_id) is None


async def test_a_call_reported_over_still_gets_what_it_came_to(pool):
    attached = await taken_up(pool)
    await calls.report(pool, reported(S.COMPLETED, 37))
    assert not await end(pool, attached.call_id, stream=1, usage={"input_text": 5})
    stored = await row(pool, attached.call_id)
    assert (stored["status"], stored["outcome"]) == ("completed", "quoted")
    assert stored["usage"] == {"input_text": 5}


async def test_a_late_report_never_opens_a_call_again_but_its_seconds_count(pool):
    attached = await taken_up(pool)
    await end(pool, attached.call_id)
    ended_at = (await row(pool, attached.call_id))["ended_at"]
    await calls.report(pool, reported(S.COMPLETED, 41))
    await calls.report(pool, reported(S.IN_PROGRESS))
    await calls.report(pool, reported(S.FAILED))
    stored = await row(pool, attached.call_id)
    assert (stored["status"], stored["seconds"], stored["ended_at"]) == ("completed", 41, ended_at)


async def test_a_call_that_ended_before_its_audio_came_was_missed(pool):
    ringing = await calls.ring(pool, rang())
    await calls.report(pool, reported(S.IN_PROGRESS))
    await calls.report(pool, reported(S.COMPLETED, 1))
    stored = await row(pool, ringing.call_id)
    assert (stored["status"], stored["answered_at"]) == ("missed", None)


async def test_a_report_of_a_call_nobody_knows_changes_nothing(pool):
    assert await calls.report(pool, reported(S.COMPLETED)) is None
    assert await pool.fetchval("SELECT count(*) FROM calls") == 0


# --- after its audio ---------------------------------------------------------------------------


async def test_a_call_lost_is_asked_for_again_three_times_and_then_given_up(pool):
    attached = await taken_up(pool)
    verdicts = []
    for _ in range(MOST_REOFFERS + 2):
        found = await calls.after(pool, "twilio", SID)
        assert found is not None
        verdicts.append(found.verdict)
        if found.verdict == "lost":
            assert await again(pool, attached.call_id) is not None
    assert verdicts == ["lost", "lost", "lost", "given_up", "given_up"]
    assert (await row(pool, attached.call_id))["streams"] == 4


async def test_audio_that_never_comes_is_not_asked_for_without_end(pool):
    ringing = await calls.ring(pool, rang())
    verdicts = [(await calls.after(pool, "twilio", SID)).verdict for _ in range(4)]
    assert verdicts == ["lost", "lost", "lost", "given_up"]
    found = await calls.after(pool, "twilio", SID)
    assert (found.call_id, found.caller) == (ringing.call_id, DANA)


async def test_a_call_that_we_are_about_to_hang_up_is_not_lost(pool):
    attached = await taken_up(pool)
    await calls.ending(pool, attached.call_id, 1, "farewell")
    assert (await calls.after(pool, "twilio", SID)).verdict == "ended"
    assert await calls.issue_token(pool, attached.call_id, soon()) is None
    assert await end(pool, attached.call_id, reason="later")
    assert (await row(pool, attached.call_id))["end_reason"] == "farewell"


async def test_a_call_that_has_ended_or_was_reported_over_is_not_lost(pool):
    attached = await taken_up(pool)
    await end(pool, attached.call_id)
    assert (await calls.after(pool, "twilio", SID)).verdict == "ended"
    other = "CA" + "2" * 32
    await taken_up(pool, other)
    await calls.report(pool, reported(S.COMPLETED, sid=other))
    assert (await calls.after(pool, "twilio", other)).verdict == "ended"


async def test_after_a_call_nobody_knows_nothing_is_known(pool):
    assert await calls.after(pool, "twilio", SID) is None


async def test_a_worker_that_starts_holds_none_of_the_calls_its_namesake_held(pool):
    dead = await taken_up(pool, "CA" + "2" * 32)
    over = await taken_up(pool, "CA" + "3" * 32)
    others = await taken_up(pool, "CA" + "4" * 32, worker="host:2")
    await calls.report(pool, reported(S.COMPLETED, sid="CA" + "3" * 32))
    assert await calls.abandon(pool, worker="host:1") == 2
    going, ended = await row(pool, dead.call_id), await row(pool, over.call_id)
    assert (going["worker"], going["outcome"], going["end_reason"]) == (None, None, None)
    assert (ended["worker"], ended["outcome"], ended["end_reason"]) == (None, "lost", "lost")
    assert ended["summary"] == "The call broke off."
    assert (await row(pool, others.call_id))["worker"] == "host:2"


async def test_calls_whose_end_nobody_reported_are_closed_after_a_while(pool):
    lost = await taken_up(pool, "CA" + "2" * 32)
    unanswered = await calls.ring(pool, rang("CA" + "3" * 32))
    await pool.execute("UPDATE calls SET created_at = now() - interval '5 hours'")
    young = await taken_up(pool, "CA" + "4" * 32)
    assert await calls.close_stale(pool, older_seconds=4 * 3600) == 2
    assert (await row(pool, lost.call_id))["status"] == "failed"
    assert (await row(pool, unanswered.call_id))["status"] == "missed"
    assert (await row(pool, young.call_id))["status"] == "in_progress"
