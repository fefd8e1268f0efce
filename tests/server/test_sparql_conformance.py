"""The W3C SPARQL 1.1 test suite through the server: protocol, query syntax, and the CSV, TSV and JSON results.

The suite (repository w3c/rdf-tests) is read from `shared/w3c/sparql11` beside the project.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from rdflib import RDF, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.plugins.sparql.results.tsvresults import TSVResultParser
from rdflib.term import BNode, Node
from werkzeug.test import TestResponse

from graph.evaluate import Limits
from graph.project import Project
from graph.rdf import NamedNode, Quad, name_blank_nodes, parse_file
from graph.versions import Versions
from server import create_app
from server.negotiate import CONTENT_TYPES, RDF_TYPES, SOLUTION_TYPES
from tests.conftest import ROOT
from tests.server.conftest import ClosingClient
from tests.server.w3c import CNT, HT, MF, SUITE, need_suite

need_suite()

QT = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-query#")
UT = Namespace("http://www.w3.org/2009/sparql/tests/test-update#")
RDFS_LABEL = URIRef("http://www.w3.org/2000/01/rdf-schema#label")
DIRECT = "application/sparql-query"

KNOWN_FAILURES = {
    "test_4": "a function that is not known is refused (400), where the standard has it fail for each row",
    "csv03": "the engine keeps the value of a number, not how it was written: 1.0E6 comes back as 1000000",
    "tsv03": "the engine keeps the value of a number, not its derived type: negativeInteger comes back as integer",
}
"""Test and why it fails: one that passes after all fails the run (`xfail_strict`), and so does any other failure."""

UPDATES = frozenset({
    "update_dataset_default_graph", "update_dataset_default_graphs", "update_dataset_named_graphs",
    "update_dataset_full", "update_post_form", "update_post_direct", "update_base_uri",
})  # fmt: skip
"""Protocol tests that want an update to be done: `test_write_conformance` does them."""


@dataclass(frozen=True)
class Case:
    """One test of a manifest."""

    name: str
    node: Node
    manifest: Graph
    folder: Path

    def one(self, *path: URIRef) -> Any:
        node: Any = self.node
        for step in path:
            node = self.manifest.value(node, step)
        return node

    def file(self, *path: URIRef) -> Path:
        return self.folder / Path(str(self.one(*path))).name


def read_cases(folder: str) -> list[Case]:
    path = SUITE / folder / "manifest.ttl"
    manifest = Graph().parse(path)
    (entries,) = manifest.objects(None, MF.entries)
    return [
        Case(str(node).rpartition("#")[2], node, manifest, path.parent) for node in Collection(manifest, entries)
    ]


def parameters(cases: Iterable[Case]) -> list[Any]:
    return [
        pytest.param(case, id=case.name, marks=[pytest.mark.xfail(reason=KNOWN_FAILURES[case.name])]
                     if case.name in KNOWN_FAILURES else [])
        for case in cases
    ]  # fmt: skip


PROTOCOL, SYNTAX = read_cases("protocol"), read_cases("syntax-query")
RESULTS = [*read_cases("csv-tsv-res"), *read_cases("json-res")]
Serve = Callable[[str, Iterable[Quad]], FlaskClient]


def test_the_suite_is_whole_and_every_exception_is_one_of_its_tests() -> None:
    assert (len(PROTOCOL), len(SYNTAX), len(RESULTS)) == (34, 94, 10)
    names = {case.name for case in (*PROTOCOL, *SYNTAX, *RESULTS)}
    assert set(KNOWN_FAILURES) | UPDATES <= names


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Serves a version made of the given quads, once for each name."""
    clients: dict[str, FlaskClient] = {}

    def serve_quads(name: str, quads: Iterable[Quad]) -> FlaskClient:
        if name not in clients:
            data = tmp_path_factory.mktemp("suite")
            held = name_blank_nodes(quads, "")
            with Versions(data).writer() as writer:
                manifest = {"inputs": name, "counts": {"triples": len(held)}}
                writer.commit(held, manifest, {}, by="tests", why=name)
            app = create_app(Project(ROOT, data), Limits(seconds=10, mebibytes=512, workers=2))
            app.test_client_class = ClosingClient
            clients[name] = app.test_client()
        return clients[name]

    yield serve_quads
    for client in clients.values():
        client.application.extensions["letapis"].close()


# Protocol


@pytest.fixture(scope="module")
def protocol(serve: Serve) -> FlaskClient:
    """A server of the graphs that the protocol tests speak of."""
    quads = []
    for case in PROTOCOL:
        for entry in case.manifest.objects(case.node, UT.graphData):
            path = case.folder / Path(str(case.manifest.value(entry, UT.graph))).name
            name = NamedNode(str(case.manifest.value(entry, RDFS_LABEL)))
            quads += [Quad(q.subject, q.predicate, q.object, name) for q in parse_file(path, path.name)]
    assert len(set(quads)) == 3
    return serve("protocol", set(quads))


@pytest.mark.parametrize("case", parameters(case for case in PROTOCOL if case.name not in UPDATES))
def test_protocol(protocol: FlaskClient, case: Case) -> None:
    requests = list(Collection(case.manifest, case.one(MF.action, HT.requests)))
    assert requests
    for request in requests:
        check_exchange(case.manifest, request, send(protocol, case.manifest, request))


def send(client: FlaskClient, manifest: Graph, request: Node) -> TestResponse:
    path = str(manifest.value(request, HT.absolutePath))
    assert path.startswith("/sparql/"), "the path to replace by the endpoint's own"
    listed = manifest.value(request, HT.headers)
    headers = {
        str(manifest.value(node, HT.fieldName)): str(manifest.value(node, HT.fieldValue))
        for node in (Collection(manifest, listed) if listed is not None else ())
    }
    content = manifest.value(request, HT.body)
    body = None
    if content is not None:
        chars = str(manifest.value(content, CNT.chars))
        body = chars.encode(str(manifest.value(content, CNT.characterEncoding)))
    return client.open(
        "/sparql" + path.removeprefix("/sparql/"), method=str(manifest.value(request, HT.methodName)), data=body,
        headers=headers,
    )  # fmt: skip


def check_exchange(manifest: Graph, request: Node, response: TestResponse) -> None:
    expected = manifest.value(request, HT.resp)
    statuses = [str(status)[-3] for status in manifest.objects(expected, MF.expectedStatus)]
    assert statuses and str(response.status_code)[0] in statuses, response.text
    form = manifest.value(expected, MF.expectedFormat)
    offers = {"boolean": SOLUTION_TYPES, "tabular": SOLUTION_TYPES, "RDF": RDF_TYPES}
    if form is not None:
        assert response.headers["Content-Type"] in {CONTENT_TYPES[name] for name in offers[str(form)]}
    boolean = manifest.value(expected, MF.expectedBoolean)
    if boolean is not None:
        assert isinstance(boolean, Literal)
        assert json.loads(response.data)["boolean"] is boolean.toPython()


# Syntax


@pytest.mark.parametrize("case", parameters(SYNTAX))
def test_syntax(serve: Serve, case: Case) -> None:
    text = case.file(MF.action).read_bytes()
    response = serve("nothing", []).post("/sparql", data=text, content_type=DIRECT)
    if (case.node, RDF.type, MF.PositiveSyntaxTest11) in case.manifest:
        assert response.status_code == 200, response.text
    else:
        assert (case.node, RDF.type, MF.NegativeSyntaxTest11) in case.manifest
        assert response.status_code == 400, response.text
        assert response.get_json(force=True)["type"] == "/docs/errors#querysyntaxerror"


# Results


@pytest.mark.parametrize("case", parameters(RESULTS))
def test_result(serve: Serve, case: Case) -> None:
    data, expected = case.file(MF.action, QT.data), case.file(MF.result)
    client = serve(str(data.relative_to(SUITE)), parse_file(data, data.name))
    form = {".srj": "json", ".csv": "csv", ".tsv": "tsv"}[expected.suffix]
    response = client.post(
        f"/sparql?format={form}", data=case.file(MF.action, QT.query).read_bytes(), content_type=DIRECT
    )
    assert response.status_code == 200, response.text
    read = {"json": read_json, "csv": read_csv, "tsv": read_tsv}[form]
    assert read(response.data) == read(expected.read_bytes())


def read_json(body: bytes) -> Any:
    content = json.loads(body)
    if "boolean" in content:
        return content["boolean"]
    rows = []
    for binding in content["results"]["bindings"]:
        terms = ((name, (term["type"], term["value"], term.get("datatype"), term.get("xml:lang")))
                 for name, term in binding.items())  # fmt: skip
        rows.append({name: ("bnode",) if term[0] == "bnode" else term for name, term in terms})
    return set(content["head"]["vars"]), sorted(rows, key=lambda row: sorted(row.items()))


def read_csv(body: bytes) -> Any:
    header, *lines = csv.reader(io.StringIO(body.decode("utf-8"), newline=""))
    order = sorted(range(len(header)), key=header.__getitem__)  # `SELECT *` leaves the order of columns open
    return [["_:" if line[i].startswith("_:") else line[i] for i in order] for line in [header, *lines]]


def read_tsv(body: bytes) -> Any:
    result = TSVResultParser().parse(io.BytesIO(body))  # type: ignore[no-untyped-call]
    rows = [{str(name): "_:" if isinstance(term, BNode) else term.n3() for name, term in row.items()}
            for row in result.bindings]  # fmt: skip
    return {str(name) for name in result.vars or ()}, rows
