"""The baseline passes audio on both ways, and a clear when the caller breaks in."""

import asyncio
import json
import os
import signal
import sys

import aiohttp
from aiohttp import web

from scripts.measuring import free_port, until_ready
from tests.simulators.open_loop import served

SID = "MZ" + "1" * 32


async def test_it_passes_on_what_each_side_says(tmp_path):
    heard: asyncio.Queue[dict] = asyncio.Queue()

    async def model(request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            event = json.loads(message.data)
            heard.put_nowait(event)
            if event["type"] == "input_audio_buffer.append":
                await socket.send_json({"type": "response.output_audio.delta", "delta": "AAAA"})
                await socket.send_json({"type": "input_audio_buffer.speech_started"})
        return socket

    app = web.Application()
    app.add_routes([web.get("/v1/realtime", model)])
    port, log = free_port(), tmp_path / "log"
    log.touch()
    async with asyncio.timeout(30), served(app, 0) as at, aiohttp.ClientSession() as session:
        relay = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.simulators.bare_relay", str(port),
            f"ws://127.0.0.1:{at}/v1/realtime",
        )  # fmt: skip
        try:
            await until_ready(f"http://127.0.0.1:{port}/readyz", log)
            async with session.ws_connect(f"http://127.0.0.1:{port}/media/twilio") as carrier:
                await carrier.send_json({"event": "connected"})
                await carrier.send_json({"event": "start", "streamSid": SID})
                await carrier.send_json({"event": "media", "media": {"payload": "f39/"}})
                assert (await heard.get())["type"] == "session.update"
                assert await heard.get() == {"type": "input_audio_buffer.append", "audio": "f39/"}
                assert await carrier.receive_json() == {
                    "event": "media", "streamSid": SID, "media": {"payload": "AAAA"},
                }  # fmt: skip
                assert await carrier.receive_json() == {"event": "clear", "streamSid": SID}
        finally:
            os.kill(relay.pid, signal.SIGTERM)
            await relay.wait()
