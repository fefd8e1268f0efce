"""Provenance: an explanation as PROV-O leads from a triple over rules and premises to passages, claims and commits."""

from __future__ import annotations

import pytest
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import PROV, RDF, RDFS

from graph.contradict import Clash
from graph.explain import Explainer, Explanation, add_commits, read_rules
from graph.iris import RDF_TYPE, Names
from graph.project import Project
from graph.provenance import CONSTRUCTS
from graph.rdf import DefaultGraph, Quad, RdfFormat, Triple, open_memory, serialize
from graph.rules import Denial, Rule, compile_denials
from graph.versions import Versions

NAMES = Names()


@pytest.fixture(scope="module")
def explained(built: Project) -> Explanation:
    """Why the invented detention is one before trial, with commits."""
    versions = Versions(built.data)
    version = versions.current()
    assert version is not None
    explainer = Explainer(version.open(), read_rules(version), NAMES)
    tree = explainer.explain(Triple(NAMES.id("E9001"), RDF_TYPE, NAMES.term("PretrialDetention")))
    return add_commits([tree], versions, version)[0]


def graph_of(triples: list[Triple]) -> Graph:
    return Graph().parse(data=serialize(triples, RdfFormat.TURTLE, NAMES.prefixes), format="turtle")


def find(graph: Graph, triple: Triple) -> URIRef:
    """The statement about *triple*."""
    terms = {RDF.subject: triple.subject, RDF.predicate: triple.predicate, RDF.object: triple.object}
    (found,) = set.intersection(*({*graph.subjects(part, URIRef(t.value))} for part, t in terms.items()))
    assert isinstance(found, URIRef)
    return found


def test_every_triple_of_a_tree_is_a_statement(explained: Explanation) -> None:
    graph = graph_of(explained.to_rdf(NAMES))
    waiting, count = [explained], 0
    while waiting:
        tree = waiting.pop()
        waiting += tree.premises
        count += 1
        node = find(graph, tree.triple)
        assert {RDF.Statement, PROV.Entity} <= set(graph.objects(node, RDF.type))
    assert count > 2


def test_a_conclusion_is_derived_from_its_premises_by_an_activity_that_used_the_rule(explained: Explanation) -> None:
    graph = graph_of(explained.to_rdf(NAMES))
    node, premises = find(graph, explained.triple), {find(graph, tree.triple) for tree in explained.premises}
    assert set(graph.objects(node, PROV.wasDerivedFrom)) == premises
    (activity,) = graph.objects(node, PROV.wasGeneratedBy)
    (rule,) = set(graph.objects(activity, PROV.used)) - premises
    assert (rule, RDF.type, PROV.Plan) in graph and (rule, RDFS.label, Literal("subclass", lang="en")) in graph
    assert (rule, RDFS.seeAlso, RDFS.subClassOf) in graph


def test_an_asserted_triple_has_its_passage_as_primary_source_and_its_claim_as_collection(
    explained: Explanation
) -> None:
    graph = graph_of(explained.to_rdf(NAMES))
    for leaf in explained.leaves:
        node, (support,) = find(graph, leaf.triple), leaf.supports
        claim, passage = URIRef(support.graph), URIRef(support.passage)
        assert (node, PROV.hadPrimarySource, passage) in graph and (claim, PROV.hadMember, node) in graph
        assert (passage, PROV.value, Literal(support.phrase)) in graph
        assert (passage, URIRef(NAMES.term("locator").value), Literal("para. 1")) in graph
        assert (claim, PROV.wasAttributedTo, URIRef(support.speaker)) in graph
        assert (claim, URIRef(NAMES.term("modality").value), URIRef(NAMES.voc("asserted").value)) in graph


def test_an_asserted_triple_was_generated_by_its_commit(explained: Explanation) -> None:
    graph = graph_of(explained.to_rdf(NAMES))
    leaf = explained.leaves[0]
    (activity,) = graph.objects(find(graph, leaf.triple), PROV.wasGeneratedBy)
    (agent,) = graph.objects(activity, PROV.wasAssociatedWith)
    assert (agent, RDFS.label, Literal("tests")) in graph
    assert len(list(graph.objects(activity, PROV.endedAtTime))) == 1
    assert str(graph.value(activity, RDFS.label)).startswith("version 1, ")


def test_the_same_explanation_is_told_in_the_same_words(explained: Explanation) -> None:
    assert explained.to_rdf(NAMES) == explained.to_rdf(NAMES)


def test_a_contradiction_is_derived_from_its_premises_and_states_nothing(explained: Explanation) -> None:
    clash = Clash("disjoint classes", (explained, explained.leaves[0]))
    graph = graph_of(clash.to_rdf(NAMES))
    (node,) = graph.subjects(RDFS.label, Literal("contradiction by disjoint classes", lang="en"))
    premises = {find(graph, tree.triple) for tree in clash.premises}
    assert set(graph.objects(node, PROV.wasDerivedFrom)) == premises
    assert set(graph.objects(node, RDF.type)) == {PROV.Entity}


def test_what_stands_in_the_default_graph_is_in_no_collection() -> None:
    triple = Triple(NAMES.id("E1"), RDF_TYPE, NAMES.term("Event"))
    store = open_memory([Quad(triple.subject, triple.predicate, triple.object, DefaultGraph())])
    graph = graph_of(Explainer(store, (), NAMES).explain(triple).to_rdf(NAMES))
    assert not list(graph.subjects(PROV.hadMember, None)) and find(graph, triple)


def test_nothing_is_told_of_an_absent_triple() -> None:
    triple = Triple(NAMES.id("E1"), RDF_TYPE, NAMES.term("Event"))
    assert Explainer(open_memory(), (), NAMES).explain(triple).to_rdf(NAMES) == []


def test_every_axiom_of_the_ontology_has_its_construct(rules: list[Rule], denials: list[Denial]) -> None:
    assert {rule.axiom for rule in rules} | {denial.axiom for denial in denials} <= set(CONSTRUCTS)


@pytest.fixture(scope="module")
def denials() -> list[Denial]:
    """The denials that every ontology has."""
    return compile_denials([Quad(NAMES.term("A"), RDF_TYPE, NAMES.term("B"))])
