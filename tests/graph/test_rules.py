"""Rules: one for each construct that concludes something, an error for each that has none, the same order always."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from graph.errors import SourceError
from graph.ontology import Ontology
from graph.rdf import Quad, name_blank_nodes, parse_file
from graph.rules import TYPE, Pattern, Rule, compile_rules

EX = "http://example.org/"
PREFIXES = f"""\
@prefix ex: <{EX}> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""

Compile = Callable[[str], list[Rule]]


@pytest.fixture
def rules_of(tmp_path: Path) -> Compile:
    """The rules of an ontology in Turtle, its prefixes given."""

    def read(text: str) -> list[Rule]:
        (tmp_path / "x.ttl").write_text(PREFIXES + text)
        quads: list[Quad] = name_blank_nodes(parse_file(tmp_path / "x.ttl", "x.ttl"), "x")
        return compile_rules(quads)

    return read


def pattern(text: str) -> Pattern:
    return Pattern(*(part if part.startswith("?") else TYPE if part == "a" else EX + part for part in text.split()))


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
        RESTRICTION + "owl:maxCardinality 1 ] .",
        RESTRICTION + "owl:maxQualifiedCardinality 1 ; owl:onClass ex:B ] .",
        RESTRICTION + "owl:cardinality 1 ] .",
        RESTRICTION + "owl:minCardinality 1 ] .",
        RESTRICTION + "owl:allValuesFrom ex:B ] .",
        RESTRICTION + "owl:hasSelf true ] .",
        RESTRICTION + "owl:hasValue 'text' ] .",
        "ex:A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty [ owl:inverseOf ex:p ] ; owl:hasValue ex:v ] .",
        "ex:A owl:disjointWith ex:B .",
        "ex:A owl:complementOf ex:B .",
        "ex:A owl:equivalentClass [ owl:oneOf ( ex:a ex:b ) ] .",
        "ex:A owl:equivalentClass [ owl:unionOf ( ex:B ex:C ) ] .",
        "ex:A owl:disjointUnionOf ( ex:B ex:C ) .",
        "ex:p owl:propertyDisjointWith ex:q .",
        "ex:p a owl:FunctionalProperty .",
        "ex:p a owl:InverseFunctionalProperty .",
        "ex:p a owl:AsymmetricProperty .",
        "ex:p a owl:IrreflexiveProperty .",
        "ex:p a owl:ReflexiveProperty .",
        "[] a owl:AllDisjointClasses .",
        "[] a owl:AllDisjointProperties .",
        "[] a owl:NegativePropertyAssertion .",
        "ex:a owl:sameAs ex:b .",
        "ex:a owl:differentFrom ex:b .",
        "ex:p rdfs:domain [ a owl:Restriction ; owl:onProperty ex:q ; owl:hasValue ex:v ] .",
        "ex:p rdfs:range [ a owl:Restriction ; owl:onProperty ex:q ; owl:hasValue ex:v ] .",
        "ex:p rdfs:subPropertyOf [ owl:inverseOf ex:q ] .",
        "[ owl:inverseOf ex:q ] rdfs:subPropertyOf ex:p .",
    ],
)
def test_a_construct_without_a_rule_is_refused_and_named(rules_of: Compile, axiom: str) -> None:
    with pytest.raises(SourceError, match="does not draw conclusions from"):
        rules_of(axiom)


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
