"""What names a thing: the properties whose values stand for it on pages, by which search finds it and lists sort it."""

from __future__ import annotations

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


def is_readable(text: str) -> bool:
    """True where *text* shows something: not only blanks and marks that turn or join what stands beside them."""
    return any(char.isprintable() and not char.isspace() for char in text)
