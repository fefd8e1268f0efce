"""Versions over HTTP: each listed, compared, and read and queried as it was."""

from __future__ import annotations

import re
import shlex
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from graph.__main__ import main
from graph.build import build
from graph.evaluate import Limits
from graph.rdf import Store
from graph.versions import Versions
from server import create_app, versions
from server.service import OLDER_OPEN, Service
from tests.conftest import ROOT, write_record
from tests.server.conftest import ClosingClient

HTML = {"Accept": "text/html"}
ATOM = {"a": "http://www.w3.org/2005/Atom"}
HOSTILE = "<script>alert(1)</script> & \x01\x1b]]>\ufffe"
CLEANED = "<script>alert(1)</script> & \ufffd\ufffd]]>\ufffd"
LABEL = (
    "SELECT ?label { <https://w3id.org/letapis/id/O9002> <http://www.w3.org/2004/02/skos/core#prefLabel> ?label "
    'FILTER(LANG(?label) = "en") }'
)


@pytest.fixture(scope="module")
def renamed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A server on a record with two versions: a union was renamed; the first is tagged `old`.

    Each test leaves it as it was.
    """
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


@pytest.mark.parametrize(
    ("accept", "kind"),
    [("text/html,application/xml;q=0.9,*/*;q=0.8", "text/html"), ("application/atom+xml", "application/atom+xml"),
     ("application/atom+xml, text/html;q=0.5", "application/atom+xml"), ("*/*", "application/json"),
     ("application/json", "application/json")],
)  # fmt: skip
def test_the_list_comes_as_the_client_likes_it_best(client: FlaskClient, accept: str, kind: str) -> None:
    answer = client.get("/versions", headers={"Accept": accept})
    assert (answer.status_code, answer.mimetype) == (200, kind)
    assert "Accept" in answer.headers["Vary"]


def test_a_type_in_which_versions_are_not_listed_is_406(client: FlaskClient) -> None:
    assert client.get("/versions", headers={"Accept": "text/turtle"}).status_code == 406


def feed(client: FlaskClient, query: str = "") -> ET.Element:
    answer = client.get(f"/versions.atom{query}")
    assert answer.mimetype == "application/atom+xml"
    return ET.fromstring(answer.data)  # noqa: S314 - the server's own


def test_a_feed_has_an_entry_for_each_version_the_newest_first(client: FlaskClient) -> None:
    root = feed(client)
    entries = root.findall("a:entry", ATOM)
    assert [entry.findtext("a:title", "", ATOM) for entry in entries] == ["renamed", "first"]
    assert [entry.findtext("a:author/a:name", "", ATOM) for entry in entries] == ["tests", "tests"]
    assert entries[0].findtext("a:updated", "", ATOM) == root.findtext("a:updated", "", ATOM)
    assert "quads in all" in entries[0].findtext("a:summary", "", ATOM)
    ids = {element.text for element in root.iter("{http://www.w3.org/2005/Atom}id")}
    assert len(ids) == 3 and all((text or "").startswith("https://w3id.org/letapis/") for text in ids)


def test_a_feed_leads_to_the_page_and_the_patch_of_a_version(client: FlaskClient) -> None:
    entry = feed(client).findall("a:entry", ATOM)[0]
    links = {link.get("type"): str(link.get("href")) for link in entry.findall("a:link", ATOM)}
    assert set(links) == {"text/html", "application/rdf-patch"}
    for kind, address in links.items():
        assert client.get(address, headers={"Accept": str(kind)}).mimetype == kind


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """A client of a record whose only commit tries to break out of every format."""
    project = write_record(tmp_path_factory.mktemp("hostile"))
    build(project, by=HOSTILE, why=HOSTILE)
    app = create_app(project, Limits(seconds=5, mebibytes=512, workers=1))
    app.test_client_class = ClosingClient
    yield app.test_client()
    app.extensions["letapis"].close()


def test_hostile_words_stay_words_in_a_feed(hostile: FlaskClient) -> None:
    (entry,) = feed(hostile).findall("a:entry", ATOM)
    assert entry.findtext("a:title", "", ATOM) == CLEANED
    assert entry.findtext("a:author/a:name", "", ATOM) == CLEANED


@pytest.mark.parametrize("path", ["/versions", "/versions/1", "/history/P9001"])
def test_hostile_words_stay_words_in_a_page(hostile: FlaskClient, path: str) -> None:
    page = hostile.get(path, headers=HTML)
    assert page.status_code == 200
    assert "<script>alert" not in page.text and "&lt;script&gt;alert" in page.text
    assert "\x01" not in page.text


def test_hostile_words_are_told_to_programs_as_they_are(hostile: FlaskClient) -> None:
    assert hostile.get("/versions/1").get_json()["why"] == HOSTILE


def test_a_host_that_is_no_name_is_not_repeated(client: FlaskClient) -> None:
    answer = client.get("/versions.atom", headers={"Host": 'evil"><x'})
    assert answer.status_code == 400 or "evil" not in answer.text


def test_more_versions_than_a_page_holds_are_paged(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "PAGE", 1)
    first = client.get("/versions")
    assert [version["version"] for version in first.get_json()] == [2]
    assert first.headers["Link"] == '</versions?before=2>; rel="next"'
    rest = client.get("/versions?before=2")
    assert [version["version"] for version in rest.get_json()] == [1]
    assert "Link" not in rest.headers
    assert 'href="/versions?before=2"' in client.get("/versions", headers=HTML).text
    assert feed(client).find("a:link[@rel='next']", ATOM) is not None


@pytest.mark.parametrize("text", ["x", "-1", "1.5", "9" * 50, "²"])
def test_a_place_to_go_on_that_is_no_number_is_refused(client: FlaskClient, text: str) -> None:
    assert client.get("/versions", query_string={"before": text}).status_code == 400


def test_the_list_tells_disk_use(client: FlaskClient) -> None:
    disks = [version["disk"] for version in client.get("/versions").get_json()]
    assert all(disk["own"] + disk["shared"] > 0 for disk in disks)
    assert re.search(r"2 versions, [\d.]+ .B on disk", client.get("/versions", headers=HTML).text)


def test_one_version_tells_who_when_why_and_what(client: FlaskClient) -> None:
    for name in ("1", "old"):
        told = client.get(f"/versions/{name}").get_json()
        assert (told["version"], told["by"], told["why"], told["tags"]) == (1, "tests", "first", ["old"])
    page = client.get("/versions/2", headers=HTML).text
    for word in ("Version 2", "tests", "renamed", "Dockers", 'href="/versions/1"', "/versions/2/patch"):
        assert word in page


def test_the_page_of_a_version_shows_only_the_first_lines_of_its_change(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "CHANGES_SHOWN", 2)
    for name in ("1", "2"):
        page = client.get(f"/versions/{name}", headers=HTML).text
        (shown,) = re.findall(r'<pre class="patch"[^>]*>(.*?)</pre>', page, re.DOTALL)
        assert len(shown.strip().splitlines()) == 2
        assert "The first 2 lines" in page


def test_the_patch_of_a_version_is_its_change_from_its_parent(client: FlaskClient) -> None:
    answer = client.get("/versions/2/patch")
    assert answer.mimetype == "application/rdf-patch"
    assert answer.text == client.get("/versions/diff?from=1&to=2").text
    first = client.get("/versions/1/patch").text.splitlines()
    assert (first[1], first[-1]) == ("TX .", "TC .")
    assert all(line.startswith("A ") for line in first[2:-1]) and len(first) > 100


@pytest.mark.parametrize("path", ["/versions", "/versions/2", "/versions/2/patch", "/versions.atom"])
@pytest.mark.parametrize("accept", ["text/html", "*/*"])
def test_what_the_client_has_is_not_sent_again(client: FlaskClient, path: str, accept: str) -> None:
    first = client.get(path, headers={"Accept": accept})
    again = client.get(path, headers={"Accept": accept, "If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("name", ["9", "none", "..", "0", "²", "9" * 5000])
def test_what_is_no_version_has_no_page_and_no_patch(client: FlaskClient, name: str) -> None:
    for path in (f"/versions/{name}", f"/versions/{name}/patch"):
        assert client.get(path).status_code == 404


def test_a_version_that_comes_or_goes_is_noticed_and_a_change_that_is_not_kept_said_to_be_unknown(
    tmp_path: Path,
) -> None:
    project = write_record(tmp_path)
    version = build(project, by="tests", why="first").version
    app = create_app(project, Limits(seconds=5, workers=1))
    app.test_client_class = ClosingClient
    client, kept = app.test_client(), Versions(project.data)

    def listed() -> list[int]:
        return [told["version"] for told in client.get("/versions").get_json()]

    try:
        assert listed() == [1]
        with kept.writer() as writer:
            writer.restore(version, by="tests", why="again")
        assert listed() == [2, 1]
        with kept.writer() as writer:
            writer.remove([1])
        assert listed() == [2]
        assert client.get("/versions/2/patch").status_code == 404
        assert "is not kept" in client.get("/versions/2", headers=HTML).text
    finally:
        app.extensions["letapis"].close()


def test_what_changed_is_a_patch_and_a_page(client: FlaskClient) -> None:
    answer = client.get("/versions/diff?from=old&to=2")
    assert answer.mimetype == "application/rdf-patch"
    assert any(line.startswith("A ") and "Dockers" in line for line in answer.text.splitlines())
    page = client.get("/versions/diff?from=1&to=2", headers=HTML)
    assert "Dockers" in page.text and "Statements added: " in page.text


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


PAGE = (ROOT / "docs" / "versions.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
ADDRESSES = re.findall(r"^\| `(/[^`]*)` \|", PAGE.split("## Over HTTP")[1], re.MULTILINE)


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """A client of a record on which the commands of docs/versions.md were run; P9001 stands for its P0001."""
    project = write_record(tmp_path_factory.mktemp("documented"))
    entities = project.entities / "all.yml"
    first = entities.read_text()
    for number in range(3):
        entities.write_text(first.replace("Harbour Union", f"Harbour Union {number}"))
        build(project, by="tests", why=str(number))
    for command in COMMANDS:
        words = shlex.split(command.replace("P0001", "P9001"), comments=True)
        if words:
            assert main([words[1], "--root", str(project.root), "--data", str(project.data), *words[2:]]) == 0
    app = create_app(project, Limits(seconds=5, workers=1))
    app.test_client_class = ClosingClient
    yield app.test_client()
    app.extensions["letapis"].close()


def test_the_documented_commands_do_what_they_say(documented: FlaskClient) -> None:
    assert sum(command.startswith("letapis ") for command in COMMANDS) >= 9
    newest, *_ = documented.get("/versions").get_json()
    assert (newest["version"], newest["restores"], newest["why"]) == (4, 3, "restore version 3")


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_documented_address_answers(documented: FlaskClient, address: str) -> None:
    answer = documented.get(address.replace("P0001", "P9001"))
    assert answer.status_code in (200, 302)
