"""A conversation with the attendant, through the real turn, its tools and its checks."""

from dataclasses import replace
from uuid import UUID

from pipeline.attendant.dialogue import answer
from pipeline.inquiry import tools
from pipeline.inquiry.facts import Facts
from pipeline.inquiry.turn import AskModel, Said, Snapshot, text_turn
from tests.pipeline.seed import BUSINESS, NOW

QUOTE_ID = UUID(int=7)


def snapshot(*texts, facts=None, channel="sms", customer=None, **more):
    """A conversation that begins with these unanswered messages."""
    said = tuple(Said("customer", text, NOW) for text in texts)
    known = facts or Facts()
    made = Snapshot(BUSINESS, 1, channel, known, None, said, len(said), customer or {}, False, NOW)
    return replace(made, **more)


def question(before, *results, complaint=""):
    """What a turn would ask, after these results."""
    return AskModel(before, "", (), (), tuple(results), complaint)


def ran(before, reply):
    """The results of a reply's calls."""
    return [tools.run(BUSINESS, call, before.now, QUOTE_ID) for call in reply.calls]


def take_turn(before):
    """One whole turn: its outcome."""
    turn = text_turn(before)
    asked = next(turn)
    while True:
        reply = answer(asked) if isinstance(asked, AskModel) else tuple(ran(before, asked))
        try:
            asked = turn.send(reply)
        except StopIteration as end:
            return end.value


def answered(before, outcome):
    """The conversation after a turn."""
    return replace(
        before,
        facts=outcome.facts,
        quote=outcome.quote,
        escalated=before.escalated or outcome.escalation is not None,
        history=(*before.history, Said("us", outcome.reply, before.now)),
        unanswered=0,
    )


def texted(before, *texts):
    """The conversation with more unanswered messages."""
    said = tuple(Said("customer", text, before.now) for text in texts)
    return replace(before, history=before.history + said, unanswered=before.unanswered + len(said))
