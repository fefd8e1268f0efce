"""`/search`: a thing by any of its names, as a page and as JSON; words that mean harm."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

HTML = {"Accept": "text/html"}
JSON = {"Accept": "application/json"}


@pytest.mark.parametrize("query", ["Alfa", "alfa anchor", "АЛЬФА", "ancor", "Alfa Ancor"])
def test_a_person_is_found_by_any_name_in_any_script(client: FlaskClient, query: str) -> None:
    found = client.get("/search", query_string={"q": query}, headers=JSON).get_json()
    first = next(r for r in found["results"] if r["kind"]["label"] == "person")
    assert (first["page"], first["label"]) == ("/page/P9001", "Alfa Anchor")
    assert "/page/P9001" in client.get("/search", query_string={"q": query}, headers=HTML).text


def test_the_same_name_comes_before_one_that_only_holds_it(client: FlaskClient) -> None:
    results = client.get("/search?q=code", headers=JSON).get_json()["results"]
    assert results[0]["page"] == "/page/law/xx/code"
    assert results[0]["matched"]["how"] == "the same"


def test_a_kind_can_be_kept(client: FlaskClient) -> None:
    everything = client.get("/search?q=alfa", headers=JSON).get_json()["total"]
    people = client.get("/search?q=alfa&kind=lt:Person", headers=JSON).get_json()
    assert (people["total"], everything > 1) == (1, True)
    assert client.get("/search?q=alfa&kind=nonsense", headers=JSON).get_json()["total"] == 0


def test_labels_follow_the_language(client: FlaskClient) -> None:
    results = client.get("/search?q=anchor&kind=lt:Person&lang=ru", headers=JSON).get_json()["results"]
    assert results[0]["label"] == "Альфа Анкор"


def test_nothing_is_searched_for_nothing(client: FlaskClient) -> None:
    assert client.get("/search", headers=JSON).get_json() == {"total": 0, "from": 0, "results": []}
    assert client.get("/search?q=", headers=HTML).status_code == 200


@pytest.mark.parametrize(
    "query",
    ["<script>alert(1)</script>", "\"' onfocus=alert(1)", "{{ 7*7 }}", "\x00\x07", "%", "x" * 999, "😀", "\u202e"],
)
def test_hostile_words_come_out_as_words(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/search?q={quote(query)}", headers=HTML)
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert '" onfocus' not in answer.text
    assert "49" not in answer.text.partition("<main")[2].partition("<footer")[0] or query != "{{ 7*7 }}"


@pytest.mark.parametrize("start", ["-1", "x", "99999999999", "1e9", "%00"])
def test_a_place_that_is_no_number_is_the_beginning(client: FlaskClient, start: str) -> None:
    assert client.get(f"/search?q=alfa&from={start}", headers=JSON).get_json()["from"] == 0


def test_beyond_the_end_there_is_nothing(client: FlaskClient) -> None:
    found = client.get("/search?q=alfa&from=5000", headers=JSON).get_json()
    assert found["results"] == []
    assert found["total"] > 0
