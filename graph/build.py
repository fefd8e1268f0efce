"""Build: documents → claims → RDF, and then what is new in the files through the gate; all of it, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from graph.change import make_change
from graph.claims import read_claims, read_entities
from graph.convert import Converted, convert
from graph.delta import Delta
from graph.derive import Tell, derive_whole, stated_quads
from graph.documents import read_documents
from graph.errors import Spot
from graph.gate import Gate, Submission, check_layout
from graph.layout import Layout
from graph.ontology import Ontology, read_ontology
from graph.project import Project
from graph.rdf import DefaultGraph, NamedNode, Quad, RdfFormat, Store, Triple, open_memory, parse_quads, serialize
from graph.report import Report
from graph.rules import Rule
from graph.schema import Schema, make_schema
from graph.shapes import read_shape_files
from graph.skolem import skolemize
from graph.tally import COUNTED, count_whole
from graph.validate import validate
from graph.versions import Version, Versions

__all__ = ["COUNTED", "Assembled", "Built", "Locator", "assemble", "build", "data_quads", "fill_graphs", "read_record"]

BUILT = "built.nq"


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
    """The current version, with what changed in the files since the last build; RefusedError carries the report.

    What came in by other ways stays as it is, unless the files say otherwise. The first build, and one by other
    software, derives everything anew. Raises SourceError and VersionError too; in each case nothing was changed.
    """
    versions, layout = Versions(project.data), Layout("record", project.names)
    current, inputs, code = versions.current(), project.inputs_digest(), project.code_digest()
    check_layout(current, layout)
    if current is not None and current.manifest.get("inputs") == inputs:
        return Built(current, Report([]), fresh=False)
    tell("reading ontology, documents and claims")
    ontology, record = read_record(project)
    stated = {*data_quads(ontology, record, layout), *_shape_quads(project, layout)}
    submission = Submission(
        _Rebuild(stated, layout), by, why, "build",
        files={BUILT: _lines(stated)}, facts={"inputs": inputs, "code": code},
        locate=Locator(record).locate, even_empty=True,
        whole=current is not None and current.manifest.get("code") != code,
    )  # fmt: skip
    passed = Gate(versions, layout, tell=tell).submit(submission)
    assert passed.version is not None  # noqa: S101 - a build commits even what changes nothing
    return Built(passed.version, passed.report)


@dataclass(frozen=True)
class _Rebuild:
    """The change that files make: what they state now and the last build did not, and the reverse."""

    stated: set[Quad]
    layout: Layout

    def __call__(self, store: Store, parent: Version | None) -> Delta:
        """Make the change in *store*."""
        if parent is None:
            store.bulk_extend(quad for quad in self.stated if quad.graph_name != self.layout.shapes)
            return Delta(frozenset(self.stated))
        kept = parent.folder / BUILT
        last = set(parse_quads(kept, RdfFormat.N_QUADS) if kept.exists() else stated_quads(store, self.layout))
        return make_change(store, parent, self.layout, self.stated - last, last - self.stated)


def _lines(quads: Iterable[Quad]) -> bytes:
    return b"".join(sorted(serialize(quads, RdfFormat.N_QUADS).splitlines(keepends=True)))


def data_quads(ontology: Ontology, record: Converted, layout: Layout) -> Iterator[Quad]:
    """What the files of a record state, its ontology included, its shapes not."""
    yield from (quad for quad in record.quads() if layout.is_stated(quad.graph_name))
    yield from skolemize(ontology.quads, layout.names, layout.ontology)


def _shape_quads(project: Project, layout: Layout) -> Iterator[Quad]:
    return skolemize(read_shape_files(project.shapes, project.names), layout.names, layout.shapes)


def assemble(project: Project, tell: Tell = lambda _: None) -> Assembled:
    """The whole graph in memory, the gate's report on it, and its counts; nothing is written."""
    tell("reading ontology, documents and claims")
    layout = Layout("record", project.names)
    ontology, record = read_record(project)
    schema = make_schema(ontology.quads, _shape_quads(project, layout), project.names)
    store = _derive(ontology, record, schema, layout, tell)
    tell("validating")
    report = validate(store, schema.shapes.values(), Locator(record).locate)
    shapes = sum(len(group.severities) for group in schema.shapes.values())
    return Assembled(store, report, list(schema.rules), count_whole(store, layout, shapes))


def _derive(ontology: Ontology, record: Converted, schema: Schema, layout: Layout, tell: Tell) -> Store:
    store = open_memory(data_quads(ontology, record, layout))
    derive_whole(store, layout, schema, tell)
    return store


def fill_graphs(ontology: Ontology, record: Converted, rules: Iterable[Rule]) -> dict[NamedNode, set[Triple]]:
    """The record's graphs with the ontology, accepted statements, composed labels, and what follows by *rules*."""
    names = ontology.names
    schema = Schema(ontology, tuple(rules), (), {}, frozenset())
    graphs: dict[NamedNode, set[Triple]] = {names.graph(name): set() for name in ("accepted", "labels", "inferred")}
    for quad in _derive(ontology, record, schema, Layout("record", names), lambda _: None):
        if not isinstance(quad.graph_name, DefaultGraph):
            graphs.setdefault(quad.graph_name, set()).add(quad.triple)
    return graphs


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
