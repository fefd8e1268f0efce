"""Looking through all kept versions for what a redaction takes out of each, and for its names in other texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from graph.build import BUILT
from graph.derive import Tell, stated_quads
from graph.errors import UsageError
from graph.iris import RDF_TYPE
from graph.layout import Layout
from graph.rdf import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse_quads
from graph.redact_select import NAMING, Selection, Target, local_name, select
from graph.redact_traces import Traces
from graph.redact_version import Plan, Share, black_out, layout_of, patched
from graph.redacted import tombstone
from graph.schema import read_shape_quads
from graph.versions import PATCH, Version
from graph.wording import LEAST, Wording, fold


@dataclass(frozen=True)
class Survey:
    """What each version has its *shares* of, and the *plan* for all of them.

    *names* are blacked out in other texts; *shared* names are not, as they are values of something else too. *texts*
    are all removed values.
    """

    shares: Sequence[Share]
    plan: Plan
    names: frozenset[str]
    shared: frozenset[str]
    texts: frozenset[str]

    @property
    def removed(self) -> set[Quad]:
        """Every stated quad that goes from some version."""
        return set().union(*(share.selection.removed for share in self.shares))

    @property
    def blacked(self) -> set[Quad]:
        """Every stated quad whose value is blacked out in some version."""
        return set().union(*(share.blacked for share in self.shares))

    def counts(self) -> dict[str, int]:
        """How much goes."""
        claims = set().union(*(share.selection.claims for share in self.shares))
        return {
            "things": len(self.plan.target.iris), "statements": len(self.removed), "claims": len(claims),
            "texts": len(self.blacked), "versions": sum(share.is_touched for share in self.shares),
        }  # fmt: skip

    def statements(self) -> set[Triple]:
        """The statements that must not come back, beside all those on the things themselves."""
        wording, means = self.plan.wording, self.plan.target.means
        texts = {quad.triple for quad in self.removed if not means(quad.subject) and black_out(quad, wording) != quad}
        return {*self.plan.target.statements, *(quad.triple for quad in self.blacked), *texts}


@dataclass
class _Found:
    """What goes from one version, and the quads that remain there and may mention its names."""

    version: Version
    layout: Layout
    selection: Selection
    mentions: Sequence[Quad] = ()


def survey(
    listed: Sequence[Version], layout: Layout, target: Target, *,
    keep_texts: bool = False, absent: bool = False, tell: Tell = lambda _: None,
) -> Survey:  # fmt: skip
    """What redacting *target* takes out of the versions *listed*, which are laid out as they say, or as *layout*.

    With *keep_texts* names stay where they stand within other texts. UsageError where nothing is found, unless it may
    be *absent*, or where the target is no thing but a term of the vocabulary.
    """
    found, removed = [], set[Quad]()
    for version in listed:
        tell(f"looking through version {version.number}")
        own, store = layout_of(version, layout), version.open_disk()
        for iri in target.iris:
            _refuse_term(store, own, NamedNode(iri))
        found.append(_Found(version, own, select(store, own, target)))
        removed.update(found[-1].selection.removed, filter(target.hits, _beside(version, own)))
    if not removed and not absent:
        remedy = "Mind the spelling; `letapis query` finds IRIs. If it was there long ago, give --absent."
        raise UsageError("no kept version states anything of that.", remedy)
    values = {quad: quad.object.value for quad in removed if isinstance(quad.object, Literal)}
    names = {text for quad, text in values.items() if _is_name(quad, target)}
    tell("looking for what mentions it")
    elsewhere = _read_rest(found, Wording(names, ()), {fold(text) for text in values.values()})
    shared = {name for name in names if fold(name) in elsewhere}
    hunted = set() if keep_texts else names - shared
    wording = Wording(hunted, {text for text in values.values() if fold(text) not in elsewhere})
    plan = _plan(found, layout, target, wording)
    shares = [Share(each.version, each.layout, each.selection, _blacked(each.mentions, wording)) for each in found]
    return Survey(shares, plan, frozenset(hunted), frozenset(shared), frozenset(values.values()))


def _refuse_term(store: Store, layout: Layout, iri: NamedNode) -> None:
    """UsageError where *iri* is a graph of the layout, a property or a class."""
    is_own = layout.kind != "plain" and iri.value.startswith(layout.names.graph("").value)
    patterns = ((None, iri, None), (None, RDF_TYPE, iri))
    if is_own or any(True for pattern in patterns for _ in store.quads_for_pattern(*pattern, None)):
        raise UsageError(
            f"<{iri.value}> is a graph, a property or a class, and no thing.",
            "Change the ontology and what uses it by a build or an update; redact things.",
        )


def _beside(version: Version, layout: Layout) -> Iterator[Quad]:
    """The quads in the files beside the store of a version: it may have held them once."""
    built, patch = version.folder / BUILT, version.folder / PATCH
    if built.exists():
        yield from parse_quads(built, RdfFormat.N_QUADS)
    if patch.exists():
        yield from patched(patch)
    if layout.kind != "plain":
        yield from read_shape_quads(version, layout)


def _is_name(quad: Quad, target: Target) -> bool:
    """True for a value that names a thing; single statements are not hunted further."""
    return local_name(quad.predicate) in NAMING and quad.triple not in target.statements


def _read_rest(found: Iterable[_Found], wording: Wording, texts: set[str]) -> set[str]:
    """Those of *texts* that are values of something that remains; what mentions names is taken note of."""
    elsewhere = set()
    for each in found:
        store, gone, mentions = each.version.open_disk(), each.selection.removed, []
        for quad in stated_quads(store, each.layout):
            value = quad.object
            if isinstance(value, Literal) and len(value.value) >= LEAST and quad not in gone:
                text = fold(value.value)
                if text in texts:
                    elsewhere.add(text)
                if wording.mentions(value.value):
                    mentions.append(quad)
        each.mentions = mentions
    return elsewhere


def _blacked(quads: Iterable[Quad], wording: Wording) -> dict[Quad, Quad]:
    pairs = ((quad, black_out(quad, wording)) for quad in quads)
    return {quad: made for quad, made in pairs if made != quad}


def _plan(found: Sequence[_Found], layout: Layout, target: Target, wording: Wording) -> Plan:
    gone = chain.from_iterable(each.selection.gone for each in found)
    traces = Traces(target.iris, target.statements, gone, wording)
    graph = found[-1].layout.target(DefaultGraph())
    tombstones = {iri: tombstone(iri, layout.names, graph) for iri in target.iris}
    return Plan(target, wording, traces, tombstones)
