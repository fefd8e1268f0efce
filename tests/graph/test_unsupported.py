"""Somebody else's ontology: what the reasoner does not take is left out whole and told of, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from graph.close import close_data, read_axioms
from graph.infer import infer
from graph.iris import OWL, RDF_TYPE, RDFS
from graph.ontology import Ontology
from graph.rdf import BlankNode, Literal, NamedNode, Quad, Term, Triple
from graph.rules import compile_denials, compile_rules
from graph.unsupported import GROUP, TOLD, LeftOut, is_left_out, leave_out, to_findings
from tests.graph.test_infer import is_trivial, to_node, to_triple

EX = "http://example.org/"
RDF = RDF_TYPE.value.removesuffix("type")
PREFIXES = f"""\
@prefix ex: <{EX}> .
@prefix owl: <{OWL}> .
@prefix rdf: <{RDF}> .
@prefix rdfs: <{RDFS}> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
RESTRICTION = "ex:A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty ex:p ; "
BESIDE = "ex:C rdfs:subClassOf ex:D ."

Read = Callable[[str], list[Quad]]


@pytest.fixture
def read(turtle: Callable[[str], list[Quad]]) -> Read:
    """The quads of an ontology in Turtle, its prefixes given."""
    return lambda text: turtle(PREFIXES + text)


@pytest.mark.parametrize(
    ("axiom", "construct", "about"),
    [
        ("ex:A owl:hasKey ( ex:p ) .", "hasKey", "A"),
        (RESTRICTION + "owl:minCardinality 1 ] .", "minCardinality", "A"),
        (RESTRICTION + "owl:qualifiedCardinality 1 ; owl:onClass ex:B ] .", "qualifiedCardinality", "A"),
        (RESTRICTION + "owl:maxCardinality 2 ] .", "maxCardinality", "A"),
        (RESTRICTION + "owl:maxQualifiedCardinality 1 ; owl:onDataRange xsd:integer ] .", "onDataRange", "A"),
        (RESTRICTION + "owl:allValuesFrom ex:B ] .", "allValuesFrom", "A"),
        (RESTRICTION + "owl:hasSelf true ] .", "hasSelf", "A"),
        ("ex:A owl:equivalentClass [ owl:oneOf ( ex:a ex:b ) ] .", "oneOf", "A"),
        ("ex:A owl:unionOf ( ex:B ex:E ) .", "unionOf", "A"),
        ("ex:p rdfs:range [ owl:unionOf ( ex:B ex:E ) ] .", "unionOf", "p"),
        ("ex:p a owl:ReflexiveProperty .", "ReflexiveProperty", "p"),
        ("ex:a owl:sameAs ex:b .", "sameAs", "a"),
        ("ex:A owl:disjointWith [ owl:unionOf ( ex:B ex:E ) ] .", "disjointWith", "A"),
        ("ex:A owl:disjointUnionOf ( ex:B [ owl:oneOf ( ex:b ) ] ) .", "disjointUnionOf", "A"),
        ("[] a owl:AllDisjointClasses ; owl:members ( ex:A [ owl:oneOf ( ex:b ) ] ) .", "AllDisjointClasses", "A"),
        ("[] a owl:AllDifferent .", "AllDifferent", None),
        ("[ owl:complementOf ex:B ] rdfs:subClassOf ex:A .", "complementOf", "A"),
        ("[ a owl:Restriction ; owl:onProperty ex:p ; owl:maxCardinality 1 ] rdfs:subClassOf ex:A .",
         "maxCardinality", "A"),
        ("[] a owl:NegativePropertyAssertion ; owl:sourceIndividual ex:a .", "NegativePropertyAssertion", "a"),
        ("ex:p owl:propertyChainAxiom ( ex:q [ owl:inverseOf [] ] ) .", "propertyChainAxiom", "p"),
        ("ex:p owl:propertyChainAxiom () .", "propertyChainAxiom", "p"),
        ("[] a owl:TransitiveProperty ; owl:inverseOf ex:p .", "TransitiveProperty", "p"),
        ("ex:p owl:propertyDisjointWith [ owl:inverseOf ex:q ] .", "propertyDisjointWith", "p"),
        ("ex:A owl:equivalentClass [ owl:intersectionOf ( ex:B _:open ) ] .", "", None),
        ("ex:A rdfs:subClassOf [ owl:intersectionOf _:l ] . _:l rdf:first ex:B ; rdf:rest _:l .",
         "intersectionOf", "A"),
        ("_:a owl:intersectionOf ( ex:B _:a ) . ex:A owl:equivalentClass _:a .", "intersectionOf", "A"),
        ("ex:A rdfs:subClassOf [ a owl:Restriction ; owl:someValuesFrom ex:B ] .", "someValuesFrom", "A"),
    ],
)  # fmt: skip
def test_a_construct_is_left_out_and_named_with_what_it_is_about(
    read: Read, axiom: str, construct: str, about: str | None
) -> None:
    kept, left_out = leave_out(read(axiom + BESIDE))
    compile_denials(kept)
    assert set(read(BESIDE)) <= set(kept)
    assert {rule.axiom for rule in compile_rules(kept)} == {"subclass"}
    told = {(one.construct.removeprefix(OWL), one.about.removeprefix(EX)) for one in left_out}
    if construct and about is not None:
        assert (construct, about) in told
    assert {one.construct for one in left_out} >= ({OWL + construct} if construct else set())


def test_a_part_that_is_left_out_takes_the_condition_it_belongs_to_along(read: Read) -> None:
    """Without it the condition would be met by more things, and the conclusion would not follow."""
    for part in ("[ owl:unionOf ( ex:B ex:C ) ]", "[ owl:complementOf ex:B ]",
                 "[ a owl:Restriction ; owl:onProperty ex:p ; owl:allValuesFrom ex:B ]"):  # fmt: skip
        kept, left_out = leave_out(read(f"[ owl:intersectionOf ( ex:D {part} ) ] rdfs:subClassOf ex:A ."))
        assert left_out
        assert compile_rules(kept) == []


def test_an_ontology_of_our_own_is_left_whole(ontology: Ontology) -> None:
    kept, left_out = leave_out(ontology.quads)
    assert left_out == []
    assert kept == list(dict.fromkeys(ontology.quads))


@pytest.mark.parametrize(("axioms", "follows"), [
    ("ex:p a rdf:Property ; rdfs:range ex:A .", True),
    ("ex:p rdfs:range ex:A .", True),
    ("ex:p a owl:DatatypeProperty ; rdfs:range ex:A .", False),
    ("ex:p a owl:AnnotationProperty ; rdfs:range ex:A .", False),
    ("ex:p a rdf:Property ; rdfs:range xsd:date .", False),
    ("ex:p a rdf:Property ; rdfs:range ex:A . ex:A a rdfs:Datatype .", False),
])  # fmt: skip
def test_the_range_of_a_property_of_rdfs_is_drawn_conclusions_from(read: Read, axioms: str, follows: bool) -> None:
    """Of our own, which says of each property whether it leads to things, it is not."""
    value = Triple(NamedNode(f"{EX}x"), NamedNode(f"{EX}p"), NamedNode(f"{EX}y"))
    found = infer([value], compile_rules(leave_out(read(axioms))[0]))
    assert found == ({Triple(NamedNode(f"{EX}y"), RDF_TYPE, NamedNode(f"{EX}A"))} if follows else set())


def test_an_axiom_that_names_too_many_pairs_is_left_out(read: Read) -> None:
    def different(number: int) -> str:
        return f"[] a owl:AllDifferent ; owl:distinctMembers ( {' '.join(f'ex:i{n}' for n in range(number))} ) ."

    assert leave_out(read(different(GROUP)))[1] == []
    kept, left_out = leave_out(read(different(GROUP + 1)))
    assert left_out == [LeftOut(f"{OWL}AllDifferent", f"{EX}i0")]
    assert len(compile_denials(kept)) == len(compile_denials(read(BESIDE)))


def test_expressions_of_very_many_parts_cost_no_more_than_seconds(read: Read) -> None:
    """Each of the sixty holds the next one twice: two to the power of sixty parts."""
    deep = "".join(f"_:n{n} owl:intersectionOf ( _:n{n + 1} _:n{n + 1} ) ." for n in range(60))
    chain = "".join(f"_:c{n} owl:intersectionOf ( _:c{n + 1} ) ." for n in range(300))
    ends = "_:n60 owl:intersectionOf ( ex:B ) . _:c300 owl:intersectionOf ( ex:B ) . _:n0 owl:disjointWith _:c0 ."
    kept, left_out = leave_out(read(deep + chain + ends))
    assert {one.construct for one in left_out} == {f"{OWL}intersectionOf", f"{OWL}disjointWith"}
    compile_denials(kept)


def test_of_one_construct_so_many_are_told_and_then_how_many_more() -> None:
    findings = to_findings([LeftOut(f"{OWL}unionOf", f"{EX}c{n:04}") for n in range(TOLD + 7)])
    assert len(findings) == TOLD + 1
    assert findings[0].message == f"the reasoner draws no conclusions from owl:unionOf on {EX}c0000"
    assert findings[-1].message == "the reasoner draws no conclusions from owl:unionOf on 7 more"
    assert {finding.severity for finding in findings} == {"Info"}
    assert all(map(is_left_out, findings))


CLASSES = [NamedNode(f"{EX}{name}") for name in "ABC"]
PROPERTIES = [NamedNode(f"{EX}{name}") for name in "pq"]
THINGS = [NamedNode(f"{EX}{name}") for name in "xyz"]
BLANK = [BlankNode(f"b{number}") for number in range(4)]
LISTS = [BlankNode(f"l{number}") for number in range(3)]
OF_CLASSES = [f"{OWL}{name}" for name in (
    "equivalentClass", "disjointWith", "complementOf", "someValuesFrom", "onClass", "allValuesFrom",
)] + [f"{RDFS}subClassOf"] * 4  # fmt: skip
WITH_LISTS = [f"{OWL}{name}" for name in ("intersectionOf", "unionOf", "oneOf", "disjointUnionOf", "members", "hasKey",
                                          "distinctMembers", "propertyChainAxiom")]  # fmt: skip
KINDS = [f"{OWL}{name}" for name in (
    "AllDifferent", "AllDisjointClasses", "AllDisjointProperties", "NegativePropertyAssertion", "ReflexiveProperty",
    "TransitiveProperty", "SymmetricProperty", "FunctionalProperty", "IrreflexiveProperty", "Restriction",
    "ObjectProperty",
)]  # fmt: skip
OTHERS = [f"{OWL}{name}" for name in (
    "onProperty", "inverseOf", "hasValue", "propertyDisjointWith", "equivalentProperty", "sameAs", "sourceIndividual",
    "assertionProperty", "targetIndividual", "differentFrom",
)] + [f"{RDFS}{name}" for name in ("domain", "range", "subPropertyOf")]  # fmt: skip
LITERALS = [Literal(text, datatype=NamedNode("http://www.w3.org/2001/XMLSchema#integer")) for text in "012"]
NODES: list[Term] = [*CLASSES, *PROPERTIES, *THINGS, *BLANK]


def one_of(terms: list[Term]) -> st.SearchStrategy[Term]:
    return st.sampled_from(terms)


def quads_of(subjects: list[Term], predicates: list[str], objects: list[Term]) -> st.SearchStrategy[Quad]:
    return st.builds(lambda s, p, o: Quad(s, NamedNode(p), o), one_of(subjects), st.sampled_from(predicates),
                     one_of(objects))  # fmt: skip


NIL = NamedNode(f"{RDF}nil")
AXIOMS = st.lists(st.one_of(
    quads_of([*CLASSES, *BLANK], OF_CLASSES, [*CLASSES, *BLANK, NamedNode(f"{OWL}Nothing")]),
    quads_of([*CLASSES, *PROPERTIES, *BLANK], WITH_LISTS, [*LISTS, NIL]),
    quads_of(LISTS, [f"{RDF}first"], NODES),
    quads_of(LISTS, [f"{RDF}rest"], [*LISTS, NIL, NIL]),
    quads_of(NODES, [RDF_TYPE.value], [NamedNode(kind) for kind in KINDS]),
    quads_of(NODES, OTHERS, [*NODES, LITERALS[0]]),
    quads_of(BLANK, [f"{OWL}{name}" for name in ("maxCardinality", "minCardinality", "maxQualifiedCardinality")],
             list(LITERALS)),
    quads_of(BLANK, [f"{OWL}onProperty"], list(PROPERTIES)),
), max_size=40)  # fmt: skip


@settings(max_examples=150)
@given(AXIOMS)
def test_of_what_is_left_every_rule_and_denial_can_be_made(quads: list[Quad]) -> None:
    kept, left_out = leave_out(quads)
    compile_rules(kept)
    compile_denials(kept)
    assert (not set(quads) <= set(kept)) == bool(left_out)


DATA = st.sets(st.one_of(
    st.builds(lambda s, o: Triple(s, RDF_TYPE, o), one_of(THINGS), one_of(CLASSES)),
    st.builds(Triple, one_of(THINGS), one_of(PROPERTIES), one_of(THINGS)),
), max_size=6)  # fmt: skip


@settings(max_examples=80)
@given(AXIOMS, DATA)
def test_what_is_left_concludes_nothing_that_the_whole_does_not(quads: list[Quad], data: set[Triple]) -> None:
    """The oracle is owlrl, which knows constructs that are left out here."""
    concluded = infer(data, compile_rules(leave_out(quads)[0]))
    nodes = {(to_node(t.subject), to_node(t.predicate), to_node(t.object)) for t in data}
    try:
        closed = close_data({*read_axioms(quads), *nodes})
    except ValueError:  # a list runs in a circle, which owlrl does not take
        reject()
    assert concluded <= {to_triple(triple) for triple in closed if not is_trivial(triple)}
