"""Reading lists: the things of a class in a fixed order, by date where they have one, else by name."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from graph.iris import PREF_LABEL, RDF_TYPE, Names
from graph.rdf import DefaultGraph, Literal, NamedNode, QuerySolutions, Store
from graph.read import Reader, Value

LIST_SIZE = 100
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
    things = {q.subject for q in quads if isinstance(q.subject, NamedNode)}
    days = _first_days(store, names, cls)
    keys = {thing: (days.get(thing.value, "9999"), _sort_name(store, thing), thing.value) for thing in things}
    iris = tuple(thing.value for thing in sorted(things, key=keys.__getitem__))
    return Order(iris, {iri: place for place, iri in enumerate(iris)}, dated=bool(days))


def _first_days(store: Store, names: Names, cls: NamedNode) -> dict[str, str]:
    keys = " ".join(str(names.term(key)) for key in ("dateMin", "startMin", "startMax", "dateMax", "endMax"))
    rows = store.query(
        f"SELECT ?s (MIN(STR(?day)) AS ?first) WHERE {{ VALUES ?p {{ {keys} }} ?s a {cls} ; ?p ?day }} GROUP BY ?s"
    )
    assert isinstance(rows, QuerySolutions)  # noqa: S101 - a SELECT
    return {row["s"].value: row["first"].value for row in rows if row["first"] is not None}


def _sort_name(store: Store, thing: NamedNode) -> str:
    found = [q.object for q in store.quads_for_pattern(thing, PREF_LABEL, None, DefaultGraph())]
    labels = {t.language or "": t.value for t in found if isinstance(t, Literal)}
    return fold(labels.get("en") or next(iter(sorted(labels.values())), thing.value))


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
