"""Files of claims that come in by themselves: what they add to, or change in, the record whose files they join."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from graph.build import Locator, data_quads, read_record
from graph.errors import SourceError, Spot
from graph.project import Project
from graph.rdf import Quad
from graph.sourcefile import read_yaml

_FOLDERS = ("documents", "entities", "claims")


@dataclass(frozen=True)
class Joined:
    """What files add to a record and take from it, where they were written."""

    added: frozenset[Quad]
    removed: frozenset[Quad]
    locator: Locator
    shown: dict[str, str]

    def locate(self, focus: str, path: str | None, value: str | None) -> tuple[Spot, ...]:
        """The places of a finding, in the files that joined as they were named."""
        spots = self.locator.locate(focus, path, value)
        return tuple(_as_named(spot, self.shown) for spot in spots)


def join_files(project: Project, files: Sequence[Path]) -> Joined:
    """The difference that *files* make: claims, editorial entries or descriptions of documents, told by what they hold.

    A file of the same name in the record is taken to be replaced. SourceError names what is wrong in which of them.
    """
    with tempfile.TemporaryDirectory(prefix="letapis-ingest-") as folder:
        root, shown = Path(folder), {}
        _link(project.root, root)
        for path in files:
            kind = _kind(path)
            target = root / "graph" / kind / f"{path.stem}.yml"
            target.unlink(missing_ok=True)
            target.symlink_to(path.resolve())
            shown[f"graph/{kind}/{target.name}"] = str(path)
        try:
            ontology, record = read_record(replace(project, root=root))
        except SourceError as error:
            error.spot = _as_named(error.spot, shown)
            raise
        after = frozenset(data_quads(ontology, record, project.layout))
        before = frozenset(data_quads(*read_record(project), project.layout))
        return Joined(after - before, before - after, Locator(record), shown)


def _link(record: Path, root: Path) -> None:
    """Lead from *root* to every file of the record."""
    for name in ("ontology", "shapes"):
        (root / name).symlink_to(record / name)
    for name in _FOLDERS:
        place = root / "graph" / name
        place.mkdir(parents=True)
        for path in sorted((record / "graph" / name).glob("*.yml")):
            (place / path.name).symlink_to(path)


def _kind(path: Path) -> str:
    """The folder that a file belongs in, by its keys."""
    keys = set(read_yaml(path, str(path)))
    if "passages" in keys:
        return "claims"
    return "documents" if "sha256" in keys else "entities"


def _as_named(spot: Spot, shown: dict[str, str]) -> Spot:
    return Spot(shown.get(spot.file, spot.file), spot.line)
