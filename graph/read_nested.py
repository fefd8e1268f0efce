"""Reading things without a name: what is said of them, within what points at them, as deep as a page can hold.

Bounded, so that no knot of blank nodes costs more than a page: at most `DEPTH` levels and `SHOWN` values of one thing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from graph.iris import RDF_TYPE
from graph.rdf import BlankNode, NamedNode, Term
from graph.read_value import Part, Value

if TYPE_CHECKING:
    from graph.read import Reader

DEPTH = 3
"""Levels of things without a name that are shown within each other."""
SHOWN = 60
"""Values that are shown within one."""

_RDF = RDF_TYPE.value.removesuffix("type")
_FIRST, _REST = NamedNode(f"{_RDF}first"), NamedNode(f"{_RDF}rest")


def read_parts(reader: Reader, node: Term) -> Value:
    """The blank *node* with what is said of it, as far as it is shown."""
    return _Nest(reader).read(node, ())


class _Nest:
    """One reading of a thing without a name, and of what it holds."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._left = SHOWN

    def read(self, node: Term, above: tuple[Term, ...]) -> Value:
        """The *node*, which stands within *above*."""
        if node in above or len(above) >= DEPTH or not self._left:
            return self._reader.unnamed(node, is_cut=any(True for _ in self._reader.quads(node)))
        if self._reader.one(node, _FIRST) is not None:
            return self._list(node, above)
        said: dict[NamedNode, list[Value]] = {}
        is_cut = False
        for quad in sorted(self._reader.quads(node), key=str):
            if not self._left:
                is_cut = True
                break
            self._left -= 1
            is_kind = quad.predicate == RDF_TYPE and isinstance(quad.object, NamedNode)
            value = self._reader.term(quad.object) if is_kind else self._value(quad.object, (*above, node))
            said.setdefault(quad.predicate, []).append(value)
        parts = [self._part(predicate, values) for predicate, values in said.items()]
        parts.sort(key=lambda part: (part.predicate.iri != RDF_TYPE.value, part.predicate.text.casefold()))
        return self._reader.unnamed(node, tuple(parts), is_cut=is_cut)

    def _value(self, term: Term, above: tuple[Term, ...]) -> Value:
        return self.read(term, above) if isinstance(term, BlankNode) else self._reader.value(term)

    def _part(self, predicate: NamedNode, values: list[Value], *, is_list: bool = False) -> Part:
        name = Value(predicate, "type", "en") if predicate == RDF_TYPE else self._reader.term(predicate)
        return Part(name, tuple(values), is_list)

    def _list(self, head: Term, above: tuple[Term, ...]) -> Value:
        values, is_cut = [], False
        for member in self._members(head):
            if not self._left:
                is_cut = True
                break
            self._left -= 1
            values.append(self._value(member, (*above, head)))
        return self._reader.unnamed(head, (self._part(_FIRST, values, is_list=True),), is_cut=is_cut)

    def _members(self, node: Term | None) -> Iterator[Term]:
        seen: set[Term] = set()
        while node is not None and node not in seen:
            seen.add(node)
            first = self._reader.one(node, _FIRST)
            if first is not None:
                yield first
            node = self._reader.one(node, _REST)
