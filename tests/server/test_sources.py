"""`/sources`: documents, their passages in place or by phrase, and texts that come, go or are not what they seem."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from graph.build import build
from graph.project import Project
from server import create_app
from tests.conftest import TEXT, claims_text
from tests.server.conftest import ClosingClient

HTML = {"Accept": "text/html"}
WHOLE = "According to the Ministry, 40 lawyers allegedly lost their licences."


@pytest.fixture
def own(record: Project) -> Iterator[tuple[Project, Flask]]:
    """A record of this test alone, and a server on it."""
    build(record, by="tests", why="sources")
    app = create_app(record)
    app.test_client_class = ClosingClient
    yield record, app
    app.extensions["letapis"].close()


def test_the_documents_are_listed_and_an_undated_one_says_so(client: FlaskClient) -> None:
    page = client.get("/sources", headers=HTML).text
    assert 'href="/sources/invented"' in page
    assert "undated" in page


def test_passages_stand_in_the_order_of_the_text_with_what_they_support(client: FlaskClient) -> None:
    page = client.get("/sources/invented", headers=HTML).text
    assert page.index("was detained") < page.index("was sentenced") < page.index("lost their licences")
    for word in ("para. 2", "/page/F9001", "alleged", "disputed", "undated", "SHA-256"):
        assert word in page


def test_a_passage_is_whole_where_the_text_is_here_and_a_phrase_where_it_is_not(own: tuple[Project, Flask]) -> None:
    project, app = own
    client = app.test_client()
    first = client.get("/sources/invented", headers=HTML)
    assert WHOLE in first.text
    (project.data / "sources" / "invented.txt").unlink()
    second = client.get("/sources/invented", headers={**HTML, "If-None-Match": first.headers["ETag"]})
    assert second.status_code == 200
    assert WHOLE not in second.text
    assert "40 lawyers allegedly lost their licences" in second.text
    assert "not on this server" in second.text


def test_a_text_with_another_fingerprint_is_not_shown(own: tuple[Project, Flask]) -> None:
    project, app = own
    (project.data / "sources" / "invented.txt").write_text("Forged. " * 100)
    assert "Forged" not in app.test_client().get("/sources/invented", headers=HTML).text


def test_a_description_that_changed_after_the_build_does_not_lend_its_text(own: tuple[Project, Flask]) -> None:
    project, app = own
    (project.documents / "invented.yml").write_text("no: document\n")
    answer = app.test_client().get("/sources/invented", headers=HTML)
    assert answer.status_code == 200
    assert WHOLE not in answer.text


def test_a_passage_can_be_pointed_at(client: FlaskClient) -> None:
    page = client.get("/sources/invented?passage=40-112", headers=HTML)
    assert page.status_code == 200
    assert client.get("/sources/invented?passage=1-2", headers=HTML).status_code == 200


@pytest.mark.parametrize(
    "query", ["passage=x", "passage=<script>", "passage=40-112%23", "page=-1", "page=x", "page=9999999"]
)
def test_what_is_no_passage_or_page_is_refused(client: FlaskClient, query: str) -> None:
    assert client.get(f"/sources/invented?{query}", headers=HTML).status_code == 400


@pytest.mark.parametrize("name", ["none", "..", "..%2f..%2fetc%2fpasswd", "%3Cscript%3E", "invented.txt", "%00", "a b"])
def test_what_is_no_document_is_not_found(client: FlaskClient, name: str) -> None:
    assert client.get(f"/sources/{name}", headers=HTML).status_code == 404


def test_markup_in_a_text_comes_out_as_words(write: Callable[..., Project]) -> None:
    text = TEXT.replace("40 lawyers", "<img src=x onerror=alert(1)> 40 lawyers")
    project = write(text=text, claims=claims_text(text))
    build(project, by="tests", why="markup")
    app = create_app(project)
    app.test_client_class = ClosingClient
    try:
        page = app.test_client().get("/sources/invented", headers=HTML).text
        assert "&lt;img src=x" in page
        assert "<img src=x" not in page
    finally:
        app.extensions["letapis"].close()
