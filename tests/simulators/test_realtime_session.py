"""A session hears, obeys what it was told about turns, and says what a client did wrong."""

from typing import Any

import pytest

from tests.simulators.realtime import PRACTICE, RealtimeSimulator
from tests.simulators.realtime_client import SESSION, SILENCE, connected, text_item
from tests.simulators.realtime_hearing import Recordings
from tests.simulators.realtime_scenario import Call, Scenario, Step, Utterance, load_scenario
from tests.simulators.realtime_session import merged
from tests.simulators.realtime_voice import Tone

SPEECH = SILENCE * 20 + Tone.PERIOD * 8 * 25
"""Half a second of a strange voice."""
HELLO = Scenario([Utterance([Step("Hello.", audio_ms=2000)], heard="Hi.")], rate=4.0)

TURN = [
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    "conversation.item.added",
    "conversation.item.done",
    "conversation.item.input_audio_transcription.delta",
    "conversation.item.input_audio_transcription.completed",
]


def session_with(**detection: Any) -> dict[str, Any]:
    audio = {"input": {**SESSION["audio"]["input"], "turn_detection": detection or None}}
    return {**SESSION, "audio": {**SESSION["audio"], **audio}}


async def test_a_turn_is_heard_and_nothing_is_said_unasked() -> None:
    async with RealtimeSimulator(HELLO) as simulator, connected(simulator) as client:
        await client.hear(SPEECH)
        types = await client.types_until(TURN[-1])
        heard = {event["type"]: event for event in client.seen}
        done = await client.answer()
    assert types == TURN
    assert heard[TURN[0]]["audio_start_ms"] == 460 - 360
    assert heard[TURN[1]]["audio_end_ms"] == 900 + 500
    assert {heard[name]["item_id"] for name in TURN if "item_id" in heard[name]} == {"item_1x1"}
    assert heard[TURN[-1]]["transcript"] == "Hi."
    assert client.said(done) == "Hello."
    assert simulator.violations == []


async def test_a_recording_is_known_whatever_was_said_before_it() -> None:
    recordings = Recordings().by_name
    async with (
        RealtimeSimulator(load_scenario(PRACTICE)) as simulator,
        connected(simulator) as client,
    ):
        for name in ("06-refund", "04-person"):
            await client.hear(recordings[name].audio)
            said = await client.until(TURN[-1])
            assert said["transcript"] == recordings[name].transcript
    heard = [event["recording"] for event in simulator.ledger.events("heard")]
    assert heard == ["06-refund", "04-person"]


async def test_words_that_cannot_be_made_out_are_reported() -> None:
    mumbled = Scenario([Utterance([Step("Pardon?")], transcribed=False)])
    async with RealtimeSimulator(mumbled) as simulator, connected(simulator) as client:
        await client.hear(SPEECH)
        failed = await client.until("conversation.item.input_audio_transcription.failed")
    assert failed["item_id"] == "item_1x1"


async def test_a_session_left_as_it_is_answers_and_is_interrupted_by_itself() -> None:
    session = session_with(type="server_vad", silence_duration_ms=200)
    async with (
        RealtimeSimulator(HELLO) as simulator,
        connected(simulator, session=session) as client,
    ):
        await client.hear(SPEECH)
        await client.until("response.output_audio.delta")
        await client.hear(SPEECH)
        done = (await client.until("response.done"))["response"]
    assert done["status_details"]["reason"] == "turn_detected"


async def test_with_turns_off_the_client_says_when() -> None:
    async with (
        RealtimeSimulator(HELLO) as simulator,
        connected(simulator, session=session_with()) as client,
    ):
        await client.send("input_audio_buffer.commit")
        assert (await client.until("error"))["error"]["code"] == "input_audio_buffer_commit_empty"
        await client.hear(SPEECH)
        await client.send("input_audio_buffer.commit")
        await client.until("input_audio_buffer.committed")
        await client.send("input_audio_buffer.clear")
        await client.until("input_audio_buffer.cleared")
    assert TURN[0] not in client.types
    assert simulator.violations == []


async def test_a_typed_turn_is_answered_and_a_replayed_one_is_not() -> None:
    keys = Scenario([Utterance([Step("Thank you.")], text="pressed 95125")])
    async with RealtimeSimulator(keys) as simulator, connected(simulator) as client:
        pressed = text_item("user", "(The caller pressed 95125 on the keypad.)")
        await client.send("conversation.item.create", item=pressed)
        await client.send("conversation.item.create", item=text_item("assistant", "Thank you."))
        assert client.said(await client.answer()) == keys.nothing_due
        await client.send("conversation.item.create", item=pressed)
        assert client.said(await client.answer()) == "Thank you."
    assert simulator.violations == []


@pytest.mark.parametrize("typed", [True, False])
async def test_what_a_tool_answered_to_one_turn_is_not_said_in_the_next(typed: bool) -> None:
    total = Step("It is {total}.", otherwise="I do not know.")
    quoting = Utterance([Step(calls=[Call("calculate_party_quote")]), total], text="A quote")
    script = Scenario([quoting, Utterance([total], text="what"), Utterance([total])])
    async with RealtimeSimulator(script) as simulator, connected(simulator) as client:
        await client.send("conversation.item.create", item=text_item("user", "A quote."))
        [item] = (await client.answer())["output"]
        answer = {"type": "function_call_output", "call_id": item["call_id"]}
        answer["output"] = '{"total": 3}'
        await client.send("conversation.item.create", item=answer)
        assert client.said(await client.answer()) == "It is three dollars."
        if typed:
            await client.send("conversation.item.create", item=text_item("user", "So what?"))
        else:
            await client.hear(SPEECH)
            await client.until("input_audio_buffer.committed")
        assert client.said(await client.answer()) == "I do not know."


async def test_an_item_can_be_taken_back() -> None:
    async with RealtimeSimulator() as simulator, connected(simulator) as client:
        await client.send("conversation.item.create", item=text_item("user", "Hi", id="mine"))
        added = await client.until("conversation.item.added")
        await client.send("conversation.item.delete", item_id="mine")
        await client.until("conversation.item.deleted")
        await client.send("conversation.item.delete", item_id="mine")
        error = (await client.until("error"))["error"]
    assert added["item"]["id"] == "mine"
    assert error["code"] == "item_delete_invalid_item_id"


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({"type": "input_audio_buffer.append", "audio": "no base64"}, "invalid_value"),
        ({"type": "input_audio_buffer.append", "audio": ""}, "invalid_value"),
        ({"type": "response.create", "response": {"modalities": ["audio"]}}, "unknown_parameter"),
        ({"type": "response.create", "response": {"conversation": "none"}}, "not_simulated"),
        ({"type": "response.create", "response": {"output_modalities": ["text"]}}, "not_simulated"),
        ({"type": "conversation.item.retrieve", "item_id": "x"}, "not_simulated"),
        ({"type": "session.update", "session": {"type": "realtime", "output_modalities": ["text"]}},
         "not_simulated"),
        ({"type": "session.update", "session": {"type": "realtime", "audio": {
            "output": {"format": {"type": "audio/pcma"}}}}}, "not_simulated"),
        ({"type": "session.update", "session": {"type": "transcription"}}, "not_simulated"),
        ({"type": "conversation.item.create", "item": {
            "type": "function_call_output", "call_id": "none", "output": ""}},
         "invalid_tool_call_id"),
    ],
)  # fmt: skip
async def test_a_clients_mistake_is_answered_and_in_the_ledger(event: Any, code: str) -> None:
    async with RealtimeSimulator() as simulator, connected(simulator) as client:
        await client.send(event.pop("type"), event_id="ev_9", **event)
        error = (await client.until("error"))["error"]
        assert (error["code"], error["event_id"]) == (code, "ev_9")
        assert client.said(await client.answer()) == simulator.scenario.nothing_due
    assert [each["code"] for each in simulator.violations] == [code]


async def test_audio_before_the_session_is_a_mistake() -> None:
    async with RealtimeSimulator() as simulator, connected(simulator, session=None) as client:
        await client.send("input_audio_buffer.append", audio="//8=")
        assert (await client.until("error"))["error"]["code"] == "audio_before_session"


async def test_a_voice_that_has_spoken_stays() -> None:
    other = {**SESSION["audio"]["output"], "voice": "cedar"}
    update = {"type": "realtime", "audio": {"output": other}}
    async with RealtimeSimulator() as simulator, connected(simulator) as client:
        await client.send("session.update", session=update)
        updated = await client.until("session.updated")
        await client.answer()
        update["audio"]["output"]["voice"] = "marin"
        await client.send("session.update", session=update)
        error = (await client.until("error"))["error"]
    assert updated["session"]["audio"]["output"]["voice"] == "cedar"
    assert updated["session"]["instructions"] == "Be kind."
    assert error["code"] == "cannot_update_voice"


def test_an_update_replaces_what_it_names_and_nothing_else() -> None:
    old = {"tools": [1], "audio": {"input": {"a": 1, "turn_detection": {"x": 1}}, "output": {}}}
    new = {"tools": [], "audio": {"input": {"turn_detection": {"y": 2}}}}
    assert merged(old, new) == {
        "tools": [],
        "audio": {"input": {"a": 1, "turn_detection": {"y": 2}}, "output": {}},
    }
