"""`/id`, `/page` and `/data`: where each client is led, what it is told of the thing, and what wrong addresses get."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from rdflib import Dataset, Graph, URIRef
from rdflib.namespace import SKOS

from graph.build import build
from graph.iris import CANONICAL_BASE as BASE
from graph.project import Project
from graph.rdf import DefaultGraph, NamedNode, Quad
from graph.versions import Versions
from server import create_app
from server.entity import DATA_TYPES
from server.links import address, local_of, thing_at
from tests.server.conftest import ClosingClient

pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize(
    ("accept", "location"),
    [
        (HTML["Accept"], "/page/P9001"),
        ("text/turtle", "/data/P9001.ttl"),
        ("*/*", "/data/P9001.ttl"),
        ("application/ld+json", "/data/P9001.jsonld"),
        ("application/json", "/data/P9001.json"),
        ("application/n-quads;q=0.9, text/turtle;q=0.1", "/data/P9001.nq"),
        ("text/html;q=0.2, application/trig", "/data/P9001.trig"),
    ],
)
def test_the_thing_leads_to_what_the_client_likes_best(client: FlaskClient, accept: str, location: str) -> None:
    answer = client.get("/id/P9001", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["Location"]) == (303, location)
    assert "Accept" in answer.headers["Vary"]


def test_a_client_without_accept_gets_turtle(client: FlaskClient) -> None:
    assert client.get("/id/P9001").headers["Location"] == "/data/P9001.ttl"


@pytest.mark.parametrize("accept", ["image/png", ";;;,,, q=x", "text/turtle;q=0", "text/html;q=0"])
def test_what_nothing_is_written_in_is_refused_with_what_is_on_offer(client: FlaskClient, accept: str) -> None:
    answer = client.get("/id/P9001", headers={"Accept": accept})
    assert answer.status_code == 406
    assert "text/turtle" in answer.get_json()["detail"]


def test_the_language_that_was_asked_for_goes_along(client: FlaskClient) -> None:
    assert client.get("/id/P9001?lang=ru", headers=HTML).headers["Location"] == "/page/P9001?lang=ru"


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/voc/pretrial", "/page/voc/pretrial"),
        ("/src/invented", "/sources/invented"),
        ("/id/law/xx/code/art-10-part-2", "/page/law/xx/code/art-10-part-2"),
    ],
)
def test_concepts_captures_and_provisions_lead_to_their_pages(client: FlaskClient, path: str, location: str) -> None:
    answer = client.get(path, headers=HTML)
    assert (answer.status_code, answer.headers["Location"]) == (303, location)
    assert client.get(location, headers=HTML).status_code == 200


def claim_path(client: FlaskClient) -> str:
    """The path of the disputed claim."""
    facts = client.get("/data/E9002.json").get_json()["facts"]
    months = next(g for g in facts if g["predicate"]["iri"].endswith("termMonths"))
    disputed = [c for f in months["facts"] for c in f["citations"] if c["status"] == "disputed"]
    return str(disputed[0]["claim"].removeprefix(BASE))


def test_a_claim_leads_to_its_page_which_says_how_it_stands(client: FlaskClient) -> None:
    path = claim_path(client)
    answer = client.get(f"/{path}", headers=HTML)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/page/{path}")
    page = client.get(f"/page/{path}", headers=HTML).text
    for word in ("disputed", "Another passage gives three years.", "36", "para. 2", "Contradicts"):
        assert word in page


def test_a_page_shows_names_facts_passages_and_voices(client: FlaskClient) -> None:
    page = client.get("/page/F9001", headers=HTML).text
    for word in ("alleged", "Ministry of Ships", "40 lawyers allegedly lost", ">Invented report</cite>, para. 2"):
        assert word in page
    page = client.get("/page/P9001", headers=HTML).text
    for word in ("Alfa Ancor", "What points here", "Inferred", f"{BASE}id/P9001", "/explain?s="):
        assert word in page


def test_conflicting_values_stand_side_by_side(client: FlaskClient) -> None:
    page = client.get("/page/E9002", headers=HTML).text
    assert 'class="sides"' in page
    assert page.index("Accepted</p>") < page.index("Not accepted</p>")
    assert page.count("contradicted</span>") >= 2


def test_a_hostile_label_comes_out_as_words(client: FlaskClient) -> None:
    for path in ("/page/P9002", "/browse/Person", "/search?q=bravo", "/page/P9002?lang=ru"):
        page = client.get(path, headers=HTML).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_pages_run_no_script_carry_no_style_and_call_no_other_host(client: FlaskClient) -> None:
    for path in ("/", "/page/P9001", "/page/E9002", "/ontology", "/sources/invented", "/sparql"):
        page = client.get(path, headers=HTML).text
        assert "<script" not in page
        assert "<style" not in page
        assert ' style="' not in page
        assert 'src="http' not in page
        assert 'rel="stylesheet" href="/static/' in page


def test_links_stay_on_this_host_and_the_canonical_iri_is_shown(client: FlaskClient) -> None:
    page = client.get("/page/P9001", headers=HTML).text
    assert 'href="/page/E9001"' in page
    assert f'<a href="{BASE}' not in page
    assert f'<link rel="canonical" href="{BASE}id/P9001">' in page


def test_a_page_names_its_other_forms_and_how_to_cite_it(client: FlaskClient) -> None:
    links = client.get("/page/P9001", headers=HTML).headers.getlist("Link")
    assert f'<{BASE}id/P9001>; rel="cite-as"' in links
    assert f'<{BASE}id/P9001>; rel="canonical"' in links
    assert '</data/P9001.ttl>; rel="alternate"; type="text/turtle"' in links


@pytest.mark.parametrize(("query", "accept", "language"), [
    ("?lang=ru", "en", "ru"), ("", "ru, en;q=0.5", "ru"), ("", "fr", "en"), ("", "", "en"), ("?lang=en", "ru", "en"),
])  # fmt: skip
def test_labels_are_in_the_language_asked_for(client: FlaskClient, query: str, accept: str, language: str) -> None:
    answer = client.get(f"/page/P9001{query}", headers={**HTML, "Accept-Language": accept})
    assert answer.headers["Content-Language"].split(",")[0] == language
    assert "Accept-Language" in answer.headers["Vary"]
    assert (">Альфа Анкор</h1>" in answer.text) == (language == "ru")


@pytest.mark.parametrize("lang", ["fr", "<script>", "../../etc", "en' OR 1=1", "\u202e", "x" * 5000])
def test_a_language_that_is_not_on_offer_is_refused(client: FlaskClient, lang: str) -> None:
    answer = client.get(f"/page/P9001?lang={quote(lang)}", headers=HTML)
    assert answer.status_code == 400
    assert "<script>" not in answer.text


def test_an_unchanged_page_is_not_sent_again(client: FlaskClient) -> None:
    for path in ("/page/P9001", "/data/P9001.ttl", "/data/P9001.json", "/", "/ontology", "/browse/Event"):
        tag = client.get(path, headers=HTML).headers["ETag"]
        assert not tag.startswith("W/")
        again = client.get(path, headers={**HTML, "If-None-Match": f'"other", {tag}'})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
        assert client.get(path, headers={**HTML, "If-None-Match": '"other"'}).status_code == 200


def test_etags_tell_languages_formats_and_parameters_apart(client: FlaskClient) -> None:
    tags = [
        client.get(path, headers={**HTML, **more}).headers["ETag"]
        for path, more in (
            ("/page/P9001", {}), ("/page/P9001", {"Accept-Language": "ru"}), ("/page/P9001?lang=be", {}),
            ("/page/P9002", {}), ("/data/P9001.ttl", {}), ("/data/P9001.nt", {}), ("/page/P9001?in=lt:detainee", {}),
        )
    ]  # fmt: skip
    assert len(set(tags)) == len(tags)


@pytest.mark.parametrize("form", [form for form in DATA_TYPES if form != "json"])
def test_every_format_holds_the_same_facts(client: FlaskClient, form: str) -> None:
    answer = client.get(f"/data/P9001.{form}", headers=HTML)
    assert answer.status_code == 200
    assert answer.headers["Content-Location"] == f"/data/P9001.{form}"
    assert answer.headers["Content-Type"].split(";")[0] == DATA_TYPES[form][0]
    names = {"ttl": "turtle", "nt": "nt", "rdf": "xml", "jsonld": "json-ld", "trig": "trig", "nq": "nquads"}
    dataset: Graph = Dataset(default_union=True) if form in ("trig", "nq") else Graph()
    dataset.parse(data=answer.data, format=names[form])
    person = URIRef(f"{BASE}id/P9001")
    assert {str(o) for o in dataset.objects(person, SKOS.prefLabel)} == {"Alfa Anchor", "Альфа Анкор"}
    forms = set(dataset.objects(person, URIRef(f"{BASE}ontology#nameForm")))
    literal = URIRef("http://www.w3.org/2008/05/skos-xl#literalForm")
    assert {str(o) for f in forms for o in dataset.objects(f, literal)} == {"Alfa Anchor", "Alfa Ancor"}


def test_quads_bring_the_claims_and_their_records(client: FlaskClient) -> None:
    dataset = Dataset()
    dataset.parse(data=client.get("/data/E9002.trig").data, format="trig")
    graphs = {str(g.identifier) for g in dataset.graphs()}
    assert sum(g.startswith(f"{BASE}claim/") for g in graphs) == 2
    assert {f"{BASE}graph/meta", f"{BASE}graph/sources"} <= graphs


def test_json_tells_who_says_what_where(client: FlaskClient) -> None:
    content = client.get("/data/F9001.json").get_json()
    value = next(g for g in content["facts"] if g["predicate"]["iri"].endswith("#value"))["facts"][0]
    assert value["citations"][0]["speaker"]["label"] == "Ministry of Ships"
    assert value["citations"][0]["pieces"][0]["phrase"] == "40 lawyers allegedly lost their licences"
    assert {"predicate", "total"} == set(client.get("/data/P9001.json").get_json()["pointsHere"][0])


def test_what_points_here_by_one_property_is_a_list_of_its_own(client: FlaskClient) -> None:
    page = client.get("/page/P9001?in=lt:detainee", headers=HTML)
    assert page.status_code == 200
    assert "/page/E9001" in page.text
    assert client.get("/page/P9001?in=lt:nothing", headers=HTML).status_code == 404
    for bad in ('"literal"', "<>", "no iri at all", "{"):
        assert client.get(f"/page/P9001?in={quote(bad)}", headers=HTML).status_code in (400, 404)
    assert "No more" in client.get(f"/page/P9001?in=lt:detainee&after={quote('~~~')}", headers=HTML).text


@pytest.mark.parametrize(
    "local",
    [
        "P0000", "", "claim/000000000000", "claim/", "claim/zz", "voc/none", "..", "../../etc/passwd",
        "..%2f..%2fetc%2fpasswd", "%3Cscript%3Ealert(1)%3C/script%3E", "a%20b", "P9001%23name-1", "P9001%3Fx",
        "%00", "%0d%0aSet-Cookie:x=1", "P9001%0a", "%F0%9F%92%A9", "x" * 3000, "P9001/", "%ff%fe", "law", "{}", "a|b",
    ],
)  # fmt: skip
@pytest.mark.parametrize("where", ["/id/{}", "/page/{}", "/data/{}.ttl", "/data/{}.json"])
def test_what_is_not_there_is_not_found(client: FlaskClient, where: str, local: str) -> None:
    answer = client.get(where.format(local), headers=HTML)
    assert answer.status_code == 404
    assert "<script>alert" not in answer.text
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("name", ["P9001", "P9001.", "P9001.exe", ".ttl", "P9001.TTL", "P9001.ttl.gz"])
def test_data_ends_with_a_known_format(client: FlaskClient, name: str) -> None:
    assert client.get(f"/data/{name}").status_code == 404


def test_addresses_lead_back_to_the_things_they_were_made_for(built: Project) -> None:
    names = built.names
    for local in ("P9001", "law/xx/code/art-10-part-2", "claim/0123456789ab", "voc/pretrial"):
        thing = thing_at(local, names)
        assert thing is not None
        assert address(thing.value, names) == f"/page/{local}"
        assert local_of(thing.value, names) == local


@pytest.mark.parametrize(
    ("iri", "path"),
    [
        ("javascript:alert(1)", ""), ("data:text/html,x", ""), ("urn:x:y", ""), (f"{BASE}graph/meta", ""), (BASE, ""),
        ("http://www.wikidata.org/entity/Q1", "http://www.wikidata.org/entity/Q1"),
        (f"{BASE}src/invented#40-112", "/sources/invented?passage=40-112#40-112"),
        (f"{BASE}ontology#Person", "/ontology/Person"), (f"{BASE}ontology", "/ontology"),
        (f"{BASE}id/P9001#name-1", "/page/P9001#name-1"),
    ],
)  # fmt: skip
def test_only_paths_here_and_http_iris_become_links(built: Project, iri: str, path: str) -> None:
    assert address(iri, built.names) == path


@pytest.fixture
def serve_with(record: Project) -> Iterator[Callable[..., FlaskClient]]:
    """Serves the invented record with some quads put in or taken out, as a later version."""
    apps: list[Flask] = []

    def serve(*, put: Iterable[Quad] = (), take: Iterable[Quad] = ()) -> FlaskClient:
        version = build(record, by="tests", why="first").version
        quads = (set(version.open()) | set(put)) - set(take)
        with Versions(record.data).writer() as writer:
            rules = (version.folder / "rules.json").read_bytes()
            writer.commit(quads, version.manifest, {"rules.json": rules}, by="tests", why="second")
        app = create_app(record)
        app.test_client_class = ClosingClient
        apps.append(app)
        return app.test_client()

    yield serve
    for app in apps:
        app.extensions["letapis"].close()


def test_a_merged_thing_leads_to_the_one_it_became(serve_with: Callable[..., FlaskClient]) -> None:
    old, new = NamedNode(f"{BASE}id/P9003"), NamedNode(f"{BASE}id/P9001")
    client = serve_with(put=[Quad(old, NamedNode("http://purl.org/dc/terms/isReplacedBy"), new)])
    for path in ("/id/P9003", "/page/P9003", "/data/P9003.nt"):
        answer = client.get(path, headers=HTML)
        assert (answer.status_code, answer.headers["Location"]) == (301, path.replace("P9003", "P9001"))


def test_what_was_redacted_is_gone(client: FlaskClient, serve_with: Callable[..., FlaskClient]) -> None:
    path = claim_path(client)
    claim, status = NamedNode(BASE + path), NamedNode(f"{BASE}ontology#status")
    graphs = (DefaultGraph(), NamedNode(f"{BASE}graph/meta"))
    about = NamedNode(f"{BASE}ontology#about")
    after = serve_with(
        put=[
            *(Quad(claim, status, NamedNode(f"{BASE}voc/redacted"), graph) for graph in graphs),
            *(Quad(claim, about, NamedNode(f"{BASE}id/P9004"), graph) for graph in graphs),
        ],
        take=[Quad(claim, status, NamedNode(f"{BASE}voc/disputed"), graph) for graph in graphs],
    )
    for gone in (f"/page/{path}", f"/data/{path}.ttl", f"/{path}", "/page/P9004", "/id/P9004"):
        answer = after.get(gone, headers=HTML)
        assert answer.status_code == 410
        assert "36" not in answer.text.partition("<main")[2].partition("</main")[0]
    assert after.get("/page/E9002", headers=HTML).status_code == 200
