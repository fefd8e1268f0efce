"""Reading lists: the things of a class in a fixed order, by date where they have one, else by name."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from graph.iris import PREF_LABEL, RDF_TYPE, Names
from graph.rdf import DefaultGraph, Literal, NamedNode, Store
from graph.read import Reader, Value

LIST_SIZE = 100
_DAYS = ("dateMin", "startMin", "startMax", "dateMax", "endMax")
_UNFOLDED = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ß": "ss", "’": "'", "ʼ": "'", "`": "'"})


def fold(text: str) -> str:
    """*text* as names are compared: without case and accents."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(char for char in plain if not unicodedata.combining(char)).translate(_UNFOLDED)


@dataclass(frozen=True)
class Order:
    """The things of one class in their order, each with the place it has."""

    iris: tuple[str, ...]
    places: dict[str, int]
    dated: bool


@dataclass(frozen=True)
class Item:
    """A thing in a list."""

    thing: Value
    kind: Value | None
    date: str


@dataclass(frozen=True)
class ListPage:
    """A page of a list: its items, their place in the whole, and the IRI after which the next page begins."""

    items: tuple[Item, ...]
    first: int
    total: int
    dated: bool
    after: str
    before: str


def order_class(store: Store, names: Names, cls: NamedNode) -> Order:
    """The order of everything in *cls*: by earliest day, undated ones last, then by English name."""
    quads = store.quads_for_pattern(None, RDF_TYPE, cls, DefaultGraph())
    things = {q.subject.value for q in quads if isinstance(q.subject, NamedNode)}
    days, labels = _first_days(store, names, things), _sort_names(store, things)
    keys = {iri: (days.get(iri, "9999"), labels.get(iri, iri), iri) for iri in things}
    iris = tuple(sorted(things, key=keys.__getitem__))
    return Order(iris, {iri: place for place, iri in enumerate(iris)}, dated=bool(days))


def _first_days(store: Store, names: Names, things: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key in _DAYS:
        for subject, day in _literals(store, names.term(key), things):
            if day.value < found.get(subject, "~"):
                found[subject] = day.value
    return found


def _sort_names(store: Store, things: set[str]) -> dict[str, str]:
    """The folded English names, or the first in another language."""
    best: dict[str, tuple[bool, str]] = {}
    for subject, label in _literals(store, PREF_LABEL, things):
        candidate = (label.language != "en", fold(label.value))
        best[subject] = min(best.get(subject, candidate), candidate)
    return {subject: name for subject, (_, name) in best.items()}


def _literals(store: Store, predicate: NamedNode, things: set[str]) -> Iterator[tuple[str, Literal]]:
    """The literals of *predicate* that *things* have; passing over all of them is faster than a join or a seek each."""
    for quad in store.quads_for_pattern(None, predicate, None, DefaultGraph()):
        if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal) and quad.subject.value in things:
            yield quad.subject.value, quad.object


def read_list(reader: Reader, order: Order, after: str = "", size: int = LIST_SIZE) -> ListPage:
    """The page that begins after the thing *after*; KeyError where that is not in the list."""
    start = order.places[after] + 1 if after else 0
    shown = order.iris[start : start + size]
    is_last = start + size >= len(order.iris)
    earlier = order.iris[start - size - 1] if start > size else ""
    return ListPage(
        read_items(reader, shown), start + 1, len(order.iris), order.dated,
        after="" if is_last or not shown else shown[-1], before=earlier if start else "",
    )  # fmt: skip


def read_items(reader: Reader, iris: Iterable[str]) -> tuple[Item, ...]:
    """Each thing with its words, kind and date."""
    nodes = [NamedNode(iri) for iri in iris]
    return tuple(Item(reader.value(node), reader.kind(node), reader.date(node)) for node in nodes)
