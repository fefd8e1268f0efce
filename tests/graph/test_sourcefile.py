"""YAML of a curator: text stays text, everything has its line, and what cannot be meant is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.errors import SourceError, Spot
from graph.sourcefile import DEPTH_LIMIT, Mapping, Sequence, Text, read_yaml

Read = Callable[[str], Mapping]
SHARED_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.mark.parametrize("scalar", ["yes", "null", "~", "2020-05-03", "0x1F", "1e3", "12:30:45", ".inf", "1_000"])
def test_nothing_is_guessed_to_be_more_than_text(yaml: Read, scalar: str) -> None:
    assert yaml(f"key: {scalar}\n") == {"key": scalar}


def test_a_tag_makes_nothing_of_its_value(yaml: Read) -> None:
    assert yaml("key: !!python/object/apply:os.getcwd []\nother: !!int 3\n") == {"key": [], "other": "3"}


def test_every_value_knows_its_line(yaml: Read) -> None:
    read = yaml("a: 1\nb:\n- x\n- {c: y}\n")
    (a, first), (b, listed) = read.items()
    assert isinstance(first, Text) and isinstance(listed, Sequence)
    inner = listed[1]
    assert isinstance(inner, Mapping)
    assert [a.spot.line, first.spot.line, b.spot.line, listed[0].spot.line, inner.spot.line] == [1, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("a: &x [1]\nb: *x\n", 2, "aliases"),
        ("a: &x one\nb: *x\n", 2, "aliases"),
        ("a: &x [*x]\n", 1, "aliases"),
        ("a: &x one\n*x : two\n", 2, "aliases"),
        ("a: 1\nb: 2\na: 3\n", 3, "twice"),
        ("a: 1\n'a': 2\n", 2, "twice"),
        ("", 1, "empty"),
        ("# nothing but a remark\n", 1, "empty"),
        ("a:\n\tb: c\n", 2, "YAML"),
        ("a: 1\nb:\n", 2, "without a value"),
        ("a:\n- x\n-\n", 3, "without a value"),
        ("- one\n- two\n", 1, "mapping"),
        ("just words\n", 1, "mapping"),
        ("a: 1\n---\nb: 2\n", 2, "another document"),
        ("? [x]\n: 1\n", 1, "plain text"),
        ("a: [1, 2\n", 2, "YAML"),
        ("a: \x01\n", 1, "YAML"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_line(yaml: Read, text: str, line: int, expected: str) -> None:
    with pytest.raises(SourceError, match=expected) as caught:
        yaml(text)
    assert caught.value.spot == Spot("x.yml", line)


def test_nesting_is_read_to_its_limit_and_no_deeper(yaml: Read) -> None:
    inner = DEPTH_LIMIT - 1
    assert yaml("a: " + "[" * inner + "x" + "]" * inner)
    with pytest.raises(SourceError, match="deep"):
        yaml("a: " + "[" * (inner + 1) + "x" + "]" * (inner + 1))


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_nesting_that_would_end_the_process_is_an_error(yaml: Read, opening: str) -> None:
    with pytest.raises(SourceError, match="deep"):
        yaml("a:\n " + opening * 200_000 + "\n")


def test_ten_lines_of_aliases_do_not_become_a_billion_values(yaml: Read) -> None:
    lines = ["l0: &l0 [x, x]"] + [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 10)]
    with pytest.raises(SourceError, match="aliases"):
        yaml("\n".join(lines))


def test_a_file_that_is_not_utf8_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "x.yml"
    path.write_bytes("a: 1\nb: Мінск\n".encode("cp1251"))
    with pytest.raises(SourceError, match="UTF-8") as caught:
        read_yaml(path, "x.yml")
    assert caught.value.spot.line == 2


def test_a_file_that_is_not_there_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        read_yaml(tmp_path / "nothing.yml", "nothing.yml")


def test_a_byte_order_mark_is_no_part_of_the_first_key(yaml: Read) -> None:
    assert yaml("\ufeffa: 1\n") == {"a": "1"}


def test_what_nobody_took_is_refused_with_the_nearest_names(yaml: Read) -> None:
    read = yaml("locator: para. 1\nphrese: x\n")
    assert read.take_text("locator") == "para. 1"
    with pytest.raises(SourceError, match="`phrese` is not known here.*phrase") as caught:
        read.close(("locator", "phrase", "at"))
    assert caught.value.spot.line == 2


def test_one_value_counts_as_a_list_of_one(yaml: Read) -> None:
    read = yaml("one: x\nmany: [x, y]\n")
    assert (read.take_list("one"), read.take_list("many"), read.take_list("none")) == (["x"], ["x", "y"], [])


@pytest.mark.parametrize(("take", "value"), [("take_text", "[x]"), ("take_text", "{x: y}"), ("take_map", "x")])
def test_a_value_of_another_kind_is_refused_at_its_line(yaml: Read, take: str, value: str) -> None:
    with pytest.raises(SourceError) as caught:
        getattr(yaml(f"a: 1\nb: {value}\n"), take)("b")
    assert caught.value.spot.line == 2


@given(st.text(st.characters(codec="utf-8") | st.sampled_from("[]{}:,-?&*!|>'\"#% \t\n"), max_size=60))
@SHARED_FOLDER
def test_any_text_is_read_or_refused_with_a_line_of_the_file(yaml: Read, text: str) -> None:
    try:
        assert isinstance(yaml(text), Mapping)
    except SourceError as error:
        assert 1 <= error.spot.line <= len(text.splitlines()) + 1


@given(st.binary(max_size=60))
@SHARED_FOLDER
def test_any_bytes_are_read_or_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.yml"
    path.write_bytes(data)
    try:
        assert isinstance(read_yaml(path, "x.yml"), Mapping)
    except SourceError as error:
        assert error.spot.file == "x.yml"


@pytest.mark.parametrize("text", ['name: "a\\u0007b"', 'name: "a\\x1bb"', 'name: "\\u0000"'])
def test_control_characters_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "file.yml"
    path.write_text(text + "\n")
    with pytest.raises(SourceError, match="control character|not YAML"):
        read_yaml(path, "file.yml")
