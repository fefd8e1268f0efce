"""The W3C test suites of the Graph Store HTTP Protocol, and of updates by the SPARQL Protocol, on a server process.

The dataset is a plain one: the suites speak of a default graph that is written itself. Graphs are named in both ways
that the protocol has: by `?graph=`, and by the address under which this server has the graphs of its own base.
"""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.compare import isomorphic
from rdflib.term import Node

from graph.tokens import Tokens
from graph.versions import Versions
from server.negotiate import CONTENT_TYPES, SOLUTION_TYPES
from tests.server.live import PATIENCE, Live, Reply
from tests.server.w3c import CNT, HT, MF, SUITE, need_suite
from tests.server.writing import make_project

need_suite()

HTS = Namespace("http://www.w3.org/2011/http-statusCodes#")
DAWG = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-dawg#")
STATUS = {
    HTS.OK: 200, HTS.Created: 201, HTS.NoContent: 204, HTS.NotFound: 404, HTS.StatusCode2xx: 2, HTS.StatusCode3xx: 3,
    HTS.StatusCode4xx: 4, HTS.StatusCode5xx: 5,
}  # fmt: skip
INDIRECT, DIRECT = ("/gsp", "/graphs"), ("/gsp/", "/graph/")

Case = tuple[Graph, Node]


def read_cases(path: str) -> list[Any]:
    manifest = Graph().parse(SUITE / path)
    (entries,) = manifest.objects(None, MF.entries)
    return [pytest.param((manifest, node), id=str(node).rpartition("#")[2])
            for node in Collection(manifest, entries)]  # fmt: skip


GRAPH_STORE = [*read_cases("graph-store-protocol/manifest-direct.ttl"),
               *read_cases("graph-store-protocol/manifest-indirect.ttl")]  # fmt: skip
UPDATES = [case for case in read_cases("protocol/manifest.ttl") if "update" in str(case.id)]


def test_the_suites_are_whole() -> None:
    assert (len(GRAPH_STORE), len(UPDATES)) == (13, 14)


def test_the_older_suite_is_told_of_by_the_newer_one_alone() -> None:
    """Its entries are prose without requests, each of them deprecated in favor of the tests that are run here."""
    entries = read_cases("http-rdf-update/manifest.ttl")
    assert len(entries) == 18
    for entry in entries:
        (case,) = entry.values
        manifest, node = case
        assert manifest.value(node, DAWG.approval) == DAWG.Deprecated
        assert manifest.value(node, MF.action) is None


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A server of a plain dataset."""
    project = make_project(tmp_path_factory.mktemp("plain"), "plain")
    with Live(project, tmp_path_factory.mktemp("live") / "log") as server:
        yield server


@pytest.fixture(scope="module")
def bearer(live: Live) -> dict[str, str]:
    secret = Tokens(live.project.data).create("suite", ["ingest", "update"])
    return {"authorization": f"Bearer {secret}"}


@pytest.fixture
def server(live: Live, bearer: dict[str, str]) -> Server:
    """The same, its dataset empty."""
    made = Server(live.port, bearer)
    cleared = made.open("POST", "/update", b"CLEAR ALL", {"content-type": "application/sparql-update"})
    assert cleared.status == 200
    return made


@dataclass(frozen=True)
class Server:
    """Sends requests as they are: what is not given in them is not added."""

    port: int
    bearer: dict[str, str]

    def open(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body, {"host": "www.example", **headers, **self.bearer})
            answer = connection.getresponse()
            return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()


@pytest.mark.parametrize("case", GRAPH_STORE)
def test_graph_store_protocol(server: Server, case: Case) -> None:
    run(server, case, lambda path: path.replace(*(DIRECT if path.startswith(DIRECT[0]) else INDIRECT), 1))


@pytest.mark.parametrize("case", UPDATES)
def test_protocol_of_updates(server: Server, case: Case) -> None:
    """An update is sent to /update, and the query that looks at what it did to /sparql."""
    run(server, case, lambda path: path.replace("/sparql/", "/update", 1))


def run(server: Server, case: Case, locate: Callable[[str], str]) -> None:
    manifest, node = case
    listed = manifest.value(manifest.value(node, MF.action), HT.requests)
    assert listed is not None
    requests = list(Collection(manifest, listed))
    assert requests
    kept: dict[str, str] = {}
    for request in requests:
        response = send(server, manifest, request, locate, kept)
        check(manifest, manifest.value(request, HT.resp), response, kept)


def text(manifest: Graph, node: Node | None, predicate: URIRef) -> str:
    return str(manifest.value(node, predicate))


def headers_of(manifest: Graph, node: Node | None) -> dict[str, str]:
    listed = manifest.value(node, HT.headers)
    return {text(manifest, each, HT.fieldName): text(manifest, each, HT.fieldValue)
            for each in (Collection(manifest, listed) if listed is not None else ())}  # fmt: skip


def send(
    server: Server, manifest: Graph, request: Node, locate: Callable[[str], str], kept: dict[str, str]
) -> Reply:
    headers = headers_of(manifest, request)
    path = text(manifest, request, HT.absolutePath)
    for name, value in kept.items():
        path = path.replace(name, value)
    is_query = headers.get("content-type") == "application/sparql-query"
    path = path.replace("/sparql/", "/sparql") if is_query else locate(path)
    content, body = manifest.value(request, HT.body), None
    if content is not None:
        body = text(manifest, content, CNT.chars).encode(text(manifest, content, CNT.characterEncoding))
    return server.open(text(manifest, request, HT.methodName), path, body, headers)


def check(manifest: Graph, expected: Node | None, response: Reply, kept: dict[str, str]) -> None:
    statuses = {STATUS[URIRef(str(status))] for status in manifest.objects(expected, MF.expectedStatus)}
    assert statuses & {response.status, response.status // 100}, response.body
    location = manifest.value(expected, MF.expectedLocation)
    if location is not None:
        kept[str(location)] = response.headers["location"]
    for name, value in headers_of(manifest, expected).items():
        assert response.headers[name] == value
    content = manifest.value(expected, HT.body)
    if content is not None:
        wanted = Graph().parse(data=text(manifest, content, CNT.chars), format="turtle")
        assert isomorphic(Graph().parse(data=response.body, format="turtle"), wanted), response.body
    if manifest.value(expected, MF.expectedFormat) is not None:
        assert response.headers["content-type"] in {CONTENT_TYPES[form] for form in SOLUTION_TYPES}
    boolean = manifest.value(expected, MF.expectedBoolean)
    if boolean is not None:
        assert isinstance(boolean, Literal)
        assert response.json["boolean"] is boolean.toPython()


def test_what_the_suites_did_is_kept_in_versions(live: Live) -> None:
    versions = Versions(live.project.data).list()
    assert len(versions) > 1
    assert {version.commit["via"] for version in versions[1:]} == {"graphs", "update"}
