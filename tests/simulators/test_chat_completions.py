"""The simulated model server answers in the shape of the API, by its script, and keeps a ledger."""

import json
from typing import Any

import aiohttp
import pytest
from openai.types.chat import ChatCompletion

from tests.simulators.chat_completions import (
    Calls,
    ChatCompletionsSimulator,
    Fails,
    Says,
    completion,
)

QUESTION = {"model": "simulated", "messages": [{"role": "user", "content": "Hi"}]}


async def asked(server: ChatCompletionsSimulator, **more: Any) -> tuple[int, Any]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{server.url}/chat/completions", json=QUESTION | more) as response,
    ):
        return response.status, await response.json()


@pytest.mark.parametrize("step", [Says("Hello."), Calls([("search_knowledge", {"query": "x"})])])
def test_an_answer_has_the_shape_of_the_api(step: Says | Calls) -> None:
    answer = completion(step, "simulated")
    parsed = ChatCompletion.model_validate(answer, strict=True)
    assert json.loads(parsed.model_dump_json(exclude_unset=True)) == answer


async def test_a_script_is_followed_and_its_last_step_repeated() -> None:
    async with ChatCompletionsSimulator([Says("one"), Says("two")]) as server:
        answers = [(await asked(server))[1] for _ in range(3)]
    said = [answer["choices"][0]["message"]["content"] for answer in answers]
    assert said == ["one", "two", "two"]
    assert [request["body"] for request in server.requests] == [QUESTION] * 3


async def test_a_step_may_read_what_it_is_asked() -> None:
    async with ChatCompletionsSimulator([lambda body: Says(body["model"])]) as server:
        _, answer = await asked(server)
    assert answer["choices"][0]["message"]["content"] == "simulated"


async def test_a_refused_parameter_is_named_and_uses_no_step() -> None:
    async with ChatCompletionsSimulator([Says("one")], rejects=["temperature"]) as server:
        status, answer = await asked(server, temperature=0.3)
        assert (status, answer["error"]["param"]) == (400, "temperature")
        status, answer = await asked(server)
    assert answer["choices"][0]["message"]["content"] == "one"


async def test_a_key_is_asked_for_where_one_is_set() -> None:
    async with ChatCompletionsSimulator(api_key="sk-right") as server:
        status, answer = await asked(server)
    assert (status, answer["error"]["code"]) == (401, "invalid_api_key")


async def test_a_failure_has_the_shape_of_the_api() -> None:
    async with ChatCompletionsSimulator([Fails(429, "insufficient_quota")]) as server:
        status, answer = await asked(server)
    assert (status, answer["error"]["code"]) == (429, "insufficient_quota")


async def test_the_models_are_listed() -> None:
    async with (
        ChatCompletionsSimulator() as server,
        aiohttp.ClientSession() as session,
        session.get(f"{server.url}/models") as response,
    ):
        listed = await response.json()
    assert [model["id"] for model in listed["data"]] == ["simulated"]
