"""Calls over real sockets, against a gateway that only answers the phone."""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from channels.contract import Webhook
from channels.twilio_voice import TwilioVoice
from pipeline.call.status import CallRang, CallReport
from pipeline.events import (
    CallerAudio,
    CallerDigit,
    CallerGone,
    MediaStarted,
    PlayoutReached,
)
from tests.simulators.stand_in_voice import VOICE, Media, VoiceStandIn
from tests.simulators.test_twilio import _Redirected
from tests.simulators.twilio import TwilioSimulator
from tests.simulators.twilio_call import CallOutcome
from tests.simulators.twilio_caller import (
    BreakIn,
    CallerPlan,
    HangUp,
    Listen,
    Pause,
    Press,
    Speak,
    Step,
)
from tests.simulators.twilio_sound import SILENCE, from_wav

THEM = "+14155550123"
ELSEWHERE = "<Connect><Stream url='ws://127.0.0.1:1/x'/></Connect>"
TURN = Speak(VOICE * 5, "turn")
Script = Callable[[Media], Awaitable[None]]


@asynccontextmanager
async def line(
    script: Script, **answers: str
) -> AsyncIterator[tuple[TwilioSimulator, VoiceStandIn]]:
    """A gateway that does `script` on its media sockets; `answers` are its TwiML by path's end."""
    told: dict[str, Sequence[str]] = {
        f"/webhooks/twilio/{name}": [twiml] for name, twiml in answers.items()
    }
    async with VoiceStandIn(script, told) as gateway, TwilioSimulator() as twilio:
        twilio.gateway_url = twilio.public_url = gateway.url
        yield twilio, gateway


async def call(twilio: TwilioSimulator, *steps: Step, **limits: float) -> CallOutcome:
    async with asyncio.timeout(10):
        return await twilio.call(THEM, CallerPlan(steps, **{"quiet_seconds": 0.2, **limits}))


async def nothing(media: Media) -> None:
    await media.until("stop")


@asynccontextmanager
async def closing(twilio: TwilioSimulator) -> AsyncIterator[_Redirected]:
    """The vendor's HTTP client, turned to the simulator."""
    http = _Redirected(twilio.url)
    try:
        yield http
    finally:
        await http.close()


async def happened(twilio: TwilioSimulator, what: str) -> None:
    """Wait for the first time that it happens in any call."""

    def look() -> bool | None:
        return any(event["what"] == what for event in twilio.ledger.events("call")) or None

    assert await twilio.ledger.wait_for(look, 5.0)


def named(outcome: CallOutcome) -> list[str]:
    return [str(event["what"]) for event in outcome.timeline]


async def test_a_call_is_answered_heard_and_ended_by_the_gateway() -> None:
    async def script(media: Media) -> None:
        await media.until("start")
        await media.play(200, "a")
        await media.until("mark")

    async with line(script) as (twilio, gateway):
        outcome = await call(twilio, Listen())
    assert (outcome.status, outcome.ended_by, outcome.errors) == ("completed", "gateway", [])
    [start], [end] = outcome.times("voice_started"), outcome.times("voice_ended")
    assert end - start == 200
    assert outcome.heard[start * 8 : end * 8] == VOICE * 10
    assert set(outcome.heard[: start * 8]) | set(outcome.heard[end * 8 :]) <= {0xFF}
    assert len(outcome.heard) == len(outcome.spoken) == outcome.seconds * 8000
    assert from_wav(outcome.heard_wav) == outcome.heard
    paths = [heard.path for heard in gateway.heard if "status" not in heard.path]
    assert paths == ["/webhooks/twilio/voice", "/webhooks/twilio/voice/after"]


async def test_every_request_of_a_call_is_signed() -> None:
    async with line(nothing) as (twilio, gateway):
        await call(twilio, Pause(0.1))
    validator = RequestValidator(twilio.account.token)
    for heard in gateway.heard:
        signature = heard.headers["x-twilio-signature"]
        assert validator.validate(gateway.url + heard.path, heard.form, signature)
    [media] = gateway.media
    url = f"{gateway.url.replace('http', 'ws')}/media/twilio"
    assert validator.validate(url, {}, media.headers["x-twilio-signature"])


async def test_our_channel_believes_and_understands_all_of_a_call() -> None:
    async def script(media: Media) -> None:
        await media.until("start")
        await media.play(40, "a")
        await media.until("stop")

    async with line(script) as (twilio, gateway):
        account = twilio.account
        ours = TwilioVoice(account.sid, account.token, account.number)
        answer = ours.connect("t1", gateway.url).body.decode().partition("<Response>")[2]
        gateway.answers["/webhooks/twilio/voice"] = [answer.removesuffix("</Response>")]
        gateway.answers["/webhooks/twilio/voice/after"] = ["<Hangup/>"]
        outcome = await call(twilio, TURN, Press("#"), Pause(0.1))
    told = [
        ours.receive(Webhook("POST", gateway.url + each.path, each.path, each.headers, each.body))
        for each in gateway.heard
    ]
    assert [each for each in told if isinstance(each, CallRang)] == [
        CallRang("twilio", outcome.sid, THEM, account.number)
    ]
    assert [each.status for each in told if isinstance(each, CallReport)] == [
        "ringing",
        "in_progress",
        "completed",
    ]
    [media] = gateway.media
    headers = {name.lower(): value for name, value in media.headers.items()}
    place = ours.MEDIA_PATH
    ours.prove_media(Webhook("GET", gateway.url + place, place, headers, b""))
    peer = ours.media()
    facts = [fact for text in media.raw for fact in peer.receive(text, 0.0)]
    assert facts[0] == MediaStarted(outcome.sid, "t1")
    kinds = [type(fact) for fact in facts if not isinstance(fact, CallerAudio)]
    assert sorted(kinds, key=str) == [CallerDigit, CallerGone, MediaStarted, PlayoutReached]
    audio = [base64.b64decode(each.payload) for each in facts if isinstance(each, CallerAudio)]
    assert len(audio) == len(media.frames) >= 10
    assert outcome.errors == []


async def test_a_stream_tells_what_twilio_tells() -> None:
    async with line(nothing) as (twilio, gateway):
        outcome = await call(twilio, TURN, Press("5#"), HangUp())
    [media] = gateway.media
    account, numbers = twilio.account.sid, iter(range(1, 10**6))
    connected, start, five, pound, stop = media.messages
    assert connected == {"event": "connected", "protocol": "Call", "version": "1.0.0"}
    assert start == {
        "event": "start",
        "sequenceNumber": "1",
        "streamSid": media.sid,
        "start": {
            "streamSid": media.sid,
            "accountSid": account,
            "callSid": outcome.sid,
            "tracks": ["inbound"],
            "customParameters": {"token": "t1"},
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        },
    }
    assert [five["dtmf"], pound["dtmf"]] == [
        {"track": "inbound_track", "digit": "5"},
        {"track": "inbound_track", "digit": "#"},
    ]
    assert stop["stop"] == {"accountSid": account, "callSid": outcome.sid}
    assert [frame["media"]["chunk"] for frame in media.frames] == [
        str(number) for number, _ in zip(numbers, media.frames, strict=False)
    ]
    stamps = [int(frame["media"]["timestamp"]) for frame in media.frames]
    assert stamps == [20 * number for number in range(len(stamps))]
    sequence = sorted(int(each["sequenceNumber"]) for each in [*media.messages[1:], *media.frames])
    assert sequence == list(range(1, len(sequence) + 1))
    audio = b"".join(base64.b64decode(frame["media"]["payload"]) for frame in media.frames)
    assert outcome.spoken.endswith(audio)


async def test_frames_come_every_20_ms_and_the_clock_does_not_drift() -> None:
    async with line(nothing) as (twilio, _):
        loop = asyncio.get_running_loop()
        started = loop.time()
        outcome = await call(twilio, Pause(1.0), HangUp())
        took = loop.time() - started
    assert outcome.seconds == pytest.approx(1.02, abs=0.021)
    assert took >= 1.0 - outcome.late_ms / 1000


async def test_breaking_in_clears_what_waits_and_brings_the_marks_back() -> None:
    async def script(media: Media) -> None:
        await media.until("start")
        await media.play(5000, "long")
        quiet = base64.b64encode(SILENCE).decode()
        count = 1
        while (await media.until("media", count))["media"]["payload"] == quiet:
            count += 1
        await media.clear()
        await media.until("mark")
        await media.play(200, "short")
        await media.until("mark", 2)

    async with line(script) as (twilio, _):
        outcome = await call(twilio, BreakIn(0.3), TURN, Listen())
    marks = [each for each in outcome.timeline if each["what"] == "mark"]
    assert [(each["name"], each["flushed"]) for each in marks] == [("long", True), ("short", False)]
    [cleared] = outcome.times("clear")
    first = outcome.times("voice_started")[0]
    assert outcome.times("caller_started")[0] - first in range(280, 341)
    assert 300 <= cleared - first < 1500


async def test_a_lost_socket_leads_to_the_next_verb_and_the_clock_goes_on() -> None:
    lost: list[None] = []

    async def script(media: Media) -> None:
        await media.until("start")
        await media.play(100)
        await media.until("media", 25)
        if not lost:
            lost.append(media.socket._req.transport.abort())  # type: ignore[union-attr]

    again = '<Connect><Stream url="{ws}/media/twilio"/></Connect><Say>Goodbye</Say><Hangup/>'
    async with line(script, **{"voice/after": again}) as (twilio, gateway):
        outcome = await call(twilio, Pause(5.0))
    assert outcome.ended_by == "gateway"
    assert len(gateway.media) == len(outcome.times("stream_opened")) == 2
    assert gateway.media[0].sid != gateway.media[1].sid
    first, second = outcome.times("voice_started")[:2]
    assert outcome.heard[first * 8 :][:800] == outcome.heard[second * 8 :][:800] == VOICE * 5
    [said] = [event for event in outcome.timeline if event["what"] == "said"]
    assert said["words"] == "Goodbye"
    assert outcome.heard.endswith(SILENCE * 10)


async def test_what_is_not_for_this_stream_is_an_error_and_not_played() -> None:
    async def script(media: Media) -> None:
        await media.until("start")
        payload = base64.b64encode(VOICE * 10).decode()
        await media.tell({"event": "media", "media": {"payload": payload}, "streamSid": "MZ0"})
        await media.tell({"event": "media", "media": {"payload": "%%%"}})
        await media.tell({"event": "media", "media": {"payload": ""}})
        await media.tell({"event": "dtmf", "dtmf": {"digit": "1"}})
        await media.tell({"event": "mark", "mark": {"name": ""}})
        await media.socket.send_str("{")
        await media.socket.send_bytes(b"\x00")
        await media.tell({"event": "mark", "mark": {"name": "end"}})
        await media.until("mark")

    async with line(script) as (twilio, _):
        outcome = await call(twilio, Pause(5.0))
    assert [words[:5] for words in outcome.errors] == ["31951"] * 6 + ["31950"]
    assert set(outcome.heard) == {0xFF}


async def test_status_callbacks_follow_the_call() -> None:
    async with line(nothing) as (twilio, gateway):
        await call(twilio, Pause(0.1))
    told = [heard.form for heard in gateway.heard if heard.path.endswith("/voice/status")]
    assert [form["CallStatus"] for form in told] == ["ringing", "in-progress", "completed"]
    assert [form["SequenceNumber"] for form in told] == ["0", "1", "2"]
    assert [form.get("CallDuration") for form in told] == [None, None, "1"]


@pytest.mark.parametrize(
    ("twiml", "status", "what"),
    [
        ("<Reject/>", "no-answer", []),
        ('<Reject reason="busy"/>', "busy", []),
        ("<Hangup/>", "completed", ["answered"]),
        ("", "completed", []),
        ("<Dance/>", "completed", ["twiml_error", "answered"]),
        ("<Connect/>", "completed", ["answered", "twiml_error"]),
        (ELSEWHERE, "completed", ["answered", "twiml_error"]),
        ("<Redirect>http://elsewhere.example/</Redirect>", "completed", ["error"]),
        ("</Response>", "completed", ["twiml_error"]),
    ],
)
async def test_verbs_are_obeyed_and_wrong_ones_named(
    twiml: str, status: str, what: list[str]
) -> None:
    async with line(nothing, voice=twiml) as (twilio, _):
        outcome = await call(twilio, Pause(5.0))
    assert (outcome.status, named(outcome)) == (status, [*what, "ended"])


async def test_a_gateway_that_fails_is_an_error_and_the_fallback_is_asked() -> None:
    async with line(nothing) as (twilio, gateway):
        gateway.status = 503
        outcome = await call(twilio, Pause(5.0))
        assert outcome.errors == [f"11200: {gateway.url}/webhooks/twilio/voice: status 503"]
        assert outcome.ended_by == "error"
        twilio.voice_fallback_url = f"{gateway.url}/fallback"
        await call(twilio, Pause(5.0))
    form = gateway.heard[-2].form
    assert gateway.heard[-2].path == "/fallback"
    assert form["ErrorCode"] == "11200"
    assert form["ErrorUrl"] == f"{gateway.url}/webhooks/twilio/voice"


async def test_a_socket_that_is_refused_leads_to_the_next_verb() -> None:
    missing = '<Connect><Stream url="{ws}/nowhere"/></Connect><Pause length="0.1"/>'
    async with line(nothing, voice=missing) as (twilio, _):
        outcome = await call(twilio, Pause(5.0))
    assert outcome.ended_by == "gateway"
    assert outcome.errors[0].startswith("31920")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # in the vendor's own client
async def test_the_vendors_client_ends_redirects_and_fetches_a_live_call() -> None:
    async with line(nothing) as (twilio, gateway), closing(twilio) as http, asyncio.timeout(8):
        client = Client(twilio.account.sid, twilio.account.token, http_client=http)
        sid = twilio.calls.place(THEM, CallerPlan([Pause(9.0)]))
        await happened(twilio, "stream_opened")
        await gateway.media[0].until("start")
        assert (await client.calls(sid).fetch_async()).status == "in-progress"
        await client.calls(sid).update_async(
            twiml="<Response><Say>Hold</Say><Pause length='9'/></Response>"
        )
        await gateway.media[0].until("stop")
        await happened(twilio, "said")
        await client.calls(sid).update_async(status="completed")
        async with asyncio.timeout(5):
            outcome = await twilio.calls.over(sid)
        fetched = await client.calls(sid).fetch_async()
        with pytest.raises(TwilioRestException) as late:
            await client.calls(sid).update_async(status="completed")
        with pytest.raises(TwilioRestException) as unknown:
            await client.calls("CA" + "0" * 32).fetch_async()
    assert (outcome.ended_by, fetched.status, fetched.duration) == ("api", "completed", "1")
    assert (late.value.code, unknown.value.code) == (21220, 20404)
    # The verb after <Connect> was not obeyed: the update had taken its place.
    assert [heard.path for heard in gateway.heard if "status" not in heard.path] == [
        "/webhooks/twilio/voice"
    ]


async def test_a_caller_may_be_anyone() -> None:
    async with line(nothing, voice="<Reject/>") as (twilio, gateway):
        extra = {"From": "anonymous", "StirVerstat": "TN-Validation-Failed-C"}
        async with asyncio.timeout(5):
            await twilio.call(THEM, CallerPlan([Pause(1.0)]), extra=extra)
    form = gateway.heard[0].form
    assert (form["From"], form["StirVerstat"]) == ("anonymous", "TN-Validation-Failed-C")


async def test_several_calls_at_once_are_kept_apart() -> None:
    async def script(media: Media) -> None:
        await media.until("start")
        await media.play(100, media.sid)
        await media.until("mark")

    async with line(script) as (twilio, gateway):
        outcomes = await asyncio.gather(*(call(twilio, Listen()) for _ in range(5)))
    assert len({outcome.sid for outcome in outcomes}) == len(gateway.media) == 5
    for outcome in outcomes:
        [mark] = [event["name"] for event in outcome.timeline if event["what"] == "mark"]
        [opened] = [
            event["stream"] for event in outcome.timeline if event["what"] == "stream_opened"
        ]
        assert mark == opened


async def test_stopping_the_simulator_leaves_no_call_behind() -> None:
    async with line(nothing) as (twilio, _):
        twilio.calls.place(THEM, CallerPlan([Pause(60.0)]))
        await twilio.ledger.wait_for(
            lambda: (
                any(each["what"] == "stream_opened" for each in twilio.ledger.events("call"))
                or None
            ),
            5.0,
        )
        before = asyncio.all_tasks()
        await twilio.calls.close()
        names = {task.get_coro().__qualname__ for task in asyncio.all_tasks() & before}  # type: ignore[union-attr]
    assert not {name for name in names if name.startswith(("Call", "MediaStream"))}
