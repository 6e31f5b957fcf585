"""The first business as its files say it, and the labelled samples."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pipeline.business.document import parse

FOLDER = Path(__file__).parents[2] / "pipeline" / "business" / "my_hibachi"
FILES = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
BUSINESS = parse(FILES)
RULES = BUSINESS.prices
ZONE = BUSINESS.timezone
NOW = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)  # noon in California
TODAY = date(2026, 11, 20)


def samples(name: str) -> Any:
    """A file of tests/samples."""
    path = Path(__file__).parents[1] / "samples" / name
    return json.loads(path.read_text(encoding="utf-8"))
