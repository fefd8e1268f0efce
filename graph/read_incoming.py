"""Reading what points at a thing: counted by property, and paged by IRI so that a hub costs no more than a page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import nsmallest

from graph.rdf import DefaultGraph, NamedNode, QuerySolutions, Triple
from graph.read import Reader, Value
from graph.read_claims import Citation, Citations

PAGE_SIZE = 50
PREVIEW = 10
PREVIEW_LIMIT = 2000
"""Above this many, a page's overview gives the number and the way to the list, and sorts nothing."""


@dataclass(frozen=True)
class Pointer:
    """A thing that points here, its kind and date, and what supports that it does; *origin* as of a `Fact`."""

    subject: Value
    kind: Value | None
    date: str
    citations: tuple[Citation, ...]
    origin: str

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
    """How often each property of the ontology points at *target*, in what a plain query sees; most often first.

    What points at itself (everyone is in the same case as themselves, by inference) is left out.
    """
    rows = reader.store.query(
        f"SELECT ?p (COUNT(*) AS ?n) WHERE {{ ?s ?p {target} FILTER(?s != {target}) }} GROUP BY ?p"
    )
    assert isinstance(rows, QuerySolutions)  # noqa: S101 - a SELECT
    counts = [(row["p"], int(row["n"].value)) for row in rows]
    own = [(predicate, number) for predicate, number in counts if predicate.value in reader.vocabulary.terms]
    return sorted(own, key=lambda pair: (-pair[1], pair[0].value))


def read_pointers(reader: Reader, target: NamedNode) -> tuple[Pointers, ...]:
    """The overview: for each property the number, and the things themselves where they are few."""
    counts = dict(count_pointers(reader, target))
    found = []
    for predicate, total in counts.items():
        if predicate == reader.names.term("about"):
            continue
        if _only_generalizes(reader, predicate, counts) or total > PREVIEW_LIMIT:
            found.append(Pointers(reader.value(predicate), total, (), ""))
        elif total <= PAGE_SIZE:
            shown = page_pointers(reader, target, predicate, total=total).shown
            if _more_specific(reader, predicate, counts):  # those stand under the specific property already
                shown = tuple(pointer for pointer in shown if not pointer.inferred)
            found.append(Pointers(reader.value(predicate), len(shown), _by_date(shown), ""))
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
    """A page of what points at *target* by *predicate*, in the order of IRIs, beginning after the IRI *after*.

    The first few are picked while passing over all: of 100,000 that takes a fifth of a second in memory and three
    quarters on disk, where the store's own `ORDER BY ?s LIMIT` was measured at 27 seconds.
    """
    quads = reader.store.quads_for_pattern(None, predicate, target, DefaultGraph())
    iris = (q.subject.value for q in quads if isinstance(q.subject, NamedNode))
    following = (iri for iri in iris if iri > after and iri != target.value)
    subjects = [NamedNode(iri) for iri in nsmallest(size + 1, following)]
    citations = Citations(reader)
    shown = tuple(_pointer(reader, citations, Triple(s, predicate, target)) for s in subjects[:size])
    if total is None:
        total = dict(count_pointers(reader, target)).get(predicate, 0)
    return Pointers(reader.value(predicate), total, shown, shown[-1].subject.iri if len(subjects) > size else "")


def _pointer(reader: Reader, citations: Citations, triple: Triple) -> Pointer:
    subject = triple.subject
    assert isinstance(subject, NamedNode)  # noqa: S101 - the query asks for IRIs
    graphs = {q.graph_name for q in reader.store.quads_for_pattern(subject, triple.predicate, triple.object, None)}
    stated_by = citations.supporting(triple)
    names = reader.names
    if names.graph("base") in graphs:
        origin = "editorial"
    elif stated_by:
        origin = "claim"
    else:
        origin = "inferred" if names.graph("inferred") in graphs else "description"
    return Pointer(reader.value(subject), reader.kind(subject), reader.date(subject), stated_by, origin)
