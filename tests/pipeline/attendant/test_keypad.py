from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.attendant import announcements as said
from pipeline.attendant.keypad import Keypad, Position
from pipeline.inquiry.tools import run
from tests.pipeline.seed import BUSINESS, NOW

QUOTE_ID = UUID(int=1)


def keypad(**given):
    return Keypad(BUSINESS, **{"textable": True} | given)


def pressed(keys, pad=None):
    """A dialogue after these keys, every tool answered as the real ones answer."""
    pad = pad or keypad()
    for key in keys:
        if pad.press(key):
            answer(pad)
    return pad


def answer(pad, output=None):
    """What is due, once tools have answered."""
    due = pad.due()
    while due.call is not None and due.call.name != "end_call":
        if output is None and due.call.name in ("calculate_party_quote", "take_message"):
            result = run(BUSINESS, due.call, NOW, QUOTE_ID).result
        else:
            result = output or {"promise": "within 2 hours"}
        assert pad.answered(due.call.call_id, result)
        due = pad.due()
    return due


def test_a_caller_is_quoted_by_keys_alone():
    pad = pressed("120#5#95125#")
    assert pad.place.step == "quote"
    assert (pad.place.adults, pad.place.children, pad.place.zip) == (20, 5, "95125")
    assert "the total is $1,250.00" in pad.due().text


def test_the_quote_is_asked_of_the_tool_with_what_was_pressed():
    pad = keypad()
    for key in "120#5#95125#":
        pad.press(key)
    call = pad.due().call
    assert call.name == "calculate_party_quote"
    assert call.arguments == {"adults": 20, "children": 5, "event_zipcode": "95125"}
    assert pad.due().call is None, "a tool that runs is not called again"


def test_pound_alone_is_no_children():
    pad = pressed("18##95125#")
    assert pad.place.adults == 8
    assert pad.place.children == 0
    assert "For 8 adults in ZIP 95125" in pad.place.quote


def test_a_pause_ends_an_entry_as_pound_does():
    pad = pressed("112")
    assert pad.typing
    assert pad.pause()
    assert pad.place.step == "children"
    assert pad.place.adults == 12


@pytest.mark.parametrize("before", ["", "1", "110#", "110#5#", "2", "3", "120#5#95125#"])
def test_a_lone_zero_asks_for_a_person_anywhere(before):
    pad = pressed(before)
    assert pad.press("0") or pad.pause()
    call = pad.due().call
    assert call.name == "transfer_to_person"
    assert call.arguments == {"reason": "asked_for_person"}
    pad.answered(call.call_id, {"promise": "within 2 hours"})
    assert "A person will call you back" in pad.due().text


def test_zero_pound_is_a_number_and_no_person():
    assert pressed("110#0#").place.step == "zip"
    assert "at least 1 guest" in pressed("10#").due().text


def test_a_caller_without_a_number_is_asked_to_leave_it():
    pad = keypad(reachable=False)
    assert pad.press("0")
    due = pad.due()
    assert due.record
    assert "Your number is withheld" in due.text


@pytest.mark.parametrize("before", ["1", "110#", "110#5#951", "2", "120#5#95125#", "3"])
def test_star_leads_back_to_the_menu(before):
    pad = pressed(before)
    assert pad.press("*")
    assert pad.due().text == said.main_menu()


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("1#", "There must be at least 1 guest of 13 or older."),
        ("1101#", "For more than 100 adults, a person works out the price."),
        ("110#51#", "I can count up to 50 children."),
        ("110#5#9512#", "A ZIP code has five digits."),
        ("110#5##", "A ZIP code has five digits."),
        ("110#5#99999#", "I do not know the way to ZIP 99999."),
    ],
)
def test_an_entry_that_will_not_do_is_explained_and_asked_again(keys, words):
    pad = pressed(keys)
    text = pad.due().text
    assert text.startswith(words)
    assert text.endswith(("then pound.", "just press pound."))


def test_three_wrong_entries_offer_a_person():
    pad = pressed("1#0#0#")
    assert pad.place.step == "offer"
    assert "To have a person call you back, press 0." in pad.due().text


def test_pound_after_an_unknown_zip_leaves_travel_to_be_confirmed():
    pad = pressed("110#5#99999##")
    assert pad.place.step == "quote"
    assert "Travel is not in it yet" in pad.place.quote


def test_a_quote_is_texted_once_and_no_longer_offered_then():
    pad = pressed("120#5#95125#")
    assert "as a text message, press 1" in pad.due().text
    pad.press("1")
    call = pad.due().call
    assert (call.name, call.arguments) == ("send_text_message", {"kind": "quote"})
    pad.answered(call.call_id, {"sent": True})
    text = pad.due().text
    assert text.startswith("I have sent the quote")
    assert "press 1" not in text


def test_a_text_that_was_not_sent_may_be_asked_for_again():
    pad = pressed("120#5#95125#")
    pad.press("1")
    text = answer(pad, {"error": "opted out"}).text
    assert text.startswith("Sorry, I could not send the text message.")
    assert "press 1" in text


def test_who_cannot_be_texted_is_offered_no_text():
    pad = pressed("120#5#95125#", keypad(textable=False))
    assert "text message" not in pad.due().text
    pad.press("1")
    assert pad.due().call is None


def test_two_reads_the_quote_again_and_three_begins_another():
    pad = pressed("120#5#95125#")
    first = pad.due().text
    pad.press("9")
    assert pad.due().text != first
    pad.press("2")
    assert pad.due().text == first
    pad.press("3")
    assert pad.due().text == said.ask_adults(BUSINESS)
    assert pad.place.zip == ""


def test_a_quote_that_failed_leads_to_a_person_and_names_no_price():
    pad = keypad()
    for key in "120#5#95125#":
        pad.press(key)
    pad.answered(pad.due().call.call_id, {"error": "database is away"})
    text = pad.due().text
    assert text.startswith("Sorry, I could not work out that price.")
    assert "press 0" in text
    assert "$" not in text


def test_hours_and_policies_are_read_out():
    assert pressed("2").due().text == said.hours_and_policies(BUSINESS)


def test_a_message_is_recorded_then_filed_with_its_length():
    pad = pressed("3")
    assert pad.recording
    assert pad.due().record
    assert pad.recorded(12)
    call = pad.due().call
    assert call.name == "take_message"
    assert call.arguments["text"] == "(a spoken message of 12 seconds, kept with the call)"
    pad.answered(call.call_id, {"taken": True, "promise": "within 2 hours"})
    assert "Our team has your message and will answer within 2 hours." in pad.due().text


def test_an_empty_message_is_not_filed():
    pad = pressed("3")
    pad.recorded(0)
    assert pad.due().text == f"I did not hear a message. {said.main_menu()}"
    assert pad.due().text == said.main_menu()


def test_silence_repeats_then_repeats_in_short_then_says_goodbye_and_hangs_up():
    pad = keypad()
    texts = []
    for _ in range(2):
        assert pad.silent()
        texts.append(pad.due().text)
    assert texts == [said.main_menu(), said.brief_menu()]
    assert pad.silent()
    due = pad.due()
    assert due.text.endswith("Thank you for calling My Hibachi Chef. Goodbye!")
    assert due.call.name == "end_call"


def test_who_presses_a_key_during_the_goodbye_is_still_served():
    pad = keypad()
    for _ in range(3):
        pad.silent()
    pad.due()
    assert pad.press("1")
    assert pad.due().text == said.ask_adults(BUSINESS)


def test_a_key_starts_the_patience_afresh():
    pad = keypad()
    pad.silent()
    pad.silent()
    pad.press("1")
    pad.silent()
    assert pad.due().text == said.ask_adults(BUSINESS)


def test_who_speaks_is_told_to_use_the_keys_twice_and_no_more():
    pad = pressed("1")
    for _ in range(2):
        assert pad.spoke()
        assert pad.due().text == f"{said.KEYS_ONLY} {said.ask_adults(BUSINESS)}"
    assert not pad.spoke()
    pad.press("5")
    assert pad.spoke()


def test_keys_pressed_while_the_price_is_worked_out_change_nothing():
    pad = keypad()
    for key in "120#5#95125#":
        pad.press(key)
    call = pad.due().call
    assert [pad.press(key) for key in "12#"] == [False, False, False]
    assert pad.answered(call.call_id, run(BUSINESS, call, NOW, QUOTE_ID).result)
    assert pad.place.step == "quote"


def test_a_result_that_comes_after_the_caller_went_back_is_dropped():
    pad = keypad()
    for key in "120#5#95125#":
        pad.press(key)
    call = pad.due().call
    pad.press("*")
    assert not pad.answered(call.call_id, run(BUSINESS, call, NOW, QUOTE_ID).result)
    assert pad.due().text == said.main_menu()


def test_a_tool_call_that_was_not_made_after_all_is_due_again():
    pad = keypad()
    pad.press("0")
    call = pad.due().call
    pad.withdrawn(call.call_id)
    again = pad.due().call
    assert (again.name, again.arguments) == (call.name, call.arguments)
    assert again.call_id != call.call_id


@pytest.mark.parametrize("keys", ["", "1", "112#", "112#4#", "120#5#95125#", "2", "3", "0"])
def test_another_worker_goes_on_where_the_first_one_died(keys):
    pad = pressed(keys)
    other = keypad(memory=pad.place.to_memory())
    assert other.place == pad.place
    assert other.due().text == pad.due().text


def test_a_tool_that_was_running_when_a_worker_died_is_run_again():
    pad = keypad()
    for key in "120#5#95125#":
        pad.press(key)
    pad.due()
    call = keypad(memory=pad.place.to_memory()).due().call
    assert call.name == "calculate_party_quote"
    assert call.call_id == "keys-2"


@pytest.mark.parametrize("memory", [{}, {"step": "nowhere"}, {"step": 3}, {"adults": "20"}])
def test_a_memory_that_makes_no_sense_is_the_menu(memory):
    assert Position.from_memory(memory) == Position()


@given(st.text("0123456789*#ABCD", max_size=60))
def test_any_keys_leave_something_to_say_and_a_memory_that_holds(keys):
    pad = pressed(keys)
    assert answer(pad).text
    assert Position.from_memory(pad.place.to_memory()) == pad.place


@given(st.lists(st.sampled_from([*"0123456789*#", "pause", "silent", "spoke"]), max_size=40))
def test_whatever_happens_a_person_is_two_steps_away(history):
    pad = keypad()
    for each in history:
        due = getattr(pad, each)() if len(each) > 1 else pad.press(each)
        if due:
            answer(pad)
    pad.press("*")
    pad.press("0")
    assert pad.due().call.name == "transfer_to_person"
