"""Translators: what a provider says becomes facts; what we order becomes requests.

One file per channel, and none opens a socket. A line in CHANNELS switches a channel on.

    contract        what a channel is
    signing         proofs that a request came from where it says
    twilio_account  what texts and calls of one Twilio account have alike
    twilio_sms      SMS and MMS over Twilio
    twilio_voice    calls over Twilio: its webhooks, and TwiML
    twilio_media    a call's audio over Twilio's Media Streams
"""

from importlib import import_module

from channels.contract import TextChannel, VoiceChannel

CHANNELS = {
    "twilio-sms": "channels.twilio_sms:TwilioSms",
    "twilio-voice": "channels.twilio_voice:TwilioVoice",
}


def channel_class(name: str) -> type[TextChannel] | type[VoiceChannel]:
    """Import a channel's class."""
    module, _, attribute = CHANNELS[name].partition(":")
    found: type[TextChannel] | type[VoiceChannel] = getattr(import_module(module), attribute)
    return found
