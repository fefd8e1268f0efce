"""From a constraint's text to the patterns that it reads and by which it can be asked in parts."""

from __future__ import annotations

import pytest

from graph.query_compile import read_query
from graph.query_reads import QueryReads, Site

BEFORE = "PREFIX ex: <http://example.org/> SELECT $this ?value WHERE {"


def read(pattern: str, before: str = BEFORE) -> QueryReads:
    return read_query(before, f"{pattern} }}")


def site(reads: QueryReads, predicate: str) -> Site:
    (found,) = [s for s in reads.sites if predicate in str(s.edge.predicate)]
    return found


def predicates(found: Site) -> set[str]:
    return {str(edge.predicate).rsplit("/", 1)[-1].rstrip(">") for edge in found.others}


def test_a_pattern_is_followed_by_those_of_its_group_and_of_groups_around_it() -> None:
    reads = read("$this ex:p ?x OPTIONAL { ?x ex:q ?value FILTER NOT EXISTS { ?value ex:r ?y } }")
    assert predicates(site(reads, "/r")) == {"p", "q"}
    assert site(reads, "/p").wanted == frozenset(("this",))


def test_a_pattern_is_not_followed_by_an_optional_part_beside_it() -> None:
    reads = read("$this ex:p ?x OPTIONAL { ?x ex:q ?value } OPTIONAL { ?value ex:r ?y }")
    assert site(reads, "/r").wanted is None


def test_patterns_that_lead_nowhere_are_left_out() -> None:
    reads = read("$this ex:p ?x . ?x ex:q ?y ; ex:r ?z . ?z ex:s ?value")
    assert predicates(site(reads, "/q")) == {"p"}


def test_a_query_can_be_asked_by_value_where_the_value_is_the_subject_of_a_pattern_in_every_way() -> None:
    assert read("$this ex:p ?x . ?value ex:q ?x").keys == {"this", "value"}
    assert read("$this ex:p ?x { ?value ex:q ?x } UNION { ?value ex:r ?x }").keys == {"this", "value"}
    assert read("$this ex:p ?x { ?value ex:q ?x } UNION { ?x ex:r ?value }").keys == {"this"}


@pytest.mark.parametrize(
    "pattern",
    [
        "$this ex:p ?x OPTIONAL { ?x ex:q ?value } ?value ex:r ?x",
        "$this ex:p ?x . ?value ex:r ?x MINUS { ?value ex:q ?x }",
        "BIND (STR(?value) AS ?text) $this ex:p ?x . ?value ex:r ?x",
        "$this ex:p ?x . ?value ex:r ?x { SELECT ?value WHERE { ?value ex:q ?z } }",
    ],
)
def test_a_query_cannot_be_asked_by_value_where_it_matters_that_the_value_is_not_bound_yet(pattern: str) -> None:
    assert read(pattern).keys == {"this"}


def test_a_query_that_counts_is_told_from_one_that_does_not() -> None:
    before = "PREFIX ex: <http://example.org/> SELECT $this (COUNT(?x) AS ?value) WHERE {"
    assert read_query(before, "$this ex:p ?x } GROUP BY $this").is_counting
    assert not read("$this ex:p ?value").is_counting


def test_the_targets_are_needed_where_the_query_itself_does_not_bind_the_focus_node() -> None:
    assert not read("?s ?value ?o").is_free
    assert read("$this ?value ?o").is_free


@pytest.mark.parametrize(
    "pattern",
    [
        "this is no SPARQL",
        "$this ex:p ?value . SERVICE <http://example.org/sparql> { ?value ex:q ?x }",
        "GRAPH ?value { }",
        "{ SELECT $this WHERE { $this ex:p ?x } LIMIT 1 }",
        " ".join("{ $this ex:p ?x } UNION { $this ex:q ?x }" for _ in range(8)),
    ],
)
def test_nothing_is_known_of_a_query_that_cannot_be_followed(pattern: str) -> None:
    reads = read(pattern)
    assert not reads.is_known and not reads.is_local
