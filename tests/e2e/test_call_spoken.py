"""Callers speak, and a model answers them: a scripted one, with the real tools and true prices.

One is served, one loses the model in the middle of a sentence, and two get none to begin with. All
of them ring at once: each test then looks at its own caller.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace

import pytest
import pytest_asyncio

from pipeline.business.document import parse
from storage.businesses import seed_files
from tests.e2e.callers import answers, first, ours, record, recorded
from tests.e2e.house import BUSINESS, House, open_house
from tests.simulators.ledger import Event
from tests.simulators.realtime import PRACTICE, RealtimeSimulator
from tests.simulators.realtime_scenario import (
    Connection,
    Scenario,
    Utterance,
    load_scenario,
    money_words,
)
from tests.simulators.realtime_scenario import Step as Answer
from tests.simulators.realtime_voice import Tone
from tests.simulators.twilio_call import CallOutcome
from tests.simulators.twilio_caller import BreakIn, CallerPlan, HangUp, Listen, Pause, Press, Step

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(120),
]

GREETING = parse(seed_files(BUSINESS)).calls.greeting
MODEL = "gpt-realtime-2.1"
ANN, BOB, REFUSED, HANGING = (f"+1415556010{n}" for n in range(4))
LONGEST_SILENCE_MS = 5000
PATIENT = 2.0
"""Seconds of silence before a caller by keys thinks that we are done."""
PARTY = {"adults": 20, "children": 5, "zip": "95125"}
PARTIES = (
    PARTY,
    PARTY | {"proteins": {"filet_mignon": 10, "lobster_tail": 5}},
    PARTY | {"adults": 18},
)
"""Those of the first three recordings."""


@dataclass(frozen=True, slots=True)
class Evening:
    """What became of everybody's call."""

    ann: CallOutcome
    """Is served: a quote, another that she breaks into, a third, and a text of it."""
    text: str
    """What she got."""
    bob: CallOutcome
    """Loses the model while it speaks, and asks for a person by key."""
    refused: CallOutcome
    """Gets no model: the handshake is refused; types a party instead."""
    hanging: CallOutcome
    """Gets no model: the handshake is not answered."""
    model: RealtimeSimulator

    def told_by_ann(self, kind: str) -> Sequence[Event]:
        """What the model's ledger says of the connection on which Ann was heard."""
        events = self.model.ledger.events("heard", kind)
        [hers] = [each["connection"] for each in events if each.get("recording") == "01-quote"]
        return [each for each in events if (each["kind"], each["connection"]) == (kind, hers)]


def script() -> Scenario:
    """The practice line's, where the model dies of being asked for a person."""
    practice = load_scenario(PRACTICE)
    dies = Utterance([Answer("Of course. One moment please, I shall ask my colleagues about it.",
                           fail="close_1006")], when="04-person")  # fmt: skip
    known = [dies if each.when == dies.when else each for each in practice.utterances]
    return replace(practice, utterances=known)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def model() -> AsyncIterator[RealtimeSimulator]:
    async with RealtimeSimulator(script(), voice=Tone(ms_per_character=12)) as model:
        yield model
    assert model.violations == []
    assert model.ledger.events("tool_answered_times") == []


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(
    model: RealtimeSimulator, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("house")
    async with open_house(
        folder, OPENAI_REALTIME_URL=model.url, OPENAI_REALTIME_MODEL=MODEL
    ) as house:
        yield house


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def evening(house: House, model: RealtimeSimulator) -> Evening:
    typing = [Pause(1.0), Press("118#5#95125#"), BreakIn(9.0)]
    waiting = [BreakIn(12.0), Press("0"), BreakIn(2.0)]
    losing = [Listen(), recorded("04-person"), BreakIn(8.5), Press("0"), BreakIn(3.0)]
    async with asyncio.TaskGroup() as group:

        def calls(caller: str, steps: Sequence[Step]) -> asyncio.Task[CallOutcome]:
            plan = CallerPlan([*steps, HangUp()], max_seconds=60, quiet_seconds=PATIENT)
            return group.create_task(house.twilio.call(caller, plan))

        model.fail([Connection("refuse_503"), Connection("hang")])
        refused = calls(REFUSED, typing)
        await _connecting(model, 1)
        hanging = calls(HANGING, waiting)
        await _connecting(model, 2)
        ann = group.create_task(_ann(house))
        bob = calls(BOB, losing)
    return Evening(*ann.result(), bob.result(), refused.result(), hanging.result(), model)


async def _connecting(model: RealtimeSimulator, times: int) -> None:
    """Wait until it was tried so often to connect: the next connection is another caller's."""
    events = model.ledger.events
    assert await model.ledger.wait_for(lambda: len(events("connecting")) == times or None, 10)


async def _ann(house: House) -> tuple[CallOutcome, str]:
    steps = [
        *(Listen(), recorded("01-quote"), Listen(), recorded("02-upgrades"), BreakIn(1.3)),
        *(recorded("03-breaks-in"), Listen(), recorded("07-yes"), Listen(), HangUp()),
    ]
    outcome = await house.twilio.call(ANN, CallerPlan(steps, max_seconds=90, quiet_seconds=0.3))
    return outcome, await house.answer(ANN)


async def _totals(house: House) -> Sequence[float]:
    """What the parties of the recordings cost."""
    quotes = [await house.post("/v1/quotes", party) for party in PARTIES]
    assert [status for status, _, _ in quotes] == [200, 200, 200]
    return [quote["total_cents"] / 100 for _, quote, _ in quotes]


async def test_the_model_greets_and_says_the_totals_of_the_real_tool(house, evening):
    call = await record(house, evening.ann.sid)
    said = ours(call)
    quoted, with_upgrades, for_fewer = await _totals(house)
    print(f"on the line: {answers(evening.ann)}; record: {call['timings']}")
    assert call["turns"][0]["text"] == GREETING
    assert call["turns"][0]["interrupted"] is False
    assert f"the total is {money_words(quoted)}." in said
    assert f"the total is {money_words(for_fewer)}," in said
    assert len({quoted, with_upgrades, for_fewer}) == 3
    outputs = [json.loads(str(event["output"])) for event in evening.told_by_ann("tool_answered")]
    totals = [output["total"] for output in outputs if "total" in output]
    assert totals == [quoted, with_upgrades, for_fewer]
    assert evening.ann.errors == []


async def test_who_breaks_in_is_heard_and_the_model_knows_what_was_not(house, evening):
    call = await record(house, evening.ann.sid)
    [cut] = [turn for turn in call["turns"] if turn["interrupted"]]
    began = evening.ann.times("caller_started")[2]
    cleared = first(evening.ann, "clear", began)
    print(f"silent {cleared - began} ms after the caller began; heard {cut['heard_ms']} ms")
    assert cleared - began < LONGEST_SILENCE_MS
    assert 1000 < cut["heard_ms"] < cut["whole_ms"]
    assert cut["text"].startswith("Of course. With ten filet mignon")
    assert "deposit stays" not in ours(call)

    [truncated] = evening.told_by_ann("truncated")
    assert truncated["item_id"] == cut["item_id"]
    assert truncated["audio_end_ms"] == cut["heard_ms"]


async def test_every_tool_call_is_answered_once_and_the_text_holds_the_last_total(house, evening):
    called = [each["call_id"] for each in evening.told_by_ann("tool_called")]
    answered = [each["call_id"] for each in evening.told_by_ann("tool_answered")]
    assert len(called) == 4
    assert answered == called
    *_, for_fewer = await _totals(house)
    assert f"${for_fewer:,.2f}" in evening.text


async def test_the_record_counts_what_the_call_used_and_cost(house, evening):
    call = await record(house, evening.ann.sid)
    assert (call["status"], call["outcome"]) == ("completed", "texted")
    assert (call["answered_by"], call["model_failed"]) == (f"model:{MODEL}", False)
    spoken = [turn["text"] for turn in call["turns"] if turn["speaker"] == "caller"]
    assert [text.partition(" ")[0] for text in spoken] == ["Hi,", "Could", "Wait,", "Yes,"]
    assert len(call["quote_ids"]) == 3
    done = evening.told_by_ann("response_done")
    assert len(done) == 1 + 2 * 4  # the greeting, and for each turn a tool and its words
    assert all(call["usage"][kind] > 0 for kind in ("input_text", "input_audio", "output_audio"))
    assert 0 < call["cost_usd"] < 1
    [timings] = call["timings"]
    assert (timings["greeted_by"], timings["interruptions"]) == ("model", 1)


async def test_when_the_model_dies_the_attendant_says_so_and_goes_on(house, evening):
    call = await record(house, evening.bob.sid)
    print(f"Bob's sockets: {evening.bob.times('stream_opened')}; {call['timings']}")
    apology = "Sorry, I have lost my connection. Please stay on the line."
    [said] = [turn for turn in call["turns"] if turn["text"] == apology]
    assert (said["speaker"], said["stream"]) == ("attendant", 1)
    assert said["heard_ms"] == said["whole_ms"]
    assert (call["streams"], call["model_failed"]) == (2, True)
    then = ours(call, 2)
    assert GREETING not in then
    assert "I have asked our team." in then
    assert (call["status"], call["outcome"]) == ("completed", "person_wanted")
    ended = first(evening.bob, "stream_ended")
    assert first(evening.bob, "voice_started", ended) - ended < LONGEST_SILENCE_MS


@pytest.mark.parametrize("who", ["refused", "hanging"])
async def test_who_gets_no_model_is_greeted_by_the_attendant(house, evening, who):
    outcome: CallOutcome = getattr(evening, who)
    call = await record(house, outcome.sid)
    print(f"{who}: heard something after {first(outcome, 'voice_started')} ms")
    assert first(outcome, "voice_started") < LONGEST_SILENCE_MS
    greetings = [turn for turn in call["turns"] if turn["text"] == GREETING]
    assert [turn["speaker"] for turn in greetings] == ["attendant"]
    assert greetings[0]["heard_ms"] == greetings[0]["whole_ms"]
    assert (call["status"], call["model_failed"]) == ("completed", True)


async def test_a_quote_by_keys_is_exact_where_the_model_was_refused(house, evening):
    *_, for_fewer = await _totals(house)
    call = await record(house, evening.refused.sid)
    assert f"the total is ${for_fewer:,.2f}." in ours(call)
    assert call["outcome"] == "quoted"


async def test_nothing_is_lost_and_nobodys_words_are_logged(house, evening):
    await house.judge()
