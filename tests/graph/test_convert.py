"""Claims → RDF: one graph for each claim, named by what it says; what is not a claim stands apart."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from graph.build import read_record
from graph.convert import Converted
from graph.errors import SourceError
from graph.iris import ELI, OA, RDF_TYPE, Names
from graph.project import Project
from graph.rdf import BlankNode, Literal, NamedNode, Term, Triple
from tests.conftest import CLAIMS, ENTITIES, claims_text
from tests.graph.conftest import Graphs

NAMES = Names()
Write = Callable[..., Project]


def claims_of(graphs: Graphs) -> Graphs:
    return {name: triples for name, triples in graphs.items() if name.value.startswith(NAMES.claim("").value)}


def read(project: Project) -> Converted:
    return read_record(project)[1]


def values(graphs: Graphs, graph: str, subject: Term | None, term: str) -> set[Term]:
    triples = graphs[NAMES.graph(graph)]
    return {t.object for t in triples if t.predicate == NAMES.term(term) and subject in (None, t.subject)}


def claim_with(graphs: Graphs, local: str, term: str) -> NamedNode:
    """The claim that says *term* of *local*."""
    subject, predicate = NAMES.id(local), NAMES.term(term)
    (found,) = (name for name, triples in claims_of(graphs).items()
                if any(t.subject == subject and t.predicate == predicate for t in triples))  # fmt: skip
    return found


def test_each_claim_is_a_graph_and_has_one_record_beside_it(converted: Converted) -> None:
    claims = claims_of(converted.graphs)
    recorded = {t.subject for t in converted.graphs[NAMES.graph("meta")] if t.object == NAMES.term("Claim")}
    assert len(claims) == 5
    assert recorded == set(claims)


def test_the_names_of_claims_do_not_depend_on_the_order_of_the_file(converted: Converted, write: Write) -> None:
    head, *passages = claims_text().split("aside:")[0].split("- locator")
    turned = head + "".join(f"- locator{passage}" for passage in reversed(passages))
    detainee, kind = "        detainee: P9001 Alfa\n", "        actType: pretrial\n"
    swapped = turned.replace(detainee + kind, kind + detainee)
    assert swapped not in (turned, claims_text())
    assert claims_of(read(write(claims=swapped)).graphs) == claims_of(converted.graphs)


def test_the_name_of_a_claim_changes_with_what_it_says_where_and_in_which_text(
    converted: Converted, write: Write
) -> None:
    before = set(claims_of(converted.graphs))
    other_value = read(write(claims=claims_text().replace("termMonths: 24", "termMonths: 25")))
    assert len(before - set(claims_of(other_value.graphs))) == 1
    at = claims_text().split("at: ")[1].split()[0]
    start = int(at.split("-")[0])
    other_place = read(write(claims=claims_text().replace(f"at: {start}-", f"at: {start + 1}-")))
    assert len(before - set(claims_of(other_place.graphs))) == 2
    project = write(claims=claims_text())
    description = project.documents / "invented.yml"
    sha256 = description.read_text().split("sha256: ")[1].split()[0]
    description.write_text(description.read_text().replace(sha256, "0" * 64))
    assert not before & set(claims_of(read(project).graphs))


def test_the_voice_and_certainty_of_a_claim_are_no_part_of_its_name(converted: Converted, write: Write) -> None:
    changed = read(write(claims=claims_text().replace("modality: alleged", "modality: reported")))
    assert set(claims_of(changed.graphs)) == set(claims_of(converted.graphs))


def test_the_same_claim_twice_on_one_passage_is_refused_and_the_other_is_named(write: Write) -> None:
    detention = "  - facts:\n      E9001:\n" + CLAIMS.split("      E9001:\n")[1].split("- locator")[0]
    claims = claims_text().replace(detention, detention + detention)
    with pytest.raises(SourceError, match=r"the same claim stands at graph/claims/invented.yml:\d+"):
        read(write(claims=claims))


@pytest.mark.parametrize("which", ["converted", "real"])
def test_a_claim_graph_holds_no_blank_node_and_nothing_editorial(which: str, request: pytest.FixtureRequest) -> None:
    source = request.getfixturevalue(which)
    graphs: Graphs = source.graphs if isinstance(source, Converted) else source
    label = NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel")
    for triples in claims_of(graphs).values():
        assert triples
        assert not any(isinstance(term, BlankNode) for t in triples for term in (t.subject, t.object))
        assert not any(t.predicate == label for t in triples)


@pytest.mark.parametrize("which", ["converted", "real"])
def test_what_is_accepted_is_what_accepted_claims_say(which: str, request: pytest.FixtureRequest) -> None:
    source = request.getfixturevalue(which)
    graphs: Graphs = source.graphs if isinstance(source, Converted) else source
    accepted = {t.subject for t in graphs[NAMES.graph("meta")]
                if t.predicate == NAMES.term("status") and t.object == NAMES.voc("accepted")}  # fmt: skip
    said = [triples for name, triples in claims_of(graphs).items() if name in accepted]
    assert graphs[NAMES.graph("accepted")] == set().union(*said)


@pytest.mark.parametrize("status", ["needsReview", "disputed", "superseded", "rejected", "redacted"])
def test_a_claim_of_any_other_status_is_kept_and_not_accepted(write: Write, status: str) -> None:
    graphs = read(write(claims=claims_text().replace("status: disputed", f"status: {status}"))).graphs
    term = Triple(NAMES.id("E9002"), NAMES.term("termMonths"), months(36))
    assert [name for name, triples in graphs.items() if term in triples] == [claim_of_months(graphs, 36)]


def months(number: int) -> Literal:
    return Literal(str(number), datatype=NamedNode("http://www.w3.org/2001/XMLSchema#integer"))


def claim_of_months(graphs: Graphs, number: int) -> NamedNode:
    (found,) = (name for name, triples in claims_of(graphs).items() if any(t.object == months(number) for t in triples))
    return found


def test_an_editorial_label_in_a_claim_goes_to_the_base_graph_only(write: Write) -> None:
    graphs = read(write(claims=claims_text().replace("a: Membership", "a: Membership\n        label: {en: An}"))).graphs
    stands = {name.value.rsplit("/", 1)[1] for name, triples in graphs.items()
              if any(t.object == Literal("An", language="en") for t in triples)}  # fmt: skip
    assert stands == {"base"}


def test_a_claim_of_nothing_but_editorial_labels_is_refused(write: Write) -> None:
    claims = claims_text().replace("        a: Detention\n", "").replace("        detainee: P9001 Alfa\n", "")
    claims = claims.replace("        actType: pretrial\n", "")
    claims = claims.replace("        start: 2020-05-03\n", "        label: {en: A detention}\n")
    with pytest.raises(SourceError, match="nothing but editorial"):
        read(write(claims=claims, entities=ENTITIES + "E9001: {a: Detention}\n"))


def test_a_passage_is_named_by_its_offsets_and_carries_locator_and_phrase(converted: Converted) -> None:
    (claim,) = (c for c in claims_of(converted.graphs) if c == claim_with(converted.graphs, "F9001", "indicator"))
    (passage,) = values(converted.graphs, "meta", claim, "passage")
    at = claims_text().split("locator: para. 2\n  at: ")[1].split()[0]
    assert passage == NamedNode(f"{NAMES.capture('invented').value}#{at}")
    assert values(converted.graphs, "sources", passage, "locator") == {Literal("para. 2")}
    (segment,) = values(converted.graphs, "sources", passage, "segment")
    exact = {t.object for t in converted.graphs[NAMES.graph("sources")]
             if t.subject == segment and t.predicate.value == f"{OA}exact"}  # fmt: skip
    assert exact == {Literal("40 lawyers allegedly lost their licences")}


def test_a_claim_without_speaker_is_the_documents_own_voice(converted: Converted) -> None:
    graphs = converted.graphs
    assert values(graphs, "meta", claim_with(graphs, "E9001", "detainee"), "speaker") == {NAMES.id("O9001")}
    assert values(graphs, "meta", claim_with(graphs, "F9001", "indicator"), "speaker") == {NAMES.id("O9003")}


def test_an_anonymous_source_is_one_for_each_passage_and_carries_nothing(write: Write) -> None:
    claims = claims_text().replace("  - facts:", "  - speaker: anonymous\n    facts:")
    claims = claims.replace("  - key: sentence", "  - speaker: anonymous\n    key: sentence")
    graphs = read(write(claims=claims)).graphs
    sources = {t.subject for t in graphs[NAMES.graph("meta")] if t.object == NAMES.term("AnonymousSource")}
    spoken = {t.subject for t in graphs[NAMES.graph("meta")] if t.object in sources}
    passages = {passage for claim in spoken for passage in values(graphs, "meta", claim, "passage")}
    assert len(sources) == len(passages) == 2
    about = {(t.subject, t.predicate) for triples in graphs.values() for t in triples if t.subject in sources}
    assert about == {(source, RDF_TYPE) for source in sources}


def test_a_contradiction_joins_two_claims_and_keeps_both(converted: Converted) -> None:
    graphs = converted.graphs
    three, two = claim_of_months(graphs, 36), claim_of_months(graphs, 24)
    assert values(graphs, "meta", three, "contradicts") == {two}


def test_a_key_of_another_document_needs_its_name_and_a_taken_key_is_refused(write: Write) -> None:
    assert read(write(claims=claims_text().replace("contradicts: sentence", "contradicts: invented:sentence")))
    with pytest.raises(SourceError, match="no claim has the key"):
        read(write(claims=claims_text().replace("contradicts: sentence", "contradicts: other:sentence")))
    with pytest.raises(SourceError, match="is taken"):
        read(write(claims=claims_text().replace("  - speaker: O9003", "  - key: sentence\n    speaker: O9003")))


def test_a_provision_named_in_a_claim_is_made_with_all_its_levels_in_the_base_graph(converted: Converted) -> None:
    base = converted.graphs[NAMES.graph("base")]
    article, part = NAMES.id("law/xx/code/art-10"), NAMES.id("law/xx/code/art-10-part-2")
    within = NAMES.term("directlyIn")
    assert {Triple(part, within, article), Triple(article, within, NAMES.id("law/xx/code"))} <= base
    assert {t.object for t in base if t.subject == part and t.predicate.value == f"{ELI}number"} == {Literal("2")}


def test_every_triple_and_claim_knows_where_it_was_written(converted: Converted) -> None:
    for name, triples in claims_of(converted.graphs).items():
        assert converted.spots[name].file == "graph/claims/invented.yml"
        for triple in triples:
            assert any(spot.file == "graph/claims/invented.yml" for spot in converted.triple_spots[triple])


def test_another_base_names_everything_of_the_record_anew(invented: Project) -> None:
    moved = read(Project(invented.root, invented.data, "https://example.org/record/"))
    assert not any("w3id.org/letapis" in str(quad) for quad in moved.quads())
    assert len(list(moved.quads())) == len(list(read(invented).quads()))
