"""What was redacted, as salted hashes in `DATA/redacted.json`: enough to keep it out, and nothing of it to read.

An IRI stands for itself and its parts (`IRI#…`). A hash hides what cannot be guessed; whoever has the file and a guess
can test that, so the file is for its owner only.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from graph.errors import RedactedError, VersionError
from graph.iris import Names
from graph.rdf import DefaultGraph, NamedNode, Quad, Triple

REDACTED = "redacted.json"
SHOWN = 5
"""How many of the refused things an error names."""

_STATUS, _GONE = "ontology#status", "voc/redacted"


@dataclass(frozen=True)
class Redacted:
    """The hashes of redacted IRIs and statements, made with *salt*."""

    salt: bytes
    iris: frozenset[str] = frozenset()
    statements: frozenset[str] = frozenset()

    def holds_iri(self, iri: str) -> bool:
        """True where *iri*, or what it is a part of, was redacted."""
        if self._hash(iri) in self.iris:
            return True
        whole, mark, _ = iri.partition("#")
        return bool(mark) and self._hash(whole) in self.iris

    def holds_statement(self, triple: Triple) -> bool:
        """True where *triple* was redacted by itself."""
        return bool(self.statements) and self._hash(str(triple)) in self.statements

    def with_more(self, iris: Iterable[str], statements: Iterable[Triple]) -> Redacted:
        """These and more."""
        return replace(
            self, iris=self.iris.union(map(self._hash, iris)),
            statements=self.statements.union(self._hash(str(triple)) for triple in statements),
        )  # fmt: skip

    def to_bytes(self) -> bytes:
        """The file that keeps them."""
        content = {"salt": self.salt.hex(), "iris": sorted(self.iris), "statements": sorted(self.statements)}
        return (json.dumps(content, indent=0) + "\n").encode()

    def _hash(self, text: str) -> str:
        return hashlib.blake2b(text.encode(), key=self.salt, digest_size=16).hexdigest()


def read_redacted(data: Path) -> Redacted | None:
    """What was redacted in a data folder, None where nothing was; VersionError where the file is damaged."""
    try:
        content = json.loads((data / REDACTED).read_bytes())
        return Redacted(bytes.fromhex(content["salt"]), frozenset(content["iris"]), frozenset(content["statements"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        remedy = "Restore it from a backup: without it, redacted statements could come back."
        raise VersionError(f"{data / REDACTED} cannot be read: {error}.", remedy) from None


def new_redacted() -> Redacted:
    """None yet, with a salt of its own."""
    return Redacted(secrets.token_bytes(32))


def tombstone(iri: str, names: Names, graph: NamedNode | DefaultGraph) -> Quad:
    """The statement that is left of a redacted thing: that it was redacted, and nothing else."""
    return Quad(NamedNode(iri), names.term("status"), names.voc("redacted"), graph)


def is_tombstone(quad: Quad) -> bool:
    """True for a statement as `tombstone` makes it."""
    gone = quad.object
    return isinstance(gone, NamedNode) and gone.value.endswith(_GONE) and quad.predicate.value.endswith(_STATUS)


def refuse_redacted(data: Path, quads: Iterable[Quad]) -> None:
    """Return where none of *quads* says what was redacted; RedactedError names the things, and repeats no value.

    The cost is one hash for each distinct IRI, and one for each quad where single statements were redacted.
    """
    redacted = read_redacted(data)
    if redacted is None:
        return
    found = dict.fromkeys(_refused(redacted, quads))
    if found:
        shown = ", ".join(list(found)[:SHOWN]) + (f" and {len(found) - SHOWN} more" if len(found) > SHOWN else "")
        raise RedactedError(
            f"what comes in says again what was redacted: {shown}.",
            "Leave it out, and take it out of the files that still state it; docs/redaction.md tells more.",
        )


def _refused(redacted: Redacted, quads: Iterable[Quad]) -> Iterator[str]:
    known: dict[str, bool] = {}
    for quad in quads:
        is_left = is_tombstone(quad)
        for term in (quad.predicate, quad.object, quad.graph_name) if is_left else quad:
            if isinstance(term, NamedNode):
                iri = term.value
                if iri not in known:
                    known[iri] = redacted.holds_iri(iri)
                if known[iri]:
                    yield f"<{iri}>"
        if redacted.holds_statement(quad.triple):
            yield f"a statement on {quad.subject} with {quad.predicate}"
