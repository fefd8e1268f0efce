"""What is validated again after a change, with what stands as before, is what validating all of it finds."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.affect import compile_reads
from graph.build import Assembled
from graph.errors import Spot
from graph.iris import RDF_TYPE, XSD, Names
from graph.project import Project
from graph.query_reads import reads_from_json, reads_to_json
from graph.rdf import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Store, open_memory
from graph.report import Finding
from graph.revalidate import Revalidated, merge, revalidate
from graph.shapes import Shapes, read_shapes
from graph.sight import SUBCLASS
from graph.validate import locate_nowhere, validate
from graph.validate_reference import validate_by_reference

PREFIXES = """\
@prefix ex: <http://example.org/> .
@prefix lt: <https://w3id.org/letapis/ontology#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
ex:prefixes sh:declare [ sh:prefix "ex" ; sh:namespace "http://example.org/" ] .
"""
CORE = """\
ex:Values a sh:NodeShape ; sh:targetClass ex:A ; sh:property ex:Values-p , ex:Values-q , ex:Values-r .
ex:Values-p a sh:PropertyShape ; sh:path ex:p ; sh:minCount 1 ; sh:class ex:B ; sh:hasValue ex:c .
ex:Values-q a sh:PropertyShape ; sh:path ex:q ; sh:maxCount 1 ; sh:lessThan ex:r .
ex:Values-r a sh:PropertyShape ; sh:path ex:r ; sh:uniqueLang true ; sh:disjoint ex:q ; sh:lessThanOrEquals ex:q .

ex:Chain a sh:NodeShape ; sh:targetSubjectsOf ex:q ; sh:property ex:Chain-to , ex:Chain-back .
ex:Chain-to a sh:PropertyShape ; sh:path ( ex:p ex:q ) ; sh:maxCount 1 ; sh:severity sh:Warning .
ex:Chain-back a sh:PropertyShape ; sh:path ( [ sh:inversePath ex:p ] [ sh:inversePath ex:p ] ) ; sh:maxCount 1 .

ex:Pointed a sh:NodeShape ; sh:targetObjectsOf ex:q ; sh:nodeKind sh:IRI .
ex:Owned a sh:NodeShape ; sh:targetObjectsOf ex:s ; sh:property ex:Owned-by .
ex:Owned-by a sh:PropertyShape ; sh:path [ sh:inversePath ex:s ] ; sh:maxCount 1 ; sh:class ex:A .

ex:Deep a sh:NodeShape ; sh:targetNode ex:a , ex:b ; sh:property ex:Deep-all , ex:Deep-some , ex:Deep-one .
ex:Deep-all a sh:PropertyShape ; sh:path ( [ sh:zeroOrMorePath ex:p ] ex:q ) ; sh:maxCount 1 .
ex:Deep-some a sh:PropertyShape ; sh:class ex:A ;
    sh:path [ sh:oneOrMorePath [ sh:alternativePath ( ex:p [ sh:inversePath ex:s ] ) ] ] .
ex:Deep-one a sh:PropertyShape ; sh:path ( ex:s [ sh:zeroOrOnePath ex:p ] ) ; sh:maxCount 2 .

ex:Shut a sh:NodeShape ; lt:view "claims" ; sh:targetClass ex:C ; sh:closed true ;
    sh:ignoredProperties ( rdf:type ) ; sh:property ex:Shut-p .
ex:Shut-p a sh:PropertyShape ; sh:path ex:p ; sh:equals ex:s .

ex:Both a sh:NodeShape ; sh:targetClass ex:B ;
    sh:and ( [ sh:property [ sh:path ex:p ; sh:minCount 1 ] ] [ sh:property [ sh:path ex:q ; sh:minCount 1 ] ] ) .
ex:Either a sh:NodeShape ; lt:view "claims" ; sh:targetClass ex:B ;
    sh:or ( [ sh:class ex:C ] [ sh:property [ sh:path ex:s ; sh:minCount 1 ] ] ) .
ex:Exactly a sh:NodeShape ; sh:targetClass ex:B ;
    sh:xone ( [ sh:property [ sh:path ex:p ; sh:class ex:A ] ] [ sh:property [ sh:path ex:p ; sh:maxCount 1 ] ] ) .
ex:Never a sh:NodeShape ; sh:targetSubjectsOf ex:s ;
    sh:not [ sh:property [ sh:path ex:s ; sh:class ex:B ; sh:minCount 1 ] ] .

ex:Qualified a sh:NodeShape ; lt:view "claims" ; sh:targetClass ex:A ;
    sh:property ex:Qualified-one , ex:Qualified-two .
ex:Qualified-one a sh:PropertyShape ; sh:path ex:p ; sh:qualifiedValueShape [ sh:class ex:B ] ;
    sh:qualifiedMinCount 1 ; sh:qualifiedValueShapesDisjoint true .
ex:Qualified-two a sh:PropertyShape ; sh:path ex:s ; sh:qualifiedValueShape [ sh:class ex:A ] ;
    sh:qualifiedMaxCount 1 ; sh:qualifiedValueShapesDisjoint true .

ex:D a sh:NodeShape , rdfs:Class ; sh:property ex:D-q .
ex:D-q a sh:PropertyShape ; sh:path ex:q ; sh:minCount 1 .
"""
NESTED = """\
ex:Filled a sh:NodeShape ; sh:property ex:Filled-p .
ex:Filled-p a sh:PropertyShape ; sh:path ex:p ; sh:minCount 1 .
ex:Holder a sh:NodeShape ; lt:view "claims" ; sh:targetClass ex:C ; sh:property ex:Holder-s ; sh:node ex:Filled .
ex:Holder-s a sh:PropertyShape ; sh:path ex:s ; sh:node ex:Filled .
ex:Keeper a sh:NodeShape ; sh:targetSubjectsOf ex:r ; sh:property ex:Filled-p .
"""


def ask(name: str, target: str, select: str, view: str = "accepted") -> str:
    """A shape with one constraint in SPARQL."""
    return (
        f'ex:{name} a sh:NodeShape ; lt:view "{view}" ; {target} ; '
        f'sh:sparql [ sh:prefixes ex:prefixes ; sh:message "{{?value}}" ; sh:select """{select}""" ] .\n'
    )


QUERIES = "".join((
    ask("Join", "sh:targetClass ex:A",
        "SELECT $this ?value WHERE { $this ex:q ?x . ?value ex:r ?x ; ex:p ?y . FILTER ($this != ?value) }"),
    ask("Compare", "sh:targetClass ex:B",
        "SELECT DISTINCT $this ?value WHERE { $this ex:q ?a . ?value ex:r ?b ; ex:s ex:b . FILTER (?a < ?b) }"),
    ask("Circle", "sh:targetSubjectsOf ex:p",
        "SELECT $this ?value WHERE { $this ex:p ?value . ?value (ex:p|^ex:s)* $this . }"),
    ask("Reach", "sh:targetNode ex:a , ex:b", "SELECT DISTINCT $this ?value WHERE { $this ex:p/ex:s? ?x . "
        "?x ^(ex:p/ex:s)|ex:p+ ?value . ?value !(ex:q|ex:r) ?z }", "claims"),
    ask("InGraph", "sh:targetClass ex:A", "SELECT $this ?value WHERE { $this ex:p ?value . "
        "FILTER NOT EXISTS { GRAPH $this { ?value ?property ?object } } "
        "FILTER NOT EXISTS { GRAPH $this { ?x ex:p/ex:p ?value } } }", "claims"),
    ask("AnyGraph", "sh:targetClass ex:B",
        "SELECT $this ?value WHERE { GRAPH ?value { $this ex:p ?x } ?value ex:q ?z }", "claims"),
    ask("Union", "sh:targetObjectsOf ex:p", "SELECT $this ?value WHERE { { $this ex:s ?x } UNION { ?x ex:p $this } "
        "{ ?value ex:p ?x } UNION { ?value ex:s ?x . ?value ex:q ?y } "
        "FILTER NOT EXISTS { $this ex:r ?r . FILTER NOT EXISTS { ?value ex:r ?r } } }"),
    ask("Optional", "sh:targetClass ex:A", "SELECT $this ?value ?n WHERE { $this ex:p ?value . OPTIONAL { "
        "?value ex:q ?n . ?x ex:s ?value . FILTER EXISTS { ?x ex:p ?m . ?m ex:r ?n } } "
        "FILTER (!BOUND(?n) || ?n > 1) }"),
    ask("OptionalFirst", "sh:targetSubjectsOf ex:s", "SELECT $this ?value WHERE { $this ex:s ?x . "
        "OPTIONAL { $this ex:p ?value } ?value ex:q ?y . ?x ex:p ?value }"),
    ask("Count", "sh:targetSubjectsOf ex:q", "SELECT $this (COUNT(?x) AS ?value) WHERE { $this ex:q ?size . "
        "?x ex:p $this . OPTIONAL { ?x ex:s ?y } } GROUP BY $this ?size ?y HAVING (COUNT(?x) >= ?size)"),
    ask("Predicate", "sh:targetNode ex:a", "SELECT DISTINCT $this ?value WHERE { ?s ?value ?o . "
        "FILTER STRSTARTS(STR(?value), 'http://example.org/') FILTER NOT EXISTS { ?value a ex:C } }", "claims"),
    ask("ClassUsed", "sh:targetObjectsOf rdf:type",
        "SELECT DISTINCT $this ?value WHERE { ?value a $this . FILTER NOT EXISTS { $this a ex:C } }"),
    ask("Loose", "sh:targetClass ex:A",
        "SELECT DISTINCT $this ?value WHERE { $this ex:q ?one . ?x ex:r ?value . FILTER (?one = ?value) }"),
    ask("Bound", "sh:targetClass ex:B", "SELECT $this ?value WHERE { $this ex:p ?x . "
        "BIND (EXISTS { ?x ex:s ?y . ?y ex:s $this } AS ?known) BIND (STR(?x) AS ?value) FILTER (!?known) }"),
    ask("Twice", "sh:targetClass ex:B", "SELECT $this ?value WHERE { $this ex:s ?x . ?x ex:p ?value . }"),
    'ex:Twice sh:sparql [ sh:prefixes ex:prefixes ; sh:message "other" ; '
    'sh:select "SELECT $this ?value WHERE { ?value ex:p $this ; ex:q ?n . }" ] ; sh:nodeKind sh:BlankNode .',
))  # fmt: skip
MORE_QUERIES = "".join((
    ask("Minus", "sh:targetClass ex:A", "SELECT $this ?value WHERE { $this ex:p ?value . "
        "MINUS { ?value ex:s ?x OPTIONAL { ?x ex:q $this . $this ex:r ?n } } }"),
    ask("SubSelect", "sh:targetSubjectsOf ex:p", "SELECT $this ?value WHERE { $this ex:p ?x . { SELECT ?x "
        "(COUNT(?y) AS ?value) WHERE { ?y ex:p|ex:s ?x . ?y ex:q ?n } GROUP BY ?x } FILTER (?value > 1) }"),
    ask("Inline", "sh:targetSubjectsOf ex:p", "SELECT $this ?value WHERE { VALUES (?x ?n) { (ex:a 1) (UNDEF 2) } "
        "$this ex:p ?x . ?value ex:s ?x ; ex:q ?n . }"),
    ask("Nested", "sh:targetSubjectsOf ex:s", "SELECT $this ?value WHERE { $this ex:s ?x . "
        "{ ?x ex:p ?value . FILTER NOT EXISTS { ?value ex:p $this } } "
        "UNION { GRAPH ?g { ?value ex:s ?x OPTIONAL { ?x ex:q ?n } } FILTER EXISTS { ?g ex:p ?z } } }", "claims"),
    ask("Negated", "sh:targetNode ex:a", "SELECT DISTINCT $this ?value WHERE { $this !(ex:q|^ex:r) ?value }"),
    ask("EmptyPath", "sh:targetSubjectsOf ex:s", "SELECT $this ?value WHERE { ?value ex:p* ?z . ?z ex:q? ex:c }"),
    ask("CountAll", "sh:targetSubjectsOf ex:p",
        "SELECT $this (COUNT(?x) AS ?value) WHERE { $this ex:p ?x } GROUP BY $this", "claims"),
    ask("First", "sh:targetSubjectsOf ex:r", "SELECT $this ?value WHERE { $this ex:s ?value } LIMIT 100"),
))  # fmt: skip


def ex(name: str) -> NamedNode:
    return NamedNode(f"http://example.org/{name}")


NODES = [ex(name) for name in "abcde"]
GRAPHS = [DefaultGraph(), DefaultGraph(), ex("a"), ex("b"), ex("g")]
NUMBERS = [Literal(text, datatype=NamedNode(f"{XSD}integer")) for text in ("1", "2", "03")]
TEXTS = [Literal("x"), Literal("x", language="en"), Literal("y", language="en")]
CLASSES = [ex(name) for name in "ABCD"]


def quads_of(subjects: Iterable[object], predicates: Iterable[object], objects: Iterable[object]) -> list[Quad]:
    return [Quad(*parts) for parts in product(subjects, predicates, objects, GRAPHS)]


LINKS = quads_of(NODES, [ex("p"), ex("s")], NODES)
FACTS = quads_of(NODES, [ex("q"), ex("r")], [*NUMBERS, *TEXTS, ex("c")])
TYPES = quads_of(NODES, [RDF_TYPE], CLASSES)
SCHEMA = quads_of(CLASSES, [SUBCLASS], CLASSES) + quads_of([ex(name) for name in "pqrsAB"], [RDF_TYPE], [ex("C")])
QUAD = st.one_of(*map(st.sampled_from, (LINKS, LINKS, FACTS, TYPES, SCHEMA)))
SEQUENCE = st.tuples(st.lists(QUAD, max_size=30), st.lists(st.lists(QUAD, min_size=1, max_size=5), max_size=2))

Read = Callable[..., list[Shapes]]
Changes = tuple[list[Quad], list[list[Quad]]]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """Reads shapes in Turtle, their prefixes given."""

    def read(*texts: str) -> list[Shapes]:
        folder = tmp_path_factory.mktemp("shapes")
        (folder / "x.ttl").write_text(PREFIXES + "".join(texts), encoding="utf-8")
        return list(read_shapes(folder, Names()).values())

    return read


@pytest.fixture(scope="module")
def shapes(invented: Project) -> list[Shapes]:
    """The record's shapes."""
    return list(read_shapes(invented.shapes, invented.names).values())


def found(store: Store, shapes: Iterable[Shapes]) -> list[Finding]:
    return list(validate(store, shapes, locate_nowhere).findings)


def toggle(store: Store, quads: Iterable[Quad]) -> tuple[set[Quad], set[Quad]]:
    """Remove the quads that are there and add those that are not; which were added and which removed."""
    there = set(open_memory(quads))  # a quad may be given twice, in two ways of writing a number
    removed = {quad for quad in there if quad in store}
    for quad in removed:
        store.remove(quad)
    store.extend(there - removed)
    return there - removed, removed


def again(store: Store, shapes: Iterable[Shapes], change: tuple[Collection[Quad], Collection[Quad]]) -> Revalidated:
    return revalidate(store, shapes, *change, locate_nowhere)


def follow(store: Store, shapes: list[Shapes], changes: Iterable[Iterable[Quad]], before: list[Finding]) -> None:
    """Make the changes; after each, what is merged must be what is found on the whole."""
    for quads in changes:
        change = toggle(store, quads)
        merged, whole = merge(before, again(store, shapes, change), shapes), found(store, shapes)
        assert merged == whole
        before = whole


def many(examples: int) -> settings:
    return settings(max_examples=examples, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("texts", [(CORE, NESTED), (QUERIES, MORE_QUERIES)], ids=["core", "sparql"])
def test_shapes_are_validated_again_after_any_change_as_on_the_whole(read: Read, texts: tuple[str, str]) -> None:
    shapes = read(*texts)
    empty = found(open_memory(), shapes)

    @many(700)
    @given(SEQUENCE)
    def check(sequence: Changes) -> None:
        first, changes = sequence
        follow(open_memory(), shapes, [first, *changes], empty)

    check()


def test_the_record_is_validated_again_after_any_change_as_on_the_whole(
    assembled: Assembled, shapes: list[Shapes]
) -> None:
    quads = sorted(assembled.store, key=str)
    schema = (Names().graph("ontology"), DefaultGraph())
    facts = [quad for quad in quads if quad.graph_name not in schema]
    before = found(assembled.store, shapes)
    by_predicate: dict[NamedNode, list[Quad]] = {}
    for quad in facts:
        by_predicate.setdefault(quad.predicate, []).append(quad)

    def everywhere(quad: Quad) -> list[Quad]:
        """The quad with those that repeat it: a change as the gate makes one."""
        return list(assembled.store.quads_for_pattern(quad.subject, quad.predicate, quad.object, None))

    def exchange(pair: Sequence[Quad]) -> list[Quad]:
        """One fact with the object of another: taken out, and put in elsewhere."""
        one, other = pair
        made = Quad(one.subject, one.predicate, other.object, one.graph_name)
        return [*everywhere(one), made, Quad(*made.triple, DefaultGraph())]

    pairs = st.sampled_from(sorted(by_predicate, key=str)).flatmap(
        lambda predicate: st.lists(st.sampled_from(by_predicate[predicate]), min_size=2, max_size=2)
    )
    change = st.one_of(st.sampled_from(facts).map(everywhere), pairs.map(exchange))

    @many(30)
    @given(st.lists(change, min_size=1, max_size=4))
    def check(changes: list[list[Quad]]) -> None:
        together = [quad for quads in changes for quad in quads]
        follow(open_memory(assembled.store), shapes, [together], before)

    check()


def test_the_reference_engine_finds_the_same(read: Read) -> None:
    shapes = read(CORE, QUERIES)
    empty = found(open_memory(), shapes)

    def identities(findings: Iterable[Finding]) -> set[tuple[str, str, str]]:
        """Without language and datatype of literals, which the reference engine leaves out."""
        bare = (dataclasses.replace(f, focus=f.focus[1 : f.focus.rindex('"')] if '"' in f.focus else f.focus)
                for f in findings)  # fmt: skip
        return {finding.identity for finding in bare}

    @many(12)
    @given(st.lists(QUAD, min_size=20, max_size=30, unique=True), st.lists(QUAD, min_size=3, max_size=6))
    def check(first: list[Quad], second: list[Quad]) -> None:
        store, before = open_memory(), empty
        for quads in (first, second):
            before = merge(before, again(store, shapes, toggle(store, quads)), shapes)
        assert identities(before) == identities(validate_by_reference(store, shapes, locate_nowhere).findings)

    check()


def test_after_a_change_of_something_that_no_shape_reads_nothing_is_validated(
    assembled: Assembled, shapes: list[Shapes]
) -> None:
    store, names = open_memory(assembled.store), Names()
    unrelated = Quad(names.id("E9001"), NamedNode("http://example.org/unrelated"), names.id("P9001"))
    made = again(store, shapes, toggle(store, [unrelated]))
    assert not any(made.nodes.values())
    assert not made.report.findings and not made.whole
    reads_every_property = Names().base + "shapes#UndeclaredProperty"
    assert made.asked == {reads_every_property: {(None, unrelated.predicate)}}


def test_a_triple_that_another_node_needs_is_missed_at_that_node(assembled: Assembled, shapes: list[Shapes]) -> None:
    store, names = open_memory(assembled.store), Names()
    held = names.id("P9001")
    types = store.quads_for_pattern(held, RDF_TYPE, None, None)
    made = again(store, shapes, toggle(store, list(types)))
    violations = {(f.shape.rsplit("#")[-1], f.focus) for f in made.report.findings if f.severity == "Violation"}
    assert ("Detention-detainee", names.id("E9001").value) in violations
    assert len(made.nodes["claims"]) < 20, "much more was validated than what names that person"


def test_only_what_the_change_affects_is_validated(read: Read) -> None:
    shapes = read(CORE)
    others = [Quad(ex(f"n{number}"), RDF_TYPE, ex("A")) for number in range(50)]
    store = open_memory([*others, Quad(ex("n1"), ex("p"), ex("n2"))])
    made = again(store, shapes, toggle(store, [Quad(ex("n2"), RDF_TYPE, ex("B"))]))
    assert made.nodes["accepted"] == {ex("n1"), ex("n2")}


def test_a_node_that_is_a_target_no_more_loses_its_findings(read: Read) -> None:
    shapes = read(CORE)
    typed = Quad(ex("a1"), RDF_TYPE, ex("A"))
    store = open_memory([typed])
    before = found(store, shapes)
    made = again(store, shapes, toggle(store, [typed]))
    assert {finding.focus for finding in before} >= {"http://example.org/a1"}
    assert ex("a1") in made.nodes["accepted"]
    assert not [f for f in merge(before, made, shapes) if f.focus == "http://example.org/a1"]


def test_blank_nodes_are_validated_again_too(read: Read) -> None:
    shapes = read(CORE, QUERIES)
    node, other, named = BlankNode("one"), BlankNode("two"), ex("n1")
    typed = [Quad(each, RDF_TYPE, ex("A")) for each in (node, other, named)]
    links = [Quad(other, ex("p"), node), Quad(other, ex("p"), named), Quad(named, ex("p"), ex("c"))]
    store = open_memory([*typed, *links])
    changes = [[Quad(node, ex("q"), NUMBERS[0])], [Quad(other, ex("r"), NUMBERS[0])], [Quad(node, RDF_TYPE, ex("A"))]]
    follow(store, shapes, changes, found(store, shapes))


def test_a_constraint_that_is_asked_by_value_finds_it_at_targets_only(read: Read) -> None:
    shapes = read(QUERIES)
    smaller = [Quad(ex(name), ex("q"), NUMBERS[0]) for name in ("n1", "n2")]
    store = open_memory([*smaller, Quad(ex("n1"), RDF_TYPE, ex("B")), Quad(ex("v"), ex("s"), ex("b"))])
    made = again(store, shapes, toggle(store, [Quad(ex("v"), ex("r"), NUMBERS[1])]))
    assert made.asked["http://example.org/Compare"] == {(None, ex("v"))}
    assert [f.focus for f in made.report.findings if f.shape.endswith("Compare")] == ["http://example.org/n1"]


def test_a_constraint_that_leads_nowhere_is_validated_on_the_whole_after_a_change_of_what_it_reads(read: Read) -> None:
    shapes = read(QUERIES)
    store = open_memory([Quad(ex("n1"), RDF_TYPE, ex("A")), Quad(ex("n1"), ex("q"), NUMBERS[0])])
    before = found(store, shapes)
    link = again(store, shapes, toggle(store, [Quad(ex("n1"), ex("p"), ex("n2"))]))
    assert link.whole == frozenset()
    made = again(store, shapes, toggle(store, [Quad(ex("n2"), ex("r"), NUMBERS[0])]))
    assert made.whole == {"http://example.org/Loose"}
    assert "http://example.org/Loose" in {f.shape for f in merge(merge(before, link, shapes), made, shapes)}


def test_where_shapes_use_what_is_not_known_their_view_is_validated_as_a_whole(read: Read) -> None:
    shapes = read(CORE, "ex:Values sh:shapeOfTomorrow ex:Deep .")
    store = open_memory([Quad(ex("a"), RDF_TYPE, ex("A"))])
    before = found(store, shapes)
    made = again(store, shapes, toggle(store, [Quad(ex("e"), ex("unrelated"), ex("d"))]))
    assert made.views == {"accepted"}
    assert {"http://example.org/Values", "http://example.org/Values-p"} <= made.whole
    assert merge(before, made, shapes) == found(store, shapes)


def test_a_constraint_and_other_parts_of_one_shape_are_replaced_apart(read: Read) -> None:
    shapes = read(QUERIES)
    store = open_memory([Quad(ex("n1"), RDF_TYPE, ex("B")), Quad(ex("n2"), RDF_TYPE, ex("B"))])
    follow(store, shapes, [[Quad(ex("n3"), ex("q"), NUMBERS[0]), Quad(ex("n3"), ex("p"), ex("n1"))],
                           [Quad(ex("n3"), ex("q"), NUMBERS[0])]], found(store, shapes))  # fmt: skip


def test_reads_that_were_kept_lead_to_the_same(read: Read) -> None:
    shapes = read(QUERIES, MORE_QUERIES)
    kept = reads_from_json(reads_to_json(compile_reads(shapes)))
    store = open_memory(LINKS[::7])
    change = toggle(store, [*FACTS[::11], *LINKS[::21], *TYPES[::3]])
    made = revalidate(store, shapes, *change, locate_nowhere, reads=kept)
    assert made == again(store, shapes, change)
    assert made.asked and made.report.findings


def test_findings_that_stand_keep_their_places(read: Read) -> None:
    shapes = read(CORE)
    store = open_memory([Quad(ex("n1"), RDF_TYPE, ex("A")), Quad(ex("n2"), RDF_TYPE, ex("A"))])
    before = [dataclasses.replace(finding, spots=(Spot("x.yml", 3),)) for finding in found(store, shapes)]
    merged = merge(before, again(store, shapes, toggle(store, [Quad(ex("n1"), ex("p"), ex("c"))])), shapes)
    assert {finding.spots for finding in merged if finding.focus.endswith("n2")} == {(Spot("x.yml", 3),)}
    assert {finding.spots for finding in merged if finding.focus.endswith("n1")} == {()}
