import os
import pwd
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest
from redis import Redis

from gateway import embedded
from gateway.embedded import InUse, ServerFailed
from tests.gateway.processes import belonging_to, ends, until

HOLD = """
import signal, sys
from pathlib import Path
from gateway import embedded
data_dir = Path(sys.argv[1])
with embedded.hold(data_dir) as lock:
    servers = [embedded.redis(data_dir, lock), embedded.postgres(data_dir, lock)]
    with embedded.serving(*servers):
        print(*(server.process.pid for server in servers), flush=True)
        signal.pause()
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A data folder whose servers have run once and stopped."""
    folder = tmp_path_factory.mktemp("made")
    with running(folder):
        pass
    return folder


@pytest.fixture
def data_dir(made, tmp_path):
    """A copy of it, in a folder with a space in its name."""
    return Path(shutil.copytree(made, tmp_path / "the data", symlinks=True))


@contextmanager
def running(data_dir):
    with embedded.hold(data_dir) as lock:
        servers = embedded.postgres(data_dir, lock), embedded.redis(data_dir, lock)
        with embedded.serving(*servers):
            yield servers


@contextmanager
def running_elsewhere(data_dir):
    """Servers whose parent is another process; gives that and their pids."""
    command = [sys.executable, "-c", HOLD, str(data_dir)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        try:
            yield parent, [int(pid) for pid in parent.stdout.readline().split()]
        finally:
            parent.kill()


async def sql(server, statement):
    connection = await asyncpg.connect(server if isinstance(server, str) else server.url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def redis_of(server):
    return Redis.from_url(server.url, decode_responses=True)


def users_of(*servers):
    return {os.stat(f"/proc/{server.process.pid}").st_uid for server in servers}


async def test_what_was_written_is_there_after_a_stop_and_a_start(data_dir):
    with running(data_dir) as (postgres, redis), redis_of(redis) as client:
        await sql(postgres, "CREATE TABLE kept AS SELECT 42 AS answer")
        client.set("kept", "42")
    with running(data_dir) as (postgres, redis), redis_of(redis) as client:
        assert await sql(postgres, "SELECT answer FROM kept") == 42
        assert client.get("kept") == "42"


async def test_what_was_committed_is_there_after_both_servers_were_killed(data_dir):
    with running_elsewhere(data_dir) as (parent, pids):
        await sql(
            f"postgresql://postgres@/postgres?host={data_dir}/postgres", "CREATE TABLE kept()"
        )
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        parent.kill()
    with running(data_dir) as (postgres, redis), redis_of(redis) as client:
        assert await sql(postgres, "SELECT count(*) FROM kept") == 0
        assert client.ping()


async def test_a_stale_pid_file_that_names_a_living_process_does_not_stop_a_start(data_dir):
    lines = [str(os.getpid()), "/proc/self/cwd", "1795178944", "5432", ".", "", " 1 1", "ready   "]
    for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
        (data_dir / "postgres" / name).write_text("\n".join(lines))
    (data_dir / "postgres" / ".s.PGSQL.5432").write_text("")
    (data_dir / "redis" / "redis.sock").write_text("")
    with running(data_dir) as (postgres, _):
        assert await sql(postgres, "SELECT 1") == 1


def test_cluster_files_left_half_made_are_made_anew(tmp_path):
    (tmp_path / "postgres.new").mkdir()
    (tmp_path / "postgres.new" / "PG_VERSION").write_text("18")
    with running(tmp_path) as (postgres, _):
        assert postgres.running
    assert not (tmp_path / "postgres.new").exists()


def test_nothing_is_left_when_their_parent_is_killed_and_the_next_start_needs_no_help(data_dir):
    with running_elsewhere(data_dir) as (parent, pids):
        assert set(pids) <= belonging_to(data_dir)
        parent.kill()
        with running(data_dir) as (postgres, redis):
            assert (postgres.running, redis.running) == (True, True)
            assert all(ends(pid, within_s=0) for pid in pids)
    assert until(lambda: not belonging_to(data_dir), within_s=2)


def test_a_data_folder_in_use_is_refused_naming_who_uses_it(made):
    with running_elsewhere(made) as (parent, pids):
        with pytest.raises(InUse) as caught, running(made):
            pass
        assert f"in use by process {parent.pid}" in str(caught.value)
        assert not any(ends(pid, within_s=0) for pid in pids)


def test_a_data_folder_is_free_when_its_holder_is_done(tmp_path):
    with embedded.hold(tmp_path):
        pass
    with embedded.hold(tmp_path) as lock:
        assert lock > 2


async def test_a_command_uses_the_database_that_runs(made):
    with running(made) as (postgres, _), embedded.database(made) as url:
        assert await sql(url, "SELECT pg_postmaster_start_time()") == await sql(
            postgres, "SELECT pg_postmaster_start_time()"
        )


async def test_a_command_runs_the_database_itself_when_nobody_does(made):
    with embedded.database(made) as url:
        assert await sql(url, "SELECT 1") == 1
    assert not belonging_to(made)


async def test_the_servers_listen_on_their_own_sockets_only(made):
    with running(made) as (postgres, redis), redis_of(redis) as client:
        assert await sql(postgres, "SHOW listen_addresses") == ""
        assert client.config_get("port") == {"port": "0"}
    assert [(made / name).stat().st_mode & 0o777 for name in ("postgres", "redis")] == [
        0o700,
        0o700,
    ]


async def test_postgres_keeps_its_promises_and_speaks_utc_and_utf_8(made):
    with running(made) as (postgres, _):
        names = ("fsync", "full_page_writes", "synchronous_commit", "TimeZone", "server_encoding")
        assert [await sql(postgres, f"SHOW {name}") for name in names] == [
            "on",
            "on",
            "on",
            "UTC",
            "UTF8",
        ]


def test_redis_writes_down_what_it_is_told_and_never_forgets_for_lack_of_room(made):
    with running(made) as (_, redis), redis_of(redis) as client:
        assert client.config_get("appendonly") == {"appendonly": "yes"}
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_the_servers_know_none_of_our_secrets(made, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "canary")
    with running(made) as servers:
        for server in servers:
            environ = Path(f"/proc/{server.process.pid}/environ").read_bytes()
            assert b"canary" not in environ


async def test_a_path_longer_than_a_sockets_address_will_do(made, tmp_path):
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    shutil.copytree(made, deep, symlinks=True)
    with running(deep) as (postgres, redis), redis_of(redis) as client:
        assert await sql(postgres, "SELECT 1") == 1
        assert client.ping()
        link = embedded._near(deep / "redis", embedded.REDIS_SOCKET)
        assert link.is_symlink()
    assert not link.is_symlink()


def test_a_link_in_the_way_that_leads_elsewhere_is_not_followed(made, tmp_path):
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    shutil.copytree(made, deep, symlinks=True)
    link = embedded._near(deep / "redis", embedded.REDIS_SOCKET)
    link.unlink()
    link.symlink_to("/etc")
    try:
        with pytest.raises(ServerFailed, match="Remove it"), running(deep):
            pass
    finally:
        link.unlink()


def test_a_server_that_cannot_start_says_why_and_what_to_do(data_dir):
    (data_dir / "postgres" / "PG_VERSION").write_text("9.6\n")
    with pytest.raises(ServerFailed) as caught, running(data_dir):
        pass
    assert "not compatible" in str(caught.value)
    assert "DATABASE_URL" in str(caught.value)
    assert not belonging_to(data_dir)


def test_a_redis_file_that_makes_no_sense_is_told_with_what_to_delete(data_dir):
    for file in (data_dir / "redis").rglob("*.aof"):
        file.write_bytes(b"nonsense\r\n" * 100)
    with pytest.raises(ServerFailed) as caught, running(data_dir):
        pass
    assert f"Delete {data_dir}/redis" in str(caught.value)


def test_a_missing_package_is_told_with_what_to_install_or_set():
    with pytest.raises(ServerFailed, match=r"REDIS_URL is not set.*embedded.*redis-server"):
        embedded._site("there_is_no_such_package", "REDIS_URL")


def test_a_data_folder_that_cannot_be_is_told_by_its_setting(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ServerFailed, match="DATA_DIR="), embedded.hold(tmp_path / "file" / "data"):
        pass


def test_a_log_that_grew_long_is_set_aside(tmp_path):
    log = tmp_path / "redis.log"
    log.write_bytes(b"." * (embedded.LOG_BYTES + 1))
    with embedded._open_log(log) as output:
        output.write(b"new")
    assert log.read_bytes() == b"new"
    assert (tmp_path / "redis.log.1").stat().st_size == embedded.LOG_BYTES + 1


@pytest.mark.skipif(os.geteuid() != 0, reason="about what root may do")
class TestAsRoot:
    async def test_the_servers_run_as_nobody_below_a_folder_that_stays_private(self, data_dir):
        data_dir.chmod(0o700)
        data_dir.parent.chmod(0o700)
        with running(data_dir) as (postgres, redis):
            users = users_of(postgres, redis)
            assert await sql(postgres, "SELECT 1") == 1
        assert users == {pwd.getpwnam("nobody").pw_uid}
        assert [folder.stat().st_mode & 0o777 for folder in (data_dir, data_dir.parent)] == [
            0o700,
            0o700,
        ]

    def test_on_somebodys_data_the_servers_run_as_that_user(self, data_dir):
        somebody = pwd.getpwnam("daemon")
        os.chown(data_dir, somebody.pw_uid, somebody.pw_gid)
        with running(data_dir) as servers:
            users = users_of(*servers)
        assert users == {somebody.pw_uid}

    def test_an_owner_without_an_account_is_passed_over(self, data_dir):
        os.chown(data_dir, 54321, 54321)
        with running(data_dir) as (postgres, _):
            assert postgres.running

    def test_a_link_in_the_data_does_not_give_away_what_it_points_to(self, data_dir, tmp_path):
        ours = tmp_path / "ours"
        ours.write_text("")
        (data_dir / "redis" / "link").symlink_to(ours)
        os.chown(data_dir / "redis", 0, 0)
        with running(data_dir):
            pass
        assert ours.stat().st_uid == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may enter every folder")
def test_a_data_folder_of_somebody_else_is_refused():
    with pytest.raises(ServerFailed, match="Choose another"), embedded.hold(Path("/root/data")):
        pass
