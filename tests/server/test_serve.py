"""`letapis serve` as a stranger runs it: real processes, real clients, and whatever may happen to them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import RDF, SKOS
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import JSON, JSONLD, N3, POST, POSTDIRECTLY, RDFXML, TURTLE, XML, SPARQLWrapper

from graph.iris import CANONICAL_BASE
from graph.project import Project
from graph.readers import wait_until_served
from graph.versions import Versions
from tests.server.live import CROSS_PRODUCT, PATIENCE, Live, fetch, read_process, wait_until

PERSON = f"{CANONICAL_BASE}id/P9001"
LABELS = f"SELECT ?label {{ <{PERSON}> <{SKOS.prefLabel}> ?label }}"
NAMES = {"Alfa Anchor", "Альфа Анкор"}


# Clients


def wrapper(live: Live, query: str, form: str) -> Any:
    client = SPARQLWrapper(f"{live.url}/sparql")
    client.setQuery(query)
    client.setReturnFormat(form)
    return client


@pytest.mark.parametrize("method", ["GET", POST])
@pytest.mark.parametrize("way", ["urlencoded", POSTDIRECTLY])
def test_sparqlwrapper_reads_json(live: Live, method: str, way: str) -> None:
    client = wrapper(live, LABELS, JSON)
    client.setMethod(method)
    client.setRequestMethod(way)
    bindings = client.queryAndConvert()["results"]["bindings"]
    assert {binding["label"]["value"] for binding in bindings} == NAMES


def test_sparqlwrapper_reads_xml(live: Live) -> None:
    document = wrapper(live, LABELS, XML).queryAndConvert()
    assert {node.firstChild.data for node in document.getElementsByTagName("literal")} == NAMES


# SPARQLWrapper reads triples into rdflib's deprecated class.
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
@pytest.mark.parametrize("form", [TURTLE, N3, XML, RDFXML, JSONLD])
def test_sparqlwrapper_reads_triples(live: Live, form: str) -> None:
    answer = wrapper(live, f"CONSTRUCT WHERE {{ <{PERSON}> <{SKOS.prefLabel}> ?label }}", form).queryAndConvert()
    graph = answer if isinstance(answer, Graph) else Graph().parse(answer, format="turtle")
    assert {str(label) for label in graph.objects(URIRef(PERSON), SKOS.prefLabel)} == NAMES


def test_rdflib_reads_the_endpoint_as_a_store(live: Live) -> None:
    graph = Graph(SPARQLStore(f"{live.url}/sparql"))
    person = URIRef(PERSON)
    assert (person, RDF.type, URIRef(f"{CANONICAL_BASE}ontology#Person")) in graph
    assert {label for label in graph.objects(person, SKOS.prefLabel) if isinstance(label, Literal)} == {
        Literal("Alfa Anchor", lang="en"), Literal("Альфа Анкор", lang="ru"),
    }  # fmt: skip
    assert {str(row[0]) for row in graph.query(LABELS)} == NAMES  # type: ignore[index]


def test_a_client_without_manners_is_answered_too(live: Live) -> None:
    """HTTP/1.0 without Accept, and a body whose length is not told beforehand."""
    with socket.create_connection(("127.0.0.1", live.port), PATIENCE) as connection:
        connection.sendall(b"GET /sparql?query=ASK%7B%7D HTTP/1.0\r\n\r\n")
        answer = read_all(connection)
    assert answer.endswith(b'"boolean":true}')
    with socket.create_connection(("127.0.0.1", live.port), PATIENCE) as connection:
        connection.sendall(b"POST /sparql HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                           b"Content-Type: application/sparql-query\r\nTransfer-Encoding: chunked\r\n\r\n"
                           b"3\r\nASK\r\n3\r\n {}\r\n0\r\n\r\n")  # fmt: skip
        answer = read_all(connection)
    assert b'"boolean":true}' in answer


def read_all(connection: socket.socket) -> bytes:
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


def test_a_body_past_the_limit_is_refused_before_it_is_sent(live: Live) -> None:
    with socket.create_connection(("127.0.0.1", live.port), PATIENCE) as connection:
        connection.sendall(b"POST /sparql HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                           b"Content-Type: application/sparql-query\r\nContent-Length: 3000000\r\n\r\n")  # fmt: skip
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"application/problem+json" in answer


def test_a_body_without_a_length_is_limited_too(live: Live) -> None:
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    with socket.create_connection(("127.0.0.1", live.port), PATIENCE) as connection:
        connection.sendall(b"POST /sparql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sparql-query\r\n"
                           b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 48 + b"0\r\n\r\n")  # fmt: skip
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_a_large_answer_arrives_whole(live: Live) -> None:
    query = "SELECT ?a { { SELECT ?x { ?x ?y ?z } LIMIT 250 } { SELECT ?a { ?a ?b ?c } LIMIT 1000 } }"
    reply = live.get(f"/sparql?{urlencode({'query': query, 'format': 'csv'})}")
    assert reply.status == 200
    assert len(reply.body) == int(reply.headers["content-length"])
    assert reply.body.count(b"\r\n") == 1 + 250 * 1000


# Queries that run away


def test_a_cross_product_is_stopped_while_others_are_answered(live: Live) -> None:
    with ThreadPoolExecutor(2) as threads:
        runaways = [threads.submit(live.query, CROSS_PRODUCT) for _ in range(2)]
        answered = 0
        while not all(runaway.done() for runaway in runaways):
            assert live.query(LABELS).status == 200
            answered += 1
        replies = [runaway.result() for runaway in runaways]
    assert answered > 5
    for reply in replies:
        assert reply.status == 503
        assert reply.headers["content-type"] == "application/problem+json"
        assert int(reply.headers["retry-after"]) > 0
        assert reply.json["seconds"] == 2
    live.wait_for_rest()
    assert live.query("ASK {}").json["boolean"] is True


def test_more_runaways_than_workers_leave_the_server_well(built: Project, tmp_path: Path) -> None:
    options = ("--timeout", "1", "--workers", "2", "--processes", "1")
    with Live(built, tmp_path / "log", *options) as live:
        with ThreadPoolExecutor(6) as threads:
            replies = list(threads.map(lambda _: live.query(CROSS_PRODUCT), range(6)))
        assert [reply.status for reply in replies] == [503] * 6
        live.wait_for_rest()
        assert live.query("ASK {}").json["boolean"] is True


@pytest.mark.parametrize(
    "query", [CROSS_PRODUCT, "SELECT * { { SELECT ?x { ?x ?y ?z } LIMIT 500 } { SELECT ?a { ?a ?b ?c } LIMIT 2000 } }"],
    ids=["while the query runs", "while the answer is sent"],
)  # fmt: skip
def test_a_client_that_goes_away_leaves_no_worker_busy(live: Live, query: str) -> None:
    target = f"/sparql?{urlencode({'query': query})}"
    with socket.create_connection(("127.0.0.1", live.port), PATIENCE) as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        if query != CROSS_PRODUCT:
            assert connection.recv(1000).startswith(b"HTTP/1.1 200")
    live.wait_for_rest()
    assert live.query("ASK {}").json["boolean"] is True


# Nothing reaches out


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """A listener on the loopback address, and who connected to it."""
    connected: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_accept, args=(server, connected))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/", connected
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(PATIENCE)


def _accept(server: socket.socket, connected: list[str]) -> None:
    while True:
        try:
            connection, address = server.accept()
        except OSError:
            return
        connected.append(str(address))
        connection.close()


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("SELECT * {{ SERVICE <{host}> {{ ?s ?p ?o }} }}", 403),
        ("SELECT * {{ SERVICE SILENT <{host}> {{ ?s ?p ?o }} }}", 403),
        ("SELECT * {{ VALUES ?h {{ <{host}> }} \\u0053ERVICE ?h {{ ?s ?p ?o }} }}", 403),
        ("LOAD <{host}>", 403),
        ("SELECT * FROM <{host}> {{ ?s ?p ?o }}", 200),
        ("SELECT * FROM NAMED <{host}> {{ GRAPH ?g {{ ?s ?p ?o }} }}", 200),
        ("DESCRIBE <{host}>", 200),
    ],
)
def test_no_query_makes_a_connection(live: Live, listener: tuple[str, list[str]], query: str, status: int) -> None:
    host, connected = listener
    assert live.get(f"/sparql?{urlencode({'query': query.format(host=host)})}").status == status
    parameters = [("query", "ASK { ?s ?p ?o }"), ("default-graph-uri", host), ("named-graph-uri", host)]
    assert live.get(f"/sparql?{urlencode(parameters)}").json["boolean"] is False
    assert connected == []


def test_the_listener_notices_a_connection(listener: tuple[str, list[str]]) -> None:
    """Without this the test above could not fail."""
    host, connected = listener
    with pytest.raises(OSError):
        fetch(host)
    wait_until(lambda: bool(connected), "the connection was noticed")


# Processes that die


@pytest.fixture(scope="module")
def single(built: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A server of one web process, to kill what is below it."""
    with Live(built, tmp_path_factory.mktemp("single") / "log", "--timeout", "2", "--processes", "1") as server:
        yield server


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: read_process(pid) is None, f"{pid} died")


def check_answers_again(live: Live) -> None:
    wait_until(lambda: live.query("ASK {}").status == 200, "queries are answered again")
    assert [live.query(LABELS).status for _ in range(5)] == [200] * 5


def test_a_killed_worker_is_replaced(single: Live) -> None:
    assert single.query("ASK {}").status == 200
    workers = single.workers()
    assert workers
    for worker in workers:
        kill(worker.pid)
    check_answers_again(single)


def test_a_killed_evaluator_is_replaced(single: Live) -> None:
    assert single.query("ASK {}").status == 200
    (evaluator,) = single.evaluators()
    workers = single.workers()
    kill(evaluator.pid)
    wait_until(lambda: all(read_process(worker.pid) is None for worker in workers), "its workers ended with it")
    check_answers_again(single)
    (successor,) = single.evaluators()
    assert successor.pid != evaluator.pid


def test_a_killed_spawner_is_replaced_and_leaves_nothing_behind(single: Live) -> None:
    assert single.query("ASK {}").status == 200
    (spawner,) = single.spawners()
    below = [*single.evaluators(), *single.workers()]
    kill(spawner.pid)
    wait_until(lambda: all(read_process(process.pid) is None for process in below), "all below it ended with it")
    check_answers_again(single)
    (successor,) = single.spawners()
    assert successor.pid != spawner.pid


def test_a_worker_killed_at_work_is_an_error_for_its_query_only(single: Live) -> None:
    assert single.query("ASK {}").status == 200
    with ThreadPoolExecutor(1) as threads:
        runaway = threads.submit(single.query, CROSS_PRODUCT)
        idle = {worker.pid: worker.ticks for worker in single.workers()}

        def busy() -> list[int]:
            return [worker.pid for worker in single.workers() if worker.ticks > idle.get(worker.pid, 0) + 5]

        wait_until(lambda: bool(busy()), "a worker is busy")
        kill(busy()[0])
        reply = runaway.result(PATIENCE)
    assert reply.status == 503
    assert reply.json["type"].endswith("workerlosterror")
    check_answers_again(single)


def test_a_killed_web_process_is_replaced_and_leaves_nothing_behind(single: Live) -> None:
    assert single.query("ASK {}").status == 200
    (evaluator,) = single.evaluators()
    web = read_process(evaluator.parent)
    assert web is not None
    kill(web.pid)
    wait_until(lambda: read_process(evaluator.pid) is None, "its evaluator ended with it")

    def answers() -> bool:
        try:
            return single.query("ASK {}").status == 200
        except OSError:
            return False

    wait_until(answers, "another web process answers")


# New versions


def test_every_process_answers_with_a_new_version_once_it_was_waited_for(built: Project, tmp_path: Path) -> None:
    shutil.copytree(built.root, tmp_path / "root", symlinks=True)
    project = Project(tmp_path / "root", tmp_path / "root" / built.data.relative_to(built.root))
    versions = Versions(project.data)
    with Live(project, tmp_path / "log", "--processes", "3") as live:
        for _ in range(3):
            with versions.writer() as writer:
                made = writer.restore(versions.get(1), by="tests", why="again")
            assert wait_until_served(project.data, made.number, PATIENCE)
            # Each is a connection of its own, that any process may take.
            assert {live.get("/healthz").json["version"] for _ in range(30)} == {made.number}
            assert live.query(LABELS).status == 200


# Starting and stopping


@pytest.mark.parametrize(
    ("number", "to_group"),
    [(signal.SIGINT, True), (signal.SIGINT, False), (signal.SIGTERM, False), (signal.SIGTERM, True)],
    ids=["Ctrl-C", "SIGINT", "SIGTERM", "SIGTERM to all"],
)  # fmt: skip
def test_a_signal_ends_every_process(built: Project, tmp_path: Path, number: int, to_group: bool) -> None:
    with Live(built, tmp_path / "log", "--timeout", "2") as live:
        assert live.query(LABELS).status == 200
        assert live.evaluators() and live.workers()
        readers = readers_of(live)
        assert len(readers) == 2
        live.stop(number=number, to_group=to_group)
    assert live.process.returncode in (0, 1, -number)
    assert "Traceback" not in live.log.read_text()
    assert [path for path in readers if path.exists()] == []


def readers_of(live: Live) -> list[Path]:
    """The files by which its web processes tell what they serve."""
    processes = {str(process.parent) for process in live.spawners()}
    return [path for path in (live.project.data / "readers").iterdir() if path.name.split("-")[0] in processes]


def test_a_signal_ends_every_process_in_the_middle_of_a_query(built: Project, tmp_path: Path) -> None:
    with Live(built, tmp_path / "log", "--timeout", "20", "--processes", "1") as live, ThreadPoolExecutor(1) as threads:
        running = threads.submit(_query_or_nothing, live)
        wait_until(lambda: any(worker.ticks > 5 for worker in live.workers()), "the query runs")
        live.stop()
        running.result(PATIENCE)


def test_a_killed_server_leaves_no_process_behind(built: Project, tmp_path: Path) -> None:
    with Live(built, tmp_path / "log", "--timeout", "2") as live:
        assert live.query(LABELS).status == 200
        live.stop(number=signal.SIGKILL)


def _query_or_nothing(live: Live) -> None:
    try:
        live.query(CROSS_PRODUCT)
    except OSError:
        return


def test_the_server_says_where_it_is(live: Live) -> None:
    assert f"{live.url}/" in live.log.read_text()


def run_serve(project: Project, *options: str) -> subprocess.CompletedProcess[str]:
    """`letapis serve` that is expected not to start."""
    words = ["serve", "--root", str(project.root), "--data", str(project.data), *options]
    return subprocess.run(
        [sys.executable, "-m", "graph", *words], capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def test_a_port_in_use_is_wrong_usage_and_says_so(live: Live, built: Project) -> None:
    done = run_serve(built, "--port", str(live.port))
    assert done.returncode == 2
    assert str(live.port) in done.stderr and "in use" in done.stderr and "--port" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "options", [("--port", "99999"), ("--port", "-1"), ("--host", "nowhere.invalid"), ("--port", "x")]
)
def test_an_address_that_cannot_be_is_wrong_usage(built: Project, options: tuple[str, str]) -> None:
    done = run_serve(built, *options)
    assert done.returncode == 2
    assert options[1] in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_version_there_is_nothing_to_serve(record: Project) -> None:
    done = run_serve(record)
    assert done.returncode == 1
    assert "letapis build" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_that_is_no_record_is_wrong_usage(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "graph", "serve", "--root", str(tmp_path)],
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert str(tmp_path) in done.stderr
