"""`/explain`: the tree down to the passages, for people and programs, as RDF too; what is absent or no triple."""

from __future__ import annotations

import html
import re
from urllib.parse import urlencode

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient

from graph.contradict import Clash
from graph.evaluator import RDF_FORMATS
from graph.explain import Explanation, Support
from graph.iris import CANONICAL_BASE as BASE
from graph.iris import PROV, RDF_TYPE
from graph.rdf import BlankNode, Literal, NamedNode, Store, Triple
from server.negotiate import RDF_TYPES

HTML = {"Accept": "text/html"}
JSON = {"Accept": "application/json"}


def path(s: str, p: str, o: str) -> str:
    return f"/explain?{urlencode({'s': s, 'p': p, 'o': o})}"


def test_an_inference_is_followed_down_to_its_passage(client: FlaskClient) -> None:
    tree = client.get(path("id:P9001", "lt:affectedBy", "id:E9001"), headers=JSON).get_json()
    assert tree["kind"] == "inferred"
    leaf = tree
    while leaf["premises"]:
        leaf = leaf["premises"][0]
    assert leaf["supports"][0]["locator"] == "para. 1"
    page = client.get(path("id:P9001", "lt:affectedBy", "id:E9001"), headers=HTML).text
    for word in ("follows by", "Alfa Anchor, a lawyer of the Harbour Union", 'class="tree"', "/page/claim/"):
        assert word in page


@pytest.mark.parametrize(
    ("subject", "predicate", "value"),
    [
        (f"<{BASE}id/E9001>", f"<{BASE}ontology#detainee>", f"<{BASE}id/P9001>"),
        ("id:E9001", "lt:detainee", "id:P9001"),
        ("id:E9002", "lt:termMonths", '"24"^^<http://www.w3.org/2001/XMLSchema#integer>'),
        ("id:E9002", "lt:termMonths", '"36"^^xsd:integer'),
        ("id:P9001", "skos:prefLabel", '"Alfa Anchor"@en'),
        ("id:E9001", "lt:start", '"2020-05-03"^^<http://id.loc.gov/datatypes/edtf/EDTF>'),
    ],
)
def test_terms_are_written_as_iris_prefixed_names_or_quoted_literals(
    client: FlaskClient, subject: str, predicate: str, value: str
) -> None:
    assert client.get(path(subject, predicate, value), headers=JSON).get_json()["kind"] == "asserted"
    assert client.get(path(subject, predicate, value), headers=HTML).status_code == 200


def test_the_links_of_a_page_lead_to_explanations(client: FlaskClient) -> None:
    page = client.get("/page/P9001", headers=HTML).text
    links = {html.unescape(link) for link in re.findall(r'href="(/explain\?[^"]+)"', page)}
    assert links
    for link in links:
        assert client.get(link, headers=HTML).status_code == 200


INFERRED = path("id:P9001", "lt:affectedBy", "id:E9001")


@pytest.mark.parametrize("form", RDF_TYPES)
def test_the_tree_is_told_as_provenance_in_every_format_of_rdf(client: FlaskClient, form: str) -> None:
    answer = client.get(INFERRED, headers={"Accept": RDF_TYPES[form][0]})
    assert answer.mimetype == RDF_TYPES[form][0]
    store = Store()
    store.load(answer.data, format=RDF_FORMATS[form])
    assert len(list(store.quads_for_pattern(None, RDF_TYPE, NamedNode(f"{PROV}Activity")))) >= 2
    assert "Accept" in answer.headers["Vary"]


def test_a_format_can_be_named_in_the_address(client: FlaskClient) -> None:
    named = client.get(f"{INFERRED}&format=ttl", headers=HTML)
    assert named.mimetype == "text/turtle" and b"prov:wasDerivedFrom" in named.data
    assert "&amp;format=ttl" in client.get(INFERRED, headers=HTML).text
    assert client.get(f"{INFERRED}&format=pdf", headers=HTML).status_code == 400


def test_what_a_client_accepts_and_is_not_on_offer_is_not_acceptable(client: FlaskClient) -> None:
    assert client.get(INFERRED, headers={"Accept": "image/png"}).status_code == 406


def test_each_format_has_an_etag_of_its_own(client: FlaskClient) -> None:
    turtle = {"Accept": "text/turtle"}
    tags = {client.get(INFERRED, headers=headers).headers["ETag"] for headers in (HTML, JSON, turtle)}
    assert len(tags) == 3
    known = client.get(INFERRED, headers=turtle).headers["ETag"]
    assert client.get(INFERRED, headers={**turtle, "If-None-Match": known}).status_code == 304


def test_what_is_asserted_is_told_with_its_commit(client: FlaskClient) -> None:
    (support,) = client.get(path("id:E9001", "lt:detainee", "id:P9001"), headers=JSON).get_json()["supports"]
    assert (support["commit"]["version"], support["commit"]["why"]) == (1, "first")
    assert "Since version 1, " in client.get(path("id:E9001", "lt:detainee", "id:P9001"), headers=HTML).text


THING, LINK = NamedNode(f"{BASE}id/P9001"), NamedNode(f"{BASE}ontology#detainee")
CLAIM = Support(f"{BASE}claim/abc", "claim", "A report", "para. 1", "", "asserted", "accepted", "a phrase <b>")
OTHER = Support("http://other.example/<graph>", "http://other.example/<graph>")
CLASH = Clash("disjoint classes", (
    Explanation(Triple(THING, LINK, Literal("a \"quoted\" text", language="en")), (CLAIM,)),
    Explanation(Triple(THING, LINK, BlankNode("b")), rule="subclass", premises=(
        Explanation(Triple(BlankNode("b"), LINK, THING), (OTHER, Support("", "default"))),
    )),
))  # fmt: skip
DRAW = '{% import "explain/tree.html" as drawn with context %}{{ drawn.tree(tree) }}'


def test_a_contradiction_is_drawn_like_an_explanation(app: Flask) -> None:
    with app.test_request_context("/explain"):
        app.preprocess_request()
        drawn = render_template_string(DRAW, tree=CLASH)
        assert render_template_string(DRAW, tree=CLASH.to_json()) == drawn
        app.process_response(app.response_class()).close()
    for word in ("contradiction by <code>disjoint classes</code>", "follows by <code>subclass</code>", "A report",
                 "a phrase &lt;b&gt;", "http://other.example/&lt;graph&gt;", "Stated in the default graph", "_:b",
                 "/page/claim/abc", "a &#34;quoted&#34; text", "Alfa Anchor"):  # fmt: skip
        assert word in drawn
    assert drawn.count("<ul") == drawn.count("</ul>") == 3


def test_a_triple_that_is_not_there_is_not_found(client: FlaskClient) -> None:
    assert client.get(path("id:P9001", "lt:detainee", "id:P9001"), headers=JSON).status_code == 404
    assert client.get(path("id:P9001", "lt:detainee", "id:P9001"), headers={"Accept": "text/turtle"}).status_code == 404
    assert client.get(path("id:E9002", "lt:termMonths", '"24"'), headers=JSON).status_code == 404


@pytest.mark.parametrize(
    ("subject", "predicate", "value"),
    [
        ("", "lt:detainee", "id:P9001"), ('"literal"', "lt:detainee", "id:P9001"), ("id:P9001", '"p"', "id:P9001"),
        ("not an iri", "lt:detainee", "id:P9001"), ("id:P9001", "lt:detainee", "<a b>"),
        ("id:P9001", "lt:detainee", '"open'), ("id:P9001", "lt:detainee", '"x"@'),
        ("id:P9001", "lt:detainee", "id:a b"),
        ("id:P9001", "lt:detainee", '"x"^^y z'), ("id:P9001", "lt:detainee", '"x"^^<a b>'),
        ("id:P9001", "lt:detainee", '"a" . <x:y> <x:y> "b"'), ("id:P9001", "lt:detainee", "\x00"),
        ("<script>alert(1)</script>", "lt:detainee", "id:P9001"),
    ],
)  # fmt: skip
def test_what_is_no_triple_is_refused(client: FlaskClient, subject: str, predicate: str, value: str) -> None:
    answer = client.get(path(subject, predicate, value), headers=JSON)
    assert answer.status_code == 400
    assert "<script>alert" not in client.get(path(subject, predicate, value), headers=HTML).text


def test_without_a_triple_a_browser_gets_the_form_and_a_program_is_told(client: FlaskClient) -> None:
    assert "<form" in client.get("/explain", headers=HTML).text
    assert client.get("/explain", headers=JSON).status_code == 400
