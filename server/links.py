"""Addresses on this host for the canonical IRIs of the record, and back; and for any other IRI, as a parameter."""

from __future__ import annotations

import re
from urllib.parse import quote, urlencode

from flask import has_request_context, request

from graph.iris import Names
from graph.rdf import NamedNode

_PATH_SAFE = "/:@!$&'()*+,;=~"
_LOCAL = re.compile(r"[^\x00-\x20<>\"{}|\\^`#?%]+")
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|\\^`]+")
AREAS = ("claim", "voc")
"""The areas of the record beside `id/` whose things have pages."""


def root() -> str:
    """The path under which this request's version is served; empty for the current version."""
    return request.script_root if has_request_context() else ""


def address(iri: str, names: Names, language: str = "") -> str:
    """Where a page links to for *iri*: a path here, an http(s) IRI elsewhere, or nothing.

    *language* is kept in the path where the reader chose one.
    """
    if not iri.startswith(names.base):
        return iri if iri.startswith(("https://", "http://")) else ""
    local, _, fragment = iri[len(names.base) :].partition("#")
    path, parameters = _path(local, fragment)
    if not path:
        return ""
    if language:
        parameters["lang"] = language
    anchor = "" if local == "ontology" or not fragment else f"#{quote(fragment, safe=_PATH_SAFE)}"
    return f"{root()}{quote(path, safe=_PATH_SAFE)}{'?' + urlencode(parameters) if parameters else ''}{anchor}"


def _path(local: str, fragment: str) -> tuple[str, dict[str, str]]:
    area, _, rest = local.partition("/")
    if area == "id" and rest:
        return f"/page/{rest}", {}
    if area in AREAS and rest:
        return f"/page/{local}", {}
    if area == "src" and rest:
        passage = fragment.removesuffix("-source").removeprefix("segment-")
        return f"/sources/{rest}", {"passage": passage} if fragment else {}
    if area == "ontology":
        return (f"/ontology/{rest or fragment}" if rest or fragment else "/ontology"), {}
    return ("/shapes", {}) if area == "shapes" else ("", {})


def local_of(iri: str, names: Names) -> str:
    """The `<local>` by which `/page/<local>` and `/data/<local>.<ext>` know *iri*; empty where they do not."""
    for area in ("id", *AREAS):
        prefix = f"{names.base}{area}/"
        if iri.startswith(prefix):
            rest = iri[len(prefix) :]
            return rest if area == "id" else f"{area}/{rest}"
    return ""


def thing_at(local: str, names: Names) -> NamedNode | None:
    """The thing that `/page/<local>` is about; None where *local* cannot be part of an IRI."""
    if not _LOCAL.fullmatch(local):
        return None
    area, _, rest = local.partition("/")
    try:
        return NamedNode(f"{names.base}{local}" if area in AREAS and rest else f"{names.base}id/{local}")
    except ValueError:
        return None


def is_absolute(iri: str) -> bool:
    """True for an absolute IRI."""
    try:
        NamedNode(iri)
    except ValueError:
        return False
    return True


def page_path(local: str) -> str:
    """The address of a thing's page."""
    return f"{root()}/page/{quote(local, safe=_PATH_SAFE)}"


def data_path(local: str, extension: str) -> str:
    """The address of a thing's data in one format."""
    return f"{root()}/data/{quote(local, safe=_PATH_SAFE)}.{extension}"


def describe_path(iri: str, /, **parameters: str) -> str:
    """The address of the page about a thing that has no address of its own here; of its data with a `format`."""
    return with_parameters(f"{root()}/describe", iri=iri, **parameters)


def with_parameters(path: str, /, **parameters: str) -> str:
    """The path with those of the parameters that are not empty."""
    query = urlencode({name: value for name, value in parameters.items() if value}, safe="/:")
    return f"{path}?{query}" if query else path


def parse_iri(text: str) -> NamedNode | None:
    """The absolute IRI that *text* is; None where it is none, or holds what no IRI may hold."""
    if not _IRI.fullmatch(text):
        return None
    try:
        return NamedNode(text)
    except ValueError:
        return None
