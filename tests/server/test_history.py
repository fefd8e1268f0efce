"""The history of one thing as a page and as JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from graph.evaluate import Limits
from server import create_app, history
from tests.server.conftest import ClosingClient
from tests.server.test_memento import write_versions

HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A server on four versions of O9002, the name of which changes; shared, so leave them as they are."""
    app = create_app(write_versions(tmp_path_factory.mktemp("changed")), Limits(seconds=5, mebibytes=512, workers=1))
    app.test_client_class = ClosingClient
    yield app
    app.extensions["letapis"].close()


@pytest.fixture
def client(changed: Flask) -> FlaskClient:
    """A client of it."""
    return changed.test_client()


def test_a_history_tells_programs_what_each_version_changed(client: FlaskClient) -> None:
    answer = client.get("/history/O9002")
    told = answer.get_json()
    assert told["iri"] == "https://w3id.org/letapis/id/O9002"
    assert (told["versions"], told["older"]) == ({"newest": 4, "oldest": 1}, None)
    assert [change["version"] for change in told["changes"]] == [4, 3, 2, 1]
    newest = told["changes"][0]
    assert (newest["by"], newest["why"], newest["since"]) == ("tests", "number 4", 3)
    assert any('"Harbour Union 4"' in line for line in newest["added"])
    assert any('"Harbour Union 3"' in line for line in newest["removed"])
    assert not any("graph/inferred" in line or "graph/accepted" in line for line in newest["added"])


def test_a_history_shows_people_the_old_value_beside_the_new_one(client: FlaskClient) -> None:
    page = client.get("/history/O9002", headers=HTML).text
    assert re.search(r"Harbour Union 4.{1,400}added.{1,400}Harbour Union 3.{1,400}removed", page, re.DOTALL)
    assert "number 4" in page and 'href="/versions/4"' in page
    assert "The oldest version that is kept" in page


def test_the_page_of_a_thing_leads_to_its_history(client: FlaskClient) -> None:
    assert 'href="/history/O9002"' in client.get("/page/O9002", headers=HTML).text
    assert 'href="/version/2/history/O9002"' in client.get("/version/2/page/O9002", headers=HTML).text


def test_a_statement_leads_to_its_claim_in_a_version_that_has_it(client: FlaskClient) -> None:
    page = client.get("/history/P9001", headers=HTML).text
    links = set(re.findall(r'href="(/version/1/page/claim/[0-9a-f]+)"', page))
    assert links
    for link in links:
        assert client.get(link).status_code == 200


def test_what_is_there_no_more_has_its_history(client: FlaskClient) -> None:
    assert client.get("/page/O9009").status_code == 404
    assert [change["version"] for change in client.get("/history/O9009").get_json()["changes"]] == [4, 2]
    assert "Nothing is stated of it in version 4" in client.get("/history/O9009", headers=HTML).text


def test_under_a_version_a_history_ends_with_it(client: FlaskClient) -> None:
    told = client.get("/version/2/history/O9002").get_json()
    assert [change["version"] for change in told["changes"]] == [2, 1]
    assert client.get("/version/1/history/O9009").status_code == 404


@pytest.mark.parametrize(("path", "status"), [
    ("/history/O9999", 404), ("/history/%3Cscript%3E", 404), ("/history/O9002?until=x", 400),
    ("/history/O9002?until=-1", 400), ("/history/O9002?until=²", 400), (f"/history/O9002?until={'9' * 50}", 400),
])  # fmt: skip
def test_what_has_no_history_and_what_is_no_place_to_go_on_is_refused(
    client: FlaskClient, path: str, status: int
) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")


def test_a_long_history_is_told_in_parts(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "VERSIONS_READ", 2)
    told = client.get("/history/O9002").get_json()
    assert ([change["version"] for change in told["changes"]], told["older"]) == ([4, 3], 2)
    assert "until=2" in client.get("/history/O9002", headers=HTML).text
    rest = client.get("/history/O9002?until=2").get_json()
    assert ([change["version"] for change in rest["changes"]], rest["older"]) == ([2, 1], None)


def test_a_page_shows_only_so_many_statements_of_a_version(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "STATEMENTS_SHOWN", 1)
    assert "1 of 2 statements shown" in client.get("/history/O9002", headers=HTML).text


def test_what_points_at_a_thing_is_told_where_it_is_asked_for(client: FlaskClient) -> None:
    plain, whole = (client.get(f"/history/P9001{query}").get_json() for query in ("", "?objects=1"))
    added = [set(told["changes"][-1]["added"]) for told in (plain, whole)]
    assert added[0] < added[1]
    assert any(line.split()[2].endswith("id/P9001>") for line in added[1] - added[0])


@pytest.mark.parametrize("accept", ["text/html", "*/*"])
def test_a_history_that_the_client_has_is_not_sent_again(client: FlaskClient, accept: str) -> None:
    first = client.get("/history/O9002", headers={"Accept": accept})
    again = client.get("/history/O9002", headers={"Accept": accept, "If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
