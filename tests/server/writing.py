"""A server to write to, on a small dataset with an ontology and shapes of its own, and a client that holds tokens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from graph.adopt import adopt
from graph.evaluate import Limits
from graph.layout import Kind
from graph.project import Project
from graph.spawner import WriteLimits
from graph.tokens import Tokens
from graph.versions import Versions
from server import create_app
from tests.server.conftest import ClosingClient

BASE = "http://www.example/"
TURTLE, UPDATE = "text/turtle", "application/sparql-update"
PREFIXES = "@prefix e: <http://e/> .\n"

ONTOLOGY = """
@prefix e: <http://e/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
e:Person a owl:Class ; rdfs:label "person"@en ; rdfs:subClassOf e:Agent ; owl:disjointWith e:Place .
e:Place a owl:Class ; rdfs:label "place"@en . e:Agent a owl:Class ; rdfs:label "agent"@en .
e:name a owl:DatatypeProperty ; rdfs:label "name"@en . e:note a owl:DatatypeProperty .
"""
"""A person is an agent, and no place."""

SHAPES = """
@prefix e: <http://e/> . @prefix sh: <http://www.w3.org/ns/shacl#> .
e:PersonShape a sh:NodeShape ; sh:targetClass e:Person ;
  sh:property [ sh:path e:name ; sh:minCount 1 ; sh:message "A person has a name." ] ;
  sh:property [ sh:path e:note ; sh:minCount 1 ; sh:severity sh:Warning ; sh:message "A note would be good." ] ;
  sh:property [ sh:path e:site ; sh:maxLength 30 ; sh:message "The site is too long." ] .
"""

NAMELESS = "e:x a e:Person ; e:note 'n' ."


@dataclass
class Desk:
    """A client of a server in this process, with a token for each of some scopes."""

    project: Project
    client: FlaskClient
    secrets: dict[str, str] = field(default_factory=dict)

    @property
    def versions(self) -> Versions:
        return Versions(self.project.data)

    @property
    def number(self) -> int:
        """The number of the current version."""
        return self.versions.current_number() or 0

    def token(self, *scopes: str) -> dict[str, str]:
        """The header that permits *scopes*."""
        name = "-".join(scopes).replace(":", ".").replace("/", "_")
        if name not in self.secrets:
            self.secrets[name] = Tokens(self.project.data).create(name, scopes)
        return {"Authorization": f"Bearer {self.secrets[name]}"}

    def send(
        self, method: str, graph: str | None, body: str | bytes = b"", *, to: str = "/graphs",
        headers: dict[str, str] | None = None, scopes: tuple[str, ...] = ("ingest", "update"), **parameters: str,
    ) -> TestResponse:  # fmt: skip
        """A request about *graph* (`default`, an IRI, or none), as Turtle unless a header says otherwise."""
        query = {} if graph is None else {"default": ""} if graph == "default" else {"graph": graph}
        sent = {"Content-Type": TURTLE, **(self.token(*scopes) if scopes else {}), **(headers or {})}
        return self.client.open(f"{to}?{urlencode({**query, **parameters})}", method=method, data=body, headers=sent)

    def put(self, graph: str | None, triples: str, **more: Any) -> TestResponse:
        """PUT of Turtle whose prefix `e:` is declared."""
        return self.send("PUT", graph, PREFIXES + triples, **more)

    def post(self, graph: str | None, triples: str, **more: Any) -> TestResponse:
        """POST of Turtle whose prefix `e:` is declared."""
        return self.send("POST", graph, PREFIXES + triples, **more)

    def get(self, graph: str | None, accept: str = TURTLE, **headers: str) -> TestResponse:
        """What the graph holds."""
        return self.send("GET", graph, scopes=(), headers={"Accept": accept, **headers})

    def update(self, text: str, **more: Any) -> TestResponse:
        """The update, sent as it is."""
        return self.send("POST", None, text, to="/update", headers={"Content-Type": UPDATE, **more.pop("headers", {})},
                         **more)  # fmt: skip

    def ask(self, pattern: str) -> bool:
        """The answer of `/sparql` to ASK."""
        query = urlencode({"query": f"PREFIX e: <http://e/> ASK {{ {pattern} }}"})
        answer = self.client.get(f"/sparql?{query}", headers={"Accept": "application/sparql-results+json"})
        return bool(answer.get_json(force=True)["boolean"])


def make_project(root: Path, kind: Kind = "union") -> Project:
    """A dataset of that kind with its first version, the ontology and the shapes its own where it has them."""
    files = []
    for name, text in (("ontology.ttl", ONTOLOGY), ("shapes.ttl", SHAPES)):
        (root / name).write_text(text)
        files.append([str(root / name)] if kind == "union" else ["none"])
    project = Project(root, root / "data", BASE, kind)
    adopt(project, *files, by="tests", tell=lambda _: None)
    return project


@contextmanager
def open_desk(project: Project, writes: WriteLimits | None = None) -> Iterator[Desk]:
    """A desk at a server of *project* in this process."""
    app = create_app(project, Limits(seconds=10, mebibytes=512, workers=2), writes)
    app.test_client_class = ClosingClient
    try:
        yield Desk(project, app.test_client())
    finally:
        app.extensions["letapis"].close()
