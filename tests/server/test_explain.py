"""`/explain`: the tree down to the passages, for people and programs; what is absent, and what is no triple."""

from __future__ import annotations

import html
import re
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from graph.iris import CANONICAL_BASE as BASE

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


def test_a_triple_that_is_not_there_is_not_found(client: FlaskClient) -> None:
    assert client.get(path("id:P9001", "lt:detainee", "id:P9001"), headers=JSON).status_code == 404
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
