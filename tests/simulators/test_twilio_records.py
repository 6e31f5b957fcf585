"""Messages in the shape that the vendor's own library reads, and refusals with its codes."""

import pytest
from twilio.base.version import Version
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageInstance

from tests.simulators.twilio_records import (
    Account,
    Message,
    inbound_form,
    page_of,
    refusal,
    segments,
    status_form,
    to_json,
)

ACCOUNT = Account("AC" + "0" * 32, "token", "+19165550100", "MG" + "0" * 32)
THEM = "+14155550123"


def message(number: int = 1, **changes: object) -> Message:
    fields = {
        "sid": f"SM{number:032x}",
        "direction": "outbound-api",
        "sender": ACCOUNT.number,
        "recipient": THEM,
        "body": "Your total is $1,200.",
        "created": 1_700_000_000.25 + number,
        **changes,
    }
    return Message(**fields)  # type: ignore[arg-type]


def form(**changes: str) -> dict[str, list[str]]:
    fields = {"To": THEM, "From": ACCOUNT.number, "Body": "hi", **changes}
    return {name: [value] for name, value in fields.items() if value}


def version() -> Version:
    return Client(ACCOUNT.sid, ACCOUNT.token).api.v2010


def test_the_vendors_library_reads_what_is_shown() -> None:
    shown = to_json(message(status="delivered", sent=1_700_000_009.0), ACCOUNT)
    read = MessageInstance(version(), shown, account_sid=ACCOUNT.sid)
    assert (read.sid, read.from_, read.to) == (f"SM{1:032x}", ACCOUNT.number, THEM)
    assert (read.status, read.direction, read.num_segments) == ("delivered", "outbound-api", "1")
    assert read.date_created is not None
    assert read.date_created.timestamp() == 1_700_000_001
    assert read.date_sent is not None
    assert read.error_code is None
    unknown = shown.keys() - vars(read).keys() - {"from"}
    assert unknown == set()


def test_every_field_that_the_vendor_knows_is_shown() -> None:
    read = MessageInstance(version(), to_json(message(), ACCOUNT), account_sid=ACCOUNT.sid)
    theirs = {name.strip("_") for name in vars(read) if not name.startswith("_")}
    assert theirs == set(to_json(message(), ACCOUNT))


def test_a_list_is_filtered_newest_first_and_in_pages() -> None:
    messages = [message(number) for number in range(5)]
    messages.append(message(9, recipient="+14155550199"))
    first = page_of(messages, ACCOUNT, {"To": THEM, "PageSize": "2"})
    assert [each["sid"] for each in first["messages"]] == [f"SM{4:032x}", f"SM{3:032x}"]  # type: ignore[attr-defined]
    assert "PageToken=PASM" in str(first["next_page_uri"])
    assert "To=%2B14155550123" in str(first["next_page_uri"])
    last = page_of(messages, ACCOUNT, {"To": THEM, "PageSize": "2", "Page": "2"})
    assert len(last["messages"]) == 1  # type: ignore[arg-type]
    assert last["next_page_uri"] is None


def test_what_is_not_sent_yet_has_no_date_to_be_found_by() -> None:
    sent = message(1, sent=1_700_000_000.0)  # 2023-11-14 GMT
    messages = [sent, message(2)]

    def found(**query: str) -> int:
        return len(page_of(messages, ACCOUNT, query)["messages"])  # type: ignore[arg-type]

    assert found() == 2
    assert found(**{"DateSent": "2023-11-14"}) == 1
    assert found(**{"DateSent>": "2023-11-14"}) == 1
    assert found(**{"DateSent>": "2023-11-15"}) == 0
    assert found(**{"DateSent<": "2023-11-13"}) == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"To": ""}, 21604),
        ({"To": "4155550123"}, 21211),
        ({"To": "whatsapp:+14155550123"}, 21211),
        ({"From": ""}, 21603),
        ({"From": "+19165550199"}, 21606),
        ({"MessagingServiceSid": "MG1"}, 21701),
        ({"To": "+19165550100"}, 21266),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"ValidityPeriod": "36001"}, 20001),
        ({"ValidityPeriod": "soon"}, 20001),
        ({"To": "+14155550777"}, 21610),
    ],
)
def test_a_form_is_refused_with_twilios_own_code(changes: dict[str, str], code: int) -> None:
    refused = refusal(form(**changes), ACCOUNT, [(ACCOUNT.number, "+14155550777")])
    assert refused is not None
    assert (refused.code, refused.status) == (code, 400)
    assert refused.to_json()["code"] == code


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"Body": "x" * 1600},
        {"ValidityPeriod": "14400"},
        {"From": "", "MessagingServiceSid": ACCOUNT.service_sid},
    ],
)
def test_a_good_form_is_taken(changes: dict[str, str]) -> None:
    assert refusal(form(**changes), ACCOUNT, []) is None


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        ("", 1),
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("x" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ç" * 70, 1),
        ("ç" * 71, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_parts_are_counted_in_the_alphabet_of_the_body(body: str, parts: int) -> None:
    assert segments(body) == parts


def test_webhooks_carry_what_twilio_documents() -> None:
    told = inbound_form(
        message(direction="inbound", sender=THEM, recipient=ACCOUNT.number, media=("https://m/1",)),
        ACCOUNT,
        "STOP",
    )
    assert told["MessageSid"] == told["SmsSid"] == f"SM{1:032x}"
    assert (told["From"], told["To"], told["NumMedia"]) == (THEM, ACCOUNT.number, "1")
    assert (told["MediaUrl0"], told["OptOutType"]) == ("https://m/1", "STOP")
    assert told["MessagingServiceSid"] == ACCOUNT.service_sid
    failed = status_form(message(error_code=30003), ACCOUNT, "undelivered")
    assert (failed["MessageStatus"], failed["ErrorCode"]) == ("undelivered", "30003")
    assert "ErrorCode" not in status_form(message(), ACCOUNT, "sent")
