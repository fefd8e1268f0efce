"""What the tests of the spawner have run: functions of a request and open files, some of which come to no good end."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from graph.errors import DeadlineError, SourceError, Spot, VersionError

ECHO, HANG, CRASH, DIE, GROW, FAIL = (
    f"tests.graph.errands:{name}" for name in ("echo", "hang", "crash", "die", "grow", "fail")
)
EVERY = (ECHO, HANG, CRASH, DIE, GROW, FAIL)


def echo(request: dict[str, Any], handles: Sequence[int]) -> dict[str, Any]:
    """The request, what the files hold, and which processes had part in it."""
    return {
        "request": request, "files": [os.pread(handle, 1000, 0).decode() for handle in handles],
        "pid": os.getpid(), "parent": os.getppid(),
    }  # fmt: skip


def hang(request: dict[str, Any], handles: Sequence[int]) -> dict[str, Any]:
    """Write its number and its parent's to the first file, and never end."""
    os.write(handles[0], f"{os.getpid()} {os.getppid()}\n".encode())
    while True:
        signal.pause()


def crash(request: dict[str, Any], handles: Sequence[int]) -> dict[str, Any]:
    """An error that nobody expected."""
    return {"never": 1 / request["zero"]}


def die(request: dict[str, Any], handles: Sequence[int]) -> dict[str, Any]:
    """Killed from outside."""
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def grow(request: dict[str, Any], handles: Sequence[int]) -> dict[str, Any]:
    """Take as many MiB as asked for."""
    return {"taken": len(bytearray(request["mebibytes"] * 2**20)), "limits": Path("/proc/self/limits").read_text()}


def fail(request: dict[str, Any], handles: Sequence[int]) -> dict[str, Any]:
    """An error of ours."""
    laden = VersionError("too much", "Carry less.")
    vars(laden)["load"] = {"a": 1}
    raise {
        "spot": SourceError(Spot("x.ttl", 3), "wrong", "Mend it."), "value": DeadlineError(2.5), "laden": laden,
    }[request["kind"]]  # fmt: skip
