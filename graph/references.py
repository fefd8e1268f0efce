"""References as curators write them (`P0001 Kalesnikava`, `law/by/criminal-code/art-361-1-part-1`, `imprisonment`)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from graph.iris import WIKIDATA, Names
from graph.rdf import NamedNode
from graph.sourcefile import Text, fail

OPAQUE = re.compile(r"[A-Z][0-9]{4,6}")
_PATH = re.compile(r"(law|undoc|doc)/[A-Za-z0-9]+(?:[-/.][A-Za-z0-9]+)*")
_CONCEPT = re.compile(r"(?:voc/)?([a-z][A-Za-z0-9-]*)")
_TERM = re.compile(r"[A-Z][A-Za-z]+")
_QID = re.compile(r"Q[1-9][0-9]*")
_URL = re.compile(r"https?://[^\s<>\"{}|\\^`]+")
_PROVISION = re.compile(r"(law/.+?)/(art-[0-9]+(?:-[0-9]+)?)((?:-(?:part|para|item)-[0-9]+)*)")
_PARAGRAPH = re.compile(r"(undoc/[^/]+)/para-([0-9]+)")


@dataclass(frozen=True)
class Step:
    """One level of a provision: its identifier below `id/`, its number, and the identifier it lies directly in."""

    local: str
    number: str
    parent: str


def resolve(text: Text, names: Names) -> tuple[NamedNode, tuple[str, ...]]:
    """The IRI that a reference names, and the words after it that must fit the entity's names."""
    token, *words = text.split() or [""]
    if OPAQUE.fullmatch(token) or _PATH.fullmatch(token):
        return names.id(token), tuple(words)
    if words:
        fail(text.spot, f"`{text}` is no reference.", "Write an identifier such as `P0001`, then words of its name.")
    if _URL.fullmatch(token):
        return _address(text, token), ()
    if concept := _CONCEPT.fullmatch(token):
        return names.voc(concept[1]), ()
    if _TERM.fullmatch(token):
        return names.term(token), ()
    fail(
        text.spot,
        f"`{text}` is no reference.",
        "Expected `P0001`, `law/…`, `undoc/…`, `doc/…`, a concept such as `imprisonment`, or an http(s) address.",
    )


def _address(text: Text, token: str) -> NamedNode:
    try:
        return NamedNode(token)
    except ValueError as error:
        fail(text.spot, f"`{text}` is no address: {error}.", "Write special characters as %XX.")


def resolve_wikidata(text: Text) -> NamedNode:
    """The Wikidata entity IRI of `Q42`."""
    if not _QID.fullmatch(text):
        fail(text.spot, f"`{text}` is no Wikidata item.", "Write `Q` and its number.")
    return NamedNode(WIKIDATA + text)


def provision_steps(local: str) -> list[Step]:
    """The levels of a provision from the article down, or none where *local* names no provision."""
    match = _PROVISION.fullmatch(local)
    if match is None:
        return []
    act, article, rest = match.groups()
    steps = [Step(f"{act}/{article}", article.removeprefix("art-"), act)]
    for level in re.findall(r"-(?:part|para|item)-\d+", rest):
        parent = steps[-1].local
        steps.append(Step(parent + level, level.rsplit("-", 1)[1], parent))
    return steps


def paragraph_of(local: str) -> tuple[str, str] | None:
    """The UN document and the number, where *local* names one of its paragraphs."""
    match = _PARAGRAPH.fullmatch(local)
    return (match[1], match[2]) if match else None
