"""Written answers, over any server that speaks Chat Completions.

Hard here: a customer waits, so one deadline covers every model that is tried; servers differ in
the parameters they take; and what comes back may be anything. Nothing is retried against the same
server: the next one is asked, and at the end somebody else answers.
"""

import asyncio
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from openai import APIConnectionError, APIStatusError, AsyncOpenAI, Omit, OpenAIError

from pipeline.errors import ModelFailed
from pipeline.inquiry.turn import AskModel, ModelReply, ToolCall
from realtime.arguments import sayable, tool_arguments

DEADLINE_S = 20.0
"""For a whole answer, all models together."""
FIRST_SHARE = 0.6
"""Of the time left, what a model may take while another one waits behind it."""
REST_S = 60.0
"""How long a model is left alone that refused us for good."""

OPTIONAL: Mapping[str, Any] = {"temperature": 0.3, "max_completion_tokens": 2000}
"""Parameters that some models refuse: dropped for a model, for ever, when it says so."""

_FATAL_STATUS = frozenset({401, 403, 404})
_FATAL_CODES = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A model and where it is served."""

    model: str
    base_url: str
    """Ends before /chat/completions."""
    api_key: str = field(default="", repr=False)
    """Empty: no Authorization header is sent."""


class Responder:
    """Asks the first model, then the next. Close it when done."""

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        *,
        failed: Callable[[str, str], None] = lambda model, reason: None,
        clock: Callable[[], float] = time.monotonic,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        """`failed` is told of each model that did not answer, and of why in a word or two."""
        self._models = [_Model(endpoint) for endpoint in endpoints]
        self._failed = failed
        self._clock = clock
        self._deadline_s = deadline_s

    async def reply(self, question: AskModel) -> ModelReply:
        """The first usable answer. Raises ModelFailed, with what each model did."""
        failures = []
        ends_at = self._clock() + self._deadline_s
        for place, model in enumerate(self._models):
            now = self._clock()
            if now < model.rests_until:
                failures.append(f"{model.name}: left alone after a refusal")
                continue
            left_s = ends_at - now
            is_last = place == len(self._models) - 1
            try:
                async with asyncio.timeout(left_s if is_last else left_s * FIRST_SHARE):
                    return await model.ask(question)
            except TimeoutError:
                self._failed(model.name, "no answer in time")
                failures.append(f"{model.name}: no answer in time")
            except _Refused as refusal:
                self._failed(model.name, str(refusal))
                failures.append(f"{model.name}: {refusal}")
                if refusal.fatal:
                    model.rests_until = self._clock() + REST_S
        raise ModelFailed("; ".join(failures) or "no model is set up")

    async def close(self) -> None:
        """Close every connection."""
        for model in self._models:
            await model.close()


class _Refused(Exception):
    """A model did not answer in a way that can be used."""

    def __init__(self, reason: str, *, fatal: bool = False) -> None:
        super().__init__(reason)
        self.fatal = fatal
        """Asking again soon would give the same."""


class _Model:
    """One model on one server, and which optional parameters it takes."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.name = endpoint.model
        self.rests_until = float("-inf")
        self._optional = dict(OPTIONAL)
        self._headers: dict[str, Any] = {} if endpoint.api_key else {"Authorization": Omit()}
        self._client = AsyncOpenAI(
            api_key=endpoint.api_key or "none",  # without one the environment's would be used
            base_url=endpoint.base_url,
            max_retries=0,
        )

    async def ask(self, question: AskModel) -> ModelReply:
        """One answer. Raises _Refused."""
        while True:
            try:
                return _reply(await self._complete(question), self.name)
            except APIStatusError as error:
                refused = self._refused_parameter(error)
                if refused is None:
                    raise _refusal(error) from error
                del self._optional[refused]
            except APIConnectionError as error:
                raise _Refused("not reachable, or cut off") from error
            except (OpenAIError, ValueError) as error:
                raise _Refused("an answer that is no JSON") from error

    async def close(self) -> None:
        await self._client.close()

    async def _complete(self, question: AskModel) -> object:
        body: dict[str, Any] = {
            "model": self.name,
            "messages": [{"role": "system", "content": question.system}, *question.messages],
            **self._optional,
        }
        if question.tools:  # an empty list is an error to some servers
            body["tools"] = list(question.tools)
        create = self._client.chat.completions.create
        found: object = await create(**body, extra_headers=self._headers)
        return found

    def _refused_parameter(self, error: APIStatusError) -> str | None:
        """The optional parameter that a 400 or 422 complains about, if it is one we sent."""
        if error.status_code not in (400, 422):
            return None
        for name in self._optional:
            if error.param == name or name in error.message:
                return name
        return None


def _refusal(error: APIStatusError) -> _Refused:
    """Status and code only: a server's message may repeat a part of the key."""
    code = re.sub(r"\W+", "_", error.code or "")[:40]
    fatal = error.status_code in _FATAL_STATUS or code in _FATAL_CODES
    return _Refused(f"status {error.status_code} {code}".strip(), fatal=fatal)


def _reply(completion: object, name: str) -> ModelReply:
    """Read an answer of any shape. The SDK builds its models without checking them."""
    choices = getattr(completion, "choices", None)
    choice: Any = choices[0] if isinstance(choices, list) and choices else None
    message = getattr(choice, "message", None)
    if message is None:
        raise _Refused("an answer without a message")
    calls = tuple(_calls(getattr(message, "tool_calls", None)))
    text = getattr(message, "content", None)
    if getattr(choice, "finish_reason", None) == "length" and not calls:
        text = None  # cut anywhere, perhaps within a figure
    usage = getattr(completion, "usage", None)
    return ModelReply(
        text=_clean(text) if isinstance(text, str) else "",
        calls=calls,
        model=name,
        input_tokens=_tokens(usage, "prompt_tokens"),
        output_tokens=_tokens(usage, "completion_tokens"),
    )


def _calls(found: object) -> Sequence[ToolCall]:
    calls = []
    for place, call in enumerate(found if isinstance(found, list) else ()):
        function = getattr(call, "function", None)
        name = getattr(function, "name", None)
        if isinstance(name, str):
            call_id = getattr(call, "id", None)
            calls.append(
                ToolCall(
                    call_id=call_id if isinstance(call_id, str) and call_id else f"call_{place}",
                    name=name,
                    arguments=tool_arguments(getattr(function, "arguments", None)),
                )
            )
    return calls


def _clean(text: str) -> str:
    """Without a reasoning model's thoughts."""
    return sayable(_THOUGHT.sub("", text)).strip()


def _tokens(usage: object, name: str) -> int:
    value = getattr(usage, name, 0)
    return value if isinstance(value, int) and value >= 0 else 0
