"""How long a caller was kept waiting, and how often cut short."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Timings:
    """What a caller would complain of, in ms of this media socket."""

    ready_ms: int | None = None
    """Until the model was ready."""
    first_audio_ms: int | None = None
    gaps_ms: list[int] = field(default_factory=list)
    """From the end of a caller's turn to our first audio."""
    interruptions: int = 0
