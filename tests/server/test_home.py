"""The front page and the lists: the ways in, the order of things, and paging."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

import pytest
from flask.testing import FlaskClient

from server.dates import date_words

HTML = {"Accept": "text/html"}


def test_the_front_page_says_what_this_is_and_leads_in(client: FlaskClient) -> None:
    page = client.get("/", headers=HTML).text
    for word in ("knowledge graph", 'action="/search"', "/browse/Person", "/browse/Event", "/sources", "Version 1"):
        assert word in page
    assert len(re.findall(r"href=\"/sparql\?query=", page)) == 1


def test_a_class_of_which_there_is_nothing_is_no_way_in(client: FlaskClient) -> None:
    assert "/browse/Place" not in client.get("/", headers=HTML).text


def test_the_ways_in_lead_somewhere(client: FlaskClient) -> None:
    for path in re.findall(r'href="(/browse/\w+)"', client.get("/", headers=HTML).text):
        assert client.get(path, headers=HTML).status_code == 200


def test_the_questions_of_the_record_are_the_examples(client: FlaskClient) -> None:
    for path in ("/", "/sparql"):
        page = client.get(path, headers=HTML).text
        assert "Who was sentenced in the invented land?" in page
        query = re.search(r'href="/sparql\?query=([^"]+)"[^>]*>Who was sentenced', page)
        assert query is not None
        answer = client.get("/sparql", query_string={"query": unquote_plus(query[1]), "format": "csv"})
        assert answer.text.split() == ["person", "https://w3id.org/letapis/id/P9001"]


def test_events_come_by_date(client: FlaskClient) -> None:
    page = client.get("/browse/Event", headers=HTML).text
    assert page.index("/page/E9001") < page.index("/page/E9002")
    assert "3 May 2020" in page


def test_a_list_goes_on_after_the_thing_that_the_cursor_names(client: FlaskClient) -> None:
    page = client.get("/browse/Event?after=E9001", headers=HTML).text
    assert "/page/E9002" in page
    assert "/page/E9001" not in page
    assert 'rel="prev"' in page


@pytest.mark.parametrize("after", ["P9001", "nothing", "<script>", "%00", "..%2f", "a b"])
def test_a_cursor_that_is_not_in_the_list_is_refused(client: FlaskClient, after: str) -> None:
    answer = client.get(f"/browse/Event?after={after}", headers=HTML)
    assert answer.status_code == 400
    assert "<script>" not in answer.text


@pytest.mark.parametrize("name", ["Nothing", "detainee", "person", "%3Cscript%3E", "..", "Person%23", "a b"])
def test_what_is_no_class_of_the_ontology_is_not_found(client: FlaskClient, name: str) -> None:
    assert client.get(f"/browse/{name}", headers=HTML).status_code == 404


def test_the_documentation_of_errors_has_a_place_for_each_type(client: FlaskClient) -> None:
    page = client.get("/docs/errors", headers=HTML).text
    for path in ("/nothing", "/page/none", "/sparql?query=x", "/sparql?query=a&query=b", "/explain?s=a"):
        problem = client.get(path, headers={"Accept": "application/json"}).get_json()
        assert f'id="{problem["type"].partition("#")[2]}"' in page


def test_an_error_is_a_page_for_a_browser(client: FlaskClient) -> None:
    answer = client.get("/page/none", headers=HTML)
    assert answer.mimetype == "text/html"
    assert "Not found" in answer.text
    assert "/docs/errors#notfounderror" in answer.text


def test_a_query_and_its_error_are_shown_as_words(client: FlaskClient) -> None:
    answer = client.get("/sparql", query_string={"query": "SELECT <script>alert(1)</script>"}, headers=HTML)
    assert answer.status_code == 400
    assert "<script>alert" not in answer.text


def test_a_result_names_the_things_of_this_graph_and_links_to_them(client: FlaskClient) -> None:
    query = (
        "PREFIX a: <x:> SELECT * { ?s <https://w3id.org/letapis/ontology#detainee> ?o "
        "VALUES ?x { UNDEF 'a'@be 5 } BIND(<<( a:a a:b a:c )>> AS ?t) BIND(BNODE() AS ?n) }"
    )
    page = client.get("/sparql", query_string={"query": query}, headers=HTML).text
    assert '<a href="/page/P9001">Alfa Anchor</a>' in page
    assert "@be" in page


@pytest.mark.parametrize(
    ("edtf", "words"),
    [
        ("2020-05-03", "3 May 2020"), ("2020-05", "May 2020"), ("2020", "2020"), ("2020~", "about 2020"),
        ("2020-09?", "perhaps September 2020"), ("[2020-09..2021]", "between September 2020 and 2021"),
        ("[..2020-09-07]", "7 September 2020 or earlier"), ("[2020..]", "2020 or later"), ("2020/2021", "2020 to 2021"),
        ("2020/..", "from 2020 on"), ("2020/", "from 2020, end not known"), ("../2020", "until 2020"),
        ("[2020,2021]", "2020 or 2021"), ("2020-21", "2020-21"), ("20XX", "20XX"), ("", ""), ("nonsense", "nonsense"),
        ("2020-13-01", "2020-13-01"), ("/", "at an unknown time"),
    ],
)  # fmt: skip
def test_dates_are_said_in_words(edtf: str, words: str) -> None:
    assert date_words(edtf) == words
