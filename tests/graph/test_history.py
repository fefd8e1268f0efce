"""Histories: what each version changed about a thing, the same by its patch as by comparing, and no more than asked."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.commands_versions import add_versions, run_versions
from graph.errors import UsageError
from graph.history import STATEMENTS_READ, History, find_holding, kept_numbers, made_at, moments, read_history, split
from graph.iris import Names
from graph.patch import write_patch
from graph.project import Project
from graph.rdf import BlankNode, DefaultGraph, Literal, NamedNode, Quad
from graph.versions import PATCH, Version, Versions
from tests.conftest import ROOT

NAMES = Names()
BASE, INFERRED = NAMES.graph("base"), NAMES.graph("inferred")
ONE, TEN = NAMES.id("P1"), NAMES.id("P10")
PART = NamedNode(f"{ONE.value}#name-1")
KNOWS, LABEL = NAMES.term("knows"), NAMES.term("label")

Quads = Iterable[Quad]


def said(*words: str, subject: NamedNode = ONE, graph: NamedNode = BASE) -> set[Quad]:
    return {Quad(subject, LABEL, Literal(word), graph) for word in words}


@pytest.fixture
def versions(tmp_path: Path) -> Versions:
    return Versions(tmp_path / "data")


def change(
    versions: Versions, added: Quads = (), removed: Quads = (), *, patched: bool = True, layout: str = "record"
) -> Version:
    """The next version, by a change of the one before, which is kept as a patch where it is *patched*."""
    parent, added, removed = versions.current(), set(added), set(removed)
    with versions.writer() as writer, writer.stage(parent) as staging:
        for quad in removed:
            staging.store.remove(quad)
        staging.store.extend(added)
        if patched and parent is not None:
            staging.write(PATCH, write_patch(added, removed, with_default=layout == "plain"))
        manifest = {"layout": layout, "base": NAMES.base}
        return writer.finish(staging, manifest, {"by": "tests", "why": "because"}, (added, removed))


def told(history: History) -> list[tuple[int, list[str], list[str]]]:
    """Each entry's number, and the literals that came and went."""
    return [
        (entry.version.number, [s.object.strip('"') for s in entry.added], [s.object.strip('"') for s in entry.removed])
        for entry in history.entries
    ]


@pytest.mark.parametrize("patched", [True, False])
def test_a_history_tells_what_each_version_added_and_removed_the_newest_first(
    versions: Versions, patched: bool
) -> None:
    change(versions, said("a"))
    change(versions, said("b"), said("a"), patched=patched)
    change(versions, said("x", subject=TEN), patched=patched)
    change(versions, (), said("b"), patched=patched)
    history = read_history(versions, NAMES, ONE)
    assert told(history) == [(4, [], ["b"]), (2, ["b"], ["a"]), (1, ["a"], [])]
    assert [entry.since for entry in history.entries] == [3, 1, None]


STATES = st.lists(
    st.sets(st.builds(Quad, st.sampled_from([ONE, PART, TEN]), st.sampled_from([KNOWS, LABEL]),
                      st.sampled_from([ONE, PART, Literal("x"), Literal('say "no" ', language="en")]),
                      st.sampled_from([BASE, INFERRED, NAMES.graph("accepted"), DefaultGraph()])), max_size=6),
    min_size=1, max_size=5,
)  # fmt: skip


@settings(max_examples=10)
@given(STATES, st.booleans())
def test_patches_and_stores_tell_the_same_history(
    tmp_path_factory: pytest.TempPathFactory, states: list[set[Quad]], objects: bool
) -> None:
    changes = []
    for patched in (True, False):
        versions, before = Versions(tmp_path_factory.mktemp("data")), set[Quad]()
        for state in states:
            change(versions, state - before, before - state, patched=patched)
            before = state
        history = read_history(versions, NAMES, ONE, objects=objects).to_json()
        changes.append([{**entry, "at": ""} for entry in history["changes"]])
    assert changes[0] == changes[1]


@pytest.mark.parametrize("patched", [True, False])
def test_the_parts_that_a_thing_points_at_belong_to_it(versions: Versions, patched: bool) -> None:
    change(versions, {Quad(ONE, KNOWS, PART, BASE), *said("old", subject=PART)})
    change(versions, said("new", subject=PART), said("old", subject=PART), patched=patched)
    change(versions, said("of nobody", subject=NamedNode(f"{ONE.value}#else")), patched=patched)
    assert told(read_history(versions, NAMES, ONE))[0] == (2, ["new"], ["old"])


@pytest.mark.parametrize("patched", [True, False])
def test_what_points_at_a_thing_counts_where_it_is_asked_for(versions: Versions, patched: bool) -> None:
    pointing = Quad(TEN, KNOWS, ONE, BASE)
    change(versions, said("a"))
    change(versions, {pointing}, patched=patched)
    assert [entry.version.number for entry in read_history(versions, NAMES, ONE).entries] == [1]
    (newest, _) = read_history(versions, NAMES, ONE, objects=True).entries
    assert [str(statement) for statement in newest.added] == [str(pointing)]


@pytest.mark.parametrize("patched", [True, False])
def test_conclusions_are_counted_and_other_derived_graphs_left_out(versions: Versions, patched: bool) -> None:
    change(versions, said("a"))
    change(versions, [*said("b"), *said("b", graph=NAMES.graph("accepted")), *said("c", "d", graph=INFERRED),
                      Quad(ONE, LABEL, Literal("b"))], patched=patched)  # fmt: skip
    change(versions, said("e", graph=NAMES.graph("labels")), said("c", graph=INFERRED), patched=patched)
    newest, middle, _ = read_history(versions, NAMES, ONE).entries
    assert (told(History("", (middle,), (), None)), middle.inferred, middle.withdrawn) == ([(2, ["b"], [])], 2, 0)
    assert (newest.added, newest.removed, newest.inferred, newest.withdrawn) == ((), (), 0, 1)


@pytest.mark.parametrize("patched", [True, False])
def test_in_a_plain_store_the_default_graph_and_blank_nodes_are_stated(versions: Versions, patched: bool) -> None:
    change(versions, layout="plain")
    quads = [Quad(ONE, LABEL, Literal("a")), Quad(ONE, LABEL, Literal("b"), BlankNode("g")),
             Quad(ONE, KNOWS, BlankNode("x"), INFERRED)]  # fmt: skip
    change(versions, quads, layout="plain", patched=patched)
    (entry,) = read_history(versions, NAMES, ONE).entries
    assert {str(statement) for statement in entry.added} == {str(quad) for quad in quads}
    assert entry.inferred == 0


def test_where_the_parent_is_not_kept_the_last_kept_version_is_compared(versions: Versions) -> None:
    change(versions, said("a"))
    change(versions, said("b"))
    change(versions, said("c"))
    with versions.writer() as writer:
        assert writer.remove([2]) == [2]
    history = read_history(versions, NAMES, ONE)
    assert told(history) == [(3, ["b", "c"], []), (1, ["a"], [])]
    assert history.entries[0].since == 1


def test_the_oldest_kept_version_tells_all_that_it_states(versions: Versions) -> None:
    change(versions, said("a"))
    change(versions, said("b"))
    with versions.writer() as writer:
        writer.remove([1])
    history = read_history(versions, NAMES, ONE)
    assert told(history) == [(2, ["a", "b"], [])]
    assert history.entries[0].since is None


def test_a_restored_version_is_compared_and_not_told_by_an_old_patch(versions: Versions) -> None:
    change(versions, said("a"))
    change(versions, said("b"))
    change(versions, said("c"))
    with versions.writer() as writer:
        writer.restore(versions.get(2), by="tests", why="back")
    assert told(read_history(versions, NAMES, ONE))[0] == (4, [], ["c"])


def test_an_answer_is_bounded_and_tells_where_to_go_on(versions: Versions) -> None:
    for word in "abcde":
        change(versions, said(word))
    first = read_history(versions, NAMES, ONE, limit=2)
    assert (told(first), first.looked_at, first.older) == ([(5, ["e"], []), (4, ["d"], [])], (5, 4), 3)
    rest = read_history(versions, NAMES, ONE, until=first.older)
    assert (told(rest)[0], rest.looked_at, rest.older) == ((3, ["c"], []), (3, 2, 1), None)


@pytest.mark.parametrize("patched", [True, False])
def test_of_a_thing_too_large_to_compare_a_version_only_tells_so(versions: Versions, patched: bool) -> None:
    change(versions)
    change(versions, said(*map(str, range(STATEMENTS_READ + 1))), patched=patched)
    (entry,) = read_history(versions, NAMES, ONE).entries
    assert (entry.complete, entry.added) == (False, ())


def test_what_was_never_stated_has_an_empty_history(versions: Versions) -> None:
    assert read_history(versions, NAMES, ONE).to_json() == {
        "iri": ONE.value, "versions": None, "older": None, "changes": [],
    }  # fmt: skip
    change(versions, said("a", subject=TEN))
    assert read_history(versions, NAMES, ONE).entries == ()


@given(st.builds(Quad, st.sampled_from([ONE, BlankNode("b")]), st.just(LABEL),
                 st.one_of(st.just(ONE), st.just(BlankNode("o")), st.builds(Literal, st.text(max_size=5)),
                           st.builds(lambda t: Literal(t, language="en"), st.text(max_size=5)),
                           st.builds(lambda t: Literal(t, datatype=LABEL), st.text(max_size=5))),
                 st.sampled_from([BASE, BlankNode("g"), DefaultGraph()])))  # fmt: skip
def test_a_line_is_split_into_its_terms(quad: Quad) -> None:
    statement = split(str(quad))
    assert (statement.subject, statement.object) == (str(quad.subject), str(quad.object))
    assert statement.graph == ("" if isinstance(quad.graph_name, DefaultGraph) else str(quad.graph_name))
    assert str(statement) == str(quad)


@pytest.mark.parametrize("commit", [{}, {"at": None}, {"at": "yesterday"}, {"at": 7}])
def test_a_commit_without_a_time_tells_none(commit: dict[str, Any]) -> None:
    assert made_at(commit) is None


def test_times_are_compared_in_one_zone() -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert made_at({"at": "2026-01-01T15:00:00+03:00"}) == made_at({"at": "2026-01-01T12:00:00"}) == noon


def test_a_version_is_never_older_than_the_one_before_it() -> None:
    early, late = datetime(2020, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    assert moments({4: None, 3: early, 2: late, 1: early}) == {1: early, 2: late, 3: late, 4: late}
    assert moments({1: None, 2: early})[1] < early


@pytest.mark.parametrize("patched", [True, False])
def test_the_versions_that_hold_a_thing_are_found(versions: Versions, patched: bool) -> None:
    change(versions, said("x", subject=TEN))
    change(versions, said("a"), patched=patched)
    change(versions, said("y", subject=TEN), patched=patched)
    change(versions, (), said("a"), patched=patched)
    change(versions, said("z", subject=TEN), patched=patched)
    change(versions, said("b"), patched=patched)
    holding = find_holding(versions, kept_numbers(versions), ONE)
    assert (holding.numbers, holding.older) == ((2, 3, 6), None)


def test_patches_spare_the_search_from_opening_stores(versions: Versions) -> None:
    change(versions, said("a"))
    for number in range(5):
        change(versions, said(str(number), subject=TEN))
    assert find_holding(versions, kept_numbers(versions), ONE, opened=1).numbers == (1, 2, 3, 4, 5, 6)


def test_a_search_that_opened_enough_tells_where_to_go_on(versions: Versions) -> None:
    for word in "abcd":
        change(versions, said(word), patched=False)
    holding = find_holding(versions, kept_numbers(versions), ONE, opened=3)
    assert (holding.numbers, holding.older) == ((2, 3, 4), 1)


Run = Callable[..., int]


@pytest.fixture
def run(versions: Versions) -> Run:
    """Runs `letapis versions …` on the data of *versions*."""
    def run(*words: str) -> int:
        parser = argparse.ArgumentParser()
        add_versions(parser)
        parser.set_defaults(root=ROOT, data=versions.data, base=NAMES.base)
        return run_versions(parser.parse_args(words))

    assert Project(ROOT, versions.data).names == NAMES
    return run


def test_the_command_tells_a_history_in_words(versions: Versions, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    change(versions, said("a"))
    change(versions, said("b", "c", graph=INFERRED), said("a"))
    assert run("history", "id:P1") == 0
    first, *lines = capsys.readouterr().out.splitlines()
    assert first.startswith("version 2  ") and first.endswith("  tests: because")
    assert lines[0] == f'  D {ONE} {LABEL} "a" {BASE}'
    assert lines[1] == "  inferred: 2 more, 0 withdrawn"
    assert lines[2].endswith("because, the oldest version that is kept")


def test_the_command_tells_a_history_to_programs(
    versions: Versions, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    for word in "abc":
        change(versions, said(word))
    assert run("history", ONE.value, "--json", "--limit", "1", "--until", "2") == 0
    history = json.loads(capsys.readouterr().out)
    assert (history["versions"], history["older"]) == ({"newest": 2, "oldest": 2}, 1)
    assert [(entry["version"], entry["by"], entry["added"]) for entry in history["changes"]] == [
        (2, "tests", [f'{ONE} {LABEL} "b" {BASE}'])
    ]  # fmt: skip


def test_the_command_says_where_nothing_is_told(
    versions: Versions, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    change(versions, said("a"))
    assert run("history", "id:P2") == 0
    assert "no version that was looked at" in capsys.readouterr().out


@pytest.mark.parametrize("words", [['"a literal"'], ["id:P1", "--limit", "0"], ["<not an iri>"]])
def test_what_can_have_no_history_is_wrong_usage(versions: Versions, run: Run, words: list[str]) -> None:
    change(versions, said("a"))
    with pytest.raises(UsageError):
        run("history", *words)
