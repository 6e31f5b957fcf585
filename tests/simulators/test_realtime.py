"""The server over real sockets: connections that fail as planned, the SDK's own client, a process
of its own."""

import asyncio
import base64
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import aiohttp
import pytest
from openai import AsyncOpenAI

from pipeline.events import (
    AnswerTool,
    CallerSaid,
    CallerTurnEnded,
    Hear,
    ModelAudio,
    ModelReady,
    ModelSaid,
    Respond,
    ResponseDone,
    ResponseStarted,
    ToolCalled,
)
from realtime.protocol import RealtimeProtocol
from realtime.settings import SessionSettings
from tests.simulators.realtime import RealtimeSimulator
from tests.simulators.realtime_client import SESSION, Client, connected, text_item
from tests.simulators.realtime_hearing import Recordings
from tests.simulators.realtime_scenario import Call, Connection, Fault, Scenario, Step, Utterance
from tests.simulators.realtime_voice import Tone
from tests.simulators.twilio import listen

ROOT = Path(__file__).parent.parent.parent
Found = TypeVar("Found")
GREETING = 'Say exactly: "I am the AI assistant." Say nothing else.'


def planned(*faults: Fault, seconds: float = 0.0) -> Scenario:
    return Scenario(connections=[Connection(fault, seconds) for fault in faults])


async def handshake(url: str, **headers: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session:
        try:
            async with session.ws_connect(url, headers=headers):
                return 101, ""
        except aiohttp.WSServerHandshakeError as refused:
            return refused.status, refused.message


async def test_a_handshake_needs_a_model_and_the_right_key() -> None:
    async with RealtimeSimulator(api_key="sk-right") as simulator:
        url = f"{simulator.url}?model=m"
        assert (await handshake(simulator.url, Authorization="Bearer sk-right"))[0] == 400
        assert (await handshake(url))[0] == 401
        assert (await handshake(url, Authorization="Bearer sk-wrong"))[0] == 401
        assert (await handshake(url, Authorization="Bearer sk-right"))[0] == 101
        beta = {"Authorization": "Bearer sk-right", "OpenAI-Beta": "realtime=v1"}
        assert (await handshake(url, **beta))[0] == 400
    assert "sk-" not in str(simulator.ledger.events())


async def test_connections_fail_in_turn_and_then_no_more() -> None:
    faults = planned("refuse_401", "refuse_429", "refuse_503")
    async with RealtimeSimulator(faults) as simulator:
        url = f"{simulator.url}?model=m"
        assert [(await handshake(url))[0] for _ in range(4)] == [401, 429, 503, 101]
        simulator.fail([Connection("refuse_503"), None])
        assert [(await handshake(url))[0] for _ in range(3)] == [503, 101, 101]


async def test_a_handshake_may_never_be_answered() -> None:
    async with RealtimeSimulator(planned("hang")) as simulator:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await handshake(f"{simulator.url}?model=m")


@pytest.mark.parametrize("fault", ["invalid_api_key", "insufficient_quota"])
async def test_a_key_may_be_refused_on_an_open_socket(fault: Fault) -> None:
    async with (
        RealtimeSimulator(planned(fault)) as simulator,
        connected(simulator, session=None) as client,
    ):
        assert (await client.until("error"))["error"]["code"] == fault
        assert await client.closed() == 3000


async def test_a_session_may_never_be_ready() -> None:
    async with (
        RealtimeSimulator(planned("never_ready")) as simulator,
        connected(simulator, session=None) as client,
    ):
        await client.send("session.update", session=SESSION)
        with pytest.raises(TimeoutError):
            await client.until("session.updated", seconds=0.2)
    assert simulator.violations == []


async def test_a_session_may_be_refused_once() -> None:
    async with (
        RealtimeSimulator(planned("picky")) as simulator,
        connected(simulator, session=None) as client,
    ):
        await client.send("session.update", session=SESSION, event_id="ev_1")
        assert (await client.until("error"))["error"]["event_id"] == "ev_1"
        await client.send("session.update", session=SESSION)
        await client.until("session.updated")
    assert simulator.violations == []


async def test_a_connection_may_take_nothing_more() -> None:
    async with (
        RealtimeSimulator(planned("deaf")) as simulator,
        connected(simulator) as client,
    ):
        transport = client.socket._response.connection.transport  # type: ignore[union-attr]
        frame = "A" * (4 << 20)
        async with asyncio.timeout(5):
            for _ in range(8):
                await asyncio.wait(
                    [asyncio.ensure_future(client.send("input_audio_buffer.append", audio=frame))],
                    timeout=0.1,
                )
        assert transport.get_write_buffer_size() > 0
        transport.abort()


@pytest.mark.parametrize(
    ("fault", "code"), [("close_1001", 1001), ("close_1006", 1006), ("close_1011", 1011)]
)
async def test_a_connection_may_close_after_a_while(fault: Fault, code: int) -> None:
    async with (
        RealtimeSimulator(planned(fault, seconds=0.05)) as simulator,
        connected(simulator) as client,
    ):
        assert await client.closed() == code


async def test_a_session_ends_at_its_hour_and_on_demand() -> None:
    async with RealtimeSimulator(Scenario(session_seconds=0.05)) as simulator:
        async with connected(simulator) as client:
            assert await client.closed() == 1001
        simulator.scenario = Scenario()
        async with connected(simulator) as client:
            assert simulator.connected == 1
            await simulator.close_all(1006)
            assert await client.closed() == 1006


async def test_many_callers_are_answered_side_by_side() -> None:
    recordings = Recordings().by_name
    names = [*recordings] * 2
    scenario = Scenario([Utterance([Step(f"Answer {name}.")], when=name) for name in recordings])

    async def call(simulator: RealtimeSimulator, name: str) -> str:
        async with connected(simulator) as client:
            await client.hear(recordings[name].audio)
            await client.until("input_audio_buffer.committed", seconds=30)
            return client.said(await client.answer())

    async with RealtimeSimulator(scenario) as simulator:
        said = await asyncio.gather(*(call(simulator, name) for name in names))
    assert said == [f"Answer {name}." for name in names]
    assert simulator.violations == []
    ids = [event["id"] for event in simulator.ledger.events("response_done")]
    assert len(set(ids)) == len(names)


async def test_the_sdks_own_client_takes_a_call_with_it() -> None:
    pytest.importorskip("websockets")
    async with (
        RealtimeSimulator(api_key="sk-right") as simulator,
        AsyncOpenAI(
            api_key="sk-right", websocket_base_url=simulator.url.removesuffix("/realtime")
        ) as openai,
        openai.realtime.connect(model="gpt-realtime-2.1") as connection,
        asyncio.timeout(10),
    ):
        await connection.session.update(session=SESSION)  # type: ignore[arg-type]
        await connection.conversation.item.create(item=text_item("user", "Hi"))  # type: ignore[arg-type]
        await connection.response.create(response={"instructions": GREETING})
        async for event in connection:
            if event.type == "response.output_audio_transcript.done":
                said = event.transcript
            if event.type == "response.done":
                spent = event.response.usage
                break
    assert said == "I am the AI assistant."
    assert spent is not None
    assert spent.output_tokens
    assert simulator.violations == []


async def test_our_own_end_of_it_takes_a_call_with_it() -> None:
    quote = Recordings().by_name["01-quote"]
    calls = [Call("calculate_party_quote", {"adults": 20})]
    answers = [Step(calls=calls), Step("The total is {total}.")]
    scenario = Scenario([Utterance(answers, when="01-quote")])
    protocol = RealtimeProtocol(SessionSettings("gpt-realtime-2.1", "Be kind.", "marin"))
    loop, facts = asyncio.get_running_loop(), []

    async with (
        RealtimeSimulator(scenario) as simulator,
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{simulator.url}?model=m") as socket,
        asyncio.timeout(10),
    ):

        async def until(kind: type[Found]) -> Found:
            while True:
                for data in protocol.data_to_send():
                    await socket.send_str(str(data))
                found = protocol.receive((await socket.receive()).data, loop.time())
                facts.extend(found)
                for fact in found:
                    if isinstance(fact, kind):
                        return fact

        await until(ModelReady)
        audio = quote.audio + b"\xff" * 8000
        for start in range(0, len(audio), 160):
            payload = base64.b64encode(audio[start : start + 160]).decode()
            protocol.obey(Hear(payload), loop.time())
        ended = await until(CallerTurnEnded)
        protocol.obey(Respond("answer"), loop.time())
        called = await until(ToolCalled)
        await until(ResponseDone)
        protocol.obey(AnswerTool(called.call.call_id, {"total": 1250.0}), loop.time())
        protocol.obey(Respond("tools"), loop.time())
        said = await until(ModelSaid)
        done = await until(ResponseDone)
    assert CallerSaid(ended.item_id, quote.transcript) in facts
    assert called.call.arguments == {"adults": 20}
    assert said.text == "The total is one thousand two hundred fifty dollars."
    assert (done.status, sum(fact == done for fact in facts)) == ("completed", 1)
    heard = b"".join(fact.payload for fact in facts if isinstance(fact, ModelAudio))
    assert heard == await Tone().speak(said.text)
    assert [f.tag for f in facts if isinstance(f, ResponseStarted)] == ["answer", "tools"]
    assert simulator.violations == []
    assert simulator.ledger.events("tool_answered_times") == []


# --- as a process of its own ----------------------------------------------------------------------


@asynccontextmanager
async def running(*arguments: str, inherit: tuple[int, ...] = ()) -> AsyncIterator[str]:
    """The URL that a simulator of its own says it listens on."""
    environment = {name: value for name, value in os.environ.items() if name != "OPENAI_API_KEY"}
    environment["SIMULATOR_TOKEN"] = "control"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.simulators.realtime", "--voice", "tone", *arguments,
        cwd=ROOT, env=environment, pass_fds=inherit, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(20):
            assert process.stdout is not None
            line = (await process.stdout.readline()).decode().strip()
        yield line.removeprefix("OPENAI_REALTIME_URL=")
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(20):
            code = await process.wait()
    assert code == 0


async def test_it_runs_as_a_process_with_the_practice_script() -> None:
    listener = listen(0)
    port = listener.getsockname()[1]
    async with running("--fd", str(listener.fileno()), inherit=(listener.fileno(),)) as url:
        listener.close()
        assert url == f"ws://127.0.0.1:{port}/v1/realtime"
        async with aiohttp.ClientSession() as http, http.ws_connect(f"{url}?model=m") as socket:
            client = Client(socket)
            await client.send("session.update", session=SESSION)
            await client.send("conversation.item.create", item=text_item("user", "Hello?"))
            done = await client.answer(instructions=GREETING)
            control = f"http://127.0.0.1:{port}/simulator"
            assert (await http.get(f"{control}/ledger")).status == 401
            key = {"Authorization": "Bearer control"}
            shown = await http.get(f"{control}/ledger?after=1", headers=key)
            events = (await shown.json())["events"]
            for plan, status in (([{"fault": "hiccup"}], 422), ([{"fault": "refuse_503"}], 200)):
                planned = await http.post(f"{control}/connections", headers=key, json=plan)
                assert planned.status == status
        assert (await handshake(f"{url}?model=m"))[0] == 503
    assert client.said(done) == "I am the AI assistant."
    assert events[0]["seq"] == 2
    assert "typed" in [event["kind"] for event in events]


async def test_a_script_that_is_wrong_is_said_to_be(tmp_path: Path) -> None:
    script = tmp_path / "calls.json"
    script.write_text('{"utterances": [{"says": "Hi."}]}')
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.simulators.realtime", "--scenario", str(script),
        cwd=ROOT, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(20):
        _, complaint = await process.communicate()
    assert process.returncode == 2
    assert b"Utterance: has no says" in complaint
