"""One spelling for each number and address, and none for what is neither."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.inquiry.identity import email, identity_kind, phone, phone_for_display


@pytest.mark.parametrize(
    "text",
    [
        "+19165550100",
        "(916) 555-0100",
        "916-555-0100",
        "916.555.0100",
        "1 916 555 0100",
        "  9165550100 ",
        "whatsapp:+19165550100",
        "tel:+1-916-555-0100",
        "\uff19\uff11\uff16\uff15\uff15\uff15\uff10\uff11\uff10\uff10",
    ],
)
def test_every_spelling_of_a_number_comes_to_one(text: str) -> None:
    assert phone(text) == "+19165550100"


@pytest.mark.parametrize(
    "text", ["", "anonymous", "+266696687", "12345", "1234567890", "hello", "+", "9" * 1000]
)
def test_what_could_not_ring_is_no_number(text: str) -> None:
    assert phone(text) is None


def test_numbers_abroad_are_known_by_their_country_code() -> None:
    assert phone("+44 20 7946 0958") == "+442079460958"
    assert phone("020 7946 0958", region="GB") == "+442079460958"


@given(st.text())
def test_a_number_found_is_found_again_in_its_own_spelling(text: str) -> None:
    found = phone(text)
    assert found is None or phone(found) == found


def test_numbers_are_shown_as_people_write_them() -> None:
    assert phone_for_display("+19165550100") == "(916) 555-0100"
    assert phone_for_display("+442079460958") == "+44 20 7946 0958"
    assert phone_for_display("not a number") == "not a number"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (" Dana@Example.COM ", "dana@example.com"),
        ("a.b+c@mail.example.co", "a.b+c@mail.example.co"),
        ("dana@example", None),
        ("dana example.com", None),
        ("a@b.com, c@d.com", None),
        ("Dana <dana@example.com>", None),
        ("a@b.com\r\nBcc: x@y.com", None),
        ("a" * 250 + "@b.com", None),
    ],
)
def test_an_address_is_kept_in_lower_case(text: str, found: str | None) -> None:
    assert email(text) == found


@pytest.mark.parametrize(
    ("channel", "kind"),
    [
        ("sms", "phone"),
        ("phone", "phone"),
        ("whatsapp", "phone"),
        ("email", "email"),
        ("instagram", "handle:instagram"),
        ("web_chat", "handle:web_chat"),
    ],
)
def test_a_channel_knows_its_kind_of_identity(channel: str, kind: str) -> None:
    assert identity_kind(channel) == kind
