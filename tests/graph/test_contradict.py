"""Contradictions: what owlrl calls an inconsistency is found, wholly and after a change, and told with its tree."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rdflib import Graph, URIRef
from rdflib.namespace import OWL
from rdflib.term import Node

from graph.close import close_data
from graph.contradict import (
    LIMIT,
    LIMIT_OF_ALL,
    Clash,
    Contradiction,
    explain_contradiction,
    find_contradictions,
    find_new_contradictions,
    to_findings,
)
from graph.errors import Spot
from graph.explain import Explainer
from graph.infer import infer
from graph.iris import RDF_TYPE, Names
from graph.ontology import Ontology
from graph.project import Project
from graph.rdf import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    Store,
    Triple,
    name_blank_nodes,
    open_memory,
    parse_file,
)
from graph.report import Finding
from graph.rules import Denial, Rule, compile_denials, compile_rules
from graph.versions import Versions
from tests.graph.test_rules import EX, PREFIXES

NAMES = Names()
INTEGER = NamedNode("http://www.w3.org/2001/XMLSchema#integer")
ERROR = URIRef("http://www.daml.org/2002/03/agents/agent-ont#error")

DISJOINT = """
ex:Cat rdfs:subClassOf ex:Animal . ex:Animal a owl:Class ; owl:disjointWith ex:Plant . ex:Plant a owl:Class .
ex:Even owl:complementOf ex:Odd . ex:Ghost rdfs:subClassOf owl:Nothing .
[ a owl:AllDisjointClasses ; owl:members ( ex:Red ex:Green ex:Odd ) ] .
[ owl:intersectionOf ( ex:Red ex:Even ) ] rdfs:subClassOf owl:Nothing .
ex:parent a owl:ObjectProperty , owl:AsymmetricProperty . ex:mother rdfs:subPropertyOf ex:parent .
ex:near a owl:ObjectProperty , owl:IrreflexiveProperty ; owl:inverseOf ex:nigh .
ex:likes owl:propertyDisjointWith ex:fears . ex:ancestor a owl:TransitiveProperty , owl:IrreflexiveProperty .
ex:parent rdfs:range ex:Animal .
[ a owl:NegativePropertyAssertion ; owl:sourceIndividual ex:i0 ; owl:assertionProperty ex:likes ;
  owl:targetIndividual ex:i1 ] .
ex:Hermit rdfs:subClassOf [ a owl:Restriction ; owl:onProperty ex:likes ; owl:maxCardinality 0 ] .
"""
FUNCTIONAL = """
ex:father a owl:FunctionalProperty . ex:dad rdfs:subPropertyOf ex:father . ex:number a owl:InverseFunctionalProperty .
"""


def iri(name: str) -> NamedNode:
    return NamedNode(EX + name)


def triple(subject: str, predicate: str, obj: str) -> Triple:
    return Triple(iri(subject), RDF_TYPE if predicate == "a" else iri(predicate), iri(obj))


class World:
    """An ontology with its rules and denials."""

    def __init__(self, folder: Path, text: str) -> None:
        path = folder / "x.ttl"
        path.write_text(PREFIXES + text)
        quads = name_blank_nodes(parse_file(path, "x.ttl"), "x")
        self.rules: list[Rule] = compile_rules(quads)
        self.denials: list[Denial] = compile_denials(quads)
        self.axioms = set(Graph().parse(data=PREFIXES + text, format="turtle"))

    def store(self, stated: Iterable[Triple]) -> Store:
        """What is stated, in the base graph, and what follows from it."""
        stated = set(stated)
        inferred = infer(stated, self.rules)
        graphs = {NAMES.graph("base"): stated, NAMES.graph("inferred"): inferred, DefaultGraph(): stated | inferred}
        quads = (Quad(t.subject, t.predicate, t.object, name) for name, triples in graphs.items() for t in triples)
        return open_memory(quads)

    def close(self, stated: Iterable[Triple]) -> set[tuple[Node, Node, Node]]:
        """What owlrl makes of the ontology and what is stated."""
        data = {(URIRef(t.subject.value), URIRef(t.predicate.value), URIRef(t.object.value)) for t in stated}
        return set(close_data(self.axioms | data))


Make = Callable[[str], World]


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """The world of an ontology in Turtle, its prefixes given."""
    return lambda text: World(tmp_path_factory.mktemp("world"), text)


@pytest.fixture(scope="session")
def disjoint(world: Make) -> World:
    """One with every construct that owlrl calls an error when it is violated."""
    return world(DISJOINT)


@pytest.fixture(scope="session")
def functional(world: Make) -> World:
    """One with constructs of which owlrl concludes that two things are one."""
    return world(FUNCTIONAL)


THINGS = st.sampled_from(["i0", "i1"])


def statements(classes: str, properties: str) -> st.SearchStrategy[set[Triple]]:
    types = st.builds(triple, THINGS, st.just("a"), st.sampled_from(classes.split()))
    links = st.builds(triple, THINGS, st.sampled_from(properties.split()), THINGS)
    return st.sets(types | links, max_size=4) | st.builds(set.union, st.sets(types, min_size=2, max_size=3),
                                                          st.sets(links, max_size=2))  # fmt: skip


SAID = (
    statements("Cat Plant Animal Ghost", "parent mother") | statements("Even Odd Red Green", "near nigh ancestor")
    | statements("Hermit Cat", "likes fears")
    | statements("Cat Plant Ghost Even Odd Red Green Hermit", "parent mother near likes fears ancestor")
)  # fmt: skip
VALUES = statements("Cat", "father dad number")


@given(SAID)
@example({triple("i0", "likes", "i1")})
@example({triple("i1", "likes", "i1"), triple("i1", "fears", "i1")})
@settings(max_examples=100)
def test_there_is_a_contradiction_where_owlrl_finds_an_error_and_nowhere_else(
    disjoint: World, stated: set[Triple]
) -> None:
    errors = [obj for _, predicate, obj in disjoint.close(stated) if predicate == ERROR]
    assert bool(find_contradictions(disjoint.store(stated), disjoint.denials)) == bool(errors)


@given(VALUES)
@settings(max_examples=60)
def test_there_is_a_contradiction_where_owlrl_makes_one_of_two_things(functional: World, stated: set[Triple]) -> None:
    """Names are unique here, so what owlrl concludes to be the same is a clash."""
    merged = [s for s, p, o in functional.close(stated) if p == OWL.sameAs and s != o and str(s).startswith(EX)]
    assert bool(find_contradictions(functional.store(stated), functional.denials)) == bool(merged)


@given(st.lists(SAID, min_size=2, max_size=4))
@settings(max_examples=60)
def test_what_a_change_brings_is_what_the_whole_has_more(disjoint: World, steps: list[set[Triple]]) -> None:
    assert_incremental(disjoint, steps)


@given(st.lists(VALUES, min_size=2, max_size=4))
@settings(max_examples=40)
def test_what_a_change_brings_of_functional_clashes_is_what_the_whole_has_more(
    functional: World, steps: list[set[Triple]]
) -> None:
    assert_incremental(functional, steps)


def assert_incremental(world: World, steps: list[set[Triple]]) -> None:
    stated: set[Triple] = set()
    seen: set[Triple] = set()
    known: set[object] = set()
    for step in steps:
        stated |= step
        store = world.store(stated)
        visible = {quad.triple for quad in store.quads_for_pattern(None, None, None, DefaultGraph())}
        whole = find_contradictions(store, world.denials)
        found = find_new_contradictions(store, world.denials, visible - seen)
        assert set(found) == {contradiction for contradiction in whole if set(contradiction.premises) - seen}
        assert {c.key for c in found} | known == {c.key for c in whole}
        known, seen = {c.key for c in whole}, visible


@pytest.mark.parametrize("last", ["r", "q"])
def test_the_last_member_of_a_list_excludes_the_others_too(world: Make, last: str) -> None:
    """owlrl leaves it out of all disjoint properties and all different things, so it is no oracle for these."""
    made = world("[] a owl:AllDisjointProperties ; owl:members ( ex:p ex:q ex:r ) .")
    assert len(find_contradictions(made.store([triple("x", "p", "y"), triple("x", last, "y")]), made.denials)) == 1


SAME = Triple(iri("i"), NamedNode(str(OWL.sameAs)), iri("j"))
DIFFERENT = Triple(iri("j"), NamedNode(str(OWL.differentFrom)), iri("i"))


@pytest.mark.parametrize(
    ("ontology", "stated"),
    [("[] a owl:AllDifferent ; owl:members ( ex:h ex:i ex:j ) .", [SAME]), ("ex:A a owl:Class .", [SAME, DIFFERENT])],
)
def test_what_is_different_is_not_the_same(world: Make, ontology: str, stated: list[Triple]) -> None:
    made = world(ontology)
    assert len(find_contradictions(made.store(stated), made.denials)) == 1
    assert find_contradictions(made.store(stated[1:]), made.denials) == []


@pytest.mark.parametrize(
    ("written", "value"), [('"1"^^xsd:integer', "1"), ('"01"^^xsd:integer', "1"), ("'a \\\"b\\\"\\n'@en", 'a "b"\n')]
)
def test_a_negative_assertion_of_a_literal_is_held_against_it(world: Make, written: str, value: str) -> None:
    made = world("[] a owl:NegativePropertyAssertion ; owl:sourceIndividual ex:i ; owl:assertionProperty ex:p ;"
                 f" owl:targetValue {written} .")  # fmt: skip
    literals = {Literal('a "b"\n', language="en"), Literal("1", datatype=INTEGER)}
    stated = {Triple(iri("i"), iri("p"), literal) for literal in literals}
    store = made.store(stated)
    (found,) = find_contradictions(store, made.denials)
    assert find_new_contradictions(store, made.denials, stated) == [found]
    assert found.premises[0].object.value == value


def test_a_value_written_in_two_ways_that_a_store_holds_as_one_is_no_clash(functional: World) -> None:
    stated = {Triple(iri("i"), iri("father"), Literal(text, datatype=INTEGER)) for text in ("1", "01")}
    store = functional.store(stated)
    assert find_new_contradictions(store, functional.denials, stated) == []
    assert find_contradictions(store, functional.denials) == []


def test_two_values_that_are_written_differently_clash(functional: World) -> None:
    store = functional.store(Triple(iri("i"), iri("father"), Literal(text)) for text in ("a", "b"))
    assert len(find_contradictions(store, functional.denials)) == 1


def test_things_without_a_name_contradict_too(disjoint: World) -> None:
    stated = {Triple(BlankNode("b"), RDF_TYPE, iri(name)) for name in ("Cat", "Plant")}
    store = disjoint.store(stated)
    (found,) = find_new_contradictions(store, disjoint.denials, stated | infer(stated, disjoint.rules))
    assert [found] == find_contradictions(store, disjoint.denials)
    (finding,) = tell([found], disjoint, store)
    assert finding.focus == "_:b"


def test_what_is_not_there_any_more_contradicts_nothing(disjoint: World) -> None:
    store = disjoint.store([triple("x", "a", "Cat")])
    assert find_new_contradictions(store, disjoint.denials, [triple("x", "a", "Plant"), triple("x", "a", "Cat")]) == []


def nowhere(focus: str, path: str | None, value: str | None) -> tuple[Spot, ...]:
    return ()


def tell(found: Iterable[Contradiction], world: World, store: Store) -> list[Finding]:
    return to_findings(found, Explainer(store, world.rules, NAMES), nowhere)


def draw(found: Contradiction, world: World, store: Store) -> Clash:
    return explain_contradiction(found, Explainer(store, world.rules, NAMES))


@pytest.mark.parametrize(
    ("stated", "shape", "component", "message"),
    [
        (["x a Animal", "x a Plant"], "Animal", "disjointWith",
         "<{ex}x> is both a <{ex}Animal> and a <{ex}Plant>, which the ontology says nothing can be."),
        (["x a Even", "x a Odd"], "Even", "complementOf",
         "<{ex}x> is both a <{ex}Even> and a <{ex}Odd>, which the ontology says nothing can be."),
        (["x a Ghost"], "Ghost", "Nothing", "<{ex}x> is a <{ex}Ghost>, which the ontology says nothing can be."),
        (["x near x"], "near", "IrreflexiveProperty", "“<{ex}near>” leads from <{ex}x> to itself, which it cannot."),
        (["x likes y", "x fears y"], "fears", "propertyDisjointWith",
         "“<{ex}fears>” and “<{ex}likes>” both lead from <{ex}x> to <{ex}y>, and they exclude each other."),
        (["i0 likes i1"], "likes", "NegativePropertyAssertion",
         "the ontology says that “<{ex}likes>” does not lead from <{ex}i0> to <{ex}i1>, and here it does."),
        (["x a Hermit", "x likes y"], "Hermit", "maxCardinality",
         "these cannot all be, by maximum cardinality: "
         "<{ex}x> “rdf:type” <{ex}Hermit>; <{ex}x> “<{ex}likes>” <{ex}y>."),
    ],
)  # fmt: skip
def test_a_contradiction_is_told_in_words(
    disjoint: World, stated: list[str], shape: str, component: str, message: str
) -> None:
    store = disjoint.store(triple(*text.split()) for text in stated)
    (finding,) = tell(find_contradictions(store, disjoint.denials), disjoint, store)
    first = stated[0].split()[0]
    assert (finding.severity, finding.shape, finding.focus) == ("Violation", EX + shape, EX + first)
    assert finding.component == str(OWL[component])
    assert finding.message == message.format(ex=EX) and finding.remedy
    assert finding.explanation is not None and len(finding.explanation["premises"]) == len(stated)


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        (["x father y", "x father z"],
         "<{ex}x> has two values of “<{ex}father>”, <{ex}y> and <{ex}z>, and can have only one."),
        (["x number y", "z number y"],
         "<{ex}x> and <{ex}z> share <{ex}y> as value of “<{ex}number>”, which only one thing can have."),
    ],
)  # fmt: skip
def test_a_clash_of_values_names_both(functional: World, stated: list[str], message: str) -> None:
    store = functional.store(triple(*text.split()) for text in stated)
    (finding,) = tell(find_contradictions(store, functional.denials), functional, store)
    assert finding.message == message.format(ex=EX)


def test_things_are_called_by_their_labels(disjoint: World) -> None:
    label = NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
    words = {"x": "Alfa", "Animal": "animal", "Plant": "plant"}
    labels = {Triple(iri(name), label, Literal(text, language="en")) for name, text in words.items()}
    store = disjoint.store(labels | {triple("x", "a", "Animal"), triple("x", "a", "Plant")})
    (finding,) = tell(find_contradictions(store, disjoint.denials), disjoint, store)
    assert finding.message.startswith(f"Alfa (<{EX}x>) is both an animal and a plant, ")


def test_the_tree_of_a_contradiction_leads_down_to_what_was_stated(disjoint: World) -> None:
    store = disjoint.store([triple("x", "a", "Cat"), triple("x", "a", "Plant")])
    found = find_contradictions(store, disjoint.denials)
    clash = draw(found[0], disjoint, store)
    assert [finding.explanation for finding in tell(found, disjoint, store)] == [clash.to_json()]
    assert [leaf.triple for leaf in clash.leaves] == [triple("x", "a", "Cat"), triple("x", "a", "Plant")]
    tree = json.loads(json.dumps(clash.to_json()))
    assert (tree["kind"], tree["rule"], tree["triple"]) == ("contradiction", "disjoint classes", None)
    assert [premise["kind"] for premise in tree["premises"]] == ["inferred", "asserted"]
    assert clash.to_text().splitlines()[:2] == [
        "contradiction by disjoint classes of",
        f"  inferred by subclass: <{EX}x> <{RDF_TYPE.value}> <{EX}Animal>",
    ]


def test_a_premise_that_meets_two_conditions_is_shown_once(disjoint: World) -> None:
    store = disjoint.store([triple("x", "mother", "x")])
    found = find_contradictions(store, disjoint.denials)
    trees = {contradiction.denial.axiom: draw(contradiction, disjoint, store) for contradiction in found}
    assert len(trees["asymmetric property"].premises) == 1


def test_a_finding_stands_where_its_sources_were_written(disjoint: World) -> None:
    def locate(focus: str, path: str | None, value: str | None) -> tuple[Spot, ...]:
        return (Spot("x.yml", {EX + "Cat": 3, EX + "Plant": 2}[str(value)]),)

    store = disjoint.store([triple("x", "a", "Cat"), triple("x", "a", "Plant")])
    explainer = Explainer(store, disjoint.rules, NAMES)
    (finding,) = to_findings(find_contradictions(store, disjoint.denials), explainer, locate)
    assert finding.spots == (Spot("x.yml", 3), Spot("x.yml", 2))


def test_more_contradictions_of_a_kind_than_are_told_are_counted_out(disjoint: World) -> None:
    stated = {triple(f"x{number}", "a", name) for number in range(LIMIT + 5) for name in ("Even", "Odd")}
    store, denials = disjoint.store(stated), disjoint.denials
    for found in (find_contradictions(store, denials), find_new_contradictions(store, denials, stated)):
        told = tell(found, disjoint, store)
        assert len(told) == LIMIT + 1
        assert [finding.message for finding in told if finding.explanation is None] == [
            f"more than {LIMIT} contradictions by complement of <{EX}Even> were found; the others are not shown."
        ]


def test_of_contradictions_of_many_kinds_only_so_many_are_told(world: Make) -> None:
    made = world("".join(f"ex:p{number} a owl:IrreflexiveProperty ." for number in range(LIMIT_OF_ALL // 50)))
    store = made.store(triple(f"x{n}", f"p{p}", f"x{n}") for n in range(60) for p in range(LIMIT_OF_ALL // 50))
    told = tell(find_contradictions(store, made.denials), made, store)
    assert len(told) == LIMIT_OF_ALL + 1 and told[-1].explanation is None
    assert f"more than {LIMIT_OF_ALL} contradictions were found" in told[-1].message


def test_a_version_of_the_record_contradicts_nothing(built: Project, ontology: Ontology) -> None:
    version = Versions(built.data).current()
    assert version is not None
    denials = compile_denials(ontology.quads)
    assert denials and find_contradictions(version.open(), denials) == []
