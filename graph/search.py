"""Search: things by any of their names, whatever the case, the accents or the script they are written in."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from graph.iris import DCT, LITERAL_FORM, PREF_LABEL, Names
from graph.layout import Kind
from graph.rdf import DefaultGraph, Literal, NamedNode, Quad, Store, Term
from graph.read_list import fold, view_of
from graph.read_names import ALSO_NAMING, NAMING

_WORD = re.compile(r"[^\W_]+")
QUERY_LIMIT = 200
"""Characters of a query that are looked at."""


@dataclass(frozen=True)
class Name:
    """One name of a thing: as it is written, and folded."""

    iri: str
    text: str
    language: str
    folded: str


@dataclass(frozen=True)
class Hit:
    """A thing that was found, by which of its names, and how well: 0 the same, 1 it begins so, 2 words, 3 within."""

    iri: str
    name: Name
    rank: int


class NameIndex:
    """The names of every thing in one version, and where each word of them occurs."""

    def __init__(self, names: list[Name]) -> None:
        self._names = names
        words = sorted((word, number) for number, name in enumerate(names) for word in set(_WORD.findall(name.folded)))
        self._words = [word for word, _ in words]
        self._numbers = [number for _, number in words]

    def __len__(self) -> int:
        return len(self._names)

    def find(self, query: str) -> list[Hit]:
        """The things that *query* names, best first, each once; every word must begin a word of the same name."""
        folded = " ".join(fold(query[:QUERY_LIMIT]).split())
        words = _WORD.findall(folded)
        if not words:
            return []
        numbers = self._with_words(words)
        if len(folded) >= 3:
            numbers |= {number for number, name in enumerate(self._names) if folded in name.folded}
        best: dict[str, Hit] = {}
        for number in numbers:
            name = self._names[number]
            hit = Hit(name.iri, name, _rank(folded, name.folded, number in numbers))
            if name.iri not in best or _closeness(hit) < _closeness(best[name.iri]):
                best[name.iri] = hit
        return sorted(best.values(), key=_order)

    def _with_words(self, words: list[str]) -> set[int]:
        found: set[int] | None = None
        for word in sorted(words, key=len, reverse=True):
            numbers = set(self._starting(word))
            found = numbers if found is None else found & numbers
        return found or set()

    def _starting(self, prefix: str) -> Iterator[int]:
        place = bisect_left(self._words, prefix)
        while place < len(self._words) and self._words[place].startswith(prefix):
            yield self._numbers[place]
            place += 1


def _rank(query: str, name: str, has_words: bool) -> int:
    if name == query:
        return 0
    if name.startswith(query):
        return 1
    words = _WORD.findall(name)
    is_by_words = has_words and all(any(w.startswith(q) for w in words) for q in _WORD.findall(query))
    return 2 if is_by_words else 3


def _closeness(hit: Hit) -> tuple[int, bool, int, str]:
    """Of the names of one thing the best, and of equally good ones the English one."""
    return hit.rank, hit.name.language != "en", len(hit.name.folded), hit.name.folded


def _order(hit: Hit) -> tuple[int, int, str, str]:
    return hit.rank, len(hit.name.folded), hit.name.folded, hit.iri


def index_names(store: Store, names: Names, kind: Kind = "record") -> NameIndex:
    """The index of every name of the things in a dataset.

    Of a record these are the labels, name forms, titles and identifiers of its own things and concepts, and the names
    of somebody else's in graphs apart from it.
    """
    found = _record_names(store, names) if kind == "record" else _names(store, kind)
    return NameIndex(sorted(set(found), key=lambda name: (name.iri, name.folded, name.language, name.text)))


def _record_names(store: Store, names: Names) -> Iterator[Name]:
    spaces = (names.id("").value, names.voc("").value)
    for predicate in (PREF_LABEL, NamedNode(f"{DCT}identifier"), NamedNode(f"{DCT}title"), LITERAL_FORM):
        for quad in store.quads_for_pattern(None, predicate, None, DefaultGraph()):
            subject, text = quad.subject, quad.object
            if isinstance(subject, NamedNode) and isinstance(text, Literal) and subject.value.startswith(spaces):
                yield _name(subject.value.partition("#")[0], text)
    for predicate in (one for one in NAMING if one != LITERAL_FORM):
        for quad in store.quads_for_pattern(None, predicate, None, None):
            if _is_apart(quad.graph_name, names) and _is_named(quad) and _is_apart(quad.subject, names):
                yield _name(quad.subject.value, quad.object)


def _is_apart(term: Term | DefaultGraph, names: Names) -> bool:
    return isinstance(term, NamedNode) and not term.value.startswith(names.base)


def _names(store: Store, kind: Kind) -> Iterator[Name]:
    for predicate in (*NAMING, *ALSO_NAMING):
        for quad in store.quads_for_pattern(None, predicate, None, view_of(kind)):
            if _is_named(quad):
                yield _name(quad.subject.value, quad.object)


def _is_named(quad: Quad) -> bool:
    return isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal)


def _name(iri: str, text: Literal) -> Name:
    return Name(iri, text.value, text.language or "", " ".join(fold(text.value).split()))
