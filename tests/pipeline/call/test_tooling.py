"""Tool calls: each answered once, one response to a batch."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.call.tooling import MOST_CALLS, Tooling
from pipeline.events import AnswerTool, RunTool
from pipeline.ids import ResponseId
from pipeline.inquiry.vocabulary import ToolCall

R, S = ResponseId("r"), ResponseId("s")


def tool(call_id: str) -> ToolCall:
    return ToolCall(call_id, "search_knowledge", {"query": "deposit"})


def test_a_call_is_run_once():
    tools = Tooling()

    assert tools.called(R, tool("a")) == RunTool(tool("a"))
    assert tools.called(R, tool("a")) is None
    assert tools.called(S, tool("a")) is None


def test_an_answer_goes_to_the_model_once():
    tools = Tooling()
    tools.called(R, tool("a"))

    assert tools.answered("a", {"x": 1}) == (AnswerTool("a", {"x": 1}), R, tool("a"))
    assert tools.answered("a", {"x": 1}) is None
    assert tools.answered("never", {}) is None


def test_a_batch_is_whole_when_its_response_is_over_and_all_is_answered():
    tools = Tooling()
    tools.called(R, tool("a"))
    tools.called(R, tool("b"))
    tools.answered("a", {})
    tools.over(R)
    assert not tools.finished()

    tools.answered("b", {})

    assert tools.finished()
    assert not tools.finished()


def test_a_response_without_tools_is_no_batch():
    tools = Tooling()
    tools.over(R)

    assert not tools.finished()


def test_two_responses_are_two_batches():
    tools = Tooling()
    tools.called(R, tool("a"))
    tools.over(R)
    tools.called(S, tool("b"))
    tools.over(S)

    tools.answered("b", {})
    assert tools.finished()
    assert not tools.finished()
    tools.answered("a", {})
    assert tools.finished()


def test_a_model_that_asks_for_too_much_is_refused():
    tools = Tooling()
    asked = [tools.called(R, tool(str(number))) for number in range(MOST_CALLS + 1)]

    assert asked[-2] == RunTool(tool("7"))
    assert asked[-1] == AnswerTool("8", {"error": "too many tool calls at once"})
    assert tools.answered("8", {}) is None


@given(st.lists(st.tuples(st.sampled_from("caod"), st.integers(0, 3), st.integers(0, 20))))
def test_every_call_has_one_answer_and_every_batch_one_end(steps):
    tools = Tooling()
    answers: list[str] = []
    asked: dict[str, int] = {}
    over: set[int] = set()
    ends = 0
    for step, batch, number in steps:
        response_id = ResponseId(str(batch))
        call_id = f"{number}"
        match step:
            case "c" if batch not in over:
                order = tools.called(response_id, tool(call_id))
                assert (order is None) == (call_id in asked)
                asked.setdefault(call_id, batch)
                if isinstance(order, AnswerTool):
                    answers.append(call_id)
            case "a":
                answered = tools.answered(call_id, {})
                answers += [call_id] if answered else []
            case "o":
                over.add(batch)
                tools.over(response_id)
        ends += tools.finished()
    for call_id in asked:
        answers += [call_id] if tools.answered(call_id, {}) else []
    for batch in range(4):
        tools.over(ResponseId(str(batch)))
        ends += tools.finished()

    assert sorted(answers) == sorted(asked)
    assert ends <= len(set(asked.values()))
    assert bool(ends) == bool(asked)
