"""A Twilio line for tests of the edges: its channel, its signatures, and what its API answers."""

import json
from urllib.parse import urlencode

from channels.contract import Reply
from channels.signing import twilio_signature
from channels.twilio_sms import TwilioSms

ACCOUNT, TOKEN, NUMBER = "AC" + "a" * 32, "practice-token", "+19165550100"
TWILIO = TwilioSms(ACCOUNT, TOKEN, NUMBER)


def sid(number, kind="SM"):
    return f"{kind}{number:032x}"


def inbound_form(body="hi", number=1, sender="+14155550123", **changes):
    return {
        "MessageSid": sid(number),
        "AccountSid": ACCOUNT,
        "From": sender,
        "To": NUMBER,
        "Body": body,
        "NumMedia": "0",
        **changes,
    }


def signed(url, form, token=TOKEN):
    """The body and headers of a webhook as Twilio sends it."""
    return {
        "data": urlencode(form),
        "headers": {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": twilio_signature(token, url, list(form.items())),
        },
    }


def created(number=900, status="queued"):
    return Reply(
        201, {}, json.dumps({"sid": sid(number), "status": status, "num_segments": "1"}).encode()
    )


def refused(status, code=None, **headers):
    return Reply(status, headers, json.dumps({"code": code, "message": "no"}).encode())


class Api:
    """Answers requests from a script: replies are given, errors raised; requests are kept."""

    def __init__(self, *script):
        self.script = list(script)
        self.requests = []

    async def __call__(self, request):
        self.requests.append(request)
        answer = self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer
