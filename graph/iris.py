"""Names: the canonical IRIs of things, claims, passages and graphs, all under one base that is a setting."""

from __future__ import annotations

from dataclasses import dataclass

from graph.rdf import NamedNode

CANONICAL_BASE = "https://w3id.org/letapis/"

RDF_TYPE = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
XSD = "http://www.w3.org/2001/XMLSchema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
SKOSXL = "http://www.w3.org/2008/05/skos-xl#"
ORG = "http://www.w3.org/ns/org#"
FOAF = "http://xmlns.com/foaf/0.1/"
PROV = "http://www.w3.org/ns/prov#"
OA = "http://www.w3.org/ns/oa#"
ELI = "http://data.europa.eu/eli/ontology#"
SEM = "http://semanticweb.cs.vu.nl/2009/11/sem/"
SCHEMA = "https://schema.org/"
QB = "http://purl.org/linked-data/cube#"
DCT = "http://purl.org/dc/terms/"
CITO = "http://purl.org/spar/cito/"
SH = "http://www.w3.org/ns/shacl#"
EDTF = NamedNode("http://id.loc.gov/datatypes/edtf/EDTF")
WIKIDATA = "http://www.wikidata.org/entity/"

PREF_LABEL = NamedNode(SKOS + "prefLabel")
LITERAL_FORM = NamedNode(SKOSXL + "literalForm")


@dataclass(frozen=True)
class Names:
    """Makes every IRI of a record from one *base* (ends with `/`)."""

    base: str = CANONICAL_BASE

    def id(self, local: str) -> NamedNode:
        """The thing itself: `id/P0001`, `id/law/by/criminal-code/art-361-1-part-1`."""
        return NamedNode(f"{self.base}id/{local}")

    def voc(self, name: str) -> NamedNode:
        """A concept: `voc/imprisonment`."""
        return NamedNode(f"{self.base}voc/{name}")

    def term(self, name: str) -> NamedNode:
        """A class or property of the ontology: `ontology#Detention`."""
        return NamedNode(f"{self.base}ontology#{name}")

    def claim(self, digest: str) -> NamedNode:
        """A claim, which is also the name of its graph: `claim/6f1a…`."""
        return NamedNode(f"{self.base}claim/{digest}")

    def capture(self, document: str) -> NamedNode:
        """The fingerprinted text of a document: `src/a-77-195`."""
        return NamedNode(f"{self.base}src/{document}")

    def graph(self, name: str) -> NamedNode:
        """One of the fixed graphs: `graph/accepted`."""
        return NamedNode(f"{self.base}graph/{name}")

    @property
    def prefixes(self) -> dict[str, str]:
        """The prefixes in which this record is written, in one order everywhere."""
        return {
            "lt": f"{self.base}ontology#", "id": f"{self.base}id/", "voc": f"{self.base}voc/",
            "claim": f"{self.base}claim/", "src": f"{self.base}src/", "g": f"{self.base}graph/",
            "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "rdfs": RDFS, "owl": OWL, "xsd": XSD,
            "skos": SKOS, "skosxl": SKOSXL, "org": ORG, "foaf": FOAF, "prov": PROV, "oa": OA, "eli": ELI,
            "sem": SEM, "schema": SCHEMA, "qb": QB, "dct": DCT, "cito": CITO, "sh": SH, "wd": WIKIDATA,
        }  # fmt: skip
