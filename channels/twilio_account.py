"""What texts and calls of one Twilio account have alike: the shape of ids, numbers and settings."""

import re
from collections.abc import Iterator

ACCOUNT = re.compile(r"AC[0-9a-f]{32}", re.ASCII)
CALL = re.compile(r"CA[0-9a-fA-F]{32}", re.ASCII)
E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)

# https://www.twilio.com/docs/voice/api: what a withheld number spells on a keypad.
WITHHELD = frozenset({"+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"})


def account_mistakes(account_sid: str, auth_token: str, number: str) -> Iterator[str]:
    """What is wrong with the settings that every channel of an account needs, one a line."""
    if not ACCOUNT.fullmatch(account_sid):
        yield "TWILIO_ACCOUNT_SID must be AC and 32 hexadecimal digits (0-9, a-f)"
    if not re.fullmatch(r"[!-~]+", auth_token):
        yield "TWILIO_AUTH_TOKEN must be the auth token as the account's page shows it"
    if not E164.fullmatch(number):
        yield f"TWILIO_NUMBER must be like +19165550100, with country code (it is {number!r})"
