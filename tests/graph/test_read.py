"""Reading a version for pages: what is said of a thing, who says it where, what is disputed, what points at it."""

from __future__ import annotations

import pytest

from graph.iris import RDF_TYPE, XSD, Names
from graph.project import Project
from graph.rdf import DefaultGraph, Literal, NamedNode, Quad, Store, open_memory
from graph.read import Reader
from graph.read_claims import read_claim
from graph.read_data import read_dataset, to_plain
from graph.read_entity import Entity, FactGroup, is_redacted, read_entity, replacement
from graph.read_incoming import PAGE_SIZE, PREVIEW_LIMIT, count_pointers, page_pointers, read_pointers
from graph.read_list import order_class, read_list
from graph.read_sources import read_passages, read_source, read_sources
from graph.read_vocabulary import Text, Vocabulary, pick, read_vocabulary
from graph.search import index_names
from graph.versions import Versions

NAMES = Names()


@pytest.fixture(scope="module")
def store(built: Project) -> Store:
    version = Versions(built.data).current()
    assert version is not None
    return version.open()


@pytest.fixture(scope="module")
def vocabulary(store: Store) -> Vocabulary:
    return read_vocabulary(store, NAMES)


@pytest.fixture
def reader(store: Store, vocabulary: Vocabulary) -> Reader:
    return Reader(store, NAMES, vocabulary)


def group(entity: Entity, key: str) -> FactGroup:
    return next(g for g in (*entity.facts, *entity.inferred) if g.predicate.iri == NAMES.term(key).value)


def test_a_label_is_in_the_language_asked_for_else_in_english(store: Store, vocabulary: Vocabulary) -> None:
    person = NAMES.id("P9001")
    labels = {tag: Reader(store, NAMES, vocabulary, tag).value(person) for tag in ("ru", "be", "en")}
    assert (labels["ru"].text, labels["ru"].language) == ("Альфа Анкор", "ru")
    assert (labels["be"].text, labels["be"].language) == ("Alfa Anchor", "en")
    assert labels["en"].text == "Alfa Anchor"


def test_pick_takes_a_regional_form_where_there_is_no_plain_one() -> None:
    assert pick([Text("a", "en"), Text("b", "be-tarask")], "be") == Text("b", "be-tarask")
    assert pick([], "be") is None


def test_each_printed_name_has_the_claims_that_attest_it(reader: Reader) -> None:
    names = read_entity(reader, NAMES.id("P9001")).names
    assert [(n.text.value, n.script, [c.locator for c in n.citations]) for n in names] == [
        ("Alfa Anchor", "Latn", ["para. 1"]),
        ("Alfa Ancor", "Latn", ["para. 1"]),
    ]


def test_an_editorial_name_form_needs_no_claim(reader: Reader) -> None:
    (name,) = read_entity(reader, NAMES.id("P9002")).names
    assert (name.text.value, name.citations, name.accepted) == ("Bravo Bow", (), True)


def test_types_come_most_specific_first_and_other_vocabularies_apart(reader: Reader) -> None:
    entity = read_entity(reader, NAMES.id("E9001"))
    assert [t.text for t in entity.types][-1] == "event"
    assert entity.types[0].text in ("pretrial detention", "detention")
    assert "https://schema.org/Event" in [t.iri for t in entity.other_types]


def test_a_claimed_fact_carries_its_passage_and_its_voice(reader: Reader) -> None:
    (fact,) = group(read_entity(reader, NAMES.id("F9001")), "value").facts
    (citation,) = fact.citations
    assert (fact.value.text, fact.origin) == ("40", "claim")
    assert (citation.cite_as, citation.locator, citation.modality) == ("Invented report", "para. 2", "alleged")
    assert citation.speaker is not None and citation.speaker.text == "Ministry of Ships"
    assert not citation.own_voice
    assert citation.pieces[0].phrase == "40 lawyers allegedly lost their licences"


def test_the_documents_own_voice_is_told_from_a_quoted_one(reader: Reader) -> None:
    (fact,) = group(read_entity(reader, NAMES.id("E9001")), "detainee").facts
    assert fact.citations[0].own_voice


def test_an_editorial_fact_says_so(reader: Reader) -> None:
    facts = {g.predicate.text: g.facts for g in read_entity(reader, NAMES.voc("pretrial")).facts}
    (fact,) = facts["definition"]
    assert fact.origin == "editorial"


def test_what_is_not_accepted_stands_beside_what_is_and_each_opposes_the_other(reader: Reader) -> None:
    entity = read_entity(reader, NAMES.id("E9002"))
    term = group(entity, "termMonths")
    assert entity.is_conflicted
    assert [f.value.text for f in term.accepted] == ["24"]
    assert [f.value.text for f in term.disputed] == ["36"]
    assert all(term.is_opposed(fact) for fact in term.facts)
    assert term.disputed[0].citations[0].status == "disputed"
    assert not group(entity, "actType").is_opposed(group(entity, "actType").facts[0])


def test_day_bounds_are_kept_apart_from_the_dates_they_bound(reader: Reader) -> None:
    entity = read_entity(reader, NAMES.id("E9001"))
    assert {g.predicate.iri for g in entity.bounds} == {NAMES.term("startMin").value, NAMES.term("startMax").value}
    assert entity.date == "2020-05-03"


def test_what_is_inferred_is_marked_and_never_mixed_with_what_is_stated(reader: Reader) -> None:
    entity = read_entity(reader, NAMES.id("P9001"))
    affected = group(entity, "affectedBy")
    assert {f.origin for f in affected.facts} == {"inferred"}
    assert affected.total == 2
    assert NAMES.term("affectedBy").value not in {g.predicate.iri for g in entity.facts}


def test_pointers_are_counted_by_property_and_listed_with_their_passages(reader: Reader) -> None:
    pointers = {p.predicate.iri: p for p in read_pointers(reader, NAMES.id("P9001"))}
    detainee = pointers[NAMES.term("detainee").value]
    assert (detainee.total, detainee.is_whole, detainee.is_inferred) == (1, True, False)
    assert detainee.shown[0].subject.iri == NAMES.id("E9001").value
    assert detainee.shown[0].citations[0].locator == "para. 1"
    assert NAMES.term("about").value not in pointers


def test_a_more_general_property_is_only_counted_where_the_specific_ones_say_it_all(reader: Reader) -> None:
    pointers = {p.predicate.iri: p for p in read_pointers(reader, NAMES.id("P9001"))}
    affects = pointers[NAMES.term("affects").value]
    assert (affects.total, affects.shown) == (2, ())


def hub(number: int, vocabulary_of: Store) -> tuple[Reader, NamedNode, NamedNode]:
    """A thing that *number* others point at."""
    target, predicate = NAMES.id("L9999"), NAMES.term("place")
    store = open_memory(
        Quad(NAMES.id(f"E{n:06d}"), predicate, target, graph)
        for n in range(number) for graph in (DefaultGraph(), NAMES.graph("accepted"))
    )  # fmt: skip
    return Reader(store, NAMES, read_vocabulary(vocabulary_of, NAMES)), target, predicate


def test_paging_through_a_hub_meets_every_pointer_once(store: Store) -> None:
    reader, target, predicate = hub(3 * PAGE_SIZE + 7, store)
    met: list[str] = []
    after = ""
    while True:
        page = page_pointers(reader, target, predicate, after=after)
        met += [pointer.subject.iri for pointer in page.shown]
        after = page.after
        if not after:
            break
    assert len(met) == len(set(met)) == page.total == 3 * PAGE_SIZE + 7
    assert met == sorted(met)


def test_a_page_that_ends_with_the_last_pointer_leads_nowhere(store: Store) -> None:
    reader, target, predicate = hub(PAGE_SIZE, store)
    assert page_pointers(reader, target, predicate).after == ""


def test_a_hub_is_counted_and_not_listed_in_the_overview(store: Store) -> None:
    reader, target, predicate = hub(PREVIEW_LIMIT + 1, store)
    (pointers,) = read_pointers(reader, target)
    assert (pointers.total, pointers.shown) == (PREVIEW_LIMIT + 1, ())
    assert count_pointers(reader, target) == [(predicate, PREVIEW_LIMIT + 1)]


def test_a_cursor_with_quotes_in_it_finds_nothing_and_breaks_nothing(reader: Reader) -> None:
    page = page_pointers(reader, NAMES.id("P9001"), NAMES.term("detainee"), after='z") } # "\\')
    assert page.shown == ()


def test_a_claim_is_read_with_everything_it_states(reader: Reader) -> None:
    entity = read_entity(reader, NAMES.id("E9002"))
    disputed = group(entity, "termMonths").disputed[0].citations[0]
    record = read_claim(reader, NamedNode(disputed.claim))
    assert [(s.subject.iri, s.value.text) for s in record.statements] == [(NAMES.id("E9002").value, "36")]
    assert record.citation.notes[0].value == "Another passage gives three years."
    assert len(record.citation.contradicts) == 1
    assert [v.iri for v in record.about] == [NAMES.id("E9002").value]


def test_sources_are_read_with_their_passages_in_the_order_of_the_text(reader: Reader) -> None:
    (source,) = read_sources(reader)
    assert (source.name, source.passages, source.issued) == ("invented", 3, "")
    page = read_passages(reader, NAMES.capture("invented"))
    starts = [passage.pieces[0].start for passage in page.passages]
    assert starts == sorted(starts)
    assert [len(passage.claims) for passage in page.passages] == [2, 1, 2]
    assert read_source(reader, NAMES.capture("absent")) is None


def test_a_list_is_by_date_and_undated_things_come_last(store: Store, reader: Reader) -> None:
    order = order_class(store, NAMES, NAMES.term("Event"))
    assert order.dated
    assert list(order.iris) == [NAMES.id("E9001").value, NAMES.id("E9002").value]
    first = read_list(reader, order, size=1)
    second = read_list(reader, order, first.after, size=1)
    assert [first.items[0].thing.iri, second.items[0].thing.iri] == list(order.iris)
    assert (second.after, second.first) == ("", 2)


def test_a_list_without_dates_is_by_name_whatever_the_case(vocabulary: Vocabulary) -> None:
    cls, label = NAMES.term("Person"), NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel")
    people = {"P1": "zeta", "P2": "Ämber", "P3": "amba"}
    store = open_memory(
        quad for local, name in people.items()
        for quad in (Quad(NAMES.id(local), RDF_TYPE, cls), Quad(NAMES.id(local), label, Literal(name, language="en")))
    )  # fmt: skip
    assert [iri[-2:] for iri in order_class(store, NAMES, cls).iris] == ["P3", "P2", "P1"]


def test_a_merged_thing_names_its_successor_and_a_redacted_one_is_known_as_such(vocabulary: Vocabulary) -> None:
    old, new, claim = NAMES.id("P1"), NAMES.id("P2"), NAMES.claim("0123456789ab")
    store = open_memory([
        Quad(old, NamedNode("http://purl.org/dc/terms/isReplacedBy"), new),
        Quad(claim, NAMES.term("status"), NAMES.voc("redacted")),
        Quad(claim, NAMES.term("about"), NAMES.id("P3")),
    ])  # fmt: skip
    reader = Reader(store, NAMES, vocabulary)
    assert replacement(reader, old) == new.value
    assert is_redacted(reader, NAMES.id("P3"))
    assert is_redacted(reader, claim)
    assert not is_redacted(reader, old)
    assert not is_redacted(reader, NAMES.id("P4"))


def test_data_names_what_it_points_to_and_adds_claims_only_where_graphs_are_wanted(reader: Reader) -> None:
    plain = read_dataset(reader, NAMES.id("E9002"), with_graphs=False)
    assert {q.graph_name for q in plain} == {DefaultGraph()}
    assert Quad(NAMES.id("E9002"), NAMES.term("termMonths"), integer(24)) in plain
    assert not any(q.object == integer(36) for q in plain)
    assert any(q.subject == NAMES.id("P9001") and q.object == Literal("Alfa Anchor", language="en") for q in plain)
    whole = read_dataset(reader, NAMES.id("E9002"), with_graphs=True)
    assert any(q.object == integer(36) and q.graph_name != DefaultGraph() for q in whole)
    assert NAMES.graph("meta") in {q.graph_name for q in whole}


def integer(number: int) -> Literal:
    return Literal(str(number), datatype=NamedNode(f"{XSD}integer"))


def test_plain_json_tells_things_from_literals(reader: Reader) -> None:
    content = to_plain(read_entity(reader, NAMES.id("F9001")))
    facts = {g["predicate"]["iri"]: g["facts"][0]["value"] for g in content["facts"]}
    assert facts[NAMES.term("value").value]["datatype"].startswith(XSD)
    assert facts[NAMES.term("unit").value]["iri"] == NAMES.voc("persons").value
    assert content["label"]["value"].startswith("Licences lost")


@pytest.mark.parametrize(
    ("query", "found", "rank"),
    [
        ("Alfa Anchor", "P9001", 0),
        ("ALFA ANCHOR", "P9001", 0),
        ("альфа", "P9001", 1),
        ("Ancor", "P9001", 2),
        ("anch alf", "P9001", 2),
        ("nchor", "P9001", 3),
    ],
)
def test_a_thing_is_found_by_any_name_in_any_case(store: Store, query: str, found: str, rank: int) -> None:
    hits = {hit.iri: hit.rank for hit in index_names(store, NAMES).find(query)}
    assert hits[NAMES.id(found).value] == rank


@pytest.mark.parametrize("query", ["", "   ", "\x00", "....", "zzzz", "a" * 100_000])
def test_what_names_nothing_finds_nothing(store: Store, query: str) -> None:
    assert index_names(store, NAMES).find(query) == []


def test_accents_do_not_matter_to_search() -> None:
    label = NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel")
    store = open_memory([Quad(NAMES.id("P1"), label, Literal("Łučnik Ångström", language="be-latn"))])
    assert [hit.iri for hit in index_names(store, NAMES).find("lucnik ANGSTROM")] == [NAMES.id("P1").value]


def test_the_vocabulary_knows_the_place_of_each_term(vocabulary: Vocabulary) -> None:
    detention = vocabulary.terms[NAMES.term("Detention").value]
    assert detention.label("en").value == "detention"
    assert NAMES.term("Event").value in vocabulary.above(detention.iri)
    assert detention in vocabulary.below(NAMES.term("CoerciveAct").value)
    assert NAMES.term("Event").value in [entry.iri for entry in vocabulary.roots()]
    assert vocabulary.bounds[NAMES.term("dateMin").value] == NAMES.term("date").value
    assert any(module.iri.endswith("ontology/events") for module in vocabulary.modules)
