"""Reading a thing as data: the triples and graphs that describe it, and the same as plain JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from graph.iris import OA, PREF_LABEL, RDFS
from graph.rdf import DefaultGraph, Literal, NamedNode, Quad, Term
from graph.read import Reader, Text, Value

_LABEL = NamedNode(f"{RDFS}label")
_SOURCE = NamedNode(f"{OA}hasSource")


def read_dataset(reader: Reader, subject: NamedNode, *, with_graphs: bool) -> list[Quad]:
    """What describes *subject*: its statements, its name forms, labels of what it points to.

    *with_graphs* adds each claim that states something of it: its graph, its record, and its passage.
    """
    described = _describe(reader, subject)
    if subject.value.startswith(reader.names.claim("").value):
        described += [q for node in _passage_nodes(reader, subject) for q in _outgoing(reader, node)]
    described += _label_quads(reader, (quad.object for quad in described))
    if with_graphs:
        for claim in _claims_stating(reader, subject):
            described += _claim_quads(reader, claim)
    return sorted(set(described), key=lambda q: (str(q.graph_name), str(q.subject), str(q.predicate), str(q.object)))


def _outgoing(reader: Reader, subject: NamedNode) -> list[Quad]:
    quads = reader.store.quads_for_pattern(subject, None, None, DefaultGraph())
    return [Quad(q.subject, q.predicate, q.object) for q in quads]


def _describe(reader: Reader, subject: NamedNode) -> list[Quad]:
    found = _outgoing(reader, subject)
    forms = [q.object for q in found if q.predicate == reader.names.term("nameForm")]
    return found + [q for form in forms if isinstance(form, NamedNode) for q in _outgoing(reader, form)]


def _label_quads(reader: Reader, terms: Iterable[Term]) -> Iterator[Quad]:
    for term in {term for term in terms if isinstance(term, NamedNode)}:
        for predicate in (PREF_LABEL, _LABEL):
            for quad in reader.store.quads_for_pattern(term, predicate, None, DefaultGraph()):
                yield Quad(quad.subject, quad.predicate, quad.object)


def _claims_stating(reader: Reader, subject: NamedNode) -> list[NamedNode]:
    prefix = reader.names.claim("").value
    if subject.value.startswith(prefix):
        return [subject]
    graphs = {q.graph_name for q in reader.store.quads_for_pattern(subject, None, None, None)}
    return [graph for graph in graphs if isinstance(graph, NamedNode) and graph.value.startswith(prefix)]


def _passage_nodes(reader: Reader, claim: NamedNode) -> list[NamedNode]:
    term = reader.names.term
    passages = [p for p in reader.objects(claim, term("passage")) if isinstance(p, NamedNode)]
    segments = [s for p in passages for s in reader.objects(p, term("segment")) if isinstance(s, NamedNode)]
    documents = [reader.document_of(reader.one(p, _SOURCE)) for p in passages]
    return [*passages, *segments, *(document for document in documents if document is not None)]


def _claim_quads(reader: Reader, claim: NamedNode) -> Iterator[Quad]:
    store, names = reader.store, reader.names
    yield from store.quads_for_pattern(None, None, None, claim)
    yield from store.quads_for_pattern(claim, None, None, names.graph("meta"))
    for node in _passage_nodes(reader, claim):
        yield from store.quads_for_pattern(node, None, None, names.graph("sources"))


def to_plain(item: Any) -> Any:
    """What was read, as JSON takes it: things with IRI and label, literals with datatype and language."""
    if isinstance(item, Value):
        return _plain_value(item)
    if isinstance(item, Text):
        return {"value": item.value, "language": item.language or None}
    if is_dataclass(item) and not isinstance(item, type):
        return {_camel(f.name): to_plain(getattr(item, f.name)) for f in fields(item)}
    if isinstance(item, tuple | list):
        return [to_plain(part) for part in item]
    return item


def _plain_value(value: Value) -> dict[str, str | None]:
    if isinstance(value.term, Literal):
        return {"value": value.text, "datatype": value.datatype, "language": value.language or None}
    return {"iri": value.iri or None, "label": value.text, "language": value.language or None}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)
