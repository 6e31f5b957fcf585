"""The shape of one account's ids, numbers and settings."""

import pytest

from channels.twilio_account import ACCOUNT, CALL, E164, WITHHELD, account_mistakes

SID = "AC00000000000000000000000000000001"
US = "+19165550100"


def test_good_settings_have_no_mistakes():
    assert list(account_mistakes(SID, "token", US)) == []


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (("AC1", "token", US), ["TWILIO_ACCOUNT_SID"]),
        ((SID + "\n", "token", US), ["TWILIO_ACCOUNT_SID"]),
        ((SID, "two words", US), ["TWILIO_AUTH_TOKEN"]),
        ((SID, "token", "916 555 0100"), ["TWILIO_NUMBER"]),
        (("", "", ""), ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_NUMBER"]),
    ],
)
def test_each_mistake_begins_with_its_settings_name(given, named):
    assert [line.partition(" ")[0] for line in account_mistakes(*given)] == named


def test_a_mistake_does_not_show_the_token():
    assert "secret" not in "".join(account_mistakes(SID, "secret token", US))


@pytest.mark.parametrize("number", sorted(WITHHELD))
def test_what_a_withheld_number_spells_has_the_shape_of_a_number(number):
    assert E164.fullmatch(number)


@pytest.mark.parametrize(
    "odd", ["", "CA1", "CA" + "g" * 32, "CA" + "0" * 33, "CA" + "0" * 32 + "\n"]
)
def test_an_id_is_held_to_its_full_shape(odd):
    assert not CALL.fullmatch(odd)
    assert not ACCOUNT.fullmatch(odd.replace("CA", "AC"))
