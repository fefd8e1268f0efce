"""`/sources`: the documents of the record, and each one's passages with the claims they support."""

from __future__ import annotations

import re
from pathlib import Path

from flask import Blueprint, Response, g, request

from graph.documents import find_texts, read_documents
from graph.errors import SourceError
from graph.project import Project
from graph.rdf import NamedNode
from graph.read_sources import PassagePage, Source, read_passages, read_source, read_sources
from server import pages
from server.errors import BadRequestError, NotFoundError
from server.links import thing_at
from server.service import Served

blueprint = Blueprint("sources", __name__)

_FRAGMENT = re.compile(r"\d+-\d+(_\d+-\d+)*")
_Signature = tuple[tuple[str, int, int], ...]


class Texts:
    """The texts that are present beside a version; found again when a file is added or changed."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._seen: _Signature | None = None
        self._texts: dict[str, tuple[str, str]] = {}

    def signature(self) -> _Signature:
        """What tells one state of the folders from another."""
        paths = [path for folder in self._project.text_folders if folder.is_dir() for path in folder.glob("*.txt")]
        return tuple((path.name, *_times(path)) for path in sorted(paths))

    def get(self, source: Source) -> str | None:
        """The text with the fingerprint of *source*; None where it is not here."""
        seen = self.signature()
        if seen != self._seen:
            self._texts, self._seen = self._find(), seen
        fingerprint, text = self._texts.get(source.name, ("", ""))
        return text if fingerprint == source.sha256 else None

    def _find(self) -> dict[str, tuple[str, str]]:
        try:
            documents = read_documents(self._project.documents, "graph/documents")
        except SourceError:  # the files are being worked on; the served version does not depend on them
            return {}
        texts = find_texts(documents.values(), self._project.text_folders)
        return {name: (documents[name].sha256, text) for name, text in texts.items()}


def _times(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size



def _texts(served: Served) -> Texts:
    return Texts(served.project)


@blueprint.before_request
def _refuse_elsewhere() -> None:
    """NotFoundError where the dataset is no record: then it has no documents that claims point into."""
    if pages.kind() != "record":
        raise NotFoundError("these data have no documents that claims point into.", "See / for what there is.")


@blueprint.get("/sources")
def sources() -> Response:
    """The documents that claims rest on."""
    known = pages.unchanged_page()
    if known is not None:
        return known
    return pages.render("sources/list.html", sources=read_sources(pages.reader()))


@blueprint.get("/sources/<name>")
def source(name: str) -> Response:
    """One document: what it is, and its passages with the claims each supports."""
    texts = g.served.keep(_texts)
    state = repr(texts.signature())
    known = pages.unchanged_page(state)
    if known is not None:
        return known
    plain = thing_at(name, g.served.project.names)
    capture = g.served.project.names.capture(name) if plain is not None else None
    found = read_source(pages.reader(), capture) if capture is not None else None
    if found is None or capture is None:
        raise NotFoundError(f"no document `{name}` is part of this record.", "See /sources.")
    text = texts.get(found)
    page = _passages(capture)
    return pages.render(
        "sources/source.html", state, source=found, page=page, texts=_slices(page, text), has_text=text is not None
    )


def _passages(capture: NamedNode) -> PassagePage:
    holding, number = request.args.get("passage", ""), request.args.get("page", "1")
    if holding and not _FRAGMENT.fullmatch(holding):
        raise BadRequestError("`passage=` is no range of positions.", "Write passage=START-END.")
    if not number.isdecimal() or len(number) > 6:
        raise BadRequestError("`page=` is no number.", "Write page=1.")
    return read_passages(pages.reader(), capture, number=int(number), holding=holding)


def _slices(page: PassagePage, text: str | None) -> dict[str, list[str]]:
    """The words of each passage piece by piece, white space folded; nothing where the text is not here."""
    if text is None:
        return {}
    return {
        passage.fragment: [" ".join(text[piece.start : piece.end].split()) for piece in passage.pieces]
        for passage in page.passages
    }
