"""The console command, as an operator types it: what it prints, leaves behind and exits with."""

import os
import pwd
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from storage.businesses import SEED, current, seed_files
from storage.people import Actor, actor_of_token

STRONG = "0123456789abcdefSTRONG"
ME = f"command:{pwd.getpwuid(os.geteuid()).pw_name}"


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command came to."""

    status: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Shell:
    """A folder and an environment to type commands in."""

    folder: Path
    environ: dict[str, str]

    def __call__(self, command: str, stdin: str = "", **environ: str) -> Ended:
        done = subprocess.run(
            [sys.executable, "-m", "gateway", *command.split()],
            cwd=self.folder,
            env={**self.environ, **environ},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def shell(database_dsn, redis_url, tmp_path) -> Shell:
    """A shell whose settings name the test's own servers."""
    root = str(Path(__file__).parents[2])
    given = {"DATABASE_URL": database_dsn, "REDIS_URL": redis_url, "PUBLIC_URL": "http://[::1]:9"}
    secret = {"API_TOKEN": STRONG, "SECRET_KEY": STRONG}
    kept = {"PATH": os.environ["PATH"], "PYTHONPATH": root, "PYTHONWARNINGS": "error"}
    return Shell(tmp_path, {**kept, **given, **secret})


def test_help_names_what_an_operator_may_do_and_nothing_else(shell):
    told = shell("--help")
    assert told.status == 0
    for command in ("serve", "migrate", "doctor", "user", "token", "config"):
        assert f"\n    {command} " in told.out
    assert "worker" not in told.out
    assert "rollback" in shell("config --help").out


@pytest.mark.parametrize("command", ["", "fly", "user add", "config diff a b c", "token x"])
def test_what_cannot_be_understood_is_status_2_with_the_usage(shell, command):
    told = shell(command)
    assert (told.status, told.out) == (2, "")
    assert "usage: concierge" in told.err


def test_mistakes_in_the_settings_are_a_line_each_and_status_2(shell):
    told = shell("migrate", PORT="x", WORKERS="many", API_TOKEN="")
    assert told.status == 2
    names = [line.split()[1] for line in told.err.splitlines()]
    assert names == ["PORT", "WORKERS", "API_TOKEN"]


def test_a_database_that_is_not_there_is_one_line_and_status_2(shell):
    for command in ("migrate", "user list"):
        told = shell(command, DATABASE_URL="postgresql://concierge@127.0.0.1:1/concierge")
        assert told.status == 2
        (line,) = told.err.splitlines()
        assert line.startswith("concierge: the database cannot be reached")


async def test_migrate_seeds_the_business_and_the_second_time_has_nothing_to_do(shell, pool):
    assert shell("migrate").out == "my_hibachi is at version 1, as this program brings it\n"
    assert shell("migrate").out == "the database is up to date\n"
    assert await current(pool, "my_hibachi") == (1, seed_files("my_hibachi"))


async def test_a_database_that_is_behind_is_refused(shell, pool):
    await pool.execute("DELETE FROM schema_migrations")
    told = shell("user list")
    assert told.status == 2
    assert told.err == ("concierge: the database is not up to date: run concierge migrate first\n")


async def test_users_are_added_under_the_operators_name_and_listed(shell, pool):
    given = shell("user add bea --role agent --password-stdin", stdin="correct horse\n")
    assert given.out == "bea is added, with the role agent\n"
    made = shell("user add al --role viewer")
    assert made.out.splitlines()[0] == "al is added, with the role viewer"
    assert len(made.out.splitlines()[1].rpartition(" ")[2]) >= 16

    listed = [line.split()[:2] for line in shell("user list").out.splitlines()]
    assert listed == [["al", "viewer"], ["bea", "agent"]]
    actors = await pool.fetch("SELECT DISTINCT actor, role FROM audit")
    assert [tuple(row) for row in actors] == [(ME, "owner")]


def test_a_user_who_cannot_be_added_is_one_line_and_status_2(shell):
    short = shell("user add bea --role agent --password-stdin", stdin="short\n")
    assert (short.status, short.err) == (
        2,
        "concierge: password must have at least 10 characters\n",
    )
    shell("user add bea --role agent")
    taken = shell("user add bea --role agent")
    assert (taken.status, taken.out, taken.err) == (2, "", "concierge: name 'bea' is taken\n")


async def test_a_token_is_shown_once_works_and_can_be_revoked(shell, pool):
    token = shell("token n8n --role agent").out.strip()
    assert await actor_of_token(pool, token) == Actor("n8n", "agent")
    listed = shell("token --list").out
    assert listed.split()[:2] == ["n8n", "agent"]
    assert token not in listed

    assert shell("token n8n --revoke").out == "n8n is revoked\n"
    assert await actor_of_token(pool, token) is None
    assert shell("token --list").out.split()[-1] == "revoked"
    assert shell("token n8n --revoke").status == 2
    assert shell("token --role agent").err == "concierge: NAME must say whose token this is\n"


async def test_a_business_is_exported_changed_imported_compared_and_brought_back(shell, pool):
    shell("migrate")
    assert shell("config snapshot opening --note agreed").out == (
        "version 1 of my_hibachi is opening\n"
    )
    assert shell("config export out").out.startswith("version 1 of my_hibachi is in out: ")
    assert shell("config import out").out == "nothing differs from version 1\n"

    prices = shell.folder / "out" / "prices.toml"
    prices.write_text(prices.read_text() + "# reviewed\n# twice")
    between = shell("config diff 1 out").out
    assert "--- 1/prices.toml\n+++ out/prices.toml\n" in between
    assert between.endswith("+# reviewed\n+# twice\n\\ No newline at end of file\n")
    taken = shell("config import out --note reviewed")
    assert taken.out == "my_hibachi is at version 2; running workers take it at once\n"
    assert shell("config diff").out == between.replace("out/", "2/")
    assert shell("config diff opening 1").out == ""

    assert shell("config rollback opening").out.startswith("my_hibachi is at version 3;")
    assert await current(pool, "my_hibachi") == (3, seed_files("my_hibachi"))
    rows = [line.split() for line in shell("config list").out.splitlines()]
    assert [(row[0], row[3], row[4]) for row in rows] == [
        ("3", ME, "-"),
        ("2", ME, "-"),
        ("1", SEED.name, "opening"),
    ]


def test_what_a_config_command_cannot_do_is_said_in_a_line_each(shell):
    assert "run concierge migrate" in shell("config export out").err
    shell("migrate")
    assert "no earlier version" in shell("config diff").err
    assert "no version or label" in shell("config rollback 7").err
    assert "no version or label" in shell("config diff nothing").err
    assert "is not a folder" in shell("config import nothing").err
    (shell.folder / "out").mkdir()
    (shell.folder / "out" / "mine.txt").write_text("mine")
    assert "is not empty" in shell("config export out").err
    (shell.folder / "out" / "prices.toml").write_text("adult_cents = 'free'\n")
    broken = shell("config import out")
    assert broken.status == 2
    assert len(broken.err.splitlines()) > 1
    assert all(line.startswith("concierge: ") for line in broken.err.splitlines())


def test_without_a_database_of_its_own_a_command_runs_the_embedded_one_for_the_while(tmp_path):
    root = str(Path(__file__).parents[2])
    shell = Shell(tmp_path, {"PATH": os.environ["PATH"], "PYTHONPATH": root})
    assert shell("token n8n --role agent").out.startswith("cg_")
    assert shell("token --list").out.split()[:2] == ["n8n", "agent"]
    assert not (tmp_path / "data" / "postgres" / "postmaster.pid").exists()


def test_doctor_exits_with_0_when_nothing_fails_and_1_when_something_does(shell):
    shell("migrate")
    (shell.folder / "data").mkdir(mode=0o700)
    well = shell("doctor")
    assert well.status == 0, well.out
    assert {line.split()[0] for line in well.out.splitlines()} <= {"ok", "warn"}
    unwell = shell("doctor", REDIS_URL="redis://127.0.0.1:1/0")
    assert unwell.status == 1
    assert "FAIL  redis" in unwell.out
