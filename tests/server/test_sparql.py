"""`/sparql`: every way to ask, every format to get, and what each wrong request is told."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from urllib.parse import quote, urlencode
from xml.etree import ElementTree as ET

import pytest
from flask.testing import FlaskClient
from rdflib import Dataset, Graph, Literal, URIRef, Variable
from rdflib.compare import isomorphic
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID
from rdflib.namespace import RDF, SKOS
from rdflib.plugins.sparql.results.tsvresults import TSVResultParser
from werkzeug.test import TestResponse

from graph.evaluate import Limits
from graph.iris import CANONICAL_BASE
from graph.project import Project
from server import create_app
from server.app import BODY_LIMIT
from server.negotiate import CONTENT_TYPES, RDF_TYPES, SOLUTION_TYPES
from tests.server.conftest import ClosingClient

# rdflib's own parsers of JSON-LD and TriG use it.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")

BASE = CANONICAL_BASE
LABELS = f"SELECT ?label {{ <{BASE}id/P9001> <{SKOS.prefLabel}> ?label }} ORDER BY LANG(?label)"
ROWS = [("en", "Alfa Anchor"), ("ru", "Альфа Анкор")]
DESCRIPTION = f"CONSTRUCT WHERE {{ <{BASE}id/P9001> <{SKOS.prefLabel}> ?label }}"
TRIPLES = {(URIRef(f"{BASE}id/P9001"), SKOS.prefLabel, Literal(text, lang=lang)) for lang, text in ROWS}
FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-query"
HTML = "text/html,application/xhtml+xml,*/*;q=0.8"
SPARQL_XML = "{http://www.w3.org/2005/sparql-results#}"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
SD = "http://www.w3.org/ns/sparql-service-description#"
INFERRED = f"ASK {{ <{BASE}id/P9001> <http://www.w3.org/ns/org#memberOf> <{BASE}id/O9002> }}"
"""True in the default graph and the inferred one, false in the accepted one."""


def ask(client: FlaskClient, query: str, accept: str | None = None, **parameters: str) -> TestResponse:
    headers = {"Accept": accept} if accept else {}
    return client.get("/sparql", query_string={"query": query, **parameters}, headers=headers)


def truth(response: TestResponse) -> bool:
    assert response.status_code == 200, response.text
    value = json.loads(response.data)["boolean"]
    assert isinstance(value, bool)
    return value


def problem(response: TestResponse, status: int) -> dict[str, object]:
    assert response.status_code == status, response.text
    assert response.mimetype == "application/problem+json"
    body = response.get_json(force=True)
    assert body["status"] == status
    assert isinstance(body, dict)
    return body


def rows(body: bytes, form: str) -> list[tuple[str | None, str]]:
    """Language (where the format tells it) and text of each row, by a parser that is not the server's."""
    if form == "json":
        bindings = [binding["label"] for binding in json.loads(body)["results"]["bindings"]]
        return [(term.get("xml:lang"), term["value"]) for term in bindings]
    if form == "xml":
        literals = ET.fromstring(body).iter(f"{SPARQL_XML}literal")  # noqa: S314 - the server's own
        return [(node.get(XML_LANG), node.text or "") for node in literals]
    if form == "csv":
        header, *lines = csv.reader(io.StringIO(body.decode("utf-8"), newline=""))
        assert header == ["label"]
        return [(None, line[0]) for line in lines]
    labels = [binding[Variable("label")] for binding in TSVResultParser().parse(io.BytesIO(body)).bindings]  # type: ignore[no-untyped-call]
    return [(label.language, str(label)) for label in labels if isinstance(label, Literal)]


def graph_of(body: bytes, form: str) -> Graph:
    formats = {"ttl": "turtle", "nt": "nt", "rdf": "xml", "jsonld": "json-ld", "trig": "trig", "nq": "nquads"}
    graph = Graph()
    if form in ("trig", "nq"):
        for subject, predicate, obj, name in Dataset().parse(body, format=formats[form]).quads():
            assert name in (None, DATASET_DEFAULT_GRAPH_ID)
            graph.add((subject, predicate, obj))
        return graph
    return graph.parse(body, format=formats[form])


# Ways to ask


def test_a_query_is_answered_the_same_by_get_and_by_both_posts(client: FlaskClient) -> None:
    answers = [
        client.get("/sparql", query_string={"query": LABELS}),
        client.post("/sparql", data={"query": LABELS}),
        client.post("/sparql", data=LABELS.encode(), content_type=DIRECT),
        client.post("/sparql", data=LABELS.encode(), content_type=f"{DIRECT}; charset=UTF-8"),
    ]
    assert [rows(answer.data, "json") for answer in answers] == [ROWS] * 4


def test_parameters_of_a_post_may_stand_in_the_address(client: FlaskClient) -> None:
    for content_type, data in ((DIRECT, INFERRED), (FORM, urlencode({"query": INFERRED}))):
        addresses = [f"/sparql?default-graph-uri={quote(f'{BASE}graph/{name}')}" for name in ("inferred", "accepted")]
        answers = [client.post(address, data=data, content_type=content_type) for address in addresses]
        assert [truth(answer) for answer in answers] == [True, False]


def test_text_in_any_script_arrives_unchanged(client: FlaskClient) -> None:
    text = "Альфа Ўladzimir 𝔸 ' \" \\ + % & # é"
    query = f"SELECT ?label {{ VALUES ?label {{ {json.dumps(text, ensure_ascii=False)}@en }} }}"
    for response in (
        client.get("/sparql", query_string={"query": query}),
        client.post("/sparql", data={"query": query}),
        client.post("/sparql", data=query.encode(), content_type=DIRECT),
    ):
        assert rows(response.data, "json") == [("en", text)]


def test_a_relative_iri_is_resolved_against_the_endpoint(client: FlaskClient) -> None:
    assert truth(ask(client, "ASK { FILTER (STR(<x>) = 'http://localhost/x') }"))
    assert truth(ask(client, "BASE <http://a.example/> ASK { FILTER (STR(<x>) = 'http://a.example/x') }"))


# Formats


@pytest.mark.parametrize("form", SOLUTION_TYPES)
def test_rows_come_in_each_format_by_accept_and_by_name(client: FlaskClient, form: str) -> None:
    expected = [(None if form == "csv" else lang, text) for lang, text in ROWS]
    for response in (ask(client, LABELS, accept=SOLUTION_TYPES[form][0]), ask(client, LABELS, format=form)):
        assert response.status_code == 200
        assert response.headers["Content-Type"] == CONTENT_TYPES[form]
        assert rows(response.data, form) == expected


@pytest.mark.parametrize("form", RDF_TYPES)
def test_triples_come_in_each_format_by_accept_and_by_name(client: FlaskClient, form: str) -> None:
    for response in (ask(client, DESCRIPTION, accept=RDF_TYPES[form][0]), ask(client, DESCRIPTION, format=form)):
        assert response.status_code == 200
        assert response.headers["Content-Type"] == CONTENT_TYPES[form]
        assert isomorphic(graph_of(response.data, form), triples())


def triples() -> Graph:
    graph = Graph()
    for triple in TRIPLES:
        graph.add(triple)
    return graph


def test_describe_gives_what_is_said_of_the_thing(client: FlaskClient) -> None:
    described = graph_of(ask(client, f"DESCRIBE <{BASE}id/P9001>").data, "ttl")
    assert set(triples()) <= set(described)


def test_blank_nodes_of_a_result_are_the_same_within_it(client: FlaskClient) -> None:
    query = "CONSTRUCT { [] <http://e/p> ?x ; <http://e/q> ?x } { VALUES ?x { 1 2 } }"
    for form in RDF_TYPES:
        graph = graph_of(ask(client, query, format=form).data, form)
        assert len(graph) == 4 and len(set(graph.subjects())) == 2, form


@pytest.mark.parametrize("form", ["json", "xml"])
def test_ask_answers_true_and_false(client: FlaskClient, form: str) -> None:
    def answer(query: str) -> str:
        body = ask(client, query, format=form).data
        if form == "json":
            return json.dumps(json.loads(body)["boolean"])
        return ET.fromstring(body).findtext(f"{SPARQL_XML}boolean") or ""  # noqa: S314 - the server's own

    assert [answer("ASK {}"), answer("ASK { FILTER (false) }")] == ["true", "false"]


@pytest.mark.parametrize("form", ["csv", "tsv"])
def test_ask_as_a_table_says_true_or_false(client: FlaskClient, form: str) -> None:
    assert ask(client, "ASK {}", format=form).text.strip() == "true"


def test_no_accept_and_any_accept_get_the_defaults(client: FlaskClient) -> None:
    for accept in (None, "*/*"):
        assert ask(client, LABELS, accept).headers["Content-Type"] == "application/sparql-results+json"
        assert ask(client, DESCRIPTION, accept).headers["Content-Type"] == "text/turtle; charset=utf-8"


def test_the_named_format_beats_accept(client: FlaskClient) -> None:
    assert ask(client, LABELS, accept="text/csv", format="xml").mimetype == "application/sparql-results+xml"
    assert ask(client, LABELS, accept="image/png", format="xml").mimetype == "application/sparql-results+xml"
    assert ask(client, LABELS, accept=HTML, format="xml").mimetype == "application/sparql-results+xml"


def test_unbound_variables_are_absent_not_empty_strings(client: FlaskClient) -> None:
    query = "SELECT ?label ?no { VALUES (?label ?no) { ('' UNDEF) } }"
    assert json.loads(ask(client, query).data)["results"]["bindings"] == [{"label": {"type": "literal", "value": ""}}]


def test_a_large_result_is_whole(client: FlaskClient) -> None:
    query = "SELECT ?a { { SELECT ?x { ?x ?y ?z } LIMIT 250 } { SELECT ?a { ?a ?b ?c } LIMIT 1000 } }"
    response = ask(client, query, format="csv")
    lines = list(csv.reader(io.StringIO(response.text, newline="")))
    assert len(lines) == 1 + 250 * 1000
    assert response.content_length == len(response.data)


@pytest.mark.parametrize("form", SOLUTION_TYPES)
def test_text_that_a_format_must_escape_comes_back_unchanged(client: FlaskClient, form: str) -> None:
    text = "<a> & \"b\" 'c', d;\te\nf \\ \r g"
    query = f"SELECT ?label {{ VALUES ?label {{ {json.dumps(text)} }} }}"
    ((_, found),) = rows(ask(client, query, format=form).data, form)
    assert found == text


@pytest.mark.parametrize(
    ("query", "form", "other"),
    [
        ("SELECT ('\\u0001' AS ?x) {}", "xml", "json"),
        ("SELECT ('\\uFFFF' AS ?x) {}", "xml", "json"),
        ("CONSTRUCT { <s> <p> '\\u000B' } {}", "rdf", "ttl"),
        ("CONSTRUCT { <s> <http://e/1> <o> } {}", "rdf", "ttl"),
        ("CONSTRUCT { <s> <http://e/> 'oxprefix' } {}", "rdf", "ttl"),
    ],
)
def test_what_xml_cannot_hold_is_an_error_and_never_broken_xml(
    client: FlaskClient, query: str, form: str, other: str
) -> None:
    assert "XML" in str(problem(ask(client, query, format=form), 400)["detail"])
    assert ask(client, query, format=other).status_code == 200


# Wrong requests


def test_a_function_that_is_not_known_is_refused_by_name(client: FlaskClient) -> None:
    assert "http://e/f" in str(problem(ask(client, "SELECT (<http://e/f>(1) AS ?x) {}"), 400)["detail"])


def test_without_a_query_a_post_is_refused(client: FlaskClient) -> None:
    assert "0 queries" in str(problem(client.post("/sparql", data={"format": "json"}), 400)["detail"])


@pytest.mark.parametrize("address", ["/sparql?query=ASK{}&query=ASK{}", "/sparql?query=ASK{}&query="])
def test_two_queries_are_refused(client: FlaskClient, address: str) -> None:
    assert "2 queries" in str(problem(client.get(address), 400)["detail"])


def test_a_query_in_the_body_and_one_in_the_address_are_two(client: FlaskClient) -> None:
    problem(client.post("/sparql?query=ASK{}", data={"query": "ASK {}"}), 400)
    problem(client.post("/sparql?query=ASK{}", data=b"ASK {}", content_type=DIRECT), 400)


@pytest.mark.parametrize(
    ("query", "line", "column"),
    [("SELECT", 1, 7), ("ASK {\n  ?s ?p\n}", 3, 1), ("ASK { ?s ?p 'ы' . )", 1, 19), ("ASK\r\n\r\n)", 3, 1)],
)
def test_a_syntax_error_names_line_and_column(client: FlaskClient, query: str, line: int, column: int) -> None:
    body = problem(ask(client, query), 400)
    assert body["line"] == line, body
    assert body["column"] in (column, column + 1), body  # the engine names the character that fails or the next one
    assert body["type"] == "/docs/errors#querysyntaxerror"


def test_a_prefix_must_be_declared(client: FlaskClient) -> None:
    assert "prefix" in str(problem(ask(client, "ASK { ?s lt:date ?o }"), 400)["detail"])


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/json", "multipart/form-data; boundary=x", "", "??"]
)
def test_a_body_of_another_type_is_refused(client: FlaskClient, content_type: str) -> None:
    response = client.post("/sparql", data=b"ASK {}", headers={"Content-Type": content_type} if content_type else {})
    assert DIRECT in str(problem(response, 415)["detail"])


@pytest.mark.parametrize(
    ("path", "body", "content_type"),
    [
        ("/sparql", "ASK { FILTER ('ы' = 'ы') }".encode("cp1251"), DIRECT),
        ("/sparql", "ASK {}".encode("utf-16"), f"{DIRECT}; charset=UTF-16"),
        ("/sparql", b"query=ASK%7B%20FILTER%20('%FF'%3D'%FE')%7D", FORM),
        ("/sparql", b"query=ASK{FILTER('\xff'='\xfe')}", FORM),
        ("/sparql?query=ASK%7BFILTER('%FF'%3D'%FE')%7D", None, None),
        ("/sparql?default-graph-uri=http://e/%ED%A0%80&query=ASK%7B%7D", None, None),
    ],
)
def test_what_is_not_utf8_is_refused_and_never_replaced(
    client: FlaskClient, path: str, body: bytes | None, content_type: str | None
) -> None:
    response = client.get(path) if body is None else client.post(path, data=body, content_type=content_type)
    assert "UTF-8" in str(problem(response, 400)["detail"])


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "FROBNICATE"])
def test_another_method_is_told_the_allowed_ones(client: FlaskClient, method: str) -> None:
    response = client.open("/sparql?query=ASK{}", method=method)
    problem(response, 405)
    assert {"GET", "HEAD", "POST", "OPTIONS"} == {name.strip() for name in response.headers["Allow"].split(",")}


def test_no_acceptable_format_is_told_what_is_on_offer(client: FlaskClient) -> None:
    for query in (LABELS, DESCRIPTION):
        assert "text/csv" in str(problem(ask(client, query, accept="image/png"), 406)["detail"])


def test_rows_cannot_be_had_as_rdf_nor_triples_as_a_table(client: FlaskClient) -> None:
    assert problem(ask(client, LABELS, accept="text/turtle"), 406)["kind"] == "solutions"
    assert problem(ask(client, DESCRIPTION, accept="text/csv"), 406)["kind"] == "graph"
    problem(ask(client, LABELS, format="ttl"), 406)
    problem(ask(client, DESCRIPTION, format="csv"), 406)


def test_an_unknown_format_is_told_the_known_ones(client: FlaskClient) -> None:
    detail = str(problem(ask(client, LABELS, format="xlsx"), 400)["detail"])
    assert all(form in detail for form in CONTENT_TYPES)


UPDATE = "INSERT DATA { <http://e/s> <http://e/p> <http://e/o> }"


@pytest.mark.parametrize(
    "update",
    [UPDATE, "DELETE WHERE { ?s ?p ?o }", "LOAD <http://e/>", "CLEAR ALL", "DROP ALL", "CREATE GRAPH <http://e/>",
     "ADD DEFAULT TO <http://e/>", "MOVE DEFAULT TO <http://e/>", "COPY DEFAULT TO <http://e/>", "clear all",
     "WITH <http://e/> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }", f"PREFIX a: <http://a/> # SELECT\n{UPDATE}",
     "\\u0049NSERT DATA {}"],
)  # fmt: skip
def test_an_update_sent_as_a_query_is_refused(client: FlaskClient, update: str) -> None:
    problem(ask(client, update), 403)
    problem(client.post("/sparql", data={"query": update}), 403)
    problem(client.post("/sparql", data=update.encode(), content_type=DIRECT), 403)


def test_an_update_sent_as_one_is_refused(client: FlaskClient) -> None:
    problem(client.get("/sparql", query_string={"update": UPDATE}), 403)
    problem(client.post("/sparql", data={"update": UPDATE}), 403)
    problem(client.post("/sparql", data={"update": UPDATE, "query": "ASK {}"}), 403)
    problem(client.post("/sparql", data=UPDATE.encode(), content_type="application/sparql-update"), 403)
    assert not truth(ask(client, "ASK { <http://e/s> ?p ?o }"))


@pytest.mark.parametrize(
    "query",
    ["SELECT * { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }", "ASK { service silent ?where { ?s ?p ?o } }",
     "ASK { { SELECT * { \\u0053ERVICE <http://e/> { ?s ?p ?o } } } }"],
)  # fmt: skip
def test_a_query_of_another_host_is_refused(client: FlaskClient, query: str) -> None:
    assert "SERVICE" in str(problem(ask(client, query), 403)["detail"])


@pytest.mark.parametrize(
    "query",
    ["ASK { FILTER ('SERVICE' = 'SERVICE') } # SERVICE <x>", "ASK { VALUES ?service { <http://e/SERVICE> } }",
     "PREFIX service: <http://e/> ASK { VALUES ?x { service:SERVICE } }", "ASK { FILTER ('''a'SERVICE''b''' != '') }",
     "ASK { FILTER ('INSERT' = 'INSERT') }"],
)  # fmt: skip
def test_a_forbidden_word_that_is_only_mentioned_is_allowed(client: FlaskClient, query: str) -> None:
    assert truth(ask(client, query))


def test_a_hostile_query_text_does_not_occupy_the_server(client: FlaskClient) -> None:
    response = client.post("/sparql", data=("é" * 900_000).encode(), content_type=DIRECT)
    assert response.status_code in (400, 503)
    assert truth(ask(client, "ASK {}"))


# The dataset


def test_the_default_graph_holds_what_is_accepted_and_inferred(client: FlaskClient) -> None:
    assert truth(ask(client, INFERRED))
    disputed = f"ASK {{ <{BASE}id/E9002> <{BASE}ontology#termMonths> 36 }}"
    assert not truth(ask(client, disputed))
    assert truth(ask(client, disputed.replace("{ <", "{ GRAPH ?claim { <", 1).replace("36 }", "36 } }")))


def test_default_graph_uri_names_the_default_graph(client: FlaskClient) -> None:
    parameters = [("query", INFERRED), ("default-graph-uri", f"{BASE}graph/accepted")]
    assert not truth(client.get("/sparql", query_string=urlencode(parameters)))
    parameters.append(("default-graph-uri", f"{BASE}graph/inferred"))
    assert truth(client.get("/sparql", query_string=urlencode(parameters)))
    assert truth(client.post("/sparql", data=urlencode(parameters), content_type=FORM))


def test_named_graph_uri_names_the_named_graphs_and_empties_the_default(client: FlaskClient) -> None:
    query = INFERRED.replace("{ ", "{ GRAPH ?g { ", 1) + " }"
    for name, expected in (("inferred", True), ("accepted", False)):
        assert truth(ask(client, query, **{"named-graph-uri": f"{BASE}graph/{name}"})) is expected
    assert not truth(ask(client, INFERRED, **{"named-graph-uri": f"{BASE}graph/inferred"}))


def test_the_datasets_of_the_request_beat_those_of_the_query(client: FlaskClient) -> None:
    query = INFERRED.replace("ASK", f"ASK FROM <{BASE}graph/inferred>")
    assert truth(ask(client, query))
    assert not truth(ask(client, query, **{"default-graph-uri": f"{BASE}graph/accepted"}))


def test_a_graph_that_is_not_there_is_empty(client: FlaskClient) -> None:
    assert not truth(ask(client, "ASK { ?s ?p ?o }", **{"default-graph-uri": "urn:none"}))


@pytest.mark.parametrize("key", ["default-graph-uri", "named-graph-uri"])
@pytest.mark.parametrize(
    "iri", ["", "relative", "/path", "http://[bad", "http://e/a b", "<http://e/>", "1:a", "http://e/%zz", "http://e/\0",
            "http://e/> } INSERT", "default"],
)  # fmt: skip
def test_a_graph_name_that_is_no_iri_is_refused(client: FlaskClient, key: str, iri: str) -> None:
    assert key in str(problem(ask(client, "ASK {}", **{key: iri}), 400)["detail"])


# Time


@pytest.mark.parametrize("seconds", ["1", "0.5", "1e1", "100000"])
def test_a_client_may_name_its_own_time(client: FlaskClient, seconds: str) -> None:
    assert truth(ask(client, "ASK {}", timeout=seconds))


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "1e999", "soon", "", "10s", "0x10"])
def test_a_time_that_is_none_is_refused(client: FlaskClient, seconds: str) -> None:
    assert "timeout" in str(problem(ask(client, "ASK {}", timeout=seconds), 400)["detail"])


CROSS_PRODUCT = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


@pytest.mark.parametrize(("asked", "given"), [("0.05", 0.05), ("100000", 2), (None, 2)])
def test_a_query_past_its_time_is_an_error_that_says_so(client: FlaskClient, asked: str | None, given: float) -> None:
    response = ask(client, CROSS_PRODUCT, **({} if asked is None else {"timeout": asked}))
    assert problem(response, 503)["seconds"] == given
    assert int(response.headers["Retry-After"]) > 0


# Browsers


def test_a_browser_gets_the_query_form_and_a_program_the_description(client: FlaskClient) -> None:
    page = client.get("/sparql", headers={"Accept": HTML})
    assert page.mimetype == "text/html" and "<textarea" in page.text
    assert client.get("/sparql").mimetype == "text/turtle"


def test_a_browser_gets_the_rows_as_a_page(client: FlaskClient) -> None:
    page = ask(client, LABELS, accept=HTML)
    assert (page.status_code, page.mimetype) == (200, "text/html")


@pytest.mark.parametrize(("query", "status"), [("SELECT", 400), ("CLEAR ALL", 403), (CROSS_PRODUCT, 503)])
def test_a_browser_gets_an_error_as_a_page_with_the_same_status(client: FlaskClient, query: str, status: int) -> None:
    page = ask(client, query, accept=HTML)
    assert (page.status_code, page.mimetype) == (status, "text/html")
    assert page.headers["Vary"] == "Accept"


def test_a_result_too_large_for_a_page_is_an_error_that_says_so(client: FlaskClient) -> None:
    query = "SELECT * { { SELECT ?x { ?x ?y ?z } LIMIT 100 } { SELECT ?a { ?a ?b ?c } LIMIT 1000 } }"
    page = ask(client, query, accept=HTML)
    assert (page.status_code, page.mimetype) == (503, "text/html")


@pytest.mark.parametrize("query", ["SELECT ('<script>alert(1)</script>' AS ?x) {}", "<script>alert(1)</script>"])
def test_a_page_never_holds_markup_from_a_query_or_a_result(client: FlaskClient, query: str) -> None:
    assert "<script>alert" not in ask(client, query, accept=HTML).text


# Headers


@pytest.mark.parametrize(
    ("path", "accept"),
    [("?query=ASK{}", None), ("?query=ASK{}", HTML), ("?query=SELECT", None), ("?query=SELECT", HTML), ("", None),
     ("", HTML), ("?query=ASK{}", "image/png"), ("", "image/png")],
)  # fmt: skip
def test_every_answer_says_that_accept_decided(client: FlaskClient, path: str, accept: str | None) -> None:
    response = client.get(f"/sparql{path}", headers={"Accept": accept} if accept else {})
    assert response.headers["Vary"] == "Accept"


def test_another_sites_page_may_ask_and_read_the_answer(client: FlaskClient) -> None:
    headers = {"Origin": "https://other.example", "Access-Control-Request-Method": "POST"}
    preflight = client.options("/sparql", headers=headers)
    assert preflight.status_code == 204
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in preflight.headers["Access-Control-Allow-Headers"]
    assert int(preflight.headers["Access-Control-Max-Age"]) > 0
    for response in (
        preflight,
        ask(client, "ASK {}"),
        ask(client, "SELECT"),
        ask(client, "CLEAR ALL"),
        ask(client, LABELS, accept="image/png"),
        ask(client, CROSS_PRODUCT, timeout="0.05"),
        client.put("/sparql"),
        client.post("/sparql", data=b"x", content_type="text/plain"),
        client.post("/sparql", data=b"x" * (BODY_LIMIT + 1), content_type=DIRECT),
    ):
        assert response.headers["Access-Control-Allow-Origin"] == "*", response.status
        assert "Retry-After" in response.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("path", ["/sparql", f"/sparql?{urlencode({'query': LABELS})}", "/sparql?query=SELECT"])
def test_head_tells_the_headers_of_get_without_its_body(client: FlaskClient, path: str) -> None:
    get, head = client.get(path), client.head(path)
    assert head.status_code == get.status_code
    assert head.data == b""
    assert {key: value for key, value in head.headers if key != "Date"} == {k: v for k, v in get.headers if k != "Date"}


def test_head_of_a_large_result_leaves_nothing_open(client: FlaskClient) -> None:
    query = "SELECT * { { SELECT ?x { ?x ?y ?z } LIMIT 100 } { SELECT ?a { ?a ?b ?c } LIMIT 1000 } }"
    response = client.head("/sparql", query_string={"query": query})
    assert response.status_code == 200
    assert int(response.headers["Content-Length"]) > 2**20
    response.close()  # a file left open would be a ResourceWarning, which fails the test


# The service description


@pytest.mark.parametrize("form", RDF_TYPES)
@pytest.mark.parametrize("base", ["http://localhost", "http://data.example:8080"])
def test_the_service_describes_itself_at_the_address_asked(client: FlaskClient, form: str, base: str) -> None:
    response = client.get("/sparql", base_url=base, headers={"Accept": RDF_TYPES[form][0]})
    assert response.headers["Content-Type"] == CONTENT_TYPES[form]
    graph = graph_of(response.data, form)
    (service,) = graph.subjects(RDF.type, URIRef(f"{SD}Service"))
    assert list(graph.objects(service, URIRef(f"{SD}endpoint"))) == [URIRef(f"{base}/sparql")]
    assert URIRef(f"{SD}SPARQL11Query") in set(graph.objects(service, URIRef(f"{SD}supportedLanguage")))


def test_the_description_names_graphs_that_are_there_and_marks_the_inferred_one(client: FlaskClient) -> None:
    graph = graph_of(client.get("/sparql").data, "ttl")
    named = set(graph.objects(None, URIRef(f"{SD}name")))
    assert named
    for iri in named:
        assert truth(ask(client, f"ASK {{ GRAPH <{iri}> {{ ?s ?p ?o }} }}")), iri
    entailing = {graph.value(node, URIRef(f"{SD}name")) for node in graph.subjects(URIRef(f"{SD}entailmentRegime"))}
    assert entailing == {URIRef(f"{BASE}graph/inferred")}


def test_the_description_counts_the_default_graph(client: FlaskClient) -> None:
    described = graph_of(client.get("/sparql").data, "ttl").objects(None, URIRef("http://rdfs.org/ns/void#triples"))
    counted = ask(client, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", format="csv").text.split()
    assert ["n", *map(str, described)] == counted


def test_the_description_is_rdf_only(client: FlaskClient) -> None:
    problem(client.get("/sparql", headers={"Accept": "text/csv"}), 406)


# Memory


@pytest.fixture
def small_client(built: Project) -> Iterator[FlaskClient]:
    """A client of a server whose queries may take 64 MiB."""
    app = create_app(built, Limits(seconds=30, mebibytes=64, workers=2))
    app.test_client_class = ClosingClient
    yield app.test_client()
    app.extensions["letapis"].close()


def test_a_query_past_its_memory_is_an_error_and_the_next_is_answered(small_client: FlaskClient) -> None:
    greedy = "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY DESC(?a) ?d"
    assert problem(ask(small_client, greedy), 503)["mebibytes"] == 64
    assert truth(ask(small_client, "ASK {}"))
