"""One spelling for each phone number and e-mail address."""

import re

import phonenumbers

_EMAIL = re.compile(r"[^@\s<>\"',;:()\[\]]+@(?:[a-z0-9-]+\.)+[a-z]{2,}", re.IGNORECASE)
_BY_PHONE = frozenset({"phone", "sms", "whatsapp"})


def phone(text: str, region: str = "US") -> str | None:
    """A number in E.164, or None where the text is no number that could ring.

    A number written with its country code need only be of a possible length: numbering plans
    grow faster than libraries. Short codes, "anonymous" and keypad spellings of it are None.
    """
    try:
        number = phonenumbers.parse(text.strip()[:40], region)
    except phonenumbers.NumberParseException:
        return None
    international = "+" in text and phonenumbers.is_possible_number(number)
    if not international and not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def phone_for_display(number: str, region: str = "US") -> str:
    """E.164 as people write it: nationally at home, internationally abroad."""
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return number
    at_home = parsed.country_code == phonenumbers.country_code_for_region(region)
    style = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(parsed, style.NATIONAL if at_home else style.INTERNATIONAL)


def email(text: str) -> str | None:
    """An address in lower case, or None. Mailbox names are case-insensitive in practice."""
    found = text.strip()
    return found.lower() if len(found) <= 254 and _EMAIL.fullmatch(found) else None


def identity_kind(channel: str) -> str:
    """The kind of identity a channel's address is: phone, email, or handle:CHANNEL."""
    if channel in _BY_PHONE:
        return "phone"
    return "email" if channel == "email" else f"handle:{channel}"
