"""Keys that a caller presses while a realtime model answers.

The model hears speech, not keys, so what was pressed is written to it. A number is many keys:
they are put together up to a #, or to a pause.
"""

from pipeline.call.turns import noted

PAUSE_SECONDS = 1.5
"""After the last key; then the number is taken to be complete."""
MOST_KEYS = 32


class Keys:
    """The keys of one entry."""

    def __init__(self) -> None:
        self._pressed = ""
        self._due: float | None = None

    @property
    def due(self) -> float | None:
        """When the entry is complete, or None when none was begun."""
        return self._due

    def press(self, digit: str, now: float) -> None:
        """One key. After a # the entry is due at once."""
        self._pressed += digit
        if digit == "#" or len(self._pressed) >= MOST_KEYS:
            self._due = now
        elif self._due is None or now < self._due:
            self._due = now + PAUSE_SECONDS

    def take(self, now: float) -> str:
        """The entry that is due, without its #; '' when none is."""
        if self._due is None or now < self._due:
            return ""
        pressed, self._pressed, self._due = self._pressed, "", None
        return pressed.removesuffix("#") or pressed


def told(pressed: str) -> str:
    """What the model reads: '0' -> '(The caller pressed 0 on the keypad: they want a person.)'"""
    wish = ": they want a person" if pressed == "0" else ""
    return noted(f"pressed {pressed} on the keypad{wish}")
