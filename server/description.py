"""The service description (https://www.w3.org/TR/sparql11-service-description/), as RDF by negotiation."""

from __future__ import annotations

from flask import Response, make_response, request

from graph.evaluator import RDF_FORMATS
from graph.iris import DCT, RDF_TYPE
from graph.rdf import BlankNode, Literal, NamedNode, Term, Triple, serialize
from graph.read_terms import find_graphs
from server.errors import NotAcceptableFormatError
from server.negotiate import CONTENT_TYPES, RDF_TYPES, choose
from server.service import Served

SD = "http://www.w3.org/ns/sparql-service-description#"
VOID = "http://rdfs.org/ns/void#"
FORMATS = "http://www.w3.org/ns/formats/"
_RESULT_FORMATS = (
    "SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV",
    "Turtle", "N-Triples", "RDF_XML", "JSON-LD", "TriG", "N-Quads",
)  # fmt: skip
_GRAPHS = ("sources", "meta", "base", "ontology", "accepted", "inferred", "labels")
_DEFAULT = {
    "record": "What is accepted and what follows from it: what the claims say is in named graphs.",
    "union": "What all named graphs state, and what follows from it by the ontology.",
    "plain": "What was written to the default graph, and nothing else: what named graphs hold is not part of it.",
}
"""What the default graph holds, by layout."""

_ENTAILMENT = "http://www.w3.org/ns/entailment/"


def describe_service(served: Served, endpoint: str) -> Response:
    """The description of the service at *endpoint* in the RDF format the client likes best; 406 for none."""
    form = choose(request.accept_mimetypes, RDF_TYPES)
    if form is None:
        raise NotAcceptableFormatError("the service description is RDF.", f"Accept one of: {', '.join(RDF_TYPES)}.")
    names = served.project.names
    body = serialize(_triples(served, endpoint), RDF_FORMATS[form], {**names.prefixes, "sd": SD, "void": VOID})
    answer = make_response(body)
    answer.headers["Content-Type"] = CONTENT_TYPES[form]
    answer.headers["Vary"] = "Accept"
    return answer


def _triples(served: Served, endpoint: str) -> list[Triple]:
    kind = served.project.kind
    service, dataset, default = NamedNode(endpoint), BlankNode("dataset"), BlankNode("default")
    said: list[tuple[Term, str, Term]] = [
        (service, RDF_TYPE.value, NamedNode(f"{SD}Service")),
        (service, f"{SD}endpoint", service),
        (service, f"{SD}supportedLanguage", NamedNode(f"{SD}SPARQL11Query")),
        (service, f"{SD}defaultDataset", dataset),
        (dataset, RDF_TYPE.value, NamedNode(f"{SD}Dataset")),
        (dataset, f"{SD}defaultGraph", default),
        (default, RDF_TYPE.value, NamedNode(f"{SD}Graph")),
        (default, f"{DCT}description", Literal(_DEFAULT[kind], language="en")),
        (default, f"{VOID}triples", _integer(served.version.manifest["counts"]["triples"])),
    ]
    if kind == "union":
        said.append((service, f"{SD}feature", NamedNode(f"{SD}UnionDefaultGraph")))
    if kind == "plain":
        said.append((service, f"{SD}defaultEntailmentRegime", NamedNode(f"{_ENTAILMENT}Simple")))
    said += [(service, f"{SD}resultFormat", NamedNode(FORMATS + name)) for name in _RESULT_FORMATS]
    for number, name in enumerate(_graphs(served)):
        graph = BlankNode(f"graph{number}")
        said += [
            (dataset, f"{SD}namedGraph", graph),
            (graph, RDF_TYPE.value, NamedNode(f"{SD}NamedGraph")),
            (graph, f"{SD}name", name),
        ]
        if kind != "plain" and name == served.project.layout.inferred:
            regime, profile = NamedNode(f"{_ENTAILMENT}OWL-RDF-Based"), NamedNode("http://www.w3.org/ns/owl-profile/RL")
            said += [(graph, f"{SD}entailmentRegime", regime), (graph, f"{SD}supportedEntailmentProfile", profile)]
    return [Triple(subject, NamedNode(predicate), obj) for subject, predicate, obj in said]


def _graphs(served: Served) -> list[NamedNode]:
    """The named graphs to tell of: those that a record has beside its claims, else the first of those there are."""
    if served.project.kind == "record":
        return [served.project.names.graph(name) for name in _GRAPHS]
    return [graph for graph in find_graphs(served.store)[0] if isinstance(graph, NamedNode)]


def _integer(number: int) -> Literal:
    return Literal(str(number), datatype=NamedNode("http://www.w3.org/2001/XMLSchema#integer"))
