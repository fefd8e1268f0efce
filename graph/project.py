"""Where a record keeps its files, and the fingerprint of everything that a build depends on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from graph.errors import UsageError
from graph.iris import CANONICAL_BASE, Names
from graph.layout import Kind, Layout

SOURCES = "sources"


@dataclass(frozen=True)
class Project:
    """The folders of one record under *root*, its data folder, and its names.

    Another group puts its own documents, claims, ontology and shapes in the same places. A dataset of another *kind*
    needs none of these folders.
    """

    root: Path
    data: Path
    base: str = CANONICAL_BASE
    kind: Kind = "record"

    def __post_init__(self) -> None:
        if self.kind == "record" and not (self.root / "ontology").is_dir():
            raise UsageError(f"{self.root} holds no `ontology` folder.", "Name the record's folder with --root.")
        if not self.base.startswith(("http://", "https://")) or not self.base.endswith("/"):
            raise UsageError(f"the base IRI {self.base!r} must be http(s) and end with `/`.")

    @property
    def names(self) -> Names:
        """The IRIs of this record."""
        return Names(self.base)

    @property
    def layout(self) -> Layout:
        """How the dataset is laid out."""
        return Layout(self.kind, self.names)

    @property
    def ontology(self) -> Path:
        """The ontology modules."""
        return self.root / "ontology"

    @property
    def shapes(self) -> Path:
        """The SHACL shapes."""
        return self.root / "shapes"

    @property
    def documents(self) -> Path:
        """The descriptions of documents."""
        return self.root / "graph" / "documents"

    @property
    def entities(self) -> Path:
        """Editorial statements."""
        return self.root / "graph" / "entities"

    @property
    def claims(self) -> Path:
        """The claims files."""
        return self.root / "graph" / "claims"

    @property
    def questions(self) -> Path:
        """The competency questions, by topic."""
        return self.root / "graph" / "questions"

    @property
    def text_folders(self) -> list[Path]:
        """Where texts of documents are looked for: added ones first, then `../shared/sources` beside the project."""
        return [self.data / SOURCES, self.root.parent / "shared" / "sources"]

    def inputs(self) -> Iterator[Path]:
        """Every file that the built version depends on, in a fixed order, the code that builds it included."""
        for folder, pattern in (
            (self.ontology, "*.ttl"), (self.shapes, "*.ttl"), (self.documents, "*.yml"),
            (self.entities, "*.yml"), (self.claims, "*.yml"), (Path(__file__).parent, "*.py"),
        ):  # fmt: skip
            yield from sorted(folder.glob(pattern))

    def inputs_digest(self) -> str:
        """One fingerprint of all inputs: equal inputs need no second build."""
        return _digest(self.base, self.inputs())

    def code_digest(self) -> str:
        """The fingerprint of the code that builds: other code may derive other things from the same files."""
        return _digest(self.base, sorted(Path(__file__).parent.glob("*.py")))


def _digest(base: str, paths: Iterable[Path]) -> str:
    whole = hashlib.sha256(base.encode())
    for path in paths:
        whole.update(f"\0{path.parent.name}/{path.name}\0".encode())
        whole.update(path.read_bytes())
    return whole.hexdigest()
