"""Composed labels, kept true after a change: only those of what changed, and of what is named after it."""

from __future__ import annotations

from collections.abc import Iterable

from graph.delta import Delta
from graph.iris import DCT, ORG, PREF_LABEL
from graph.label import NAMING, Labeller, by_language, participant_keys
from graph.layout import Layout
from graph.ontology import Ontology
from graph.rdf import NamedNode, Quad, Store, Term, Triple


class StoredFacts:
    """Facts in a store: what is stated and accepted, and nothing that was inferred or composed."""

    def __init__(self, store: Store, layout: Layout) -> None:
        self._store = store
        self._graphs = {layout.names.graph(name) for name in NAMING}

    def objects(self, subject: Term, predicate: str) -> Iterable[Term]:
        """The values of *predicate*."""
        quads = self._store.quads_for_pattern(subject, NamedNode(predicate), None, None)
        return [quad.object for quad in quads if quad.graph_name in self._graphs]

    def subjects(self, predicate: str, obj: Term) -> list[Term]:
        """What has *obj* as a value of *predicate*."""
        quads = self._store.quads_for_pattern(None, NamedNode(predicate), obj, None)
        return [quad.subject for quad in quads if quad.graph_name in self._graphs]

    def labels(self, subject: Term) -> dict[str, str]:
        """The label that a curator gave, by language."""
        return by_language(self.objects(subject, PREF_LABEL.value))

    def things(self) -> Iterable[Term]:
        """The subjects that may need a label."""
        return {quad.subject for graph in self._graphs for quad in self._store.quads_for_pattern(*[None] * 3, graph)}


def relabel(store: Store, layout: Layout, ontology: Ontology, changed: Iterable[Triple]) -> Delta:
    """How the graph of composed labels must follow a change, made already, of these stated triples.

    What is named after a thing follows where that thing's own name changed, and only then: a much-named thing costs no
    more than others.
    """
    facts = StoredFacts(store, layout)
    labeller = Labeller(ontology, facts)
    links = _links(ontology)
    changed = list(changed)
    queue = sorted({triple.subject for triple in changed if isinstance(triple.subject, NamedNode)}, key=str)
    renamed = {triple.subject for triple in changed if triple.predicate == PREF_LABEL}
    seen, added, removed = set(queue), set[Quad](), set[Quad]()
    while queue:
        subject = queue.pop()
        old = set(store.quads_for_pattern(subject, PREF_LABEL, None, layout.labels))
        new = {Quad(t.subject, t.predicate, t.object, layout.labels) for t in labeller.labels_of(subject)}
        added |= new - old
        removed |= old - new
        if old == new and subject not in renamed:
            continue
        for link in links:
            for dependent in facts.subjects(link, subject):
                if dependent not in seen and isinstance(dependent, NamedNode):
                    seen.add(dependent)
                    queue.append(dependent)
    return Delta(frozenset(added), frozenset(removed))


def _links(ontology: Ontology) -> list[str]:
    """The properties through which a label takes in that of another thing."""
    names = ontology.names
    own = [names.term(name).value for name in ("directlyIn", "indicator", "actType")]
    others = [f"{DCT}isPartOf", f"{ORG}member", f"{ORG}organization", f"{ORG}role"]
    return [*own, *others, *participant_keys(ontology)]
