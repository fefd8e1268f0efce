"""A version made from nothing: in memory or on disk, it is gathered from the same and ends as the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.derive import derive_whole, stated_quads
from graph.fingerprint import weigh
from graph.iris import RDF_TYPE, RDFS, Names
from graph.layout import Layout
from graph.rdf import NamedNode, Quad, Store, serialize_file
from graph.schema import make_schema
from graph.staging import stage
from graph.whole import gather, write

NAMES = Names("http://e/")
UNION = Layout("union", NAMES)
A, B, PERSON, AGENT = (NamedNode(f"http://e/{name}") for name in ("a", "b", "Person", "Agent"))
ONTOLOGY = [
    Quad(PERSON, NamedNode(f"{RDFS}subClassOf"), AGENT, UNION.ontology),
    Quad(PERSON, RDF_TYPE, NamedNode("http://www.w3.org/2002/07/owl#Class"), UNION.ontology),
]
IN_STORE, IN_FILE = (Quad(thing, RDF_TYPE, PERSON, NAMES.graph("base")) for thing in (A, B))


@pytest.mark.parametrize("most", [2**30, 0], ids=["in memory", "on disk"])
def test_what_was_derived_before_is_left_behind_and_derived_anew(tmp_path: Path, most: int) -> None:
    schema = make_schema(ONTOLOGY, (), NAMES)
    serialize_file(tmp_path / "part.nq", [IN_FILE])
    with stage(tmp_path / "staging", None) as staging:
        staging.store.extend([*ONTOLOGY, IN_STORE])
        derive_whole(staging.store, UNION, schema)
        staging.store.add(Quad(A, RDF_TYPE, B, UNION.inferred))
        store = gather(staging, UNION, [tmp_path / "part.nq"], most)
        assert (store is staging.store) == (most == 0)
        assert set(stated_quads(store, UNION)) == set(store) == {*ONTOLOGY, IN_STORE, IN_FILE}
        derive_whole(store, UNION, schema)
        inferred = {quad.triple for quad in store.quads_for_pattern(None, None, None, UNION.inferred)}
        assert {str(triple.subject) for triple in inferred} == {str(A), str(B)}
        del store


def test_what_is_written_is_weighed_as_it_is_held(tmp_path: Path) -> None:
    store = Store()
    store.extend([*ONTOLOGY, IN_STORE])
    with stage(tmp_path / "staging", None) as staging:
        assert write(store, staging) == (weigh(store), 3)
        assert set(staging.store) == set(store)
