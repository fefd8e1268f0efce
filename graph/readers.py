"""Which version each reading process serves: a file for each in `DATA/readers`, locked while its process is alive.

A writer that has moved `current` waits here until no process answers from an older version. The system releases a lock
when its holder dies, so a file that can be locked belongs to nobody, and whoever meets it removes it.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from pathlib import Path

FOLDER = "readers"
LOOK_SECONDS = 0.005


class Presence:
    """This process, as a reader of the versions in a data folder; version 0 until it serves one."""

    def __init__(self, data: Path) -> None:
        """Make the file; OSError where the folder cannot be written."""
        folder = data / FOLDER
        folder.mkdir(exist_ok=True)
        while True:
            self._handle, name = tempfile.mkstemp(prefix=f"{os.getpid()}-", dir=folder)
            self._path = Path(name)
            fcntl.flock(self._handle, fcntl.LOCK_EX)
            if os.fstat(self._handle).st_nlink:  # else somebody met it before it was locked
                break
            os.close(self._handle)
        self.publish(0)

    def publish(self, number: int) -> None:
        """Tell that version *number* is served from now on."""
        os.pwrite(self._handle, b"%020d %020d\n" % (number, number), 0)

    def close(self) -> None:
        """Tell that nothing is served any more."""
        self._path.unlink(missing_ok=True)
        os.close(self._handle)


def oldest_served(data: Path) -> int | None:
    """The oldest version that a process serves now, None where none does; files of dead processes are removed."""
    folder = data / FOLDER
    found = [_served(path) for path in folder.iterdir()] if folder.is_dir() else []
    return min((number for number in found if number is not None), default=None)


def wait_until_served(data: Path, number: int, seconds: float) -> bool:
    """True as soon as no process serves an older version than *number*; False where one still does after *seconds*."""
    deadline = time.monotonic() + seconds
    while (oldest := oldest_served(data)) is not None and oldest < number:
        if time.monotonic() >= deadline:
            return False
        time.sleep(LOOK_SECONDS)
    return True


def _served(path: Path) -> int | None:
    """The version that the process of a file serves; None where it is dead."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        else:
            path.unlink(missing_ok=True)
            return None
        first, _, second = file.read().strip().partition(b" ")
    # The number stands there twice, so that one read while it was written is not taken for another.
    return int(first) if first == second and first.isdigit() else 0
