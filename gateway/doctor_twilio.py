"""Is a Twilio account as it should be: active, with our token, its texts and calls coming here."""

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

from channels.contract import LOOPBACK
from channels.signing import basic
from channels.twilio_sms import INBOUND_PATH, TwilioSms
from channels.twilio_voice import RING_PATH, STATUS_PATH
from gateway.egress import Perform
from gateway.findings import Finding, Findings, date_finding, entries, fail, get, ok, parsed, warn
from gateway.settings import Settings

RETRIES = "#rc=3&rp=all"
"""What a webhook's address ends on so that Twilio asks again, after any failure, up to 3 times.

https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
"""


async def look(settings: Settings, channel: TwilioSms, perform: Perform) -> Findings:
    """The account takes our token, and the number's texts and calls come here.

    https://www.twilio.com/docs/iam/api/account
    https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource
    """
    account = f"{channel.api_url}/2010-04-01/Accounts/{channel.account_sid}"
    authorization = basic(channel.account_sid, channel.auth_token)
    found = list(_reachable_from_outside(settings, channel))
    asked = datetime.now(UTC)
    reply = await get(perform, f"{account}.json", authorization)
    if reply is None:
        said = f"{channel.api_url} does not answer: mend the network, or TWILIO_API_URL"
        return [*found, fail("twilio", said)]
    found += date_finding(reply, "Twilio", asked)
    if reply.status == HTTPStatus.UNAUTHORIZED:
        said = "TWILIO_AUTH_TOKEN is not that of TWILIO_ACCOUNT_SID: copy both anew from its page"
        return [*found, fail("twilio", said)]
    if reply.status != HTTPStatus.OK:
        said = f"answers {reply.status} for the account: mend TWILIO_ACCOUNT_SID or TWILIO_API_URL"
        return [*found, fail("twilio", said)]
    if (status := parsed(reply).get("status")) != "active":
        return [*found, fail("twilio", f"the account is {status!r}: see its page at Twilio")]
    query = urlencode({"PhoneNumber": channel.number})
    reply = await get(perform, f"{account}/IncomingPhoneNumbers.json?{query}", authorization)
    numbers = [] if reply is None else entries(reply, "incoming_phone_numbers")
    ours = next((each for each in numbers if each.get("phone_number") == channel.number), None)
    if ours is None:
        said = f"the account has no number {channel.number}: mend TWILIO_NUMBER"
        return [*found, fail("twilio", said)]
    return [*found, _texts(settings, channel, ours), _calls(settings, channel.number, ours)]


def _texts(settings: Settings, channel: TwilioSms, number: Mapping[str, object]) -> Finding:
    url = f"{settings.public_url}{INBOUND_PATH}"
    where, _, retries = str(number.get("sms_url")).partition("#")
    if (where, number.get("sms_method")) != (url, "POST"):
        said = f"texts to {channel.number} go elsewhere"
    elif "rc=" not in retries:
        said = "Twilio tries once and drops a text that meets a restart"
    else:
        return ok("twilio", f"the account is active, and texts to {channel.number} come here")
    said += f": set 'A message comes in' to POST {url}{RETRIES}"
    if channel.messaging_service_sid:
        said += ", and in the messaging service 'Defer to sender's webhook'"
    return warn("twilio", said)


def _calls(settings: Settings, ours: str, number: Mapping[str, object]) -> Finding:
    url, ended = f"{settings.public_url}{RING_PATH}", f"{settings.public_url}{STATUS_PATH}"
    where, _, retries = str(number.get("voice_url")).partition("#")
    told = str(number.get("status_callback")).partition("#")[0]
    # With either of these, the number's own address is not asked.
    passed_on = number.get("voice_application_sid") or number.get("trunk_sid")
    if passed_on or (where, number.get("voice_method")) != (url, "POST"):
        said = f"calls to {ours} go elsewhere: set 'A call comes in' to POST {url}{RETRIES}"
    elif "rc=" not in retries:
        said = f"a call that meets a restart is lost: set 'A call comes in' to {url}{RETRIES}"
    elif (told, number.get("status_callback_method")) != (ended, "POST"):
        said = f"nobody tells how a call ended: set 'Call status changes' to POST {ended}{RETRIES}"
    else:
        return ok("twilio", f"calls to {ours} come here")
    return warn("twilio", said)


def _reachable_from_outside(settings: Settings, channel: TwilioSms) -> Findings:
    if urlsplit(channel.api_url).hostname in LOOPBACK:
        return []  # a simulator reaches us where we are
    public = urlsplit(settings.public_url)
    if public.hostname in LOOPBACK:
        said = f"Twilio cannot reach {settings.public_url}: set it to the address it can"
        return [fail("public_url", said)]
    if public.scheme != "https":
        said = "Twilio brings calls only to an https address, and texts unencrypted: set one"
        return [fail("public_url", said)]
    return []
