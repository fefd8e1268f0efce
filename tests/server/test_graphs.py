"""`/graphs`: the Graph Store HTTP Protocol, where the W3C suite says nothing: names, tags, forms, patches."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from rdflib import Graph
from rdflib.compare import isomorphic
from werkzeug.test import TestResponse

from server import multipart
from server.negotiate import CONTENT_TYPES, RDF_TYPES
from tests.server.writing import BASE, PREFIXES, UPDATE, Desk, make_project, open_desk

NT = "application/n-triples"
POSTED = f"{BASE}graph/posted-"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A server of a small dataset in which each test has a graph of its own."""
    with open_desk(make_project(tmp_path_factory.mktemp("union"))) as opened:
        yield opened


@pytest.fixture
def graph(request: pytest.FixtureRequest) -> str:
    """The graph of this test."""
    return BASE + re.sub(r"\W+", "-", request.node.name)


def check_problem(answer: TestResponse, status: int, name: str) -> str:
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), answer.text
    body = json.loads(answer.data)
    assert body["type"] == f"/docs/errors#{name}"
    return str(body["detail"])


# Which graph


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize(
    "query", ["", "graph=a", "graph=", "default&graph=http://e/g", "graph=http://e/g&graph=http://e/h", "graph=_:b",
              "default&default", "graph=http://e/a+b", "graph=http://e/%FF", "graph=//e/g"],
)  # fmt: skip
def test_the_address_names_exactly_one_graph(desk: Desk, method: str, query: str) -> None:
    headers = {"Content-Type": UPDATE if method == "PATCH" else "text/turtle", **desk.token("ingest")}
    answer = desk.client.open(f"/graphs?{query}", method=method, headers=headers)
    assert answer.status_code == 400, answer.text


def test_percent_encoding_is_taken_away_once(desk: Desk) -> None:
    desk.client.put(f"/graphs?graph={BASE}%2541", data="<> <http://e/p> 'once' .",
                    headers={"Content-Type": "text/turtle", **desk.token("ingest")})  # fmt: skip
    assert desk.ask(f"GRAPH <{BASE}%41> {{ <{BASE}%41> e:p 'once' }}")


def test_a_graph_of_this_base_has_an_address_of_its_own(desk: Desk) -> None:
    answer = desk.send("PUT", None, "<> <http://e/p> <x> .", to="/graph/own/name")
    assert answer.status_code == 201
    assert desk.ask(f"GRAPH <{BASE}graph/own/name> {{ <{BASE}graph/own/name> e:p <{BASE}graph/own/x> }}")
    here, there = desk.client.get("/graph/own/name"), desk.get(f"{BASE}graph/own/name")
    assert (here.status_code, here.data, here.headers["ETag"]) == (200, there.data, there.headers["ETag"])
    assert desk.send("DELETE", None, to="/graph/own/name").status_code == 200
    check_problem(desk.client.get("/graph/own/name"), 404, "notfounderror")


@pytest.mark.parametrize("path", ["/graph/a%20b", "/graph/a%2541", "/graph/%3Ca%3E", "/graph/a?graph=http://e/g",
                                  "/graph/a?default"])  # fmt: skip
def test_an_address_that_cannot_be_the_name_of_a_graph_is_refused(desk: Desk, path: str) -> None:
    check_problem(desk.client.get(path), 400, "badrequesterror")


def test_the_graph_of_a_version_is_read_at_the_address_of_that_version(desk: Desk, graph: str) -> None:
    desk.put(graph, "e:a e:p 'old' .")
    number = desk.number
    desk.put(graph, "e:a e:p 'new' .")
    assert "old" in desk.send("GET", graph, to=f"/version/{number}/graphs").text
    assert "new" in desk.get(graph).text


# Reading


@pytest.mark.parametrize("form", RDF_TYPES)
def test_a_graph_is_read_in_every_form_and_written_back_unchanged(desk: Desk, form: str, graph: str) -> None:
    desk.put(graph, "e:a e:p [ e:q ( 1 'two'@en _:x ) ; e:p _:x ] , 01.50 , '2020-01-01'^^e:t .")
    number, media_type = desk.number, RDF_TYPES[form][0]
    answer = desk.get(graph, media_type)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, CONTENT_TYPES[form])
    back = desk.send("PUT", graph, answer.data, headers={"Content-Type": media_type})
    assert (back.status_code, back.get_json()["version"], desk.number) == (200, None, number)


def test_head_answers_as_get_does_without_the_body(desk: Desk, graph: str) -> None:
    desk.put(graph, "e:a e:p 1 .")
    got, head = desk.get(graph), desk.send("HEAD", graph, headers={"Accept": "text/turtle"})
    varying = ("Date",)
    assert {k: v for k, v in head.headers.items() if k not in varying} == {
        k: v for k, v in got.headers.items() if k not in varying
    }
    assert (head.status_code, head.data) == (200, b"")
    assert desk.send("HEAD", "http://e/none").status_code == 404


def test_a_graph_is_not_sent_as_what_it_is_not(desk: Desk) -> None:
    check_problem(desk.get("default", "image/png"), 406, "notacceptableformaterror")


def test_the_shapes_are_read_as_they_were_written(desk: Desk) -> None:
    answer = desk.get(f"{BASE}graph/shapes")
    assert isomorphic(Graph().parse(data=answer.text), Graph().parse(desk.project.root / "shapes.ttl"))
    same = desk.send("PUT", f"{BASE}graph/shapes", answer.data, scopes=("admin",))
    assert (same.status_code, same.get_json()["version"]) == (200, None)


# Tags


def test_who_has_the_graph_already_is_told_so(desk: Desk, graph: str) -> None:
    desk.put(graph, "e:a e:p 1 .")
    tag = desk.get(graph).headers["ETag"]
    for sent in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        assert desk.get(graph, **{"If-None-Match": sent}).status_code == 304, sent
    desk.put(f"{graph}/other", "e:a e:p 2 .")
    assert desk.get(graph).headers["ETag"] == tag
    assert desk.get(graph, NT).headers["ETag"] != tag


@pytest.mark.parametrize("method", ["PUT", "POST", "PATCH", "DELETE"])
def test_a_graph_that_was_changed_meanwhile_is_not_written(desk: Desk, method: str, graph: str) -> None:
    desk.put(graph, "e:a e:p 1 .")
    seen = desk.get(graph).headers["ETag"]
    desk.put(graph, "e:a e:p 2 .")
    for match in (seen, f"W/{desk.get(graph).headers['ETag']}", '"other"'):
        check_problem(write(desk, method, graph, {"If-Match": match}), 412, "preconditionfailederror")
    now = desk.get(graph, NT).headers["ETag"]  # that of any form
    assert write(desk, method, graph, {"If-Match": f'"x", {now}'}).status_code == 200


def write(desk: Desk, method: str, graph: str, headers: dict[str, str]) -> TestResponse:
    if method == "PATCH":
        text = "INSERT DATA { <http://e/a> <http://e/p> 3 }"
        return desk.send(method, graph, text, headers={"Content-Type": UPDATE, **headers})
    return desk.send(method, graph, f"{PREFIXES} e:a e:p 3 .", headers=headers)


def test_a_graph_is_made_only_where_it_is_not_there(desk: Desk, graph: str) -> None:
    assert desk.put(graph, "e:a e:p 1 .", headers={"If-None-Match": "*"}).status_code == 201
    check_problem(desk.put(graph, "e:a e:p 2 .", headers={"If-None-Match": "*"}), 412, "preconditionfailederror")
    check_problem(desk.put(f"{graph}/none", "e:a e:p 2 .", headers={"If-Match": "*"}), 412, "preconditionfailederror")


def test_a_tag_that_is_none_is_refused(desk: Desk, graph: str) -> None:
    check_problem(desk.put(graph, "e:a e:p 2 .", headers={"If-Match": "unquoted"}), 400, "badrequesterror")


# Writing


def test_putting_nothing_takes_the_graph_away(desk: Desk, graph: str) -> None:
    assert desk.put(graph, "e:a e:p 1 .").status_code == 201
    assert desk.put(graph, "").status_code == 200
    assert desk.get(graph).status_code == 404
    assert (desk.put(graph, "").status_code, desk.get(graph).status_code) == (200, 404)


def test_the_default_graph_of_a_union_is_written_as_its_base_and_read_as_a_whole(desk: Desk, graph: str) -> None:
    desk.put(graph, "e:a e:p 'elsewhere' .")
    assert desk.put("default", "e:a e:p 'base' .").status_code == 200
    assert desk.get(f"{BASE}graph/base", NT).text == '<http://e/a> <http://e/p> "base" .\n'
    assert "elsewhere" in desk.get("default").text
    assert desk.send("DELETE", "default").status_code == 200
    assert "elsewhere" in desk.get("default").text
    assert desk.get(f"{BASE}graph/base").status_code == 404


def test_a_graph_that_is_posted_without_a_name_is_told_its_name(desk: Desk) -> None:
    answer = desk.post(None, "[] e:p 'posted' .")
    name = answer.headers["Location"]
    assert answer.status_code == 201
    assert name.startswith(POSTED)
    assert f"/graphs?graph={quote(name, safe='')}" in answer.headers["Link"]
    assert "posted" in desk.client.get(name.removeprefix(BASE.rstrip("/"))).text
    again = desk.post(None, "[] e:p 'posted' .")
    assert (again.status_code, again.headers["Location"], again.get_json()["version"]) == (200, name, None)
    desk.put(name, "e:a e:p 'changed' .")
    check_problem(desk.post(None, "[] e:p 'posted' ."), 409, "conflicterror")


def test_a_graph_is_posted_where_the_token_permits_it_only(desk: Desk) -> None:
    check_problem(desk.post(None, "e:a e:p 1 .", scopes=("ingest:http://elsewhere/",)), 403, "forbiddenerror")
    assert desk.post(None, "e:a e:p 1 .", scopes=(f"ingest:{BASE}graph/",)).status_code == 201


def test_nothing_is_posted_without_a_name(desk: Desk) -> None:
    check_problem(desk.post(None, ""), 400, "usageerror")


@pytest.mark.parametrize("media_type", ["", "text/csv", "text/turtle; charset=utf-16", "application/json"])
def test_a_body_of_a_type_that_is_not_read_is_refused(desk: Desk, graph: str, media_type: str) -> None:
    answer = desk.send("PUT", graph, "x", headers={"Content-Type": media_type})
    check_problem(answer, 415, "unsupportedinputerror")


@pytest.mark.parametrize(
    ("media_type", "body", "place"),
    [("text/turtle", "<http://e/a> <http://e/p> 1 .\n<http://e/a> <", {"line": 2, "column": 14}),
     (NT, "<http://e/a> <http://e/p> <x> .", {"line": 1}), ("application/ld+json", '{\n"@id": 1,}', {"line": 2}),
     ("application/rdf+xml", "<a>\n<b></a>", {"line": 2, "column": 6}),
     ("text/turtle", "<http://e/a> <http://e/p> <<( <a> <b> <c> )>> .", {"line": 1})],
)  # fmt: skip
def test_a_body_that_cannot_be_read_is_told_with_the_place(
    desk: Desk, graph: str, media_type: str, body: str, place: dict[str, int]
) -> None:
    answer = desk.send("PUT", graph, body, headers={"Content-Type": media_type})
    check_problem(answer, 400, "sourceerror")
    assert answer.get_json(force=True) | place == answer.get_json(force=True)
    assert desk.get(graph).status_code == 404


def test_statements_of_another_graph_are_not_moved_into_this_one(desk: Desk, graph: str) -> None:
    body = f"<{graph}> {{ <http://e/a> <http://e/p> 1 }}"
    headers = {"Content-Type": "application/trig"}
    answer = desk.send("PUT", "http://e/other", body, headers=headers)
    assert "of the graph" in check_problem(answer, 400, "usageerror")
    assert desk.send("PUT", graph, body, headers=headers).status_code == 201


# Forms of several files


def form(*parts: tuple[str, str, str]) -> dict[str, object]:
    return {"data": {f"file{number}": (io.BytesIO(text.encode()), name, media_type)
                     for number, (name, media_type, text) in enumerate(parts)}}  # fmt: skip


def post_form(desk: Desk, graph: str, *parts: tuple[str, str, str]) -> TestResponse:
    return desk.client.post(f"/graphs?graph={graph}", headers=desk.token("ingest"), **form(*parts))


def test_files_that_are_posted_together_are_told_by_type_or_by_name(desk: Desk, graph: str) -> None:
    answer = post_form(
        desk, graph, ("a.ttl", "application/octet-stream", f"{PREFIXES} _:x e:p 'a' ."),
        ("b", NT, '_:x <http://e/p> "b" .')
    )  # fmt: skip
    assert answer.status_code == 201, answer.text
    lines = desk.get(graph, NT).text.splitlines()
    assert len({line.partition(" ")[0] for line in lines}) == 2


def test_files_come_in_all_or_none(desk: Desk, graph: str) -> None:
    good, bad = ("a.ttl", "text/turtle", f"{PREFIXES} e:a e:p 1 ."), ("b.ttl", "text/turtle", "\n<")
    answer = post_form(desk, graph, good, bad)
    assert check_problem(answer, 400, "sourceerror").startswith("b.ttl:2")
    assert desk.get(graph).status_code == 404


def test_a_refusal_names_the_file_and_its_line(desk: Desk, graph: str) -> None:
    answer = post_form(desk, graph, ("a.ttl", "text/turtle", f"{PREFIXES} e:a e:p 1 ."),
                       ("b.ttl", "text/turtle", f"{PREFIXES}\n e:x a e:Person ; e:note 'n' ."))  # fmt: skip
    (finding,) = answer.get_json(force=True)["results"]
    assert (answer.status_code, finding["spots"]) == (422, [{"file": "b.ttl", "line": 3}])


def test_files_that_make_a_graph_make_the_same_one_again(desk: Desk) -> None:
    """The boundary is another each time."""
    part = ("a.ttl", "text/turtle", "[] <http://e/p> 'formed' .")
    first, again = (desk.client.post("/graphs", headers=desk.token("ingest"), **form(part)) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.headers["Location"] == again.headers["Location"]


@pytest.mark.parametrize("name", ["a.csv", "a"])
def test_a_file_of_an_unknown_type_is_refused(desk: Desk, graph: str, name: str) -> None:
    answer = post_form(desk, graph, (name, "application/octet-stream", "x"))
    check_problem(answer, 415, "unsupportedinputerror")


@pytest.mark.parametrize(
    ("media_type", "body"),
    [("multipart/form-data", b""), ("multipart/form-data; boundary=b", b""),
     ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx"),
     ("multipart/form-data; boundary=b", b"--b\r\nX: y\r\n\r\nx\r\n--b--"),
     ("multipart/form-data; boundary=b", b"x" * (multipart.MOST_HELD + 2 * multipart.CHUNK))],
    ids=["no boundary", "nothing", "no end", "no name", "no part"],
)  # fmt: skip
def test_a_form_that_is_none_is_refused(desk: Desk, graph: str, media_type: str, body: bytes) -> None:
    answer = desk.send("POST", graph, body, headers={"Content-Type": media_type})
    check_problem(answer, 400, "badrequesterror")


# Patches


def test_a_patch_changes_its_graph_as_if_it_were_the_default_graph(desk: Desk, graph: str) -> None:
    desk.put(graph, "e:a e:p 1 . e:b e:p 2 .")
    text = "PREFIX e: <http://e/> DELETE { ?s e:p ?o } INSERT { ?s e:q ?o } WHERE { ?s e:p ?o . FILTER(?o = 1) }"
    assert desk.send("PATCH", graph, text, headers={"Content-Type": UPDATE}).status_code == 200
    assert "<http://e/a> <http://e/q>" in desk.get(graph, NT).text
    assert "<http://e/b> <http://e/p>" in desk.get(graph, NT).text


def test_a_patch_that_reaches_beyond_its_graph_is_refused(desk: Desk, graph: str) -> None:
    desk.put(graph, "e:a e:p 1 .")
    text = "INSERT DATA { GRAPH <http://e/beyond> { <http://e/a> <http://e/p> 1 } }"
    check_problem(desk.send("PATCH", graph, text, headers={"Content-Type": UPDATE}), 400, "usageerror")
    assert desk.get("http://e/beyond").status_code == 404


def test_a_patch_of_what_is_not_there_is_refused(desk: Desk, graph: str) -> None:
    text = "INSERT DATA { <http://e/a> <http://e/p> 1 }"
    check_problem(desk.send("PATCH", graph, text, headers={"Content-Type": UPDATE}), 404, "missinggrapherror")


def test_a_patch_is_a_sparql_update(desk: Desk, graph: str) -> None:
    answer = desk.send("PATCH", graph, "e:a e:p 1 .")
    check_problem(answer, 415, "unsupportedtypeerror")
    assert answer.headers["Accept-Patch"] == UPDATE


def test_taking_away_what_something_else_needs_is_refused(desk: Desk, graph: str) -> None:
    desk.put(f"{graph}/names", "e:needy e:name 'N' .")
    desk.put(graph, "e:needy a e:Person ; e:note 'n' .")
    assert desk.send("DELETE", f"{graph}/names").status_code == 422
    assert desk.get(f"{graph}/names").status_code == 200
