"""The peers of the gate on the same file of stated quads, each in a process of its own.

    python -m benchmarks.gate_peers naive|pyrudof|revalidate|reinfer FILE

`naive` is rdflib, owlrl and pySHACL alone; `pyrudof` SHACL Core of both views, and nothing else; `revalidate` and
`reinfer` what a change would cost if all were validated, or inferred, again. What a peer needs and does not do itself
(the conclusions, where it only validates) is made before and not counted: the seconds of its own part are printed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import owlrl
from rdflib import Dataset, Graph, URIRef

from graph.derive import derive_whole
from graph.infer import infer
from graph.iris import Names
from graph.layout import Layout
from graph.ontology import read_ontology
from graph.rdf import DefaultGraph, RdfFormat, Store, open_memory, parse_quads, serialize
from graph.schema import Schema, make_schema
from graph.shapes import read_shape_files
from graph.skolem import skolemize
from graph.validate import check_core, locate_nowhere, validate, view_triples
from graph.validate_reference import check_by_reference

ROOT = Path(__file__).parent.parent
NAMES = Names()
LAYOUT = Layout("record", NAMES)
STATED = ("sources", "meta", "base")
Timed = Callable[[Path], float]


def naive(file: Path) -> float:
    """Parsed by rdflib, closed by owlrl, both views validated by pySHACL."""
    schema, started = _schema(), time.monotonic()
    everything, closed = Dataset(default_union=True), Graph()
    everything.parse(str(file), format="nquads")
    closed.parse(data=serialize(schema.ontology.quads, RdfFormat.N_TRIPLES), format="nt")
    meta = everything.graph(URIRef(NAMES.graph("meta").value))
    accepted = meta.subjects(URIRef(NAMES.term("status").value), URIRef(NAMES.voc("accepted").value))
    for graph in (*(NAMES.graph(name).value for name in STATED), *map(str, accepted)):
        closed += everything.graph(URIRef(graph))
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(closed)
    seen = Dataset()
    for triple in closed:
        everything.add(triple)
        seen.add(triple)
    for data, view in ((everything, "claims"), (seen, "accepted")):
        list(check_by_reference(data, schema.shapes[view], locate_nowhere))
    return time.monotonic() - started


def pyrudof(file: Path) -> float:
    """SHACL Core of both views by pyrudof, each view given whole."""
    schema = _schema()
    store = _version(file, schema)
    started = time.monotonic()
    for view, shapes in schema.shapes.items():
        list(check_core(list(view_triples(store, view)), shapes, shapes.core, locate_nowhere))
    return time.monotonic() - started


def revalidate(file: Path) -> float:
    """The gate's own validation of everything."""
    schema = _schema()
    store = _version(file, schema)
    started = time.monotonic()
    validate(store, schema.shapes.values(), locate_nowhere)
    return time.monotonic() - started


def reinfer(file: Path) -> float:
    """The gate's own inference of everything."""
    schema = _schema()
    store = _version(file, schema)
    stated = [q.triple for graph in (*LAYOUT.served, LAYOUT.accepted, LAYOUT.labels)
              for q in store.quads_for_pattern(None, None, None, graph)]  # fmt: skip
    started = time.monotonic()
    infer(stated, schema.rules)
    return time.monotonic() - started


def _schema() -> Schema:
    ontology = read_ontology(ROOT / "ontology", NAMES)
    return make_schema(ontology.quads, skolemize(read_shape_files(ROOT / "shapes", NAMES), NAMES, LAYOUT.shapes), NAMES)


def _version(file: Path, schema: Schema) -> Store:
    store = open_memory(parse_quads(file, RdfFormat.N_QUADS))
    store.bulk_extend(skolemize(schema.ontology.quads, NAMES, LAYOUT.ontology))
    derive_whole(store, LAYOUT, schema)
    assert any(True for _ in store.quads_for_pattern(None, None, None, DefaultGraph()))
    return store


PEERS: dict[str, Timed] = {"naive": naive, "pyrudof": pyrudof, "revalidate": revalidate, "reinfer": reinfer}

if __name__ == "__main__":
    print(PEERS[sys.argv[1]](Path(sys.argv[2])))
