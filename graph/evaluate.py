"""Answers to queries on one version, from killable worker processes, complete or an error."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from graph.errors import (
    BusyError,
    DeadlineError,
    QueryError,
    QueryForbiddenError,
    QuerySyntaxError,
    QueryUnsupportedError,
    ResultTooLargeError,
    VersionError,
    WorkerLostError,
)
from graph.evaluator import CHUNK, receive_exactly
from graph.versions import Version


@dataclass(frozen=True)
class Limits:
    """What one query may take: seconds, memory beyond the version's own, and how many run at once.

    A result is held back whole until it is complete, *memory_bytes* of it in memory and the rest in a file, so that
    every failure is an error with a status and a slow reader holds no worker; one larger than *result_bytes* is an
    error too. At most *waiting* queries wait for a worker, *wait_seconds* at the most; others are turned away at once.
    """

    seconds: float = 30.0
    mebibytes: int = 1024
    workers: int = 8
    waiting: int = 4
    wait_seconds: float = 5.0
    memory_bytes: int = 2**20
    result_bytes: int = 2**30


@dataclass(frozen=True)
class Request:
    """A query, the formats its result may take by kind (None: not acceptable), and its dataset."""

    query: str
    solutions: str | None = "json"
    graph: str | None = "ttl"
    base: str | None = None
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    prefixes: tuple[tuple[str, str], ...] = ()
    seconds: float | None = None

    def to_json(self) -> bytes:
        """The request as the worker reads it."""
        return json.dumps({
            "query": self.query, "solutions": self.solutions, "graph": self.graph, "base": self.base,
            "default_graphs": self.default_graphs, "named_graphs": self.named_graphs,
            "prefixes": dict(self.prefixes),
        }).encode()  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """A complete result: `solutions` or `graph`, in *format*, of *size* bytes."""

    kind: str
    format: str
    size: int
    _file: IO[bytes]

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the result, piece by piece, once."""
        with self._file:
            while part := self._file.read(CHUNK):
                yield part

    def close(self) -> None:
        """Let go of the result, read or not."""
        self._file.close()

    def read(self) -> bytes:
        """The bytes of the result, whole, once."""
        return b"".join(self.chunks())


class NotAcceptableError(QueryError):
    """The result is of a *kind* for which no acceptable format was asked."""

    def __init__(self, kind: str) -> None:
        what = "solutions (SELECT, ASK)" if kind == "solutions" else "a graph (CONSTRUCT, DESCRIBE)"
        super().__init__(f"the result is {what}, and none of its formats was accepted.", "Ask for one that fits.")
        self.kind = kind


class _Worker:
    """One connection to the evaluator, that is, one process of its own that can be killed."""

    def __init__(self, address: str) -> None:
        self.connection = socket.socket(socket.AF_UNIX)
        try:
            self.connection.connect(address)
            letter, payload = self.receive(None)
            if letter != b"P":
                raise EOFError
            # A handle, not a number: the number could be another process's by the time it is needed.
            self._process = os.pidfd_open(int(payload))
        except BaseException:
            self.connection.close()
            raise

    def send(self, payload: bytes) -> None:
        """Send one request."""
        self.connection.settimeout(None)
        self.connection.sendall(struct.pack("!I", len(payload)) + payload)

    def receive(self, deadline: float | None) -> tuple[bytes, bytes]:
        """One frame; TimeoutError past *deadline*, EOFError where the worker died."""
        head = self._receive(5, deadline)
        size = struct.unpack("!I", head[1:])[0]
        return head[:1], self._receive(size, deadline) if size else b""

    def _receive(self, size: int, deadline: float | None) -> bytes:
        remaining = None if deadline is None else max(deadline - time.monotonic(), 0.001)
        self.connection.settimeout(remaining)
        return receive_exactly(self.connection, size)

    def kill(self) -> None:
        """End the process at once."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._process, signal.SIGKILL)
        self.close()

    def close(self) -> None:
        """Let the process end by itself."""
        os.close(self._process)
        self.connection.close()


class Evaluators:
    """The workers of one version. Use from many threads; `close` when no request needs the version any more."""

    def __init__(self, version: Version, limits: Limits) -> None:
        self.version = version
        self.limits = limits
        self._folder = tempfile.TemporaryDirectory(prefix="letapis-")
        self._address = str(Path(self._folder.name) / "evaluator")
        self._slots = threading.BoundedSemaphore(limits.workers)
        self._places = threading.BoundedSemaphore(limits.waiting)
        self._lock = threading.Lock()
        self._free: list[_Worker] = []
        try:
            self._evaluator = self._start()
        except BaseException:
            self._folder.cleanup()
            raise

    def _start(self) -> subprocess.Popen[bytes]:
        evaluator = subprocess.Popen(
            [sys.executable, "-m", "graph.evaluator", str(self.version.folder.resolve()), self._address,
             str(self.limits.mebibytes)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parent.parent,
        )  # fmt: skip
        assert evaluator.stdout is not None  # noqa: S101 - asked for above
        if evaluator.stdout.readline() != b"ready\n":
            _end(evaluator)
            raise VersionError(f"version {self.version.number} could not be opened for queries.", "Build it again.")
        return evaluator

    def _restart(self) -> None:
        """Replace an evaluator that died; nothing where another thread did, or it is alive."""
        with self._lock:
            if self._evaluator.poll() is not None:
                _end(self._evaluator)
                Path(self._address).unlink(missing_ok=True)
                self._evaluator = self._start()

    def close(self) -> None:
        """End the evaluator and its workers."""
        with self._lock:
            workers, self._free = self._free, []
        for worker in workers:
            worker.close()
        _end(self._evaluator)
        self._folder.cleanup()

    def answer(self, request: Request) -> Answer:
        """The answer to *request*; QueryError (see its children) instead of any incomplete one."""
        seconds = min(request.seconds or self.limits.seconds, self.limits.seconds)
        self._take_slot()
        run = _Run(self, seconds)
        try:
            return run.start(request)
        except BaseException:
            run.abandon()
            raise

    def _take_slot(self) -> None:
        """A slot at once, or after waiting in one of the few places; BusyError where there is neither."""
        if self._slots.acquire(blocking=False):
            return
        if not self._places.acquire(blocking=False):
            raise BusyError(0)
        try:
            if not self._slots.acquire(timeout=self.limits.wait_seconds):
                raise BusyError(self.limits.wait_seconds)
        finally:
            self._places.release()

    def take(self) -> _Worker:
        """A free worker, or a new one; from a new evaluator where the old one died."""
        with self._lock:
            if self._free:
                return self._free.pop()
        try:
            return _Worker(self._address)
        except (EOFError, OSError):
            self._restart()
        try:
            return _Worker(self._address)
        except (EOFError, OSError):
            raise WorkerLostError(self.limits.mebibytes) from None

    def give_back(self, worker: _Worker | None) -> None:
        """Take back a worker that finished, or count one that is gone."""
        if worker is not None:
            with self._lock:
                self._free.append(worker)
        self._slots.release()


def _end(evaluator: subprocess.Popen[bytes]) -> None:
    """Let the evaluator end, by closing its standard input."""
    for pipe in (evaluator.stdin, evaluator.stdout):
        if pipe is not None:
            pipe.close()
    evaluator.wait(timeout=10)


class _Run:
    """One query on one worker: from taking it to giving it back, exactly once."""

    def __init__(self, evaluators: Evaluators, seconds: float) -> None:
        self._evaluators = evaluators
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds
        self._worker: _Worker | None = None
        self._done = False

    def start(self, request: Request) -> Answer:
        """Evaluate to the end."""
        self._send(request.to_json())
        letter, payload = self._receive()
        if letter == b"X":
            self._fail(payload)
        head: dict[str, Any] = json.loads(payload)
        spool = tempfile.SpooledTemporaryFile(self._evaluators.limits.memory_bytes)  # noqa: SIM115 - the answer's
        try:
            size = self._fill(spool)
        except BaseException:
            spool.close()
            raise
        return Answer(head["kind"], head["format"], size, spool)

    def _fill(self, spool: IO[bytes]) -> int:
        """Take the result to its end into *spool*; its size."""
        size = 0
        while True:
            letter, payload = self._receive()
            if letter == b"E":
                self._finish()
                spool.seek(0)
                return size
            if letter == b"X":
                self._fail(payload)
            size += len(payload)
            if size > self._evaluators.limits.result_bytes:
                raise ResultTooLargeError(self._evaluators.limits.result_bytes)
            try:
                spool.write(payload)
            except OSError as error:
                raise QueryError(f"the result could not be held: {error.strerror}.", "Ask for fewer rows.") from None

    def _send(self, payload: bytes) -> None:
        """Hand the request to a worker; one that died while it was free is replaced."""
        while True:
            self._worker = self._evaluators.take()
            try:
                self._worker.send(payload)
            except OSError:
                self._worker.kill()
                self._worker = None
            else:
                return

    def _receive(self) -> tuple[bytes, bytes]:
        assert self._worker is not None  # noqa: S101 - set by _send
        try:
            return self._worker.receive(self._deadline)
        except TimeoutError:
            self.abandon()
            raise DeadlineError(self._seconds) from None
        except (EOFError, OSError):
            self.abandon()
            raise WorkerLostError(self._evaluators.limits.mebibytes) from None

    def _fail(self, payload: bytes) -> None:
        self._finish()
        failure = json.loads(payload)
        if failure["error"] == "syntax":
            raise QuerySyntaxError(failure["message"], failure["line"], failure["column"])
        if failure["error"] == "forbidden":
            raise QueryForbiddenError(failure["message"], failure["remedy"])
        if failure["error"] == "unsupported":
            raise QueryUnsupportedError(failure["message"], failure["remedy"])
        if failure["error"] == "not acceptable":
            raise NotAcceptableError(failure["kind"])
        raise QueryError(f"the evaluation failed: {failure['message']}")

    def _finish(self) -> None:
        if not self._done:
            self._done = True
            self._evaluators.give_back(self._worker)

    def abandon(self) -> None:
        """Kill the worker of a query that is not finished."""
        if not self._done:
            self._done = True
            if self._worker is not None:
                self._worker.kill()
            self._evaluators.give_back(None)
