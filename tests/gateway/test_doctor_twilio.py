"""Is an account at Twilio as it should be, told from its own answers."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from channels.contract import Reply, Request
from channels.twilio_sms import TwilioSms
from gateway.doctor_twilio import look
from gateway.findings import Finding, Level
from gateway.settings import Settings, load
from pipeline.errors import SendDelayed

SID = "AC" + "0" * 32
NUMBER = "+19165550100"
HERE = "https://gw.example.com"
CHANNEL = TwilioSms(SID, "canary-token", NUMBER)
TAKEN = {
    "phone_number": NUMBER,
    "sms_url": f"{HERE}/webhooks/twilio/sms#rc=3&rp=all",
    "sms_method": "POST",
    "voice_url": f"{HERE}/webhooks/twilio/voice#rc=3&rp=all",
    "voice_method": "POST",
    "status_callback": f"{HERE}/webhooks/twilio/voice/status",
    "status_callback_method": "POST",
    "voice_application_sid": "",
    "trunk_sid": None,
}


def settings(folder: Path, public_url: str = HERE) -> Settings:
    secret = "0123456789abcdefSTRONG"
    given = {"DATA_DIR": str(folder), "API_TOKEN": secret, "SECRET_KEY": secret}
    return load({**given, "PUBLIC_URL": public_url}, None)


class Twilio:
    """Answers for one account with one number."""

    def __init__(self, number: Mapping[str, object], status: int = 200) -> None:
        self.number = number
        self.status = status

    async def __call__(self, request: Request) -> Reply:
        assert request.url.startswith(f"https://api.twilio.com/2010-04-01/Accounts/{SID}")
        if "IncomingPhoneNumbers" in request.url:
            return Reply(body=json.dumps({"incoming_phone_numbers": [self.number]}).encode())
        return Reply(self.status, body=b'{"status": "active"}')


async def looked_at(folder: Path, public_url: str = HERE, **changes: object) -> list[Finding]:
    twilio = Twilio({**TAKEN, **changes})
    return list(await look(settings(folder, public_url), CHANNEL, twilio))


async def test_when_all_is_well_it_says_so_of_texts_and_of_calls(tmp_path):
    texts, calls = await looked_at(tmp_path)
    assert (texts.level, calls.level) == (Level.OK, Level.OK)
    assert f"texts to {NUMBER} come here" in texts.said
    assert f"calls to {NUMBER} come here" in calls.said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"voice_url": "https://demo.twilio.com/welcome/voice/"}, "calls to +19165550100 go else"),
        ({"voice_url": None}, "go elsewhere"),
        ({"voice_method": "GET"}, "go elsewhere"),
        ({"voice_application_sid": "AP1"}, "go elsewhere"),
        ({"trunk_sid": "TK1"}, "go elsewhere"),
        ({"voice_url": f"{HERE}/webhooks/twilio/voice"}, "meets a restart is lost"),
        ({"status_callback": ""}, "nobody tells how a call ended"),
        ({"status_callback": f"{HERE}/webhooks/twilio/voice"}, "nobody tells how a call ended"),
        ({"status_callback_method": "GET"}, "nobody tells how a call ended"),
    ],
)
async def test_calls_that_go_astray_are_a_warning_that_says_what_to_set(tmp_path, changes, said):
    texts, calls = await looked_at(tmp_path, **changes)
    assert (texts.level, calls.level) == (Level.OK, Level.WARN)
    assert said in calls.said
    assert f"{HERE}/webhooks/twilio/voice" in calls.said


async def test_texts_that_go_astray_leave_calls_as_they_are(tmp_path):
    texts, calls = await looked_at(tmp_path, sms_url="https://old.example")
    assert (texts.level, calls.level) == (Level.WARN, Level.OK)


@pytest.mark.parametrize(
    ("public_url", "said"),
    [
        ("http://127.0.0.1:8080", "Twilio cannot reach"),
        ("http://gw.example.com", "only to an https address"),
    ],
)
async def test_twilio_must_reach_us_and_brings_calls_only_encrypted(tmp_path, public_url, said):
    first, *_ = await looked_at(tmp_path, public_url)
    assert (first.level, first.subject) == (Level.FAIL, "public_url")
    assert said in first.said


async def test_a_stand_in_on_this_machine_may_reach_us_where_we_are(tmp_path):
    async def away(request: Request) -> Reply:
        raise SendDelayed(f"nobody at {request.url}")

    channel = TwilioSms(SID, "canary-token", NUMBER, api_url="http://127.0.0.1:9")
    found = await look(settings(tmp_path, "http://127.0.0.1:8080"), channel, away)
    assert [each.subject for each in found] == ["twilio"]
    assert "does not answer" in found[0].said


@pytest.mark.parametrize(
    ("status", "named"), [(401, "TWILIO_AUTH_TOKEN"), (404, "TWILIO_ACCOUNT_SID")]
)
async def test_an_account_that_refuses_us_names_the_setting_and_no_secret(tmp_path, status, named):
    (found,) = await look(settings(tmp_path), CHANNEL, Twilio(TAKEN, status))
    assert found.level is Level.FAIL
    assert named in found.said
    assert "canary" not in str(found)


async def test_a_number_of_somebody_elses_is_named(tmp_path):
    (found,) = await looked_at(tmp_path, phone_number="+19165550199")
    assert (found.level, "TWILIO_NUMBER" in found.said) == (Level.FAIL, True)
