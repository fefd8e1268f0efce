"""Documents: their descriptions in `graph/documents`, and their texts, which stay outside, known by fingerprint."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from graph.errors import Spot, UsageError
from graph.sourcefile import Mapping, Text, fail, read_yaml

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_RANGE = re.compile(r"(.*?)(\d+)\.\.(\d+)")
TEXT_LIMIT = 64 * 2**20  # bytes; a document's text is read whole


@dataclass(frozen=True)
class Document:
    """A document of the record: what it is, and the SHA-256 and length (code points) of the text claims point into."""

    name: str
    spot: Spot
    sha256: str
    characters: int
    speaker: Text
    cite_as: str
    kind: Text
    identifier: str | None
    locators: tuple[str, ...]
    facts: Mapping = field(repr=False)

    @property
    def local(self) -> str:
        """The identifier below `id/`: by UN symbol where it has one, else by name."""
        if self.identifier and self.kind == "UNDocument":
            return "undoc/" + self.identifier.replace("/", "-").replace(" ", "-")
        return f"doc/{self.name}"


def read_documents(folder: Path, shown: str) -> dict[str, Document]:
    """The descriptions in *folder* by name; SourceError names what is wrong in which line."""
    return {path.stem: _read_document(path, f"{shown}/{path.name}") for path in sorted(folder.glob("*.yml"))}


def _read_document(path: Path, shown: str) -> Document:
    item = read_yaml(path, shown)
    item.take_text("file")
    fingerprint = item.need_text("sha256")
    if not _FINGERPRINT.fullmatch(fingerprint):
        fail(fingerprint.spot, "`sha256` is not 64 hexadecimal digits.", "Take it from `sha256sum FILE`.")
    length = item.need_text("characters")
    if not length.isdecimal():
        fail(length.spot, "`characters` is not a whole number.", "Count the text's code points.")
    identifier = item.get(Text("identifier", item.spot))
    return Document(
        name=path.stem, spot=item.spot, sha256=str(fingerprint), characters=int(length),
        speaker=item.need_text("speaker"), cite_as=str(item.need_text("citeAs")), kind=item.need_text("a"),
        identifier=str(identifier) if identifier else None,
        locators=tuple(_locators(item)), facts=item,
    )  # fmt: skip


def _locators(item: Mapping) -> Iterable[str]:
    """The passages that claims or asides must cover; `para. 41..72` stands for each of them."""
    for entry in item.take_list("locators"):
        match = _RANGE.fullmatch(str(entry))
        if match is None:
            yield str(entry)
        else:
            yield from (f"{match[1]}{number}" for number in range(int(match[2]), int(match[3]) + 1))


def find_texts(documents: Iterable[Document], folders: Iterable[Path]) -> dict[str, str]:
    """The texts of *documents* found in *folders*, by document name: a file counts only if its fingerprint is right."""
    wanted = {document.sha256: document for document in documents}
    found: dict[str, str] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.txt")) if folder.is_dir() else ():
            if path.stat().st_size > TEXT_LIMIT:
                continue
            data = path.read_bytes()
            document = wanted.get(hashlib.sha256(data).hexdigest())
            if document is not None:
                found.setdefault(document.name, _decode(data, document))
    return found


def _decode(data: bytes, document: Document) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        fail(document.spot, f"the text of `{document.name}` is not UTF-8.", "Describe a text that is.")


def add_text(path: Path, documents: Iterable[Document], folder: Path) -> Document:
    """Copy the text at *path* into *folder* if it is the text of a known document; return that document.

    Raises UsageError where it is not, or where it cannot be copied; SourceError where it is not UTF-8.
    """
    try:
        if path.stat().st_size > TEXT_LIMIT:
            raise UsageError(f"{path} is larger than {TEXT_LIMIT} bytes.", "No document of this record is.")
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
    fingerprint = hashlib.sha256(data).hexdigest()
    for document in documents:
        if document.sha256 == fingerprint:
            _decode(data, document)
            try:
                folder.mkdir(parents=True, exist_ok=True)
                _write_whole(folder / f"{document.name}.txt", data)
            except OSError as error:
                raise UsageError(f"{folder} cannot be written: {error.strerror}.", "Use another --data.") from None
            return document
    raise UsageError(
        f"{path} is no text of this record: its SHA-256 is {fingerprint}.",
        "Describe the document in graph/documents first, or fetch the text whose fingerprint stands there.",
    )


def _write_whole(path: Path, data: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".adding-", delete=False) as part:
        part.write(data)
    shutil.move(part.name, path)
    os.chmod(path, 0o644)  # noqa: PTH101 - a public text; NamedTemporaryFile made it private
