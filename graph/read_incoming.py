"""Reading what points at a thing: counted by property, and paged by IRI so that a hub costs no more than a page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import nsmallest

from graph.rdf import BlankNode, NamedNode, QuerySolutions, Term, Triple
from graph.read import Reader, Value
from graph.read_claims import Citation, Citations
from graph.read_nested import DEPTH

PAGE_SIZE = 50
PREVIEW = 10
PREVIEW_LIMIT = 2000
"""Above this many, a page's overview gives the number and the way to the list, and sorts nothing."""


@dataclass(frozen=True)
class Pointer:
    """A thing that points here, its kind and date, and what supports it; *origin* and *graphs* are as of a `Fact`.

    Where it has no name, *within* is the thing with a name that it is a part of, if any.
    """

    subject: Value
    kind: Value | None
    date: str
    citations: tuple[Citation, ...]
    origin: str
    graphs: tuple[Value, ...] = ()
    within: Value | None = None

    @property
    def inferred(self) -> bool:
        """True where only inference says so."""
        return self.origin == "inferred"


@dataclass(frozen=True)
class Pointers:
    """What points here by one property: how many, those shown, and the IRI after which the next page begins."""

    predicate: Value
    total: int
    shown: tuple[Pointer, ...]
    after: str

    @property
    def is_whole(self) -> bool:
        """True where all are shown."""
        return len(self.shown) == self.total

    @property
    def is_inferred(self) -> bool:
        """True where only inference says that those shown point here."""
        return all(pointer.inferred for pointer in self.shown)

    @property
    def is_dated(self) -> bool:
        """True where some of those shown have a date."""
        return any(pointer.date for pointer in self.shown)


def count_pointers(reader: Reader, target: NamedNode) -> list[tuple[NamedNode, int]]:
    """How often each property points at *target*, in what pages see; most often first.

    What points at itself (everyone is in the same case as themselves, by inference) is left out, and so are, for a
    thing of a record, properties that are not of its ontology.
    """
    pattern, counted = _pointing(reader, target)
    rows = reader.store.query(
        f"SELECT ?p (COUNT({counted}) AS ?n) WHERE {{ {pattern} FILTER(?s != {target}) }} GROUP BY ?p",
        use_default_graph_as_union=reader.layout.kind == "plain",
    )
    assert isinstance(rows, QuerySolutions)  # noqa: S101 - a SELECT
    counts = [(row["p"], int(row["n"].value)) for row in rows]
    terms = reader.vocabulary.terms if reader.is_ours(target) else None
    own = [(predicate, number) for predicate, number in counts if terms is None or predicate.value in terms]
    return sorted(own, key=lambda pair: (-pair[1], pair[0].value))


def _pointing(reader: Reader, target: NamedNode) -> tuple[str, str]:
    """The pattern of what points at *target*, as `Reader.quads` sees it, and what to count in it."""
    if reader.layout.kind == "plain":
        return f"?s ?p {target}", "DISTINCT ?s"
    if reader.layout.kind == "union" or reader.is_ours(target):
        return f"?s ?p {target}", "*"
    claims = reader.names.claim("").value
    return f'GRAPH ?g {{ ?s ?p {target} }} FILTER(!STRSTARTS(STR(?g), "{claims}"))', "DISTINCT ?s"


def read_pointers(reader: Reader, target: NamedNode) -> tuple[Pointers, ...]:
    """The overview: for each property the number, and the things themselves where they are few."""
    counts = dict(count_pointers(reader, target))
    found = []
    for predicate, total in counts.items():
        if reader.is_ours(target) and predicate == reader.names.term("about"):
            continue
        if _only_generalizes(reader, predicate, counts) or total > PREVIEW_LIMIT:
            found.append(Pointers(reader.term(predicate), total, (), ""))
        elif total <= PAGE_SIZE:
            shown = page_pointers(reader, target, predicate, total=total).shown
            if _more_specific(reader, predicate, counts):  # those stand under the specific property already
                shown = tuple(pointer for pointer in shown if not pointer.inferred)
            found.append(Pointers(reader.term(predicate), len(shown), _by_date(shown), ""))
        else:
            found.append(page_pointers(reader, target, predicate, size=PREVIEW, total=total))
    return tuple(sorted(found, key=lambda pointers: (not pointers.shown, pointers.is_inferred, not pointers.is_dated)))


def _only_generalizes(reader: Reader, predicate: NamedNode, counts: dict[NamedNode, int]) -> bool:
    """True where every pointer is there already by a more specific property."""
    below = _more_specific(reader, predicate, counts)
    return bool(below) and counts[predicate] <= sum(counts[p] for p in below)


def _more_specific(reader: Reader, predicate: NamedNode, counts: dict[NamedNode, int]) -> list[NamedNode]:
    return [p for p in counts if predicate.value in reader.vocabulary.above(p.value)]


def _by_date(pointers: Iterable[Pointer]) -> tuple[Pointer, ...]:
    return tuple(sorted(pointers, key=lambda p: (not p.date, p.date.lstrip("[./"), p.subject.text.casefold())))


def page_pointers(
    reader: Reader, target: NamedNode, predicate: NamedNode, *, after: str = "", size: int = PAGE_SIZE,
    total: int | None = None,
) -> Pointers:  # fmt: skip
    """A page of what points at *target* by *predicate*, in the order of IRIs, beginning after the one that is *after*.

    The first few are picked while passing over all: of 100,000 that takes a fifth of a second in memory and three
    quarters on disk, where the store's own `ORDER BY ?s LIMIT` was measured at 27 seconds.
    """
    keys = (_key(quad.subject) for quad in reader.quads(None, predicate, target))
    first = nsmallest(size + 1, (key for key in keys if key > after and key != target.value))
    citations = Citations(reader)
    shown = tuple(_pointer(reader, citations, Triple(_subject(key), predicate, target)) for key in first[:size])
    if total is None:
        total = dict(count_pointers(reader, target)).get(predicate, 0)
    return Pointers(reader.term(predicate), total, shown, first[size - 1] if len(first) > size else "")


def _key(subject: Term) -> str:
    """By what pointers are ordered and paged: the IRI, or a blank node as it is written."""
    return str(subject.value) if isinstance(subject, NamedNode) else str(subject)


def _subject(key: str) -> NamedNode | BlankNode:
    return BlankNode(key.removeprefix("_:")) if key.startswith("_:") else NamedNode(key)


def _pointer(reader: Reader, citations: Citations, triple: Triple) -> Pointer:
    subject = triple.subject
    quads = reader.store.quads_for_pattern(subject, triple.predicate, triple.object, None)
    graphs = {quad.graph_name for quad in quads}
    stated_by = citations.supporting(triple)
    names, layout = reader.names, reader.layout
    others = [graph for graph in graphs if reader.is_apart(graph)]
    if layout.kind != "plain" and not any(layout.is_stated(graph) for graph in graphs):
        origin = "inferred"
    elif layout.kind == "record" and names.graph("base") in graphs:
        origin = "editorial"
    elif stated_by:
        origin = "claim"
    elif reader.is_ours(subject) and not others:
        origin = "description"
    else:
        origin = "graph" if others else "stated"
    return Pointer(
        reader.unnamed(subject) if isinstance(subject, BlankNode) else reader.value(subject), reader.kind(subject),
        reader.date(subject) if isinstance(subject, NamedNode) else "", stated_by, origin,
        reader.values(others) if origin == "graph" else (), _holder(reader, subject),
    )  # fmt: skip


def _holder(reader: Reader, node: Term) -> Value | None:
    """The thing with a name that a blank *node* is a part of, however deep; None where there is none near."""
    for _ in range(DEPTH):
        if not isinstance(node, BlankNode):
            break
        quad = min(reader.quads(None, None, node), key=str, default=None)
        if quad is None:
            return None
        node = quad.subject
        if isinstance(node, NamedNode):
            return reader.value(node)
    return None
