"""A small process that forks others for a program of many threads, which must not fork itself.

    python -m graph.spawner MODULE:FUNCTION…

It is started once, imports the modules of these functions, and runs one of them in a new process for each socket that
comes over its standard input, itself a socket. It has one thread and opens no store, which makes forking safe. It ends
when the other end of its standard input is closed, that is, with its parent, and what it forked ends with it.

A forked process gets one request (see `graph.forking`): which function, and with what. Its reply is a frame `E`, JSON
that the function returned, or `X`, JSON that describes an error of ours. A function that keeps the connection, as
`graph.evaluator:hold` does, has frames of its own.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from graph import errors
from graph.confine import limit_memory
from graph.errors import LetapisError, Spot, UsageError, WriteBusyError, WriteDeadlineError, WriteLostError
from graph.forking import Forked, fork_for_each, is_closed, receive_request, send_frame

HOLDER = "graph.evaluator:hold"
"""Holds a version for queries; it keeps the connection, all others reply once."""
COMMITTER = "graph.committer:run"
"""Makes the next version of a write."""

TASK_NICENESS = 5
"""Writes yield the processor to readers, and queries, at 10, to writes."""

END_SECONDS = 10.0
"""How long a spawner that was told to end is waited for."""


@dataclass(frozen=True)
class WriteLimits:
    """What one write may take: seconds, memory, bytes of its body; and how many a server process has under way.

    Where it *needs_match*, who changes a graph must say what was seen of it (`If-Match`).
    """

    seconds: float = 120.0
    mebibytes: int = 4096
    body_bytes: int = 256 * 2**20
    at_once: int = 4
    needs_match: bool = False


def main(functions: Sequence[str]) -> None:
    """Fork a process for each socket that comes over standard input, to run one of *functions*."""
    control = socket.socket(fileno=os.dup(sys.stdin.fileno()))
    with Path(os.devnull).open() as nothing:
        os.dup2(nothing.fileno(), sys.stdin.fileno())
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the parent decides when to end
    if HOLDER in functions:
        _import((HOLDER,))  # wanted at once
    fork_for_each(control, partial(_obey, functions), partial(_import, functions))


def _import(functions: Sequence[str]) -> None:
    for function in functions:
        with contextlib.suppress(ImportError):  # the process that needs it will say so
            importlib.import_module(function.partition(":")[0])
    gc.collect()
    gc.freeze()


def _obey(functions: Sequence[str], connection: socket.socket) -> None:
    """Do what the one request of this process says, and reply."""
    payload, handles = receive_request(connection)
    try:
        reply = _run(functions, connection, json.loads(payload), handles)
    except LetapisError as error:
        send_frame(connection, b"X", json.dumps(_describe(error)).encode())
    else:
        send_frame(connection, b"E", json.dumps(reply).encode())


def _run(functions: Sequence[str], connection: socket.socket, asked: dict[str, Any], handles: list[int]) -> Any:
    name = asked["function"]
    if name not in functions:
        raise UsageError(f"`{name}` is none of the functions that may be run here.")
    module, _, function = name.partition(":")
    call = getattr(importlib.import_module(module), function)
    if name == HOLDER:
        return call(connection, asked["request"])
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    limit_memory(asked["mebibytes"])
    os.nice(TASK_NICENESS)
    return call(asked["request"], handles)


def _describe(error: LetapisError) -> dict[str, Any]:
    """The error for the other side; one that carries more than plain values arrives as the base of all."""
    values = {key: value for key, value in vars(error).items() if isinstance(value, str | int | float | None)}
    spot = getattr(error, "spot", None)
    is_whole = len(values) + (spot is not None) == len(vars(error))
    return {
        "error": type(error).__name__ if is_whole else LetapisError.__name__, "values": values,
        "spot": [spot.file, spot.line] if is_whole and isinstance(spot, Spot) else None,
    }  # fmt: skip


def rebuild(described: dict[str, Any]) -> LetapisError:
    """The error that the other side described."""
    kind = getattr(errors, described["error"], LetapisError)
    error: LetapisError = kind.__new__(kind, described["values"]["message"])
    vars(error).update(described["values"])
    if described["spot"] is not None:
        vars(error)["spot"] = Spot(*described["spot"])
    return error


class Spawner:
    """Starts processes for a program of many threads; started itself at the first use, and again where it died.

    Whoever keeps a process calls `enter` before and `leave` after; `close` takes effect after the last of them.
    """

    def __init__(self, limits: WriteLimits | None = None, functions: Sequence[str] = (HOLDER, COMMITTER)) -> None:
        self.limits = limits or WriteLimits()
        self._functions = tuple(functions)
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(self.limits.at_once)
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._users = 0
        self._is_closing = False

    def run(
        self, task: str, request: dict[str, Any], fds: Sequence[int] = (), *, seconds: float | None = None
    ) -> dict[str, Any]:
        """What the function *task* makes of *request* and of open files, in a process of its own, whole or an error.

        The files are shared: whoever reads one moves its position for both sides. Raises the error of ours that the
        function raised, WriteDeadlineError past *seconds* (else those of the limits), WriteLostError where the process
        died, WriteBusyError where too many are under way. After the first three nothing of it goes on.
        """
        seconds = self.limits.seconds if seconds is None else seconds
        if not self._places.acquire(blocking=False):
            raise WriteBusyError(self.limits.at_once)
        self.enter()
        try:
            letter, payload = self._reply(task, request, fds, seconds)
        finally:
            self.leave()
            self._places.release()
        reply: dict[str, Any] = json.loads(payload)
        if letter == b"X":
            raise rebuild(reply)
        return reply

    def _reply(self, task: str, request: dict[str, Any], fds: Sequence[int], seconds: float) -> tuple[bytes, bytes]:
        deadline = time.monotonic() + seconds
        forked = None
        try:
            forked = self.fork(task, request, fds, deadline)
            return forked.receive(deadline)
        except TimeoutError:
            raise WriteDeadlineError(seconds) from None
        except (EOFError, OSError):
            raise WriteLostError(self.limits.mebibytes) from None
        finally:
            if forked is not None:
                forked.kill(wait=True)

    def fork(
        self, function: str, request: dict[str, Any], fds: Sequence[int] = (), deadline: float | None = None
    ) -> Forked:
        """A process that begins to run *function*; TimeoutError past *deadline*, EOFError or OSError without one."""
        asked = json.dumps({"function": function, "request": request, "mebibytes": self.limits.mebibytes}).encode()
        try:
            forked = Forked(self._reach(), self._lock, deadline)
        except TimeoutError:
            raise
        except (EOFError, OSError):  # the spawner was killed, or what it forked
            forked = Forked(self._reach(), self._lock, deadline)
        try:
            forked.send(asked, fds)
        except BaseException:
            forked.kill()
            raise
        return forked

    def _reach(self) -> socket.socket:
        """The control socket of a spawner that is alive."""
        with self._lock:
            if self._control is None or is_closed(self._control):
                self._end()
                self._control = self._start()
            return self._control

    def _start(self) -> socket.socket:
        control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "graph.spawner", *self._functions],
                stdin=theirs.fileno(), stdout=subprocess.DEVNULL, cwd=Path(__file__).parent.parent,
            )  # fmt: skip
        return control

    def enter(self) -> None:
        """Count one more that uses what it forks."""
        with self._lock:
            self._users += 1

    def leave(self) -> None:
        """Count one less, and end after the last where it was closed."""
        with self._lock:
            self._users -= 1
            if self._is_closing and not self._users:
                self._end()

    def close(self) -> None:
        """End as soon as nobody uses what it forked."""
        with self._lock:
            self._is_closing = True
            if not self._users:
                self._end()

    def _end(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            try:
                self._process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._control = self._process = None


if __name__ == "__main__":
    main(sys.argv[1:])
