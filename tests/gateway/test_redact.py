"""What must not be in a log line, in every disguise that could be thought of."""

import string
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.redact import HIDDEN, Redactor
from pipeline.errors import SendFailed
from pipeline.ids import ProviderId
from pipeline.messages import InboundMessage

REDACTOR = Redactor(b"key", ["s3cret-with/slash and space"])
PHONE = REDACTOR.tag("phone", "19165550142")


@pytest.mark.parametrize(
    "written",
    [
        "+19165550142",
        "+1 916 555 0142",
        "+1 (916) 555-0142",
        "+1.916.555.0142",
        "(916) 555-0142",
        "916-555-0142",
        "916.555.0142",
        "9165550142",
        "19165550142",
        "1-916-555-0142",
        "%2B19165550142",
        "%2b19165550142",
    ],
)
def test_a_phone_number_in_any_spelling_becomes_the_same_tag(written):
    assert REDACTOR.text(f"text to {written} failed") == f"text to {PHONE} failed"


@pytest.mark.parametrize(
    "around", ["To={}&x=1", "tel:{}", "sms_{}", "to-{}", '"{}"', "<{}>", "{},"]
)
def test_a_phone_number_is_found_whatever_stands_around_it(around):
    assert REDACTOR.text(around.format("9165550142")) == around.format(PHONE)


def test_numbers_from_other_countries_are_found_too():
    assert "20" not in REDACTOR.text("+44 20 7946 0958").removeprefix("phone:")[6:]
    assert REDACTOR.text("+442079460958") == REDACTOR.tag("phone", "442079460958")


@pytest.mark.parametrize(
    "harmless",
    [
        "2026-11-20T12:29:00+00:00",
        "2026-11-20 12:29:00",
        "127.0.0.1:8080",
        "took 1234567 us",
        "SM0123456789abcdef0123456789abcdef",
        "12345678-1234-4123-8123-123456789012",
        "POST /v1/quotes 200",
        "version 0.1.0",
        "total_cents 110000",
    ],
)
def test_what_only_looks_like_a_phone_number_stays(harmless):
    assert REDACTOR.text(harmless) == harmless


@given(st.uuids())
def test_an_id_is_never_taken_for_a_phone_number(identifier):
    assert REDACTOR.text(f"message {identifier}") == f"message {identifier}"


@given(st.from_regex(r"\+1[2-9][0-9]{9}", fullmatch=True), st.text(string.punctuation + " "))
def test_no_spelling_of_its_surroundings_lets_a_number_through(number, around):
    assert number[2:] not in REDACTOR.text(f"{around}{number}{around}")


@pytest.mark.parametrize("written", ["Jo.Doe+x@example.co.uk", "jo.doe+x@example.co.uk"])
def test_an_address_becomes_a_tag_whatever_its_case(written):
    expected = REDACTOR.tag("email", "jo.doe+x@example.co.uk")
    assert REDACTOR.text(f"mail to {written}.") == f"mail to {expected}."


def test_an_address_inside_a_url_is_found():
    assert "jo" not in REDACTOR.text("?email=jo%40example.com")


def test_a_tag_means_nothing_without_its_key():
    assert Redactor(b"another").tag("phone", "19165550142") != PHONE
    assert Redactor(b"key").tag("phone", "19165550142") == PHONE


@pytest.mark.parametrize(
    "written",
    [
        "Authorization: Basic QUMxMjM6Y2FuYXJ5",
        "Authorization: Bearer canary-canary",
        "'authorization': 'Digest canary=1'",
        "with Bearer canarycanary",
        "bearer%20canarycanary",
        "https://example.com/?access_token=canary&x=1",
        "https://example.com/?a=1&access_token=canary",
        '{"auth_token": "canary", "x": 1}',
        "{'api_key': 'canary'}",
        "password=canary",
        "TWILIO_AUTH_TOKEN=canary",
        "API_TOKEN: canary",
        "client_secret%3Dcanary",
        "postgresql://user:canary@localhost/db",
        "postgresql://user:can@ary:canary@localhost/db",
        "redis://:canary@localhost:6379/0",
        "sk-proj-canarycanary",
        "eyJhbGciOi.canary.canary",
        "$argon2id$v=19$canary",
        "s3cret-with/slash and space canary".removesuffix(" canary"),
        "s3cret-with%2Fslash%20and%20space",
        "s3cret-with%2Fslash+and+space",
    ],
)
def test_a_secret_vanishes_from_any_text(written):
    cleaned = REDACTOR.text(f"before {written} after")
    assert HIDDEN in cleaned
    assert "canary" not in cleaned
    assert "s3cret" not in cleaned
    assert cleaned.startswith("before ")


def test_a_secret_that_contains_another_vanishes_whole():
    redactor = Redactor(b"", ["abcdef", "abcdefghij"])
    assert redactor.text("abcdefghij") == HIDDEN


def test_a_guarded_value_of_three_characters_would_hide_half_the_log():
    assert Redactor(b"", ["abc", ""]).text("abcdef") == "abcdef"


def test_what_people_wrote_becomes_its_length():
    cleaned = REDACTOR.value({"body": "canary", "media": 2, "name": "Canary Jones", "note": None})
    assert cleaned == {
        "body": "<6 characters>",
        "media": 2,
        "name": "<12 characters>",
        "note": None,
    }


def test_a_detail_without_a_known_shape_becomes_a_tag_by_its_key():
    cleaned = REDACTOR.value({"sender": "@canary", "zip": "95125", "phone": 19165550142})
    assert cleaned == {
        "sender": REDACTOR.tag("sender", "@canary"),
        "zip": REDACTOR.tag("zip", "95125"),
        "phone": PHONE,
    }


def test_secrets_are_hidden_by_key_and_counts_of_tokens_are_not():
    cleaned = REDACTOR.value({"auth_token": "canary", "X-Api-Key": b"canary", "input_tokens": 12})
    assert cleaned == {"auth_token": HIDDEN, "X-Api-Key": HIDDEN, "input_tokens": 12}


def test_a_message_of_ours_is_logged_without_its_words():
    message = InboundMessage(
        channel="sms",
        provider="twilio",
        provider_id=ProviderId("SM1"),
        sender="+19165550142",
        recipient="+19165550100",
        text="canary",
    )
    cleaned = REDACTOR.value({"arrived": [message]})
    assert isinstance(cleaned, dict)
    [arrived] = cleaned["arrived"]
    assert arrived["text"] == "<6 characters>"
    assert arrived["sender"] == PHONE
    assert arrived["channel"] == "sms"


class _Colour(StrEnum):
    RED = "red"


def test_everything_becomes_something_json_can_hold():
    now = datetime(2026, 11, 20, tzinfo=UTC)
    number = uuid4()
    cleaned = REDACTOR.value(
        [
            1,
            1.5,
            True,
            None,
            float("nan"),
            10**5000,
            _Colour.RED,
            Decimal("1.20"),
            Path("/tmp"),
            now,
            now.date(),
            number,
            b"canary",
            {1: 2},
            ("a",),
            object,
        ]
    )
    assert cleaned == [
        1,
        1.5,
        True,
        None,
        "nan",
        f"<{(10**5000).bit_length()} bits>",
        "red",
        "1.20",
        "/tmp",
        now.isoformat(),
        "2026-11-20",
        str(number),
        "<6 bytes>",
        {"1": 2},
        ["a"],
        "<type>",
    ]


def test_a_set_is_a_list():
    assert REDACTOR.value({"only"}) == ["only"]


def test_what_contains_itself_ends():
    around: list[object] = []
    around.append(around)
    table: dict[str, object] = {"around": around}
    table["itself"] = table
    assert REDACTOR.value(table) == {"around": ["<deeper>"], "itself": "<deeper>"}


def test_what_is_nested_deep_and_what_is_long_are_cut():
    deep: object = "canary"
    for _ in range(1000):
        deep = [deep]
    assert "canary" not in str(REDACTOR.value(deep))
    assert len(REDACTOR.value(list(range(1000)))) == 50
    assert REDACTOR.text("x" * 5000) == "x" * 2000 + "…"
    assert REDACTOR.text("x" * 50_000) == "<50000 characters>"


def test_characters_no_reader_expects_are_replaced():
    cleaned = REDACTOR.text("a\0b\ud800c")
    assert cleaned == "a\ufffdb?c"


@dataclass
class _Broken:
    fine: int = 1
    missing: int = field(init=False)

    def __str__(self) -> str:
        raise ValueError("no words")

    def __repr__(self) -> str:
        raise ValueError("no words")


class _Wordless(Exception):
    def __str__(self) -> str:
        raise ValueError("no words")


def test_an_object_that_misbehaves_is_named_by_its_type():
    assert REDACTOR.value(_Broken()) == "<_Broken>"
    assert REDACTOR.value({"x": [_Broken()]}) == {"x": ["<_Broken>"]}
    assert REDACTOR.value({_Wordless(): 1}) == "<dict>"
    assert REDACTOR.value(_Wordless()) == "_Wordless: <unreadable>"


def _raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:
        return caught


def test_an_exception_tells_its_type_its_words_and_its_place():
    [told] = REDACTOR.error(_raised(SendFailed("twilio 400 21211: not a phone number")))
    assert isinstance(told, dict)
    assert told["type"] == "SendFailed"
    assert told["words"] == "twilio 400 21211: not a phone number"
    [place] = told["at"]
    assert "test_redact.py" in place
    assert place.endswith("_raised")


@pytest.mark.parametrize(
    "error",
    [
        ValueError("invalid literal for int() with base 10: 'canary'"),
        KeyError("canary"),
        ValueError("can't take \"I'm canary\" for it"),
        ValueError("invalid input for query argument $3: 'it\\'s canary' (expected str)"),
        RuntimeError("duplicate key\nDETAIL:  Key (name, phone)=(canary, 12) already exists."),
        RuntimeError("InboundMessage(channel='sms', text='canary')"),
        OSError("cannot reach https://user:canary@host/"),
        TypeError("unexpected keyword argument 'x' to +19165550142"),
    ],
)
def test_an_exceptions_words_do_not_quote_what_people_wrote(error):
    told = str(REDACTOR.error(_raised(error)))
    assert "canary" not in told
    assert "9165550142" not in told


def test_an_error_about_code_keeps_the_names_in_it():
    [told] = REDACTOR.error(AttributeError("'NoneType' object has no attribute 'pool'"))
    assert isinstance(told, dict)
    assert told["words"] == "'NoneType' object has no attribute 'pool'"


def test_causes_and_groups_are_told_too():
    inner = _raised(ValueError("'canary'"))
    outer = ExceptionGroup("several", [inner, KeyError("canary")])
    outer.__cause__ = inner
    inner.__cause__ = outer  # a ring of causes ends
    told = REDACTOR.error(outer)
    assert "canary" not in str(told)
    assert [each["type"] for each in told if isinstance(each, dict)] == [
        "ExceptionGroup",
        "ValueError",
    ]
    assert isinstance(told[0], dict)
    assert [each["type"] for each in told[0]["of"]] == ["ValueError", "KeyError"]


def test_a_context_that_was_suppressed_is_not_told():
    error = SendFailed("shown")
    error.__context__, error.__suppress_context__ = KeyError("hidden"), True
    assert len(REDACTOR.error(error)) == 1
    error.__suppress_context__ = False
    assert len(REDACTOR.error(error)) == 2


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(ANYTHING, st.text())
def test_nothing_raises_and_the_result_has_no_lone_surrogate(value, key):
    str(REDACTOR.value(value, key)).encode()


@given(st.text(alphabet=string.ascii_letters + string.digits, min_size=8), st.text(), st.text())
def test_a_guarded_secret_is_in_no_text(secret, before, after):
    redactor = Redactor(b"key", [secret])
    assert secret not in redactor.text(f"{before}{secret}{after}")


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "nasty",
    ["a@", "1-", "+1 ", "'", "\"'", "token", "basic ", "://", "(1", "a.", "=(", "token=", "a" * 99],
)
def test_no_text_is_slow_to_clean(nasty):
    text = (nasty * 20_000)[:20_000]
    assert isinstance(REDACTOR.unquoted(text), str)
    assert isinstance(REDACTOR.unquoted(f"{text[1:]}@"), str)
