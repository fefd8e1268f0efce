"""Shapes for people: told in the words that they have, else from what they want."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from graph.iris import FOAF, Names
from graph.rdf import name_blank_nodes, parse_file
from graph.read import shorten
from graph.read_shapes import ConstraintEntry, ShapeEntry, read_shape_entries
from graph.shapes import make_shapes

NAMES = Names()
PREFIXES = f"@prefix foaf: <{FOAF}> . @prefix e: <http://example.org/> . @prefix sh: <http://www.w3.org/ns/shacl#> .\n"


def entries(tmp_path: Path, text: str) -> list[ShapeEntry]:
    (tmp_path / "s.ttl").write_text(PREFIXES + text)
    shapes = make_shapes(name_blank_nodes(parse_file(tmp_path / "s.ttl", "s.ttl"), "s"), NAMES)["accepted"]
    return read_shape_entries(shapes, partial(shorten, names=NAMES))


def test_a_shape_without_words_is_told_from_its_constraints(tmp_path: Path) -> None:
    (entry,) = entries(tmp_path, """e:S a sh:NodeShape ; sh:targetClass foaf:Person ; sh:targetSubjectsOf foaf:knows ;
        sh:nodeKind sh:IRI ; sh:property [ sh:path foaf:name ; sh:minCount 1 ; sh:message 'no name' ] ,
        [ sh:path foaf:gender ; sh:in ( 'a' 'b' ) ; sh:severity sh:Warning ] .""")
    assert (entry.name, entry.severity, entry.message) == ("S", "Violation", "")
    assert entry.targets == ("class foaf:Person", "subjects of foaf:knows")
    assert set(entry.constraints) == {
        ConstraintEntry("", "nodeKind sh:IRI", "", "Violation"),
        ConstraintEntry("foaf:name", "minCount 1", "no name", "Violation"),
        ConstraintEntry("foaf:gender", "in ( a b )", "", "Warning"),
    }


def test_paths_are_written_as_in_sparql(tmp_path: Path) -> None:
    (entry,) = entries(tmp_path, """e:S a sh:NodeShape ; sh:property [ sh:minCount 1 ; sh:path ( foaf:knows
        [ sh:inversePath foaf:maker ] [ sh:alternativePath ( foaf:name [ sh:oneOrMorePath foaf:nick ] ) ] ) ] .""")
    assert [one.path for one in entry.constraints] == ["foaf:knows / ^foaf:maker / (foaf:name | foaf:nick+)"]


def test_a_path_within_itself_ends(tmp_path: Path) -> None:
    (entry,) = entries(tmp_path, """e:S a sh:NodeShape ; sh:property [ sh:minCount 1 ; sh:path _:p ] .
        _:p sh:inversePath _:p .""")
    assert entry.constraints[0].path.endswith("^…")


def test_a_sparql_constraint_is_named(tmp_path: Path) -> None:
    (entry,) = entries(tmp_path, """e:S a sh:NodeShape ; sh:targetClass foaf:Person ; sh:message 'odd' ;
        sh:sparql [ sh:select 'SELECT $this WHERE { $this a ?x }' ] .""")
    assert (entry.message, [one.wants for one in entry.constraints]) == ("odd", ["a SPARQL constraint"])
