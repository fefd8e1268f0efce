"""Who may write: by the header alone, as far as the scopes go, and on what the change was based."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from graph.iris import Names
from graph.layout import GraphName, Kind, Layout
from graph.rdf import DefaultGraph, NamedNode
from graph.tokens import Tokens
from server import errors
from server.authorize import authorize, check_preconditions, register

NAMES = Names()
REPORTS = "https://example.org/reports/"


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    return Tokens(tmp_path)


@pytest.fixture
def make_client(tokens: Tokens) -> Callable[[Kind], FlaskClient]:
    """A client of a server that only tells whom it let in, to write to the graphs that `g=` names."""

    def make(kind: Kind) -> FlaskClient:
        app = Flask("tiny")
        errors.register(app)
        register(app, tokens, Layout(kind, NAMES))

        @app.post("/do/<action>")
        def do(action: str) -> str:
            graphs: list[GraphName] = [NamedNode(g) if g else DefaultGraph() for g in request.args.getlist("g")]
            return authorize(action, graphs).name

        @app.put("/thing")
        def thing() -> str:
            check_preconditions(request.args.get("etag"), required="required" in request.args)
            return "written"

        return app.test_client()

    return make


@pytest.fixture
def client(make_client: Callable[[Kind], FlaskClient]) -> FlaskClient:
    return make_client("record")


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def write(client: FlaskClient, secret: str, action: str, *graphs: str) -> TestResponse:
    return client.post(f"/do/{action}", query_string={"g": graphs}, headers=bearer(secret))


def check_challenge(response: TestResponse, status: int, challenge: str) -> None:
    assert (response.status_code, response.mimetype) == (status, "application/problem+json"), response.text
    assert response.headers["WWW-Authenticate"] == challenge
    assert response.headers["Cache-Control"] == "no-store"


# Who


def test_a_valid_token_is_let_in_by_its_name(client: FlaskClient, tokens: Tokens) -> None:
    response = write(client, tokens.create("maria", ["ingest"]), "ingest")
    assert (response.status_code, response.text) == (200, "maria")


@pytest.mark.parametrize("form", ["bearer {}", "BEARER  {}", " Bearer {} "])
def test_the_scheme_is_read_as_http_reads_it(client: FlaskClient, tokens: Tokens, form: str) -> None:
    header = form.format(tokens.create("maria", ["ingest"]))
    assert client.post("/do/ingest", headers={"Authorization": header}).status_code == 200


def test_without_a_token_the_answer_says_how_to_get_one(client: FlaskClient) -> None:
    response = client.post("/do/update")
    check_challenge(response, 401, 'Bearer realm="letapis"')
    assert "letapis tokens create NAME --scope update" in response.get_json()["detail"]
    assert response.get_json()["type"] == "/docs/errors#unauthorizederror"


@pytest.mark.parametrize("header", ["", "Basic bWFyaWE6eA==", "Token letapis_secret", "letapis_secret", "\xff"])
def test_another_scheme_is_no_token_and_is_not_repeated(client: FlaskClient, header: str) -> None:
    response = client.post("/do/ingest", headers={"Authorization": header})
    check_challenge(response, 401, 'Bearer realm="letapis"')
    assert "bWFyaWE6eA" not in response.text and "letapis_secret" not in response.text


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer x", "Bearer letapis_x", "Bearer a b", "Bearer =", "Bearer \xe9", "Bearer a,Bearer b"]
)
def test_a_wrong_token_is_invalid(client: FlaskClient, tokens: Tokens, header: str) -> None:
    tokens.create("maria", ["admin"])
    response = client.post("/do/ingest", headers={"Authorization": header})
    check_challenge(response, 401, 'Bearer realm="letapis", error="invalid_token"')


def test_a_revoked_token_is_refused_like_a_wrong_one(client: FlaskClient, tokens: Tokens) -> None:
    secret = tokens.create("maria", ["ingest"])
    assert write(client, secret, "ingest").status_code == 200
    tokens.revoke("maria")
    revoked, wrong = write(client, secret, "ingest"), write(client, "letapis_x", "ingest")
    check_challenge(revoked, 401, 'Bearer realm="letapis", error="invalid_token"')
    assert revoked.get_json() == wrong.get_json()


@pytest.mark.parametrize("name", ["token", "access_token", "Access_Token", "TOKEN"])
def test_a_secret_in_the_address_is_refused_even_with_a_valid_header(
    client: FlaskClient, tokens: Tokens, name: str
) -> None:
    secret = tokens.create("maria", ["admin"])
    response = client.post(f"/do/ingest?{name}={secret}", headers=bearer(secret))
    assert response.status_code == 400
    assert "logs" in response.get_json()["detail"] and secret not in response.text


def test_a_secret_in_a_form_lets_nobody_in(client: FlaskClient, tokens: Tokens) -> None:
    secret = tokens.create("maria", ["admin"])
    assert client.post("/do/ingest", data={"access_token": secret}).status_code == 401


def test_damaged_tokens_let_nobody_in(client: FlaskClient, tokens: Tokens, tmp_path: Path) -> None:
    secret = tokens.create("maria", ["admin"])
    (tmp_path / "tokens.json").write_text("{")
    response = write(client, secret, "ingest")
    assert response.status_code == 503
    assert "damaged" in response.get_json()["detail"] and str(tmp_path) not in response.text


def test_no_secret_is_logged(
    client: FlaskClient, tokens: Tokens, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = tokens.create("maria", ["ingest"])
    write(client, secret, "ingest")
    write(client, secret, "update")
    client.post(f"/do/ingest?token={secret}")
    tokens.revoke("maria")
    write(client, secret, "ingest")
    (tmp_path / "tokens.json").write_text("{")
    write(client, secret, "ingest")
    assert "damaged" in caplog.text and secret not in caplog.text


# What


def forbidden(scope: str) -> str:
    return f'Bearer realm="letapis", error="insufficient_scope", scope="{scope}"'


def test_a_scope_that_is_lacking_is_named(client: FlaskClient, tokens: Tokens) -> None:
    response = write(client, tokens.create("maria", ["ingest"]), "update")
    check_challenge(response, 403, forbidden("update"))
    assert "`maria` lacks the scope `update`" in response.get_json()["detail"]


def test_a_prefix_lets_into_its_graphs_and_no_other(client: FlaskClient, tokens: Tokens) -> None:
    secret = tokens.create("maria", [f"ingest:{REPORTS}"])
    assert write(client, secret, "ingest", REPORTS + "may", REPORTS + "june").status_code == 200
    response = write(client, secret, "ingest", REPORTS + "may", "https://example.org/x", "https://example.org/b")
    check_challenge(response, 403, forbidden("ingest:https://example.org/b"))
    assert "and 1 more" in response.get_json()["detail"]


def test_a_prefix_lets_in_before_the_graph_is_known(client: FlaskClient, tokens: Tokens) -> None:
    assert write(client, tokens.create("maria", [f"ingest:{REPORTS}"]), "ingest").status_code == 200


@pytest.mark.parametrize(
    ("graph", "scope"),
    [("https://e.org/é", "https://e.org/%C3%A9"), ("https://e.org/я?a=b#c", "https://e.org/%D1%8F?a=b#c"),
     ("urn:a'b", "urn:a'b")],
)  # fmt: skip
def test_a_scope_of_any_iri_fits_in_a_header(client: FlaskClient, tokens: Tokens, graph: str, scope: str) -> None:
    response = write(client, tokens.create("maria", ["update"]), "ingest", graph)
    check_challenge(response, 403, forbidden(f"ingest:{scope}"))


@pytest.mark.parametrize("action", ["ingest", "update"])
@pytest.mark.parametrize("name", ["ontology", "shapes"])
def test_the_schema_is_for_admins(client: FlaskClient, tokens: Tokens, action: str, name: str) -> None:
    graph = NAMES.graph(name).value
    wide = tokens.create("wide", ["ingest", "update", f"ingest:{graph}", f"ingest:{NAMES.base}"])
    response = write(client, wide, action, NAMES.graph("base").value, graph)
    check_challenge(response, 403, forbidden("admin"))
    assert write(client, tokens.create("admin", ["admin"]), action, graph).status_code == 200


def test_a_plain_dataset_has_no_schema(make_client: Callable[[Kind], FlaskClient], tokens: Tokens) -> None:
    secret = tokens.create("maria", ["ingest"])
    assert write(make_client("plain"), secret, "ingest", NAMES.graph("shapes").value).status_code == 200


@pytest.mark.parametrize("scope", ["ingest:default", f"ingest:{NAMES.graph('base').value}"])
@pytest.mark.parametrize("graph", ["", NAMES.graph("base").value])
def test_the_default_graph_and_where_it_is_written_are_one_place(
    client: FlaskClient, tokens: Tokens, scope: str, graph: str
) -> None:
    secret = tokens.create("maria", [scope])
    assert write(client, secret, "ingest", graph).status_code == 200
    assert write(client, secret, "ingest", NAMES.graph("meta").value).status_code == 403


def test_in_a_plain_dataset_the_default_graph_is_a_place_of_its_own(
    make_client: Callable[[Kind], FlaskClient], tokens: Tokens
) -> None:
    client = make_client("plain")
    default, base = tokens.create("a", ["ingest:default"]), tokens.create("b", [f"ingest:{NAMES.graph('base').value}"])
    assert write(client, default, "ingest", "").status_code == 200
    check_challenge(write(client, base, "ingest", ""), 403, forbidden("ingest:default"))
    assert write(client, default, "ingest", NAMES.graph("base").value).status_code == 403


def test_only_an_admin_may_do_what_admins_do(client: FlaskClient, tokens: Tokens) -> None:
    check_challenge(write(client, tokens.create("a", ["ingest", "update"]), "admin"), 403, forbidden("admin"))
    assert write(client, tokens.create("b", ["admin"]), "admin").status_code == 200


# On what basis


def put(client: FlaskClient, etag: str | None = None, required: bool = False, **headers: str) -> int:
    query = {**({} if etag is None else {"etag": etag}), **({"required": "1"} if required else {})}
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.put("/thing", query_string=query, headers=sent).status_code


@pytest.mark.parametrize(
    ("sent", "status"),
    [('"a"', 200), ('"b"', 412), ('"b", "a"', 200), (',"b" ,, "a",', 200), ("*", 200), ('W/"a"', 412), ('"A"', 412)],
)
def test_if_match_holds_for_the_same_strong_tag(client: FlaskClient, sent: str, status: int) -> None:
    assert put(client, etag="a", If_Match=sent) == status
    assert put(client, etag='"a"', If_Match=sent) == status


def test_if_match_never_holds_for_what_does_not_exist(client: FlaskClient) -> None:
    assert put(client, If_Match="*") == put(client, If_Match='"a"') == 412


def test_a_weak_tag_matches_no_tag_strongly_and_its_like_weakly(client: FlaskClient) -> None:
    assert put(client, etag='W/"a"', If_Match='"a"') == put(client, etag='W/"a"', If_Match='W/"a"') == 412
    assert put(client, etag='W/"a"', If_Match="*") == 200
    assert put(client, etag='W/"a"', If_None_Match='"a"') == put(client, etag="a", If_None_Match='W/"a"') == 412


def test_if_none_match_with_a_star_makes_only_what_is_not_there(client: FlaskClient) -> None:
    assert put(client, If_None_Match="*") == 200
    assert put(client, etag="a", If_None_Match="*") == 412


def test_if_none_match_with_tags_holds_unless_one_matches(client: FlaskClient) -> None:
    assert put(client, etag="a", If_None_Match='"b", "c"') == put(client, If_None_Match='"a"') == 200
    assert put(client, etag="a", If_None_Match='"b", W/"a"') == 412


def test_both_conditions_must_hold(client: FlaskClient) -> None:
    assert put(client, etag="a", If_Match='"a"', If_None_Match='"b"') == 200
    assert put(client, etag="a", If_Match='"a"', If_None_Match='"a"') == 412
    assert put(client, etag="a", If_Match='"b"', If_None_Match='"b"') == 412


def test_a_condition_is_asked_for_where_it_is_required(client: FlaskClient) -> None:
    assert put(client, etag="a") == put(client) == 200
    assert put(client, etag="a", required=True) == put(client, required=True) == 428
    assert put(client, etag="a", required=True, If_Match='"a"') == put(client, required=True, If_None_Match="*") == 200


@pytest.mark.parametrize("sent", ["", "a", '"a', '*, "a"', '"a" "b"', 'w/"a"', ",", '"a b"'])
def test_a_malformed_condition_is_refused_rather_than_ignored(client: FlaskClient, sent: str) -> None:
    assert put(client, etag="a", If_Match=sent) == put(client, etag="a", If_None_Match=sent) == 400


def test_a_tag_may_hold_a_comma(client: FlaskClient) -> None:
    assert put(client, etag="a,b", If_Match='"x", "a,b"') == 200
    assert put(client, etag="b", If_Match='"a,b"') == 412


# The errors


@pytest.fixture
def failing() -> Callable[[errors.HTTPError], TestResponse]:
    """Raises an error in a view; the answer."""

    def fail(error: errors.HTTPError) -> TestResponse:
        app = Flask("failing")
        errors.register(app)

        @app.get("/")
        def view() -> str:
            raise error

        return app.test_client().get("/")

    return fail


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (errors.UnauthorizedError, 401), (errors.ForbiddenError, 403), (errors.StillRunningError, 409),
        (errors.PreconditionFailedError, 412), (errors.ContentTooLargeError, 413), (errors.UnprocessableError, 422),
        (errors.PreconditionRequiredError, 428),
    ],
)  # fmt: skip
def test_an_error_has_its_status_and_carries_its_headers(
    failing: Callable[[errors.HTTPError], TestResponse], kind: type[errors.HTTPError], status: int
) -> None:
    response = failing(kind("no.", "Do.", headers={"Retry-After": "7", "X-More": "x"}))
    assert (response.status_code, response.mimetype) == (status, "application/problem+json")
    assert (response.headers["Retry-After"], response.headers["X-More"]) == ("7", "x")
    assert response.get_json()["retryAfter"] == 7
    assert "Retry-After" not in failing(kind("no.")).headers
