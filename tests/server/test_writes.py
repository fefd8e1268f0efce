"""What all writes by HTTP have in common: who may, how much at once, once and not twice, and when it can be read."""

from __future__ import annotations

import gzip
import http.client
import io
import json
import resource
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import hypothesis.strategies as st
import pytest
from hypothesis import example, given, settings
from werkzeug.test import TestResponse

from graph.build import build
from graph.spawner import WriteLimits
from graph.tokens import Tokens
from server.writes import LONGEST_MESSAGE, UNPACKED
from tests.conftest import write_record
from tests.server.live import Live, Reply, fetch
from tests.server.writing import BASE, TURTLE, UPDATE, Desk, make_project, open_desk

G = "http://e/g"
BODY_BYTES = 20_000
FORM = "application/x-www-form-urlencoded"
DEFINED = "e:a e:p e:b ."
INSERT = "INSERT DATA { GRAPH <http://e/g> { <http://e/a> <http://e/p> <http://e/b> } }"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A server of a small dataset, that takes small bodies only."""
    with open_desk(make_project(tmp_path_factory.mktemp("union")), WriteLimits(body_bytes=BODY_BYTES)) as opened:
        yield opened


def send(desk: Desk, method: str, headers: dict[str, str], to: str = "/graphs") -> TestResponse:
    """A write that could be made: to a graph, or an update where *to* says so."""
    body, form = {"PATCH": ("INSERT DATA { <http://e/a> <http://e/p> 1 }", UPDATE)}.get(method, ("", TURTLE))
    if to == "/update":
        body, form = "CLEAR GRAPH <http://e/g>", UPDATE
    query = "" if to == "/update" or method == "POST new" else f"?graph={G}"
    return desk.client.open(to + query, method=method.partition(" ")[0], data=body,
                            headers={"Content-Type": form, **headers})  # fmt: skip


WRITES = [("PUT", "/graphs"), ("POST", "/graphs"), ("POST new", "/graphs"), ("DELETE", "/graphs"),
          ("PATCH", "/graphs"), ("POST", "/update")]  # fmt: skip
each_write = pytest.mark.parametrize(("method", "to"), WRITES, ids=lambda text: text.strip("/"))


def check_problem(answer: TestResponse, status: int, name: str) -> dict[str, Any]:
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), answer.text
    body: dict[str, Any] = json.loads(answer.data)
    assert body["type"] == f"/docs/errors#{name}"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    return body


# Who


@each_write
def test_nobody_writes_without_a_token(desk: Desk, method: str, to: str) -> None:
    answer = send(desk, method, {}, to)
    check_problem(answer, 401, "unauthorizederror")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="letapis"'


@each_write
def test_nobody_writes_with_a_token_that_is_not_known(desk: Desk, method: str, to: str) -> None:
    answer = send(desk, method, {"Authorization": "Bearer letapis_wrong"}, to)
    check_problem(answer, 401, "unauthorizederror")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


@each_write
def test_nobody_writes_with_a_token_for_something_else(desk: Desk, method: str, to: str) -> None:
    scope = "ingest" if to == "/update" else "ingest:http://elsewhere/"
    answer = send(desk, method, desk.token(scope), to)
    check_problem(answer, 403, "forbiddenerror")
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]


@each_write
def test_the_current_version_is_the_only_one_that_is_written(desk: Desk, method: str, to: str) -> None:
    before = desk.number
    answer = send(desk, method, desk.token("admin"), f"/version/1{to}")
    check_problem(answer, 405, "methodnotallowed")
    assert (answer.headers["Allow"], desk.number) == ("GET, HEAD, OPTIONS", before)


def test_a_token_in_the_address_is_refused_and_not_repeated(desk: Desk) -> None:
    answer = desk.put(G, DEFINED, **{"access_token": "letapis_secret"})
    check_problem(answer, 400, "badrequesterror")
    assert "letapis_secret" not in answer.text


def test_a_token_of_a_prefix_writes_below_it_and_is_named_in_the_commit(desk: Desk) -> None:
    scope = f"ingest:{BASE}mine/"
    assert desk.put(f"{BASE}mine/g", DEFINED, scopes=(scope,), message="from  the\nharbour").status_code == 201
    version = desk.versions.current()
    assert version is not None
    assert (version.commit["by"], version.commit["why"]) == ("ingest.http.__www.example_mine_", "from the harbour")


@pytest.mark.parametrize("name", ["ontology", "shapes"])
def test_the_schema_is_changed_by_an_admin_only(desk: Desk, name: str) -> None:
    graph = f"{BASE}graph/{name}"
    check_problem(desk.post(graph, DEFINED), 403, "forbiddenerror")
    assert desk.post(graph, DEFINED, scopes=("admin",), **{"dry-run": "1"}).status_code == 200
    text = f"INSERT DATA {{ GRAPH <{graph}> {{ <http://e/a> <http://e/p> 1 }} }}"
    check_problem(desk.update(text), 403, "queryforbiddenerror")


def test_what_follows_from_other_graphs_is_not_written(desk: Desk) -> None:
    for answer in (
        desk.put(f"{BASE}graph/inferred", DEFINED),
        desk.update(f"INSERT DATA {{ GRAPH <{BASE}graph/inferred> {{ <http://e/a> <http://e/p> 1 }} }}"),
    ):
        check_problem(answer, 403, "derivedgrapherror")


# How much


def test_a_body_past_the_limit_is_too_large(desk: Desk) -> None:
    answer = desk.put(G, f"e:a e:p '{'x' * BODY_BYTES}' .")
    assert str(BODY_BYTES) in check_problem(answer, 413, "contenttoolargeerror")["detail"]


def test_a_body_whose_length_was_not_told_is_read_up_to_the_limit(desk: Desk) -> None:
    for size, status in ((100, 201), (BODY_BYTES, 413)):
        body = f"<http://e/a> <http://e/p> '{'x' * size}' .".encode()
        answer = desk.client.put(
            f"/graphs?graph={BASE}chunked", input_stream=io.BytesIO(body),
            headers={"Content-Type": TURTLE, "Transfer-Encoding": "chunked", **desk.token("ingest")},
            environ_overrides={"wsgi.input_terminated": True},
        )  # fmt: skip
        assert answer.status_code == status, answer.text


def test_a_body_that_grows_past_the_limit_when_it_is_decompressed_is_too_large(desk: Desk) -> None:
    bomb = gzip.compress(b"<http://e/a> <http://e/p> '" + b"x" * (BODY_BYTES * UNPACKED) + b"' .")
    assert len(bomb) < BODY_BYTES
    answer = desk.send("PUT", G, bomb, headers={"Content-Encoding": "gzip"})
    assert str(BODY_BYTES * UNPACKED) in check_problem(answer, 413, "contenttoolargeerror")["detail"]


@pytest.mark.parametrize(("to", "form"), [("/graphs?default", TURTLE), ("/update", UPDATE), ("/update", FORM)])
def test_a_disk_that_cannot_hold_the_body_is_told(desk: Desk, to: str, form: str) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    body, headers = b"x" * BODY_BYTES, {"Content-Type": form, **desk.token("admin")}
    resource.setrlimit(resource.RLIMIT_FSIZE, (BODY_BYTES // 2, limits[1]))
    try:
        answer = desk.client.open(to, method="PUT" if form == TURTLE else "POST", data=body, headers=headers)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "cannot be kept" in check_problem(answer, 503, "writeerror")["detail"]


def test_a_compressed_body_is_read(desk: Desk) -> None:
    body = gzip.compress(b"<http://e/a> <http://e/p> 'packed' .")
    assert desk.send("PUT", f"{BASE}packed", body, headers={"Content-Encoding": "gzip"}).status_code == 201
    assert desk.ask("?s ?p 'packed'")


@pytest.mark.parametrize("coding", ["br", "deflate", "gzip, gzip", "zstd"])
def test_a_compression_that_is_not_read_is_refused(desk: Desk, coding: str) -> None:
    answer = desk.send("PUT", G, zlib.compress(b""), headers={"Content-Encoding": coding})
    check_problem(answer, 415, "unsupportedinputerror")


def test_damaged_compression_is_told(desk: Desk) -> None:
    for body in (b"plain", gzip.compress(b"<a> <b> <c> .")[:-9]):
        answer = desk.send("PUT", G, body, headers={"Content-Encoding": "gzip"})
        assert "gzip" in check_problem(answer, 400, "sourceerror")["detail"]


# How


@pytest.mark.parametrize("query", ["dry-run=2", "dry-run=", "dry-run=true", "dry-run=1&dry-run=0", "dryrun=1",
                                   "dry_run=1", "DryRun=1", "Dry-Run=1"])  # fmt: skip
def test_a_dry_run_that_is_misspelt_is_not_done_for_real(desk: Desk, query: str) -> None:
    before = desk.number
    answer = desk.client.put(f"/graphs?graph={G}&{query}", data="<http://e/dry> <http://e/p> 1 .",
                             headers={"Content-Type": TURTLE, **desk.token("ingest")})  # fmt: skip
    check_problem(answer, 400, "badrequesterror")
    assert desk.number == before


def test_a_message_has_an_end(desk: Desk) -> None:
    check_problem(desk.put(G, DEFINED, message="x" * (LONGEST_MESSAGE + 1)), 400, "badrequesterror")


def test_a_dry_run_tells_what_would_happen_and_changes_nothing(desk: Desk) -> None:
    before = desk.number
    answer = desk.put(f"{BASE}dry", "e:d a e:Person ; e:name 'D' .", **{"dry-run": "1"})
    reply = answer.get_json()
    assert (answer.status_code, reply["dryRun"], reply["created"], reply["version"]) == (200, True, True, None)
    assert reply["changed"] == {"added": 2, "removed": 0, "inferred": 1, "withdrawn": 0}
    assert reply["would"]["inferred"][0].startswith("<http://e/d> ")
    assert reply["warnings"] > 0
    assert (desk.number, desk.get(f"{BASE}dry").status_code) == (before, 404)


# Once, and not twice


def test_the_same_request_with_the_same_key_is_answered_as_before(desk: Desk) -> None:
    key = {"Idempotency-Key": '"one"'}
    first = desk.post(f"{BASE}once", "[] e:p 'once' .", headers=key)
    number = desk.number
    again = desk.post(f"{BASE}once", "[] e:p 'once' .", headers=key)
    assert (again.status_code, again.data, desk.number) == (first.status_code, first.data, number)
    assert desk.get(f"{BASE}once", "application/n-triples").text.count("once") == 1


def test_a_key_comes_before_the_preconditions(desk: Desk) -> None:
    headers = {"Idempotency-Key": '"two"', "If-None-Match": "*"}
    first = desk.put(f"{BASE}two", DEFINED, headers=headers)
    again = desk.put(f"{BASE}two", DEFINED, headers=headers)
    assert (first.status_code, again.status_code, again.data) == (201, 201, first.data)


def test_another_request_with_the_same_key_is_refused(desk: Desk) -> None:
    key = {"Idempotency-Key": '"three"'}
    assert desk.put(f"{BASE}three", DEFINED, headers=key).status_code == 201
    check_problem(desk.put(f"{BASE}three", "e:a e:p e:c .", headers=key), 422, "unprocessableerror")
    check_problem(desk.put(f"{BASE}three", DEFINED, headers=key, message="other"), 422, "unprocessableerror")


def test_updates_that_differ_only_in_their_dataset_are_two_requests(desk: Desk) -> None:
    text = "INSERT { GRAPH <http://e/copy> { ?s ?p ?o } } WHERE { ?s ?p ?o . FILTER(?o = 'nothing') }"
    answers = [
        desk.client.post("/update", data={"update": text, "using-graph-uri": graph},
                         headers={"Idempotency-Key": '"four"', **desk.token("update")})
        for graph in (G, f"{BASE}two")
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [200, 422]


def test_a_refusal_is_answered_again_by_its_key(desk: Desk) -> None:
    key = {"Idempotency-Key": '"five"'}
    answers = [desk.put(G, "e:x a e:Person .", headers=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert answers[0].data == answers[1].data


def test_a_write_that_waits_too_long_for_another_is_to_come_again(tmp_path: Path) -> None:
    with open_desk(make_project(tmp_path, "plain"), WriteLimits(seconds=8.0)) as desk:
        with desk.versions.writer():
            answer = desk.put(G, DEFINED)
        check_problem(answer, 503, "lockederror")
        assert answer.headers["Retry-After"] == "5"
        assert desk.put(G, DEFINED).status_code == 201


# When it can be read


def test_what_was_written_is_what_the_next_request_reads(desk: Desk) -> None:
    for number in range(3):
        assert desk.put(f"{BASE}seen", f"e:a e:p 'seen {number}' .").status_code in (200, 201)
        assert desk.ask(f"?s ?p 'seen {number}'")
        assert f"seen {number}" in desk.get(f"{BASE}seen").text


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A server of two processes on a record that may be changed."""
    project = write_record(tmp_path_factory.mktemp("record"))
    build(project, by="tests", why="first")
    with Live(project, tmp_path_factory.mktemp("live") / "log") as server:
        yield server


@pytest.fixture(scope="module")
def bearer(live: Live) -> dict[str, str]:
    secret = Tokens(live.project.data).create("writer", ["ingest", "update"])
    return {"Authorization": f"Bearer {secret}"}


def put(live: Live, bearer: dict[str, str], body: bytes) -> Reply:
    return fetch(f"{live.url}/graphs?graph={G}", data=body, method="PUT", headers={"Content-Type": TURTLE, **bearer})


def test_every_process_reads_what_any_of_them_wrote(live: Live, bearer: dict[str, str]) -> None:
    for number in range(4):
        assert put(live, bearer, f"<http://e/a> <http://e/p> {number} .".encode()).status in (200, 201)
        for _ in range(6):  # by a new connection each, so that both processes are asked
            reply = live.query("SELECT ?o { GRAPH <http://e/g> { ?s ?p ?o } }")
            assert [row["o"]["value"] for row in reply.json["results"]["bindings"]] == [str(number)]


def test_a_body_in_chunks_is_read_whole(live: Live, bearer: dict[str, str]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", live.port, timeout=30)
    lines = (f"<http://e/a> <http://e/p> 'chunk {number}' .\n".encode() for number in range(50))
    try:
        connection.request("PUT", f"/graphs?graph={G}", body=lines, headers={"Content-Type": TURTLE, **bearer},
                           encode_chunked=True)  # fmt: skip
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
    finally:
        connection.close()
    assert live.get(f"/graphs?graph={G}", {"Accept": "application/n-triples"}).body.count(b"chunk") == 50


def test_an_answer_names_what_to_mend_on_a_real_server_too(live: Live, bearer: dict[str, str]) -> None:
    reply = put(live, bearer, b"<http://e/a> <http://e/p> 1 .\n<http://e/a> <")
    assert (reply.status, reply.json["line"], reply.json["column"]) == (400, 2, 14)
    reply = fetch(f"{live.url}/update", data=b"INSERT DATA {\n <http://e/a> }", method="POST",
                  headers={"Content-Type": UPDATE, **bearer})  # fmt: skip
    assert (reply.status, reply.json["line"]) == (400, 2)


# From pages of other sites


@pytest.mark.parametrize(
    ("path", "methods"),
    [("/graphs", "GET, HEAD, PUT, POST, DELETE, PATCH, OPTIONS"),
     ("/graph/base", "GET, HEAD, PUT, POST, DELETE, PATCH, OPTIONS"), ("/update", "POST, OPTIONS")],
)  # fmt: skip
def test_another_site_may_ask_before_it_writes(desk: Desk, path: str, methods: str) -> None:
    answer = desk.client.options(path, headers={"Origin": "https://elsewhere.example"})
    assert (answer.status_code, answer.headers["Access-Control-Allow-Methods"]) == (204, methods)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    for name in ("Authorization", "Content-Type", "Idempotency-Key"):
        assert name in answer.headers["Access-Control-Allow-Headers"]


def test_another_site_may_read_every_answer(desk: Desk) -> None:
    answers = [desk.put(G, DEFINED), desk.put(G, "e:x a e:Person ."), desk.put(G, "e:x <"), desk.update("CLEAR"),
               desk.put(G, DEFINED, scopes=()), desk.get(G), desk.get("http://e/none")]  # fmt: skip
    assert [answer.status_code // 100 for answer in answers] == [2, 4, 4, 4, 4, 2, 4]
    for answer in answers:
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "ETag" in answer.headers["Access-Control-Expose-Headers"]


# Whatever is sent

NAMES = ["graph", "default", "dry-run", "message", "using-graph-uri", "using-named-graph-uri", "update", "query"]
VALUES = st.one_of(st.sampled_from(["", "0", "1", G, "a", "urn:x:y", "http://e/ b", "_:b", "http://e/%zz", BASE]),
                   st.text(max_size=8), st.binary(max_size=4))  # fmt: skip
PIECES = st.sampled_from([
    "<http://e/a>", "<b>", "e:a", "_:x", "[", "]", "(", ")", "{", "}", "a", ".", ";", ",", "'x'", '"y"@en', "1", "1e0",
    "@prefix e: <http://e/> .", "PREFIX e: <http://e/>", "GRAPH <http://e/g>", "INSERT DATA", "DELETE", "WHERE", "?v",
    "CLEAR ALL", "LOAD <http://e/>", "WITH <http://e/g>", "<<", ">>", "\0", "\ud7ff", "#", "\n", "<?xml", "[{}]",
    '{"@id": "http://e/a", "http://e/p": 1}', "\\u0041", "e:Person", "^^<http://e/t>", "--b\r\n", "\x1f\x8b",
])  # fmt: skip
BODIES = st.one_of(st.binary(max_size=60), st.lists(PIECES, max_size=12).map(" ".join))
TYPES = st.sampled_from([
    TURTLE, UPDATE, FORM, "application/trig", "application/n-quads", "application/ld+json", "application/rdf+xml",
    "multipart/form-data; boundary=b", "multipart/form-data", "text/turtle; charset=utf-16", "x/y", "", ";;", "\xff/x",
])  # fmt: skip
HEADERS = st.dictionaries(
    st.sampled_from(["If-Match", "If-None-Match", "Idempotency-Key", "Content-Encoding", "Accept", "Prefer"]),
    st.sampled_from(["*", '"x"', 'W/"x"', "x", "", '"', "gzip", "text/html", "text/turtle", "\xff", "a" * 300]),
    max_size=3,
)  # fmt: skip


PARAMETERS = st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=3)


@dataclass(frozen=True)
class Sent:
    """A request."""

    to: str
    method: str
    parameters: list[tuple[str, str | bytes]]
    body: str | bytes
    form: str
    headers: dict[str, str]


REQUESTS = st.builds(
    Sent, st.sampled_from(["/graphs", "/update", "/graph/base", "/graph/a%20b"]),
    st.sampled_from(["PUT", "POST", "PATCH", "DELETE"]), PARAMETERS, BODIES, TYPES, HEADERS,
)  # fmt: skip


@settings(max_examples=200)
@given(REQUESTS)
@example(Sent("/graphs", "POST", [], "--b\r\n\r\nx\r\n--b--", "multipart/form-data; boundary=b", {}))
def test_nothing_that_is_sent_breaks_the_server(desk: Desk, sent: Sent) -> None:
    query = "&".join(f"{name}={quote(value)}" for name, value in sent.parameters)
    headers = {"Content-Type": sent.form, **sent.headers, **desk.token("admin")}
    data = sent.body if isinstance(sent.body, bytes) else sent.body.encode("utf-8", "replace")
    answer = desk.client.open(f"{sent.to}?{query}", method=sent.method, data=data, headers=headers)
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400 and answer.mimetype == "application/problem+json":
        assert json.loads(answer.data)["status"] == answer.status_code
    assert "Traceback" not in answer.text


def test_where_the_server_demands_it_a_graph_is_changed_with_what_was_seen_only(tmp_path: Path) -> None:
    graph = "http://e/g"
    with open_desk(make_project(tmp_path, "plain"), WriteLimits(needs_match=True)) as desk:
        refused = desk.put(graph, "e:a e:p 1 .")
        assert refused.status_code == 428 and "preconditionrequirederror" in refused.get_data(as_text=True)
        assert desk.put(graph, "e:a e:p 1 .", headers={"If-None-Match": "*"}).status_code == 201
        assert desk.send("DELETE", graph).status_code == 428
        assert desk.post(graph, "e:a e:p 2 .").status_code == 200  # adds, and overwrites nothing
        seen = desk.get(graph).headers["ETag"]
        assert desk.put(graph, "e:a e:p 3 .", headers={"If-Match": seen}).status_code == 200
