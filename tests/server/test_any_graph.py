"""Pages, data and queries over somebody else's data: in any layout, with any vocabulary, whatever stands in them."""

from __future__ import annotations

import html
import re
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from rdflib import Dataset, Graph, URIRef
from rdflib.namespace import FOAF, RDF
from werkzeug.test import TestResponse

from graph.adopt import adopt
from graph.build import build
from graph.ingest import Ingest, ingest
from graph.iris import CANONICAL_BASE
from graph.layout import Kind
from graph.project import Project
from graph.rdf import NamedNode
from server import create_app
from server.entity import DATA_TYPES
from tests.conftest import write_record
from tests.server.conftest import ClosingClient

pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")

BASE = "https://data.example/"
EX = "http://garden.example/"
PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SD = "http://www.w3.org/ns/sparql-service-description#"
PREFIXES = f"""\
@prefix e: <{EX}> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix schema: <https://schema.org/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
"""
DATA = """
e:ada a foaf:Person ; foaf:name "Ada Brook" ; foaf:nick "ada" ; foaf:homepage <https://ada.example/> ;
    foaf:knows e:ben , [ a foaf:Person ; foaf:name "Dora Field" ; foaf:knows e:ben ] ;
    schema:address [ schema:streetAddress "3 Weir Lane" ; schema:areaServed [ schema:geoRadius 300 ] ] .
e:ben a foaf:Person ; foaf:name "Ben Tide"@en , "Ben Gezeit"@de ; foaf:knows e:ada .
e:garden a schema:Organization ; schema:name "The Weir Lane Garden" ; schema:keywords ( "beans" "bees" ) ;
    schema:member e:ada , e:ben .
e:log a foaf:Document ; dct:title "Garden log" ; foaf:maker e:ada .
e:bean a skos:Concept ; skos:prefLabel "broad bean" .
e:shed rdfs:label "The shed" ; e:123 "no element of XML has this name" .
<https://data.example/id/spade> a schema:Product ; schema:name "Spade" ;
    schema:isPartOf e:shed , <https://data.example/hoe> .
<https://data.example/hoe> schema:name "Hoe" .
e:nameless a foaf:Person ; foaf:name " ", "\\u202e" .
"""
NAMED = """
e:notes { e:ada foaf:nick "of the notes" . e:apart a foaf:Person ; foaf:name "Apart" . }
"""
ONTOLOGY = """
e:onto a owl:Ontology ; rdfs:label "The garden's own" .
foaf:Person a owl:Class ; rdfs:label "Person"@en , "Mensch"@de ; rdfs:subClassOf foaf:Agent .
foaf:Agent a owl:Class .
foaf:knows a owl:ObjectProperty ; rdfs:range [ owl:unionOf ( foaf:Person foaf:Agent ) ] .
e:Round a owl:Class ; rdfs:subClassOf e:Again . e:Again a owl:Class ; rdfs:subClassOf e:Round .
e:Alone a rdfs:Class ; rdfs:subClassOf e:Alone .
"""
SHAPES = """
e:PersonShape a sh:NodeShape ; sh:targetClass foaf:Person ;
    sh:property [ sh:path foaf:name ; sh:minCount 1 ] , [ sh:path foaf:nick ; sh:maxCount 5 ; sh:severity sh:Warning ] .
"""
HOSTILE = f"""
e:evil a foaf:Person , <javascript:alert(1)> , <{EX}#> , "no class" , [ a owl:Class ] ;
    foaf:name "<script>alert('x')</script>\\" onmouseover=\\"alert(1)" ;
    foaf:knows <javascript:alert(2)> , <data:text/html,%3Cscript%3E> , <{EX}'quote'> , <{EX}%22%3E%3Cscript%3E> ,
        <{EX}ünï/日本> , <{EX}a?b=c&d=e#f> , <{EX}{"x" * 2500}> , e:turned , <urn:x:y> .
<javascript:alert(2)> foaf:name "js" . <data:text/html,%3Cscript%3E> rdfs:label "data" .
<{EX}'quote'> rdfs:label "q'uote" . <{EX}%22%3E%3Cscript%3E> rdfs:label "percent" .
<{EX}ünï/日本> rdfs:label "日本"@ja . <{EX}a?b=c&d=e#f> rdfs:label "query" .
<{EX}{"x" * 2500}> foaf:name "{"long " * 2000}" . <urn:x:y> foaf:name "urn" .
e:turned foaf:name "\\u202elive\\u202e" ; e:{"p" * 300} "\\u0001" ; <{EX}p/> "p" ; <{EX}#> e:evil .
_:a e:next _:b . _:b e:next _:a ; e:also _:c . _:c foaf:name "a knot" ; foaf:knows e:evil . e:knot e:next _:a .
_:l rdf:first "a" ; rdf:rest _:l . e:list e:members _:l .
e:odd e:value "2024-13-45"^^<http://www.w3.org/2001/XMLSchema#date> , "x"^^<{EX}type'> , "x"@en-x-y , "javascript:x" .
"""

Open = Callable[..., FlaskClient]


def write(path: Path, text: str) -> str:
    path.write_text(PREFIXES + text, encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def open_data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """Makes a dataset of a layout with some data, and gives a client of its server."""
    applications = []

    def make(kind: Kind, text: str = DATA, named: str = NAMED) -> FlaskClient:
        folder = tmp_path_factory.mktemp(kind)
        project = Project(folder / "data", folder / "data", BASE, kind)
        ontology, shapes = ("none", "none") if kind == "plain" else (
            write(folder / "o.ttl", ONTOLOGY), write(folder / "s.ttl", SHAPES))  # fmt: skip
        adopt(project, [ontology], [shapes], by="tests", tell=lambda _: None)
        if text:
            files = [write(folder / "data.ttl", text), write(folder / "named.trig", named)]
            ingest(project, Ingest(files, "tests", "data"))
        app = create_app(project)
        app.test_client_class = ClosingClient
        applications.append(app)
        return app.test_client()

    yield make
    for app in applications:
        app.extensions["letapis"].close()


@pytest.fixture(scope="module")
def clients(open_data: Open) -> dict[str, FlaskClient]:
    """One client for each kind of dataset."""
    return {
        "union": open_data("union"), "plain": open_data("plain"),
        "empty union": open_data("union", ""), "empty plain": open_data("plain", ""),
        "hostile union": open_data("union", DATA + HOSTILE), "hostile plain": open_data("plain", DATA + HOSTILE),
    }  # fmt: skip


@pytest.fixture(scope="module", params=["union", "plain"])
def client(request: pytest.FixtureRequest, clients: dict[str, FlaskClient]) -> FlaskClient:
    """A client of the garden, with an ontology and shapes, and without."""
    return clients[request.param]


@pytest.fixture(scope="module")
def union(clients: dict[str, FlaskClient]) -> FlaskClient:
    return clients["union"]


@pytest.fixture(scope="module")
def plain(clients: dict[str, FlaskClient]) -> FlaskClient:
    return clients["plain"]


def describe(client: FlaskClient, iri: str, accept: str = PAGE["Accept"], **parameters: str) -> TestResponse:
    return client.get("/describe", query_string={"iri": iri, **parameters}, headers={"Accept": accept})


def page(client: FlaskClient, path: str, **headers: str) -> str:
    answer = client.get(path, headers={**PAGE, **headers})
    assert answer.status_code == 200, (path, answer.text)
    return answer.text


def links(text: str) -> list[str]:
    return [html.unescape(link) for link in re.findall(r'<(?:a|form)\b[^>]* (?:href|action)="([^"]*)"', text)]


# ---------------------------------------------------------------- the page and the data of a thing

PARSERS = {"ttl": "turtle", "nt": "nt", "rdf": "xml", "jsonld": "json-ld", "trig": "trig", "nq": "nquads"}


def test_a_thing_with_an_iri_of_somebody_else_has_a_page(client: FlaskClient) -> None:
    text = describe(client, f"{EX}ada").text
    assert "<h1>Ada Brook</h1>" in text
    assert f'<link rel="canonical" href="{EX}ada">' in text
    found = links(text)
    assert f"/describe?iri={EX}ben" in found
    assert "https://ada.example/" in found
    assert f"/describe?iri={EX}garden" in found  # what points here
    assert not [link for link in found if "/history/" in link]


def test_a_link_to_a_described_thing_has_a_mark_that_leads_out(client: FlaskClient) -> None:
    text = describe(client, f"{EX}ada").text
    link, mark = rf'<a href="/describe\?iri={EX}ben"[^>]*>Ben Tide</a>', f'<a class="out" href="{EX}ben" rel="external'
    assert re.search(link + mark, text)


def test_things_without_a_name_stand_within_the_page(client: FlaskClient) -> None:
    text = describe(client, f"{EX}ada").text
    for words in ("Dora Field", "3 Weir Lane", "geo radius", "300"):
        assert words in text
    assert "_:" not in re.sub(r"<[^>]*>", "", text)
    assert "<li>beans</li><li>bees</li>" in describe(client, f"{EX}garden").text


def test_things_under_the_base_have_the_addresses_of_their_names(client: FlaskClient) -> None:
    moved = describe(client, f"{BASE}id/spade")
    assert (moved.status_code, moved.headers["Location"]) == (303, "/page/spade")
    text = page(client, "/page/spade")
    assert {f"/describe?iri={EX}shed", f"/describe?iri={BASE}hoe"} <= set(links(text))
    assert "/page/spade" in links(page(client, f"/describe?iri={EX}shed"))
    assert client.get("/id/spade", headers=PAGE).headers["Location"] == "/page/spade"
    assert client.get("/data/spade.ttl").status_code == 200
    assert client.get("/claim/spade", headers=PAGE).status_code == 404


def test_what_points_here_from_within_another_thing_leads_to_that(client: FlaskClient) -> None:
    text = re.sub(r"<[^>]*>|\s+", " ", describe(client, f"{EX}ben").text)
    assert re.search(r"Ada Brook *, in *Dora Field", text)


@pytest.mark.parametrize("form", DATA_TYPES)
def test_a_thing_has_data_in_each_format_by_parameter_and_by_negotiation(client: FlaskClient, form: str) -> None:
    named = describe(client, f"{EX}garden", "*/*", format=form)
    asked = describe(client, f"{EX}garden", DATA_TYPES[form][0])
    assert (named.status_code, named.data) == (200, asked.data)
    assert named.headers["Content-Location"] == f"/describe?iri={EX}garden&format={form}"
    assert "Accept" in asked.headers["Vary"]
    if form == "json":
        assert named.get_json()["label"]["value"] == "The Weir Lane Garden"
        return
    told = Dataset(default_union=True)
    told.parse(data=named.data, format=PARSERS[form])
    assert (URIRef(f"{EX}garden"), RDF.type, URIRef("https://schema.org/Organization")) in told
    assert {str(value) for value in told.objects(None, RDF.first)} == {"beans", "bees"}


def test_the_data_of_a_thing_hold_what_it_leads_to_without_a_name(client: FlaskClient) -> None:
    graph = Graph().parse(data=describe(client, f"{EX}ada", format="ttl").data, format="turtle")
    assert "300" in {str(value) for value in graph.objects()}
    assert (None, FOAF.maker, None) not in graph


def test_data_with_graphs_tell_which_graph_states_what(client: FlaskClient) -> None:
    data = Dataset().parse(data=describe(client, f"{EX}ada", format="nq").data, format="nquads")
    graphs = {str(graph) for _, predicate, value, graph in data.quads() if str(value) == "of the notes"}
    assert graphs == {f"{EX}notes"}
    assert f"Stated in the graph {EX}notes" in describe(client, f"{EX}ada").text


@pytest.mark.parametrize("iri", [f"{EX}nobody", "urn:x:nothing", f"{BASE}id/nothing", "https://ada.example/"])
def test_of_what_nothing_is_stated_there_is_no_page(client: FlaskClient, iri: str) -> None:
    assert describe(client, iri).status_code == 404
    assert describe(client, iri, format="ttl").status_code == 404


@pytest.mark.parametrize("text", ["", "ada", "_:v1f0b0", "<http://a/>", "http://a/ b", "http://a/<b>", "//a/b", "http:",
                                  "http://a/\x00", 'http://a/"', "http://a/{b}", "a b:c"])  # fmt: skip
def test_what_is_no_iri_is_refused(client: FlaskClient, text: str) -> None:
    answer = describe(client, text, "application/json")
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")


def test_a_format_that_is_none_is_refused_with_those_on_offer(client: FlaskClient) -> None:
    answer = describe(client, f"{EX}ada", "application/json", format="docx")
    assert answer.status_code == 400
    assert "ttl, jsonld" in answer.get_json()["detail"]
    assert describe(client, f"{EX}ada", "image/png").status_code == 406


def test_what_xml_cannot_write_is_refused_with_what_to_do(client: FlaskClient) -> None:
    answer = describe(client, f"{EX}shed", "application/rdf+xml")
    assert answer.status_code == 406
    assert "Ask for another format" in answer.get_json()["detail"]
    assert describe(client, f"{EX}shed", format="ttl").status_code == 200


def test_a_page_that_did_not_change_is_not_sent_again(client: FlaskClient) -> None:
    for parameters in ({}, {"format": "ttl"}):
        tag = describe(client, f"{EX}ada", **parameters).headers["ETag"]
        query = {"iri": f"{EX}ada", **parameters}
        answer = client.get("/describe", query_string=query, headers={**PAGE, "If-None-Match": tag})
        assert answer.status_code == 304


def test_pointers_of_one_property_are_listed_apart(client: FlaskClient) -> None:
    text = describe(client, f"{EX}ben", **{"in": "foaf:knows"}).text
    assert "2 in all" in text
    assert "Ada Brook" in text
    assert describe(client, f"{EX}ben", **{"in": "foaf:img"}).status_code == 404


def test_an_older_version_describes_things_as_they_were(union: FlaskClient) -> None:
    assert describe(union, f"{EX}ada").status_code == 200
    iri = f"?iri={EX}ada"
    assert union.get(f"/version/1/describe{iri}", headers=PAGE).status_code == 404
    assert f"/version/2/describe?iri={EX}ben" in links(page(union, f"/version/2/describe{iri}"))


def test_the_mementos_of_a_description_are_the_versions_that_have_the_thing(union: FlaskClient) -> None:
    answer = union.get(f"/timemap/describe?iri={EX}ada", headers={"Accept": "application/json"})
    (memento,) = answer.get_json()["mementos"]["list"]
    assert memento["uri"] == f"http://localhost/version/2/describe?iri={EX}ada"
    assert union.get(f"/timemap/describe?iri={EX}nobody").status_code == 404


# ---------------------------------------------------------------- a record, and what is beside it


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """The invented record, and graphs apart from it that tell of somebody else's things and of one of its own."""
    folder = tmp_path_factory.mktemp("beside")
    project = write_record(folder)
    build(project, by="tests", why="first")
    own = f"<{CANONICAL_BASE}id/P9001> foaf:nick 'anchor' ; foaf:knows e:ada ."
    files = [write(folder / "garden.ttl", DATA), write(folder / "own.ttl", own)]
    ingest(project, Ingest(files, "tests", "beside", graph=NamedNode(f"{EX}notes")))
    app = create_app(project)
    app.test_client_class = ClosingClient
    yield app.test_client()
    app.extensions["letapis"].close()


def test_things_in_graphs_apart_from_a_record_are_described_and_told_apart(beside: FlaskClient) -> None:
    text = describe(beside, f"{EX}ada").text
    assert "<h1>Ada Brook</h1>" in text
    assert "stated in graphs apart from the record" in text
    assert "3 Weir Lane" in text
    assert f"/describe?iri={EX}ben" in links(text)
    assert "/page/P9001" in links(text)
    data = Graph().parse(data=describe(beside, f"{EX}ada", format="ttl").data, format="turtle")
    assert (URIRef(f"{EX}ada"), FOAF.nick, None) in data


def test_a_thing_of_the_record_shows_what_others_say_with_its_graph(beside: FlaskClient) -> None:
    text = page(beside, "/page/P9001")
    assert f"Stated in the graph {EX}notes" in text
    assert f"/describe?iri={EX}ada" in links(text)
    trig = Dataset().parse(data=beside.get("/data/P9001.trig").data, format="trig")
    assert (URIRef(f"{CANONICAL_BASE}id/P9001"), FOAF.nick, None) in trig.graph(URIRef(f"{EX}notes"))
    turtle = Graph().parse(data=beside.get("/data/P9001.ttl").data, format="turtle")
    assert (None, FOAF.nick, None) not in turtle


def test_things_beside_a_record_are_found_by_name(beside: FlaskClient) -> None:
    found = beside.get("/search?q=weir", headers={"Accept": "application/json"}).get_json()["results"]
    assert [(hit["iri"], hit["page"]) for hit in found] == [(f"{EX}garden", f"/describe?iri={EX}garden")]


@pytest.mark.parametrize(
    ("iri", "parameters", "location"),
    [
        ("id/P9001", {}, "/page/P9001"),
        ("id/P9001", {"format": "ttl"}, "/data/P9001.ttl"),
        ("voc/lawyer", {}, "/page/voc/lawyer"),
        ("ontology#Detention", {}, "/ontology/Detention"),
        ("src/invented", {}, "/sources/invented"),
    ],
)
def test_what_has_an_address_here_leads_there(
    beside: FlaskClient, iri: str, parameters: dict[str, str], location: str
) -> None:
    answer = describe(beside, f"{CANONICAL_BASE}{iri}", **parameters)
    assert (answer.status_code, answer.headers["Location"]) == (303, location)


def test_a_record_has_its_own_way_in(beside: FlaskClient) -> None:
    text = page(beside, "/")
    assert {"/browse/Event", "/sources", "/ontology", "/shapes", "/sparql"} <= set(links(text))
    assert EX not in text


# ---------------------------------------------------------------- the other pages


def crawl(client: FlaskClient, start: list[str], most: int) -> Iterator[tuple[str, TestResponse]]:
    seen, queue = set(start), deque(start)
    while queue and most:
        most -= 1
        path = queue.popleft()
        answer = client.get(path, headers=PAGE)
        yield path, answer
        following = links(answer.text) if answer.mimetype == "text/html" else []
        for link in (*following, answer.headers.get("Location", "")):
            plain = link.partition("#")[0]
            if plain.startswith("/") and not plain.startswith("/version/") and plain not in seen:
                seen.add(plain)
                queue.append(plain)


STARTS = ["/", "/ontology", "/shapes", "/versions", "/explain", "/sparql", "/search?q=a", "/browse?class=", "/sources",
          f"/describe?iri={EX}evil", f"/describe?iri={EX}knot", f"/describe?iri={EX}list", f"/describe?iri={EX}odd",
          f"/describe?iri={EX}turned", "/ontology?term=x", "/no/such/page?path=x&endpoint=y", "/?path=x"]  # fmt: skip


@pytest.mark.parametrize("name", ["union", "plain", "empty union", "empty plain", "hostile union", "hostile plain"])
def test_no_page_fails_and_no_link_is_broken(clients: dict[str, FlaskClient], name: str) -> None:
    for path, answer in crawl(clients[name], STARTS, 250):
        assert answer.status_code < 500, path
        if path not in STARTS and "format=rdf" not in path:
            assert answer.status_code in (200, 303), path
        if answer.mimetype == "text/html":
            assert not re.search(r"<script|<img src=x", answer.text), path
            for link in links(answer.text):
                assert re.match(r"/(?!/)|https?://|#", link), (path, link)


def test_every_link_of_an_older_version_stays_in_it(union: FlaskClient) -> None:
    for path in ("/", "/ontology", "/shapes", f"/describe?iri={EX}ada"):
        leaving = [link for link in links(page(union, f"/version/2{path}")) if link.startswith("/")
                   and not link.startswith(("/version/2/", "/versions"))]  # fmt: skip
        assert leaving == ["/"]  # to the current one


@pytest.mark.parametrize(("name", "paths"), [
    ("union", ["/ontology", "/shapes", "/versions", "/sparql"]), ("plain", ["/ontology", "/versions", "/sparql"]),
])  # fmt: skip
def test_the_head_of_a_page_leads_to_what_there_is(
    clients: dict[str, FlaskClient], name: str, paths: list[str]
) -> None:
    for text in (page(clients[name], "/"), clients[name].get("/nothing", headers=PAGE).text):
        head = re.search(r'<nav aria-label="Site">(.*?)</nav>', text, re.DOTALL)
        assert head is not None
        assert links(head[1]) == paths


@pytest.mark.parametrize("path", ["/sources", "/sources/x"])
def test_what_only_a_record_has_is_not_there_and_says_so(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers=PAGE)
    assert answer.status_code == 404
    assert "these data have no documents" in answer.text


def test_the_front_page_leads_to_the_classes_with_most_things(client: FlaskClient) -> None:
    text = page(client, "/")
    assert "/browse?class=http://xmlns.com/foaf/0.1/Person" in links(text)
    assert "Class</span>" not in text  # terms are no data
    assert "Ada Brook" in page(client, "/browse?class=http://xmlns.com/foaf/0.1/Person")


def test_the_front_page_of_nothing_says_how_something_comes_in(clients: dict[str, FlaskClient]) -> None:
    assert "letapis ingest" in page(clients["empty plain"], "/")
    assert page(clients["empty union"], "/")


def test_a_list_tells_of_the_things_that_have_no_name(client: FlaskClient) -> None:
    assert "and 1 without an identifier" in page(client, "/browse?class=http://xmlns.com/foaf/0.1/Person")
    answer = client.get(f"/browse?class={EX}Nothing", headers=PAGE)
    assert answer.status_code == 404
    assert client.get("/browse?class=x", headers=PAGE).status_code == 400


@pytest.mark.parametrize(
    ("words", "local"),
    [("ada brook", "ada"), ("weir", "garden"), ("log", "log"), ("broad", "bean"), ("shed", "shed"), ("ada", "ada")],
)
def test_things_are_found_by_whatever_names_them(client: FlaskClient, words: str, local: str) -> None:
    found = client.get(f"/search?q={words}", headers={"Accept": "application/json"}).get_json()["results"]
    assert found[0]["iri"] == f"{EX}{local}"
    assert found[0]["page"] == f"/describe?iri={EX}{local}"
    assert "The shed" in page(client, "/search?q=shed")


def test_labels_are_in_the_language_of_the_reader(client: FlaskClient) -> None:
    german = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.1"}
    assert "<h1 lang=\"de\">Ben Gezeit</h1>" in page(client, f"/describe?iri={EX}ben", **german)
    assert "<h1>Ben Tide</h1>" in page(client, f"/describe?iri={EX}ben")
    text = page(client, f"/describe?iri={EX}ada&lang=de")
    assert "Ben Gezeit" in text
    assert f"/describe?iri={EX}ben&lang=de" in links(text)
    assert client.get("/?lang=1", headers=PAGE).status_code == 400


def test_a_name_that_shows_nothing_does_not_hide_the_link(client: FlaskClient) -> None:
    text = page(client, "/browse?class=http://xmlns.com/foaf/0.1/Person")
    assert f">{EX}nameless</a>" in text


def test_the_terms_in_use_are_counted(client: FlaskClient) -> None:
    text = re.sub(r"<[^>]*>|\s+", " ", page(client, "/ontology"))
    assert re.search(r"Classes in use .*(foaf:Person|Person) .*Properties in use .*foaf:name", text)


def test_a_foreign_ontology_is_shown_with_what_the_reasoner_leaves_out(union: FlaskClient) -> None:
    text = page(union, "/ontology")
    assert "The garden&#39;s own" in text
    for name in ("Round", "Again", "Alone"):  # below themselves, and still there
        assert f"<code>{EX}{name}</code>" in text
    assert re.search(r"Left out of reasoning.*foaf:knows|Left out of reasoning.*owl:unionOf", text, re.DOTALL)
    graph = Graph().parse(data=union.get("/ontology", headers={"Accept": "text/turtle"}).data, format="turtle")
    assert len(graph) > 10
    assert "Mensch" in page(union, "/ontology/foaf:Person?lang=de")
    assert page(union, f"/ontology?term={EX}Round")


def test_plain_data_have_no_ontology_and_no_shapes(plain: FlaskClient) -> None:
    for path in ("/ontology", "/shapes"):
        assert plain.get(path, headers={"Accept": "text/turtle"}).data.strip() == b""
    assert "nothing is checked" in page(plain, "/shapes")
    assert "they have no ontology here" in page(plain, "/ontology")


def test_the_shapes_are_those_of_the_version(union: FlaskClient) -> None:
    text = page(union, "/shapes")
    assert "PersonShape" in text
    assert "minCount 1" in text
    assert "foaf:name" in text
    turtle = union.get("/shapes", headers={"Accept": "text/turtle"}).data
    assert len(Graph().parse(data=turtle, format="turtle")) == 9


@pytest.mark.parametrize(("value", "kind"), [("foaf:Person", "asserted"), ("foaf:Agent", "inferred")])
def test_a_triple_is_explained(union: FlaskClient, value: str, kind: str) -> None:
    query = {"s": f"<{EX}ada>", "p": "rdf:type", "o": value}
    answer = union.get("/explain", query_string=query, headers={"Accept": "application/json"})
    assert answer.get_json()["kind"] == kind
    assert union.get("/explain", query_string=query, headers=PAGE).status_code == 200


def test_a_triple_of_the_default_graph_is_explained_in_plain_data(plain: FlaskClient) -> None:
    query = {"s": f"<{EX}ada>", "p": "foaf:nick", "o": '"ada"'}
    answer = plain.get("/explain", query_string=query, headers={"Accept": "application/json"})
    assert [support["kind"] for support in answer.get_json()["supports"]] == ["default"]


# ---------------------------------------------------------------- the endpoint


def rows(client: FlaskClient, query: str, **parameters: str) -> list[dict[str, str]]:
    answer = client.get("/sparql", query_string={"query": query, "format": "json", **parameters})
    assert answer.status_code == 200, answer.text
    bindings = answer.get_json()["results"]["bindings"]
    return [{name: cell["value"] for name, cell in row.items()} for row in bindings]


def test_in_plain_data_a_query_sees_the_default_graph_alone(plain: FlaskClient) -> None:
    nicks = "SELECT ?nick {{ {} }} ORDER BY ?nick"
    pattern = f"<{EX}ada> foaf:nick ?nick"
    prefix = "PREFIX foaf: <http://xmlns.com/foaf/0.1/> "
    assert rows(plain, prefix + nicks.format(pattern)) == [{"nick": "ada"}]
    assert rows(plain, prefix + nicks.format(f"GRAPH ?g {{ {pattern} }}")) == [{"nick": "of the notes"}]
    assert rows(plain, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }") == [{"n": str(statements(DATA))}]
    assert rows(plain, "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }") == [{"g": f"{EX}notes"}]


def statements(text: str) -> int:
    return len(Graph().parse(data=PREFIXES + text, format="turtle"))


def test_in_plain_data_a_construct_gives_what_there_is(plain: FlaskClient) -> None:
    query = {"query": "CONSTRUCT WHERE { ?s ?p ?o }"}
    answer = plain.get("/sparql", query_string=query, headers={"Accept": "text/turtle"})
    assert len(Graph().parse(data=answer.data, format="turtle")) == statements(DATA)


def test_in_a_union_a_query_sees_every_graph_and_what_follows(union: FlaskClient) -> None:
    found = rows(union, f"SELECT ?class {{ <{EX}apart> a ?class }} ORDER BY ?class")
    assert [row["class"] for row in found] == [str(FOAF.Agent), str(FOAF.Person)]


def test_the_service_description_tells_what_the_default_graph_holds(clients: dict[str, FlaskClient]) -> None:
    described = {}
    for name in ("union", "plain"):
        turtle = clients[name].get("/sparql", headers={"Accept": "text/turtle"}).data
        described[name] = Graph().parse(data=turtle, format="turtle")
    union_graph = URIRef(f"{SD}UnionDefaultGraph")
    features = {name: set(graph.objects(None, URIRef(f"{SD}feature"))) for name, graph in described.items()}
    assert features == {"union": {union_graph}, "plain": set()}
    assert "and nothing else" in " ".join(map(str, described["plain"].objects()))
    names = {name: {str(one) for one in graph.objects(None, URIRef(f"{SD}name"))} for name, graph in described.items()}
    assert names["plain"] == {f"{EX}notes"}
    assert {f"{EX}notes", f"{BASE}graph/inferred"} <= names["union"]


@pytest.mark.parametrize("name", ["union", "plain", "empty union", "empty plain"])
def test_each_example_can_be_asked(clients: dict[str, FlaskClient], name: str) -> None:
    examples = [link for link in links(page(clients[name], "/sparql")) if link.startswith("/sparql?query=")]
    assert len(examples) >= 4
    for example in examples:
        answer = clients[name].get(example, headers={"Accept": "application/json"})
        assert answer.status_code == 200
        found = answer.get_json()["results"]["bindings"]
        assert found or name.startswith("empty") or "GRAPH" in example
