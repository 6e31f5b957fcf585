"""Where the servers' programs are, and how a user without rights gets to run them.

Hard: a package may lie below a folder that is private to root, such as /root, and the servers
do not run as root. The folder stays private; the programs are copied.
"""

import hashlib
import importlib.util
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from pwd import struct_passwd

CACHE = Path("/var/cache/concierge")
OLDEST_REDIS = (6, 2)


def package(name: str) -> Path | None:
    """The folder of an installed package, found without importing it: that has side effects."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0])


def redis_on_path() -> Path | None:
    """This machine's redis-server, if it is new enough."""
    found = shutil.which("redis-server")
    if found is None:
        return None
    told = subprocess.run(  # noqa: S603 - the program that is to be run anyway
        [found, "--version"], capture_output=True, text=True, check=False
    )
    version = re.search(r"v=(\d+)\.(\d+)", told.stdout)
    new_enough = version and (int(version[1]), int(version[2])) >= OLDEST_REDIS
    return Path(found) if new_enough else None


def runnable(
    site: Path, folders: Sequence[str], user: struct_passwd | None, cache: Path = CACHE
) -> Path:
    """A folder that holds `folders` where `user` can run what is in them: `site` or a copy.

    `user` None stands for ourselves. Folders keep their places relative to each other: programs
    find their libraries by that. A copy is kept, where only we can write.
    """
    ways = {above for folder in folders for above in (site / folder, *(site / folder).parents)}
    if user is None or all(may_enter(way, user) for way in ways):
        return site
    ages = [(site / folder).stat().st_mtime_ns for folder in folders]
    mark = hashlib.sha256(f"{site} {folders} {ages}".encode()).hexdigest()[:16]
    copy = cache / mark
    if not copy.exists():
        cache.mkdir(parents=True, exist_ok=True)
        cache.chmod(0o755)
        draft = Path(tempfile.mkdtemp(dir=cache))
        for folder in folders:
            shutil.copytree(site / folder, draft / folder)
        for path in (draft, *draft.rglob("*")):
            path.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)
        with suppress(OSError):  # the same copy was made by somebody else meanwhile
            draft.rename(copy)
        shutil.rmtree(draft, ignore_errors=True)
    return copy


def may_enter(folder: Path, user: struct_passwd) -> bool:
    """Whether the folder's permission bits let the user through."""
    found = folder.stat()
    if found.st_uid == user.pw_uid:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid == user.pw_gid:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)
