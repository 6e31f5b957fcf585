"""Calls as the REST API takes and shows them, and as webhooks tell of them."""

import pytest

from tests.simulators.twilio_call_records import (
    CallRecord,
    Update,
    progress_form,
    to_json,
    update_of,
    voice_form,
)
from tests.simulators.twilio_records import Account, Refusal

ACCOUNT = Account("AC" + "0" * 32, "token", "+19165550100")


def record(status: str = "in-progress", ended: float | None = None) -> CallRecord:
    sid = "CA" + "1" * 32
    extra = {"StirVerstat": "TN-Validation-Failed-C"}
    return CallRecord(sid, "+14155550123", ACCOUNT.number, 100.0, status, 101.0, ended, extra)


def test_a_webhook_tells_who_calls_whom() -> None:
    form = voice_form(record("ringing"), ACCOUNT)
    assert (form["From"], form["To"], form["CallStatus"]) == (
        "+14155550123",
        "+19165550100",
        "ringing",
    )
    assert form["StirVerstat"] == "TN-Validation-Failed-C"


def test_only_the_end_of_a_call_tells_its_length() -> None:
    ended = record("completed", 162.4)
    form = progress_form(ended, ACCOUNT, "completed", 2, 163.0)
    assert (form["CallDuration"], form["Duration"], form["SequenceNumber"]) == ("61", "2", "2")
    assert "CallDuration" not in progress_form(ended, ACCOUNT, "in-progress", 1, 101.0)
    assert to_json(ended, ACCOUNT)["duration"] == "61"


@pytest.mark.parametrize(
    ("form", "update"),
    [
        ({"Status": ["completed"]}, Update(end=True)),
        ({"Twiml": ["<Response/>"]}, Update(twiml="<Response/>")),
        ({"Url": ["https://gw.example.com/x"]}, Update(url="https://gw.example.com/x")),
    ],
)
def test_a_live_call_can_be_ended_or_taken_elsewhere(
    form: dict[str, list[str]], update: Update
) -> None:
    assert update_of(form, record()) == update


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"Status": ["paused"]},
        {"Status": ["completed"], "Twiml": ["<Response/>"]},
        {"Url": ["https://x"], "Twiml": ["<Response/>"]},
        {"Url": ["ftp://x"]},
        {"Twiml": ["x" * 4001]},
    ],
)
def test_what_makes_no_sense_is_refused(form: dict[str, list[str]]) -> None:
    assert isinstance(update_of(form, record()), Refusal)


@pytest.mark.parametrize("status", ["completed", "busy", "failed", "no-answer"])
def test_a_call_that_is_over_cannot_be_changed(status: str) -> None:
    refused = update_of({"Status": ["completed"]}, record(status))
    assert isinstance(refused, Refusal)
    assert refused.code == 21220
