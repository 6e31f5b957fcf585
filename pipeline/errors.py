"""Every error we raise on purpose.

    ConciergeError
     +- Rejected         a webhook did not prove its caller: 403, nothing said
     +- ProtocolError    the other side broke its own protocol: 400, or parked
     +- InvalidFields    input that breaks a rule, by field: 422
     +- BusinessError    a business's files that cannot be used, every mistake listed
     +- ModelFailed      no model answered: somebody else must
     +- SendFailed       a provider refused a message, for good
         +- SendBlocked    ... because the recipient has told it to stop
         +- SendDelayed    ... for now: it did nothing, try again later
         +- SendUnknown    nobody can say whether it was sent: never send again, settle

The class decides what follows; the message explains.
"""

from collections.abc import Mapping, Sequence


class ConciergeError(Exception):
    """Root of the errors this program raises on purpose."""


class Rejected(ConciergeError):
    """A webhook failed authentication; `str(error)` is a short counted reason, never a secret."""


class ProtocolError(ConciergeError):
    """The other side sent something its own protocol does not allow."""


class InvalidFields(ConciergeError):
    """Input that breaks a rule. `fields` maps each offending field to what is wrong with it."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {problem}" for name, problem in fields.items()))
        self.fields = dict(fields)


class BusinessError(ConciergeError):
    """A business's files that cannot be used. `problems` lists every mistake, one a line."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class ModelFailed(ConciergeError):
    """No model answered in time, or none in a way that can be used; says what each one did."""


class SendFailed(ConciergeError):
    """A provider refused a message, for good. `code` is the provider's own."""

    def __init__(self, reason: str, code: str = "") -> None:
        super().__init__(reason)
        self.code = code


class SendBlocked(SendFailed):
    """A provider refused a message because its recipient has opted out there."""


class SendDelayed(SendFailed):
    """A provider refused a message for now and did nothing; try again after `retry_after` s."""

    def __init__(self, reason: str, code: str = "", retry_after: float | None = None) -> None:
        super().__init__(reason, code)
        self.retry_after = retry_after


class SendUnknown(SendFailed):
    """The request may or may not have been carried out: it must be settled, never repeated."""
