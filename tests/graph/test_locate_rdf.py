"""Places of findings: the statement itself first, then what comes close to it, never more than a few."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import IO

import pytest

from graph.errors import Spot
from graph.inputs import Input
from graph.locate_rdf import MOST_PASSES, MOST_SPOTS, Places, locate, place_findings
from graph.rdf import BlankNode, Literal, NamedNode, RdfFormat, Triple
from graph.read_rdf import Reading
from graph.report import Finding, Report
from tests.graph.samples import EX, FORMS, JSON_LD, SAMPLES, TURTLE, given, quads_of

HEAD = f"@prefix e: <{EX}> .\n"

TEXT = f"""<{EX}a> <{EX}p> "one" .
<{EX}a> <{EX}p> "two" .
<{EX}a> <{EX}q> "one" .
<{EX}b> <{EX}r> <{EX}a> .
_:x <{EX}p> _:y .
<{EX}c> <{EX}p> _:y .
<{EX}d> <{EX}p> <{EX}only> .
"""


def iri(name: str) -> NamedNode:
    return NamedNode(EX + name)


class Counted:
    """An input that counts how often it is read."""

    def __init__(self) -> None:
        self.passes = 0
        self.readings = [Reading(Input("x", RdfFormat.N_TRIPLES, self._open), None, "b")]

    def _open(self) -> IO[bytes]:
        self.passes += 1
        return io.BytesIO(TEXT.encode())


def lines(focus: str, path: str | None = None, value: str | None = None) -> list[int]:
    return [spot.line for spot in Places(Counted().readings).locate(focus, path, value)]


def finding(focus: str, path: str | None = None, value: str | None = None, severity: str = "Violation") -> Finding:
    return Finding(severity, f"{EX}Shape", focus, path, value, "It is wrong.", "Mend it.", f"{EX}Component")


@pytest.mark.parametrize(
    ("focus", "path", "value", "expected"),
    [
        ("a", "p", "two", [2]), ("a", "p", None, [1, 2]), ("a", "gone", "one", [1, 3]), ("a", None, "one", [1, 3]),
        ("a", "gone", "gone", [1, 2, 3]), ("a", None, None, [1, 2, 3]), ("only", "p", None, [7]),
        ("gone", "p", None, []),
    ],
)  # fmt: skip
def test_the_closest_lines_are_told(focus: str, path: str | None, value: str | None, expected: list[int]) -> None:
    assert lines(EX + focus, None if path is None else EX + path, value) == expected


def test_a_value_that_points_at_the_focus_node_is_told() -> None:
    assert lines(f"{EX}a", f"^{EX}r", f"{EX}b") == [4]


@pytest.mark.parametrize("name", ["b{}", "_:b{}", "https://w3id.org/letapis/.well-known/genid/b{}"])
def test_a_blank_node_is_found_by_its_label_and_by_the_name_it_was_given(name: str) -> None:
    assert lines(name.format(0), f"{EX}p", name.format(1)) == [5]


def test_a_literal_that_is_a_focus_node_is_found_where_it_is_written() -> None:
    assert lines('"two"') == [2]


def test_only_a_few_lines_are_told() -> None:
    text = "".join(f'<{EX}a> <{EX}p> "{number}" .\n' for number in range(100))
    places = Places([Reading(given(text, RdfFormat.N_TRIPLES, "x"), None, "b")])
    assert places.locate(f"{EX}a", None, None) == tuple(Spot("x", line) for line in range(1, MOST_SPOTS + 1))


def test_inputs_are_read_once_for_all_findings_that_are_prepared() -> None:
    counted = Counted()
    places = Places(counted.readings)
    findings = [finding(EX + name, f"{EX}p") for name in ("a", "c", "a", "gone")]
    places.prepare(findings)
    assert [len(places.locate(f.focus, f.path, f.value)) for f in findings] == [2, 1, 2, 0]
    assert counted.passes == 1


def test_inputs_are_not_read_before_something_is_asked() -> None:
    counted = Counted()
    Places(counted.readings).prepare([])
    assert counted.passes == 0


def test_inputs_are_not_read_for_ever_where_nothing_was_prepared() -> None:
    counted = Counted()
    places = Places(counted.readings)
    for number in range(MOST_PASSES * 2):
        places.locate(f"{EX}{number}", None, None)
    assert counted.passes == MOST_PASSES


def test_triples_are_located_at_the_first_line_where_they_stand() -> None:
    text = f"{HEAD}e:a e:p 1 .\n[] e:p\n  [ e:p 2 ] .\ne:a e:p 1, 3 .\n"
    wanted = [Triple(iri("a"), iri("p"), Literal(1)), Triple(BlankNode("b0"), iri("p"), Literal(2)),
              Triple(iri("a"), iri("p"), Literal(4))]  # fmt: skip
    found = locate(given(text, shown="x.ttl"), wanted, base=None, blank_prefix="b")
    assert found == {wanted[0]: Spot("x.ttl", 2), wanted[1]: Spot("x.ttl", 4)}


@pytest.mark.parametrize("extension", SAMPLES)
def test_what_is_located_is_named_as_it_was_read(extension: str) -> None:
    source = given(SAMPLES[extension], FORMS[extension])
    triples = [quad.triple for quad in quads_of(source)]
    assert set(locate(source, triples, base=None, blank_prefix="b")) == set(triples)


def test_nodes_of_json_ld_are_located_at_their_ids() -> None:
    triples = [quad.triple for quad in quads_of(given(TURTLE))]
    found = locate(given(JSON_LD, RdfFormat.JSON_LD), triples, base=None, blank_prefix="b")
    assert {triple.subject.value: spot.line for triple, spot in found.items()} == {f"{EX}a": 2, f"{EX}b": 4, "b0": 6}


def test_findings_get_their_places_and_keep_those_that_they_have() -> None:
    placed = replace(finding(f"{EX}b"), spots=(Spot("claims.yml", 3),))
    report = Report([finding(f"{EX}a", f"{EX}name", "Ä"), placed, finding(f"{EX}nowhere")])
    reading = Reading(given(TURTLE, shown="x.ttl"), None, "b")
    assert [f.spots for f in place_findings(report, [reading]).findings] == [
        (Spot("x.ttl", 2),), (Spot("claims.yml", 3),), (),
    ]  # fmt: skip


def test_the_worst_findings_get_places_where_there_are_too_many() -> None:
    report = Report([finding(f"{EX}a", severity="Info"), finding(f"{EX}b")])
    reading = Reading(given(TURTLE, shown="x.ttl"), None, "b")
    assert [bool(f.spots) for f in place_findings(report, [reading], limit=1).findings] == [False, True]


def test_places_are_looked_for_in_every_input() -> None:
    readings = [Reading(given(TURTLE, shown=name), None, f"{name}-") for name in ("x.ttl", "y.ttl")]
    placed = place_findings(Report([finding(f"{EX}a", f"{EX}name", "Ä")]), readings)
    assert placed.findings[0].spots == (Spot("x.ttl", 2), Spot("y.ttl", 2))


def test_an_input_that_was_changed_meanwhile_leaves_findings_without_places() -> None:
    report = Report([finding(f"{EX}a")])
    assert place_findings(report, [Reading(given("oops"), None, "b")]) == report
