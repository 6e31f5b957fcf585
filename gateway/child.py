"""A child process that cannot outlive us: the kernel signals it when we die, even by kill -9.

Hard: the kernel forgets that wish when a process changes its user, so it is stated last, just
before the program starts; and we may be dead by then already, so the child looks.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from pwd import struct_passwd
from typing import BinaryIO

PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LIBC = ctypes.CDLL(None)


def start(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    last_signal: signal.Signals = signal.SIGKILL,
    cwd: Path | None = None,
    user: struct_passwd | None = None,
    output: BinaryIO | None = None,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start `command`; it gets `last_signal` when this process dies. Call from the main thread.

    The kernel watches the thread that forks: a child started from another thread dies with that
    thread. The child leads a session of its own, so Ctrl-C in the terminal is ours to forward.
    `user` is who it runs as (root only); `output` takes its stdout and stderr, ours if None.
    """
    return subprocess.Popen(  # noqa: S603 - no command of ours comes from outside
        [str(part) for part in command],
        env=dict(env),
        cwd=cwd,
        user=None if user is None else user.pw_uid,
        group=None if user is None else user.pw_gid,
        extra_groups=None if user is None else [],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=None if output is None else subprocess.STDOUT,
        pass_fds=pass_fds,
        start_new_session=True,
        preexec_fn=_bond(os.getpid(), last_signal),  # noqa: PLW1509 - see _bond
    )


def _bond(parent: int, last_signal: signal.Signals) -> Callable[[], None]:
    """What the child does between fork and exec, where other threads' locks stay locked forever:
    so it takes none, and calls only the kernel.
    """

    def bond() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, [])  # the parent waits with signals blocked
        if sys.platform == "linux":
            _LIBC.prctl(PR_SET_PDEATHSIG, int(last_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return bond
