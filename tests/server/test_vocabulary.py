"""`/ontology` and `/shapes`: as pages, as RDF, and when the files of the shapes are being worked on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from rdflib import Graph, URIRef
from rdflib.namespace import OWL, RDF, SH

from graph.build import build
from graph.iris import CANONICAL_BASE as BASE
from graph.project import Project
from server import create_app
from tests.server.conftest import ClosingClient

HTML = {"Accept": "text/html"}


def test_the_page_of_the_ontology_lists_modules_classes_and_properties(client: FlaskClient) -> None:
    page = client.get("/ontology", headers=HTML).text
    for word in ('id="Detention"', 'id="detainee"', "lt:detainee", "Letapis: events", 'href="/ontology/Person"'):
        assert word in page


@pytest.mark.parametrize(
    ("accept", "name"), [("text/turtle", "turtle"), ("application/rdf+xml", "xml"), ("*/*", "turtle")]
)
def test_the_ontology_is_rdf_for_a_program(client: FlaskClient, accept: str, name: str) -> None:
    graph = Graph().parse(data=client.get("/ontology", headers={"Accept": accept}).data, format=name)
    assert (URIRef(f"{BASE}ontology#Detention"), RDF.type, OWL.Class) in graph
    assert not any("/.well-known/genid/" in str(s) for s in graph.subjects())


def test_the_ontology_is_not_an_image(client: FlaskClient) -> None:
    assert client.get("/ontology", headers={"Accept": "image/png"}).status_code == 406
    assert client.get("/shapes", headers={"Accept": "image/png"}).status_code == 406


def test_a_term_has_its_definition_its_place_and_its_uses(client: FlaskClient) -> None:
    page = client.get("/ontology/Detention", headers=HTML).text
    for word in ("deprives somebody of liberty", "coercive act", "/page/E9001", "/sparql?query=", "/browse/Detention"):
        assert word in page
    page = client.get("/ontology/detainee", headers=HTML).text
    for word in ("затрыманы", "задержанный", "/page/P9001", "affects"):
        assert word in page


def test_terms_of_other_vocabularies_are_found_by_their_prefix(client: FlaskClient) -> None:
    assert client.get("/ontology/org:member", headers=HTML).status_code == 200
    assert 'href="/ontology/org:member"' in client.get("/page/M9001", headers=HTML).text


def test_a_module_has_an_address(client: FlaskClient) -> None:
    assert client.get("/ontology/events", headers=HTML).status_code == 200


def test_a_term_is_rdf_for_a_program(client: FlaskClient) -> None:
    answer = client.get("/ontology/detainee", headers={"Accept": "application/n-triples"})
    assert {str(s) for s in Graph().parse(data=answer.data, format="nt").subjects()} == {f"{BASE}ontology#detainee"}


@pytest.mark.parametrize(
    "name", ["Nothing", "org:nothing", "nope:member", "%3Cb%3E", "..", "a%20b", ":", "org:", "x%23y"]
)
def test_what_is_no_term_is_not_found(client: FlaskClient, name: str) -> None:
    assert client.get(f"/ontology/{name}", headers=HTML).status_code == 404


def test_the_shapes_are_listed_with_what_to_do(client: FlaskClient) -> None:
    page = client.get("/shapes", headers=HTML).text
    for word in ("Violation", "What to do", "AnonymousSource"):
        assert word in page


def test_the_shapes_are_shacl_for_a_program(client: FlaskClient) -> None:
    graph = Graph().parse(data=client.get("/shapes", headers={"Accept": "text/turtle"}).data, format="turtle")
    assert len(set(graph.subjects(RDF.type, SH.NodeShape))) > 10


@pytest.mark.parametrize("state", ["absent", "empty", "broken"])
def test_the_shapes_are_those_of_the_version_whatever_became_of_the_files(
    write: Callable[..., Project], state: str
) -> None:
    project = write()
    build(project, by="tests", why="shapes")
    app = create_app(project)
    app.test_client_class = ClosingClient
    try:
        before = app.test_client().get("/shapes", headers=HTML)
        for path in project.shapes.glob("*"):
            path.unlink()
        if state == "absent":
            project.shapes.rmdir()
        elif state == "broken":
            (project.shapes / "broken.ttl").write_text("<a> <b>")
        after = app.test_client().get("/shapes", headers=HTML)
        assert (after.status_code, after.text) == (200, before.text)
        assert after.text.count('class="chip severity-') > 50
    finally:
        app.extensions["letapis"].close()
