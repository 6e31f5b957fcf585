"""One account, one customer, and what Twilio tells of them: for tests of the channel."""

from uuid import UUID

from channels.twilio_sms import TwilioSms
from pipeline.ids import MessageId

SID = "AC00000000000000000000000000000001"
TOKEN = "the-auth-token"
SERVICE = "MG00000000000000000000000000000001"
US, THEM = "+19165550100", "+14155550123"
SM1 = "SM00000000000000000000000000000001"
BASE = "https://gw.example.com"
MID = MessageId(UUID("11111111-2222-4333-8444-555555555555"))
TWILIO = TwilioSms(SID, TOKEN, US)
TEXT = {
    "MessageSid": SM1,
    "SmsSid": SM1,
    "SmsMessageSid": SM1,
    "AccountSid": SID,
    "From": THEM,
    "To": US,
    "Body": "Héllo 😀 50% & more",
    "NumMedia": "0",
    "NumSegments": "1",
    "SmsStatus": "received",
    "ApiVersion": "2010-04-01",
    "FromCity": "",
    "FromState": "CA",
}
REPORT = {
    "MessageSid": SM1,
    "MessageStatus": "delivered",
    "AccountSid": SID,
    "From": US,
    "To": THEM,
}
