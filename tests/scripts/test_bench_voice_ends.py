"""The bench's carrier plays before it echoes; its model leaves responses to who asks for that."""

import json
import socket
import time
from collections.abc import Callable

import pytest

from scripts.bench_voice_ends import MS, Carrier, Model, Place, Seen
from scripts.bench_voice_loop import Line, Loop
from scripts.bench_voice_wire import (
    DELTA_REST,
    HEAR,
    PING,
    Reader,
    accept,
    frame,
    stamp,
    unmasked,
    upgrade,
)

PLACE = Place(80, "/media/twilio", "signed", "AC" + "a" * 32, "CA" + "c" * 32, "a-token")
SID = f"MZ{0:032x}"
SESSION = {"type": "session.update", "session": {}}
OURS = {
    "type": "session.update",
    "session": {"audio": {"input": {"turn_detection": {"create_response": False}}}},
}


class Across:
    """The other side of a line, which the test plays."""

    def __init__(self) -> None:
        self.loop, self.seen = Loop(), Seen(measuring=True)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            here = socket.create_connection(listener.getsockname())
            self._there, _ = listener.accept()
        self._there.settimeout(5)
        self.line = Line(self.loop, here, lambda data, now: None)
        self._reader = Reader()

    def send(self, *data: bytes) -> None:
        self._there.sendall(b"".join(data))

    def text(self, message: object, *, masked: bool = True) -> None:
        self.send(frame(json.dumps(message).encode(), masked=masked))

    def after(self, ms: float) -> list[tuple[int, bytes]]:
        """Let so much time pass; (kind, payload) of what came by then."""
        self.loop.at(time.monotonic_ns() + int(ms * MS), lambda now: self.loop.stop())
        self.loop.run()
        try:
            self._there.setblocking(False)
            data = self._there.recv(1 << 20)
        except BlockingIOError:
            return []
        if data.startswith((b"HTTP", b"GET")):
            data = data.partition(b"\r\n\r\n")[2]
        return [(k, unmasked(w[s:e], m)) for k, w, s, e, m in self._reader.feed(data)]

    def came(self, done: Callable[[list[dict]], object]) -> list[dict]:
        """The messages that came until they are `done`."""
        found: list[dict] = []
        deadline = time.monotonic() + 10
        while not done(found):
            assert time.monotonic() < deadline, found
            found += [json.loads(payload) for _, payload in self.after(2)]
        return found

    def close(self) -> None:
        self.line.close()
        self._there.close()


@pytest.fixture
def across():
    found = Across()
    yield found
    found.close()


def a_carrier(across: Across) -> Carrier:
    carrier = Carrier(across.loop, across.line, 0, PLACE, across.seen)
    across.send(accept(upgrade("/", 80, "")))
    return carrier


def a_model(across: Across, interrupted: float = 0.0) -> Carrier:
    line = Line(across.loop, socket.socket(), lambda data, now: None)
    carrier = Carrier(across.loop, line, 0, PLACE, across.seen)
    line.close()
    Model(across.loop, across.line, {0: carrier}, across.seen, interrupted)
    across.send(upgrade("/v1/realtime", 80, ""))
    return carrier


def audio(now: int, turn: int = 1) -> dict:
    payload = (stamp(0, turn, now) + DELTA_REST).decode()
    return {"event": "media", "streamSid": SID, "media": {"payload": payload}}


def spelled(message: object) -> bytes:
    return frame(json.dumps(message, separators=(",", ":")).encode())


def kinds(events: list[dict]) -> list[str]:
    return [each["type"] for each in events]


def test_a_carrier_starts_and_then_sends_a_frame_every_20_ms(across):
    begun = time.monotonic()
    carrier = a_carrier(across)
    events = [each["event"] for each in across.came(lambda found: len(found) >= 7)]
    lasted_ms = (time.monotonic() - begun) * 1000
    assert events[:2] == ["connected", "start"]
    assert set(events[2:]) == {"media"}
    assert carrier.sent >= len(events) - 2
    assert (len(events) - 3) * 20 <= lasted_ms


def test_a_mark_comes_back_when_the_audio_before_it_was_played(across):
    a_carrier(across).stop()
    across.came(lambda found: len(found) == 2)
    begun = time.monotonic_ns()
    across.send(spelled(audio(begun)))
    across.text({"event": "mark", "streamSid": SID, "mark": {"name": "m1"}}, masked=False)
    (echo,) = across.came(len)
    assert time.monotonic_ns() - begun >= 200 * MS
    assert (echo["event"], echo["mark"]["name"]) == ("mark", "m1")
    assert len(across.seen.down) == 1
    assert 0 < across.seen.down[0] < time.monotonic_ns() - begun - 200 * MS


def test_a_clear_gives_the_marks_back_at_once_and_is_timed(across):
    carrier = a_carrier(across)
    carrier.stop()
    across.came(lambda found: len(found) == 2)
    carrier.cut_at = time.monotonic_ns()
    across.send(*[spelled(audio(carrier.cut_at))] * 150)  # half a minute
    across.text({"event": "mark", "streamSid": SID, "mark": {"name": "m1"}}, masked=False)
    across.send(spelled({"event": "clear", "streamSid": SID}))
    (echo,) = across.came(len)
    assert echo["mark"]["name"] == "m1"
    assert len(across.seen.clear) == 1
    assert carrier.cut_at == 0


def test_a_carrier_that_is_refused_is_counted(across):
    carrier = Carrier(across.loop, across.line, 0, PLACE, across.seen)
    across.send(b"HTTP/1.1 403 Forbidden\r\n\r\n")
    across.came(lambda _: across.seen.troubles)
    assert across.seen.troubles["HTTP/1.1 403 Forbidden"] == 1
    assert carrier.stopped


def test_a_model_speaks_by_itself_unless_told_otherwise(across):
    a_model(across)
    across.text(SESSION)
    assert kinds(across.came(lambda found: len(found) >= 5))[:5] == [
        "session.created",
        "session.updated",
        "response.created",
        "response.output_item.added",
        "response.output_audio.delta",
    ]


def test_a_model_that_waits_is_asked_and_says_exactly_what_it_is_told(across):
    a_model(across)
    across.text(OURS)
    assert kinds(across.came(lambda found: len(found) >= 2)) == [
        "session.created",
        "session.updated",
    ]
    assert across.after(60) == []
    words = 'Say exactly: "Hi." Say nothing else.'
    asked = {"metadata": {"tag": "greeting"}, "instructions": words}
    across.text({"type": "response.create", "response": asked})
    events = across.came(lambda found: "response.done" in kinds(found))
    assert events[0]["response"]["metadata"] == {"tag": "greeting"}
    assert kinds(events).count("response.output_audio.delta") == 15
    said = [each for each in events if each["type"].endswith("transcript.done")]
    assert said[0]["transcript"] == "Hi."
    assert events[-1]["response"]["status"] == "completed"


def test_a_response_that_is_cancelled_ends_so(across):
    a_model(across)
    across.text(OURS)
    across.text({"type": "response.create"})
    across.came(lambda found: "response.output_audio.delta" in kinds(found))
    across.text({"type": "response.cancel", "response_id": "resp_1"})
    events = across.came(lambda found: "response.done" in kinds(found))
    assert events[-1]["response"]["status"] == "cancelled"


def test_frames_that_reach_the_model_are_timed_and_kept_in_order(across):
    carrier = a_model(across)
    now = time.monotonic_ns()
    for number in (0, 1, 3):
        across.send(frame(HEAR + stamp(0, number, now) + b"A" * 200 + b'"}', masked=True))
    across.came(lambda _: carrier.received == 3)
    assert len(across.seen.up) == 3
    assert across.seen.disordered == 1


def test_pings_are_answered(across):
    a_model(across)
    across.came(len)
    across.send(frame(b'"are you there"', masked=True, kind=PING))
    assert across.came(len) == ["are you there"]
