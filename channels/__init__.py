"""Translators: what a provider says becomes facts; what we order becomes requests.

One file per channel, and none opens a socket. A line in CHANNELS switches a channel on.

    contract    what a channel is
    signing     proofs that a request came from where it says
    twilio_sms  SMS and MMS over Twilio
"""

from importlib import import_module

from channels.contract import TextChannel

CHANNELS = {
    "twilio-sms": "channels.twilio_sms:TwilioSms",
}


def channel_class(name: str) -> type[TextChannel]:
    """Import a channel's class."""
    module, _, attribute = CHANNELS[name].partition(":")
    found: type[TextChannel] = getattr(import_module(module), attribute)
    return found
