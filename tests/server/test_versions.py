"""Versions over HTTP: each listed, compared, and read and queried as it was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from graph.build import build
from graph.evaluate import Limits
from graph.rdf import Store
from graph.versions import Versions
from server import create_app
from server.service import OLDER_OPEN, Service
from tests.conftest import write_record
from tests.server.conftest import ClosingClient

HTML = {"Accept": "text/html"}
LABEL = (
    "SELECT ?label { <https://w3id.org/letapis/id/O9002> <http://www.w3.org/2004/02/skos/core#prefLabel> ?label "
    'FILTER(LANG(?label) = "en") }'
)


@pytest.fixture(scope="module")
def renamed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A server on a record with two versions: a union was renamed; the first is tagged `old`."""
    project = write_record(tmp_path_factory.mktemp("renamed"))
    build(project, by="tests", why="first")
    entities = project.entities / "all.yml"
    entities.write_text(entities.read_text().replace("Harbour Union", "Dockers of the Harbour Union"))
    build(project, by="tests", why="renamed")
    versions = Versions(project.data)
    with versions.writer() as writer:
        writer.tag("old", versions.get(1))
    app = create_app(project, Limits(seconds=5, mebibytes=512, workers=2))
    yield app
    app.extensions["letapis"].close()


@pytest.fixture
def client(renamed: Flask) -> FlaskClient:
    """A client whose answers are closed, so that no version stays held."""
    renamed.test_client_class = ClosingClient
    return renamed.test_client()


def labels(client: FlaskClient, prefix: str) -> list[str]:
    answer = client.get(f"{prefix}/sparql", query_string={"query": LABEL, "format": "csv"})
    assert answer.status_code == 200
    return answer.text.split("\r\n")[1:-1]


@pytest.mark.parametrize(
    ("prefix", "label"),
    [("", "Dockers of the Harbour Union"), ("/version/2", "Dockers of the Harbour Union"),
     ("/version/1", "Harbour Union"), ("/version/old", "Harbour Union")],
)  # fmt: skip
def test_each_version_answers_queries_as_it_was(client: FlaskClient, prefix: str, label: str) -> None:
    assert labels(client, prefix) == [label]


def test_a_page_of_an_older_version_says_so_and_its_links_stay_in_it(client: FlaskClient) -> None:
    page = client.get("/version/old/page/O9002", headers=HTML)
    assert "<h1>Harbour Union</h1>" in re.sub(r"<h1[^>]*>", "<h1>", page.text)
    assert "You read version 1" in page.text
    assert page.headers["X-Robots-Tag"] == "noindex"
    local = set(re.findall(r'(?:href|action)="(/[^"]*)"', page.text))
    outside = {link for link in local if not link.startswith("/version/old/")}
    assert outside <= {"/", "/versions"}


def test_a_page_of_the_current_version_leads_nowhere_else(client: FlaskClient) -> None:
    page = client.get("/page/O9002", headers=HTML)
    assert "You read version" not in page.text
    assert "X-Robots-Tag" not in page.headers
    assert 'href="/version/' not in page.text


def test_things_and_data_are_found_within_a_version(client: FlaskClient) -> None:
    answer = client.get("/version/1/id/O9002", headers={"Accept": "text/turtle"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/version/1/data/O9002.ttl")
    data = client.get("/version/1/data/O9002.nt")
    assert '"Harbour Union"' in data.text
    data = client.get("/data/O9002.nt")
    assert '"Dockers of the Harbour Union"' in data.text


def test_etags_tell_versions_apart(client: FlaskClient) -> None:
    tags = []
    for prefix in ("", "/version/1"):
        answer = client.get(f"{prefix}/data/O9002.ttl")
        tags.append(answer.headers["ETag"])
    assert tags[0] != tags[1]


@pytest.mark.parametrize("name", ["3", "none", "..", "%2e%2e", "<script>", "0", "1 ", "²", "9" * 5000])
def test_what_means_no_version_is_404(client: FlaskClient, name: str) -> None:
    answer = client.get(f"/version/{name}/sparql?query=ASK%7B%7D")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


def test_versions_are_listed_for_people_and_programs(client: FlaskClient) -> None:
    answer = client.get("/versions")
    listed = answer.get_json()
    assert [(v["version"], v["tags"], v["why"]) for v in listed] == [(2, [], "renamed"), (1, ["old"], "first")]
    page = client.get("/versions", headers=HTML)
    assert 'href="/version/old/"' in page.text
    assert "/versions/diff?from=1&amp;to=2" in page.text


def test_what_changed_is_a_patch_and_a_page(client: FlaskClient) -> None:
    answer = client.get("/versions/diff?from=old&to=2")
    assert answer.mimetype == "application/rdf-patch"
    assert any(line.startswith("A ") and "Dockers" in line for line in answer.text.splitlines())
    page = client.get("/versions/diff?from=1&to=2", headers=HTML)
    assert "Dockers" in page.text and "statements added" in page.text


@pytest.mark.parametrize(("query", "status"), [("", 400), ("from=1", 400), ("from=1&to=9", 404), ("from=..&to=2", 404)])
def test_a_comparison_without_two_versions_is_refused(client: FlaskClient, query: str, status: int) -> None:
    answer = client.get(f"/versions/diff?{query}")
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")


def test_only_the_last_few_older_versions_stay_open(tmp_path: Path) -> None:
    project = write_record(tmp_path)
    entities = project.entities / "all.yml"
    first = entities.read_text()
    for number in range(OLDER_OPEN + 2):
        entities.write_text(first.replace("Harbour Union", f"Harbour Union {number}"))
        build(project, by="tests", why=str(number))
    service = Service(project, Limits(workers=1))
    try:
        held = []
        for number in range(1, OLDER_OPEN + 2):
            served = service.enter(str(number))
            held.append(served)
            assert isinstance(served.store, Store)
            served.leave()
        assert not held[0].enter(), "the one asked for longest ago is closed"
        assert held[-1].enter()
        held[-1].leave()
    finally:
        service.close()
