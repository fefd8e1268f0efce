"""Reading a thing as data: the triples and graphs that describe it, and the same as plain JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from graph.iris import OA, PREF_LABEL, RDFS
from graph.rdf import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Term
from graph.read import Part, Reader, Text, Value

BLANK_NODES = 1_000
"""Things without a name that are described along with one that points at them."""

_LABEL = NamedNode(f"{RDFS}label")
_SOURCE = NamedNode(f"{OA}hasSource")


def read_dataset(reader: Reader, subject: NamedNode, *, with_graphs: bool) -> list[Quad]:
    """What describes *subject*.

    Of a thing of a record its statements, its name forms, labels of what it points to; *with_graphs* adds each claim
    that states something of it: its graph, its record, and its passage. Of somebody else's thing its statements and
    those of the blank nodes that it leads to, *with_graphs* each in the graph that states it.
    """
    found = _read_ours(reader, subject, with_graphs) if reader.is_ours(subject) else _read(reader, subject, with_graphs)
    return sorted(found, key=lambda q: (str(q.graph_name), str(q.subject), str(q.predicate), str(q.object)))


def _read(reader: Reader, subject: NamedNode, with_graphs: bool) -> set[Quad]:
    """Somebody else's thing: as pages see it, or as the graphs hold it."""
    nodes = _with_blank_nodes(reader, subject)
    if not with_graphs:
        return {quad for node in nodes for quad in _outgoing(reader, node)}
    layout, store = reader.layout, reader.store
    quads = (quad for node in nodes for quad in store.quads_for_pattern(node, None, None, None))
    return {quad for quad in quads if layout.is_stated(quad.graph_name) or quad.graph_name == layout.inferred}


def _with_blank_nodes(reader: Reader, subject: NamedNode) -> list[Term]:
    """The thing, and the blank nodes that it leads to by blank nodes only, up to a limit."""
    found: dict[Term, None] = {}
    queue: list[Term] = [subject]
    while queue and len(found) <= BLANK_NODES:
        node = queue.pop()
        if node not in found:
            found[node] = None
            queue += sorted((q.object for q in _outgoing(reader, node) if isinstance(q.object, BlankNode)), key=str)
    return list(found)


def _read_ours(reader: Reader, subject: NamedNode, with_graphs: bool) -> set[Quad]:
    described = _describe(reader, subject)
    if subject.value.startswith(reader.names.claim("").value):
        described += [q for node in _passage_nodes(reader, subject) for q in _outgoing(reader, node)]
    described += _label_quads(reader, (quad.object for quad in described))
    if with_graphs:
        for claim in _claims_stating(reader, subject):
            described += _claim_quads(reader, claim)
        described += _apart_quads(reader, subject)
    return set(described)


def _apart_quads(reader: Reader, subject: NamedNode) -> Iterator[Quad]:
    """What graphs apart from the record state of one of its things."""
    quads = reader.store.quads_for_pattern(subject, None, None, None)
    return (quad for quad in quads if reader.is_apart(quad.graph_name))


def _outgoing(reader: Reader, subject: Term) -> list[Quad]:
    return [Quad(q.subject, q.predicate, q.object) for q in reader.quads(subject)]


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


def _plain_value(value: Value) -> dict[str, Any]:
    if isinstance(value.term, Literal):
        return {"value": value.text, "datatype": value.datatype, "language": value.language or None}
    plain: dict[str, Any] = {"iri": value.iri or None, "label": value.text, "language": value.language or None}
    if not value.iri:
        plain |= {"blank": value.term.value, "parts": [_plain_part(part) for part in value.parts], "cut": value.is_cut}
    return plain


def _plain_part(part: Part) -> dict[str, Any]:
    values = [_plain_value(value) for value in part.values]
    return {"predicate": _plain_value(part.predicate), "values": values, "list": part.is_list}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)
