"""What we are sent is played at the pace of speech; marks tell how far, clear throws away."""

from hypothesis import given
from hypothesis import strategies as st

from tests.simulators.twilio_media import Playout

LOUD = b"\x00" * 160


def test_a_mark_comes_back_when_all_before_it_has_been_played() -> None:
    playout = Playout()
    playout.add(LOUD + LOUD)
    assert playout.mark("a") == []
    playout.add(LOUD)
    assert playout.mark("b") == []
    assert [playout.play() for _ in range(4)] == [
        (LOUD, []),
        (LOUD, ["a"]),
        (LOUD, ["b"]),
        (b"\xff" * 160, []),
    ]


def test_a_mark_comes_back_at_once_when_nothing_waits() -> None:
    playout = Playout()
    assert playout.mark("a") == ["a"]
    playout.add(LOUD)
    playout.play()
    assert playout.mark("b") == ["b"]


def test_clearing_brings_every_mark_back_and_leaves_nothing() -> None:
    playout = Playout()
    playout.add(LOUD * 10)
    playout.mark("a")
    playout.mark("b")
    assert playout.waiting_ms == 200
    assert playout.clear() == ["a", "b"]
    assert playout.play() == (b"\xff" * 160, [])


def test_less_than_a_frame_is_filled_up_with_silence() -> None:
    playout = Playout()
    playout.add(b"\x00" * 8)
    assert playout.mark("a") == []
    assert playout.play() == (b"\x00" * 8 + b"\xff" * 152, ["a"])


@given(st.lists(st.integers(0, 700) | st.just("play") | st.just("clear")))
def test_no_mark_is_lost_doubled_or_early(history: list[int | str]) -> None:
    """A mark after each piece of audio, whatever is played and cleared meanwhile."""
    playout, sent, back, waiting = Playout(), [], [], 0
    for step in history:
        if step == "play":
            back += playout.play()[1]
            waiting = max(0, waiting - 160)
        elif step == "clear":
            back += playout.clear()
            waiting = 0
        else:
            playout.add(b"\x00" * int(step))
            waiting += int(step)
            sent.append(f"mark {len(sent)}")
            back += playout.mark(sent[-1])
        assert playout.waiting_ms == waiting // 8
        assert (back == sent) or waiting
        assert back == sent[: len(back)]
