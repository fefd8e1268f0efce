"""Errors: one body for every failure of every address, a page for browsers, and no 500 whatever is sent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from graph import errors as graph_errors
from graph.errors import LetapisError, UsageError
from graph.evaluate import NotAcceptableError
from graph.project import Project
from server import create_app, errors
from server.app import BODY_LIMIT
from server.errors import HTTPError, status_of
from tests.server.conftest import ClosingClient

HTML = "text/html,application/xhtml+xml,*/*;q=0.8"
PARTS = ("type", "title", "status", "detail")


def check_error(response: TestResponse, what: str = "") -> None:
    """Every error, from whatever address: its body, type, headers, and that it tells nothing of the inside."""
    assert 400 <= response.status_code < 600, f"{what}: {response.status}"
    assert response.status_code != 500, f"{what}: {response.text}"
    assert response.mimetype == "application/problem+json", f"{what}: {response.mimetype}"
    body = json.loads(response.data)
    assert [part for part in PARTS if not body.get(part)] == [], f"{what}: {body}"
    assert body["status"] == response.status_code, what
    check_common(response, what)


def check_page(response: TestResponse, what: str = "") -> None:
    """Every error for a browser: a page with the same headers."""
    assert 400 <= response.status_code < 600 and response.status_code != 500, f"{what}: {response.status}"
    assert response.mimetype == "text/html", f"{what}: {response.mimetype}"
    assert "<script>alert" not in response.text, what
    check_common(response, what)


def check_common(response: TestResponse, what: str) -> None:
    assert "Traceback" not in response.text and '.py"' not in response.text, f"{what}: {response.text}"
    assert response.headers["Cache-Control"] == "no-store", what
    assert response.headers["Vary"] == "Accept", what
    assert response.headers["Access-Control-Allow-Origin"] == "*", what
    assert response.headers["X-Content-Type-Options"] == "nosniff", what
    is_futile = "died, most likely of its memory" in response.text or "the result is larger" in response.text
    assert ("Retry-After" in response.headers) is (response.status_code == 503 and not is_futile), what


def addresses(app: Flask, filler: str) -> Iterator[tuple[Rule, str]]:
    """Each rule of the server with an address under it, *filler* in every variable place."""
    for rule in app.url_map.iter_rules():
        yield rule, re.sub("<[^>]*>", lambda _: filler, rule.rule)


# Every address


def test_every_address_refuses_a_method_it_does_not_have(app: Flask, client: FlaskClient) -> None:
    seen = 0
    for rule, address in addresses(app, "x"):
        response = client.open(address, method="PROPFIND")
        check_error(response, rule.rule)
        assert response.status_code in (404, 405), rule.rule
        if response.status_code == 405:
            assert response.headers["Allow"], rule.rule
            seen += 1
    assert seen >= 2


HOSTILE = [
    "x", "%00", "%FF", "%ED%A0%80", "..%2F..%2Fetc%2Fpasswd", "%3Cscript%3Ealert(1)%3C%2Fscript%3E", "a%20b", "%25",
    "'%22%3E", "x" * 5000, "%D0%90", "%7B%7B7*7%7D%7D", "P9999", "http:%2F%2Fe%2F%5Bbad", "-1", "%0A",
]  # fmt: skip


@pytest.mark.parametrize("filler", HOSTILE, ids=range(len(HOSTILE)))
def test_no_address_breaks_on_a_hostile_path(app: Flask, client: FlaskClient, filler: str) -> None:
    for rule, address in addresses(app, filler):
        check_any(client, address, rule.rule)


QUERIES = [
    "", "q=", "q=%00", "q=%FF", "q=%ED%A0%80", "q=%zz", "q", "&&&=&", "q=" + "x" * 5000, "s=%00&p=%FF&o=%22",
    "s=a&p=b&o=c", "s=http://[bad&p=http://e/p&o=%22unfinished", "page=-1", "page=NaN", "page=99999999999999999999",
    "limit=-1&offset=x", "lang=%00", "format=%00", "format=xlsx", "from=9999-99-99", "type=%3Cscript%3E",
    "query=ASK{}&query=ASK{}", "doc=../../etc/passwd", "q=%3Cscript%3Ealert(1)%3C/script%3E",
    "timeout=nan&query=ASK{}",
]  # fmt: skip


@pytest.mark.parametrize("query", QUERIES)
def test_no_address_breaks_on_a_hostile_query_string(app: Flask, client: FlaskClient, query: str) -> None:
    for rule, address in addresses(app, "P9001"):
        check_any(client, f"{address}?{query}", rule.rule)


HEADERS = [
    {"Accept": "\x00"}, {"Accept": "text/html;q=oops"}, {"Accept": ",;/,*"}, {"Accept": "a" * 20000},
    {"Accept": "*/*;q=-1"}, {"Accept": "text/turtle;q=1;q=0"}, {"Accept-Language": "\xff;q=x,,;"},
    {"Host": "bad host"}, {"Host": "<script>"}, {"Host": ""}, {"Host": "[::1"}, {"Host": "e:99999999"},
    {"Content-Type": "\x00"}, {"Content-Length": "-1"}, {"Content-Length": "soon"},
    {"If-None-Match": "\"unfinished"}, {"If-Modified-Since": "yesterday"}, {"Range": "bytes=9-1"},
    {"X-Forwarded-Host": "evil\"<>", "X-Forwarded-Proto": "javascript"}, {"Authorization": "Basic !!!"},
    {"Cookie": "\x00=\xff"}, {"Origin": "null"}, {"Transfer-Encoding": "nonsense"}, {"Expect": "the unexpected"},
]  # fmt: skip


@pytest.mark.parametrize("headers", HEADERS, ids=range(len(HEADERS)))
def test_no_address_breaks_on_a_hostile_header(app: Flask, client: FlaskClient, headers: dict[str, str]) -> None:
    for rule, address in addresses(app, "P9001"):
        check_any(client, address, rule.rule, headers)
        check_any(client, f"{address}?query=ASK{{?s%20?p%20<x>}}", rule.rule, headers)


def check_any(client: FlaskClient, address: str, what: str, headers: dict[str, str] | None = None) -> None:
    """Whatever is sent, the answer is an answer, or an error in the form of all errors."""
    response = client.get(address, headers=headers)
    html = response.mimetype == "text/html"
    if response.status_code >= 400:
        (check_page if html else check_error)(response, f"{what} {address} {headers}")
    elif html:
        assert "<script>alert" not in response.text, what


# Bodies


BODIES = [b"", b"\0", b"query=%", b"query=%zz", b"query=%FF", b"query=\xff", b"=&=&", b"&" * 10000, b"query", b"{}",
          b"query=" + b"(" * 20000, b"query=ASK" + b"{" * 20000, b"query=SELECT * {" + b"?a ?b ?c." * 20000 + b"}",
          b"query=SELECT(" + b"1+" * 20000 + b"1 AS ?x){}", b"query=" + b"'" * 20001, b"query=%C3%28"]  # fmt: skip


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "application/sparql-query", "x/y", ""])
@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_no_body_breaks_the_endpoint(client: FlaskClient, body: bytes, content_type: str) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    check_error_unless_answered(client.post("/sparql?timeout=0.5", data=body, headers=headers))
    assert client.get("/sparql?query=ASK{}").status_code == 200


def check_error_unless_answered(response: TestResponse) -> None:
    if response.status_code != 200:
        check_error(response)


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "application/sparql-query"])
def test_a_body_past_the_limit_is_refused_as_too_large(client: FlaskClient, content_type: str) -> None:
    response = client.post("/sparql", data=b"query=" + b"x" * 3_000_000, content_type=content_type)
    assert response.status_code == 413
    check_error(response)


def test_a_form_as_large_as_the_limit_is_read(client: FlaskClient) -> None:
    padding = BODY_LIMIT - len("query=ASK{}&padding=")
    response = client.post("/sparql", data={"query": "ASK{}", "padding": "x" * padding})
    assert response.status_code in (200, 413)
    response = client.post("/sparql", data=b"query=ASK%7B%7D%23" + b"x" * 900_000,
                           content_type="application/x-www-form-urlencoded")  # fmt: skip
    assert response.status_code == 200


# Kinds of error


@pytest.mark.parametrize(
    "path", ["/nothing", "/sparql/", "/sparql/x", "/../etc/passwd", "/%00", "/%FF", "//", "/.git/config"]
)
def test_an_address_that_is_not_there_is_an_error_like_all_others(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    if response.status_code not in (301, 308):
        assert response.status_code == 404
        check_error(response, path)
    page = client.get(path, headers={"Accept": HTML})
    if page.status_code not in (301, 308):
        check_page(page, path)


def kinds(base: type[LetapisError]) -> Iterator[type[LetapisError]]:
    for kind in base.__subclasses__():
        yield kind
        yield from kinds(kind)


def test_every_error_that_a_query_can_raise_has_a_status_of_its_own() -> None:
    for kind in kinds(graph_errors.QueryError):
        assert status_of(kind.__new__(kind)) in (400, 403, 406, 503), kind
    assert status_of(NotAcceptableError("graph")) == 406
    assert status_of(UsageError("x")) == 400


def test_every_error_of_http_tells_the_client_what_was_wrong_with_it() -> None:
    for kind in kinds(HTTPError):
        assert 400 <= status_of(kind("x")) < 500, kind
        assert kind.__name__ in errors._TITLES, kind


@pytest.fixture
def broken_client(built: Project) -> Iterator[FlaskClient]:
    """A client of a server with an address that fails."""
    app = create_app(built)
    app.test_client_class = ClosingClient

    @app.get("/broken")
    def broken() -> str:
        raise RuntimeError("the secret")

    yield app.test_client()
    app.extensions["letapis"].close()


def test_an_unexpected_failure_is_logged_once_and_told_without_its_inside(
    broken_client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    response = broken_client.get("/broken")
    assert (response.status_code, response.mimetype) == (500, "application/problem+json")
    assert caplog.text.count("\nRuntimeError: the secret") == 1
    page = broken_client.get("/broken", headers={"Accept": HTML})
    assert (page.status_code, page.mimetype) == (500, "text/html")
    for answer in (response, page):
        assert "secret" not in answer.text and "Traceback" not in answer.text


def test_without_a_version_every_answer_is_an_error_that_says_what_to_do(record: Project) -> None:
    app = create_app(record)
    client = app.test_client()
    for path in ("/healthz", "/sparql", "/sparql?query=ASK{}"):
        response = client.get(path)
        assert response.status_code == 503
        check_error(response, path)
        assert "letapis build" in response.text
