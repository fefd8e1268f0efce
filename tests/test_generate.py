"""The generator of the benchmarks: what it makes is the same each time, has the record's shape, and conforms."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import pytest

from benchmarks.clients import to_update
from benchmarks.generate import bad_batch, generate, generate_batch
from benchmarks.words import person_name
from graph.dates import day_bounds
from graph.delta import Delta
from graph.infer import infer
from graph.iris import EDTF, Names
from graph.label import compose_labels
from graph.layout import Layout
from graph.ontology import Ontology, read_ontology
from graph.rdf import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, Triple, open_memory, parse_quads
from graph.report import Report
from graph.rules import compile_rules
from graph.shapes import read_shapes
from graph.validate import validate
from graph.view import apply
from tests.conftest import ROOT

SIZE = 4_000
LAYOUT = Layout("record", Names())


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return read_ontology(ROOT / "ontology", Names())


@pytest.fixture(scope="module")
def small() -> list[Quad]:
    return list(generate(SIZE))


def whole(ontology: Ontology, quads: Iterable[Quad]) -> Store:
    """The version that *quads* make: what is accepted, labels, what follows, and the default graph."""
    store = open_memory()
    apply(store, LAYOUT, Delta(frozenset(quads)))
    stated = [quad.triple for quad in store.quads_for_pattern(None, None, None, DefaultGraph())]
    derived = {
        LAYOUT.labels: compose_labels(ontology, stated),
        LAYOUT.inferred: infer(stated, compile_rules(ontology.quads)),
        LAYOUT.ontology: {quad.triple for quad in ontology.quads},
    }
    for graph, triples in derived.items():
        store.extend(_in(triple, graph) for triple in triples)
        store.extend(_in(triple, DefaultGraph()) for triple in triples)
    return store


def _in(triple: Triple, graph: NamedNode | DefaultGraph) -> Quad:
    return Quad(triple.subject, triple.predicate, triple.object, graph)


def judge(ontology: Ontology, quads: Iterable[Quad]) -> Report:
    shapes = read_shapes(ROOT / "shapes", Names())
    return validate(whole(ontology, quads), shapes.values(), lambda focus, path, value: ())


def violations(report: Report) -> list[tuple[str, str]]:
    return [(f.shape.rsplit("#", 1)[1], f.focus) for f in report.findings if f.severity == "Violation"]


def test_the_same_size_gives_the_same_quads(small: list[Quad]) -> None:
    assert list(generate(SIZE)) == small


def test_another_seed_gives_other_quads(small: list[Quad]) -> None:
    assert set(generate(SIZE, seed=2)) != set(small)


def test_a_graph_is_the_beginning_of_every_larger_one(small: list[Quad]) -> None:
    assert list(islice(generate(3 * SIZE), len(small))) == small


@pytest.mark.parametrize("size", [2_000, 20_000])
def test_about_as_many_quads_are_made_as_were_asked_for(size: int) -> None:
    made = sum(1 for _ in generate(size))
    assert size <= made < size + 1_600


def test_no_quad_is_made_twice() -> None:
    quads = list(generate(20_000))
    assert len(set(quads)) == len(quads)


def test_only_graphs_that_curators_write_are_made(small: list[Quad]) -> None:
    graphs = {quad.graph_name.value.removeprefix(LAYOUT.names.base).split("/")[0] for quad in small}
    named = {quad.graph_name for quad in small if "/claim/" not in quad.graph_name.value}
    assert graphs == {"claim", "graph"}
    assert named == {LAYOUT.names.graph(name) for name in ("sources", "meta", "base")}


def test_every_claim_has_a_graph_and_every_claim_graph_a_record(small: list[Quad]) -> None:
    recorded = {q.subject for q in small if q.object == LAYOUT.names.term("Claim")}
    assert recorded == {q.graph_name for q in small if "/claim/" in q.graph_name.value}


def test_almost_all_claims_are_accepted() -> None:
    status = Counter(q.object for q in generate(20_000) if q.predicate == LAYOUT.names.term("status"))
    assert 0.95 < status[LAYOUT.names.voc("accepted")] / status.total() < 0.99


def test_dates_have_the_bounds_that_a_curators_date_gets() -> None:
    told: dict[tuple[str, str, str], set[str]] = {}
    term = LAYOUT.names.term("").value
    for quad in generate(20_000):
        key = (quad.graph_name.value, quad.subject.value, quad.predicate.value.removeprefix(term))
        told.setdefault(key, set()).add(quad.object.value)
    dates = [(key, text) for key, values in told.items() if key[2] in ("date", "start", "end") for text in values]
    assert dates
    for (graph, subject, name), text in dates:
        bounds = [told.get((graph, subject, f"{name}{bound}"), set()) for bound in ("Min", "Max")]
        assert bounds == [{day.isoformat()} if day else set() for day in day_bounds(text)]


def test_every_edtf_date_has_its_datatype(small: list[Quad]) -> None:
    dates = [q.object for q in small if q.predicate == LAYOUT.names.term("date")]
    assert dates
    assert {date.datatype for date in dates if isinstance(date, Literal)} == {EDTF}


def test_two_people_have_two_names() -> None:
    assert len({person_name(number) for number in range(50_000)}) == 50_000


def test_the_graph_conforms_to_all_shapes(ontology: Ontology, small: list[Quad]) -> None:
    assert violations(judge(ontology, small)) == []


def test_batches_conform_together(ontology: Ontology, small: list[Quad]) -> None:
    batches = [quad for number in range(4) for quad in generate_batch(number, into=SIZE)]
    assert violations(judge(ontology, [*small, *batches])) == []


def test_taking_a_batch_away_gives_the_graph_back(small: list[Quad]) -> None:
    batches = [set(generate_batch(number, into=SIZE)) for number in range(20)]
    assert sum(map(len, batches)) + len(small) == len(set(small).union(*batches))


def test_a_batch_has_about_as_many_quads_as_asked_for() -> None:
    sizes = [len(generate_batch(number)) for number in range(50)]
    assert min(sizes) >= 80
    assert max(sizes) <= 180
    assert 95 <= sum(sizes) / len(sizes) <= 115


def test_a_bad_batch_has_one_violation(ontology: Ontology, small: list[Quad]) -> None:
    report = judge(ontology, [*small, *bad_batch(7, into=SIZE)])
    assert [shape for shape, _ in violations(report)] == ["Term-termMonths"]


def test_a_batch_as_an_update_states_its_quads_and_takes_them_back() -> None:
    batch, store = generate_batch(3), open_memory()
    store.update(to_update("INSERT", batch).decode())
    assert set(store) == set(batch)
    store.update(to_update("DELETE", batch).decode())
    assert set(store) == set()


def test_a_batch_for_a_graph_without_documents_is_refused() -> None:
    with pytest.raises(ValueError, match="for a graph of 10"):
        generate_batch(0, into=10)


def test_the_command_writes_nquads(tmp_path: Path, small: list[Quad]) -> None:
    path = tmp_path / "made.nq"
    with path.open("wb") as output:
        subprocess.run([sys.executable, "-m", "benchmarks.generate", str(SIZE)], check=True, cwd=ROOT, stdout=output)
    assert list(parse_quads(path, RdfFormat.N_QUADS)) == small
