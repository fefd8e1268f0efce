"""Build: documents → claims → RDF → infer → validate → version; all of it, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from graph.claims import read_claims, read_entities
from graph.convert import Converted, convert
from graph.documents import read_documents
from graph.errors import RefusedError, Spot, VersionError
from graph.explain import rules_to_json
from graph.infer import infer
from graph.iris import RDF_TYPE, Names
from graph.label import compose_labels
from graph.ontology import Ontology, read_ontology
from graph.project import Project
from graph.rdf import BlankNode, NamedNode, Quad, Store, Triple, open_memory
from graph.report import Report
from graph.rules import Rule, compile_rules
from graph.shapes import Shapes, read_shapes
from graph.validate import validate
from graph.versions import Version, Versions

Tell = Callable[[str], None]
"""Told of each stage as it begins."""

SERVED = ("sources", "meta", "base", "accepted", "inferred", "labels", "ontology")
"""The graphs whose union a plain query sees."""


@dataclass(frozen=True)
class Built:
    """What a build made: the version (not *fresh* where the current one already holds these inputs), and the report."""

    version: Version
    report: Report
    fresh: bool = True


@dataclass(frozen=True)
class Assembled:
    """Everything that a version would hold, before anything is written."""

    store: Store
    report: Report
    rules: list[Rule]
    counts: dict[str, int]


def read_record(project: Project) -> tuple[Ontology, Converted]:
    """The record as RDF, before inference; SourceError names what is wrong in which file and line."""
    ontology = read_ontology(project.ontology, project.names)
    documents = read_documents(project.documents, "graph/documents")
    entities = read_entities(project.entities, "graph/entities")
    files = read_claims(project.claims, documents, "graph/claims")
    return ontology, convert(ontology, documents.values(), entities, files)


def build(project: Project, *, by: str, why: str, tell: Tell = lambda _: None) -> Built:
    """The current version, made anew unless it was built from the same inputs; RefusedError carries the gate's report.

    Raises SourceError and VersionError too; in each case nothing was changed.
    """
    versions = Versions(project.data)
    with versions.writer() as writer:
        current = versions.current()
        inputs = project.inputs_digest()
        if current is not None and current.manifest["base"] != project.base:
            held = current.manifest["base"]
            raise VersionError(f"{project.data} holds versions under {held}.", "Give that --base, or another --data.")
        if current is not None and current.manifest["inputs"] == inputs:
            return Built(current, Report([]), fresh=False)
        made = assemble(project, tell)
        if not made.report.conforms:
            raise RefusedError(made.report)
        tell("writing the version")
        manifest = {"inputs": inputs, "base": project.base, "counts": made.counts,
                    "warnings": made.report.count("Warning"), "infos": made.report.count("Info")}  # fmt: skip
        files = {"rules.json": rules_to_json(made.rules)}
        return Built(writer.commit(made.store, manifest, files, by=by, why=why), made.report)


def assemble(project: Project, tell: Tell = lambda _: None) -> Assembled:
    """The whole graph in memory, the gate's report on it, and its counts; nothing is written."""
    tell("reading ontology, documents and claims")
    ontology, record = read_record(project)
    shapes = read_shapes(project.shapes, project.names)
    rules = compile_rules(ontology.quads)
    graphs = fill_graphs(ontology, record, rules, tell)
    store = open_memory(_quads(graphs, project.names))
    tell("validating")
    report = validate(store, shapes.values(), Locator(record).locate)
    return Assembled(store, report, rules, _counts(graphs, project.names, shapes))


def fill_graphs(
    ontology: Ontology, record: Converted, rules: Iterable[Rule], tell: Tell = lambda _: None
) -> dict[NamedNode, set[Triple]]:
    """The record's graphs with the ontology, the composed labels and what was inferred beside them."""
    names = ontology.names
    graphs = dict(record.graphs)
    graphs[names.graph("ontology")] = {_skolem(quad, names) for quad in ontology.quads}
    stated = _union(graphs, names, ("sources", "meta", "base", "accepted"))
    tell("composing labels")
    graphs[names.graph("labels")] = compose_labels(ontology, stated)
    tell("inferring")
    graphs[names.graph("inferred")] = infer(stated, rules)
    return graphs


def _skolem(quad: Quad, names: Names) -> Triple:
    """The triple with blank nodes named, so that versions can be compared line by line (RDF 1.1, section 3.5)."""
    terms = [
        NamedNode(f"{names.base}.well-known/genid/{term.value}") if isinstance(term, BlankNode) else term
        for term in (quad.subject, quad.object)
    ]
    return Triple(terms[0], quad.predicate, terms[1])


def _union(graphs: dict[NamedNode, set[Triple]], names: Names, which: Iterable[str]) -> set[Triple]:
    found: set[Triple] = set()
    for name in which:
        found |= graphs.get(names.graph(name), set())
    return found


def _quads(graphs: dict[NamedNode, set[Triple]], names: Names) -> Iterable[Quad]:
    """Every triple in its graph, and what a plain query sees in the default graph too."""
    for graph, triples in graphs.items():
        for triple in triples:
            yield Quad(triple.subject, triple.predicate, triple.object, graph)
    for triple in _union(graphs, names, SERVED):
        yield Quad(triple.subject, triple.predicate, triple.object)


COUNTED = (
    "Document", "Passage", "Claim", "Person", "Organization", "LegalAct", "Provision", "Event", "Figure", "Place",
)  # fmt: skip
"""The classes whose things are counted in a version's manifest, in the order in which people read them."""


def _counts(graphs: dict[NamedNode, set[Triple]], names: Names, shapes: dict[str, Shapes]) -> dict[str, int]:
    counts: dict[str, int] = {}
    default = _union(graphs, names, SERVED)
    for name in COUNTED:
        cls = names.term(name)
        counts[name] = sum(t.predicate == RDF_TYPE and t.object == cls for t in default)
    counts["triples"] = len(default)
    counts["inferred"] = len(graphs[names.graph("inferred")])
    counts["shapes"] = sum(len(group.severities) for group in shapes.values())
    counts["graphs"] = len(graphs)
    return counts


class Locator:
    """Finds where in the files something was written."""

    def __init__(self, record: Converted) -> None:
        self._record = record
        self._by_subject: dict[str, list[tuple[str, str, Spot]]] = {}
        self._named = {iri.value: spot for iri, spot in record.spots.items()}
        for triple, spots in record.triple_spots.items():
            entries = self._by_subject.setdefault(triple.subject.value, [])
            entries += [(triple.predicate.value, triple.object.value, spot) for spot in spots]

    def locate(self, focus: str, path: str | None, value: str | None) -> tuple[Spot, ...]:
        """The lines of the offending triple where it was written, else those that speak of the focus node."""
        entries = self._by_subject.get(focus, [])
        exact = {spot for predicate, obj, spot in entries if predicate == path and value in (None, obj)}
        if exact:
            return tuple(sorted(exact))
        said = {spot for _, obj, spot in entries if value is not None and obj == value}
        if said:
            return tuple(sorted(said))
        if focus in self._named:
            return (self._named[focus],)
        return tuple(sorted({spot for _, _, spot in entries}))[:5]
