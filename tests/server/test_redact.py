"""What was redacted is gone over HTTP, from every version, and a server that runs stops answering with it at once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from graph.project import Project
from graph.redact import Request, redact
from graph.redact_select import Target
from graph.versions import Versions
from server import create_app
from tests.server.conftest import ClosingClient
from tests.server.live import Live

HTML = {"Accept": "text/html"}
WORDS = ("Anchor", "Ancor", "Анкор")
GONE = ("/id/P9001", "/page/P9001", "/data/P9001.ttl", "/data/P9001.json", "/history/P9001")
SPARQL = "SELECT ?s ?o { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } FILTER(CONTAINS(STR(?o), 'Anc')) }"


def _copy(project: Project, root: Path) -> Project:
    """The same record elsewhere, to be changed."""
    shutil.copytree(project.root, root, symlinks=True)
    return Project(root, root / "data")


@pytest.fixture(scope="module")
def client(built: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """A server that served both versions, the older one too, before Alfa Anchor was redacted. Shared."""
    project = _copy(built, tmp_path_factory.mktemp("redacted") / "record")
    app = create_app(project)
    app.test_client_class = ClosingClient
    client = app.test_client()
    for path in ("/page/P9001", "/version/1/page/P9001"):
        assert "Anchor" in client.get(path, headers=HTML).text
    _again(project)
    assert "Anchor" in client.get("/version/1/page/P9001", headers=HTML).text
    _redact(project)
    yield client
    app.extensions["letapis"].close()


def _again(project: Project) -> None:
    """Make a second version, so that the first is an older one."""
    versions = Versions(project.data)
    with versions.writer() as writer:
        writer.restore(versions.get(1), by="tests", why="again")


def _redact(project: Project) -> None:
    target = Target(frozenset([project.names.id("P9001").value]))
    redact(project.data, project.layout, Request(target, "tests", "asked for", despite=True))


@pytest.mark.parametrize("version", ["", "/version/1", "/version/2", "/version/3"])
@pytest.mark.parametrize("path", GONE)
def test_a_redacted_thing_is_gone_from_every_version_and_the_answer_repeats_nothing(
    client: FlaskClient, version: str, path: str
) -> None:
    for headers in (HTML, {"Accept": "application/json"}):
        answer = client.get(version + path, headers=headers)
        assert answer.status_code == 410
        assert not any(word in answer.text for word in WORDS)


@pytest.mark.parametrize("version", ["", "/version/1"])
@pytest.mark.parametrize("path", ["/page/E9001", "/page/E9002", "/page/O9002", "/data/E9001.ttl", "/search?q=Alfa"])
def test_what_pointed_at_it_is_still_there_and_does_not_name_it(client: FlaskClient, version: str, path: str) -> None:
    answer = client.get(version + path, headers=HTML)
    assert answer.status_code == 200
    assert not any(word in answer.text for word in WORDS)


@pytest.mark.parametrize("version", ["", "/version/1", "/version/2"])
def test_no_query_finds_it(client: FlaskClient, version: str) -> None:
    answer = client.get(f"{version}/sparql", query_string={"query": SPARQL}, headers={"Accept": "text/csv"})
    assert (answer.status_code, answer.text.split()) == (200, ["s,o"])


def test_the_list_of_versions_tells_of_the_redaction_and_not_of_what_went(client: FlaskClient) -> None:
    listed = client.get("/versions", headers={"Accept": "application/json"})
    assert "asked for" in listed.text and "redact" in listed.text
    changed = client.get("/versions/diff?from=1&to=3", headers=HTML)
    for answer in (listed, changed, client.get("/versions/3", headers=HTML), client.get("/versions.atom")):
        assert answer.status_code == 200
        assert not any(word in answer.text for word in WORDS)


def test_when_it_is_done_no_process_of_a_server_answers_with_it(built: Project, tmp_path: Path) -> None:
    project = _copy(built, tmp_path / "record")
    _again(project)
    with Live(project, tmp_path / "log", "--processes", "2") as server:
        for path in ("/page/P9001", "/version/1/page/P9001") * 4:
            assert b"Anchor" in server.get(path, HTML).body
        _redact(project)
        for path in ("/page/P9001", "/version/1/page/P9001", "/version/2/page/P9001") * 4:
            answer = server.get(path, HTML)
            assert (answer.status, b"Anchor" in answer.body) == (410, False)
