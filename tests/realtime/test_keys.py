"""Keys are put together to what the caller meant by them."""

import pytest

from realtime.keys import MOST_KEYS, PAUSE_SECONDS, Keys, told


def pressed(keys: Keys, digits: str, now: float = 100.0) -> None:
    for digit in digits:
        keys.press(digit, now)


def test_a_number_is_complete_after_a_pause_since_its_last_key() -> None:
    keys = Keys()
    keys.press("9", 100.0)
    assert keys.due == 100.0 + PAUSE_SECONDS
    keys.press("5", 101.0)
    assert keys.take(102.4) == ""
    assert keys.due == 102.5
    assert keys.take(102.5) == "95"
    assert keys.due is None
    assert keys.take(200.0) == ""


def test_a_hash_ends_a_number_at_once_and_is_no_part_of_it() -> None:
    keys = Keys()
    pressed(keys, "95125#")
    assert keys.due == 100.0
    assert keys.take(100.0) == "95125"


@pytest.mark.parametrize(("digits", "entry"), [("#", "#"), ("*", "*"), ("*1", "*1"), ("0", "0")])
def test_other_keys_stand_for_themselves(digits: str, entry: str) -> None:
    keys = Keys()
    pressed(keys, digits)
    assert keys.take(100.0 + PAUSE_SECONDS) == entry


def test_a_caller_who_leans_on_the_keys_makes_an_entry_of_32() -> None:
    keys = Keys()
    pressed(keys, "1" * MOST_KEYS)
    assert keys.take(100.0) == "1" * MOST_KEYS


def test_a_key_after_a_hash_does_not_delay_the_entry() -> None:
    keys = Keys()
    pressed(keys, "5#")
    keys.press("7", 100.0)
    assert keys.due == 100.0


def test_the_model_reads_what_was_pressed_and_that_a_lone_zero_asks_for_a_person() -> None:
    assert told("95125") == "(The caller pressed 95125 on the keypad.)"
    assert told("0") == "(The caller pressed 0 on the keypad: they want a person.)"
