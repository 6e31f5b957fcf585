"""The dialogue by keys: what each key means where the caller is, and what is said next.

Hard here: 0 asks for a person at any time, but is a digit too, so a lone 0 is a person unless
pound follows it at once; keys run ahead of what is said, so they move the dialogue when they are
pressed and only the newest step is spoken; and whatever went wrong, there is a way on: another
try, a person, or the menu. A price is read out from a tool's result and never made here.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from pipeline.attendant import announcements as said
from pipeline.business.document import Business
from pipeline.inquiry.tools import END, QUOTE, SEND_TEXT, TAKE_MESSAGE, TRANSFER
from pipeline.inquiry.vocabulary import ToolCall
from pipeline.quote.travel import travel_for_zip

ENTRIES = {"adults": 3, "children": 2, "zip": 5}
"""The steps at which digits are collected up to pound, and how many there may be."""
TOOLS = {
    "quoting": QUOTE,
    "texting": SEND_TEXT,
    "filing": TAKE_MESSAGE,
    "calling": TRANSFER,
    "ending": END,
}
"""The steps that wait for a tool."""
RESTING = ("menu", "policies", "quote", "offer", "kept", "asked")
"""The steps at which one key is a choice."""
STEPS = frozenset({*ENTRIES, *TOOLS, *RESTING, "message"})
MOST_WRONG = 3
MOST_SPEECH = 2
"""How often in a row we say that we cannot understand speech."""
REASON = "asked_for_person"
_SPOKEN_MESSAGE = "(a spoken message of {} seconds, kept with the call)"


@dataclass(frozen=True, slots=True)
class Position:
    """Where the dialogue is: enough for another worker to go on with it."""

    step: str = "menu"
    adults: int = 0
    children: int = 0
    zip: str = ""
    quote: str = ""
    """The last quote as it was read out."""
    texted: bool = False
    """Whether that quote was texted to the caller."""
    note: str = ""
    """What is said before the step's own words: what became of something, what was wrong."""
    wrong: int = 0
    """How often in a row this step's entry would not do."""
    seconds: int = 0
    """Of the message just recorded."""
    tools: int = 0
    """How many tool calls were made; makes their ids."""

    @classmethod
    def from_memory(cls, memory: Mapping[str, Any]) -> "Position":
        """Inverse of `to_memory`; anything else is the menu."""
        known = {
            each.name: memory[each.name]
            for each in fields(cls)
            if isinstance(memory.get(each.name), type(getattr(_START, each.name)))
        }
        found = cls(**known)
        return found if found.step in STEPS else cls()

    def move(self, step: str, note: str = "") -> "Position":
        """At another step, where nothing has gone wrong yet; a new party is asked for afresh."""
        moved = replace(self, step=step, note=note, wrong=0)
        return replace(moved, adults=0, children=0, zip="") if step == "adults" else moved

    def refuse(self, why: str) -> "Position":
        """At the same step once more, or after too many times where a person is offered."""
        if self.wrong + 1 >= MOST_WRONG:
            return self.move("offer", why)
        return replace(self, note=why, wrong=self.wrong + 1)

    def to_memory(self) -> dict[str, Any]:
        """As JSON; what is as at the start is left out."""
        return {name: value for name, value in asdict(self).items() if value or name == "step"}


_START = Position()


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be done now: words, then perhaps a tone and a recording, or a tool call."""

    text: str = ""
    call: ToolCall | None = None
    record: bool = False


class Keypad:
    """One caller's dialogue. Ask `due` whenever something returned True."""

    def __init__(
        self,
        business: Business,
        *,
        textable: bool,
        reachable: bool = True,
        memory: Mapping[str, Any] | None = None,
    ) -> None:
        """`textable`: a quote may be texted to the caller; `reachable`: their number is known."""
        self.place = Position.from_memory(memory or {})
        self._business = business
        self._textable = textable and reachable
        self._reachable = reachable
        self._digits = ""
        self._silences = 0
        self._speeches = 0
        self._waiting = ""
        """The id of the tool call that was made at this step."""

    @property
    def typing(self) -> bool:
        """Whether an entry has begun and is not complete."""
        return bool(self._digits)

    @property
    def recording(self) -> bool:
        """Whether what the caller says is a message."""
        return self.place.step == "message"

    @property
    def _may_text(self) -> bool:
        return self._textable and not self.place.texted

    def press(self, digit: str) -> bool:
        """A key; whether something is due. While a tool runs only 0 and * count."""
        self._silences = self._speeches = 0
        if self.place.step == "ending":
            self._move("menu", note="")  # they are still there
        step = self.place.step
        if digit == "*":
            return self._move("menu", note="")
        if step in ENTRIES:
            if digit.isdecimal():
                self._digits = (self._digits + digit)[: ENTRIES[step] + 1]
            return digit == "#" and self._enter()
        if digit == "0":
            return self._person()
        if (choice := _choice(self.place, digit, textable=self._may_text)) is not None:
            return self._move(choice[0], note=choice[1])
        if step in TOOLS or digit == "#" or step == "message":
            return False  # the pound of somebody who presses it after everything
        return self._move(step, note="")

    def pause(self) -> bool:
        """No key came for a while: an entry that has begun is complete."""
        if self._digits == "0":
            self._digits = ""
            return self._person()
        return bool(self._digits) and self._enter()

    def silent(self) -> bool:
        """Nobody pressed anything for long: say it again, then in short, then goodbye. Where a
        tool runs it is the tool that is silent, and is given up."""
        if self.place.step in ("ending", "message"):
            return False
        if self.place.step in TOOLS:
            return self._move("offer", note=said.no_answer())
        self._silences += 1
        if self._silences > 2:
            return self._move("ending", note=said.NOBODY)
        return True

    def spoke(self) -> bool:
        """They spoke instead of pressing keys; whether they should be told again."""
        if self.place.step in TOOLS or self.place.step == "message":
            return False
        self._speeches += 1
        if self._speeches > MOST_SPEECH:
            return False
        self.place = replace(self.place, note=said.KEYS_ONLY)
        return True

    def recorded(self, seconds: int) -> bool:
        """The message is over, after so many whole seconds; 0 if nothing was said."""
        if not seconds:
            return self._move("menu", note=said.no_message())
        self.place = replace(self.place, seconds=seconds)
        return self._move("filing", note="")

    def answered(self, call_id: str, output: Mapping[str, Any]) -> bool:
        """The tool's result; whether something is due."""
        if call_id != self._waiting:
            return False
        step = self.place.step
        if step == "quoting":
            if "error" in output:
                return self._move("offer", note=said.no_quote())
            words = said.quote_words(output, self.place.zip)
            self.place = replace(self.place, quote=words)
            return self._move("quote", note=words)
        if step == "texting":
            self.place = replace(self.place, texted="error" not in output)
            return self._move("quote", note=said.texted(output))
        if step == "filing":
            return self._move("kept", note=said.message_kept(output))
        if step == "calling":
            return self._move("asked", note=said.person_asked(output))
        return False

    def due(self) -> Due:
        """What to say or do now. A step's note is said once, unless nobody heard it out."""
        place, note = self.place, self.place.note
        if place.step in TOOLS:
            if self._waiting:
                return Due()
            self.place = place = replace(place, tools=place.tools + 1)
            self._waiting = f"keys-{place.tools}"
            farewell = f"{note} {said.goodbye(self._business)}" if place.step == "ending" else ""
            return Due(farewell.strip(), ToolCall(self._waiting, TOOLS[place.step], _given(place)))
        if note in (said.KEYS_ONLY, said.no_message()):
            self.place = replace(place, note="")
        if self._silences > 1 and place.step != "message":
            note = ""  # this time in short
        prompt = _prompt(place, self._business, textable=self._may_text, silences=self._silences)
        text = f"{note} {prompt}".strip() or said.brief_menu()
        return Due(text, record=place.step == "message")

    def withdrawn(self, call_id: str) -> None:
        """A tool call that `due` gave was not made after all: it is due again."""
        if call_id == self._waiting:
            self._waiting = ""

    def _move(self, step: str, *, note: str) -> bool:
        self.place = self.place.move(step, note=note)
        self._digits = self._waiting = ""
        self._speeches = 0
        return True

    def _person(self) -> bool:
        """Ask for a call-back, or where there is no number, for a message that has one."""
        if self.place.step == "calling":
            return False
        if not self._reachable:
            return self._move("message", note=said.record_number())
        return self._move("calling", note="")

    def _enter(self) -> bool:
        """An entry is complete: the next question, or the same again."""
        given, self._digits = self._digits, ""
        self.place = _entered(self.place, given, self._business)
        return True


def _prompt(place: Position, business: Business, *, textable: bool, silences: int) -> str:
    """What a step itself asks, apart from its note; '' where the note is all."""
    if place.step == "menu":
        return said.brief_menu() if silences > 1 else said.main_menu()
    if place.step == "policies" and not silences:
        return said.hours_and_policies(business)
    if place.step == "quote":
        return said.after_quote(textable=textable)
    return {
        "adults": said.ask_adults(business),
        "children": said.ask_children(business),
        "zip": said.ask_zip(),
        "offer": said.offer_person(),
    }.get(place.step, "")


def _choice(place: Position, digit: str, *, textable: bool) -> tuple[str, str] | None:
    """The step that a key chooses at this one, and what is said first."""
    message = {"3": ("message", said.record_message())}
    main = {"1": ("adults", ""), "2": ("policies", ""), **message}
    quote = {"2": ("quote", place.quote), "3": ("adults", "")}
    if textable:
        quote["1"] = ("texting", "")
    choices = {
        "menu": main,
        "policies": main,
        "kept": main,
        "quote": quote,
        "asked": message,
    }
    return choices.get(place.step, {}).get(digit)


def _entered(place: Position, given: str, business: Business) -> Position:
    """After an entry: the next question, or the same with what was wrong."""
    number = int(given or 0)
    rules = business.prices
    if place.step == "adults":
        if not 1 <= number <= rules.max_adults:
            return place.refuse(said.wrong_adults(business, given))
        return replace(place.move("children"), adults=number)
    if place.step == "children":
        if number > rules.max_children:
            return place.refuse(said.wrong_children(business))
        return replace(place.move("zip"), children=number)
    if not given and place.zip:
        given = place.zip  # they were told that pound alone leaves travel to be confirmed
    unknown = travel_for_zip(rules, given).miles_tenths is None
    if len(given) != 5 or (unknown and place.zip != given):
        return replace(
            place.refuse(said.wrong_zip(given)), zip=given if len(given) == 5 else place.zip
        )
    return replace(place.move("quoting"), zip=given, texted=False)


def _given(place: Position) -> Mapping[str, Any]:
    """The arguments of a step's tool."""
    if place.step == "quoting":
        given: dict[str, Any] = {"adults": place.adults, "event_zipcode": place.zip}
        return given | ({"children": place.children} if place.children else {})
    return {
        "texting": {"kind": "quote"},
        "filing": {"text": _SPOKEN_MESSAGE.format(place.seconds)},
        "calling": {"reason": REASON},
    }.get(place.step, {})
