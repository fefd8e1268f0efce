"""SPARQL Update as a change of quads: what each operation adds and removes, where, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph import view
from graph.delta import Delta
from graph.errors import (
    ConflictError,
    DerivedGraphError,
    LetapisError,
    MissingGraphError,
    QueryForbiddenError,
    QuerySyntaxError,
    QueryUnsupportedError,
    UsageError,
)
from graph.iris import XSD, Names
from graph.layout import GraphName, Layout
from graph.rdf import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    Store,
    name_blank_nodes,
    open_memory,
)
from graph.update import UPDATE_LIMIT, UpdateRequest, apply_update, check_update
from tests.graph.listener import listening

NAMES = Names("http://e/")
PLAIN, UNION, RECORD = (Layout(kind, NAMES) for kind in ("plain", "union", "record"))
PREFIX = "PREFIX : <http://e/> PREFIX g: <http://e/graph/> "
A, B, C, P, Q, G, H = (NamedNode(f"http://e/{name}") for name in "abcpqgh")
BASE, META, CLAIM = NAMES.graph("base"), NAMES.graph("meta"), NAMES.claim("000000000001")
DEFAULT = DefaultGraph()


def quad(subject: object, predicate: object, obj: object, graph: GraphName = DEFAULT) -> Quad:
    return Quad(subject, predicate, obj, graph)


def run(store: Store, text: str, layout: Layout = PLAIN, **protocol: object) -> Delta:
    return apply_update(store, layout, UpdateRequest(PREFIX + text, **protocol))  # type: ignore[arg-type]


def added(text: str, *quads: Quad) -> set[Quad]:
    """What an update adds to a plain store of these quads."""
    delta = run(open_memory(quads), text)
    assert not delta.removed
    return set(delta.added)


def canonical(quads: Iterable[Quad]) -> set[Quad]:
    return set(name_blank_nodes(quads, ""))


# The change


def test_only_what_makes_a_difference_is_told() -> None:
    store = open_memory([quad(A, P, B)])
    delta = run(store, "INSERT DATA { :a :p :b, :c } ; DELETE DATA { :a :q :b }")
    assert delta == Delta(frozenset({quad(A, P, C)}))
    assert set(store) == {quad(A, P, B), quad(A, P, C)}


def test_what_one_operation_adds_and_a_later_one_removes_is_no_change() -> None:
    store = open_memory([quad(A, P, B)])
    delta = run(store, "INSERT DATA { :a :p :c } ; DELETE WHERE { ?s ?p ?o } ; INSERT DATA { :a :p :b }")
    assert not delta
    assert set(store) == {quad(A, P, B)}


def test_each_operation_sees_what_those_before_it_did() -> None:
    assert added("INSERT DATA { :a :p :b } ; INSERT { ?o :q ?s } WHERE { ?s :p ?o }") == {
        quad(A, P, B), quad(B, Q, A),
    }  # fmt: skip


def test_templates_are_filled_from_the_state_before_the_operation() -> None:
    store = open_memory([quad(A, P, B), quad(B, P, C)])
    run(store, "DELETE { ?s :p ?o } INSERT { ?o :p ?s } WHERE { ?s :p ?o }")
    assert set(store) == {quad(B, P, A), quad(C, P, B)}


def test_what_an_operation_deletes_and_inserts_stays() -> None:
    assert not run(open_memory([quad(A, P, B)]), "DELETE { ?s :p ?o } INSERT { ?s :p ?o } WHERE { ?s :p ?o }")


def test_what_cannot_be_a_triple_is_left_out() -> None:
    text = "INSERT { ?o :q :a . :a ?o :b . :a :q ?none . GRAPH ?o { :a :q :b } } WHERE { :a :p ?o }"
    assert added(text, quad(A, P, Literal("x"))) == set()


def test_a_number_is_told_as_the_store_holds_it() -> None:
    store = open_memory()
    delta = run(store, "INSERT DATA { :a :p 007, 1.50 }")
    integer, decimal = NamedNode(f"{XSD}integer"), NamedNode(f"{XSD}decimal")
    assert delta.added == {quad(A, P, Literal("7", datatype=integer)), quad(A, P, Literal("1.5", datatype=decimal))}
    assert run(store, "DELETE DATA { :a :p 07 }").removed == {quad(A, P, Literal("7", datatype=integer))}


def test_names_may_be_declared_anew_before_each_operation() -> None:
    text = "INSERT DATA { :a :p :b } ; PREFIX : <http://other/> INSERT DATA { :a :p :b } ; " \
           "BASE <http://e/x/> PREFIX r: <y#> INSERT DATA { r:a <z> <../b> } ; # the end"  # fmt: skip
    assert {str(q.subject) for q in added(text)} == {"<http://e/a>", "<http://other/a>", "<http://e/x/y#a>"}
    assert quad(NamedNode("http://e/x/y#a"), NamedNode("http://e/x/z"), B) in added(text)


def test_a_base_may_come_from_the_protocol() -> None:
    assert run(open_memory(), "INSERT DATA { <a> <p> <b> }", base="http://e/").added == {quad(A, P, B)}


def test_nothing_and_declarations_alone_are_updates_that_change_nothing() -> None:
    assert not run(open_memory(), "")
    assert not apply_update(open_memory(), PLAIN, UpdateRequest(""))


# Where the parts of an operation begin and end

TRICKY = {
    "braces in strings": "INSERT { :a :p '}', \"{\", '''}'''  } WHERE { ?s ?p '}' }",
    "a quote in an IRI": "INSERT { :a :p <http://e/it's> } WHERE { ?s ?p <http://e/it's> . ?s ?p '}' }",
    "a quote in a name": "INSERT { :a :p :it\\'s } WHERE { ?s ?p :it\\'s , '}' }",
    "a comment": "INSERT { :a :p 1 # } '\n } WHERE { ?s ?p ?o # } \"\n }",
    "a comparison": "INSERT { :a :p ?o } WHERE { ?s ?p ?o FILTER(?o<'}>'||true) }",
    "a comparison in a selected expression": "INSERT { :a :p ?x } WHERE { SELECT ((?o<'>}') AS ?x) { ?s ?p ?o } "
                                             "ORDER BY ?s (?o<'>{') }",
    "a comparison after a function": "INSERT { :a :p ?o } WHERE { ?s ?p ?o FILTER xsd:boolean(str(?o)<'}>') }",
    "a comparison that ends a line": "INSERT { :a :p ?o } WHERE { ?s ?p ?o FILTER(?o<1#>'''\n) }",
    "an IRI in a list": "INSERT { :a :p ( :b <http://e/it's> ) } WHERE { ?s ?p ( ?o <http://e/it's> ) . ?s ?p '}' }",
    "an IRI in VALUES": "INSERT { :a :p ?o } WHERE { VALUES (?s ?o) { (:a <http://e/it's>) (UNDEF '}') } }",
    "an IRI in a path": "INSERT { :a :p ?o } WHERE { ?s (<http://e/it's>|:p) ?o , '}' }",
    "no spaces": "INSERT{:a :p?o.GRAPH<http://e/g>{:a :p?o}}USING NAMED<http://e/g>WHERE{?s?p?o}",
    "dots in names": "INSERT { :a.b :p :c.d. :a :p :b. } WHERE { ?s :p.q ?o. }",
    "dots between blocks": "INSERT { :a :p 1 . GRAPH :g { :a :p 2 } . :a :p 3 . GRAPH :h {} # x\n . :a :p 4 } WHERE {}",
    "names in any script": "INSERT { :\u00e9\u0301 :p ?\u6f22 } WHERE { ?\u6f22 :p ?\u00e9\u0301 }",
    "a group in an expression": "INSERT { :a :p ?o } WHERE { ?s ?p ?o "
                                "FILTER(?o<1 && NOT EXISTS { ?s ?p '}' FILTER(1<2) } || ?o<'}>') }",
    "words as names": "INSERT { :insert :where :graph } WHERE { ?where ?insert ?graph . ?graph :in ( :filter :bind ) }",
}  # fmt: skip


@pytest.mark.parametrize("text", TRICKY.values(), ids=TRICKY)
def test_an_operation_is_taken_apart_where_the_engine_does(text: str) -> None:
    data = [quad(A, P, B), quad(A, P, Literal("}")), quad(B, P, NamedNode("http://e/it's")), quad(A, P, C, G)]
    text = f"PREFIX xsd: <{XSD}> {text}"
    store, other = open_memory(data), open_memory(data)
    run(store, text)
    other.update(PREFIX + text)
    assert canonical(store) == canonical(other)
    check_update(PREFIX + f"{text} ; CLEAR ALL")


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("INSERT DATA { :a :p }", 1, None, "expected"),
        ("INSERT DATA { :a\n :p x:b }", 2, 5, "prefix is not declared"),
        ("INSERT DATA { :a :p\n <b> }", 2, 2, "relative"),
        ("CLEAR ALL CLEAR ALL", 1, None, "`;` or the end"),
        ("CLEAR ALL ;\nINSERT DATA { ?s :p :b }", 2, None, "Variables are not allowed"),
        ("DELETE WHERE { _:x ?p ?o }", 1, None, "Blank nodes are not allowed"),
        ("INSERT { :a :p :b } WHERE { ?s ?p ?o ", 1, None, "not closed"),
        ("INSERT { :a :p :b ", 1, None, "not closed"),
        ("INSERT { GRAPH :g { GRAPH :h { :a :p :b } } } WHERE {}", 1, None, "GRAPH"),
        ("INSERT { ?s ?p <<?s ?p ?o>> } WHERE { ?s ?p ?o }", 1, None, "SPARQL 1.1"),
        ("SELECT * { ?s ?p ?o }", 1, None, "operation"),
        ("INSERT DATA { _:x :p 1 } ; INSERT DATA { _:x :p 2 }", 1, None, "_:x"),
    ],
)
def test_what_is_not_sparql_is_refused_with_its_place(text: str, line: int, column: int | None, said: str) -> None:
    with pytest.raises(QuerySyntaxError, match=said) as caught:
        check_update(PREFIX + text)
    assert caught.value.line == line
    assert caught.value.column == (column if line > 1 and column else caught.value.column) and caught.value.column


def test_nothing_is_changed_where_a_later_operation_is_not_sparql() -> None:
    store = open_memory([quad(A, P, B)])
    with pytest.raises(QuerySyntaxError):
        run(store, "CLEAR ALL ; INSERT { :a }")
    assert set(store) == {quad(A, P, B)}


def test_an_update_that_is_too_long_is_refused_before_it_is_read() -> None:
    with pytest.raises(QuerySyntaxError, match="longer than"):
        check_update("#" * (UPDATE_LIMIT + 1))


def test_half_a_character_is_refused() -> None:
    with pytest.raises(QuerySyntaxError, match="surrogate"):
        check_update("INSERT DATA { <a:a> <a:b> '\ud800' }")


FRAGMENTS = st.sampled_from([
    "INSERT", "DELETE", "DATA", "WHERE", "{", "}", "(", ")", "[", "]", ";", ".", "?x", "$y", ":a", "_:b", "GRAPH",
    "<http://e/a>", "<", ">", "'x'", "'", '"', "#", "\n", "WITH", "USING", "NAMED", "CLEAR", "ALL", "COPY", "TO",
    "DEFAULT", "SILENT", "LOAD", "SERVICE", "FILTER", "SELECT", "*", "BIND", "AS", "PREFIX", "BASE", "p:", "<<", "{|",
    "\\", "1", "@en", "^^", "\u00e9",
])  # fmt: skip


@given(st.lists(FRAGMENTS | st.text(max_size=3), max_size=25).map(" ".join) | st.text())
def test_any_text_is_an_update_or_refused_with_an_error_of_ours(text: str) -> None:
    try:
        run(open_memory([quad(A, P, B)]), text)
    except LetapisError as error:
        assert error.message


# What would reach out


@pytest.mark.parametrize("text", ["LOAD {}", "LOAD {} INTO GRAPH :g", "CLEAR ALL ; LOAD {} ; CLEAR ALL", "LOAD{}"])
def test_load_is_refused_and_nothing_is_fetched(text: str) -> None:
    with listening() as listener:
        with pytest.raises(QueryForbiddenError, match="LOAD") as caught:
            run(open_memory(), text.format(f"<{listener.url}>"))
        assert "letapis ingest" in caught.value.remedy
        assert listener.stop() == []


def test_load_silent_fails_in_silence_and_nothing_is_fetched() -> None:
    with listening() as listener:
        assert not run(open_memory(), f"LOAD SILENT <{listener.url}> ; CLEAR ALL")
        assert listener.stop() == []


@pytest.mark.parametrize(
    "where",
    ["{{ SERVICE {} {{ ?s ?p ?o }} }}", "{{ SERVICE SILENT {} {{ ?s ?p ?o }} }}",
     "{{ FILTER(?c<'x>'||true) SERVICE {} {{ ?s ?p ?o }} FILTER(?c<'x>'||true) }}",
     "{{ SELECT * {{ SERVICE{} {{ ?s ?p ?o }} }} }}"],
)  # fmt: skip
def test_service_is_refused_and_nobody_is_called(where: str) -> None:
    with listening() as listener:
        with pytest.raises(QueryForbiddenError, match="SERVICE"):
            run(open_memory(), f"CLEAR ALL ; INSERT {{ ?s ?p ?o }} WHERE {where.format(f'<{listener.url}>')}")
        assert listener.stop() == []


def test_data_may_speak_of_services() -> None:
    text = "INSERT DATA { <http://e/it's> <#p> 'a SERVICE <x> {}' } ; DELETE WHERE { ?s :service 'LOAD <x>' }"
    assert len(run(open_memory(), text, base="http://e/").added) == 1


# Blank nodes


def test_a_blank_node_is_the_same_in_all_blocks_of_an_operation() -> None:
    one, two = added("INSERT DATA { _:b :p 1 . GRAPH :g { _:b :p 2 } }")
    assert one.subject == two.subject
    one, two = added("INSERT { _:b :p ?o . GRAPH ?s { _:b :q ?o } } WHERE { VALUES (?s ?o) { (:g 1) } }")
    assert one.subject == two.subject


def test_a_blank_node_is_another_for_each_solution_and_each_operation() -> None:
    insert = "INSERT { :a :p _:b , [] } WHERE { VALUES ?x { 1 1 } }"
    assert {q.object for q in added(f"{insert} ; {insert}")} == {BlankNode(f"u{number}") for number in range(1, 9)}


def test_a_blank_node_of_the_store_is_itself_in_a_template() -> None:
    node = BlankNode("n")
    assert added("INSERT { ?n :q :a } WHERE { ?n :p :b }", quad(node, P, B)) == {quad(node, Q, A)}


def test_a_new_blank_node_takes_no_name_that_is_taken() -> None:
    taken = [quad(BlankNode("u1"), P, A), quad(A, P, BlankNode("u2")), quad(A, P, A, BlankNode("u3"))]
    (new,) = added("INSERT DATA { :b :p [] }", *taken)
    assert new.object == BlankNode("u4")


def test_the_caller_gives_the_names_of_new_blank_nodes_their_beginning() -> None:
    delta = apply_update(open_memory(), PLAIN, UpdateRequest(PREFIX + "INSERT DATA { :a :p [] }"), blank_prefix="v7b")
    assert delta.added == {quad(A, P, BlankNode("v7b1"))}


MAKERS = [
    "INSERT DATA { :a :p ( 1 [ :q _:x ] _:y ) . _:x :p _:y . GRAPH :g { _:y :p [] } }",
    "INSERT { ?s :q [ :p ?o ; :q _:x ] . _:x :p ?s } WHERE { ?s :p ?o }",
    "INSERT { ?s :q ?n } WHERE { ?s :p ?o BIND(BNODE() AS ?n) }",
    "INSERT { ?s :q ?n . ?n :p ?o, [] } WHERE { ?s :p ?o { SELECT (BNODE() AS ?n) { VALUES ?x { 1 2 } } } }",
]


@pytest.mark.parametrize("text", MAKERS)
def test_the_same_update_gives_the_same_names(text: str) -> None:
    data = [quad(A, P, B), quad(A, P, C), quad(BlankNode("n"), P, C), quad(BlankNode("m"), P, BlankNode("n"))]
    first, second = run(open_memory(data), text), run(open_memory(data[::-1]), text)
    assert first == second
    nodes = {term for q in first.added for term in q if isinstance(term, BlankNode)} - {BlankNode("n"), BlankNode("m")}
    assert nodes == {BlankNode(f"u{number}") for number in range(1, len(nodes) + 1)}


def test_a_long_list_is_no_trouble() -> None:
    assert len(added(f"INSERT DATA {{ :a :p ( {'1 ' * 3000} ) }}")) == 6001


# The dataset of the pattern

TWO = [quad(A, P, B), quad(B, P, C, G), quad(C, P, A, H)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("INSERT { :a :q ?s } WHERE { ?s :p ?o }", {quad(A, Q, A)}),
        ("WITH :g INSERT { :a :q ?s } WHERE { ?s :p ?o }", {quad(A, Q, B, G)}),
        ("INSERT { :a :q ?s } USING :g USING :h WHERE { ?s :p ?o }", {quad(A, Q, B), quad(A, Q, C)}),
        ("WITH :h INSERT { :a :q ?s } USING :g WHERE { ?s :p ?o }", {quad(A, Q, B, H)}),
        ("INSERT { :a :q ?s } USING NAMED :g WHERE { GRAPH ?g { ?s :p ?o } }", {quad(A, Q, B)}),
        ("INSERT { :a :q ?s } USING :g WHERE { GRAPH ?g { ?s :p ?o } }", set()),
        ("WITH :g INSERT { :a :q ?s } WHERE { GRAPH ?g { ?s :p ?o } }", {quad(A, Q, B, G), quad(A, Q, C, G)}),
    ],
)
def test_with_and_using_name_what_the_pattern_sees(text: str, expected: set[Quad]) -> None:
    assert added(text, *TWO) == expected


def test_the_protocol_may_name_what_the_pattern_sees() -> None:
    text = "INSERT { :a :q ?s } WHERE { ?s :p ?o }"
    assert run(open_memory(TWO), text, using=(G.value, H.value)).added == {quad(A, Q, B), quad(A, Q, C)}
    text = "INSERT { :a :q ?s } WHERE { GRAPH ?g { ?s :p ?o } }"
    assert run(open_memory(TWO), text, using_named=(H.value,)).added == {quad(A, Q, C)}
    assert run(open_memory(TWO), "DELETE WHERE { ?s :p ?o }", using=(G.value,)) == Delta()


@pytest.mark.parametrize("part", ["WITH :g INSERT { } ", "INSERT { } USING :g ", "INSERT { } USING NAMED :g "])
def test_text_and_protocol_must_not_both_name_it(part: str) -> None:
    with pytest.raises(UsageError, match="using-graph-uri"):
        run(open_memory(), f"{part} WHERE {{ ?s ?p ?o }}", using=(G.value,))


def test_a_graph_to_use_must_be_named_in_full() -> None:
    with pytest.raises(UsageError, match="names no graph"):
        run(open_memory(), "INSERT { :a :p :b } WHERE {}", using=("g",))


def test_a_function_that_is_not_known_is_refused() -> None:
    with pytest.raises(QueryUnsupportedError, match="http://e/f"):
        run(open_memory(TWO), "INSERT { :a :p ?x } WHERE { ?s ?p ?o BIND(:f(?s) AS ?x) }")


@pytest.mark.parametrize("term", ["'x'@en--ltr", "?t"])
def test_what_rdf_1_1_does_not_have_is_not_written(term: str) -> None:
    with pytest.raises(QueryUnsupportedError, match=r"RDF 1\.2"):
        run(open_memory(), f"INSERT {{ :a :p {term} }} WHERE {{ BIND(TRIPLE(:a, :p, 1) AS ?t) }}")


# Whole graphs


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("CLEAR DEFAULT", {quad(B, P, C, G), quad(C, P, A, H)}),
        ("DROP GRAPH :g", {quad(A, P, B), quad(C, P, A, H)}),
        ("CLEAR NAMED", {quad(A, P, B)}),
        ("DROP ALL", set()),
        ("ADD :g TO :h", {quad(A, P, B), quad(B, P, C, G), quad(C, P, A, H), quad(B, P, C, H)}),
        ("COPY DEFAULT TO GRAPH :h", {quad(A, P, B), quad(B, P, C, G), quad(A, P, B, H)}),
        ("MOVE :g TO DEFAULT", {quad(B, P, C), quad(C, P, A, H)}),
        ("MOVE :g TO :g", set(TWO)),
        ("CREATE GRAPH :new ; COPY :new TO :g", {quad(A, P, B), quad(C, P, A, H)}),
    ],
)
def test_graphs_are_managed_as_a_whole(text: str, left: set[Quad]) -> None:
    store = open_memory(TWO)
    delta = run(store, text)
    assert set(store) == left
    assert delta == Delta(frozenset(left - set(TWO)), frozenset(set(TWO) - left))
    assert set(store.named_graphs()) == {q.graph_name for q in left} - {DEFAULT}


@pytest.mark.parametrize("verb", ["CLEAR{}GRAPH :new", "DROP{}GRAPH :new", "ADD{}:new TO :g", "COPY{}:new TO :g",
                                  "MOVE{}:new TO DEFAULT"])  # fmt: skip
def test_a_graph_that_is_not_there_is_an_error_unless_it_is_silent(verb: str) -> None:
    with pytest.raises(MissingGraphError, match="http://e/new"):
        run(open_memory(TWO), verb.format(" "))
    assert not run(open_memory(TWO), verb.format(" SILENT "))


def test_a_graph_that_is_there_cannot_be_created() -> None:
    with pytest.raises(ConflictError, match="there already"):
        run(open_memory(TWO), "CREATE GRAPH :g")
    with pytest.raises(ConflictError, match="there already"):
        run(open_memory(TWO), "CREATE GRAPH :new ; CREATE GRAPH :new")
    assert not run(open_memory(TWO), "CREATE SILENT GRAPH :g ; CREATE GRAPH :new ; DROP GRAPH :new")


# Permission


def refuse(*refused: GraphName) -> tuple[list[GraphName], Callable[[GraphName], None]]:
    """A permission for all but some, and the graphs that it was asked for."""
    asked: list[GraphName] = []

    def permit(graph: GraphName) -> None:
        asked.append(graph)
        if graph in refused:
            raise QueryForbiddenError(f"not {graph}", "Ask.")

    return asked, permit


def test_permission_is_asked_once_for_each_graph_that_is_written() -> None:
    asked, permit = refuse()
    text = "INSERT { GRAPH ?g { :a :p 1 } } WHERE { GRAPH ?g { ?s ?p ?o } } ; DELETE DATA { GRAPH :g { :a :p 1 } } ; " \
           "INSERT DATA { :a :p 2 } ; COPY :g TO :new"  # fmt: skip
    apply_update(open_memory(TWO), PLAIN, UpdateRequest(PREFIX + text), permit)
    assert asked == [G, H, DEFAULT, NamedNode("http://e/new")]


@pytest.mark.parametrize("text", ["INSERT DATA { GRAPH :h { :a :p 1 } }", "CLEAR GRAPH :h", "MOVE :h TO :g",
                                  "CREATE GRAPH :h", "DELETE WHERE { GRAPH ?g { ?s ?p ?o } }",
                                  "CLEAR SILENT GRAPH :h"])  # fmt: skip
def test_what_is_not_permitted_is_refused_silent_or_not(text: str) -> None:
    _, permit = refuse(H)
    store = open_memory(TWO[:2] if "CREATE" in text else TWO)
    before = set(store)
    with pytest.raises(QueryForbiddenError, match="not <http://e/h>"):
        apply_update(store, PLAIN, UpdateRequest(PREFIX + text), permit)
    assert set(store) == before


def test_clearing_all_leaves_out_what_is_not_permitted() -> None:
    _, permit = refuse(H, DEFAULT)
    delta = apply_update(open_memory(TWO), PLAIN, UpdateRequest("CLEAR ALL"), permit)
    assert delta.removed == {quad(B, P, C, G)}
    with pytest.raises(QueryForbiddenError):
        apply_update(open_memory(TWO), PLAIN, UpdateRequest("CLEAR ALL"), refuse(G, H, DEFAULT)[1])


def test_an_update_of_one_graph_takes_it_for_the_default_graph_and_changes_no_other() -> None:
    text = "DELETE { ?s :p ?o } INSERT { ?s :q ?o } WHERE { ?s :p ?o } ; INSERT DATA { :a :p :a }"
    delta = run(open_memory(TWO), text, graph=G.value)
    assert delta == Delta(frozenset({quad(B, Q, C, G), quad(A, P, A, G)}), frozenset({quad(B, P, C, G)}))
    assert run(open_memory(TWO), "CLEAR DEFAULT", graph=G.value).removed == {quad(B, P, C, G)}
    assert run(open_memory(TWO), "CLEAR ALL", graph=G.value).removed == {quad(B, P, C, G)}
    delete = "WITH :h DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }"
    for other in ("INSERT DATA { GRAPH :h { :a :p :b } }", "COPY DEFAULT TO :h", delete):
        with pytest.raises(UsageError, match="alone"):
            run(open_memory(TWO), other, graph=G.value)


# A default graph that repeats others

STATUS, ACCEPTED = NAMES.term("status"), NAMES.voc("accepted")
SCHEMA = quad(A, P, Literal("schema"), RECORD.ontology)
STATED = [
    quad(A, P, Literal("base"), BASE), quad(A, P, Literal("meta"), META), SCHEMA,
    quad(A, P, Literal("claim"), CLAIM), quad(CLAIM, STATUS, ACCEPTED, META),
]  # fmt: skip
INFERRED = [quad(A, P, Literal("inferred"), RECORD.inferred), quad(A, P, Literal("inferred"))]


@pytest.fixture(params=["record", "union"])
def layout(request: pytest.FixtureRequest) -> Layout:
    return Layout(request.param, NAMES)


def held(layout: Layout, *more: Quad) -> Store:
    """A store of what is stated and of what was inferred."""
    store = open_memory()
    view.apply(store, layout, Delta(frozenset((*STATED, *more))))
    store.extend(INFERRED)
    return store


def seen(store: Store) -> set[str]:
    """The values of :p in the default graph."""
    return {q.object.value for q in store.quads_for_pattern(A, P, None, DEFAULT)}


def test_what_is_inserted_without_a_graph_goes_to_the_base(layout: Layout) -> None:
    store = held(layout)
    assert run(store, "INSERT DATA { :a :p 'new' }", layout).added == {quad(A, P, Literal("new"), BASE)}
    assert "new" in seen(store)


def test_what_is_deleted_without_a_graph_goes_from_every_graph_that_says_it(layout: Layout) -> None:
    twice = quad(A, P, Literal("base"), META)
    store = held(layout, twice)
    delta = run(store, "DELETE WHERE { ?s :p 'base' } ; DELETE DATA { :a :p 'meta' }", layout)
    assert delta.removed == {STATED[0], STATED[1], twice}
    assert seen(store) == {"schema", "claim", "inferred"}


def test_what_is_only_inferred_or_of_the_ontology_is_not_deleted_without_a_graph(layout: Layout) -> None:
    store = held(layout)
    assert not run(store, "DELETE DATA { :a :p 'inferred', 'schema' }", layout)
    assert seen(store) == {"base", "meta", "schema", "claim", "inferred"}
    assert run(store, f"DELETE DATA {{ GRAPH {layout.ontology} {{ :a :p 'schema' }} }}", layout).removed == {SCHEMA}


def test_what_an_accepted_claim_says_is_not_deleted_beside_it() -> None:
    with pytest.raises(ConflictError, match=CLAIM.value) as caught:
        run(held(RECORD), "DELETE WHERE { :a :p ?o }", RECORD)
    assert "Supersede" in caught.value.remedy


def test_what_a_claim_says_is_deleted_with_it() -> None:
    store = held(RECORD)
    text = f"DELETE DATA {{ :a :p 'claim' . GRAPH {CLAIM} {{ :a :p 'claim' }} }}"
    assert run(store, text, RECORD).removed == {STATED[3]}
    assert "claim" not in seen(store)


@pytest.mark.parametrize("value", ["base", "meta", "schema", "claim"])
def test_what_is_deleted_and_inserted_stays_in_the_graph_where_it_stands(value: str, layout: Layout) -> None:
    text = f"DELETE {{ ?s :p '{value}' }} INSERT {{ ?s :p '{value}' }} WHERE {{ ?s :p '{value}' }}"
    assert not run(held(layout), text, layout)


@pytest.mark.parametrize("text", ["INSERT DATA {{ GRAPH {} {{ :a :p 1 }} }}",
                                  "DELETE WHERE {{ GRAPH {} {{ ?s ?p ?o }} }}", "CLEAR GRAPH {}",
                                  "CLEAR SILENT GRAPH {}", "COPY g:base TO {}", "MOVE {} TO g:x",
                                  "CREATE GRAPH g:labels"])  # fmt: skip
def test_a_derived_graph_is_not_written(text: str, layout: Layout) -> None:
    with pytest.raises(DerivedGraphError):
        run(held(layout), text.format(layout.inferred), layout)


def test_derived_graphs_are_read(layout: Layout) -> None:
    text = f"INSERT {{ GRAPH :g {{ ?s ?p ?o }} }} WHERE {{ GRAPH {layout.inferred} {{ ?s ?p ?o }} }}"
    assert run(held(layout), text, layout).added == {quad(A, P, Literal("inferred"), G)}


def test_clearing_the_default_graph_empties_the_base(layout: Layout) -> None:
    store = held(layout)
    assert run(store, "CLEAR DEFAULT", layout).removed == {STATED[0]}
    assert seen(store) == {"meta", "schema", "claim", "inferred"}


@pytest.mark.parametrize("text", ["CLEAR ALL", "DROP NAMED"])
def test_clearing_all_leaves_the_ontology_and_what_is_derived(text: str, layout: Layout) -> None:
    store = held(layout)
    assert run(store, text, layout).removed == set(STATED) - {SCHEMA}
    assert seen(store) == {"schema", "inferred"}


# Ontology and shapes

SHAPE = quad(A, P, Literal("1.0", datatype=NamedNode(f"{XSD}decimal")), UNION.shapes)


def change_shapes(store: Store, text: str) -> Delta:
    return apply_update(store, UNION, UpdateRequest(PREFIX + text), shapes=lambda: [SHAPE])


def test_shapes_are_a_graph_to_whoever_names_them_and_never_stored() -> None:
    store = held(UNION)
    before = set(store)
    text = "WITH g:shapes DELETE { ?s :p ?o } INSERT { ?s :q ?o } WHERE { ?s :p ?o } ; " \
           "DELETE WHERE { GRAPH g:shapes { ?s :q ?o } } ; INSERT DATA { GRAPH g:shapes { :b :p 1 } }"  # fmt: skip
    delta = change_shapes(store, text)
    assert delta.removed == {SHAPE}
    assert delta.added == {quad(B, P, Literal("1", datatype=NamedNode(f"{XSD}integer")), UNION.shapes)}
    assert set(store) == before
    assert UNION.shapes not in set(store.named_graphs())


def test_shapes_that_are_there_already_are_no_change() -> None:
    assert not change_shapes(held(UNION), "INSERT DATA { GRAPH g:shapes { :a :p 1.00 } }")
    assert change_shapes(held(UNION), "CLEAR GRAPH g:shapes").removed == {SHAPE}


def test_who_does_not_name_the_shapes_does_not_see_them() -> None:
    assert not change_shapes(held(UNION), "DELETE { GRAPH ?g { ?s :p 1.0 } } WHERE { GRAPH ?g { ?s :p 1.0 } }")
    assert change_shapes(held(UNION), "CLEAR ALL").removed == set(STATED) - {SCHEMA}


def test_blank_nodes_of_the_ontology_get_names() -> None:
    (new,) = run(held(UNION), "INSERT DATA { GRAPH g:ontology { :b :p [] } }", UNION).added
    assert isinstance(new.object, NamedNode)


# Against the engine's own update

RESOURCES = st.sampled_from([":a", ":b", "_:n"])
OBJECTS = RESOURCES | st.sampled_from(["1", "'x'", "true"])
PROPERTIES = st.sampled_from([":p", ":q"])
GRAPHS = st.sampled_from([":g", ":h"])
VARIABLES = st.sampled_from(["?s", "?o", "?x", "?none"])


@st.composite
def blocks(draw: st.DrawFn, subjects: st.SearchStrategy[str], objects: st.SearchStrategy[str],
           graphs: st.SearchStrategy[str], least: int = 0) -> str:  # fmt: skip
    def triple() -> str:
        return f"{draw(subjects)} {draw(PROPERTIES)} {draw(objects)} ."

    parts = []
    for _ in range(draw(st.integers(least, 3))):
        parts.append(triple() if draw(st.booleans()) else f"GRAPH {draw(graphs)} {{ {triple()} {triple()} }}")
    return " ".join(parts)


def without_blank(terms: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return terms.filter(lambda term: not term.startswith("_:"))


PATTERNS = st.sampled_from([
    "?s :p ?o", "?s ?any ?o", "GRAPH ?g { ?s :p ?o }", "GRAPH :g { ?s :q ?x }", "OPTIONAL { ?o :p ?x }",
    "FILTER(isIRI(?o))", "VALUES ?x { :a 1 }", "BIND(:b AS ?y)", "{ ?s :p ?o } UNION { ?x :q ?s }",
    "MINUS { ?s :q :a }",
])  # fmt: skip
WHERE = st.lists(PATTERNS, max_size=3, unique=True).map(lambda parts: f"WHERE {{ {' . '.join(parts)} }}")
INSERTS = blocks(RESOURCES | VARIABLES, OBJECTS | VARIABLES | st.just("[]"), GRAPHS | st.just("?g"))
DELETES = blocks(without_blank(RESOURCES) | VARIABLES, without_blank(OBJECTS) | VARIABLES, GRAPHS | st.just("?g"))
HEADS = st.sampled_from(["", "", "WITH :g "])
USINGS = st.sampled_from(["", "", "USING :g ", "USING NAMED :h ", "USING :g USING NAMED :h "])
OPERATIONS = st.one_of(
    blocks(without_blank(RESOURCES), without_blank(OBJECTS), GRAPHS).map(lambda data: f"INSERT DATA {{ {data} }}"),
    blocks(without_blank(RESOURCES), without_blank(OBJECTS), GRAPHS).map(lambda data: f"DELETE DATA {{ {data} }}"),
    blocks(VARIABLES, without_blank(OBJECTS) | VARIABLES, GRAPHS).map(lambda data: f"DELETE WHERE {{ {data} }}"),
    st.tuples(HEADS, INSERTS, USINGS, WHERE).map(lambda t: f"{t[0]}INSERT {{ {t[1]} }} {t[2]}{t[3]}"),
    st.tuples(HEADS, DELETES, INSERTS, USINGS, WHERE).map(
        lambda t: f"{t[0]}DELETE {{ {t[1]} }} INSERT {{ {t[2]} }} {t[3]}{t[4]}"
    ),
    st.sampled_from(
        ["CLEAR DEFAULT", "DROP SILENT GRAPH :g", "ADD SILENT :g TO :h", "ADD SILENT DEFAULT TO :g", "DROP NAMED"]
    ),
)
DATA = blocks(RESOURCES, OBJECTS, GRAPHS, least=1).map(lambda data: f"INSERT DATA {{ {data} }}")


@settings(max_examples=300)
@given(DATA, st.lists(OPERATIONS, min_size=1, max_size=3).map(" ;\n".join))
def test_the_result_is_that_of_the_engine_and_the_change_leads_to_it(data: str, text: str) -> None:
    store = open_memory()
    store.update(PREFIX + data)
    before = set(store)
    other = open_memory(before)
    delta = run(store, text)
    other.update(PREFIX + text)
    assert canonical(store) == canonical(other)
    assert delta.added.isdisjoint(before) and delta.removed <= before
    assert set(store) == (before - delta.removed) | delta.added
