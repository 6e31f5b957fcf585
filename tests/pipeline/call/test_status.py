"""The ten states of a call's record and the moves between them."""

import pytest

from pipeline.call.status import MOVES, CallStatus

FINAL = {"completed", "failed", "missed", "voicemail", "busy", "no_answer"}


def test_there_are_ten_states_and_six_are_final():
    assert len(CallStatus) == 10
    assert set(MOVES) == set(CallStatus)
    assert {state.value for state, moves in MOVES.items() if not moves} == FINAL


@pytest.mark.parametrize(
    ("current", "wanted", "may"),
    [
        ("initiated", "ringing", True),
        ("initiated", "in_progress", False),
        ("ringing", "in_progress", True),
        ("ringing", "no_answer", True),
        ("ringing", "completed", False),
        ("in_progress", "on_hold", True),
        ("on_hold", "in_progress", True),
        ("in_progress", "completed", True),
        ("in_progress", "ringing", False),
        ("in_progress", "busy", False),
        ("completed", "failed", False),
        ("missed", "in_progress", False),
    ],
)
def test_a_record_moves_as_calls_do(current, wanted, may):
    assert (CallStatus(wanted) in MOVES[CallStatus(current)]) is may


@pytest.mark.parametrize("state", CallStatus)
def test_staying_is_no_move(state):
    assert state not in MOVES[state]


def test_every_state_but_the_first_can_be_reached():
    assert frozenset().union(*MOVES.values()) == set(CallStatus) - {CallStatus.INITIATED}
