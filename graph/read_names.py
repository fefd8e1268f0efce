"""What names a thing: the properties whose values stand for it on pages, by which search finds it and lists sort it."""

from __future__ import annotations

import re

from graph.iris import DCT, FOAF, LITERAL_FORM, PREF_LABEL, RDFS, SCHEMA, SKOS
from graph.rdf import NamedNode

LABELS = (PREF_LABEL, NamedNode(f"{RDFS}label"), LITERAL_FORM, NamedNode(f"{DCT}title"))
"""What names the things of a record, the best first."""

_HTTP_SCHEMA = "http://schema.org/"

NAMING = (
    PREF_LABEL, NamedNode(f"{RDFS}label"), NamedNode(f"{FOAF}name"), NamedNode(f"{SCHEMA}name"),
    NamedNode(f"{_HTTP_SCHEMA}name"), NamedNode(f"{DCT}title"), NamedNode("http://purl.org/dc/elements/1.1/title"),
    LITERAL_FORM,
)  # fmt: skip
"""What names somebody else's things, the best first."""

ALSO_NAMING = (
    NamedNode(f"{SKOS}altLabel"), NamedNode(f"{FOAF}nick"), NamedNode(f"{SCHEMA}alternateName"),
    NamedNode(f"{_HTTP_SCHEMA}alternateName"), NamedNode(f"{DCT}alternative"), NamedNode(f"{DCT}identifier"),
)  # fmt: skip
"""By what else they are found."""


_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])(?=([a-z]?))")


def words_of(iri: str) -> str:
    """The words that an IRI ends with, `address locality` of `…/addressLocality`; empty where it ends with none."""
    local = re.split("[#/]", iri)[-1].replace("_", " ").strip()
    words = _HUMP.sub(lambda hump: f" {hump[1].lower() if hump[2] else hump[1]}", local)
    return words if is_readable(words) and not words.isdecimal() else ""


def is_readable(text: str) -> bool:
    """True where *text* shows something: not only blanks and marks that turn or join what stands beside them."""
    return any(char.isprintable() and not char.isspace() for char in text)
