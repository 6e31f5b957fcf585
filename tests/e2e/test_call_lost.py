"""The worker is killed with -9 while it speaks: the caller hears us again, and the call goes on.

One caller uses the keys, one talks with a model, each to a program of their own.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from pipeline.business.document import parse
from storage.businesses import seed_files
from tests.e2e.callers import first, ours, record, recorded, until_on_call
from tests.e2e.house import BUSINESS, House, open_house
from tests.simulators.ledger import Event
from tests.simulators.realtime import PRACTICE, RealtimeSimulator
from tests.simulators.realtime_hearing import Recordings
from tests.simulators.realtime_scenario import Scenario, load_scenario
from tests.simulators.realtime_voice import Tone
from tests.simulators.twilio_call import CallOutcome
from tests.simulators.twilio_caller import BreakIn, CallerPlan, HangUp, Listen, Pause, Press

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(120),
]

CALLER = "+14155560200"
GREETING = parse(seed_files(BUSINESS)).calls.greeting
BACK = "Sorry, we were cut off. I'm back."
TOTAL = "$1,250.00"  # 20 adults at $55 and 5 children at $30
UPGRADED = "$1,375.00"  # ... with 10 filet mignon at $5 and 5 lobster tails at $15
QUESTION = "How many children are aged 6 to 12?"
AGAIN_MS = 5000
"""From the end of our voice to its return: longer, and a caller hangs up."""
NOBODY_THERE = 1.0
"""Seconds of silence: more than between two sentences, less than a worker takes to start."""
GREETED_MS = 5000
"""All of the greeting has been sent by then, and nothing else."""
INTO_SENTENCE_S = 1.0


@dataclass(frozen=True, slots=True)
class Lost:
    """A call whose worker was killed, and its record."""

    outcome: CallOutcome
    call: Mapping[str, Any]
    text: str
    """What the caller was texted on it."""


@dataclass(frozen=True, slots=True)
class Evening:
    keys: Lost
    spoken: Lost
    model: RealtimeSimulator


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def evening(tmp_path_factory: pytest.TempPathFactory) -> Evening:
    async with RealtimeSimulator(script(), voice=Tone(ms_per_character=20)) as model:
        keys, spoken = await asyncio.gather(
            _by_keys(tmp_path_factory.mktemp("keys")),
            _by_voice(tmp_path_factory.mktemp("spoken"), model),
        )
    return Evening(keys, spoken, model)


def script() -> Scenario:
    """The practice line's, with what each recording says: it is told again what was said."""
    practice = load_scenario(PRACTICE)
    said = Recordings().by_name
    known = [
        replace(each, heard=said[each.when].transcript) if each.when else each
        for each in practice.utterances
    ]
    return replace(practice, utterances=known)


async def _by_keys(folder: Path) -> Lost:
    """Types the adults while being greeted, the rest after the loss, and takes it as a text."""
    steps = [
        *(Pause(0.5), Press("120#"), Listen()),  # until nobody is there any more
        *(BreakIn(3.5), Press("5#95125#"), BreakIn(1.0), Press("1"), BreakIn(1.5), HangUp()),
    ]
    async with open_house(folder) as house:
        plan = CallerPlan(steps, max_seconds=60, quiet_seconds=NOBODY_THERE)
        outcome = await _killed(house, plan)
        text = await house.answer(CALLER)
        return Lost(outcome, await record(house, outcome.sid), text)


async def _by_voice(folder: Path, model: RealtimeSimulator) -> Lost:
    """Asks for a price, hears the line break, and has the price texted."""
    steps = [
        *(Listen(), recorded("02-upgrades"), Listen()),  # until nobody is there any more
        *(Listen(), recorded("07-yes"), Listen(), HangUp()),
    ]
    async with open_house(folder, OPENAI_REALTIME_URL=model.url) as house:
        plan = CallerPlan(steps, max_seconds=60, quiet_seconds=NOBODY_THERE)
        outcome = await _killed(house, plan)
        text = await house.answer(CALLER)
        return Lost(outcome, await record(house, outcome.sid), text)


async def _killed(house: House, plan: CallerPlan) -> CallOutcome:
    """A call whose worker is killed in the middle of what we say after the greeting."""
    call = asyncio.create_task(house.twilio.call(CALLER, plan))

    def speaks(events: Sequence[Event]) -> bool:
        begins = [int(str(e["ms"])) for e in events if e["what"] == "audio_arrived"]
        return any(ms > GREETED_MS for ms in begins)

    await until_on_call(house, CALLER, speaks)
    await asyncio.sleep(INTO_SENTENCE_S)
    await house.program.kill_worker()
    return await call


@pytest.mark.parametrize("kind", ["keys", "spoken"])
async def test_the_caller_hears_us_again_soon_and_it_is_all_one_call(evening, kind):
    lost: Lost = getattr(evening, kind)
    outcome, call = lost.outcome, lost.call
    ended = first(outcome, "stream_ended")
    again = first(outcome, "voice_started", ended)
    print(f"{kind}: heard again {again - ended} ms after the line was lost")
    assert again - ended < AGAIN_MS
    assert outcome.errors == []
    assert len(outcome.times("stream_opened")) == call["streams"] == 2
    assert (call["status"], call["end_reason"]) == ("completed", "caller_hung_up")
    assert [timings["stream"] for timings in call["timings"]] == [2]  # one died with its own
    assert ours(call).count(GREETING) == 1
    assert ours(call, 2).startswith(BACK)


async def test_who_uses_the_keys_goes_on_at_the_same_question(evening):
    call = evening.keys.call
    assert QUESTION in ours(call, 1)
    assert ours(call, 2).startswith(f"{BACK} {QUESTION.partition(' ')[0]}")
    assert TOTAL in evening.keys.text
    assert call["outcome"] == "texted"


async def test_the_model_is_told_what_was_said_and_goes_on(evening):
    model, call = evening.model, evening.spoken.call
    heard = Recordings().by_name["02-upgrades"].transcript
    told = [
        " ".join(part["text"] for part in event["event"]["item"]["content"])
        for event in model.ledger.events("client_event")
        if event["connection"] == 2
        and event["type"] == "conversation.item.create"
        and event["event"]["item"]["type"] == "message"
    ]
    assert told[:2] == [GREETING, heard]
    assert told[2].startswith("Of course. With ten filet mignon")
    called = [event["name"] for event in model.ledger.events("tool_called")]
    assert called == ["calculate_party_quote", "send_text_message"]
    assert "I have texted you the quote." in ours(call, 2)
    assert UPGRADED in evening.spoken.text
    assert (call["outcome"], call["model_failed"]) == ("texted", False)


async def test_the_model_saw_no_mistake(evening):
    assert evening.model.violations == []
