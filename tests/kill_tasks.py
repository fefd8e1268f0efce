"""What the test that kills writers lets run in processes of their own: a write, and a look at what it left."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from graph.fingerprint import digest_of, weigh
from graph.ingest import Ingest, ingest
from graph.project import Project
from graph.rdf import NamedNode, Quad, Store
from graph.versions import Versions

NUMBER = NamedNode("http://e/number")
SIZE = 60
"""Statements in one file, all about one thing."""


def project(folder: str) -> Project:
    """The dataset in *folder*."""
    root = Path(folder)
    return Project(root, root / "data", "http://e/", "union")


def statements(number: int) -> str:
    """The file of that number."""
    return "".join(f'<http://e/thing{number}> <http://e/number> "{n}" .\n' for n in range(SIZE))


def write(request: dict[str, Any], _: list[int]) -> dict[str, Any]:
    """Ingest the file of a number."""
    path = Path(request["folder"]) / f"{request['number']}.nt"
    path.write_text(statements(request["number"]))
    passed = ingest(project(request["folder"]), Ingest([str(path)], "tests", f"file {request['number']}"))
    return {"version": passed.version.number if passed.version else None}


def look(request: dict[str, Any], _: list[int]) -> dict[str, Any]:
    """What the current version holds: its number, and which files; AssertionError where it is not whole."""
    versions = Versions(Path(request["folder"]) / "data")
    if request["sweep"]:
        assert versions.sweep()
    version = versions.current()
    assert version is not None
    store = version.open_disk()
    assert version.manifest["digest"] == digest_of(weigh(store))
    assert version.manifest["quads"] == sum(1 for _ in store)
    names = sorted(path.name for path in versions.data.iterdir())
    return {"version": version.number, "files": whole_files(store), "names": names,
            "versions": [kept.number for kept in versions.list()]}  # fmt: skip


def whole_files(store: Store) -> list[int]:
    """The numbers of the files that are in *store*, each of them whole."""
    found: dict[int, int] = {}
    for quad in named(store.quads_for_pattern(None, NUMBER, None, None)):
        number = int(quad.subject.value.removeprefix("http://e/thing"))
        found[number] = found.get(number, 0) + 1
    assert set(found.values()) <= {SIZE}
    return sorted(found)


def named(quads: Iterable[Quad]) -> Iterable[Quad]:
    """Those of the stated graph: the default graph repeats them."""
    return (quad for quad in quads if isinstance(quad.graph_name, NamedNode))
