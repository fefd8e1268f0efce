"""Inference: what the fast reasoner concludes is what the OWL 2 RL closure holds, no more and no less."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import BNode, URIRef
from rdflib import Literal as RdflibLiteral
from rdflib.namespace import OWL, RDF, RDFS
from rdflib.term import Node

from graph.close import close_data, read_axioms
from graph.convert import Converted
from graph.infer import infer
from graph.iris import RDF_TYPE, Names
from graph.ontology import Ontology
from graph.rdf import BlankNode, Literal, NamedNode, Term, Triple
from graph.rules import TYPE, Pattern, Rule
from tests.graph.conftest import Graphs

NAMES = Names()
STATED = [NAMES.graph(name) for name in ("sources", "meta", "base", "accepted")]
NodeTriple = tuple[Node, Node, Node]


def stated(graphs: Graphs) -> set[Triple]:
    return set().union(*(graphs[name] for name in STATED))


def relevant(triples: Iterable[Triple], rules: list[Rule]) -> set[Triple]:
    """The triples that some rule reads; the others conclude nothing and cost the oracle its time."""
    body = [pattern for rule in rules for pattern in rule.body]
    predicates = {pattern.predicate for pattern in body} - {TYPE}
    classes = {pattern.object for pattern in body if pattern.predicate == TYPE}
    linking = {t for t in triples if t.predicate.value in predicates}
    return linking | {t for t in triples if t.predicate == RDF_TYPE and t.object.value in classes}


class Oracle:
    """owlrl on the ontology and some data, less what is trivial."""

    def __init__(self, ontology: Ontology) -> None:
        self._axioms = set(read_axioms(ontology.quads))
        self._schema = set(close_data(self._axioms))

    def infer(self, data: Collection[Triple]) -> set[Triple]:
        """What follows from *data* and is not in it: no schema triples, `owl:sameAs`, `owl:Thing`, blank nodes or
        literal subjects, and no classes of the OWL vocabulary, which every term is in."""
        nodes = {(to_node(t.subject), URIRef(t.predicate.value), to_node(t.object)) for t in data}
        closed = set(close_data(self._axioms | nodes)) - self._schema - nodes
        return {to_triple(triple) for triple in closed if not is_trivial(triple)}


def is_trivial(triple: NodeTriple) -> bool:
    subject, predicate, value = triple
    return (
        not isinstance(subject, URIRef) or isinstance(value, BNode)
        or str(predicate).startswith(str(OWL))
        or (predicate == RDF.type and str(value).startswith((str(OWL), str(RDFS), str(RDF))))
    )  # fmt: skip


def to_node(term: Term) -> Node:
    if isinstance(term, NamedNode):
        return URIRef(term.value)
    if isinstance(term, BlankNode):
        return BNode(term.value)
    return RdflibLiteral(term.value, lang=term.language or None,
                         datatype=None if term.language else URIRef(term.datatype.value))  # fmt: skip


def to_triple(triple: NodeTriple) -> Triple:
    subject, predicate, value = triple
    return Triple(NamedNode(str(subject)), NamedNode(str(predicate)), to_term(value))


def to_term(node: Node) -> Term:
    if not isinstance(node, RdflibLiteral):
        return NamedNode(str(node))
    if node.language:
        return Literal(str(node), language=node.language)
    return Literal(str(node), datatype=NamedNode(str(node.datatype))) if node.datatype else Literal(str(node))


@pytest.fixture(scope="session")
def oracle(ontology: Ontology) -> Oracle:
    return Oracle(ontology)


def test_the_invented_record_has_exactly_the_conclusions_of_the_closure(
    oracle: Oracle, converted: Converted, rules: list[Rule]
) -> None:
    data = stated(converted.graphs)
    found = infer(data, rules)
    assert found == oracle.infer(relevant(data, rules))
    assert Triple(NAMES.id("E9001"), RDF_TYPE, NAMES.term("PretrialDetention")) in found


def test_the_real_record_has_exactly_the_conclusions_of_the_closure(
    oracle: Oracle, real: Graphs, rules: list[Rule]
) -> None:
    """Only the triples that some rule reads go to owlrl, which needs more than a millisecond for each."""
    data = relevant(stated(real), rules)
    expected = oracle.infer(data)
    assert real[NAMES.graph("inferred")] == expected
    assert len(expected) > 1000


def test_triples_that_no_rule_reads_conclude_nothing(oracle: Oracle, converted: Converted, rules: list[Rule]) -> None:
    data = stated(converted.graphs)
    assert oracle.infer(data - relevant(data, rules)) == set()


def _vocabulary(rules: list[Rule]) -> tuple[list[str], list[str]]:
    patterns = {pattern for rule in rules for pattern in (rule.head, *rule.body)}
    predicates = sorted({pattern.predicate for pattern in patterns} - {TYPE})
    classes = sorted({pattern.object for pattern in patterns if pattern.predicate == TYPE})
    return predicates, classes


@given(st.data())
@settings(deadline=None, max_examples=8)
def test_random_data_has_exactly_the_conclusions_of_the_closure(
    oracle: Oracle, rules: list[Rule], data: st.DataObject
) -> None:
    predicates, classes = _vocabulary(rules)
    things = [NAMES.id(f"E{number:04}") for number in range(4)] + [NAMES.voc("pretrial"), NAMES.voc("alleged")]
    thing = st.sampled_from(things)
    links = st.builds(Triple, thing, st.sampled_from(predicates).map(NamedNode), thing)
    types = st.builds(Triple, thing, st.just(RDF_TYPE), st.sampled_from(classes).map(NamedNode))
    triples = data.draw(st.sets(links | types, min_size=1, max_size=12))
    assert infer(triples, rules) == oracle.infer(triples)


@given(st.data())
@settings(deadline=None, max_examples=12)
def test_inferring_again_from_everything_adds_nothing(rules: list[Rule], data: st.DataObject) -> None:
    predicates, _ = _vocabulary(rules)
    thing = st.sampled_from([NAMES.id(f"E{number:04}") for number in range(4)])
    links = st.builds(Triple, thing, st.sampled_from(predicates).map(NamedNode), thing)
    triples = data.draw(st.sets(links, max_size=12))
    assert infer(triples | infer(triples, rules), rules) == set()


def test_no_data_or_no_rules_conclude_nothing(converted: Converted, rules: list[Rule]) -> None:
    assert infer(set(), rules) == infer(stated(converted.graphs), []) == set()


def test_a_literal_is_never_the_subject_of_a_conclusion() -> None:
    rule = Rule("symmetric", Pattern("?y", "http://e/p", "?x"), (Pattern("?x", "http://e/p", "?y"),))
    link = NamedNode("http://e/p")
    data = {Triple(NAMES.id("E0001"), link, Literal("text")), Triple(NAMES.id("E0001"), link, NAMES.id("E0002"))}
    assert infer(data, [rule]) == {Triple(NAMES.id("E0002"), link, NAMES.id("E0001"))}
