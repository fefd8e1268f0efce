"""What there is to say of any data: which terms they use, and queries that fit them where they have no questions."""

from __future__ import annotations

from collections.abc import Callable

from graph.rdf import DefaultGraph
from graph.read_terms import Counts, count_classes, count_properties, find_thing
from server.examples import Example, Topic
from server.service import Served

_IN_GRAPHS = "GRAPH ?graph {{ {} }}"


def classes_in_use(served: Served) -> Counts:
    """The classes that have things, with their numbers."""
    return count_classes(served.store, served.project.kind)


def properties_in_use(served: Served) -> Counts:
    """The properties that make statements, with their numbers."""
    return count_properties(served.store, served.project.kind)


def generic_topics(served: Served) -> tuple[Topic, ...]:
    """Classes and properties with their numbers, one thing, the graphs, and what was inferred."""
    kind, counts = served.project.kind, served.version.manifest["counts"]
    # Of data that are in named graphs only, a query without GRAPH sees nothing in layout `plain`.
    is_apart = kind == "plain" and not counts["triples"]
    within = _IN_GRAPHS.format if is_apart else "{}".format
    thing = find_thing(served.store, None if is_apart else DefaultGraph())
    examples = [
        Example("Which classes are there, and how many things has each?",
                _counting("?class", within("?thing a ?class"))),
        Example("Which properties are used, and how often?", _counting("?property", within("?thing ?property ?value"))),
        Example("What is said of one thing?", _one("?thing" if thing is None else str(thing), within)),
        Example("Which named graphs are there, and how large is each?",
                _counting("?graph", "GRAPH ?graph { ?thing ?property ?value }")),
    ]  # fmt: skip
    if kind == "union":
        inferred = f"GRAPH {served.project.layout.inferred} {{ ?thing ?property ?value }}"
        examples.append(Example("What was inferred?", _select("?thing ?property ?value", inferred)))
    return (Topic("any data", tuple(examples)),)


def _counting(variable: str, pattern: str) -> str:
    return (
        f"SELECT {variable} (COUNT(*) AS ?number)\nWHERE {{ {pattern} }}\n"
        f"GROUP BY {variable}\nORDER BY DESC(?number) {variable}\nLIMIT 100"
    )


def _one(thing: str, within: Callable[[str], str]) -> str:
    variables = "?property ?value" if not thing.startswith("?") else "?thing ?property ?value"
    return _select(variables, within(f"{thing} ?property ?value"))


def _select(variables: str, pattern: str) -> str:
    return f"SELECT {variables}\nWHERE {{ {pattern} }}\nLIMIT 100"
