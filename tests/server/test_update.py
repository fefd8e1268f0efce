"""`/update`: SPARQL 1.1 Update by the SPARQL Protocol, where the W3C suite says nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from werkzeug.test import TestResponse

from tests.server.writing import BASE, UPDATE, Desk, make_project, open_desk

E = "PREFIX e: <http://e/> "


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A server of a small dataset."""
    with open_desk(make_project(tmp_path_factory.mktemp("union"))) as opened:
        yield opened


def post(desk: Desk, body: str | bytes, media_type: str, query: str = "") -> TestResponse:
    headers = {"Content-Type": media_type, **desk.token("update")}
    return desk.client.post(f"/update{query}", data=body, headers=headers)


def check_problem(answer: TestResponse, status: int, name: str) -> dict[str, Any]:
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), answer.text
    body: dict[str, Any] = json.loads(answer.data)
    assert body["type"] == f"/docs/errors#{name}"
    return body


def test_an_update_is_sent_as_it_is_or_as_a_form(desk: Desk) -> None:
    direct = desk.update(f"{E} INSERT DATA {{ GRAPH e:sent {{ e:a e:p 'direct' }} }}")
    form = desk.client.post("/update", data={"update": f"{E} INSERT DATA {{ GRAPH e:sent {{ e:a e:p 'form' }} }}"},
                            headers=desk.token("update"))  # fmt: skip
    assert (direct.status_code, form.status_code) == (200, 200)
    assert form.get_json()["changed"] == {"added": 1, "removed": 0, "inferred": 0, "withdrawn": 0}
    assert desk.ask("GRAPH e:sent { e:a e:p 'direct', 'form' }")


@pytest.mark.parametrize("place", ["form", "address"])
def test_a_dry_run_may_be_asked_for_in_the_form_too(desk: Desk, place: str) -> None:
    update = quote(f"{E} INSERT DATA {{ GRAPH e:dry {{ e:a a e:Person ; e:name 'A' }} }}")
    before = desk.number
    dry = "dry-run=1"
    in_form, query = (f"&{dry}", "") if place == "form" else ("", f"?{dry}")
    answer = post(desk, f"update={update}{in_form}", "application/x-www-form-urlencoded", query)
    assert (answer.status_code, answer.get_json()["dryRun"], desk.number) == (200, True, before)
    assert len(answer.get_json()["would"]["inferred"]) == 1


def test_the_commit_says_what_the_sender_did(desk: Desk) -> None:
    answer = desk.client.post(
        "/update", headers=desk.token("update"),
        data={"update": f"{E} INSERT DATA {{ GRAPH e:why {{ e:a e:p 1 }} }}", "message": "as agreed"},
    )  # fmt: skip
    commit = desk.versions.get(answer.get_json()["version"]).commit
    assert (commit["by"], commit["why"], commit["via"]) == ("update", "as agreed", "update")


def test_the_patterns_see_the_dataset_that_the_request_names(desk: Desk) -> None:
    desk.update(f"{E} INSERT DATA {{ GRAPH e:one {{ e:a e:p 1 }} GRAPH e:two {{ e:a e:p 2 }} }}")
    text = f"{E} INSERT {{ GRAPH e:seen {{ ?s e:saw ?o }} }} WHERE {{ ?s e:p ?o }}"
    answer = post(desk, text, UPDATE, f"?using-graph-uri={quote('http://e/two')}")
    assert answer.get_json()["changed"]["added"] == 1
    assert desk.ask("GRAPH e:seen { e:a e:saw 2 }")
    check_problem(post(desk, text, UPDATE, "?using-graph-uri=two"), 400, "badrequesterror")


def test_what_is_written_to_the_default_graph_of_a_union_is_stated_in_its_base(desk: Desk) -> None:
    desk.update(f"{E} INSERT DATA {{ e:a e:p 'default' }}")
    assert desk.ask(f"GRAPH <{BASE}graph/base> {{ e:a e:p 'default' }}")
    desk.update(f"{E} DELETE DATA {{ e:a e:p 'default' }}")
    assert not desk.ask("e:a e:p 'default'")


def test_an_update_that_fails_in_the_middle_changes_nothing(desk: Desk) -> None:
    before = desk.number
    answer = desk.update(f"{E} INSERT DATA {{ GRAPH e:half {{ e:a e:p 1 }} }} ; DROP GRAPH e:none")
    check_problem(answer, 404, "missinggrapherror")
    assert desk.number == before
    assert not desk.ask("GRAPH e:half { ?s ?p ?o }")


def test_a_graph_that_is_there_is_not_created(desk: Desk) -> None:
    desk.update(f"{E} INSERT DATA {{ GRAPH e:there {{ e:a e:p 1 }} }}")
    answer = check_problem(desk.update(f"{E} CREATE GRAPH e:there"), 409, "conflicterror")
    assert answer["title"] == "Conflict with another change"
    assert desk.update(f"{E} CREATE SILENT GRAPH e:there").status_code == 200


def test_an_update_that_the_gate_refuses_is_answered_with_the_report(desk: Desk) -> None:
    answer = desk.update(f"{E} INSERT DATA {{ GRAPH e:bad {{ e:x a e:Person }} }}")
    report = check_problem(answer, 422, "refusederror")
    assert [finding["focus"] for finding in report["results"] if finding["severity"] == "Violation"] == ["http://e/x"]


def test_a_mistake_is_told_with_its_place(desk: Desk) -> None:
    problem = check_problem(desk.update(f"{E}\n INSERT DATA {{ e:a e:p }}"), 400, "querysyntaxerror")
    assert (problem["line"], problem["column"]) == (2, 24)
    check_problem(desk.update("INSERT DATA { no:prefix a 1 }"), 400, "querysyntaxerror")


def test_an_update_does_not_reach_out(desk: Desk) -> None:
    check_problem(desk.update("LOAD <http://127.0.0.1:1/x.ttl>"), 403, "queryforbiddenerror")
    text = f"{E} INSERT {{ e:a e:p ?o }} WHERE {{ SERVICE <http://127.0.0.1:1/> {{ ?s ?p ?o }} }}"
    check_problem(desk.update(text), 403, "queryforbiddenerror")


@pytest.mark.parametrize(
    ("body", "media_type", "query", "status"),
    [("CLEAR ALL", UPDATE, "?update=CLEAR+ALL", 400), ("", "application/x-www-form-urlencoded", "", 400),
     ("update=CLEAR+ALL&query=ASK{}", "application/x-www-form-urlencoded", "", 400),
     (b"update=%FF", "application/x-www-form-urlencoded", "", 400), (b"\xff", UPDATE, "", 400),
     ("CLEAR ALL", "text/plain", "", 415), ("CLEAR ALL", "", "", 415),
     ("CLEAR ALL", f"{UPDATE}; charset=utf-16", "", 415)],
)  # fmt: skip
def test_one_update_is_sent_in_one_way(
    desk: Desk, body: str | bytes, media_type: str, query: str, status: int
) -> None:
    before = desk.number
    answer = post(desk, body, media_type, query)
    assert (answer.status_code, desk.number) == (status, before), answer.text


def test_an_update_that_is_compressed_is_not_taken_for_text(desk: Desk) -> None:
    answer = desk.update("CLEAR ALL", headers={"Content-Encoding": "gzip"})
    check_problem(answer, 415, "unsupportedtypeerror")


def test_an_update_is_posted(desk: Desk) -> None:
    answer = desk.client.get("/update?update=CLEAR+ALL")
    check_problem(answer, 405, "methodnotallowed")
    assert answer.headers["Allow"] == "OPTIONS, POST"


def test_the_address_of_queries_tells_where_updates_go(desk: Desk) -> None:
    for answer in (desk.client.post("/sparql", data="CLEAR ALL", content_type=UPDATE),
                   desk.client.post("/sparql", data={"update": "CLEAR ALL"})):  # fmt: skip
        assert "/update" in check_problem(answer, 403, "queryforbiddenerror")["detail"]
