import os
import pwd
import signal
import subprocess
import sys
import textwrap

import pytest

from gateway import child
from tests.gateway.processes import ends

MASK = "import signal; print(sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])))"


def python(code, *arguments):
    return [sys.executable, "-c", textwrap.dedent(code), *arguments]


def output_of(tmp_path, command, **how):
    with (tmp_path / "output").open("wb") as output:
        process = child.start(command, env={}, output=output, **how)
    assert process.wait(10) == 0
    return (tmp_path / "output").read_text().strip()


@pytest.mark.parametrize("last", [signal.SIGKILL, signal.SIGTERM])
def test_a_child_ends_when_its_parent_is_killed(last):
    parent = subprocess.Popen(
        python(
            """
            import signal, sys
            from gateway import child
            last = signal.Signals(int(sys.argv[1]))
            print(child.start(["sleep", "600"], env={}, last_signal=last).pid, flush=True)
            signal.pause()
            """,
            str(int(last)),
        ),
        stdout=subprocess.PIPE,
    )
    with parent:
        pid = int(parent.stdout.readline())
        parent.kill()
    assert ends(pid, within_s=2)


def test_a_child_whose_parent_died_before_it_began_does_not_begin():
    code = """
        import signal
        from gateway.child import _bond
        _bond(-1, signal.SIGTERM)()
        print("began")
        """
    done = subprocess.run(python(code), capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (1, b"")


def test_a_child_has_no_signal_blocked_though_its_parent_has(tmp_path):
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGCHLD])
    try:
        blocked = output_of(tmp_path, python(MASK))
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    assert blocked == "[]"


def test_a_child_knows_only_what_it_is_told(tmp_path):
    environment = output_of(tmp_path, ["env"])
    assert environment == ""


def test_a_child_does_not_share_our_terminals_ctrl_c(tmp_path):
    session = output_of(tmp_path, python("import os; print(os.getsid(0))"))
    assert int(session) != os.getsid(0)


def test_a_child_reads_nothing_from_our_standard_input(tmp_path):
    assert output_of(tmp_path, ["cat"]) == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may start a child as somebody else")
def test_a_child_of_root_runs_as_the_user_named_and_in_none_of_roots_groups(tmp_path):
    nobody = pwd.getpwnam("nobody")
    seen = output_of(tmp_path, ["id", "-u", "-r"], user=nobody)
    groups = output_of(tmp_path, ["id", "-G"], user=nobody)
    assert (int(seen), groups) == (nobody.pw_uid, str(nobody.pw_gid))
