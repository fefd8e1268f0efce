"""What goes from a dataset when a thing or a statement is redacted, and what comes in its place.

With a thing go its parts, what points at it, the places of lists that it stood in, claims that state nothing any more,
and whatever nobody else points at: blank nodes, and the passages, segments and anonymous sources of those claims.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from graph.derive import stated_quads
from graph.iris import OA, RDF_TYPE, Names
from graph.layout import GraphName, Layout
from graph.rdf import BlankNode, Literal, NamedNode, Quad, Store, Term, Triple
from graph.redacted import is_tombstone
from graph.wording import BLACKED

_RDF = RDF_TYPE.value.removesuffix("type")
_FIRST, _REST = f"{_RDF}first", f"{_RDF}rest"
_EXACT = NamedNode(f"{OA}exact")
_GENID = ".well-known/genid/"
NOTE = "What this claim stated was redacted."

NAMING = frozenset(("label", "prefLabel", "altLabel", "hiddenLabel", "literalForm", "name", "title"))
"""The last parts of the IRIs of properties, of whatever vocabulary, whose values are names of a thing."""


@dataclass(frozen=True)
class Target:
    """What is to be redacted: things by their *iris*, and single *statements*, whatever graph they are in.

    With *keep_claims* the record of a claim that is emptied stays, with the status `redacted`.
    """

    iris: frozenset[str]
    statements: frozenset[Triple] = frozenset()
    keep_claims: bool = False

    def means(self, term: Term | GraphName) -> str:
        """The IRI to be redacted that *term* is, or is a part of; empty where it is neither."""
        if not isinstance(term, NamedNode):
            return ""
        iri: str = term.value
        if iri in self.iris:
            return iri
        whole, mark, _ = iri.partition("#")
        return whole if mark and whole in self.iris else ""

    def hits(self, quad: Quad) -> bool:
        """True where *quad* is to go by itself."""
        if self.statements and quad.triple in self.statements:
            return True
        return any(map(self.means, quad)) and not is_tombstone(quad)

    def mentioned(self, quads: Iterable[Quad]) -> set[str]:
        """The IRIs to be redacted that *quads* mention."""
        return {self.means(term) for quad in quads if not is_tombstone(quad) for term in quad} - {""}


@dataclass
class Selection:
    """The stated quads that are *removed* and *added*, the *claims* that are emptied by that, and what is *gone* whole.

    That is IRIs of claims, and of passages and others that only they pointed at.
    """

    removed: set[Quad]
    added: set[Quad] = field(default_factory=set)
    claims: set[NamedNode] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)


def local_name(predicate: NamedNode) -> str:
    """The last part of the IRI of a property."""
    return str(predicate.value).rpartition("#")[2].rpartition("/")[2].rpartition(":")[2]


def select(store: Store, layout: Layout, target: Target) -> Selection:
    """What goes from *store* and what comes in its place, among what is stated."""
    found = Selection({quad for quad in stated_quads(store, layout) if target.hits(quad)})
    if not found.removed:
        return found
    look = _Look(store, layout, found)
    look.close_lists()
    if layout.kind == "record":
        look.empty_claims(target)
    look.follow_orphans()
    return found


def without_records(target: Target) -> Target:
    """The same, no record of a claim kept: for what files stated, which must not own such a record."""
    return replace(target, keep_claims=False)


class _Look:
    """Follows a selection through the store."""

    def __init__(self, store: Store, layout: Layout, found: Selection) -> None:
        self._store = store
        self._layout = layout
        self._found = found

    def _stated(self, subject: Term | None, predicate: NamedNode | None, value: Term | None) -> list[Quad]:
        """The stated quads of this pattern that remain."""
        return [
            quad for quad in self._store.quads_for_pattern(subject, predicate, value, None)
            if quad not in self._found.removed and self._layout.is_stated(quad.graph_name)
        ]  # fmt: skip

    def close_lists(self) -> None:
        """Take the places out of lists whose values go, and join what was before and after them."""
        removed = self._found.removed
        cells = {quad.subject for quad in removed if quad.predicate.value == _FIRST}
        rests = {quad.subject: quad.object for cell in cells for quad in self._stated(cell, NamedNode(_REST), None)}
        for cell in cells:
            following = cell
            while following in rests:
                following = rests[following]
            for pointer in self._stated(None, None, cell):
                removed.add(pointer)
                if pointer.subject not in cells:
                    self._found.added.add(Quad(pointer.subject, pointer.predicate, following, pointer.graph_name))
        removed.update(quad for cell in cells for quad in self._stated(cell, None, None))

    def empty_claims(self, target: Target) -> None:
        """Take away, or keep as redacted, the records of claims of which nothing is left."""
        prefix = self._layout.names.claim("").value
        graphs = {quad.graph_name for quad in self._found.removed}
        touched = {NamedNode(iri) for iri in target.iris} | {g for g in graphs if isinstance(g, NamedNode)}
        claims = {claim for claim in touched if claim.value.startswith(prefix)}
        self._found.claims = {claim for claim in claims if self._is_empty(claim)}
        for claim in self._found.claims:
            if target.keep_claims:
                self._keep_record(claim, target)
            else:
                about = [*self._stated(claim, None, None), *self._stated(None, None, claim)]
                self._found.removed.update(about)
                self._found.gone.add(claim.value)

    def _is_empty(self, claim: NamedNode) -> bool:
        return all(quad in self._found.removed for quad in self._store.quads_for_pattern(None, None, None, claim))

    def _keep_record(self, claim: NamedNode, target: Target) -> None:
        """Let the record say that the claim was redacted, and what it was about, but neither phrase nor note."""
        names, found = self._layout.names, self._found
        meta, status, note, about = names.graph("meta"), names.term("status"), names.term("note"), names.term("about")
        old = set(self._store.quads_for_pattern(claim, None, None, meta))
        if not old:
            return
        found.removed |= {quad for quad in old if quad.predicate in (status, note)}
        found.removed -= {quad for quad in old if quad.predicate not in (status, note)
                          and (quad.predicate == about or not target.means(quad.object))}  # fmt: skip
        found.removed -= {quad for quad in self._store.quads_for_pattern(None, None, claim, meta)
                          if not target.means(quad.subject)}  # fmt: skip
        found.added |= {
            Quad(claim, status, names.voc("redacted"), meta), Quad(claim, note, Literal(NOTE, language="en"), meta),
        }  # fmt: skip
        for passage in self._store.quads_for_pattern(claim, names.term("passage"), None, meta):
            for segment in self._stated(passage.object, names.term("segment"), None):
                if not self._is_used(segment.object, names):
                    self._black_out(segment.object)

    def _is_used(self, segment: Term, names: Names) -> bool:
        """True where a claim that states something rests on *segment*."""
        passages = [quad.subject for quad in self._stated(None, names.term("segment"), segment)]
        claims = {quad.subject for passage in passages for quad in self._stated(None, names.term("passage"), passage)}
        return bool(claims - self._found.claims)

    def _black_out(self, segment: Term) -> None:
        for quad in self._stated(segment, _EXACT, None):
            self._found.removed.add(quad)
            self._found.added.add(Quad(segment, _EXACT, Literal(BLACKED), quad.graph_name))

    def follow_orphans(self) -> None:
        """Take away what was pointed at only by what goes."""
        found = self._found
        waiting = [quad.object for quad in found.removed]
        while waiting:
            node = waiting.pop()
            if self._is_dependent(node) and not self._is_pointed_at(node):
                gone = self._stated(node, None, None)
                lost = {quad for quad in found.added if quad.subject == node}
                found.removed.update(gone)
                found.added -= lost
                found.gone.add(node.value)
                waiting += [quad.object for quad in (*gone, *lost)]

    def _is_pointed_at(self, node: Term) -> bool:
        return bool(self._stated(None, None, node)) or any(quad.object == node for quad in self._found.added)

    def _is_dependent(self, node: Term) -> bool:
        """True for what is nothing by itself."""
        names = self._layout.names
        if not isinstance(node, NamedNode):
            return isinstance(node, BlankNode)
        is_place = node.value.startswith(names.capture("").value) and "#" in node.value
        return (is_place and self._layout.kind == "record") or node.value.startswith(f"{names.base}{_GENID}")
