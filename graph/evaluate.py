"""Answers to queries on one version, from killable worker processes, complete or an error."""

from __future__ import annotations

import contextlib
import json
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
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
from graph.evaluator import CHUNK
from graph.forking import Forked, is_closed
from graph.spawner import HOLDER, Spawner
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


class Evaluators:
    """The workers of one version. Use from many threads; `close` when no request needs the version any more.

    They are forked by *spawner*, by one of their own where none is given. With *on_disk* they read the version from
    disk, whatever its size. Without *wait*, call `wait` before anything else. VersionError where it cannot be opened.
    """

    def __init__(
        self, version: Version, limits: Limits, spawner: Spawner | None = None,
        *, on_disk: bool = False, wait: bool = True,
    ) -> None:  # fmt: skip
        self.version = version
        self.limits = limits
        self.held = "disk" if on_disk else version.held
        self.peak = 0
        """How many queries ran at once, at the most."""
        self._spawner = spawner or Spawner(functions=(HOLDER,))
        self._is_own_spawner = spawner is None
        self._slots = threading.BoundedSemaphore(limits.workers)
        self._places = threading.BoundedSemaphore(limits.waiting)
        self._lock = threading.Lock()
        self._free: list[Forked] = []
        self._busy = 0
        self._spawner.enter()
        try:
            self._holder = self._begin()
        except BaseException:
            self._release()
            raise
        if wait:
            self.wait()

    def wait(self) -> None:
        """Return when the version is held; VersionError where it cannot be, and then this is closed."""
        if not _is_ready(self._holder):
            self.close()
            raise self._unopened()

    def _begin(self) -> Forked:
        """A process that begins to hold the version; VersionError where there can be none."""
        request = {"folder": str(self.version.folder.resolve()), "held": self.held, "mebibytes": self.limits.mebibytes}
        try:
            return self._spawner.fork(HOLDER, request)
        except (EOFError, OSError):
            raise self._unopened() from None

    def _unopened(self) -> VersionError:
        return VersionError(f"version {self.version.number} could not be opened for queries.", "Build it again.")

    def _restart(self) -> None:
        """Replace a holder that died; nothing where another thread did, or it is alive."""
        with self._lock:
            if is_closed(self._holder.connection):
                begun = self._begin()
                if not _is_ready(begun):
                    begun.close()
                    raise self._unopened()
                self._holder.close()
                self._holder = begun

    def prepare(self, workers: int) -> None:
        """Have so many workers ready before they are asked for; VersionError where there can be none."""
        made: list[Forked] = []
        with contextlib.suppress(EOFError, OSError):
            for _ in range(min(workers, self.limits.workers)):
                made.append(Forked(self._holder.connection, self._lock))
        ready = [worker for worker in made if _is_ready(worker)]
        if len(ready) < len(made) or not ready:
            for worker in made:
                worker.kill()
            raise self._unopened()
        with self._lock:
            self._free += ready

    def close(self) -> None:
        """End the holder and its workers."""
        with self._lock:
            workers, self._free = self._free, []
            self._holder.close()
        for worker in workers:
            worker.close()
        self._release()

    def _release(self) -> None:
        self._spawner.leave()
        if self._is_own_spawner:
            self._spawner.close()

    def answer(self, request: Request) -> Answer:
        """The answer to *request*; QueryError (see its children) instead of any incomplete one."""
        seconds = min(request.seconds or self.limits.seconds, self.limits.seconds)
        self._take_slot()
        with self._lock:
            self._busy += 1
            self.peak = max(self.peak, self._busy)
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

    def take(self) -> Forked:
        """A free worker, or a new one; from a new holder where the old one died."""
        with self._lock:
            if self._free:
                return self._free.pop()
        try:
            return self._fork()
        except (EOFError, OSError):
            self._restart()
        try:
            return self._fork()
        except (EOFError, OSError):
            raise WorkerLostError(self.limits.mebibytes) from None

    def _fork(self) -> Forked:
        """A new worker, ready; EOFError or OSError where there can be none."""
        worker = Forked(self._holder.connection, self._lock)
        if not _is_ready(worker):
            worker.close()
            raise EOFError
        return worker

    def give_back(self, worker: Forked | None) -> None:
        """Take back a worker that finished, or count one that is gone."""
        with self._lock:
            self._busy -= 1
            if worker is not None:
                self._free.append(worker)
        self._slots.release()


def _is_ready(forked: Forked) -> bool:
    """True when a holder or worker is ready, False where it never will be."""
    try:
        return forked.receive(None)[0] == b"R"
    except (EOFError, OSError):
        return False


class _Run:
    """One query on one worker: from taking it to giving it back, exactly once."""

    def __init__(self, evaluators: Evaluators, seconds: float) -> None:
        self._evaluators = evaluators
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds
        self._worker: Forked | None = None
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
