"""A real `letapis serve` process for tests: started on a free port, watched through /proc, ended for sure."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from graph.project import Project

PATIENCE = 30.0
"""Seconds to wait for what must happen; only a failing test waits so long."""

CROSS_PRODUCT = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
"""Would take days on the invented record."""


@dataclass(frozen=True)
class Reply:
    """A whole HTTP answer, of whatever status."""

    status: int
    headers: Mapping[str, str]
    """Their names in lower case."""
    body: bytes = field(repr=False)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def _lower(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def fetch(
    url: str, *, data: bytes | None = None, headers: Mapping[str, str] | None = None, method: str | None = None
) -> Reply:
    """One request by urllib; an error status is an answer too."""
    request = urllib.request.Request(url, data=data, headers=dict(headers or {}), method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            return Reply(response.status, _lower(response.headers), response.read())
    except urllib.error.HTTPError as error:
        with error:
            return Reply(error.code, _lower(error.headers), error.read())


def wait_until(happened: Callable[[], bool], what: str) -> None:
    """Ask again and again until *happened*; fails with *what* was waited for."""
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.02)  # between two looks; nothing is assumed of it


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Process:
    """A process as /proc shows it at one moment."""

    pid: int
    parent: int
    state: str
    ticks: int
    command: str


def read_process(pid: int) -> Process | None:
    """What /proc says of *pid*; None where it is gone or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    if fields[0] in "ZX":
        return None
    return Process(pid, int(fields[1]), fields[0], int(fields[11]) + int(fields[12]), command)


def descendants(pid: int) -> list[Process]:
    """The processes below *pid*, nearest first."""
    every = [read_process(int(path.name)) for path in Path("/proc").iterdir() if path.name.isdecimal()]
    found, parents = [], {pid}
    while parents:
        below = [process for process in every if process is not None and process.parent in parents]
        found += below
        parents = {process.pid for process in below}
    return found


class Live:
    """A server process on *port*; `stop` or leaving the `with` block ends it."""

    def __init__(self, project: Project, log: Path, *options: str) -> None:
        self.project = project
        self.log = log
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "graph", "serve", "--root", str(project.root), "--data", str(project.data),
                 "--port", str(self.port), *options],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip
        wait_until(self._answers, f"{self.url} answers; its log: {log}")

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.get("/healthz").status == 200
        except OSError:
            return False

    def __enter__(self) -> Live:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Reply:
        return fetch(self.url + path, headers=headers)

    def query(self, text: str, **parameters: str) -> Reply:
        """A query by GET, its result in JSON."""
        path = f"/sparql?{urlencode({'query': text, **parameters})}"
        return self.get(path, {"Accept": "application/sparql-results+json"})

    def spawners(self) -> list[Process]:
        """The processes that fork others, one for each web process."""
        below = descendants(self.process.pid)
        forking = {process.pid for process in below if "graph.spawner" in process.command}
        return [process for process in below if process.pid in forking and process.parent not in forking]

    def evaluators(self) -> list[Process]:
        """The processes that hold a version for queries."""
        return self._children(self.spawners())

    def workers(self) -> list[Process]:
        """The processes that evaluate queries."""
        return self._children(self.evaluators())

    def _children(self, parents: Iterable[Process]) -> list[Process]:
        ids = {process.pid for process in parents}
        return [process for process in descendants(self.process.pid) if process.parent in ids]

    def wait_for_rest(self) -> None:
        """Wait until the same workers used no processor time for thirty of the system's ticks."""
        seen: dict[int, int] = {}
        since = time.monotonic()

        def rest() -> bool:
            nonlocal seen, since
            now = {process.pid: process.ticks for process in self.workers()}
            if now != seen:
                seen, since = now, time.monotonic()
            return time.monotonic() - since > 0.3

        wait_until(rest, "no worker uses the processor")

    def stop(self, *, number: int = signal.SIGTERM, to_group: bool = False) -> None:
        """Send a signal, and wait until no process of the server is left."""
        below = descendants(self.process.pid)
        if self.process.poll() is None:
            (os.killpg if to_group else os.kill)(self.process.pid, number)
        try:
            self.process.wait(timeout=PATIENCE)
            wait_until(lambda: not any(_is_still(process) for process in below), "all processes ended")
        finally:
            for pid in [self.process.pid, *(process.pid for process in below if _is_still(process))]:
                with contextlib.suppress(ProcessLookupError):
                    if pid != self.process.pid or self.process.poll() is None:
                        os.kill(pid, signal.SIGKILL)


def _is_still(process: Process) -> bool:
    now = read_process(process.pid)
    return now is not None and now.command == process.command
