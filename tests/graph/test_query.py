"""The first fence: SERVICE in every disguise and every update is refused, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import QueryForbiddenError, QuerySyntaxError
from graph.query import QUERY_LIMIT, check_query
from tests.conftest import ROOT

OTHER = "<http://example.org/sparql>"
BLOCK = "{ ?s ?p ?o }"
ESCAPED = "".join(f"\\u{ord(letter):04x}" for letter in "service")

SERVICES = {
    "plain": f"SELECT * {{ SERVICE {OTHER} {BLOCK} }}",
    "case": f"SELECT * {{ sErViCe {OTHER} {BLOCK} }}",
    "silent": f"SELECT * {{ SERVICE SILENT {OTHER} {BLOCK} }}",
    "variable": f"SELECT * {{ VALUES ?x {{ {OTHER} }} SERVICE ?x {BLOCK} }}",
    "no space": f"SELECT*{{SERVICE{OTHER}{BLOCK}}}",
    "silent without a space": f"SELECT * {{ SERVICESILENT{OTHER}{BLOCK} }}",
    "prefix without a space": f"PREFIX ex: {OTHER} SELECT * {{ SERVICEex:a {BLOCK} }}",
    "empty prefix without a space": f"PREFIX : {OTHER} SELECT * {{ SERVICE:a {BLOCK} }}",
    "empty prefix and a remark": f"PREFIX : {OTHER} SELECT * {{ SERVICE:a # here\n {BLOCK} }}",
    "after a truth value": f"SELECT * {{ ?a ?b trueSERVICE {OTHER} {BLOCK} }}",
    "after a number": f"SELECT * {{ ?a ?b 1e5SERVICE {OTHER} {BLOCK} }}",
    "after a name with dots": f"PREFIX ex: {OTHER} SELECT * {{ ?a ?b ex:a.b.SERVICE {OTHER} {BLOCK} }}",
    "after a remark": f"SELECT * {{ # nothing here\n SERVICE {OTHER} {BLOCK} }}",
    "after a remark that ends with a return": f"SELECT * {{ # nothing here\r SERVICE {OTHER} {BLOCK} }}",
    "after a quote in a remark": f"SELECT * {{ # it's\n SERVICE {OTHER} {BLOCK} # it's\n }}",
    "before a remark": f"SELECT * {{ SERVICE# now\n{OTHER} {BLOCK} }}",
    "between strings": f"SELECT * {{ ?a ?b 'x' . SERVICE {OTHER} {BLOCK} ?c ?d 'y' }}",
    "after an escaped quote": f"SELECT * {{ ?a ?b 'it\\'s' . SERVICE {OTHER} {BLOCK} ?c ?d 'it\\'s' }}",
    "after an escaped backslash": f"SELECT * {{ ?a ?b 'x\\\\' . SERVICE {OTHER} {BLOCK} ?c ?d 'y' }}",
    "between long strings": f"SELECT * {{ ?a ?b '''it's''' . SERVICE {OTHER} {BLOCK} ?c ?d '''it's''' }}",
    "after four quotes": f"SELECT * {{ ?a ?b ''''x''' . SERVICE {OTHER} {BLOCK} ?c ?d ''''y''' }}",
    "between addresses with quotes": f"SELECT * {{ ?a <http://e/'> ?b . SERVICE {OTHER} {BLOCK} ?c <http://e/'> ?d }}",
    "after a smaller-than": f"SELECT * {{ FILTER(?c<'x>'||true) SERVICE {OTHER} {BLOCK} FILTER(?c<'x>'||true) }}",
    "after a smaller-than and a remark": f"SELECT * {{ FILTER(?c<1#>'''\n) SERVICE {OTHER} {BLOCK} #'''\n }}",
    "escaped": f"SELECT * {{ \\u0053ERVICE {OTHER} {BLOCK} }}",
    "escaped at length": f"SELECT * {{ SERV\\U00000049CE {OTHER} {BLOCK} }}",
    "escaped throughout": f"SELECT * {{ {ESCAPED} {OTHER} {BLOCK} }}",
    "between escaped quotes": f"SELECT * {{ ?a ?b \"\\u0022\" SERVICE {OTHER} {BLOCK} ?c ?d \"\\u0022\" }}",
    "between escapes in addresses": f"ASK {{ ?a <http://e/\\u0041'> ?b SERVICE {OTHER} {BLOCK} ?c <http://e/'> ?d }}",
    "both at once": f"SELECT * {{ ?a <http://e/\\u0041'> \"\\u0022\" SERVICE {OTHER} {BLOCK} ?c <http://e/\\u0041'> "
                    f"\"\\u0022\" }}",
    "in a subquery": f"SELECT * {{ {{ SELECT * {{ SERVICE {OTHER} {BLOCK} }} }} }}",
    "in EXISTS": f"ASK {{ FILTER EXISTS {{SERVICE {OTHER} {BLOCK} }} }}",
    "in CONSTRUCT": f"CONSTRUCT {BLOCK} WHERE {{ SERVICE {OTHER} {BLOCK} }}",
    "in DESCRIBE": f"DESCRIBE ?s {{ SERVICE {OTHER} {BLOCK} }}",
    "after a prefix of that name": f"PREFIX service: {OTHER} ASK {{ ?s service:p ?o . SERVICE service:x {BLOCK} }}",
}  # fmt: skip

ALLOWED = [
    "SELECT * { ?s ?p ?o }",
    "SELECT ?service { ?service ?p $SERVICE }",
    "SELECT * { ?s ?p 'SERVICE <http://example.org/> {}' }",
    'SELECT * { ?s ?p "SERVICE" , """a "service" here""" , \'\'\'it\'s SERVICE\'\'\' , "say \\"SERVICE\\"" }',
    "SELECT * { ?s <http://example.org/service> ?o }",
    "SELECT * { ?s <http://www.w3.org/ns/sparql-service-description#endpoint> ?o }",
    "SELECT * { ?s ?p ?o } # SERVICE <http://example.org/> {}",
    "SELECT * {\n# SERVICE\r# SERVICE\n ?s ?p ?o }",
    "PREFIX service: <http://example.org/> SELECT * { ?s a service:Service ; service:of ?o }",
    "PREFIX service: <http://example.org/> SELECT * { GRAPH service:g { ?s ?p ?o } }",
    "PREFIX service: <http://example.org/> SELECT * FROM service:g { ?s ?p ?o }",
    "PREFIX ex: <http://example.org/> SELECT * { ?s ex:service ?o . ?o ex:a.service _:service }",
    "SELECT * { ?s ?p 'x'@service }",
    "SELECT * { ?s ?p ?o FILTER(?o<'x' || ?o>'y') }",
    "PREFIX insert: <http://example.org/> SELECT * { ?s insert:delete ?load }",
    "SELECT * { ?s ?p 'INSERT DATA {}' }",
    "BASE <http://example.org/> PREFIX : <#> ASK { ?drop ?p ?o }",
]

UPDATES = [
    "INSERT DATA { <a:a> <a:b> <a:c> }",
    "insert data { <a:a> <a:b> <a:c> }",
    "DELETE WHERE { ?s ?p ?o }",
    "LOAD <http://example.org/>",
    "CLEAR ALL",
    "DROP SILENT GRAPH <a:g>",
    "CREATE GRAPH <a:g>",
    "ADD <a:g> TO <a:h>",
    "MOVE <a:g> TO <a:h>",
    "COPY <a:g> TO <a:h>",
    "WITH <a:g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
    "# a query, surely\nPREFIX ex: <http://example.org/> LOAD <http://example.org/>",
    "\\u0049NSERT DATA { <a:a> <a:b> <a:c> }",
]


@pytest.mark.parametrize("query", SERVICES.values(), ids=SERVICES)
def test_service_is_refused_however_it_is_written(query: str) -> None:
    with pytest.raises(QueryForbiddenError, match="SERVICE"):
        check_query(query)


@pytest.mark.parametrize("query", ALLOWED)
def test_a_query_that_only_mentions_the_word_is_allowed(query: str) -> None:
    check_query(query)


@pytest.mark.parametrize("update", UPDATES)
def test_an_update_is_refused(update: str) -> None:
    with pytest.raises(QueryForbiddenError, match="update"):
        check_query(update)


SPACE = st.text(" \t\r\n", max_size=3) | st.text("ab'\"<>{}", max_size=5).map(lambda text: f"#{text}\n")
HARMLESS = st.sampled_from(["?s ?p ?o .", "?s ?p 'it' .", '?s ?p "a\'b" .', "FILTER(?s != 3)", "OPTIONAL { ?a ?b ?c }",
                            "?s <http://e/a#b> ?o .", "{}", "?s ?p '''x'y''' .", "VALUES ?v { 1 }"])  # fmt: skip


@given(st.lists(HARMLESS, max_size=4), st.lists(HARMLESS, max_size=4), SPACE, st.data())
def test_service_is_refused_wherever_it_stands(
    before: list[str], after: list[str], space: str, data: st.DataObject
) -> None:
    word = "".join(data.draw(st.sampled_from([c, c.lower()])) for c in "SERVICE")
    rest = f"{word}{space}{OTHER}{space}{BLOCK}"
    with pytest.raises(QueryForbiddenError):
        check_query(f"SELECT * {{ {' '.join(before)} {rest} {' '.join(after)} }}")
    check_query(f"SELECT * {{ {' '.join(before)} {space} {' '.join(after)} }}")


def test_a_query_that_is_too_long_is_refused_before_it_is_read() -> None:
    check_query("ASK {}".ljust(QUERY_LIMIT))
    with pytest.raises(QuerySyntaxError, match="longer than"):
        check_query("ASK {}".ljust(QUERY_LIMIT + 1))


@given(st.text())
def test_any_text_is_allowed_or_refused_with_an_error_of_ours(text: str) -> None:
    try:
        check_query(text)
    except QueryForbiddenError as error:
        assert error.remedy


SUITE = ROOT.parent / "shared" / "w3c" / "sparql11"
NO_UPDATES = ("syntax-update-38", "syntax-update-39", "syntax-update-40")  # nothing, or prefixes alone


@pytest.mark.skipif(not SUITE.is_dir(), reason="the W3C test suite is not beside the project")
def test_of_the_w3c_suite_exactly_federated_queries_and_updates_are_refused() -> None:
    wrong = []
    paths = [*SUITE.rglob("*.rq"), *SUITE.rglob("*.ru")]
    for path in paths:
        try:
            check_query(path.read_text(encoding="utf-8"))
        except QueryForbiddenError:
            refused = True
        else:
            refused = False
        is_update = path.suffix == ".ru" and path.stem not in NO_UPDATES
        if refused is not (is_update or path.parent.name in ("service", "syntax-fed")):
            wrong.append(str(path.relative_to(SUITE)))
    assert len(paths) > 300
    assert wrong == []
