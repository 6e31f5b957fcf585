"""The console command: `concierge`, also as `python -m gateway`.

What it does for an operator it does under the operator's own name, on the database of a running
`concierge serve` where one runs. What can be expected to go wrong is one clear line and status 2.
"""

import argparse
import asyncio
import getpass
import os
import pwd
import secrets
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from difflib import unified_diff
from functools import partial
from pathlib import Path
from typing import TypeAlias

import asyncpg

from gateway.settings import Settings, from_environment
from pipeline.errors import ConciergeError, InvalidFields
from storage import businesses, people
from storage.businesses import Files
from storage.database import connect, migrate, pending_migrations
from storage.people import ROLES, Actor

Arguments = argparse.Namespace
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
Work = Callable[[asyncpg.Connection, Settings, Arguments], Awaitable[None]]
"""What a command does once it has the database."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return the status to exit with."""
    arguments = _parser().parse_args(argv)
    try:
        status: int = arguments.run(arguments)
    except InvalidFields as exc:
        return _fail([f"{name} {problem}" for name, problem in exc.fields.items()])
    except ConciergeError as exc:
        return _fail(str(exc).splitlines())
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as exc:
        return _fail([str(exc) or type(exc).__name__])
    except KeyboardInterrupt:
        return 130  # as a shell reports a program that SIGINT has ended
    return status


def _fail(problems: Sequence[str]) -> int:
    for problem in problems:
        sys.stderr.write(f"concierge: {problem}\n")
    return 2


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _serve(_arguments: Arguments) -> int:
    from gateway import parent  # noqa: PLC0415 - the other commands need no server

    return parent.run(from_environment())


def _worker(arguments: Arguments) -> int:
    import uvloop  # noqa: PLC0415

    from gateway import app  # noqa: PLC0415

    with socket.socket(fileno=arguments.fd) as listening:
        uvloop.run(app.serve(from_environment(), listening, arguments.number))
    return 0


def _doctor(_arguments: Arguments) -> int:
    from gateway import doctor  # noqa: PLC0415
    from gateway.findings import Level  # noqa: PLC0415

    settings = from_environment()
    with _database(settings) as dsn:
        findings = asyncio.run(doctor.examine(settings, dsn, _redis_url(settings)))
    for finding in findings:
        _say(str(finding))
    return 1 if any(finding.level is Level.FAIL for finding in findings) else 0


def _redis_url(settings: Settings) -> str | None:
    """Where Redis is; None where the embedded one does not run just now."""
    from gateway.embedded import REDIS_SOCKET  # noqa: PLC0415

    if settings.redis_url is not None:
        return settings.redis_url.get_secret_value()
    path = settings.data_dir / "redis" / REDIS_SOCKET
    return f"unix://{path}" if path.is_socket() else None


def _migrate(_arguments: Arguments) -> int:
    settings = from_environment()
    with _database(settings) as dsn:
        ran = asyncio.run(businesses.prepare(dsn, settings.business))
    _say("\n".join(ran) if ran else "the database is up to date")
    return 0


def _database(settings: Settings) -> AbstractContextManager[str]:
    """The URL of the database: the one that was given, else the embedded one, running by then."""
    if settings.database_url is not None:
        return nullcontext(settings.database_url.get_secret_value())
    from gateway import embedded  # noqa: PLC0415

    return embedded.database(settings.data_dir)


def _on_database(work: Work, arguments: Arguments) -> int:
    settings = from_environment()
    with _database(settings) as dsn:
        asyncio.run(_do(work, dsn, settings, arguments))
    return 0


async def _do(work: Work, dsn: str, settings: Settings, arguments: Arguments) -> None:
    db = await connect(dsn)
    try:
        if settings.database_url is None:
            await migrate(dsn)
        elif await pending_migrations(db):
            raise ConciergeError("the database is not up to date: run concierge migrate first")
        await work(db, settings, arguments)
    finally:
        await db.close()


def _operator() -> Actor:
    try:
        name = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # a container may run as a user nobody has named
        name = str(os.geteuid())
    return Actor(f"command:{name}", "owner")


async def _user_add(db: asyncpg.Connection, _: Settings, arguments: Arguments) -> None:
    password, made = _password(from_stdin=arguments.password_stdin)
    kept = people.hash_password(password)
    await people.add_user(db, _operator(), arguments.name, arguments.role, kept)
    _say(f"{arguments.name} is added, with the role {arguments.role}")
    if made:
        _say(f"password, shown this once: {password}")


def _password(*, from_stdin: bool) -> tuple[str, bool]:
    """A new user's password, and whether it was made here."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n"), False
    if sys.stdin.isatty() and (first := getpass.getpass("Password (empty: one is made): ")):
        if getpass.getpass("Once more: ") != first:
            raise InvalidFields({"password": "differs the second time"})
        return first, False
    return secrets.token_urlsafe(16), True


async def _user_list(db: asyncpg.Connection, _: Settings, _arguments: Arguments) -> None:
    for user in await people.users(db):
        state = "disabled" if user.disabled else "" if user.has_password else "no password"
        _row(user.name, user.role, f"{user.created_at:%Y-%m-%d}", state)


async def _token(db: asyncpg.Connection, _: Settings, arguments: Arguments) -> None:
    if arguments.list:
        for token in await people.tokens(db):
            state = "revoked" if token.revoked else ""
            _row(token.name, token.role, f"{token.created_at:%Y-%m-%d}", state)
    elif arguments.name is None:
        raise InvalidFields({"NAME": "must say whose token this is"})
    elif arguments.revoke:
        await people.revoke_token(db, _operator(), arguments.name)
        _say(f"{arguments.name} is revoked")
    else:
        _say(await people.issue_token(db, _operator(), arguments.name, arguments.role))


async def _config_list(db: asyncpg.Connection, settings: Settings, _: Arguments) -> None:
    for each in await businesses.versions(db, settings.business):
        when = f"{each.effective_from:%Y-%m-%d %H:%M}Z"
        _row(str(each.version), when, each.author, each.label or "-", each.note)


async def _config_export(db: asyncpg.Connection, settings: Settings, arguments: Arguments) -> None:
    found = await businesses.current(db, settings.business)
    if found is None:
        raise ConciergeError(f"{settings.business} has no version yet: run concierge migrate")
    number, files = found
    _write(arguments.folder, files)
    _say(f"version {number} of {settings.business} is in {arguments.folder}: {', '.join(files)}")


def _write(folder: Path, files: Files) -> None:
    # Were something there already, a later import would take it for part of the document.
    if folder.exists() and any(folder.iterdir()):
        raise ConciergeError(f"{folder} is not empty: give a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")


async def _config_import(db: asyncpg.Connection, settings: Settings, arguments: Arguments) -> None:
    files = businesses.files_in(arguments.folder)
    before = await businesses.current(db, settings.business)
    after = await businesses.import_document(
        db, _operator(), settings.business, files, arguments.note
    )
    same = before is not None and before[0] == after
    _say(f"nothing differs from version {after}" if same else _now_at(settings, after))


async def _config_snapshot(
    db: asyncpg.Connection, settings: Settings, arguments: Arguments
) -> None:
    number = await businesses.label(
        db, _operator(), settings.business, arguments.label, arguments.note
    )
    _say(f"version {number} of {settings.business} is {arguments.label}")


async def _config_rollback(
    db: asyncpg.Connection, settings: Settings, arguments: Arguments
) -> None:
    number = await businesses.rollback(db, _operator(), settings.business, arguments.version)
    _say(_now_at(settings, number))


async def _config_diff(db: asyncpg.Connection, settings: Settings, arguments: Arguments) -> None:
    history = [str(each.version) for each in await businesses.versions(db, settings.business)]
    if not history or (len(history) < 2 and arguments.old is None):
        raise ConciergeError(f"{settings.business} has no earlier version to compare with")
    old, new = arguments.old or history[1], arguments.new or history[0]
    found = [(which, await _document(db, settings, which)) for which in (old, new)]
    sys.stdout.writelines(_diff(*found))


async def _document(db: asyncpg.Connection, settings: Settings, which: str) -> Files:
    """A document by version, label or, failing these, folder."""
    try:
        return (await businesses.find(db, settings.business, which))[1]
    except InvalidFields:
        if not _is_folder(which):
            raise
        return businesses.files_in(Path(which))


def _is_folder(name: str) -> bool:
    return Path(name).is_dir()


def _diff(old: tuple[str, Files], new: tuple[str, Files]) -> list[str]:
    found: list[str] = []
    for name in sorted(old[1].keys() | new[1].keys()):
        before, after = (_lines(each[1].get(name, "")) for each in (old, new))
        found += unified_diff(before, after, f"{old[0]}/{name}", f"{new[0]}/{name}")
    return found


def _lines(text: str) -> list[str]:
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n\\ No newline at end of file\n"  # as diff(1) says it
    return lines


def _now_at(settings: Settings, number: int) -> str:
    return f"{settings.business} is at version {number}; running workers take it at once"


def _row(*cells: str) -> None:
    _say("  ".join(f"{cell:<12}" for cell in cells).rstrip())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="concierge",
        description="Answers a small business's messages. Settings come from the environment, or"
        " from .env in the current folder.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    _command(commands, "serve", "run the gateway until stopped").set_defaults(run=_serve)
    worker = commands.add_parser("worker")  # one of serve's own children: not for the list
    worker.add_argument("--fd", type=int, required=True)
    worker.add_argument("--number", type=int, required=True)
    worker.set_defaults(run=_worker)
    about = "bring the database up to date, and give the business its first version"
    _command(commands, "migrate", about).set_defaults(run=_migrate)
    about = "say of everything whether it is as it should be; ends with 1 if something is not"
    _command(commands, "doctor", about).set_defaults(run=_doctor)
    _add_people(commands)
    _add_config(commands)
    return parser


def _add_people(commands: Commands) -> None:
    of_users = _command(commands, "user", "add or list the people of the business")
    users = of_users.add_subparsers(required=True, metavar="COMMAND", title="commands")
    add = _command(users, "add", "add a person; without a password given, one is made and shown")
    add.add_argument("name", metavar="NAME")
    add.add_argument("--role", choices=ROLES, required=True)
    add.add_argument("--password-stdin", action="store_true", help="read it from standard input")
    add.set_defaults(run=partial(_on_database, _user_add))
    _command(users, "list", "list them").set_defaults(run=partial(_on_database, _user_list))

    about = "make a program's key for the API and show it once; or revoke one, or list them"
    token = _command(commands, "token", about)
    token.add_argument("name", metavar="NAME", nargs="?", help="whose it is, as the audit log says")
    what = token.add_mutually_exclusive_group(required=True)
    what.add_argument("--role", choices=ROLES, help="make one with this role")
    what.add_argument("--revoke", action="store_true", help="end it, at once")
    what.add_argument("--list", action="store_true", help="list them; no key can be seen again")
    token.set_defaults(run=partial(_on_database, _token))


def _add_config(commands: Commands) -> None:
    of_config = _command(commands, "config", "the business's prices, texts and settings")
    config = of_config.add_subparsers(required=True, metavar="COMMAND", title="commands")

    def add(name: str, about: str, work: Work) -> argparse.ArgumentParser:
        parser = _command(config, name, about)
        parser.set_defaults(run=partial(_on_database, work))
        return parser

    add("list", "every version, newest first", _config_list)
    export = add("export", "write the version in force to a new folder", _config_export)
    export.add_argument("folder", metavar="DIR", type=Path)
    taken = add("import", "put a folder's files in force, as a new version", _config_import)
    taken.add_argument("folder", metavar="DIR", type=Path)
    snapshot = add("snapshot", "name the version in force, to find it again", _config_snapshot)
    snapshot.add_argument("label", metavar="LABEL")
    for each in (taken, snapshot):
        each.add_argument("--note", default="", help="why, for whoever reads the list")
    diff = add("diff", "what changed from A to B, file by file", _config_diff)
    which = "a version, a label or a folder"
    diff.add_argument("old", metavar="A", nargs="?", help=f"{which}; default: the one before")
    diff.add_argument("new", metavar="B", nargs="?", help=f"{which}; default: the one in force")
    rollback = add("rollback", "put an earlier version in force again", _config_rollback)
    rollback.add_argument("version", metavar="VERSION|LABEL")


def _command(commands: Commands, name: str, about: str) -> argparse.ArgumentParser:
    return commands.add_parser(name, help=about, description=about[0].upper() + about[1:] + ".")


if __name__ == "__main__":
    sys.exit(main())
