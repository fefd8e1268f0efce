"""Replacing many versions and files of a data folder as one step, whatever happens meanwhile.

    DATA/staging/…         what replaces them, complete and on the disk before the journal is written
    DATA/redaction.json    the journal: what goes where, what goes away, and which version is current then

Before the journal there is nothing but something in `staging/`; from then on whoever gets the right to write completes
what it says, as often as that takes. Every step is a rename that was done or is still to be done.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from graph.errors import VersionError
from graph.readers import wait_until_served
from graph.staging import sync, write_json

JOURNAL = "redaction.json"
STAGING = "staging"
SERVED_SECONDS = 10.0
"""How long servers may take to answer from the version that becomes current, before the others are swapped."""

_REPLACED = "replaced"


@dataclass(frozen=True)
class Move:
    """*prepared* comes to *place*, and what was there goes; both are paths below the data folder."""

    prepared: str
    place: str


def write_journal(data: Path, moves: Sequence[Move], removals: Iterable[str], current: int) -> None:
    """Decide that *moves* are made and *removals* go; the first move is that of the version that becomes *current*."""
    content = {
        "moves": [[move.prepared, move.place] for move in moves], "removals": list(removals), "current": current,
    }  # fmt: skip
    following = data / STAGING / JOURNAL
    write_json(following, content)
    sync(following)
    sync(data / STAGING)
    following.replace(data / JOURNAL)
    sync(data)


def complete_swaps(data: Path) -> None:
    """Do what a journal in *data* says, where there is one; call it with the right to write, before all else.

    VersionError where it cannot be done now; the next call goes on.
    """
    try:
        content = json.loads((data / JOURNAL).read_bytes())
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise VersionError(f"{data / JOURNAL} cannot be read: {error}.", "Restore the data folder.") from None
    try:
        _do(data, [Move(*move) for move in content["moves"]], content["removals"], content["current"])
    except OSError as error:
        remedy = "It is decided, and the next write completes it: mend this and run `letapis versions prune`."
        raise VersionError(f"a redaction could not be completed: {error}.", remedy) from None


def _do(data: Path, moves: Sequence[Move], removals: Iterable[str], current: int) -> None:
    replaced = data / STAGING / _REPLACED
    replaced.mkdir(parents=True, exist_ok=True)
    for number, move in enumerate(moves):
        _move(data / move.prepared, data / move.place, replaced / str(number))
        if number == 0:
            _point_to(data, current)
            wait_until_served(data, current, SERVED_SECONDS)  # else requests on the version before would fail
    for name in removals:
        _remove(data / name)
    for folder in {(data / name).parent for name in (*removals, *(move.place for move in moves))}:
        if folder.is_dir():
            sync(folder)
    shutil.rmtree(data / STAGING)
    (data / JOURNAL).unlink()
    sync(data)


def _move(prepared: Path, place: Path, replaced: Path) -> None:
    """Put *prepared* in its place; where it is not there any more, that was done before."""
    if not prepared.exists():
        return
    if place.is_dir():
        place.rename(replaced)
    prepared.replace(place)


def _point_to(data: Path, current: int) -> None:
    """Make that version current in one step."""
    sync(data / "versions")
    following = data / "current.next"
    following.unlink(missing_ok=True)
    following.symlink_to(Path("versions") / str(current))
    following.replace(data / "current")
    sync(data)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
