"""Explanations: a triple is traced through the rules that concluded it to the passages that assert it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import UsageError
from graph.explain import (
    Explainer,
    Explanation,
    add_commits,
    denials_from_json,
    denials_to_json,
    explain,
    parse_term,
    read_denials,
    read_rules,
    rules_to_json,
)
from graph.infer import infer
from graph.iris import RDF_TYPE, Names
from graph.layout import Layout
from graph.project import Project
from graph.rdf import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Triple, open_memory
from graph.rules import Denial, Pattern, Rule
from graph.versions import Version, Versions

NAMES = Names()
P, Q = NamedNode("http://example.org/p"), NamedNode("http://example.org/q")
THINGS = [NAMES.id(f"E{number:04}") for number in range(4)]
RULES = [
    Rule("subproperty", Pattern("?x", P.value, "?y"), (Pattern("?x", Q.value, "?y"),)),
    Rule("subproperty", Pattern("?x", Q.value, "?y"), (Pattern("?x", P.value, "?y"),)),
    Rule("symmetric", Pattern("?y", P.value, "?x"), (Pattern("?x", P.value, "?y"),)),
    Rule("transitive", Pattern("?x", P.value, "?z"), (Pattern("?x", P.value, "?y"), Pattern("?y", P.value, "?z"))),
]


@pytest.fixture(scope="module")
def current(built: Project) -> Version:
    version = Versions(built.data).current()
    assert version is not None
    return version


def why(version: Version, subject: str, predicate: str, obj: str) -> Explanation:
    return explain(version, NAMES, *(parse_term(text, NAMES) for text in (subject, predicate, obj)))


def test_an_asserted_triple_names_claim_passage_voice_and_certainty(current: Version) -> None:
    tree = why(current, "id:E9001", "lt:detainee", "id:P9001")
    (support,) = tree.supports
    assert (tree.kind, support.kind, support.document, support.locator) == (
        "asserted", "claim", "Invented report", "para. 1",
    )  # fmt: skip
    assert support.phrase == "Alfa Anchor, a lawyer of the Harbour Union"
    assert (support.modality, support.status, support.speaker) == ("asserted", "accepted", NAMES.id("O9001").value)
    assert support.graph.startswith(NAMES.claim("").value)
    assert support.passage.startswith(NAMES.capture("invented").value + "#")


def test_an_editorial_triple_names_the_graph_it_stands_in(current: Version) -> None:
    tree = why(current, "id:P9001", "rdf:type", "lt:Person")
    assert {support.kind for support in tree.supports} == {"base"}


STATEMENT = Triple(THINGS[0], P, THINGS[1])


@pytest.mark.parametrize(
    ("graph", "shown", "kind"),
    [
        (NamedNode("http://other.example/graph/base"), "http://other.example/graph/base", None),
        (NamedNode("urn:other"), "urn:other", None),
        (BlankNode("other"), "_:other", None),
        (NAMES.graph("base"), NAMES.graph("base").value, "base"),
        (NAMES.graph("shapes"), NAMES.graph("shapes").value, "shapes"),
    ],
)
def test_a_graph_of_somebody_else_is_shown_as_it_is_named(
    graph: NamedNode | BlankNode, shown: str, kind: str | None
) -> None:
    stored = [Quad(STATEMENT.subject, STATEMENT.predicate, STATEMENT.object, name) for name in (graph, DefaultGraph())]
    (support,) = Explainer(open_memory(stored), RULES, NAMES).explain(STATEMENT).supports
    assert (support.graph, support.kind, support.graph_name) == (shown, kind or shown, graph)


def test_what_stands_in_the_default_graph_alone_was_written_there() -> None:
    stored = [Quad(STATEMENT.subject, STATEMENT.predicate, STATEMENT.object)]
    tree = Explainer(open_memory(stored), (), NAMES).explain(STATEMENT)
    assert [(support.graph, support.kind) for support in tree.supports] == [("", "default")]
    assert tree.to_text().splitlines()[1] == "  – default"


def test_where_nothing_is_derived_a_graph_of_any_name_is_stated() -> None:
    stored = [Quad(STATEMENT.subject, STATEMENT.predicate, STATEMENT.object, NAMES.graph("inferred"))]
    for kind, expected in (("plain", "asserted"), ("union", "absent")):
        layout = Layout(kind, NAMES)  # type: ignore[arg-type]
        assert Explainer(open_memory(stored), (), NAMES, layout).explain(STATEMENT).kind == expected


def test_an_inferred_triple_is_traced_through_its_rules_to_passages(current: Version) -> None:
    tree = why(current, "id:E9001", "rdf:type", "lt:PretrialDetention")
    assert (tree.kind, tree.supports) == ("inferred", ())
    assert tree.rule == "subclass"
    assert {leaf.kind for leaf in tree.leaves} == {"asserted"}
    assert {support.phrase for leaf in tree.leaves for support in leaf.supports} == {
        "Alfa Anchor, a lawyer of the Harbour Union"
    }


def test_a_conclusion_over_two_passages_names_both(current: Version) -> None:
    tree = why(current, "id:E9002", "lt:legalBasis", "id:law/xx/code")
    kinds = {support.kind for leaf in tree.leaves for support in leaf.supports}
    assert (tree.kind, tree.rule, kinds) == ("inferred", "property chain", {"claim", "base"})


def test_a_disputed_statement_is_asserted_by_a_claim_that_says_so(current: Version) -> None:
    integer = "http://www.w3.org/2001/XMLSchema#integer"
    value = Literal("36", datatype=NamedNode(integer))
    tree = explain(current, NAMES, NAMES.id("E9002"), NAMES.term("termMonths"), value)
    assert [support.status for support in tree.supports] == ["disputed"]


@pytest.mark.parametrize(
    ("subject", "predicate", "obj"),
    [("id:E9001", "lt:detainee", "id:P9002"), ("id:E0000", "rdf:type", "lt:Event"), ("id:E9001", "lt:x", "id:P9001")],
)
def test_what_is_not_in_the_graph_is_absent(current: Version, subject: str, predicate: str, obj: str) -> None:
    tree = why(current, subject, predicate, obj)
    assert (tree.kind, tree.supports, tree.premises) == ("absent", (), ())


def test_every_inferred_triple_of_the_record_has_an_explanation(current: Version) -> None:
    store = current.open()
    explainer = Explainer(store, read_rules(current), NAMES)
    inferred = [quad.triple for quad in store.quads_for_pattern(None, None, None, NAMES.graph("inferred"))]
    assert inferred
    for triple in inferred:
        tree = explainer.explain(triple)
        assert tree.kind == "inferred", triple
        assert all(leaf.supports for leaf in tree.leaves), triple


LINKS = st.builds(Triple, st.sampled_from(THINGS), st.sampled_from([P, Q]), st.sampled_from(THINGS))


@given(st.sets(LINKS, max_size=6))
@settings(deadline=None, max_examples=25)
def test_rules_that_lead_in_circles_end_at_what_was_asserted(stated: set[Triple]) -> None:
    concluded = infer(stated, RULES)
    base, inferred = NAMES.graph("base"), NAMES.graph("inferred")
    quads = [Quad(t.subject, t.predicate, t.object, graph)
             for triples, graph in ((stated, base), (concluded, inferred), (stated | concluded, DefaultGraph()))
             for t in triples]  # fmt: skip
    explainer = Explainer(open_memory(quads), RULES, NAMES)
    for triple in concluded:
        tree = explainer.explain(triple)
        assert tree.kind == "inferred"
        assert {leaf.triple for leaf in tree.leaves} <= stated
    for triple in stated:
        assert explainer.explain(triple).kind == "asserted"


def test_a_triple_that_only_a_circle_supports_is_absent() -> None:
    loop = Triple(THINGS[0], P, THINGS[1])
    stored = [Quad(loop.subject, predicate, loop.object) for predicate in (P, Q)]
    stored += [Quad(loop.subject, predicate, loop.object, NAMES.graph("inferred")) for predicate in (P, Q)]
    assert Explainer(open_memory(stored), RULES, NAMES).explain(loop).kind == "absent"


def test_the_rules_of_a_version_are_the_ones_it_was_built_with(current: Version, rules: list[Rule]) -> None:
    assert read_rules(current) == rules


def test_rules_are_written_and_read_without_loss(current: Version, rules: list[Rule]) -> None:
    assert rules_to_json(read_rules(current)) == rules_to_json(rules)


def test_denials_are_written_and_read_without_loss() -> None:
    denials = [
        Denial("functional property", (Pattern("?x", P.value, "?y"), Pattern("?x", P.value, "?z")), ("?y", "?z")),
        Denial("negative property assertion", (Pattern(P.value, P.value, '"a \\"b\\""@en'),)),
    ]
    assert denials_from_json(denials_to_json(denials)) == denials


def test_a_version_without_denials_denies_nothing(version: Version) -> None:
    assert read_denials(version) == []


def test_what_a_tree_rests_on_is_told_with_its_commit(current: Version, built: Project) -> None:
    tree = why(current, "id:E9001", "rdf:type", "lt:PretrialDetention")
    assert {support.commit for leaf in tree.leaves for support in leaf.supports} == {None}
    (told,) = add_commits([tree], Versions(built.data), current)
    commits = {support.commit for leaf in told.leaves for support in leaf.supports}
    assert [(commit.version, commit.by, commit.why) for commit in commits if commit] == [(1, "tests", "first")]
    assert "version 1, " in told.to_text() and ", tests: first" in told.to_text()
    terms = (NAMES.id("E9001"), RDF_TYPE, NAMES.term("PretrialDetention"))
    assert explain(current, NAMES, *terms, versions=Versions(built.data)) == told


def test_a_tree_is_told_as_json_and_as_text(current: Version) -> None:
    tree = why(current, "id:E9001", "rdf:type", "lt:PretrialDetention")
    read = json.loads(json.dumps(tree.to_json()))
    assert (read["kind"], read["rule"], len(read["premises"])) == ("inferred", "subclass", len(tree.premises))
    text = tree.to_text()
    assert text.startswith("inferred by subclass: ") and "Invented report, para. 1: “Alfa Anchor" in text


def test_a_term_is_typed_in_four_ways() -> None:
    iri = NamedNode("http://example.org/a")
    assert parse_term("<http://example.org/a>", NAMES) == parse_term("http://example.org/a", NAMES) == iri
    assert parse_term("id:law/xx/code", NAMES) == NAMES.id("law/xx/code")
    assert parse_term('"some text"', NAMES) == Literal("some text")


def test_what_a_literal_writes_with_escapes_is_read() -> None:
    for text in ('a "b" \\ c', "line\nline\ttab\r", "\x01 and \x7f", "é 😀"):
        assert parse_term(str(Literal(text, language="en")), NAMES) == Literal(text, language="en")
    assert parse_term(r'"\u00e9 \U0001F600"', NAMES) == Literal("é 😀")


@pytest.mark.parametrize("text", ["no term", "unknown", "<no term>", ""])
def test_what_is_no_term_is_an_error_that_names_the_prefixes(text: str) -> None:
    with pytest.raises(UsageError, match="lt, id, voc"):
        parse_term(text, NAMES)


def test_a_literal_can_stand_as_object_only(current: Version) -> None:
    for terms in ((Literal("x"), RDF_TYPE, P), (P, Literal("x"), P)):
        with pytest.raises(UsageError):
            explain(current, NAMES, *terms)
