"""Memento (RFC 7089): every address at every time, told in headers, by a TimeGate and in TimeMaps."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from graph.build import build
from graph.evaluate import Limits
from graph.project import Project
from graph.versions import Versions
from server import create_app, memento
from tests.conftest import write_record
from tests.server.conftest import ClosingClient

TIMES = ("2020-01-01T00:00:00+00:00", "2022-01-01T00:00:00+00:00", "2021-01-01T00:00:00+00:00",
         "2024-01-01T00:00:00+00:00")  # fmt: skip
"""When the four versions say they were made; the clock was set back before the third."""
DATES = ("Wed, 01 Jan 2020 00:00:00 GMT", "Sat, 01 Jan 2022 00:00:00 GMT", "Sat, 01 Jan 2022 00:00:00 GMT",
         "Mon, 01 Jan 2024 00:00:00 GMT")  # fmt: skip
"""From when on each was current."""
HOST = "http://localhost"
ASK = "/sparql?query=ASK%7B%7D"


def write_versions(folder: Path) -> Project:
    """A record of four versions: O9002 is renamed in each, O9009 comes with the second and goes with the fourth."""
    project = write_record(folder)
    entities = project.entities / "all.yml"
    first = entities.read_text()
    for number, moment in enumerate(TIMES, start=1):
        more = "O9009: {a: Organization, label: {en: Passing body}}\n" if number in (2, 3) else ""
        entities.write_text(first.replace("Harbour Union", f"Harbour Union {number}") + more)
        folder = build(project, by="tests", why=f"number {number}").version.folder
        commit = json.loads((folder / "commit.json").read_text())
        (folder / "commit.json").write_text(json.dumps({**commit, "at": moment}))
    versions = Versions(project.data)
    with versions.writer() as writer:
        writer.tag("old", versions.get(1))
    return project


@pytest.fixture(scope="module")
def timed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A server on four versions; shared, so leave them as they are."""
    app = create_app(write_versions(tmp_path_factory.mktemp("timed")), Limits(seconds=5, mebibytes=512, workers=1))
    app.test_client_class = ClosingClient
    yield app
    app.extensions["letapis"].close()


@pytest.fixture
def client(timed: Flask) -> FlaskClient:
    """A client of it."""
    return timed.test_client()


def links(answer: TestResponse) -> dict[str, str]:
    """What the Link headers that are about Memento lead to, by their relation."""
    found = {}
    for link in answer.headers.getlist("Link"):
        target, rel = re.fullmatch(r'<([^<>]*)>; rel="([^"]*)".*', link).groups()  # type: ignore[union-attr]
        if rel.split()[-1] in ("original", "timegate", "timemap", "memento"):
            found[rel] = target
    return found


def gate(client: FlaskClient, address: str, moment: str | None = None) -> TestResponse:
    headers = {} if moment is None else {"Accept-Datetime": moment}
    return client.get(f"/timegate{address}", headers=headers)


@pytest.mark.parametrize("address", ["/id/O9002", "/page/O9002", "/data/O9002.ttl", ASK, "/", "/sources", "/ontology"])
def test_what_is_read_names_its_timegate_and_timemap(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    assert links(answer) == {"timegate": f"{HOST}/timegate{address}", "timemap": f"{HOST}/timemap{address}"}
    assert 'rel="timemap"; type="application/link-format"' in ", ".join(answer.headers.getlist("Link"))
    assert "Memento-Datetime" not in answer.headers


@pytest.mark.parametrize(
    "address",
    ["/versions", "/versions/1", "/versions.atom", "/versions/diff?from=1&to=2", "/history/O9002", "/timemap/id/O9002",
     "/docs/errors", "/static/letapis.css"],
)  # fmt: skip
def test_what_speaks_of_versions_itself_has_none(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200
    assert not {"timegate", "timemap"} & set(links(answer))
    assert gate(client, address).status_code == client.get(f"/timemap{address}").status_code == 404


def test_neither_a_post_nor_an_error_is_an_original_resource(client: FlaskClient) -> None:
    assert links(client.post("/sparql", data={"query": "ASK{}"})) == {}
    assert links(client.get("/sparql?query=nonsense")) == {}


def test_what_is_not_there_any_more_still_names_its_timegate(client: FlaskClient) -> None:
    answer = client.get("/data/O9009.ttl")
    assert answer.status_code == 404
    assert links(answer)["timegate"] == f"{HOST}/timegate/data/O9009.ttl"


@pytest.mark.parametrize("number", [1, 2, 3, 4])
@pytest.mark.parametrize("address", ["/id/O9002", "/page/O9002", "/data/O9002.ttl", ASK])
def test_a_memento_tells_from_when_on_its_version_was_current(client: FlaskClient, address: str, number: int) -> None:
    answer = client.get(f"/version/{number}{address}")
    assert answer.status_code in (200, 303)
    assert answer.headers["Memento-Datetime"] == DATES[number - 1]
    assert links(answer)["original"] == HOST + address


@pytest.mark.parametrize(
    ("number", "rels"),
    [(1, {"first memento": 1, "next memento": 2, "last memento": 4}),
     (2, {"memento": 2, "first prev memento": 1, "next memento": 3, "last memento": 4}),
     (3, {"memento": 3, "first memento": 1, "prev memento": 2, "last next memento": 4}),
     (4, {"first memento": 1, "prev memento": 3, "last memento": 4})],
)  # fmt: skip
def test_a_memento_leads_to_those_beside_it(client: FlaskClient, number: int, rels: dict[str, int]) -> None:
    found = links(client.get(f"/version/{number}/page/O9002"))
    mementos = {rel: target for rel, target in found.items() if rel.endswith("memento")}
    assert mementos == {rel: f"{HOST}/version/{n}/page/O9002" for rel, n in rels.items()}


def test_under_a_tag_only_the_memento_is_named_as_the_tag_may_be_moved(client: FlaskClient) -> None:
    answer = client.get("/version/old/page/O9002")
    assert "Memento-Datetime" not in answer.headers
    assert f"{HOST}/version/1/page/O9002" in links(answer).values()


def test_what_a_version_does_not_hold_is_no_memento(client: FlaskClient) -> None:
    answer = client.get("/version/1/data/O9009.ttl")
    assert answer.status_code == 404
    assert "Memento-Datetime" not in answer.headers
    assert set(links(answer)) == {"original", "timegate", "timemap"}


def test_an_answer_that_is_not_sent_again_is_a_memento_too(client: FlaskClient) -> None:
    first = client.get("/version/1/data/O9002.ttl")
    again = client.get("/version/1/data/O9002.ttl", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.headers["Memento-Datetime"]) == (304, DATES[0])


def test_headers_stay_small_however_long_the_query(client: FlaskClient) -> None:
    for length in (100, 700, 1500, 20_000):
        answer = client.get("/version/1/sparql", query_string={"query": f"ASK{{}}#{'x' * length}"})
        assert answer.status_code == 200
        assert sum(map(len, answer.headers.getlist("Link"))) <= memento.LINK_BYTES
        assert answer.headers.get("Memento-Datetime") == (DATES[0] if length < memento.LONGEST else None)
    assert "original" in links(client.get("/version/1/sparql", query_string={"query": f"ASK{{}}#{'x' * 1500}"}))


@pytest.mark.parametrize("query", ["q=%3Cx%3E%22", "q=<x>\"", "q=é", "q=%0d%0aX-Evil:1"])
def test_nothing_in_an_address_breaks_out_of_its_link(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/search?{query}")
    assert "X-Evil" not in answer.headers
    for target in links(answer).values():
        assert re.fullmatch(r"[!-~]+", target) and not set('<>"') & set(target)


def test_other_sites_may_read_when_an_answer_is_of(client: FlaskClient) -> None:
    assert "Memento-Datetime" in client.get("/").headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize(
    ("moment", "number"),
    [(None, 4), ("Mon, 01 Jan 2001 00:00:00 GMT", 1), (DATES[0], 1), ("Fri, 31 Dec 2021 23:59:59 GMT", 1),
     (DATES[1], 3), ("Sun, 01 Jan 2023 00:00:00 GMT", 3), (DATES[3], 4), ("Fri, 31 Dec 9999 23:59:59 GMT", 4)],
)  # fmt: skip
@pytest.mark.parametrize("address", ["/page/O9002", "/id/O9002", ASK, "/"])
def test_a_timegate_leads_to_the_version_that_was_current(
    client: FlaskClient, address: str, moment: str | None, number: int
) -> None:
    answer = gate(client, address, moment)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/version/{number}{address}")
    assert answer.headers["Vary"] == "accept-datetime"
    found = links(answer)
    assert found["original"] == HOST + address
    assert found["memento"] == f"{HOST}/version/{number}{address}"
    assert found["timemap"] == f"{HOST}/timemap{address}"
    assert "Memento-Datetime" not in answer.headers


@pytest.mark.parametrize(
    ("moment", "number"), [("Mon, 01 Jan 2001 00:00:00 GMT", 2), (DATES[0], 2), (DATES[1], 3), (DATES[3], 4), (None, 4)]
)
def test_before_its_first_memento_a_thing_has_that_and_after_its_last_none(
    client: FlaskClient, moment: str | None, number: int
) -> None:
    answer = gate(client, "/data/O9009.ttl", moment)
    assert answer.headers["Location"] == f"/version/{number}/data/O9009.ttl"
    assert client.get(answer.headers["Location"]).status_code == (404 if number == 4 else 200)


@pytest.mark.parametrize(
    "moment",
    ["yesterday", "2022-01-01T00:00:00Z", "Sat, 01 Jan 2022 00:00:00", "Sat, 01 Jan 2022 00:00:00 CET",
     "Sat, 32 Jan 2022 00:00:00 GMT", "Sat, 01 Foo 2022 00:00:00 GMT", "Sat, 1 Jan 2022 00:00:00 GMT",
     "Sat, 01 Jan 0000 00:00:00 GMT", f"{DATES[0]}, {DATES[1]}", "²"],
)  # fmt: skip
def test_a_date_that_is_none_is_refused(client: FlaskClient, moment: str) -> None:
    answer = gate(client, "/page/O9002", moment)
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")


@pytest.mark.parametrize(
    "address", ["/nothing/here", "/version/1/page/O9002", "/timegate/page/O9002", "/page", "/page/", "//"]
)
def test_what_is_no_address_here_has_no_timegate(client: FlaskClient, address: str) -> None:
    assert gate(client, address).status_code in (404, 308)
    assert client.get(f"/timemap{address}").status_code in (404, 308)


def test_a_browser_may_ask_from_another_site(client: FlaskClient) -> None:
    answer = client.options("/timegate/page/O9002")
    assert answer.status_code == 204
    assert "Accept-Datetime" in answer.headers["Access-Control-Allow-Headers"]


def entries(text: str) -> list[tuple[str, dict[str, str]]]:
    """The links of a text in the link format."""
    found = re.findall(r'<([^<>]*)>((?:; [a-z]+="[^"]*")*)(?:,\n|\n$)', text)
    return [(target, dict(re.findall(r'([a-z]+)="([^"]*)"', rest))) for target, rest in found]


@pytest.mark.parametrize(
    ("address", "numbers"),
    [("/id/O9002", (1, 2, 3, 4)), ("/page/O9009", (2, 3)), ("/data/O9009.ttl", (2, 3)), (ASK, (1, 2, 3, 4)),
     ("/", (1, 2, 3, 4)), ("/sources/invented", (1, 2, 3, 4)), ("/voc/lawyer", (1, 2, 3, 4))],
)  # fmt: skip
def test_a_timemap_lists_the_mementos_in_which_the_thing_is(
    client: FlaskClient, address: str, numbers: tuple[int, ...]
) -> None:
    answer = client.get(f"/timemap{address}")
    assert answer.mimetype == "application/link-format"
    listed = entries(answer.text)
    mementos = [(target, rest["datetime"]) for target, rest in listed if rest["rel"].endswith("memento")]
    assert mementos == [(f"{HOST}/version/{number}{address}", DATES[number - 1]) for number in numbers]
    assert [rest["rel"] for _, rest in listed if "first" in rest["rel"] or "last" in rest["rel"]] == [
        "first memento", "last memento",
    ]  # fmt: skip
    others = {rest["rel"]: target for target, rest in listed if not rest["rel"].endswith("memento")}
    assert others == {"original": HOST + address, "timegate": f"{HOST}/timegate{address}",
                      "self": f"{HOST}/timemap{address}"}  # fmt: skip


def test_a_timemap_tells_its_span(client: FlaskClient) -> None:
    (itself,) = [rest for _, rest in entries(client.get("/timemap/page/O9009").text) if rest["rel"] == "self"]
    assert (itself["from"], itself["until"], itself["type"]) == (DATES[1], DATES[2], "application/link-format")


def test_a_timemap_comes_as_json_too(client: FlaskClient) -> None:
    answer = client.get("/timemap/page/O9009", headers={"Accept": "application/json"})
    told = answer.get_json()
    assert (told["original_uri"], told["timegate_uri"]) == (f"{HOST}/page/O9009", f"{HOST}/timegate/page/O9009")
    assert [memento["uri"] for memento in told["mementos"]["list"]] == [
        f"{HOST}/version/{number}/page/O9009" for number in (2, 3)
    ]
    assert told["mementos"]["first"] == told["mementos"]["list"][0]
    assert told["mementos"]["last"]["datetime"] == "2022-01-01T00:00:00Z"
    assert client.get("/timemap/page/O9009", headers={"Accept": "text/turtle"}).status_code == 406


@pytest.mark.parametrize("address", ["/page/O9999", "/data/O9999.ttl", "/sources/none", "/claim/000000000000"])
def test_what_never_was_has_no_timemap(client: FlaskClient, address: str) -> None:
    assert client.get(f"/timemap{address}").status_code == 404


def test_every_memento_of_a_timemap_is_there(client: FlaskClient) -> None:
    for target, rest in entries(client.get("/timemap/data/O9009.ttl").text):
        if rest["rel"].endswith("memento"):
            answer = client.get(target.removeprefix(HOST))
            assert (answer.status_code, answer.headers["Memento-Datetime"]) == (200, rest["datetime"])


@pytest.mark.parametrize("address", ["/page/O9002", ASK])
def test_a_long_timemap_goes_on_in_another(
    client: FlaskClient, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memento, "MEMENTOS", 3)
    newest = entries(client.get(f"/timemap{address}").text)
    assert [target for target, rest in newest if rest["rel"] == "timemap"] == [f"{HOST}/timemap/until/1{address}"]
    assert [rest["rel"] for _, rest in newest if "memento" in rest["rel"]] == ["memento", "memento", "last memento"]
    rest = entries(client.get(f"/timemap/until/1{address}").text)
    assert [(target, more["rel"]) for target, more in rest if "memento" in more["rel"]] == [
        (f"{HOST}/version/1{address}", "first memento")
    ]  # fmt: skip
    assert ("self", f"{HOST}/timemap/until/1{address}") in [(more["rel"], target) for target, more in rest]


def test_an_address_too_long_to_be_repeated_has_no_timemap(client: FlaskClient) -> None:
    query = {"query": f"ASK{{}}#{'x' * memento.LONGEST}"}
    assert client.get("/timemap/sparql", query_string=query).status_code == 400
    assert client.get("/timegate/sparql", query_string=query).status_code == 400
    assert links(client.get("/sparql", query_string=query)) == {}


def test_a_timemap_that_the_client_has_is_not_sent_again(client: FlaskClient) -> None:
    first = client.get("/timemap/page/O9002")
    again = client.get("/timemap/page/O9002", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
