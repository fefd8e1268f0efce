"""What queries read, kept as JSON; how a changed triple leads to a key is told in the tests of `graph.affect`."""

from __future__ import annotations

import json

from graph.affect import compile_reads
from graph.iris import Names
from graph.query_compile import read_query
from graph.query_reads import reads_from_json, reads_to_json
from graph.shapes import read_shapes
from tests.conftest import ROOT


def test_what_is_kept_is_read_as_it_was() -> None:
    reads = compile_reads(read_shapes(ROOT / "shapes", Names()).values())
    reads["other"] = read_query(
        "PREFIX ex: <http://example.org/> SELECT $this ?value WHERE {",
        'GRAPH ?g { $this !(ex:p|^ex:q)/ex:r* ?x } ?x ex:s "a"@en , true , 1.5 , ex:b ; ?value ?y }',
    )
    assert reads["other"].sites
    assert reads_from_json(reads_to_json(reads)) == reads


def test_the_same_queries_are_kept_as_the_same_bytes() -> None:
    shapes = list(read_shapes(ROOT / "shapes", Names()).values())
    assert reads_to_json(compile_reads(shapes)) == reads_to_json(compile_reads(reversed(shapes)))


def test_what_another_version_of_the_program_kept_is_not_used() -> None:
    kept = json.loads(reads_to_json({"query": read_query("SELECT $this ?value WHERE {", "$this ?p ?value }")}))
    assert reads_from_json(json.dumps(kept).encode())
    assert reads_from_json(json.dumps({**kept, "format": -1}).encode()) == {}
