"""Answers: complete or an error, within time, memory and size; from versions in memory and on disk alike."""

from __future__ import annotations

import csv
import io
import json
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from graph.errors import (
    BusyError,
    DeadlineError,
    QueryError,
    QueryForbiddenError,
    QuerySyntaxError,
    ResultTooLargeError,
    VersionError,
    WorkerLostError,
)
from graph.evaluate import Evaluators, Limits, NotAcceptableError, Request
from graph.rdf import DefaultGraph, Literal, NamedNode, Quad, open_writable
from graph.spawner import HOLDER, Spawner
from graph.versions import MEMORY_QUADS, Version, Versions
from tests.conftest import ROOT
from tests.graph.listener import listening

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
GREEDY = "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?c ?f ?a"
QUADS = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"

# Prints the handles' process ids, then waits to be killed.
PARENT = """
import sys
from pathlib import Path
from graph.evaluate import Evaluators, Limits, Request
from graph.versions import Versions
evaluators = Evaluators(Versions(Path(sys.argv[1])).get(1), Limits())
worker = evaluators.take()
pid = Path(f"/proc/self/fdinfo/{worker._handle}").read_text().split("Pid:")[1].split()[0]
print(evaluators._holder.pid, pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def on_disk(version: Version, tmp_path_factory: pytest.TempPathFactory) -> Version:
    """The same version, its manifest saying that it is too large to be held in memory."""
    data = tmp_path_factory.mktemp("disk")
    shutil.copytree(version.folder, data / "versions" / "1")
    manifest = data / "versions" / "1" / "manifest.json"
    manifest.write_text(json.dumps({**version.manifest, "quads": MEMORY_QUADS + 1}))
    return Versions(data).get(1)


@pytest.fixture(scope="module", params=["memory", "disk"])
def evaluators(request: pytest.FixtureRequest, version: Version, on_disk: Version) -> Iterator[Evaluators]:
    held = version if request.param == "memory" else on_disk
    assert held.held == request.param
    made = Evaluators(held, Limits(seconds=20, mebibytes=128, workers=3, result_bytes=2**20))
    yield made
    made.close()


def rows(evaluators: Evaluators, query: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(evaluators.answer(Request(query, solutions="csv")).read().decode())))[1:]


def workers_of(evaluators: Evaluators) -> list[int]:
    """Handles of the workers that are alive."""
    parent = evaluators._holder.pid
    return [os.pidfd_open(int(pid)) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def ended(handle: int, seconds: float = 30) -> bool:
    """Whether the process of a handle ends within *seconds*; the handle is closed."""
    try:
        return bool(select.select([handle], [], [], seconds)[0])
    finally:
        os.close(handle)


def test_every_quad_of_the_version_can_be_asked_for(evaluators: Evaluators, version: Version) -> None:
    default = rows(evaluators, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    named = rows(evaluators, QUADS)
    assert int(default[0][0]) + int(named[0][0]) == version.manifest["quads"]


def test_an_answer_tells_its_kind_format_and_size(evaluators: Evaluators) -> None:
    answer = evaluators.answer(Request("ASK {}", solutions="json"))
    content = answer.read()
    assert (answer.kind, answer.format, answer.size) == ("solutions", "json", len(content))
    assert json.loads(content)["boolean"] is True


def test_an_answer_larger_than_is_held_in_memory_comes_whole(evaluators: Evaluators) -> None:
    small = Evaluators(evaluators.version, Limits(memory_bytes=10))
    try:
        query = "SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o LIMIT 500"
        assert rows(small, query) == rows(evaluators, query)
        assert len(rows(small, query)) == 500
    finally:
        small.close()


def test_a_result_that_is_too_large_is_an_error_and_not_a_part_of_it(evaluators: Evaluators) -> None:
    with pytest.raises(ResultTooLargeError) as caught:
        evaluators.answer(Request("SELECT * { ?a ?b ?c . ?d ?e ?f }", seconds=20))
    assert caught.value.bytes == 2**20
    assert rows(evaluators, "SELECT (1 AS ?n) {}") == [["1"]]


def test_a_query_past_its_time_is_killed_and_its_process_is_gone(evaluators: Evaluators) -> None:
    rows(evaluators, "SELECT (1 AS ?n) {}")
    before = [os.pidfd_open(worker.pid) for worker in evaluators._free]
    assert before
    with pytest.raises(DeadlineError) as caught:
        evaluators.answer(Request(ENDLESS, seconds=0.2))
    assert caught.value.seconds == 0.2
    gone = [handle for handle in before if select.select([handle], [], [], 5)[0]]
    for handle in before:
        os.close(handle)
    assert len(gone) == 1
    assert rows(evaluators, "SELECT (2 AS ?n) {}") == [["2"]]


def test_the_longest_time_is_the_servers_not_the_clients(version: Version) -> None:
    hurried = Evaluators(version, Limits(seconds=0.2))
    try:
        with pytest.raises(DeadlineError) as caught:
            hurried.answer(Request(ENDLESS, seconds=3600))
        assert caught.value.seconds == 0.2
    finally:
        hurried.close()


def test_a_query_past_its_memory_is_an_error_and_the_next_is_answered(evaluators: Evaluators) -> None:
    with pytest.raises(WorkerLostError) as caught:
        evaluators.answer(Request(GREEDY))
    assert caught.value.mebibytes == 128
    assert rows(evaluators, "SELECT (3 AS ?n) {}") == [["3"]]


def test_a_text_that_breaks_the_engine_costs_its_worker_only(evaluators: Evaluators) -> None:
    with pytest.raises(QueryError):
        evaluators.answer(Request("SELECT * " + "{" * 100_000 + "}" * 100_000))
    assert rows(evaluators, "SELECT (4 AS ?n) {}") == [["4"]]


def test_a_worker_killed_from_outside_is_replaced(evaluators: Evaluators) -> None:
    rows(evaluators, "SELECT (1 AS ?n) {}")
    for handle in workers_of(evaluators):
        signal.pidfd_send_signal(handle, signal.SIGKILL)
        assert ended(handle)
    for _ in range(4):  # each of those that were free may be met dead, never answered for
        try:
            answer = rows(evaluators, "SELECT (5 AS ?n) {}")
        except WorkerLostError:
            continue
        break
    assert answer == [["5"]]


def test_when_every_worker_is_busy_the_next_query_is_told_so(version: Version) -> None:
    one = Evaluators(version, Limits(seconds=3, workers=1, wait_seconds=0.1))
    try:
        with ThreadPoolExecutor(4) as pool:
            outcomes = [pool.submit(one.answer, Request(ENDLESS)).exception for _ in range(4)]
            errors = [outcome() for outcome in outcomes]
        assert sorted(type(error).__name__ for error in errors) == ["BusyError"] * 3 + ["DeadlineError"]
        assert {error.seconds for error in errors if isinstance(error, BusyError)} == {0.1}
        assert rows(one, "SELECT (6 AS ?n) {}") == [["6"]]
    finally:
        one.close()


def test_a_query_for_which_there_is_no_place_to_wait_is_turned_away_at_once(version: Version) -> None:
    one = Evaluators(version, Limits(seconds=3, workers=1, waiting=1, wait_seconds=60))
    try:
        with ThreadPoolExecutor(6) as pool:
            outcomes = [pool.submit(one.answer, Request(ENDLESS)).exception for _ in range(6)]
            errors = [outcome() for outcome in outcomes]
    finally:
        one.close()
    assert sorted(type(error).__name__ for error in errors) == ["BusyError"] * 4 + ["DeadlineError"] * 2
    assert {error.seconds for error in errors if isinstance(error, BusyError)} == {0}


def test_queries_at_once_each_get_their_own_answer(evaluators: Evaluators) -> None:
    def ask(number: int) -> list[list[str]]:
        return rows(evaluators, f"SELECT ({number} AS ?n) (COUNT(*) AS ?m) {{ ?s ?p ?o }}")

    with ThreadPoolExecutor(3) as pool:
        assert [int(answer[0][0]) for answer in pool.map(ask, range(30))] == list(range(30))


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("SELEC * {}", QuerySyntaxError),
        ("SELECT * { ?s nothing:p ?o }", QuerySyntaxError),
        ("", QuerySyntaxError),
        ("ASK {} # " + "x" * 1_000_001, QuerySyntaxError),
        ("SELECT * { SERVICE <http://example.org/> {} }", QueryForbiddenError),
        ("INSERT DATA { <a:a> <a:b> <a:c> }", QueryForbiddenError),
    ],
)
def test_what_is_no_query_for_us_is_an_error_of_its_kind(
    evaluators: Evaluators, query: str, error: type[QueryError]
) -> None:
    with pytest.raises(error):
        evaluators.answer(Request(query))
    assert rows(evaluators, "SELECT (7 AS ?n) {}") == [["7"]]


def test_a_syntax_error_carries_line_and_column(evaluators: Evaluators) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        evaluators.answer(Request("SELECT *\n{ ?s ?p }"))
    assert caught.value.line == 2 and caught.value.column is not None


def test_a_kind_of_result_for_which_no_format_was_asked_is_an_error(evaluators: Evaluators) -> None:
    with pytest.raises(NotAcceptableError):
        evaluators.answer(Request("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o } LIMIT 1", graph=None))


def test_no_query_makes_a_connection_even_past_the_first_fence(evaluators: Evaluators) -> None:
    """A worker is spoken to directly; what evaluates unchecked is tested with the evaluator."""
    with listening() as other:
        for query in ("SELECT * { SERVICE <URL> { ?s ?p ?o } }", "LOAD <URL>", "DESCRIBE <URL>"):
            worker = evaluators.take()
            worker.send(Request(query.replace("URL", other.url)).to_json())
            assert worker.receive(None)[0] in (b"X", b"H")
            worker.kill()
        for query in ("SELECT * FROM <URL> { ?s ?p ?o }", "SELECT * FROM NAMED <URL> { GRAPH ?g { ?s ?p ?o } }"):
            assert rows(evaluators, query.replace("URL", other.url)) == []
        assert other.stop() == []


def test_a_version_of_many_files_is_read_whole_from_disk(tmp_path: Path) -> None:
    """RocksDB opens the first sixteen files with a store, and others only when they are needed."""
    (tmp_path / "versions" / "1").mkdir(parents=True)
    store = open_writable(tmp_path / "versions" / "1" / "store")
    for number in range(3):
        for graph in (DefaultGraph(), NamedNode("urn:g")):
            store.extend(Quad(NamedNode(f"urn:{number}.{n}"), NamedNode("urn:p"), Literal(n), graph) for n in range(50))
        store.flush()
    del store
    (tmp_path / "versions" / "1" / "manifest.json").write_text('{"quads": 300}')
    (tmp_path / "versions" / "1" / "commit.json").write_text("{}")
    assert len(list((tmp_path / "versions" / "1" / "store").glob("*.sst"))) > 16
    made = Evaluators(Versions(tmp_path).get(1), Limits(), on_disk=True)
    try:
        assert made.held == "disk"
        assert len(rows(made, "SELECT * { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }")) == 300
        assert rows(made, "SELECT ?o { GRAPH <urn:g> { <urn:0.7> ?p ?o } }") == [["7"]]
    finally:
        made.close()


def test_workers_can_be_had_ready_before_they_are_asked_for(version: Version) -> None:
    made = Evaluators(version, Limits(workers=3))
    try:
        made.prepare(2)
        ready = workers_of(made)
        rows(made, "SELECT (1 AS ?n) {}")
        assert len(ready) == len(workers_of(made)) == 2
        assert made.peak == 1
        for handle in (*ready, *workers_of(made)):
            os.close(handle)
    finally:
        made.close()


def test_versions_of_one_spawner_are_answered_apart(version: Version, on_disk: Version) -> None:
    spawner = Spawner(functions=(HOLDER,))
    one, two = Evaluators(version, Limits(), spawner), Evaluators(on_disk, Limits(), spawner)
    spawner.close()
    one.close()
    assert rows(two, "SELECT (1 AS ?n) {}") == [["1"]]
    two.close()


def test_an_evaluator_that_died_is_replaced(version: Version) -> None:
    made = Evaluators(version, Limits())
    try:
        handle = os.pidfd_open(made._holder.pid)
        signal.pidfd_send_signal(handle, signal.SIGKILL)
        assert ended(handle)
        assert rows(made, "SELECT (8 AS ?n) {}") == [["8"]]
    finally:
        made.close()


def test_evaluator_and_workers_end_when_their_parent_is_killed(version: Version) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(version.folder.parent.parent)], cwd=ROOT,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip
    assert parent.stdout is not None and parent.stdin is not None
    with parent.stdout as output, parent.stdin:
        handles = [os.pidfd_open(int(pid)) for pid in output.readline().split()]
        parent.kill()
        parent.wait()
        assert [ended(handle) for handle in handles] == [True, True]


def test_closing_ends_the_evaluator_and_every_worker(version: Version) -> None:
    made = Evaluators(version, Limits())
    rows(made, "SELECT (9 AS ?n) {}")
    handles = [os.pidfd_open(made._holder.pid), *workers_of(made)]
    assert len(handles) == 2
    made.close()
    assert [ended(handle) for handle in handles] == [True, True]


def test_a_version_that_cannot_be_opened_is_an_error_of_ours(version: Version, tmp_path: Path) -> None:
    shutil.copytree(version.folder, tmp_path / "versions" / "1")
    (tmp_path / "versions" / "1" / "store" / "CURRENT").write_text("no such file\n")
    with pytest.raises(VersionError, match="could not be opened"):
        Evaluators(Versions(tmp_path).get(1), Limits())
