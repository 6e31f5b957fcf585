import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import child
from gateway.embedded import ServerFailed
from gateway.parent import YOUNG_S, CannotListen, Kept, listen, restart_delay
from tests.gateway.processes import belonging_to, ends, until

WORKER = """
import http.server, json, os, pathlib, signal, socket, sys, threading, time

folder, fd, number = pathlib.Path(sys.argv[1]), int(sys.argv[3]), sys.argv[5]

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/slow":
            (folder / "began").touch()
            while not (folder / "go").exists():
                time.sleep(0.005)
        self.send_response(200)
        self.end_headers()
        told = {"pid": os.getpid(), "number": number, "environ": dict(os.environ)}
        self.wfile.write(json.dumps(told).encode())

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("", 0), Handler, bind_and_activate=False)
server.daemon_threads = False
server.socket.close()
server.socket = socket.socket(fileno=fd)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever(poll_interval=0.01)
server.server_close()
while "STUBBORN" in os.environ:
    signal.pause()
"""

PARENT = """
import os, sys
from gateway import parent
from gateway.settings import load

async def prepare(settings):
    print("prepared on", settings.database_url.get_secret_value(), flush=True)

worker = [sys.executable, *sys.argv[1:]]
sys.exit(parent.run(load(os.environ, None), worker=worker, prepare=prepare))
"""

GIVEN = {
    "DATABASE_URL": "postgresql://given/database",
    "REDIS_URL": "redis://given/0",
    "API_TOKEN": "canary-token-0123456789",
    "SECRET_KEY": "canary-secret-0123456789",
}
"""Settings with which no embedded server is started."""


class Running:
    """A parent under test, in a process of its own."""

    def __init__(self, folder, settings, worker):
        folder.mkdir(exist_ok=True)
        self.port = settings.get("PORT", free_port())
        self.data_dir = Path(settings.get("DATA_DIR", folder / "data"))
        self._log = folder / "log"
        (folder / "worker.py").write_text(worker)
        environ = {"PATH": os.environ["PATH"], "PYTHONPATH": os.getcwd(), **settings}
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", PARENT, folder / "worker.py", folder],
                env={**environ, "PORT": str(self.port), "DATA_DIR": str(self.data_dir)},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def log(self):
        return self._log.read_text()

    def get(self, path="/"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def answers(self):
        try:
            return self.get()
        except OSError:
            return None

    def refuses(self):
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) != 0

    def says(self, words, times=1):
        assert until(lambda: self.log().count(words) >= times), self.log()

    def stop(self, *, by=signal.SIGTERM):
        self.process.send_signal(by)
        return self.process.wait(10)


@contextmanager
def running(folder, settings=GIVEN, worker=WORKER):
    found = Running(folder, settings, worker)
    try:
        assert until(lambda: "Listening" in found.log() or found.process.poll() is not None)
        yield found
    finally:
        found.process.kill()
        found.process.wait()
        assert until(lambda: not belonging_to(found.data_dir), within_s=5)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def test_it_says_where_it_listens_and_requests_are_answered(tmp_path):
    with running(tmp_path) as parent:
        assert parent.get()["number"] == "1"
        assert f"Listening on http://127.0.0.1:{parent.port}\n" in parent.log()


def test_workers_get_the_servers_and_secrets_in_their_environment(tmp_path):
    with running(tmp_path) as parent:
        environ = parent.get()["environ"]
        assert {name: environ[name] for name in GIVEN} == GIVEN


def test_as_many_workers_as_asked_for_take_requests(tmp_path):
    with running(tmp_path, {**GIVEN, "WORKERS": "3"}) as parent:
        seen = set()
        assert until(lambda: seen.add(parent.get()["number"]) or seen == {"1", "2", "3"})


def test_a_killed_worker_is_replaced_and_connections_made_meanwhile_are_answered(tmp_path):
    with running(tmp_path) as parent:
        for _ in range(2):
            pid = parent.get()["pid"]
            os.kill(pid, signal.SIGKILL)
            assert ends(pid)
            assert parent.get()["pid"] != pid


def test_on_sigterm_requests_that_run_are_finished_and_it_exits_with_0(tmp_path):
    with running(tmp_path) as parent, ThreadPoolExecutor() as threads:
        slow = threads.submit(parent.get, "/slow")
        assert until((tmp_path / "began").exists)
        parent.process.terminate()
        assert until(parent.refuses)
        (tmp_path / "go").touch()
        assert slow.result()["number"] == "1"
        assert parent.process.wait(10) == 0


def test_ctrl_c_stops_it_as_well(tmp_path):
    with running(tmp_path) as parent:
        assert parent.get()
        assert parent.stop(by=signal.SIGINT) == 0
        assert parent.refuses()


def test_a_second_signal_ends_a_worker_that_does_not_finish(tmp_path):
    with running(tmp_path, {**GIVEN, "STUBBORN": "yes"}) as parent:
        pid = parent.get()["pid"]
        parent.process.terminate()
        assert until(parent.refuses)
        assert parent.process.poll() is None
        assert parent.stop() == 0
        assert ends(pid, within_s=0)


def test_a_terminal_that_goes_away_does_not_stop_it(tmp_path):
    with running(tmp_path) as parent:
        parent.process.send_signal(signal.SIGHUP)
        assert parent.get()
        assert parent.stop() == 0


def test_a_worker_that_cannot_start_is_tried_again_later_and_later(tmp_path):
    with running(tmp_path, worker="raise SystemExit(3)") as parent:
        parent.says('"event": "process_ended"', times=3)
        delays = re.findall(r'"status": 3, "restart_in_s": ([\d.]+)', parent.log())
        assert [float(each) for each in delays[:3]] == [0.0, 0.5, 1.0]
        assert parent.stop() == 0


def test_it_brings_its_own_servers_and_takes_them_along_when_told_to_stop(tmp_path):
    with running(tmp_path, {}) as parent:
        environ = parent.get()["environ"]
        assert f"prepared on {environ['DATABASE_URL']}\n" in parent.log()
        assert environ["REDIS_URL"].endswith("/redis/redis.sock")
        assert parent.stop() == 0
        assert not belonging_to(parent.data_dir)


def test_nothing_is_left_of_it_two_seconds_after_kill_9(tmp_path):
    with running(tmp_path, {"WORKERS": "2"}) as parent:
        assert parent.get()
        assert len(belonging_to(parent.data_dir)) > 4
        parent.process.kill()
        assert until(lambda: not belonging_to(parent.data_dir), within_s=2)


def test_a_server_that_dies_is_started_again_and_its_workers_stay(tmp_path):
    with running(tmp_path, {}) as parent:
        before = parent.get()["pid"]
        lines = (parent.data_dir / "postgres" / "postmaster.pid").read_text().splitlines()
        os.kill(int(lines[0]), signal.SIGKILL)
        parent.says('"process": "PostgreSQL"')
        assert until(lambda: ready_again(parent.data_dir, than=lines[0]))
        assert parent.get()["pid"] == before
        assert parent.stop() == 0


def ready_again(data_dir, *, than):
    try:
        lines = (data_dir / "postgres" / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return lines[0] != than and lines[7:8] == ["ready   "]


def test_two_on_one_data_folder_are_one_too_many(tmp_path):
    with running(tmp_path, {}) as first:
        second = Running(tmp_path / "second", {"DATA_DIR": str(first.data_dir)}, WORKER)
        assert second.process.wait(10) == 1
        assert f"is in use by process {first.process.pid}." in second.log()
        assert first.get()


def test_a_taken_port_is_told_before_anything_is_started(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        it = Running(tmp_path, {"PORT": str(port)}, WORKER)
        assert it.process.wait(10) == 1
        assert (
            f"another program has that port. Stop it, or choose another: PORT={port + 1}"
            in it.log()
        )
        assert not (it.data_dir / "postgres").exists()


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
def test_an_address_of_another_machine_is_told(host):
    with pytest.raises(CannotListen, match="HOST=127"):
        listen(host, free_port())


def has_ipv6():
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "0.0.0.0", *(["::1", "::"] if has_ipv6() else [])]
)
def test_it_listens_on_every_kind_of_address(host):
    with listen(host, free_port()) as listening:
        port = listening.getsockname()[1]
        near = "::1" if ":" in host else "127.0.0.1"
        with socket.create_connection((near, port)):
            accepted, _ = listening.accept()
            accepted.close()


def kept(*command):
    return Kept("it", lambda: child.start(command, env={"PATH": os.defpath}))


def test_one_that_dies_after_a_while_is_started_at_once_each_time():
    it = kept("true")
    now = 100.0
    for _ in range(5):
        it.tend(now)
        pid = it.process.pid
        it.process.wait()
        now += YOUNG_S
        it.tend(now)
        assert it.process.pid != pid
    it.process.wait()


def test_one_that_dies_young_is_started_at_once_and_then_later_and_later():
    it = kept("false")
    now, waits = 100.0, []
    for _ in range(7):
        it.tend(now)
        it.process.wait()
        it._ended(now)
        waits.append(it.start_at - now)
        now = it.start_at
    assert waits == [0.0, 0.5, 1.0, 2.0, 4.0, 5.0, 5.0]


def test_one_that_cannot_even_be_started_is_tried_again():
    it = kept("/nowhere/to/be/found")
    for now in (0.0, 0.0, 0.5):
        it.tend(now)
    assert (it.process, it.start_at) == (None, 1.5)


def test_a_server_that_cannot_be_started_does_not_end_the_parent():
    def fails():
        raise ServerFailed("no room on the disk")

    it = Kept("it", fails)
    it.tend(0.0)
    assert it.start_at == 0.0


@given(st.integers(0, 10_000))
def test_no_wait_is_longer_than_the_limit_nor_shorter_than_the_one_before(deaths):
    assert 0 <= restart_delay(deaths) <= restart_delay(deaths + 1) <= 5.0
