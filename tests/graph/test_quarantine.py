"""Refused input kept aside: good and bad part are together the input, and nothing that was there is overwritten."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from graph.errors import SourceError, UsageError
from graph.inputs import Input, find_inputs
from graph.quarantine import Parted, split_refused
from graph.rdf import BlankNode, NamedNode, Quad, RdfFormat, parse_quads, serialize
from graph.read_rdf import Reading
from graph.report import Finding, Report
from tests.graph.samples import EX, given, quads_of

HEAD = f"@prefix e: <{EX}> .\n"


def iri(name: str) -> NamedNode:
    return NamedNode(EX + name)


def violation(focus: str, value: str | None = None, severity: str = "Violation") -> Finding:
    return Finding(severity, f"{EX}Shape", EX + focus, f"{EX}p", value, f"{focus} is wrong.", "Mend it.", f"{EX}C")


def split(folder: Path, text: str, *findings: Finding, shown: str = "x.ttl") -> Parted:
    return split_refused([Reading(given(HEAD + text, shown=shown), None, "b")], Report(findings), folder)[0]


def read(path: Path) -> list[Quad]:
    return list(parse_quads(path, RdfFormat.N_QUADS))


def subjects(path: Path) -> set[str]:
    return {quad.subject.value.removeprefix(EX) for quad in read(path)}


def test_what_is_said_of_a_refused_node_is_bad_and_the_rest_good(tmp_path: Path) -> None:
    parted = split(tmp_path, "e:a e:p 1, 2 . e:b e:p e:a .", violation("a"), violation("b", severity="Warning"))
    assert (subjects(parted.bad), subjects(parted.good)) == ({"a"}, {"b"})
    assert (parted.bad_quads, parted.good_quads) == (2, 1)


def test_what_points_at_a_refused_node_is_bad_where_nothing_is_said_of_it(tmp_path: Path) -> None:
    parted = split(tmp_path, "e:a e:p e:gone . e:b e:p 1 .", violation("gone"))
    assert (subjects(parted.bad), subjects(parted.good)) == ({"a"}, {"b"})


def test_what_is_said_of_the_value_is_bad_where_the_node_is_not_mentioned(tmp_path: Path) -> None:
    parted = split(tmp_path, "e:v e:p e:x . e:b e:p 1 .", violation("elsewhere", f"{EX}v"))
    assert (subjects(parted.bad), subjects(parted.good)) == ({"v"}, {"b"})


def test_blank_nodes_are_not_torn_apart(tmp_path: Path) -> None:
    parted = split(tmp_path, "e:a e:p [ e:q _:y ] . e:c e:p _:y . e:d e:p [] . e:e e:p 'b0' .", violation("a"))
    assert (subjects(parted.bad), subjects(parted.good)) == ({"a", "b0", "c"}, {"d", "e"})


@pytest.mark.parametrize("focus", ["_:b0", "https://w3id.org/letapis/.well-known/genid/b0"])
def test_a_refused_blank_node_is_known_by_its_label_and_by_the_name_it_was_given(tmp_path: Path, focus: str) -> None:
    parted = split(tmp_path, "[] e:p 1 . [] e:p 2 .", replace(violation("a"), focus=focus))
    assert (subjects(parted.bad), subjects(parted.good)) == ({"b0"}, {"b1"})


def test_a_refused_literal_is_bad_where_it_is_written(tmp_path: Path) -> None:
    parted = split(tmp_path, "e:a e:p 'wrong' . e:b e:p 'right' .", replace(violation("a"), focus='"wrong"'))
    assert (subjects(parted.bad), subjects(parted.good)) == ({"a"}, {"b"})


NODES = st.sampled_from([iri(name) for name in "abcd"] + [BlankNode(name) for name in "xyz"])
GRAPHS = st.sampled_from([iri("g"), BlankNode("g")])
QUADS = st.lists(st.builds(Quad, NODES, st.just(iri("p")), NODES, GRAPHS), max_size=10)


@for_all(QUADS, st.sets(st.sampled_from("abcde")))
def test_the_parts_are_together_the_input_and_share_no_blank_node(
    tmp_path_factory: pytest.TempPathFactory, quads: list[Quad], refused: set[str]
) -> None:
    source = given(serialize(quads, RdfFormat.N_QUADS), RdfFormat.N_QUADS)
    findings = [violation(name) for name in sorted(refused)]
    parted = split_refused([Reading(source, None, "b")], Report(findings), tmp_path_factory.mktemp("parts"))[0]
    good, bad = read(parted.good), read(parted.bad)
    assert sorted(map(str, good + bad)) == sorted(map(str, quads_of(source)))
    assert not _blanks(good) & _blanks(bad)
    assert not {q.subject for q in good} & {iri(name) for name in refused}


def _blanks(quads: list[Quad]) -> set[BlankNode]:
    terms = itertools.chain.from_iterable((q.subject, q.object, q.graph_name) for q in quads)
    return {term for term in terms if isinstance(term, BlankNode)}


def test_the_parts_can_be_submitted_again(tmp_path: Path) -> None:
    split(tmp_path, "e:a e:p 1 . e:b e:p 'Ä\\n' .", violation("a"))
    found = find_inputs([str(tmp_path)])
    assert [len(quads_of(source)) for source in found.inputs] == [1, 1, len(quads_of(found.inputs[2]))]


def test_the_reasons_are_told_for_people_and_for_programs(tmp_path: Path) -> None:
    parted = split(tmp_path, "e:a e:p 1 .", violation("a"), violation("a", severity="Info"))
    assert "a is wrong." in parted.text.read_text() and "1 Violation" in parted.text.read_text()
    found = {quad.object for quad in quads_of(find_inputs([str(parted.report)]).inputs[0])}
    assert iri("a") in found


def test_each_input_has_its_own_reasons_and_those_that_concern_none(tmp_path: Path) -> None:
    readings = [Reading(given(f"{HEAD}e:{name} e:p 1 .", shown=name), None, name) for name in "ab"]
    report = Report([violation("a"), violation("b"), violation("nowhere")])
    texts = [parted.text.read_text() for parted in split_refused(readings, report, tmp_path)]
    assert [[f"{name} is wrong" in text for name in ("a", "b", "nowhere")] for text in texts] == [
        [True, False, True], [False, True, True],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("shown", "name"),
    [
        ("claims/a.ttl", "claims_a.ttl"), ("../../etc/passwd", "etc_passwd"), ("/", "input"), ("..", "input"),
        ("", "input"), ("request body", "request_body"), ("é\0\n", "input"), ("x" * 300, "x" * 100),
    ],
)  # fmt: skip
def test_a_name_leads_nowhere_else(tmp_path: Path, shown: str, name: str) -> None:
    parted = split(tmp_path / "aside", "e:a e:p 1 .", violation("a"), shown=shown)
    assert parted.good == tmp_path / "aside" / f"{name}.good.nq"
    assert [path.name for path in tmp_path.iterdir()] == ["aside"]


@pytest.mark.parametrize("ending", ["good.nq", "bad.nq", "report.ttl", "report.txt"])
def test_nothing_is_overwritten(tmp_path: Path, ending: str) -> None:
    (tmp_path / f"x.ttl.{ending}").write_text("mine")
    parted = split(tmp_path, "e:a e:p 1 .", violation("a"))
    assert (tmp_path / f"x.ttl.{ending}").read_text() == "mine"
    assert parted.bad.name == "x.ttl-2.bad.nq"
    assert len(list(tmp_path.iterdir())) == 5


def test_two_inputs_with_one_name_are_kept_apart(tmp_path: Path) -> None:
    readings = [Reading(given(f"{HEAD}e:{name} e:p 1 .", shown="same"), None, name) for name in "ab"]
    parted = split_refused(readings, Report([violation("a")]), tmp_path)
    assert [(subjects(one.good), subjects(one.bad)) for one in parted] == [(set(), {"a"}), ({"b"}, set())]


def test_a_folder_that_cannot_be_written_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        split(tmp_path / "file", "e:a e:p 1 .", violation("a"))


def test_nothing_is_left_of_parts_that_could_not_be_finished(tmp_path: Path) -> None:
    contents = iter([f"{HEAD}e:a e:p 1 .", f"{HEAD}e:a e:p 1 . oops", f"{HEAD}e:a e:p 1 . oops"])
    source = Input("x.ttl", RdfFormat.TURTLE, lambda: given(next(contents)).open())
    with pytest.raises(SourceError):
        split_refused([Reading(source, None, "b")], Report([violation("a")]), tmp_path)
    assert list(tmp_path.iterdir()) == []
