"""What the doctor says of a thing, and what it makes of a server's answer."""

from datetime import UTC, datetime, timedelta

import pytest

from channels.contract import Reply, Request
from gateway.findings import Finding, Level, clock, date_finding, entries, get, parsed
from pipeline.errors import SendDelayed

NOON = datetime(2026, 12, 12, 12, tzinfo=UTC)


def test_a_finding_is_one_line():
    assert str(Finding(Level.FAIL, "disk", "full")) == "FAIL  disk        full"


@pytest.mark.parametrize(
    ("ahead", "level"),
    [(0, Level.OK), (2, Level.OK), (3, Level.WARN), (-4, Level.WARN), (31, Level.FAIL)],
)
def test_a_clock_may_be_two_seconds_off_and_must_not_be_thirty(ahead, level):
    found = clock("Twilio", NOON + timedelta(seconds=ahead), NOON, NOON)
    assert found.level is level
    assert "Twilio" in found.said


def test_the_time_a_question_took_does_not_count_against_the_clock():
    later = NOON + timedelta(seconds=9)
    assert clock("Twilio", NOON + timedelta(seconds=5), NOON, later).level is Level.OK


@pytest.mark.parametrize("headers", [{}, {"date": ""}, {"date": "yesterday"}])
def test_a_reply_without_a_date_says_nothing_of_the_clock(headers):
    assert date_finding(Reply(200, headers), "Twilio", NOON) == []


def test_a_reply_of_another_year_says_that_a_clock_is_wrong():
    dated = Reply(200, {"date": "Sat, 12 Dec 2020 12:00:00 GMT"})
    assert [found.level for found in date_finding(dated, "Twilio", NOON)] == [Level.FAIL]


@pytest.mark.parametrize("body", [b"", b"no", b"[]", b"7", b"\xff", b"null"])
def test_a_reply_that_is_no_object_is_an_empty_one(body):
    assert parsed(Reply(body=body)) == {}
    assert entries(Reply(body=body), "data") == []


@pytest.mark.parametrize("listed", [b"{}", b'{"data": 7}', b'{"data": {"id": 1}}'])
def test_what_is_no_list_has_no_entries(listed):
    assert entries(Reply(body=listed), "data") == []


def test_the_entries_of_a_list_are_its_objects():
    reply = Reply(body=b'{"data": [{"id": "a"}, 7, null, {"id": "b"}]}')
    assert entries(reply, "data") == [{"id": "a"}, {"id": "b"}]


async def test_a_server_is_asked_with_our_key_or_without_one():
    asked: list[Request] = []

    async def perform(request: Request) -> Reply:
        asked.append(request)
        return Reply(204)

    assert await get(perform, "https://x/") == Reply(204)
    assert await get(perform, "https://x/", "Bearer k") == Reply(204)
    assert [dict(request.headers) for request in asked] == [{}, {"authorization": "Bearer k"}]


async def test_a_server_that_does_not_answer_is_no_reply():
    async def perform(request: Request) -> Reply:
        raise SendDelayed("nobody there")

    assert await get(perform, "https://x/") is None
