"""Whatever moment a writer is killed at: what was acknowledged is there, what was not is there whole or not at all."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from graph.adopt import adopt
from graph.errors import WriteDeadlineError
from graph.spawner import Spawner
from graph.tokens import Tokens
from tests.kill_tasks import project, statements
from tests.server.live import Live, descendants, fetch

WRITE, LOOK = "tests.kill_tasks:write", "tests.kill_tasks:look"
BY_FILE, BY_HTTP = 150, 50
"""Moments; two hundred together."""

LEFT = {"current", "idempotency", "lock", "readers", "tokens.json", "tokens.lock", "versions"}
"""What may stand in a data folder that nobody writes to."""


@pytest.fixture
def spawner() -> Iterator[Spawner]:
    made = Spawner(functions=(WRITE, LOOK))
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a dataset in its first version, and a shape that costs each write a validation."""
    shape = tmp_path / "shape.ttl"
    shape.write_text(
        "@prefix sh: <http://www.w3.org/ns/shacl#> . <http://e/Shape> a sh:NodeShape ; "
        "sh:targetSubjectsOf <http://e/number> ; sh:property <http://e/Part> . "
        "<http://e/Part> sh:path <http://e/number> ; sh:minCount 1 ."
    )
    adopt(project(str(tmp_path)), ["none"], [str(shape)], by="tests", tell=lambda _: None)
    return tmp_path


def check(spawner: Spawner, folder: Path, acknowledged: set[int], tried: set[int], *, sweep: bool) -> int:
    """The current version, which is whole and holds what was acknowledged, and nothing but what was tried.

    Nothing else is left behind: a server clears up after a write of its that was killed, and the next command that
    writes or serves after a command or a server that was, which *sweep* stands for.
    """
    state: dict[str, Any] = spawner.run(LOOK, {"folder": str(folder), "sweep": sweep})
    assert acknowledged <= set(state["files"]) <= tried
    assert state["versions"] == list(range(1, state["version"] + 1))
    assert state["version"] == len(state["files"]) + 1
    assert set(state["names"]) <= LEFT
    return int(state["version"])


def test_an_ingestion_that_is_killed_is_whole_or_absent(spawner: Spawner, folder: Path) -> None:
    chance = random.Random(9)  # noqa: S311 - moments, not secrets
    acknowledged: set[int] = set()
    spawner.run(WRITE, {"folder": str(folder), "number": 0})
    began = time.monotonic()
    spawner.run(WRITE, {"folder": str(folder), "number": 1})
    usual = time.monotonic() - began
    acknowledged |= {0, 1}
    for number in range(2, BY_FILE + 2):
        try:
            spawner.run(WRITE, {"folder": str(folder), "number": number}, seconds=chance.random() * usual * 1.5)
        except WriteDeadlineError:
            pass
        else:
            acknowledged.add(number)
        check(spawner, folder, acknowledged, set(range(number + 1)), sweep=True)
    assert 2 < len(acknowledged) < BY_FILE, "the moments are all too early, or all too late"


def test_a_write_by_http_whose_process_or_server_is_killed_is_whole_or_absent(spawner: Spawner, folder: Path) -> None:
    chance = random.Random(8)  # noqa: S311 - moments, not secrets
    secret = Tokens(folder / "data").create("tests", ["ingest"])
    acknowledged: set[int] = set()
    live = Live(project(str(folder)), folder / "log", "--processes", "1")
    try:
        usual = put(live, secret, 0, acknowledged)
        for number in range(1, BY_HTTP + 1):
            is_all = number % 5 == 0
            timer = threading.Timer(chance.random() * usual * 1.5, kill, (live, is_all))
            timer.start()
            put(live, secret, number, acknowledged)
            timer.join()
            if is_all:
                live.stop(number=signal.SIGKILL, to_group=True)
                live = Live(project(str(folder)), folder / "log", "--processes", "1")
            check(spawner, folder, acknowledged, set(range(number + 1)), sweep=False)
    finally:
        live.stop()
    assert 1 < len(acknowledged) < BY_HTTP, "the moments are all too early, or all too late"


def put(live: Live, secret: str, number: int, acknowledged: set[int]) -> float:
    """Put a graph, remember where that was acknowledged; the seconds that it took."""
    began = time.monotonic()
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/n-triples"}
    url = f"{live.url}/graphs?graph=http://e/graph{number}"
    try:
        reply = fetch(url, data=statements(number).encode(), headers=headers, method="PUT")
    except OSError:
        return time.monotonic() - began
    assert reply.status in (201, 503), reply.body
    if reply.status == 201:
        acknowledged.add(number)
    return time.monotonic() - began


def kill(live: Live, is_all: bool) -> None:
    """Kill the whole server, or what it forked and nothing else."""
    if is_all:
        os.killpg(live.process.pid, signal.SIGKILL)
        return
    for process in descendants(live.process.pid):
        if "graph.spawner" in process.command:
            try:
                os.kill(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
