"""Versions of a business's document: the seed is the first, and every change is a new one.

Workers take a new version when they hear of it (NOTIFY business), which PostgreSQL tells them
when, and only if, the version is committed.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files as package_files
from importlib.resources.abc import Traversable

from pipeline.business.document import parse
from pipeline.errors import BusinessError, InvalidFields
from storage.database import Db, connect, migrate
from storage.people import Actor, audit, writing

SEED = Actor("seed", "owner")
_FILE_NAME = re.compile(r"[\w-]+\.(toml|md)")
_LABEL = re.compile(r"(?!\d+$)\w[\w.-]{0,59}")

Files = Mapping[str, str]
"""A business's document: file name to text."""


@dataclass(frozen=True, slots=True)
class Version:
    """One entry of a business's history."""

    version: int
    author: str
    note: str
    label: str | None
    effective_from: datetime


@dataclass(frozen=True, slots=True)
class _Change:
    actor: Actor
    action: str
    business: str
    files: Files
    note: str


def files_in(folder: Traversable) -> Files:
    """A document read from a folder: its TOML and Markdown files. Raises BusinessError."""
    if not folder.is_dir():
        raise BusinessError([f"{folder} is not a folder"])
    found: dict[str, str] = {}
    problems: list[str] = []
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if _FILE_NAME.fullmatch(entry.name):
            try:
                found[entry.name] = entry.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as exc:
                problems.append(f"{entry.name}: cannot be read: {exc}")
    if not found and not problems:
        problems.append(f"{folder} holds no .toml or .md files")
    if problems:
        raise BusinessError(problems)
    return found


def seed_files(business: str) -> Files:
    """The document this program brings along for a business. Raises BusinessError."""
    folder = package_files("pipeline.business") / business
    if not folder.is_dir():
        raise BusinessError(
            [f"there is no business {business!r}: set BUSINESS, or run concierge config import"]
        )
    return files_in(folder)


async def current(db: Db, business: str) -> tuple[int, Files] | None:
    """The version in force, and its document; None before the seed."""
    row = await db.fetchrow(
        "SELECT version, document FROM business_versions"
        " WHERE business = $1 ORDER BY version DESC LIMIT 1",
        business,
    )
    return (row["version"], row["document"]) if row else None


async def versions(db: Db, business: str) -> Sequence[Version]:
    """A business's history, newest first."""
    rows = await db.fetch(
        "SELECT version, author, note, label, effective_from FROM business_versions"
        " WHERE business = $1 ORDER BY version DESC",
        business,
    )
    return [Version(**row) for row in rows]


async def find(db: Db, business: str, which: str) -> tuple[int, Files]:
    """A version by its number or label, and its document. Raises InvalidFields."""
    row = await db.fetchrow(
        "SELECT version, document FROM business_versions"
        " WHERE business = $1 AND (version::text = $2 OR label = $2)",
        business,
        which,
    )
    if row is None:
        raise InvalidFields({"version": f"{which!r} is no version or label of {business}"})
    return row["version"], row["document"]


async def prepare(dsn: str, business: str) -> Sequence[str]:
    """Migrate, and give the business its first version; what was done, a line each."""
    done = [f"ran {name}" for name in await migrate(dsn)]
    db = await connect(dsn)
    try:
        if await current(db, business) is None:
            version, _ = await seed(db, business, seed_files(business))
            done.append(f"{business} is at version {version}, as this program brings it")
    finally:
        await db.close()
    return done


async def seed(db: Db, business: str, files: Files) -> tuple[int, Files]:
    """The version in force, made from these files if there is none. Safe from two processes."""
    async with writing(db) as connection:
        await _one_at_a_time(connection, business)
        found = await current(connection, business)
        if found is None:
            change = _Change(SEED, "config.seed", business, files, "the first")
            found = await _add(connection, change), files
    return found


async def import_document(db: Db, actor: Actor, business: str, files: Files, note: str) -> int:
    """Put a document in force and return its version: the present one if nothing differs.

    Raises BusinessError, listing every mistake, for a document that cannot be used.
    """
    return await _replace(db, _Change(actor, "config.import", business, files, note))


async def rollback(db: Db, actor: Actor, business: str, which: str) -> int:
    """Put an earlier document (version or label) in force again, as a new version; return it.

    Raises InvalidFields if there is none such, BusinessError if this program cannot read it any
    more. The present version stays, and is returned, if nothing differs.
    """
    version, files = await find(db, business, which)
    note = f"back to version {version}"
    return await _replace(db, _Change(actor, "config.rollback", business, files, note))


async def label(db: Db, actor: Actor, business: str, name: str, note: str = "") -> int:
    """Name the version in force, to find it again; return it. Raises InvalidFields.

    A version has one label, and a label one version: it never moves.
    """
    if not _LABEL.fullmatch(name):
        raise InvalidFields(
            {"label": "must be letters, digits and . _ -, at most 60, and not a number"}
        )
    async with writing(db) as connection:
        await _one_at_a_time(connection, business)
        history = await versions(connection, business)
        if not history:
            raise InvalidFields({"label": f"{business} has no version yet"})
        for known in history:
            if known.label == name:
                raise InvalidFields({"label": f"{name!r} is version {known.version}'s already"})
        if history[0].label is not None:
            raise InvalidFields(
                {"label": f"version {history[0].version} is {history[0].label!r} already"}
            )
        await connection.execute(
            "UPDATE business_versions SET label = $2,"
            " note = concat_ws('; ', nullif(note, ''), nullif($3, '')) WHERE version = $1",
            history[0].version,
            name,
            note,
        )
        await audit(connection, actor, "config.snapshot", name, {"version": history[0].version})
    return history[0].version


async def _replace(db: Db, change: _Change) -> int:
    async with writing(db) as connection:
        await _one_at_a_time(connection, change.business)
        found = await current(connection, change.business)
        if found is not None and found[1] == change.files:
            return found[0]
        return await _add(connection, change)


async def _add(db: Db, change: _Change) -> int:
    key = parse(change.files).key
    if key != change.business:
        raise BusinessError([f"this is the document of {key!r}, not of {change.business!r}"])
    version: int = await db.fetchval(
        "INSERT INTO business_versions (business, document, author, note)"
        " VALUES ($1, $2, $3, $4) RETURNING version",
        change.business,
        dict(change.files),
        change.actor.name,
        change.note,
    )
    details = {"version": version, "note": change.note}
    await audit(db, change.actor, change.action, change.business, details)
    await db.execute("SELECT pg_notify('business', $1)", str(version))
    return version


async def _one_at_a_time(db: Db, business: str) -> None:
    """Make writers of one business stand in line until their transactions end."""
    await db.execute("SELECT pg_advisory_xact_lock(hashtext('business'), hashtext($1))", business)
