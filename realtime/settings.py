"""What we ask of a realtime session, and what its tokens cost.

Hard here is only what may not be asked. The server must neither answer by itself nor fall silent
by itself when the caller speaks: both are the call's to decide. And `strict`, which a written
model's tools have, is no field of a realtime tool.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

TRANSCRIPTION_MODEL = "gpt-transcribe"
"""Writes down whole turns as the server's turn detection cuts them. gpt-live-transcribe is for
sessions that cut by hand.
https://developers.openai.com/api/docs/guides/realtime-transcription"""
LANGUAGE = "en"
RETENTION = 0.8
"""The share of the context that is kept when it is full: truncating rarely keeps the cache warm.
https://developers.openai.com/api/docs/guides/realtime-costs"""

Kind = Literal[
    "input_text", "input_audio", "cached_text", "cached_audio", "output_text", "output_audio"
]
KINDS: Sequence[Kind] = (
    "input_text",
    "input_audio",
    "cached_text",
    "cached_audio",
    "output_text",
    "output_audio",
)
"""How tokens are counted: cached ones not under input."""

_PCMU = {"type": "audio/pcmu"}


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """Each field is a choice of the business's or of the call's; the rest is fixed below."""

    model: str
    instructions: str
    voice: str
    tools: Sequence[Mapping[str, Any]] = ()
    """In the shape of Chat Completions: {"type": "function", "function": {...}}."""
    keywords: Sequence[str] = ()
    """Words to expect from a caller: names, dishes, places."""

    def payload(self) -> dict[str, Any]:
        """The `session` of a session.update: G.711 mu-law both ways, and no answer unasked.
        https://developers.openai.com/api/reference/resources/realtime/client-events"""
        session = self.plain_payload()
        session["audio"]["input"] |= {
            "noise_reduction": {"type": "near_field"},
            "transcription": self._transcription(),
        }
        session["truncation"] = {"type": "retention_ratio", "retention_ratio": RETENTION}
        return session

    def plain_payload(self) -> dict[str, Any]:
        """The same without the comforts that a server may refuse: the caller's words in writing,
        less noise, a warm cache. A call can be held all the same."""
        return {
            "type": "realtime",
            "model": self.model,
            "instructions": self.instructions,
            "output_modalities": ["audio"],
            "audio": {
                "input": {
                    "format": _PCMU,
                    "turn_detection": {
                        "type": "semantic_vad",
                        "eagerness": "auto",
                        "create_response": False,
                        "interrupt_response": False,
                    },
                },
                "output": {"format": _PCMU, "voice": self.voice},
            },
            "tools": [_tool(each["function"]) for each in self.tools],
            "tool_choice": "auto",
        }

    def _transcription(self) -> dict[str, Any]:
        found: dict[str, Any] = {"model": TRANSCRIPTION_MODEL, "language": LANGUAGE}
        if self.keywords:
            found["keywords"] = list(self.keywords)
        return found


def _tool(function: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: function[name] for name in ("description", "parameters") if name in function}
    return {"type": "function", "name": function["name"], **given}


PRICES: Mapping[str, Mapping[Kind, int]] = MappingProxyType(
    {
        model: MappingProxyType(dict(zip(KINDS, cents, strict=True)))
        for model, cents in {
            "gpt-realtime-2.1": (4_00, 32_00, 40, 40, 24_00, 64_00),
            "gpt-realtime-2.1-mini": (60, 10_00, 6, 30, 2_40, 20_00),
            "gpt-realtime-2": (4_00, 32_00, 40, 40, 24_00, 64_00),
            "gpt-realtime-1.5": (4_00, 32_00, 40, 40, 16_00, 64_00),
        }.items()
    }
)
"""Cents per million tokens, in the order of KINDS.
https://developers.openai.com/api/docs/models/gpt-realtime-2.1.md and its neighbours there"""


def cost_micros(model: str, usage: Mapping[str, int]) -> int | None:
    """What a model's tokens cost, in millionths of a dollar; None when its prices are not known.

    `usage` counts tokens by kind. Without the transcription, which is billed apart.
    """
    cents = PRICES.get(model)
    if cents is None:
        return None
    return (sum(cents[kind] * usage.get(kind, 0) for kind in KINDS) + 50) // 100
