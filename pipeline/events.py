"""All that can happen to a call (facts, past tense) and all it can ask for (orders, imperative).

Audio is G.711 mu-law, 8,000 bytes a second. The caller's passes through as the base64 text it
came in, for nobody here looks into it; ours is bytes, for we cut it into chunks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pipeline.call.turns import Turn
from pipeline.ids import ItemId, MarkName, ResponseId
from pipeline.inquiry.vocabulary import ToolCall

HUNG_UP = "hung_up"
"""Why a caller is gone, when it was the caller's will."""

# --- facts: the caller's end -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MediaStarted:
    """The carrier opened the audio of a call; to be proved before anything else counts."""

    provider_id: str
    """The carrier's id of the call."""
    token: str = field(repr=False)
    """What our answer gave the carrier to bring along."""


@dataclass(frozen=True, slots=True)
class CallerAudio:
    payload: str
    """Base64, checked."""


@dataclass(frozen=True, slots=True)
class CallerDigit:
    digit: str
    """0-9, *, #, A-D."""


@dataclass(frozen=True, slots=True)
class PlayoutReached:
    """The carrier played past a mark, or threw it away with what it was told to clear."""

    mark: MarkName


@dataclass(frozen=True, slots=True)
class CallerGone:
    """Nothing more comes on this media socket."""

    reason: str
    """HUNG_UP, or what is wrong with the socket: socket_closed, stalled, misspoke, drained."""


# --- facts: the model's end, or the attendant's ------------------------------------------------


@dataclass(frozen=True, slots=True)
class ModelReady:
    """It has taken our session: it hears, and may be asked to speak."""


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The caller began to speak, so many ms into the audio it was given."""

    item_id: ItemId
    at_ms: int


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    item_id: ItemId
    at_ms: int


@dataclass(frozen=True, slots=True)
class CallerTurnEnded:
    """The caller has finished and is owed an answer."""

    item_id: ItemId


@dataclass(frozen=True, slots=True)
class CallerSaid:
    """What the caller said, in words; '' when it could not be made out. Comes at any time."""

    item_id: ItemId
    text: str


@dataclass(frozen=True, slots=True)
class ResponseStarted:
    response_id: ResponseId
    tag: str
    """Of the `Respond` it answers; '' when we asked for none."""


@dataclass(frozen=True, slots=True)
class ModelAudio:
    response_id: ResponseId
    item_id: ItemId
    payload: bytes


@dataclass(frozen=True, slots=True)
class ModelAudioDone:
    """All of an item's audio has come."""

    response_id: ResponseId
    item_id: ItemId


@dataclass(frozen=True, slots=True)
class ModelSaying:
    """More of an item's words, ahead of its audio or behind it."""

    item_id: ItemId
    text: str


@dataclass(frozen=True, slots=True)
class ModelSaid:
    """The words of an item, whole: what was made, which is not yet what was heard."""

    item_id: ItemId
    text: str


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """A tool call that is complete; one that was interrupted is no fact."""

    response_id: ResponseId
    call: ToolCall


@dataclass(frozen=True, slots=True)
class ResponseDone:
    response_id: ResponseId
    status: Literal["completed", "cancelled", "incomplete", "failed"]
    reason: str = ""
    """turn_detected, client_cancelled, max_output_tokens, content_filter, or an error's code."""
    usage: Mapping[str, int] = field(default_factory=dict)
    """Tokens by kind: input_text, input_audio, cached_text, cached_audio, output_text,
    output_audio. Cached ones are not counted under input."""


ALREADY_RESPONDING = "conversation_already_has_active_response"
"""The complaint that a response was asked for while another runs."""


@dataclass(frozen=True, slots=True)
class ModelTroubled:
    """It complained about something we sent. Fatal complaints come as ModelGone."""

    code: str
    """ALREADY_RESPONDING, or whatever the model says; of that nothing follows."""


@dataclass(frozen=True, slots=True)
class ModelGone:
    """There will be no more of it on this connection."""

    reason: str


@dataclass(frozen=True, slots=True)
class MessageSpoken:
    """The caller has spoken a message for staff, after the attendant's tone."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class DialogueMoved:
    """Where the attendant's dialogue stands, for whoever must go on with it."""

    memory: Mapping[str, Any]


# --- facts: the shell's ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ToolAnswered:
    """A tool was run, and what it does is committed."""

    call_id: str
    output: Mapping[str, Any]


Fact = (
    CallerAudio
    | CallerDigit
    | PlayoutReached
    | CallerGone
    | MediaStarted
    | ModelReady
    | SpeechStarted
    | SpeechStopped
    | CallerTurnEnded
    | CallerSaid
    | ResponseStarted
    | ModelAudio
    | ModelAudioDone
    | ModelSaying
    | ModelSaid
    | ToolCalled
    | ResponseDone
    | ModelTroubled
    | ModelGone
    | MessageSpoken
    | DialogueMoved
    | ToolAnswered
)

# --- orders to the carrier ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Play:
    payload: bytes


@dataclass(frozen=True, slots=True)
class Mark:
    """To be echoed once everything before it has been played."""

    name: MarkName


@dataclass(frozen=True, slots=True)
class StopPlaying:
    """Throw away what has not been played."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """Close the carrier's socket."""

    reason: str


# --- orders to whoever answers: the model, or the attendant ------------------------------------


@dataclass(frozen=True, slots=True)
class Hear:
    payload: str


@dataclass(frozen=True, slots=True)
class Press:
    """The caller pressed a key."""

    digit: str


@dataclass(frozen=True, slots=True)
class Respond:
    """Speak. One at a time: the next is ordered when this one's ResponseDone has come."""

    tag: str
    """Comes back in ResponseStarted."""
    instructions: str = ""
    """What to say, instead of the session's instructions; '': go on with the conversation."""
    tools: bool = True


@dataclass(frozen=True, slots=True)
class CancelResponse:
    response_id: ResponseId


@dataclass(frozen=True, slots=True)
class Truncate:
    """The caller heard only so much of an item."""

    item_id: ItemId
    heard_ms: int


@dataclass(frozen=True, slots=True)
class AnswerTool:
    call_id: str
    output: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tell:
    """Put words into the conversation without asking for an answer."""

    role: Literal["user", "system", "assistant"]
    text: str


# --- an order to the attendant, whoever answers ------------------------------------------------


@dataclass(frozen=True, slots=True)
class Say:
    """Speak these words in the attendant's voice. They come as ModelAudio, ModelAudioDone and
    ModelSaid of an item `item_id`, in a response of the same id that nobody cancels."""

    item_id: ItemId
    text: str


# --- orders to the shell -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RunTool:
    """Run it and commit what it does; answered by ToolAnswered, exactly once."""

    call: ToolCall


@dataclass(frozen=True, slots=True)
class KeepTurn:
    """Store what was said; a turn that is stored already is replaced."""

    turn: Turn


@dataclass(frozen=True, slots=True)
class KeepMessage:
    """Store a spoken message for staff."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Remember:
    """Store where the dialogue stands."""

    memory: Mapping[str, Any]


Order = (
    Play
    | Mark
    | StopPlaying
    | HangUp
    | Hear
    | Press
    | Respond
    | CancelResponse
    | Truncate
    | AnswerTool
    | Tell
    | Say
    | RunTool
    | KeepTurn
    | KeepMessage
    | Remember
)
