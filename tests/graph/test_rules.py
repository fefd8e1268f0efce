"""Rules and denials: one for each construct that means something, an error for each other, the same order always."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from graph.errors import SourceError
from graph.ontology import Ontology
from graph.rdf import Quad
from graph.rules import NOTHING, TYPE, Denial, Pattern, Rule, compile_denials, compile_rules

EX = "http://example.org/"
PREFIXES = f"""\
@prefix ex: <{EX}> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""

Read = Callable[[str], list[Quad]]
Compile = Callable[[str], list[Rule]]
Deny = Callable[[str], list[Denial]]


@pytest.fixture
def read(turtle: Callable[[str], list[Quad]]) -> Read:
    """The quads of an ontology in Turtle, its prefixes given."""
    return lambda text: turtle(PREFIXES + text)


@pytest.fixture
def rules_of(read: Read) -> Compile:
    """The rules of an ontology in Turtle."""
    return lambda text: compile_rules(read(text))


@pytest.fixture
def denials_of(read: Read) -> Deny:
    """The denials of an ontology in Turtle, but for those that every ontology has."""
    return lambda text: [denial for denial in compile_denials(read(text)) if denial not in compile_denials(read(ANY))]


ANY = "ex:A a owl:Class ."


def pattern(text: str) -> Pattern:
    def part(word: str) -> str:
        if word.startswith("owl:"):
            return "http://www.w3.org/2002/07/owl#" + word.removeprefix("owl:")
        return word if word[0] in '?"' else TYPE if word == "a" else EX + word

    return Pattern(*map(part, text.split()))


@pytest.mark.parametrize(
    ("axiom", "head", "body"),
    [
        ("ex:A rdfs:subClassOf ex:B .", "?x a B", ["?x a A"]),
        ("ex:p rdfs:subPropertyOf ex:q .", "?x q ?y", ["?x p ?y"]),
        ("ex:p a owl:ObjectProperty ; rdfs:domain ex:A .", "?x a A", ["?x p ?y"]),
        ("ex:p a owl:ObjectProperty ; rdfs:range ex:A .", "?y a A", ["?x p ?y"]),
        ("ex:p owl:inverseOf ex:q .", "?y p ?x", ["?x q ?y"]),
        ("ex:p a owl:SymmetricProperty .", "?y p ?x", ["?x p ?y"]),
        ("ex:p a owl:TransitiveProperty .", "?x p ?z", ["?x p ?y", "?y p ?z"]),
        ("ex:p owl:propertyChainAxiom ( ex:q ex:r ) .", "?v0 p ?v2", ["?v0 q ?v1", "?v1 r ?v2"]),
        ("ex:p owl:propertyChainAxiom ( [ owl:inverseOf ex:q ] ex:r ) .", "?v0 p ?v2", ["?v1 q ?v0", "?v1 r ?v2"]),
        ("ex:A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty ex:p ; owl:hasValue ex:v ] .",
         "?x p v", ["?x a A"]),
        ("[ a owl:Restriction ; owl:onProperty ex:p ; owl:hasValue ex:v ] rdfs:subClassOf ex:A .",
         "?x a A", ["?x p v"]),
        ("[ a owl:Restriction ; owl:onProperty ex:p ; owl:someValuesFrom ex:B ] rdfs:subClassOf ex:A .",
         "?x a A", ["?x p ?y0", "?y0 a B"]),
        ("[ owl:intersectionOf ( ex:B ex:C ) ] rdfs:subClassOf ex:A .", "?x a A", ["?x a B", "?x a C"]),
        ("ex:A owl:equivalentClass ex:B .", "?x a A", ["?x a B"]),
        ("ex:p owl:equivalentProperty ex:q .", "?x p ?y", ["?x q ?y"]),
    ],
)  # fmt: skip
def test_a_construct_has_its_rule(rules_of: Compile, axiom: str, head: str, body: list[str]) -> None:
    wanted = pattern(head), tuple(pattern(part) for part in body)
    assert wanted in [(rule.head, rule.body) for rule in rules_of(axiom)]


def test_what_follows_in_several_steps_has_a_rule_of_its_own(rules_of: Compile) -> None:
    found = rules_of("ex:A rdfs:subClassOf ex:B . ex:B rdfs:subClassOf ex:C .")
    assert (pattern("?x a C"), (pattern("?x a A"),)) in [(rule.head, rule.body) for rule in found]


RESTRICTION = "ex:A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty ex:p ; "


@pytest.mark.parametrize(
    "axiom",
    [
        "ex:A owl:hasKey ( ex:p ) .",
        RESTRICTION + "owl:maxCardinality 2 ] .",
        RESTRICTION + "owl:maxQualifiedCardinality 1 ; owl:onDataRange xsd:integer ] .",
        "ex:A owl:equivalentClass [ a owl:Restriction ; owl:onProperty ex:p ; owl:maxCardinality 1 ] .",
        "[ owl:complementOf ex:B ] rdfs:subClassOf ex:A .",
        "ex:A owl:disjointWith [ owl:complementOf ex:B ] .",
        "[ owl:intersectionOf ( ex:C [ owl:complementOf ex:B ] ) ] rdfs:subClassOf ex:A .",
        RESTRICTION + "owl:cardinality 1 ] .",
        RESTRICTION + "owl:minCardinality 1 ] .",
        RESTRICTION + "owl:allValuesFrom ex:B ] .",
        RESTRICTION + "owl:hasSelf true ] .",
        RESTRICTION + "owl:hasValue 'text' ] .",
        "ex:A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty [ owl:inverseOf ex:p ] ; owl:hasValue ex:v ] .",
        "ex:A owl:equivalentClass [ owl:oneOf ( ex:a ex:b ) ] .",
        "ex:A owl:equivalentClass [ owl:unionOf ( ex:B ex:C ) ] .",
        "ex:p a owl:ReflexiveProperty .",
        "ex:a owl:sameAs ex:b .",
        "ex:p rdfs:domain [ a owl:Restriction ; owl:onProperty ex:q ; owl:hasValue ex:v ] .",
        "ex:p rdfs:range [ a owl:Restriction ; owl:onProperty ex:q ; owl:hasValue ex:v ] .",
        "ex:p rdfs:subPropertyOf [ owl:inverseOf ex:q ] .",
        "[ owl:inverseOf ex:q ] rdfs:subPropertyOf ex:p .",
    ],
)
def test_a_construct_without_a_rule_or_denial_is_refused_and_named(read: Read, axiom: str) -> None:
    with pytest.raises(SourceError, match="does not draw conclusions from"):
        compile_rules(read(axiom)) + compile_denials(read(axiom))


NEGATIVE = "[] a owl:NegativePropertyAssertion ; owl:sourceIndividual ex:i ; owl:assertionProperty ex:p ; "


@pytest.mark.parametrize(
    ("axiom", "denied", "differ"),
    [
        ("ex:B owl:disjointWith ex:A .", [["?x a A", "?x a B"]], None),
        ("ex:A owl:complementOf ex:B .", [["?x a A", "?x a B"]], None),
        ("ex:A rdfs:subClassOf [ owl:complementOf ex:B ] .", [["?x a A", "?x a B"]], None),
        ("ex:A owl:equivalentClass [ owl:complementOf ex:B ] .", [["?x a A", "?x a B"]], None),
        ("[] a owl:AllDisjointClasses ; owl:members ( ex:A ex:B ex:C ) .",
         [["?x a A", "?x a B"], ["?x a A", "?x a C"], ["?x a B", "?x a C"]], None),
        ("ex:D owl:disjointUnionOf ( ex:A ex:B ) .", [["?x a A", "?x a B"]], None),
        ("ex:A owl:disjointWith [ a owl:Restriction ; owl:onProperty ex:p ; owl:someValuesFrom ex:B ] .",
         [["?x a A", "?x p ?y0", "?y0 a B"]], None),
        ("ex:A rdfs:subClassOf owl:Nothing .", [["?x a A"]], None),
        ("ex:A owl:equivalentClass owl:Nothing .", [["?x a A"]], None),
        ("[ owl:intersectionOf ( ex:A ex:B ) ] rdfs:subClassOf owl:Nothing .", [["?x a A", "?x a B"]], None),
        ("ex:p a owl:FunctionalProperty .", [["?x p ?y", "?x p ?z"]], ("?y", "?z")),
        ("ex:p a owl:InverseFunctionalProperty .", [["?x p ?y", "?z p ?y"]], ("?x", "?z")),
        ("ex:p a owl:AsymmetricProperty .", [["?x p ?y", "?y p ?x"]], None),
        ("ex:p a owl:IrreflexiveProperty .", [["?x p ?x"]], None),
        ("ex:q owl:propertyDisjointWith ex:p .", [["?x p ?y", "?x q ?y"]], None),
        ("[] a owl:AllDisjointProperties ; owl:members ( ex:p ex:q ex:r ) .",
         [["?x p ?y", "?x q ?y"], ["?x p ?y", "?x r ?y"], ["?x q ?y", "?x r ?y"]], None),
        ("[] a owl:AllDifferent ; owl:distinctMembers ( ex:i ex:j ) .",
         [["i owl:sameAs j"], ["j owl:sameAs i"]], None),
        (NEGATIVE + "owl:targetIndividual ex:b .", [["i p b"]], None),
        (NEGATIVE + "owl:targetValue 'b' .", [['i p "b"']], None),
        (RESTRICTION + "owl:maxCardinality 0 ] .", [["?x a A", "?x p ?v"]], None),
        (RESTRICTION + "owl:maxCardinality 1 ] .", [["?x a A", "?x p ?v", "?x p ?w"]], ("?v", "?w")),
        (RESTRICTION + "owl:maxQualifiedCardinality 1 ; owl:onClass ex:B ] .",
         [["?x a A", "?x p ?v", "?v a B", "?x p ?w", "?w a B"]], ("?v", "?w")),
    ],
)  # fmt: skip
def test_a_construct_that_says_what_must_not_be_has_its_denials(
    denials_of: Deny, axiom: str, denied: list[list[str]], differ: tuple[str, str] | None
) -> None:
    wanted = [(tuple(map(pattern, body)), differ) for body in denied]
    assert [(denial.body, denial.differ) for denial in denials_of(axiom)] == wanted


@pytest.mark.parametrize(
    "axiom",
    [
        "[] a owl:AllDisjointClasses .",
        "[] a owl:AllDisjointProperties .",
        "[] a owl:AllDisjointProperties ; owl:members ( ex:p [ owl:inverseOf ex:q ] ) .",
        "[] a owl:AllDifferent .",
        "[ owl:inverseOf ex:p ] a owl:FunctionalProperty .",
        "[] a owl:NegativePropertyAssertion .",
        NEGATIVE + "rdfs:label 'without a value' .",
        NEGATIVE + "owl:targetIndividual ex:b , ex:c .",
        NEGATIVE + "owl:targetValue ex:b .",
    ],
)
def test_a_denial_that_is_not_whole_is_refused(read: Read, axiom: str) -> None:
    with pytest.raises(SourceError, match="does not draw conclusions from"):
        compile_denials(read(axiom))


def test_what_only_denies_makes_no_rule(rules_of: Compile) -> None:
    assert rules_of("""
        ex:A a owl:Class ; owl:disjointWith ex:B ; rdfs:subClassOf owl:Nothing . ex:B a owl:Class .
        ex:p a owl:FunctionalProperty , owl:AsymmetricProperty ; owl:propertyDisjointWith ex:q .
    """) == []


def test_the_parts_of_a_disjoint_union_are_subclasses_of_it(rules_of: Compile) -> None:
    found = {(rule.head, rule.body) for rule in rules_of("ex:D owl:disjointUnionOf ( ex:A ex:B ) .")}
    assert found == {(pattern("?x a D"), (pattern("?x a A"),)), (pattern("?x a D"), (pattern("?x a B"),))}


def test_every_ontology_denies_the_empty_class_and_sameness_of_what_is_different(read: Read) -> None:
    bodies = [denial.body for denial in compile_denials(read(ANY))]
    assert (Pattern("?x", TYPE, NOTHING),) in bodies
    assert (pattern("?x owl:differentFrom ?y"), pattern("?x owl:sameAs ?y")) in bodies


def test_no_ontology_denies_nothing() -> None:
    assert compile_denials([]) == []


def test_denials_are_sorted_and_do_not_depend_on_the_order_of_the_axioms(read: Read) -> None:
    quads = read("ex:B owl:disjointWith ex:A . ex:p a owl:FunctionalProperty , owl:IrreflexiveProperty .")
    assert compile_denials(reversed(quads)) == compile_denials(quads) == sorted(set(compile_denials(quads)))


def test_conditions_within_conditions_have_variables_of_their_own(rules_of: Compile) -> None:
    (found,) = (rule for rule in rules_of("""
        [ owl:intersectionOf (
            [ a owl:Restriction ; owl:onProperty ex:p ; owl:someValuesFrom
                [ a owl:Restriction ; owl:onProperty ex:q ; owl:someValuesFrom owl:Thing ] ]
            [ a owl:Restriction ; owl:onProperty ex:r ; owl:someValuesFrom owl:Thing ] ) ] rdfs:subClassOf ex:A .
    """) if rule.head.object == f"{EX}A" and len(rule.body) == 3)
    assert set(found.body) == {pattern("?x p ?y0"), pattern("?y0 q ?y1"), pattern("?x r ?y2")}


def test_annotations_and_things_make_no_rule(rules_of: Compile) -> None:
    assert rules_of('ex:A a owl:Class ; rdfs:label "a"@en ; rdfs:subClassOf owl:Thing . ex:a ex:p ex:b .') == []


def test_rules_are_sorted_and_do_not_depend_on_the_order_of_the_files(ontology: Ontology, rules: list[Rule]) -> None:
    assert compile_rules(reversed(ontology.quads)) == rules == sorted(set(rules))


def test_no_rule_concludes_what_it_needs(rules: list[Rule]) -> None:
    assert not [rule for rule in rules if rule.head in rule.body]


def test_every_variable_of_a_conclusion_stands_in_a_condition(rules: list[Rule]) -> None:
    for rule in rules:
        bound = {part for p in rule.body for part in (p.subject, p.predicate, p.object) if part.startswith("?")}
        assert {part for part in (rule.head.subject, rule.head.object) if part.startswith("?")} <= bound, rule
