"""A server that speaks Chat Completions and says what a script tells it to.

Each request takes the script's next step; after the last one the last is repeated. A step may also
be a function of the request, for a model that reads what it is asked.

    python -m tests.simulators.chat_completions --port 9100 --say "Hello."
"""

import argparse
import asyncio
import json
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

from tests.simulators.ledger import Event, Ledger


@dataclass(frozen=True, slots=True)
class Says:
    """Words."""

    text: str
    finish_reason: str = "stop"
    prompt_tokens: int = 100
    completion_tokens: int = 20


@dataclass(frozen=True, slots=True)
class Calls:
    """Tool calls: (name, arguments); arguments that are a string are sent as they are."""

    calls: Sequence[tuple[str, Mapping[str, Any] | str]]
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Fails:
    """An error in the shape of OpenAI's."""

    status: int
    code: str = ""
    param: str | None = None
    message: str = "the simulator was told to fail"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sends:
    """A body as it is: garbage, or JSON of another shape."""

    body: bytes
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class BreaksOff:
    """Half an answer, then the connection is gone."""


@dataclass(frozen=True, slots=True)
class Hangs:
    """No answer until the client gives up."""


Step = Says | Calls | Fails | Sends | BreaksOff | Hangs
Script = Sequence[Step | Callable[[Mapping[str, Any]], Step]]


class ChatCompletionsSimulator:
    """Models on 127.0.0.1 while entered; OPENAI_BASE_URL is its `url`.

    A request with a parameter of `rejects` is refused with a 400 that names it, and uses no step.
    """

    def __init__(
        self,
        script: Script = (Says("Hello."),),
        *,
        rejects: Sequence[str] = (),
        api_key: str = "",
        port: int = 0,
        ledger: Ledger | None = None,
    ) -> None:
        self.script = script
        self.ledger = ledger if ledger is not None else Ledger()
        self.url = ""
        self._rejects, self._api_key, self._port = rejects, api_key, port
        self._taken = 0
        self._closing = asyncio.Event()

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._complete)
        app.router.add_get("/v1/models", self._models)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self._closing.set()
        await self._runner.cleanup()
        self.ledger.close()

    @property
    def requests(self) -> Sequence[Event]:
        """Every request so far: its `body` and its `authorization`, None where it had none."""
        return self.ledger.events("request")

    async def _models(self, request: web.Request) -> web.Response:
        self.ledger.record("models", authorization=request.headers.get("Authorization"))
        return web.json_response(
            {"object": "list", "data": [{"id": "simulated", "object": "model", "created": 1}]}
        )

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        authorization = request.headers.get("Authorization")
        self.ledger.record("request", body=body, authorization=authorization)
        if self._api_key and authorization != f"Bearer {self._api_key}":
            return _error(Fails(401, "invalid_api_key"))
        for name in self._rejects:
            if name in body:
                return _error(Fails(400, "unsupported_value", name, f"Unsupported value: {name!r}"))
        step = self.script[min(self._taken, len(self.script) - 1)]
        self._taken += 1
        return await self._answer(step(body) if callable(step) else step, request, body)

    async def _answer(
        self, step: Step, request: web.Request, body: Mapping[str, Any]
    ) -> web.StreamResponse:
        match step:
            case Fails():
                return _error(step)
            case Sends():
                return web.Response(body=step.body, content_type=step.content_type)
            case Hangs():
                await self._closing.wait()
                return web.Response()
            case BreaksOff():
                return await _broken_off(request)
            case _:
                return web.json_response(completion(step, str(body["model"]), self._taken))


def completion(step: Says | Calls, model: str, number: int = 1) -> dict[str, Any]:
    """An answer as the API gives it."""
    if isinstance(step, Says):
        message: dict[str, Any] = {"role": "assistant", "content": step.text, "refusal": None}
        finish_reason, tokens = step.finish_reason, (step.prompt_tokens, step.completion_tokens)
    else:
        calls = [
            {
                "id": f"call_{number}_{place}",
                "type": "function",
                "function": {
                    "name": name,
                    "arguments": given if isinstance(given, str) else json.dumps(given),
                },
            }
            for place, (name, given) in enumerate(step.calls)
        ]
        message = {"role": "assistant", "content": step.text, "refusal": None, "tool_calls": calls}
        finish_reason, tokens = "tool_calls", (100, 20)
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason}
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": 1_790_000_000,
        "model": model,
        "choices": [choice],
        "usage": {
            "prompt_tokens": tokens[0],
            "completion_tokens": tokens[1],
            "total_tokens": sum(tokens),
        },
    }


def _error(step: Fails) -> web.Response:
    error = {
        "message": step.message,
        "type": "invalid_request_error",
        "param": step.param,
        "code": step.code or None,
    }
    return web.json_response({"error": error}, status=step.status, headers=step.headers)


async def _broken_off(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    response.content_length = 1000
    await response.prepare(request)
    await response.write(b'{"id": "chatcmpl-1", "choices": [{"mess')
    assert request.transport is not None
    request.transport.close()
    return response


async def _serve(simulator: ChatCompletionsSimulator) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with simulator:
        print(f"OPENAI_BASE_URL={simulator.url}", flush=True)
        await stopped.wait()


def main() -> None:
    """Run one server as a process of its own, until it is told to stop."""
    parser = argparse.ArgumentParser(description="A model that says what it is told to say.")
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0: any that is free")
    parser.add_argument("--say", action="append", default=[], help="an answer; may be repeated")
    parser.add_argument("--rejects", action="append", default=[], help="a parameter to refuse")
    given = parser.parse_args()
    script = [Says(text) for text in given.say or ["Hello."]]
    asyncio.run(_serve(ChatCompletionsSimulator(script, rejects=given.rejects, port=given.port)))


if __name__ == "__main__":
    main()
