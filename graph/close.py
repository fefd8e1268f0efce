"""The ontology's own consequences (every subclass above a subclass, …) by OWL 2 RL; the fence around owlrl.

owlrl replaces rdflib's literal converters for the whole process and leaves some of them changed, so this runs in build
and writer processes only, never in one that serves.
"""

from __future__ import annotations

from collections.abc import Iterable

import owlrl
from rdflib import BNode, Graph, URIRef
from rdflib.namespace import OWL, RDF, RDFS
from rdflib.term import Node

from graph.rdf import BlankNode, NamedNode, Quad

AXIOM_VOCABULARY = frozenset({RDF.first, RDF.rest, RDFS.subClassOf, RDFS.subPropertyOf, RDFS.domain, RDFS.range})

Axioms = Graph


def close_ontology(quads: Iterable[Quad]) -> Axioms:
    """The axioms among *quads* with all that OWL 2 RL concludes from them; annotations play no part."""
    axioms = read_axioms(quads)
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics, rdfs_closure=False, axiomatic_triples=False).expand(axioms)
    return axioms


def read_axioms(quads: Iterable[Quad]) -> Axioms:
    """The axioms among *quads*: OWL and RDFS vocabulary between IRIs and blank nodes."""
    graph = Graph()
    for quad in quads:
        triple = _axiom(quad)
        if triple is not None:
            graph.add(triple)
    return graph


def close_data(triples: Iterable[tuple[Node, Node, Node]]) -> Graph:
    """The whole OWL 2 RL closure of *triples*: slow, and the oracle that the data reasoner is tested against."""
    graph = Graph()
    for triple in triples:
        graph.add(triple)
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics, rdfs_closure=False, axiomatic_triples=False).expand(graph)
    return graph


def _axiom(quad: Quad) -> tuple[Node, Node, Node] | None:
    subject, obj = _node(quad.subject), _node(quad.object)
    predicate = URIRef(quad.predicate.value)
    if subject is None or obj is None:
        return None
    in_owl = predicate.startswith(str(OWL)) and predicate not in (OWL.imports, OWL.versionIRI)
    is_axiom = predicate in AXIOM_VOCABULARY or in_owl
    is_kind = predicate == RDF.type and str(obj).startswith(str(OWL)) and obj != OWL.Ontology
    return (subject, predicate, obj) if is_axiom or is_kind else None


def _node(term: object) -> Node | None:
    if isinstance(term, NamedNode):
        return URIRef(term.value)
    return BNode(term.value) if isinstance(term, BlankNode) else None
