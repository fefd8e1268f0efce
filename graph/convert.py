"""Claims → RDF: one named graph for each claim, what is said about claims beside it, editorial statements apart.

The graphs (docs/flow.md tells what each holds): `sources` documents, captures, passages · `meta` one record for each
claim · `base` editorial · one graph for each claim · `accepted` what the accepted claims say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from graph.claims import Claim, ClaimsFile, Passage, Segment
from graph.documents import Document
from graph.errors import Spot
from graph.facts import FactReader
from graph.iris import OA, RDF_TYPE, XSD, Names
from graph.ontology import Ontology
from graph.rdf import Literal, NamedNode, Quad, RdfFormat, Term, Triple, serialize
from graph.sourcefile import Mapping, Text, fail

DIGEST_LENGTH = 12


@dataclass
class Converted:
    """The record as triples by graph, and where in the files each subject, claim and triple was written."""

    names: Names
    graphs: dict[NamedNode, set[Triple]] = field(default_factory=dict)
    spots: dict[NamedNode, Spot] = field(default_factory=dict)
    triple_spots: dict[Triple, list[Spot]] = field(default_factory=dict)

    def add(self, graph: NamedNode, triple: Triple, spot: Spot) -> None:
        """Put *triple* into *graph*, remembering where it was written."""
        self.graphs.setdefault(graph, set()).add(triple)
        self.triple_spots.setdefault(triple, []).append(spot)

    def quads(self) -> Iterable[Quad]:
        """Every triple in its graph."""
        for graph, triples in self.graphs.items():
            for triple in triples:
                yield Quad(triple.subject, triple.predicate, triple.object, graph)


class Conversion:
    """One run of the stage; holds what must be known across files (keys of claims, digests, references to check)."""

    def __init__(self, ontology: Ontology) -> None:
        self.names = ontology.names
        self.ontology = ontology
        self.out = Converted(ontology.names)
        self.facts = FactReader(ontology, self.out.add, self.out.spots)
        self._claim_keys: dict[str, NamedNode] = {}
        self._pending: list[tuple[Claim, NamedNode]] = []
        self._phrases: dict[NamedNode, Segment] = {}

    def add_entities(self, entries: Iterable[tuple[Text, Mapping]]) -> None:
        """Take editorial entries into the base graph."""
        declared: dict[NamedNode, Spot] = {}
        for reference, facts in entries:
            subject = self.facts.read(reference, facts, self.names.graph("base"))
            if subject in declared:
                before = declared[subject]
                fail(reference.spot, f"`{reference}` is already declared at {before}.", "Keep one of the two.")
            declared[subject] = reference.spot

    def add_document(self, document: Document) -> None:
        """Take a document's description, and the fingerprint of its capture, into the sources graph."""
        names, spot = self.names, document.spot
        graph, subject, capture = names.graph("sources"), names.id(document.local), names.capture(document.name)
        written = Text(document.local, spot)
        self.facts.read(written, Mapping([(Text("a", spot), document.kind), *document.facts.items()], spot), graph)
        for predicate, value in (
            (names.term("citeAs"), Literal(document.cite_as)),
            (names.term("capture"), capture),
            (names.term("speaker"), self.facts.reference(document.speaker)),
        ):
            self.out.add(graph, Triple(subject, predicate, value), spot)
        self._say(graph, capture, spot, [
            (RDF_TYPE, names.term("Capture")),
            (names.term("sha256"), Literal(document.sha256)),
            (names.term("characters"), _integer(document.characters)),
        ])  # fmt: skip

    def add_claims(self, file: ClaimsFile) -> None:
        """Take the passages and claims of one file."""
        for passage in file.passages:
            self._add_passage(passage)
        for claim in file.claims:
            self._add_claim(claim)

    def finish(self) -> Converted:
        """Resolve what refers across files, check every reference, and return the whole."""
        for claim, iri in self._pending:
            self._add_links(claim, iri)
        self.facts.check_references()
        self._fill_accepted()
        return self.out

    def _say(self, graph: NamedNode, subject: NamedNode, spot: Spot, facts: list[tuple[NamedNode, Term]]) -> None:
        for predicate, value in facts:
            self.out.add(graph, Triple(subject, predicate, value), spot)

    def passage_iri(self, passage: Passage) -> NamedNode:
        """A passage is named by its capture and offsets."""
        return NamedNode(f"{self.names.capture(passage.document.name).value}#{passage.fragment}")

    def _add_passage(self, passage: Passage) -> None:
        names, graph, iri = self.names, self.names.graph("sources"), self.passage_iri(passage)
        spot = passage.segments[0].spot
        self.out.spots.setdefault(iri, spot)
        self._say(graph, iri, spot, [
            (RDF_TYPE, names.term("Passage")),
            (NamedNode(f"{OA}hasSource"), names.capture(passage.document.name)),
            (names.term("locator"), Literal(passage.locator)),
            (names.term("position"), _integer(passage.segments[0].start)),
        ])  # fmt: skip
        for segment in passage.segments:
            self._add_segment(iri, segment, names.capture(passage.document.name))

    def _add_segment(self, passage: NamedNode, segment: Segment, capture: NamedNode) -> None:
        graph, iri = self.names.graph("sources"), NamedNode(f"{capture.value}#segment-{segment.start}-{segment.end}")
        self.out.spots.setdefault(iri, segment.spot)
        known = self._phrases.setdefault(iri, segment)
        if (known.phrase.split(), known.locator) != (segment.phrase.split(), segment.locator):
            remedy = "Write the same locator and phrase for the same positions."
            fail(segment.phrase.spot, f"{known.spot} has another locator or phrase for these positions.", remedy)
        self._say(graph, passage, segment.spot, [(self.names.term("segment"), iri)])
        self._say(graph, iri, segment.spot, [
            (RDF_TYPE, self.names.term("Segment")),
            (self.names.term("locator"), Literal(segment.locator)),
            (NamedNode(f"{OA}start"), _integer(segment.start)),
            (NamedNode(f"{OA}end"), _integer(segment.end)),
            (NamedNode(f"{OA}exact"), Literal(" ".join(segment.phrase.split()))),
        ])  # fmt: skip

    def _add_claim(self, claim: Claim) -> None:
        content: dict[Triple, list[Spot]] = {}
        about: list[NamedNode] = []
        placeholder = self.names.graph("claim-in-progress")

        def collect(graph: NamedNode, triple: Triple, spot: Spot) -> None:
            if graph == placeholder:
                content.setdefault(triple, []).append(spot)
            else:
                self.out.add(graph, triple, spot)

        for reference, facts in claim.facts.items():
            if not isinstance(facts, Mapping):
                fail(reference.spot, f"`{reference}` must be a mapping of keys to values.")
            about.append(self.facts.read(reference, facts, placeholder, collect))
        if not content:
            fail(claim.spot, "the claim states nothing but editorial labels.", "Move them to graph/entities.")
        iri = self.names.claim(self._digest(claim.passage, content))
        if iri in self.out.graphs:
            fail(claim.spot, f"the same claim stands at {self.out.spots[iri]}.", "Keep one of the two.")
        for triple, spots in content.items():
            for spot in spots:
                self.out.add(iri, triple, spot)
        self.out.spots[iri] = claim.spot
        self._add_meta(claim, iri, about)

    def _digest(self, passage: Passage, content: Iterable[Triple]) -> str:
        lines = sorted(serialize(content, RdfFormat.N_TRIPLES).splitlines())
        whole = b"\n".join([passage.document.sha256.encode(), passage.fragment.encode(), *lines])
        return hashlib.sha256(whole).hexdigest()[:DIGEST_LENGTH]

    def _add_meta(self, claim: Claim, iri: NamedNode, about: list[NamedNode]) -> None:
        names, graph = self.names, self.names.graph("meta")
        facts: list[tuple[NamedNode, Term]] = [
            (RDF_TYPE, names.term("Claim")),
            (names.term("passage"), self.passage_iri(claim.passage)),
            (names.term("modality"), names.voc(claim.modality)),
            (names.term("status"), names.voc(claim.status)),
            (names.term("speaker"), self._speaker(claim)),
        ]
        facts += [(names.term("about"), subject) for subject in about]
        facts += [(names.term("relayedBy"), self.facts.reference(text)) for text in claim.relayed_by]
        facts += [(names.term("citedSource"), self.facts.reference(text)) for text in claim.cites]
        if claim.note is not None:
            facts.append((names.term("note"), Literal(claim.note, language="en")))
        self._say(graph, iri, claim.spot, facts)
        self._pending.append((claim, iri))
        if claim.key is not None:
            key = f"{claim.passage.document.name}:{claim.key}"
            if key in self._claim_keys:
                fail(claim.key.spot, f"the key `{claim.key}` is taken.", "Choose another.")
            self._claim_keys[key] = iri

    def _speaker(self, claim: Claim) -> NamedNode:
        if claim.speaker is None:
            return self.facts.reference(claim.passage.document.speaker)
        if claim.speaker != "anonymous":
            return self.facts.reference(claim.speaker)
        source = NamedNode(f"{self.passage_iri(claim.passage).value}-source")
        kind = (RDF_TYPE, self.names.term("AnonymousSource"))
        self._say(self.names.graph("meta"), source, claim.speaker.spot, [kind])
        return source

    def _add_links(self, claim: Claim, iri: NamedNode) -> None:
        for name, texts in (("contradicts", claim.contradicts), ("supersedes", claim.supersedes)):
            for text in texts:
                key = text if ":" in text else f"{claim.passage.document.name}:{text}"
                if key not in self._claim_keys:
                    fail(text.spot, f"no claim has the key `{text}`.", "Give the other claim that `key:`.")
                link = (self.names.term(name), self._claim_keys[key])
                self._say(self.names.graph("meta"), iri, text.spot, [link])

    def _fill_accepted(self) -> None:
        meta = self.out.graphs.get(self.names.graph("meta"), set())
        accepted = self.out.graphs.setdefault(self.names.graph("accepted"), set())
        for triple in meta:
            if triple.predicate == self.names.term("status") and triple.object == self.names.voc("accepted"):
                accepted |= self.out.graphs[triple.subject]


def _integer(number: int) -> Literal:
    return Literal(str(number), datatype=NamedNode(f"{XSD}integer"))


def convert(
    ontology: Ontology,
    documents: Iterable[Document],
    entities: Iterable[tuple[Text, Mapping]],
    files: Iterable[ClaimsFile],
) -> Converted:
    """The record as RDF; SourceError names the file, line and item that cannot be said in the ontology's terms."""
    run = Conversion(ontology)
    run.add_entities(entities)
    for document in documents:
        run.add_document(document)
    for file in files:
        run.add_claims(file)
    return run.finish()
