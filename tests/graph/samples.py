"""One small graph in every format, with a place for each statement, and what it takes to read it."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from typing import Any

from graph.inputs import Input
from graph.rdf import Quad, RdfFormat
from graph.read_rdf import read_quads

EX = "http://example.org/"

TURTLE = f"""@prefix e: <{EX}> .
e:a e:name "Ä" ;
    e:knows e:b .
e:b e:name "B" .
[] e:in e:a .
"""
N_TRIPLES = f"""<{EX}a> <{EX}name> "Ä" .
<{EX}a> <{EX}knows> <{EX}b> .
<{EX}b> <{EX}name> "B" .
_:someone <{EX}in> <{EX}a> .
"""
RDF_XML = f"""<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="{EX}">
  <rdf:Description rdf:about="{EX}a">
    <e:name>Ä</e:name>
    <e:knows rdf:resource="{EX}b"/>
  </rdf:Description>
  <rdf:Description rdf:about="{EX}b"><e:name>B</e:name></rdf:Description>
  <rdf:Description><e:in rdf:resource="{EX}a"/></rdf:Description>
</rdf:RDF>
"""
JSON_LD = f"""{{"@context": {{"e": "{EX}"}}, "@graph": [
  {{"@id": "e:a", "e:name": "Ä",
   "e:knows": {{"@id": "e:b"}}}},
  {{"@id": "e:b", "e:name": "B"}},
  {{"e:in": {{"@id": "e:a"}}}}
]}}
"""
SAMPLES = {
    "ttl": TURTLE, "trig": TURTLE, "nt": N_TRIPLES, "nq": N_TRIPLES, "rdf": RDF_XML, "jsonld": JSON_LD,
}  # fmt: skip
"""By extension."""

FORMS = {
    "ttl": RdfFormat.TURTLE, "trig": RdfFormat.TRIG, "nt": RdfFormat.N_TRIPLES, "nq": RdfFormat.N_QUADS,
    "rdf": RdfFormat.RDF_XML, "jsonld": RdfFormat.JSON_LD,
}  # fmt: skip


def given(content: str | bytes, form: RdfFormat = RdfFormat.TURTLE, shown: str = "a file") -> Input:
    """An input with this content."""
    raw = content.encode() if isinstance(content, str) else content
    return Input(shown, form, lambda: io.BytesIO(raw))


def zipped(content: bytes, form: RdfFormat = RdfFormat.TURTLE) -> Input:
    """An input whose content was compressed."""
    return Input("a file", form, lambda: io.BufferedReader(gzip.GzipFile(fileobj=io.BytesIO(content))))


def quads_of(source: Input, **settings: object) -> list[Quad]:
    """The quads of an input, with blank nodes named `b0`, `b1`, …"""
    made: dict[str, object] = {"base": None, "blank_prefix": "b", **settings}
    return list(read_quads(source, **made))  # type: ignore[arg-type]


class Endless(io.RawIOBase):
    """Bytes without an end: a beginning, then pieces that a number is written into."""

    def __init__(self, beginning: bytes, piece: bytes) -> None:
        self._pieces = self._make(beginning, piece)
        self._rest = b""
        self.given = 0

    @staticmethod
    def _make(beginning: bytes, piece: bytes) -> Iterator[bytes]:
        yield beginning
        number = 0
        while True:
            yield piece.replace(b"#", str(number).encode())
            number += 1

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill *buffer*."""
        size = len(buffer)
        while len(self._rest) < size:
            self._rest += next(self._pieces)
        memoryview(buffer)[:], self._rest = self._rest[:size], self._rest[size:]
        self.given += size
        return size
