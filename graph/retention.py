"""Which versions to keep, by number, age and tag; and what they take on disk, where they share files."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from graph.errors import UsageError
from graph.history import made_at, moments
from graph.versions import Version

_BLOCK = 512
"""What `st_blocks` counts in, whatever the file system (POSIX leaves it open; Linux and the BSDs do so)."""


@dataclass(frozen=True)
class Retention:
    """Keep the last *keep* versions, and those of the last *days*; UsageError where a number makes no sense."""

    keep: int
    days: float | None = None

    def __post_init__(self) -> None:
        if self.keep < 0:
            raise UsageError(f"{self.keep} is no number of versions to keep.", "Keep 0 or more.")
        if self.days is not None and not 0 <= self.days < math.inf:
            raise UsageError(f"{self.days:g} is no number of days.", "Give 0 or more days.")


def choose_removed(
    versions: Iterable[Version], tags: Mapping[str, int], retention: Retention, now: datetime
) -> list[int]:
    """The versions that *retention* does not keep, oldest first; what is tagged and the newest always stay.

    A version's age is counted from when it became current, so that a clock that was wrong once does not shorten it.
    """
    made = moments({version.number: made_at(version.commit) for version in versions})
    numbers = sorted(made)
    spared = {*tags.values(), *numbers[-max(retention.keep, 1) :]}
    return [number for number in numbers if number not in spared and not _is_young(made[number], retention, now)]


def _is_young(moment: datetime, retention: Retention, now: datetime) -> bool:
    if retention.days is None:
        return False
    try:
        return now - moment <= timedelta(days=retention.days)
    except OverflowError:  # longer than time is counted
        return True


@dataclass(frozen=True)
class Usage:
    """What a version takes on disk: *own_bytes* would be free without it, *shared_bytes* belong to others too."""

    number: int
    own_bytes: int
    shared_bytes: int


def measure(versions: Iterable[Version]) -> list[Usage]:
    """What each version takes on disk; a file that several share is nobody's own."""
    found = []
    for version in versions:
        files = list(_files(version.folder))
        own = _freed(files)
        found.append(Usage(version.number, own, sum({_identity(file): _size(file) for file in files}.values()) - own))
    return found


def total_bytes(versions: Iterable[Version]) -> int:
    """What all these versions take on disk together, each shared file counted once."""
    sizes = {_identity(file): _size(file) for version in versions for file in _files(version.folder)}
    return sum(sizes.values())


def freed_bytes(versions: Iterable[Version]) -> int:
    """What removing all of these versions would free: the files that no other version shares."""
    return _freed([file for version in versions for file in _files(version.folder)])


def _freed(files: Iterable[os.stat_result]) -> int:
    links: dict[tuple[int, int], int] = {}
    sizes: dict[tuple[int, int], int] = {}
    for file in files:
        identity = _identity(file)
        links[identity] = links.get(identity, file.st_nlink) - 1
        sizes[identity] = _size(file)
    return sum(sizes[identity] for identity, elsewhere in links.items() if elsewhere <= 0)


def _files(folder: Path) -> Iterator[os.stat_result]:
    """The files below *folder*; nothing where it was removed meanwhile."""
    try:
        entries = list(os.scandir(folder))
    except FileNotFoundError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _files(Path(entry.path))
            continue
        try:
            yield Path(entry.path).lstat()
        except FileNotFoundError:
            continue


def _identity(file: os.stat_result) -> tuple[int, int]:
    return file.st_dev, file.st_ino


def _size(file: os.stat_result) -> int:
    return file.st_blocks * _BLOCK


def show_bytes(number: int) -> str:
    """A size as people read it, in powers of a thousand: `15.2 MB`."""
    size = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 999.95:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
