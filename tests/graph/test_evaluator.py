"""The evaluating process: what it answers, and that a worker can reach nothing, whatever it is asked to evaluate."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from graph.evaluator import RDF_FORMATS, RESULT_FORMATS, FrameWriter, answer
from graph.forking import Forked, receive_exactly
from graph.rdf import NamedNode, Quad, Store, open_memory
from graph.spawner import HOLDER, Spawner
from graph.versions import Version
from tests.conftest import ROOT
from tests.graph.listener import listening

THING = NamedNode("http://example.org/a")
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
Frames = list[tuple[bytes, bytes]]

CONFINED = """
import sys
from graph import confine
from graph.evaluator import _evaluate
from graph.rdf import open_memory
query = sys.stdin.read()
store = open_memory()
getattr(confine, sys.argv[1])()
try:
    print(len(list(_evaluate(store, {"query": query}))), "rows")
except OSError as error:
    print("OSError", error)
except (RuntimeError, SyntaxError) as error:
    print(type(error).__name__, error)
"""


def reply(store: Store, **request: Any) -> Frames:
    """The frames that answer a request."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        answer(store, {"solutions": "json", "graph": "nt", **request}, FrameWriter(theirs))
        theirs.close()
        frames = []
        while head := ours.recv(1):
            frames.append((head, receive_exactly(ours, int.from_bytes(receive_exactly(ours, 4)))))
        return frames


@pytest.fixture(scope="module")
def store() -> Store:
    return open_memory([Quad(THING, THING, THING)])


@pytest.mark.parametrize("form", RESULT_FORMATS)
def test_a_reply_of_rows_is_a_head_data_and_an_end_in_each_format(store: Store, form: str) -> None:
    frames = reply(store, query="SELECT * { ?s ?p ?o }", solutions=form)
    assert [letter for letter, _ in frames] == [b"H", b"D", b"E"]
    assert json.loads(frames[0][1]) == {"kind": "solutions", "format": form}
    assert b"http://example.org/a" in frames[1][1]


@pytest.mark.parametrize("form", RDF_FORMATS)
def test_a_reply_of_triples_comes_in_each_format(store: Store, form: str) -> None:
    frames = reply(store, query="CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }", graph=form)
    assert json.loads(frames[0][1]) == {"kind": "graph", "format": form}
    assert b"example.org/" in frames[1][1]


def test_prefixes_shorten_turtle(store: Store) -> None:
    query = "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }"
    frames = reply(store, query=query, graph="ttl", prefixes={"ex": "http://example.org/"})
    assert b"ex:a ex:a ex:a" in frames[1][1]


@pytest.mark.parametrize(("query", "kind"), [("ASK {}", "solutions"), ("DESCRIBE <http://example.org/a>", "graph")])
def test_a_format_that_was_not_asked_for_is_not_given(store: Store, query: str, kind: str) -> None:
    ((letter, payload),) = reply(store, query=query, solutions=None, graph=None)
    assert (letter, json.loads(payload)) == (b"X", {"error": "not acceptable", "kind": kind})


@pytest.mark.parametrize(("query", "line", "column"), [("SELECT *\n{ ?s ?p }", 2, 10), ("ASK { ?s ?p ?o", 1, 15)])
def test_a_syntax_error_tells_line_and_column(store: Store, query: str, line: int, column: int) -> None:
    ((letter, payload),) = reply(store, query=query)
    failure = json.loads(payload)
    assert (letter, failure["error"], failure["line"], failure["column"]) == (b"X", "syntax", line, column)
    assert failure["message"] and "error at" not in failure["message"]


def test_service_and_updates_are_refused_by_the_worker_itself(store: Store) -> None:
    for query in ("SELECT * { SERVICE <http://example.org/> {} }", "LOAD <http://example.org/>"):
        ((letter, payload),) = reply(store, query=query)
        assert (letter, json.loads(payload)["error"]) == (b"X", "forbidden")


def test_a_dataset_is_what_was_asked_for(store: Store) -> None:
    query = "SELECT * { ?s ?p ?o }"
    assert json.loads(reply(store, query=query, default_graphs=["http://example.org/none"])[1][1])["results"][
        "bindings"] == []  # fmt: skip
    assert json.loads(reply(store, query=query, named_graphs=["http://example.org/none"])[1][1])["results"][
        "bindings"] == []  # fmt: skip


def test_a_graph_name_that_is_no_iri_is_a_failure_and_not_the_end(store: Store) -> None:
    ((letter, payload),) = reply(store, query="ASK {}", default_graphs=["no iri"])
    assert (letter, json.loads(payload)["error"]) == (b"X", "evaluation")


OUTBOUND = (
    "SELECT * { SERVICE <URL> { ?s ?p ?o } }",
    "SELECT * { SERVICE SILENT <URL> { ?s ?p ?o } }",
    "SELECT * { SERVICESILENT<URL>{ ?s ?p ?o } }",
    "PREFIX ex: <URL> SELECT * { SERVICEex:a { ?s ?p ?o } }",
    "SELECT * { VALUES ?x { <URL> } SERVICE ?x { ?s ?p ?o } }",
    "SELECT * FROM <URL> { ?s ?p ?o }",
    "SELECT * FROM NAMED <URL> { GRAPH ?g { ?s ?p ?o } }",
    "LOAD <URL>",
)


def confined(query: str, fence: str) -> str:
    """What evaluating *query* says in a confined process that nothing has checked it for."""
    done = subprocess.run([sys.executable, "-c", CONFINED, fence], input=query, cwd=ROOT, text=True,
                          capture_output=True, timeout=60, check=True)  # fmt: skip
    return done.stdout


def test_without_confinement_the_engine_would_call_another_host() -> None:
    """Otherwise the tests below would prove nothing."""
    for query in OUTBOUND[:4]:
        with listening() as other:
            with contextlib.suppress(OSError):
                list(open_memory().query(query.replace("URL", other.url)))
            assert len(other.stop()) == 1, query


@pytest.mark.parametrize("fence", ["forbid_files", "forbid_sockets"])
def test_a_confined_worker_connects_to_nothing_whatever_it_evaluates(fence: str) -> None:
    with listening() as other:
        said = [confined(query.replace("URL", other.url), fence).split()[0] for query in OUTBOUND]
        assert other.stop() == []
    assert said == ["OSError", "1", "1", "OSError", "RuntimeError", "0", "0", "SyntaxError"]


class Holder:
    """A process that holds a version, spoken to as `graph.evaluate` does."""

    def __init__(self, version: Version, mebibytes: int = 256) -> None:
        self._spawner = Spawner(functions=(HOLDER,))
        request = {"folder": str(version.folder), "held": "memory", "mebibytes": mebibytes}
        self.process = self._spawner.fork(HOLDER, request)
        assert self.process.receive(None) == (b"R", b"")

    def connect(self) -> tuple[Forked, int]:
        """A worker, and a handle of it."""
        worker = Forked(self.process.connection, threading.Lock())
        assert worker.receive(None) == (b"R", b"")
        return worker, os.pidfd_open(worker.pid)

    def close(self) -> None:
        """Let it end."""
        self.process.close()
        self._spawner.close()


def send(worker: Forked, query: str, **more: Any) -> None:
    worker.send(json.dumps({"query": query, "solutions": "csv", "graph": "nt", **more}).encode())


def ended(process: int, seconds: float = 30) -> bool:
    """Whether the process of a handle ends within *seconds*; the handle is closed."""
    try:
        return bool(select.select([process], [], [], seconds)[0])
    finally:
        os.close(process)


@pytest.fixture
def holder(version: Version) -> Iterator[Holder]:
    made = Holder(version)
    yield made
    made.close()


def test_a_worker_answers_one_query_after_another(holder: Holder) -> None:
    worker, process = holder.connect()
    for number in range(3):
        send(worker, f"SELECT ({number} AS ?n) {{}}")
        assert [worker.receive(None)[0] for _ in range(3)] == [b"H", b"D", b"E"]
    worker.close()
    assert ended(process)


def test_a_worker_ends_with_its_connection(holder: Holder) -> None:
    worker, process = holder.connect()
    worker.close()
    assert ended(process)


def test_a_worker_killed_at_work_costs_nobody_else_anything(holder: Holder) -> None:
    (one, first), (other, second) = holder.connect(), holder.connect()
    send(one, ENDLESS)
    one.kill()
    assert ended(first)
    send(other, "ASK {}")
    assert other.receive(None)[0] == b"H"
    other.close()
    assert ended(second)


def test_the_holder_and_its_workers_end_when_it_is_let_go(holder: Holder) -> None:
    worker, process = holder.connect()
    handle = os.pidfd_open(holder.process.pid)
    send(worker, ENDLESS)
    holder.process.connection.shutdown(socket.SHUT_RDWR)
    assert ended(handle) and ended(process)
    worker.close()


def test_a_worker_can_open_neither_files_nor_sockets_and_has_a_memory_limit(holder: Holder) -> None:
    worker, process = holder.connect()
    send(worker, "ASK {}")
    worker.receive(None)
    limits = Path(f"/proc/{worker.pid}/limits").read_text()
    rows = {line[:25].strip(): line[26:].split()[:2] for line in limits.splitlines()}
    assert rows["Max open files"] == ["0", "0"]
    assert rows["Max address space"][0] != "unlimited"
    assert rows["Max core file size"] == ["0", "0"]
    worker.close()
    assert ended(process)
