"""The gate's report as an answer: in every form, with the lines to mend, capped and said to be so."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.namespace import RDF, RDFS
from werkzeug.test import TestResponse

from graph.locate_rdf import PLACED
from tests.server.writing import Desk, make_project, open_desk

SH = Namespace("http://www.w3.org/ns/shacl#")
G = "http://e/g"
BAD = "\ne:x a e:Person ; e:note 'n' .\n\n[] a e:Person ; e:note 'n' ; e:p e:x .\n"
"""Lines 3 and 5 of what is sent."""

BOTH = "\ne:x a e:Place .\ne:x a e:Person ; e:name 'X' ; e:note 'n' .\n"
HTML, JSON_LD, PROBLEM = "text/html", "application/ld+json", "application/problem+json"

rdflib_warns = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
"""It says so of its own reader of JSON-LD."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A server of a small dataset."""
    with open_desk(make_project(tmp_path_factory.mktemp("union"))) as opened:
        yield opened


def refused(desk: Desk, triples: str, accept: str = PROBLEM) -> TestResponse:
    before = desk.number
    answer = desk.put(G, triples, headers={"Accept": accept})
    assert (answer.status_code, desk.number) == (422, before), answer.text
    assert (answer.headers["Cache-Control"], answer.headers["Vary"]) == ("no-store", "Accept")
    return answer


def problem(desk: Desk, triples: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(refused(desk, triples).data)
    return found


@pytest.mark.parametrize("accept", ["", "*/*", PROBLEM, "application/json", "image/png"])
def test_a_program_gets_a_problem_document_with_each_finding_and_its_line(desk: Desk, accept: str) -> None:
    answer = refused(desk, BAD, accept)
    body = json.loads(answer.data)
    assert answer.mimetype == PROBLEM
    assert (body["type"], body["status"], body["conforms"]) == ("/docs/errors#refusederror", 422, False)
    assert (body["counts"], body["total"], body["capped"]) == ({"Violation": 2, "Warning": 0, "Info": 0}, 2, False)
    assert [(spot["file"], spot["line"]) for finding in body["results"] for spot in finding["spots"]] == [
        ("request body", 3), ("request body", 5)
    ]  # fmt: skip


def test_warnings_are_told_with_the_violations(desk: Desk) -> None:
    body = problem(desk, "e:x a e:Person .")
    assert [finding["severity"] for finding in body["results"]] == ["Violation", "Warning"]
    assert body["counts"] == {"Violation": 1, "Warning": 1, "Info": 0}


@rdflib_warns
@pytest.mark.parametrize(
    ("accept", "form"), [("text/turtle", "turtle"), (JSON_LD, "json-ld"), ("application/n-triples", "nt"),
                         ("application/rdf+xml", "xml")],
)  # fmt: skip
def test_a_program_that_reads_rdf_gets_a_validation_report(desk: Desk, accept: str, form: str) -> None:
    answer = refused(desk, BAD, accept)
    assert answer.mimetype == accept
    report = Graph().parse(data=answer.data, format=form)
    (root,) = report.subjects(RDF.type, SH.ValidationReport)
    assert report.value(root, SH.conforms) == Literal(False)
    results = list(report.objects(root, SH.result))
    assert len(results) == 2
    assert {str(report.value(result, SH.resultMessage)) for result in results} == {
        "A person has a name. (request body:3)", "A person has a name. (request body:5)"
    }  # fmt: skip
    assert {report.value(result, SH.resultPath) for result in results} == {URIRef("http://e/name")}
    assert URIRef("http://e/x") in {report.value(result, SH.focusNode) for result in results}


def test_a_person_gets_a_page_with_the_lines(desk: Desk) -> None:
    page = refused(desk, BAD, f"{HTML},*/*;q=0.8")
    assert page.mimetype == HTML
    assert "The gate refused the change" in page.text
    lines = re.findall(r'class="place">(.*?)</p>', page.text)
    assert [re.sub("<[^>]*>", "", line) for line in lines] == ["request body, line 3", "request body, line 5"]


def test_a_page_shows_what_was_sent_as_text(desk: Desk) -> None:
    page = refused(desk, "e:x a e:Person ; e:name 'x' ; e:site '<script>alert(1)</script> and more of it' .", HTML)
    assert "&lt;script&gt;alert(1)" in page.text
    assert "<script>alert(1)" not in page.text


@pytest.mark.parametrize("accept", ["text/turtle", JSON_LD])
def test_text_that_looks_like_an_address_stays_text(desk: Desk, accept: str) -> None:
    answer = refused(desk, "e:x a e:Person ; e:name 'x' ; e:site 'http://not an address of anything at all' .", accept)
    assert "http://not an address of anything at all" in answer.text


def test_a_contradiction_is_told_with_the_tree_under_it(desk: Desk) -> None:
    (finding,) = problem(desk, BOTH)["results"]
    assert finding["component"] == "http://www.w3.org/2002/07/owl#disjointWith"
    assert {tuple(premise["triple"])[2] for premise in finding["explanation"]["premises"]} == {
        "<http://e/Person>", "<http://e/Place>"
    }  # fmt: skip
    assert finding["spots"]
    page = refused(desk, BOTH, HTML).text
    assert 'class="tree"' in page and "This cannot all hold" in page


def test_a_contradiction_with_what_stands_names_what_stands(desk: Desk) -> None:
    desk.put("http://e/stands", "e:y a e:Place .")
    (finding,) = problem(desk, "e:y a e:Person ; e:name 'Y' ; e:note 'n' .")["results"]
    supports = [support for premise in finding["explanation"]["premises"] for support in premise["supports"]]
    assert {support["graph"] for support in supports} == {"http://e/stands", G}


MANY = "".join(f"e:x{number} a e:Person ; e:note 'n' .\n" for number in range(PLACED + 1))


@rdflib_warns
@pytest.mark.parametrize("accept", [PROBLEM, "text/turtle", JSON_LD, HTML])
def test_a_report_that_is_too_long_says_that_it_is_cut(desk: Desk, accept: str) -> None:
    answer = refused(desk, MANY, accept)
    if accept == PROBLEM:
        body = json.loads(answer.data)
        assert (len(body["results"]), body["capped"], body["total"]) == (PLACED, True, PLACED + 1)
        assert body["counts"]["Violation"] == PLACED + 1
        assert all(finding["spots"] for finding in body["results"])
    elif accept == HTML:
        assert answer.text.count('class="finding"') == PLACED
        assert "The first 1\u202f000 of 1\u202f001 findings" in answer.text
    else:
        report = Graph().parse(data=answer.data, format="turtle" if accept == "text/turtle" else "json-ld")
        (root,) = report.subjects(RDF.type, SH.ValidationReport)
        assert len(list(report.objects(root, SH.result))) == PLACED
        assert "The first 1000 of 1001 results" in str(report.value(root, RDFS.comment))
