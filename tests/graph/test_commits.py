"""Commits: the version that brought a statement in is found, and said to be uncertain where older ones are gone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from graph.commits import COMMITS_BACK, find_commit, find_commits
from graph.iris import Names
from graph.rdf import NamedNode, Quad
from graph.versions import Version, Versions

NAMES = Names()


def quad(name: str) -> Quad:
    return Quad(NAMES.id(name), NamedNode("http://example.org/p"), NAMES.id("X"), NAMES.graph("base"))


A, B, C = quad("A"), quad("B"), quad("C")


@pytest.fixture
def versions(tmp_path: Path) -> Versions:
    """Five versions: A from the first on, B in the second and again from the fourth on, C in the fifth."""
    versions = Versions(tmp_path)
    with versions.writer() as writer:
        for number, quads in enumerate(([A], [A, B], [A], [A, B], [A, B, C]), 1):
            writer.commit(quads, {}, {}, by=f"writer {number}", why=f"reason {number}")
    return versions


def current(versions: Versions) -> Version:
    version = versions.current()
    assert version is not None
    return version


@pytest.mark.parametrize(("sought", "number"), [(A, 1), (B, 4), (C, 5)])
def test_a_statement_came_with_the_first_commit_of_its_last_unbroken_run(
    versions: Versions, sought: Quad, number: int
) -> None:
    commit = find_commit(versions, sought, current(versions))
    assert commit is not None
    assert (commit.version, commit.by, commit.why, commit.or_earlier) == (
        number, f"writer {number}", f"reason {number}", False,
    )  # fmt: skip
    assert str(commit) == f"version {number}, {commit.at}, writer {number}: reason {number}"


def test_many_statements_are_sought_at_once(versions: Versions) -> None:
    found = find_commits(versions, [A, B, C], current(versions))
    assert {sought: commit.version for sought, commit in found.items()} == {A: 1, B: 4, C: 5}


def test_later_versions_play_no_part(versions: Versions) -> None:
    commit = find_commit(versions, B, versions.get(2))
    assert commit is not None and commit.version == 2


def test_what_a_version_does_not_hold_has_no_commit(versions: Versions) -> None:
    assert find_commit(versions, C, versions.get(3)) is None


def test_where_older_versions_are_gone_it_may_have_come_earlier(versions: Versions) -> None:
    with versions.writer() as writer:
        writer.prune(2)
    commit = find_commit(versions, A, current(versions))
    assert commit is not None and str(commit) == "version 4 or earlier"
    exact = find_commit(versions, C, current(versions))
    assert exact is not None and not exact.or_earlier


def test_a_gap_between_versions_leaves_it_uncertain(versions: Versions) -> None:
    with versions.writer() as writer:
        writer.tag("kept", versions.get(3))
        writer.prune(1)
    commit = find_commit(versions, B, current(versions))
    assert commit is not None and str(commit) == "version 5 or earlier"


def test_a_version_that_cannot_be_opened_ends_the_search(versions: Versions) -> None:
    shutil.rmtree(versions.get(3).folder / "store")
    commit = find_commit(versions, A, current(versions))
    assert commit is not None and str(commit) == "version 4 or earlier"


def test_the_search_goes_back_only_so_far(tmp_path: Path) -> None:
    versions = Versions(tmp_path)
    with versions.writer() as writer:
        first = writer.commit([A], {}, {}, by="tests", why="first")
        for _ in range(COMMITS_BACK + 1):
            last = writer.restore(first, by="tests", why="again")
    commit = find_commit(versions, A, last)
    assert commit is not None and str(commit) == "version 2 or earlier"
