"""Labels: for everything that a curator gave none, in each language, said from the accepted statements only."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from graph.build import fill_graphs, read_record
from graph.iris import PREF_LABEL, RDF_TYPE, Names
from graph.label import LANGUAGES, compose_labels
from graph.ontology import Ontology
from graph.project import Project
from graph.rdf import Literal, NamedNode, Triple
from tests.conftest import claims_text
from tests.graph.conftest import Graphs

NAMES = Names()
Labels = dict[str, dict[str, str]]


def labels_in(triples: set[Triple]) -> Labels:
    found: Labels = {}
    for triple in triples:
        assert triple.predicate == PREF_LABEL and isinstance(triple.object, Literal)
        languages = found.setdefault(triple.subject.value.removeprefix(NAMES.id("").value), {})
        assert triple.object.language is not None and triple.object.language not in languages
        languages[triple.object.language] = triple.object.value
    return found


def composed(project: Project) -> Labels:
    ontology, record = read_record(project)
    return labels_in(fill_graphs(ontology, record, [])[NAMES.graph("labels")])


@pytest.fixture(scope="module")
def labels(invented: Project) -> Labels:
    return composed(invented)


@pytest.mark.parametrize(
    ("local", "english"),
    [
        ("E9001", "Detention (pretrial detention): Alfa Anchor, 2020-05-03"),
        ("E9002", "Sentence (imprisonment): Alfa Anchor, 2020-06-07"),
        ("M9001", "Alfa Anchor – Harbour Union (lawyer)"),
        ("F9001", "Licences lost: 40"),
        ("law/xx/code/art-10-part-2", "Code, art. 10, part 2"),
    ],
)
def test_each_kind_of_thing_is_described_by_what_makes_it_up(labels: Labels, local: str, english: str) -> None:
    assert labels[local]["en"] == english


def test_a_label_is_composed_in_every_language_from_labels_in_that_language(labels: Labels) -> None:
    assert set(labels["E9001"]) == set(LANGUAGES)
    assert "Альфа Анкор" in labels["E9001"]["ru"]
    assert "Alfa Anchor" in labels["E9001"]["be"]  # no Belarusian label: the English one
    assert labels["law/xx/code/art-10"]["be"] == "Code, арт. 10"


def test_what_a_curator_labelled_keeps_that_label_only(labels: Labels) -> None:
    assert not {"P9001", "O9001", "law/xx/code", "G9001"} & set(labels)


def test_what_is_disputed_stands_in_no_label(write: Callable[..., Project]) -> None:
    claims = claims_text().replace("        termMonths: 36", "        convicted: P9002 Bravo")
    assert "Bravo" not in composed(write(claims=claims))["E9002"]["en"]


def test_many_participants_are_counted_instead_of_named(write: Callable[..., Project]) -> None:
    claims = claims_text().replace("detainee: P9001 Alfa", "detainee: [P9001, P9002]\n        agent: [O9001, O9002]")
    assert "(+2)" in composed(write(claims=claims))["E9001"]["en"]


@pytest.mark.parametrize(("bound", "shown"), [("approximately", "≈ 40"), ("exact", "40")])
def test_the_bound_of_a_figure_is_shown(write: Callable[..., Project], bound: str, shown: str) -> None:
    label = composed(write(claims=claims_text().replace("bound: exact", f"bound: {bound}")))["F9001"]["en"]
    assert label == f"Licences lost: {shown}"


def test_a_range_is_shown_by_both_its_ends(write: Callable[..., Project]) -> None:
    claims = claims_text().replace("value: 40", "lower: 30\n        upper: 50").replace("bound: exact", "bound: range")
    assert composed(write(claims=claims))["F9001"]["en"] == "Licences lost: 30–50"


def test_two_events_that_affect_each_other_both_get_a_label(write: Callable[..., Project]) -> None:
    claims = claims_text().replace("detainee: P9001 Alfa", "affects: E9002")
    claims = claims.replace("convicted: P9001 Alfa", "affects: E9001")
    labels = composed(write(claims=claims))
    assert labels["E9001"]["en"].startswith("Detention") and labels["E9002"]["en"].startswith("Sentence")


def test_a_membership_of_itself_ends(ontology: Ontology) -> None:
    member = NamedNode("http://www.w3.org/ns/org#member")
    loop = NAMES.id("M0001")
    triples = [Triple(loop, RDF_TYPE, NAMES.term("Membership")), Triple(loop, member, loop)]
    assert set(labels_in(compose_labels(ontology, triples))) == {"M0001"}


def test_everything_typed_in_the_real_record_has_an_english_label(real: Graphs) -> None:
    things, named = set(), set()
    for name in ("base", "accepted", "labels", "sources"):
        for triple in real[NAMES.graph(name)]:
            if triple.predicate == RDF_TYPE and triple.subject.value.startswith(NAMES.id("").value):
                things.add(triple.subject.value)
            if triple.predicate == PREF_LABEL:
                named.add(triple.subject.value)
    assert {thing for thing in things - named if "#" not in thing} == set()


def test_the_labels_of_a_set_of_triples_do_not_depend_on_its_order(ontology: Ontology, real: Graphs) -> None:
    triples = sorted(real[NAMES.graph("accepted")] | real[NAMES.graph("base")], key=str)
    assert compose_labels(ontology, triples) == compose_labels(ontology, reversed(triples))
