"""Things without a name are read within what points at them: as deep as a page can hold, and no knot costs more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from graph.iris import Names
from graph.rdf import BlankNode, NamedNode, Quad, Store, name_blank_nodes, open_memory, parse_file
from graph.read import Reader
from graph.read_data import to_plain
from graph.read_nested import DEPTH, SHOWN
from graph.read_value import Value
from graph.read_vocabulary import Vocabulary

EX = "http://example.org/"
NAMES = Names("https://data.example/")


RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

Read = Callable[[str], Value]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """The value of `e:p` of `e:a` in Turtle, its prefix given."""

    def read(text: str) -> Value:
        (tmp_path / "x.ttl").write_text(f"@prefix e: <{EX}> . @prefix rdf: <{RDF}> . {text}")
        quads = name_blank_nodes(parse_file(tmp_path / "x.ttl", "x.ttl"), "x")
        reader = reader_of(open_memory(quads))
        (value,) = reader.values(reader.objects(NamedNode(f"{EX}a"), NamedNode(f"{EX}p")))
        return value

    return read


def reader_of(store: Store) -> Reader:
    return Reader(store, NAMES, Vocabulary({}, (), {}), kind="plain")


def words(value: Value) -> object:
    """A value as nested pairs of words."""
    if not value.parts:
        return value.text
    return {part.predicate.text: [words(one) for one in part.values] for part in value.parts}


def test_what_is_said_of_it_stands_within(read: Read) -> None:
    value = read("e:a e:p [ a e:PostalAddress ; e:streetName 'Weir Lane' ; e:area [ e:radius 3 ] ] .")
    assert words(value) == {"type": ["Postal address"], "area": [{"radius": ["3"]}], "street name": ["Weir Lane"]}
    assert value.text == "unnamed Postal address"


def test_its_name_is_shown_where_it_has_one(read: Read) -> None:
    assert read("e:a e:p [ <http://xmlns.com/foaf/0.1/name> 'Dora' ] .").text == "Dora"
    assert read("e:a e:p [ <http://xmlns.com/foaf/0.1/name> '  ' ] .").text == "unnamed thing"


def test_a_list_is_shown_in_its_order(read: Read) -> None:
    (part,) = read("e:a e:p ( 'c' 'a' [ e:q 'b' ] 'a' ) .").parts
    assert part.is_list
    assert [words(one) for one in part.values] == ["c", "a", {"q": ["b"]}, "a"]


def test_deep_things_are_cut_off_and_say_so(read: Read) -> None:
    value = read("e:a e:p " + "[ e:p " * (DEPTH + 4) + "'bottom'" + " ]" * (DEPTH + 4) + " .")
    depth = 0
    while value.parts:
        assert not value.is_cut
        value, depth = value.parts[0].values[0], depth + 1
    assert (depth, value.is_cut) == (DEPTH, True)


@pytest.mark.parametrize("many", [
    "e:a e:p [ " + " ; ".join(f"e:q {number}" for number in range(SHOWN + 10)) + " ] .",
    "e:a e:p ( " + " ".join(str(number) for number in range(SHOWN + 10)) + " ) .",
])  # fmt: skip
def test_of_many_values_so_many_are_shown(read: Read, many: str) -> None:
    value = read(many)
    assert (sum(len(part.values) for part in value.parts), value.is_cut) == (SHOWN, True)


def test_one_that_holds_many_that_hold_many_costs_no_more(read: Read) -> None:
    inner = " , ".join("[ e:q 1 , 2 , 3 ]" for _ in range(40))
    value = read(f"e:a e:p [ e:r {inner} ] .")
    assert value.is_cut
    assert sum(len(part.values) for part in value.parts) < SHOWN


def test_a_circle_ends_where_it_began(read: Read) -> None:
    value = read("e:a e:p _:x . _:x e:next _:y . _:y e:next _:x .")
    again = value.parts[0].values[0].parts[0].values[0]
    assert (again.parts, again.is_cut) == ((), True)


def test_a_list_that_runs_in_a_circle_ends(read: Read) -> None:
    value = read("e:a e:p _:l . _:l rdf:first 'a' ; rdf:rest _:l .")
    assert [one.text for one in value.parts[0].values] == ["a"]


def test_one_of_which_nothing_is_said_is_no_more_than_that() -> None:
    store = open_memory([Quad(NamedNode(f"{EX}a"), NamedNode(f"{EX}p"), BlankNode("nothing"))])
    value = reader_of(store).value(BlankNode("nothing"))
    assert (value.text, value.parts, value.is_cut) == ("unnamed thing", (), False)


def test_as_plain_json_it_keeps_its_parts(read: Read) -> None:
    plain = to_plain(read("e:a e:p [ e:q 'x' ] ."))
    assert (plain["iri"], plain["label"], plain["cut"]) == (None, "unnamed thing", False)
    (part,) = plain["parts"]
    assert (part["predicate"]["iri"], part["values"][0]["value"]) == (f"{EX}q", "x")
