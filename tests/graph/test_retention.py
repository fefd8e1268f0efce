"""Retention: which versions go, and what disk each takes where versions share files."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.commands_versions import add_versions, run_versions
from graph.errors import UsageError
from graph.iris import Names
from graph.rdf import NamedNode, Quad
from graph.retention import Retention, choose_removed, freed_bytes, measure, show_bytes, total_bytes
from graph.versions import Version, Versions
from tests.conftest import ROOT

NOW = datetime(2026, 6, 30, tzinfo=UTC)


def aged(*days: float) -> list[Version]:
    """Versions made so many days ago, the first of them version 1."""
    return [
        Version(number, Path(), {}, {"at": (NOW - timedelta(days=age)).isoformat()})
        for number, age in enumerate(days, start=1)
    ]


@pytest.mark.parametrize(
    ("keep", "days", "tags", "removed"),
    [
        (2, None, {}, [1, 2, 3]),
        (0, None, {}, [1, 2, 3, 4]),
        (9, None, {}, []),
        (1, 20, {}, [1, 2]),
        (1, 20, {"2026.1": 1}, [2]),
        (4, 1, {}, [1]),
        (1, 0, {}, [1, 2, 3, 4]),
        (1, 1e300, {}, []),
    ],
)
def test_number_age_and_tag_each_keep_a_version(
    keep: int, days: float | None, tags: dict[str, int], removed: list[int]
) -> None:
    assert choose_removed(aged(40, 30, 20, 10, 0), tags, Retention(keep, days), NOW) == removed


def test_of_no_versions_none_is_removed() -> None:
    assert choose_removed([], {}, Retention(0), NOW) == []


def test_a_clock_that_was_wrong_once_shortens_no_age() -> None:
    """The second version was made when the clock said 1970; it is as young as the first."""
    assert choose_removed(aged(3, 20_000, 2), {}, Retention(1, 5), NOW) == []


def test_a_version_without_a_time_is_as_old_as_the_one_before_it() -> None:
    old, _, new = aged(40, 30, 0)
    assert choose_removed([old, Version(2, Path(), {}, {}), new], {}, Retention(1, 35), NOW) == [1, 2]


@given(st.lists(st.floats(0, 100), min_size=1, max_size=8), st.integers(0, 9), st.none() | st.floats(0, 100))
def test_the_newest_always_stays_and_so_does_all_that_is_younger_than_what_stays_by_age(
    ages: list[float], keep: int, days: float | None
) -> None:
    versions = aged(*sorted(ages, reverse=True))
    removed = choose_removed(versions, {}, Retention(keep, days), NOW)
    assert removed == list(range(1, len(removed) + 1))
    assert len(versions) - len(removed) >= max(min(keep, len(versions)), 1)


@pytest.mark.parametrize(("keep", "days"), [(-1, None), (1, -1.0), (1, float("nan")), (1, float("inf"))])
def test_a_number_that_makes_no_sense_is_refused(keep: int, days: float | None) -> None:
    with pytest.raises(UsageError):
        Retention(keep, days)


def folder(root: Path, number: int, **files: int) -> Version:
    """A version with files of so many kilobytes, which are on the disk when this returns."""
    made = root / str(number) / "store"
    made.mkdir(parents=True)
    for name, size in files.items():
        with (made / name).open("wb") as file:
            file.write(os.urandom(size * 1000))
            file.flush()
            os.fsync(file.fileno())
    return Version(number, made.parent, {}, {})


def size(version: Version, name: str) -> int:
    return (version.folder / "store" / name).stat().st_blocks * 512


def test_a_file_that_two_versions_share_is_nobodys_own_and_counted_once(tmp_path: Path) -> None:
    one, two = folder(tmp_path, 1, shared=40, alone=80), folder(tmp_path, 2, new=20)
    (two.folder / "store" / "shared").hardlink_to(one.folder / "store" / "shared")
    first, second = measure([one, two])
    shared = size(one, "shared")
    assert (first.number, first.own_bytes, first.shared_bytes) == (1, size(one, "alone"), shared)
    assert (second.number, second.own_bytes, second.shared_bytes) == (2, size(two, "new"), shared)
    assert total_bytes([one, two]) == size(one, "alone") + size(two, "new") + shared
    assert freed_bytes([one]) == first.own_bytes
    assert freed_bytes([one, two]) == total_bytes([one, two])


def test_a_file_linked_twice_within_one_version_is_its_own_and_counted_once(tmp_path: Path) -> None:
    one = folder(tmp_path, 1, a=40)
    (one.folder / "b").hardlink_to(one.folder / "store" / "a")
    (used,) = measure([one])
    assert (used.own_bytes, used.shared_bytes) == (size(one, "a"), 0)


def test_a_version_that_is_gone_takes_nothing(tmp_path: Path) -> None:
    (used,) = measure([Version(1, tmp_path / "none", {}, {})])
    assert (used.own_bytes, used.shared_bytes) == (0, 0)


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (15_240_000, "15.2 MB"), (999_999, "1.0 MB"), (3 * 10**12, "3.0 TB"),
     (4 * 10**15, "4000.0 TB")],
)  # fmt: skip
def test_a_size_is_shown_for_people(number: int, shown: str) -> None:
    assert show_bytes(number) == shown


Run = Callable[..., str]


@pytest.fixture
def versions(tmp_path: Path) -> Versions:
    """Four versions that share files, the second tagged."""
    versions = Versions(tmp_path / "data")
    with versions.writer() as writer:
        quad = Quad(*[NamedNode("http://example.org/a")] * 3)
        writer.commit([quad], {"base": Names().base}, {}, by="tests", why="first")
        for _ in range(3):
            writer.restore(versions.get(1), by="tests", why="again")
        writer.tag("kept", versions.get(2))
    return versions


@pytest.fixture
def run(versions: Versions, capsys: pytest.CaptureFixture[str]) -> Run:
    """What `letapis versions …` prints on these versions."""
    def run(*words: str) -> str:
        parser = argparse.ArgumentParser()
        add_versions(parser)
        parser.set_defaults(root=ROOT, data=versions.data, base=Names().base)
        assert run_versions(parser.parse_args(words)) == 0
        return capsys.readouterr().out

    return run


def test_a_dry_run_tells_what_goes_and_removes_nothing(versions: Versions, run: Run) -> None:
    assert run("prune", "--keep", "1", "--dry-run").startswith("Would remove: 1, 3; that frees ")
    assert [version.number for version in versions.list()] == [1, 2, 3, 4]
    told = json.loads(run("prune", "--keep", "1", "--dry-run", "--json"))
    assert (told["removed"], told["dryRun"]) == ([1, 3], True)
    assert told["bytes"] == freed_bytes([versions.get(1), versions.get(3)]) > 0


def test_what_a_dry_run_tells_is_what_pruning_does(versions: Versions, run: Run) -> None:
    told = json.loads(run("prune", "--keep", "1", "--dry-run", "--json"))
    before = total_bytes(versions.list())
    done = json.loads(run("prune", "--keep", "1", "--json"))
    assert (done["removed"], done["bytes"], done["dryRun"]) == (told["removed"], told["bytes"], False)
    assert before - total_bytes(versions.list()) == told["bytes"]
    assert [version.number for version in versions.list()] == [2, 4]


def test_versions_of_the_last_days_stay(versions: Versions, run: Run) -> None:
    assert run("prune", "--keep", "1", "--days", "1") == "Removed: none.\n"
    assert run("prune", "--keep", "1") == "Removed: 1, 3.\n"


def test_the_list_shows_what_each_version_and_all_of_them_take(versions: Versions, run: Run) -> None:
    listed = run("list").splitlines()
    assert len(listed) == 5
    assert all(" kB " in line for line in listed[:4])
    assert listed[-1].startswith(f"{show_bytes(total_bytes(versions.list()))} on disk")
    disks = [version["disk"] for version in json.loads(run("list", "--json"))]
    assert [disk["own"] for disk in disks] == [used.own_bytes for used in measure(versions.list())]
    assert all(disk["shared"] > 0 for disk in disks)


def test_words_of_a_commit_cannot_steer_a_terminal(versions: Versions, run: Run) -> None:
    with versions.writer() as writer:
        writer.restore(versions.get(1), by="tests", why="red \x1b[31m\nand a line")
    last = run("list").splitlines()[4]
    assert last.endswith("tests: red \ufffd[31m\ufffdand a line")


def test_one_version_tells_its_disk_use_and_its_tags(versions: Versions, run: Run) -> None:
    shown = json.loads(run("show", "kept"))
    assert (shown["version"], shown["tags"], set(shown["disk"])) == (2, ["kept"], {"own", "shared"})
