"""A journal is done as a whole, however often its doing was interrupted."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from graph.errors import VersionError
from graph.swap import JOURNAL, Move, complete_swaps, write_journal

MOVES = [Move("staging/r/2", "versions/2"), Move("staging/r/1", "versions/1"), Move("staging/r/f", "f")]


def prepare(data: Path) -> None:
    """Version 1 and a file that are to be replaced, two things that are to go, and all that comes."""
    for name in ("versions/1/old", "f", "gone/x", "lost", "staging/r/1/new", "staging/r/2/next", "staging/r/f"):
        path = data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (data / "current").symlink_to("versions/1")


def content(data: Path) -> dict[str, str]:
    """The files of a folder by name, and where `current` leads."""
    files = {str(path.relative_to(data)): path.read_text() for path in data.rglob("*") if path.is_file()}
    return {**files, "current": str((data / "current").readlink())}


DONE = {"versions/1/new": "staging/r/1/new", "versions/2/next": "staging/r/2/next", "f": "staging/r/f",
        "current": "versions/2"}  # fmt: skip


def test_everything_comes_to_its_place_and_what_was_there_goes(tmp_path: Path) -> None:
    prepare(tmp_path)
    write_journal(tmp_path, MOVES, ["gone", "lost"], 2)
    complete_swaps(tmp_path)
    assert content(tmp_path) == DONE


def test_without_a_journal_nothing_is_done(tmp_path: Path) -> None:
    prepare(tmp_path)
    before = content(tmp_path)
    complete_swaps(tmp_path)
    assert content(tmp_path) == before


DOINGS: list[Callable[[Path], object]] = [
    lambda data: (data / "staging/replaced").mkdir(),
    lambda data: (data / "staging/r/2").rename(data / "versions/2"),
    lambda data: (data / "current.next").symlink_to("versions/2"),
    lambda data: (data / "current.next").replace(data / "current"),
    lambda data: (data / "versions/1").rename(data / "staging/replaced/1"),
    lambda data: (data / "staging/r/1").rename(data / "versions/1"),
    lambda data: (data / "staging/r/f").replace(data / "f"),
    lambda data: (data / "gone/x").unlink(),
    lambda data: (data / "lost").unlink(),
]


@pytest.mark.parametrize("number", range(len(DOINGS) + 1))
def test_what_was_begun_is_completed(tmp_path: Path, number: int) -> None:
    prepare(tmp_path)
    write_journal(tmp_path, MOVES, ["gone", "lost"], 2)
    for do in itertools.islice(DOINGS, number):
        do(tmp_path)
    complete_swaps(tmp_path)
    assert content(tmp_path) == DONE


def test_what_was_done_but_for_the_journal_is_left_as_it_is(tmp_path: Path) -> None:
    prepare(tmp_path)
    write_journal(tmp_path, MOVES, ["gone", "lost"], 2)
    journal = (tmp_path / JOURNAL).read_bytes()
    complete_swaps(tmp_path)
    (tmp_path / JOURNAL).write_bytes(journal)
    complete_swaps(tmp_path)
    assert content(tmp_path) == DONE


def test_a_journal_that_cannot_be_read_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / JOURNAL).write_text("{")
    with pytest.raises(VersionError, match="cannot be read"):
        complete_swaps(tmp_path)


def test_what_is_in_the_way_is_an_error_of_ours_and_can_be_mended(tmp_path: Path) -> None:
    prepare(tmp_path)
    (tmp_path / "f").unlink()
    (tmp_path / "staging/replaced").write_text("in the way")
    write_journal(tmp_path, MOVES, ["gone", "lost"], 2)
    with pytest.raises(VersionError, match="could not be completed"):
        complete_swaps(tmp_path)
    (tmp_path / "staging/replaced").unlink()
    complete_swaps(tmp_path)
    assert content(tmp_path) == DONE
