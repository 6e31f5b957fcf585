"""What no description of the API can say: a key is for one request, and a party is yet to come.

Schemathesis loads this (SCHEMATHESIS_HOOKS). What it made to be refused stays as it was made.
"""

import os
import re
from contextlib import suppress
from datetime import date
from typing import Any
from uuid import uuid4

import schemathesis

KEY = "Idempotency-Key"
LATER = "2999-12-31"


@schemathesis.hook
def before_call(_context: Any, case: schemathesis.Case, _kwargs: Any) -> None:
    """Make a good key a fresh one, and a day that is gone one that is to come."""
    if re.fullmatch(r"[!-~]{1,200}", str((case.headers or {}).get(KEY, ""))):
        case.headers[KEY] = str(uuid4())
    if isinstance(case.body, dict):
        with suppress(TypeError, ValueError):
            if date.fromisoformat(case.body.get("event_date")) < date.fromisoformat(LATER):
                case.body["event_date"] = LATER


@schemathesis.auth()
class Owner:
    """Every request that is not about missing tokens brings the owner's."""

    def get(self, _case: schemathesis.Case, _context: schemathesis.AuthContext) -> str:
        return os.environ["TOKEN"]

    def set(self, case: schemathesis.Case, token: str, _context: schemathesis.AuthContext) -> None:
        case.headers["Authorization"] = f"Bearer {token}"
