"""Sending is not hearing: chunks, marks, and what was heard when the caller broke in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.call.playout import MOST_WAITING_MS, Chunk, Cut, Playout
from pipeline.ids import ItemId, MarkName
from tests.pipeline.call.driver import sound

HELLO, ANSWER = ItemId("hello"), ItemId("answer")


def ms(chunks: list[Chunk]) -> list[float]:
    return [len(chunk.payload) / 8 for chunk in chunks]


def test_the_first_chunk_leaves_at_once_however_short():
    ledger = Playout()
    ledger.add(HELLO, sound(40))

    assert ms(ledger.due(5.0)) == [40]


def test_chunks_of_200_ms_leave_at_most_400_ms_ahead():
    ledger = Playout()
    ledger.add(HELLO, sound(1000))

    assert ms(ledger.due(0.0)) == [200, 200]
    assert ledger.deadline(0.0) == pytest.approx(0.2)
    assert ledger.due(0.199) == []
    assert ms(ledger.due(0.2)) == [200]
    assert ledger.deadline(0.2) == pytest.approx(0.4)


def test_each_chunk_has_a_mark_of_its_own():
    ledger = Playout()
    ledger.add(HELLO, sound(400))

    assert [chunk.mark for chunk in ledger.due(0.0)] == ["0.1", "0.2"]


def test_a_trickle_waits_for_a_whole_chunk_until_little_is_on_its_way():
    ledger = Playout()
    ledger.add(HELLO, sound(200))
    ledger.due(0.0)
    ledger.add(HELLO, sound(60))

    assert ledger.due(0.05) == []
    assert ledger.deadline(0.05) == pytest.approx(0.1)
    assert ms(ledger.due(0.1)) == [60]


def test_half_a_frame_waits_for_its_other_half_or_is_padded_at_the_end():
    ledger = Playout()
    ledger.add(HELLO, sound(50))
    assert ms(ledger.due(0.0)) == [40]
    assert ledger.due(1.0) == []

    ledger.complete(HELLO)

    [last] = ledger.due(1.0)
    assert last.payload == sound(10) + b"\xff" * 80


def test_what_is_behind_half_a_frame_need_not_wait():
    ledger = Playout()
    ledger.add(HELLO, sound(10))
    ledger.add(ANSWER, sound(100))

    assert [chunk.item_id for chunk in ledger.due(0.0)] == [ANSWER]


def test_an_item_is_heard_when_its_last_mark_comes_back():
    ledger = Playout()
    ledger.add(HELLO, sound(300))
    ledger.complete(HELLO)
    first, second = ledger.due(0.0)
    ledger.reached(first.mark, 0.2)
    assert ledger.heard() == []

    ledger.reached(second.mark, 0.3)

    assert ledger.heard() == [(HELLO, 300)]
    assert ledger.heard() == []
    assert not ledger.audible


def test_padding_is_not_counted_as_heard():
    ledger = Playout()
    ledger.add(HELLO, sound(30))
    ledger.complete(HELLO)
    [chunk] = ledger.due(0.0)
    ledger.reached(chunk.mark, 0.04)

    assert ledger.heard() == [(HELLO, 30)]


def test_an_interruption_says_what_was_heard_and_keeps_the_rest():
    ledger = Playout()
    ledger.add(HELLO, sound(1000))
    first, _ = ledger.due(0.0)
    ledger.reached(first.mark, 0.2)
    ledger.due(0.2)

    [cut] = ledger.interrupt(0.25)

    assert cut == Cut(HELLO, 250, 1000, sound(750))
    assert not ledger.audible
    assert ledger.deadline(0.25) is None


def test_items_behind_the_one_that_played_were_not_heard():
    ledger = Playout()
    ledger.add(HELLO, sound(300))
    ledger.complete(HELLO)
    ledger.add(ANSWER, sound(500))
    ledger.due(0.0)

    cuts = ledger.interrupt(0.1)

    assert [(cut.item_id, cut.heard_ms, cut.whole_ms) for cut in cuts] == [
        (HELLO, 100, 300),
        (ANSWER, 0, 500),
    ]


def test_an_item_whose_end_was_heard_is_heard_though_its_echo_is_on_its_way():
    ledger = Playout()
    ledger.add(HELLO, sound(200))
    ledger.complete(HELLO)
    ledger.add(ANSWER, sound(200))
    ledger.due(0.0)

    assert [cut.item_id for cut in ledger.interrupt(0.3)] == [ANSWER]
    assert ledger.heard() == [(HELLO, 200)]


def test_a_carrier_that_stalls_cannot_make_more_heard_than_was_sent():
    ledger = Playout()
    ledger.add(HELLO, sound(1000))
    ledger.due(0.0)

    assert ledger.interrupt(60.0)[0].heard_ms == 400


def test_echoes_of_what_was_cleared_are_not_heard():
    ledger = Playout()
    ledger.add(HELLO, sound(200))
    [stale] = ledger.due(0.0)
    ledger.interrupt(0.05)
    ledger.add(ANSWER, sound(200))
    ledger.due(1.0)

    ledger.reached(stale.mark, 1.01)

    assert ledger.interrupt(1.05)[0] == Cut(ANSWER, 50, 200, sound(150))


def test_without_echoes_audio_counts_as_heard_a_while_after_it_should_have_been():
    ledger = Playout()
    ledger.add(HELLO, sound(200))
    ledger.complete(HELLO)
    ledger.due(0.0)
    assert ledger.deadline(0.0) == pytest.approx(1.7)

    ledger.due(1.6)
    assert ledger.audible
    ledger.due(1.7)

    assert ledger.heard() == [(HELLO, 200)]


def test_an_echo_is_as_late_as_the_first_one_was():
    """300 ms there and back: it tells of 200 ms, of which 500 ms were heard meanwhile."""
    ledger = Playout()
    ledger.add(HELLO, sound(2000))
    first, _ = ledger.due(0.0)
    for now in (0.2, 0.4):
        ledger.due(now)

    ledger.reached(first.mark, 0.5)

    assert ledger.deadline(0.5) == pytest.approx(0.6)
    assert ledger.interrupt(0.5)[0].heard_ms == 500


def test_a_carrier_that_falls_behind_is_waited_for():
    ledger = Playout()
    ledger.add(HELLO, sound(2000))
    first, second = ledger.due(0.0)
    ledger.reached(first.mark, 0.2)
    ledger.due(0.2)

    ledger.reached(second.mark, 0.6)  # it should have been there at 0.4

    assert ledger.deadline(0.6) == pytest.approx(0.6)
    assert ms(ledger.due(0.6)) == [200]
    assert ledger.due(0.7) == []


def test_what_leaves_after_a_pause_begins_to_play_then():
    ledger = Playout()
    ledger.add(HELLO, sound(200))
    ledger.due(0.0)
    ledger.add(HELLO, sound(200))
    assert ms(ledger.due(1.0)) == [200]

    assert ledger.interrupt(1.05)[0].heard_ms == 250


def test_a_minute_that_nobody_heard_is_the_most_there_is():
    ledger = Playout()
    ledger.add(HELLO, sound(MOST_WAITING_MS + 500))

    assert ledger.dropped_bytes == 4000
    assert ledger.interrupt(0.0)[0].whole_ms == MOST_WAITING_MS


def test_the_end_of_an_item_that_is_unknown_or_was_cut_changes_nothing():
    ledger = Playout()
    ledger.complete(HELLO)
    ledger.add(HELLO, sound(100))
    ledger.interrupt(0.0)
    ledger.complete(HELLO)

    assert ledger.heard() == []
    assert ledger.interrupt(0.1) == []


ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, 2), st.integers(1, 5000)),
        st.tuples(st.just("complete"), st.integers(0, 2)),
        st.tuples(st.just("pass"), st.floats(0, 1.0)),
        st.tuples(st.just("echo"), st.integers(0, 5)),
        st.tuples(st.just("stop")),
    ),
    max_size=40,
)


@given(ACTS)
def test_no_byte_is_lost_or_heard_before_it_was_sent(acts):
    ledger = Playout()
    now = 0.0
    stops = 0
    came = dict.fromkeys((0, 1, 2), b"")
    sent: dict[ItemId, bytes] = {}
    marks: list[MarkName] = []
    complete = set()
    for act in acts:
        match act:
            case ("add", number, size) if f"{number}-{stops}" not in complete:
                item = ItemId(f"{number}-{stops}")
                came[number] += bytes([number]) * size
                ledger.add(item, bytes([number]) * size)
            case ("complete", number):
                ledger.complete(ItemId(f"{number}-{stops}"))
                if came[number]:
                    complete.add(f"{number}-{stops}")
            case ("pass", seconds):
                now += seconds
            case ("echo", back) if back < len(marks):
                ledger.reached(marks[-1 - back], now)
            case ("stop",):
                for cut in ledger.interrupt(now):
                    number = int(cut.item_id[0])
                    whole = came[number]
                    assert 0 <= cut.heard_ms <= cut.whole_ms <= len(whole) // 8
                    assert cut.heard_ms * 8 <= len(sent.get(cut.item_id, b""))
                    assert len(whole) <= cut.heard_ms * 8 + cut.unheard.count(number)
                    assert cut.unheard.count(number) - 8 < len(whole) - cut.heard_ms * 8
                stops += 1
                came = dict.fromkeys((0, 1, 2), b"")
        for chunk in ledger.due(now):
            assert 0 < len(chunk.payload) <= 1600
            sent[chunk.item_id] = sent.get(chunk.item_id, b"") + chunk.payload
            marks.append(chunk.mark)
        for item_id, heard_ms in ledger.heard():
            assert heard_ms * 8 <= len(sent[item_id])
        due = ledger.deadline(now)
        assert due is None or due > now - 1e-9
    assert len(marks) == len(set(marks))
