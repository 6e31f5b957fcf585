"""The least that can bridge a call: what a phone line costs without any of us.

aiohttp takes the carrier's sockets, websockets opens the model's; each message is read with the
standard library, its audio is put into the other side's message and sent. Nothing is paced,
proved, marked or kept. `python -m tests.simulators.bare_relay PORT MODEL_URL` runs it.
"""

import asyncio
import json
import signal
import sys
from contextlib import suppress

import uvloop
from aiohttp import web
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.simulators.open_loop import served

PATH = "/media/twilio"

SESSION = {
    "type": "realtime",
    "output_modalities": ["audio"],
    "audio": {
        "input": {"format": {"type": "audio/pcmu"}, "turn_detection": {"type": "server_vad"}},
        "output": {"format": {"type": "audio/pcmu"}},
    },
}


async def _to_model(socket: web.WebSocketResponse, model: ClientConnection) -> None:
    async for message in socket:
        data = json.loads(message.data)
        if data["event"] == "media":
            payload = data["media"]["payload"]
            await model.send('{"type":"input_audio_buffer.append","audio":"' + payload + '"}')


async def _to_carrier(model: ClientConnection, socket: web.WebSocketResponse, sid: str) -> None:
    before = '{"event":"media","streamSid":"' + sid + '","media":{"payload":"'
    clear = '{"event":"clear","streamSid":"' + sid + '"}'
    async for message in model:
        event = json.loads(message)
        if event["type"] == "response.output_audio.delta":
            await socket.send_str(before + event["delta"] + '"}}')
        elif event["type"] == "input_audio_buffer.speech_started":
            await socket.send_str(clear)


async def _sid(socket: web.WebSocketResponse) -> str:
    async for message in socket:
        data = json.loads(message.data)
        if data["event"] == "start":
            return str(data["streamSid"])
    return ""


async def serve(port: int, model_url: str) -> None:
    """Until SIGTERM."""

    async def media(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        sid = await _sid(socket)
        async with connect(model_url, compression=None) as model:
            await model.send(json.dumps({"type": "session.update", "session": SESSION}))
            back = asyncio.create_task(_to_carrier(model, socket, sid))
            with suppress(ConnectionClosed, ConnectionError):
                await _to_model(socket, model)
            back.cancel()
            await asyncio.gather(back, return_exceptions=True)
        return socket

    async def ready(request: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app.add_routes([web.get(PATH, media), web.get("/readyz", ready)])
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with served(app, port):
        await stop.wait()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), sys.argv[2]))
