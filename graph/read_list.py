"""Reading lists: the things of a class in a fixed order, by date where they have one, else by name."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from graph.iris import PREF_LABEL, RDF_TYPE, Names
from graph.layout import GraphName, Kind
from graph.rdf import DefaultGraph, Literal, NamedNode, Quad, Store
from graph.read import Reader, Value
from graph.read_names import NAMING, is_readable

LIST_SIZE = 100
_DAYS = ("dateMin", "startMin", "startMax", "dateMax", "endMax")
_UNFOLDED = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ß": "ss", "’": "'", "ʼ": "'", "`": "'"})


def fold(text: str) -> str:
    """*text* as names are compared: without case and accents."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(char for char in plain if not unicodedata.combining(char)).translate(_UNFOLDED)


@dataclass(frozen=True)
class Order:
    """The things of one class in their order, each with the place it has; *unnamed* others have no IRI."""

    iris: tuple[str, ...]
    places: dict[str, int]
    dated: bool
    unnamed: int = 0


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
    unnamed: int = 0


def view_of(kind: Kind) -> GraphName | None:
    """The graph that lists are made of: what a plain query sees, or all there are where that is one beside others."""
    return None if kind == "plain" else DefaultGraph()


def order_class(store: Store, names: Names, cls: NamedNode, kind: Kind = "record") -> Order:
    """The order of everything in *cls*: by earliest day, undated ones last, then by English name."""
    subjects = {quad.subject for quad in store.quads_for_pattern(None, RDF_TYPE, cls, view_of(kind))}
    things = {subject.value for subject in subjects if isinstance(subject, NamedNode)}
    is_record = kind == "record"
    days = _first_days(store, names, things) if is_record else {}
    labels = _sort_names(store, things, (PREF_LABEL,) if is_record else NAMING, view_of(kind))
    keys = {iri: (days.get(iri, "9999"), labels.get(iri, iri), iri) for iri in things}
    iris = tuple(sorted(things, key=keys.__getitem__))
    places = {iri: place for place, iri in enumerate(iris)}
    return Order(iris, places, dated=bool(days), unnamed=len(subjects) - len(things))


def _first_days(store: Store, names: Names, things: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key in _DAYS:
        for subject, day in _literals(store.quads_for_pattern(None, names.term(key), None, DefaultGraph()), things):
            if day.value < found.get(subject, "~"):
                found[subject] = day.value
    return found


def _sort_names(
    store: Store, things: set[str], naming: Iterable[NamedNode], graph: GraphName | None
) -> dict[str, str]:
    """The folded English names by the first property that gives one, or the first in another language."""
    best: dict[str, tuple[int, bool, str]] = {}
    for number, predicate in enumerate(naming):
        for subject, label in _literals(store.quads_for_pattern(None, predicate, None, graph), things):
            candidate = (number, label.language != "en", fold(label.value))
            if is_readable(label.value):
                best[subject] = min(best.get(subject, candidate), candidate)
    return {subject: name for subject, (*_, name) in best.items()}


def _literals(quads: Iterable[Quad], things: set[str]) -> Iterator[tuple[str, Literal]]:
    """The literals that *things* have; passing over all of a property is faster than a join or a seek each."""
    for quad in quads:
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
        after="" if is_last or not shown else shown[-1], before=earlier if start else "", unnamed=order.unnamed,
    )  # fmt: skip


def read_items(reader: Reader, iris: Iterable[str]) -> tuple[Item, ...]:
    """Each thing with its words, kind and date."""
    nodes = [NamedNode(iri) for iri in iris]
    return tuple(Item(reader.value(node), reader.kind(node), reader.date(node)) for node in nodes)
