"""A line: who wrote, who has told it to stop, and what each handset has received."""

from pathlib import Path

import pytest

from tests.simulators.ledger import Ledger
from tests.simulators.twilio_line import CARRIER_SAYS, Line
from tests.simulators.twilio_records import Account, Message, Refusal

ACCOUNT = Account("AC" + "0" * 32, "token", "+19165550100")
THEM = "+14155550123"
MID = "11111111-2222-4333-8444-555555555555"


def order(body: str = "hi", to: str = THEM) -> dict[str, list[str]]:
    callback = f"https://gw.example.com/webhooks/twilio/sms/status?mid={MID}"
    return {"To": [to], "From": [ACCOUNT.number], "Body": [body], "StatusCallback": [callback]}


def bodies(line: Line, address: str = THEM) -> list[object]:
    return [event["body"] for event in line.arrivals(address)]


def created(line: Line, to: str = THEM) -> Message:
    message = line.create(order(to=to))
    assert isinstance(message, Message)
    return message


def test_what_is_created_arrives_and_carries_its_senders_id() -> None:
    line = Line(ACCOUNT, Ledger())
    message = created(line)
    assert bodies(line) == ["hi"]
    assert message.mid == MID
    [event] = line.ledger.events("created")
    assert (event["mid"], event["to"], event["undocumented"]) == (MID, THEM, [])


def test_a_parameter_that_twilio_does_not_document_is_noted() -> None:
    line = Line(ACCOUNT, Ledger())
    line.create({**order(), "IdempotencyKey": ["x"]})
    assert line.ledger.events("created")[0]["undocumented"] == ["IdempotencyKey"]


@pytest.mark.parametrize("word", ["STOP", " stop ", "Unsubscribe", "CANCEL", "revoke"])
def test_a_keyword_alone_stops_the_carrier_at_once(word: str) -> None:
    line = Line(ACCOUNT, Ledger())
    _, keyword = line.written(THEM, word, ())
    assert keyword == "STOP"
    assert bodies(line) == [CARRIER_SAYS["STOP"]]
    refused = line.create(order())
    assert isinstance(refused, Refusal)
    assert refused.code == 21610
    assert isinstance(line.create(order(to="+14155550124")), Message)


def test_a_keyword_among_other_words_is_no_keyword() -> None:
    line = Line(ACCOUNT, Ledger())
    for body in ("please stop", "stop please", "yes please"):
        assert line.written(THEM, body, ())[1] == ""
    assert not line.has_stopped(THEM)


def test_start_takes_stop_back_and_a_second_stop_says_nothing() -> None:
    line = Line(ACCOUNT, Ledger())
    for word in ("STOP", "STOP", "HELP", "YES", "YES", "HELP"):
        line.written(THEM, word, ())
    assert bodies(line) == [CARRIER_SAYS[word] for word in ("STOP", "START", "HELP")]
    assert isinstance(line.create(order()), Message)


def test_what_cannot_be_reached_is_undelivered_with_a_code() -> None:
    line = Line(ACCOUNT, Ledger())
    line.unreachable[THEM] = 30003
    gone, well = created(line), created(line, to="+14155550124")
    line.carried(gone)
    line.carried(well)
    assert (gone.status, gone.error_code) == ("undelivered", 30003)
    assert (well.status, well.error_code) == ("delivered", None)


def test_no_handset_sends_more_than_twilio_takes() -> None:
    with pytest.raises(ValueError, match="1600"):
        Line(ACCOUNT, Ledger()).written(THEM, "x" * 1601, ())


def test_a_line_started_again_knows_all_that_it_knew(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    line = Line(ACCOUNT, ledger)
    line.written(THEM, "look", ("https://m/1",))
    line.carried(created(line))
    line.written(THEM, "STOP", ())
    ledger.close()
    again = Line(ACCOUNT, Ledger(tmp_path / "ledger.jsonl"))
    assert again.messages == line.messages
    assert again.arrivals(THEM) == line.arrivals(THEM)
    assert again.has_stopped(THEM)
    again.ledger.close()
