"""Blank nodes as names and back (RDF 1.1 Concepts, section 3.5), so that versions can be compared line by line.

The ontology and the shapes need their blank nodes again to be read: in SHACL a path with a name is a property.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from graph.iris import Names
from graph.layout import GraphName
from graph.rdf import BlankNode, NamedNode, Quad, Term, Triple

_GENID = ".well-known/genid/"


def skolemize(quads: Iterable[Quad], names: Names, graph: GraphName) -> Iterator[Quad]:
    """The triples in *graph*, with names for blank nodes."""
    for quad in quads:
        yield Quad(_name(quad.subject, names), quad.predicate, _name(quad.object, names), graph)


def unskolemize(triples: Iterable[Triple | Quad], names: Names) -> Iterator[Quad]:
    """The triples with blank nodes for the names that `skolemize` gave."""
    prefix = f"{names.base}{_GENID}"
    for triple in triples:
        yield Quad(_blank(triple.subject, prefix), triple.predicate, _blank(triple.object, prefix))


def _name(term: Term, names: Names) -> Term:
    return NamedNode(f"{names.base}{_GENID}{term.value}") if isinstance(term, BlankNode) else term


def _blank(term: Term, prefix: str) -> Term:
    if isinstance(term, NamedNode) and term.value.startswith(prefix):
        return BlankNode(term.value.removeprefix(prefix))
    return term
