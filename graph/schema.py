"""What a version is reasoned and validated by: its ontology, the rules compiled from it, and its shapes.

The ontology is a graph of the version, the shapes and the rules are files of it, so an old version is still read by
what it was made by.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from graph.affect import Reads, reads_of
from graph.explain import denials_to_json, read_denials, read_rules, rules_to_json
from graph.iris import Names
from graph.layout import Layout
from graph.ontology import Ontology, make_ontology
from graph.query_reads import reads_from_json, reads_to_json
from graph.rdf import Quad, RdfFormat, Store, parse_quads, serialize
from graph.rules import Denial, Rule, compile_denials, compile_rules
from graph.shapes import Shapes, make_shapes
from graph.skolem import skolemize, unskolemize
from graph.unsupported import LeftOut, leave_out
from graph.versions import Version

SHAPES = "shapes.nt"
RULES, DENIALS, READS = "rules.json", "denials.json", "reads.json"


@dataclass(frozen=True)
class Schema:
    """The ontology, its rules and denials, the shapes by view, and these as a graph, its blank nodes named.

    *reads* is what the SPARQL constraints of the shapes read, *left_out* what the rules were not compiled of, where
    they were compiled just now.
    """

    ontology: Ontology
    rules: tuple[Rule, ...]
    denials: tuple[Denial, ...]
    shapes: Mapping[str, Shapes]
    shape_quads: frozenset[Quad]
    reads: Reads = field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()

    def files(self) -> dict[str, bytes]:
        """The files that keep it with a version."""
        lines = sorted(serialize(self.shape_quads, RdfFormat.N_TRIPLES).splitlines(keepends=True))
        return {
            SHAPES: b"".join(lines), READS: reads_to_json(self.reads),
            RULES: rules_to_json(self.rules), DENIALS: denials_to_json(self.denials),
        }  # fmt: skip


def read_schema(version: Version | None, store: Store, layout: Layout) -> Schema:
    """The schema that *version* was made by; *store* holds its ontology. An empty one for no version."""
    if version is None:
        return make_schema((), (), layout.names)
    ontology = _ontology(store, layout)
    quads = read_shape_quads(version, layout)
    rules, denials = tuple(read_rules(version)), tuple(read_denials(version))
    shapes = _shapes(quads, layout.names)
    return Schema(ontology, rules, denials, shapes, quads, _reads(shapes, version))


def change_schema(
    store: Store, layout: Layout, shape_quads: Iterable[Quad], before: Version | None = None
) -> Schema:
    """The schema anew: of the ontology that *store* holds now, and of these shapes; SourceError for unusable ones.

    What was compiled for the version *before* is not compiled again. Of the ontology of a `union`, which is somebody
    else's, what the reasoner does not take is left out.
    """
    ontology = _ontology(store, layout)
    return make_schema(ontology.quads, shape_quads, layout.names, before, is_foreign=layout.kind == "union")


def make_schema(
    ontology: Iterable[Quad], shape_quads: Iterable[Quad], names: Names, before: Version | None = None, *,
    is_foreign: bool = False,
) -> Schema:  # fmt: skip
    """The schema of these quads, the rules compiled."""
    read, quads = make_ontology(ontology, names), frozenset(shape_quads)
    axioms, left_out = leave_out(read.quads) if is_foreign else (read.quads, [])
    rules = tuple(compile_rules(axioms)) if axioms else ()
    denials = tuple(compile_denials(axioms)) if axioms else ()
    shapes = _shapes(quads, names)
    return Schema(read, rules, denials, shapes, quads, _reads(shapes, before), tuple(left_out))


def read_shape_quads(version: Version | None, layout: Layout) -> frozenset[Quad]:
    """The shapes of a version as quads of the shapes graph; none of no version."""
    path = None if version is None else version.folder / SHAPES
    if path is None or not path.exists():
        return frozenset()
    return frozenset(skolemize(parse_quads(path, RdfFormat.N_TRIPLES), layout.names, layout.shapes))


def _reads(shapes: Mapping[str, Shapes], version: Version | None) -> Reads:
    """What the constraints read, from *version* where it knows, else compiled."""
    path = None if version is None else version.folder / READS
    known = reads_from_json(path.read_bytes()) if path is not None and path.exists() else {}
    wanted = {constraint.query: constraint for group in shapes.values() for constraint in group.constraints}
    return {query: reads_of(constraint, known) for query, constraint in wanted.items()}


def _ontology(store: Store, layout: Layout) -> Ontology:
    quads = store.quads_for_pattern(None, None, None, layout.ontology)
    return make_ontology(sorted(unskolemize(quads, layout.names), key=str), layout.names)


def _shapes(quads: Iterable[Quad], names: Names) -> dict[str, Shapes]:
    return make_shapes(sorted(unskolemize(quads, names), key=str), names)
