"""What was redacted is known again by its hash, and by nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from graph.errors import RedactedError, VersionError
from graph.iris import Names
from graph.rdf import DefaultGraph, Literal, NamedNode, Quad, Triple
from graph.redacted import REDACTED, Redacted, new_redacted, read_redacted, refuse_redacted, tombstone

NAMES = Names("http://e/")
ALICE, BOB, KNOWS = (NamedNode(f"http://e/{name}") for name in ("id/alice", "id/bob", "knows"))
SECRET = Triple(BOB, KNOWS, Literal("a secret"))
GRAPH = NamedNode("http://e/g")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder from which Alice and one statement on Bob were redacted."""
    (tmp_path / REDACTED).write_bytes(new_redacted().with_more([ALICE.value], [SECRET]).to_bytes())
    return tmp_path


def test_nothing_readable_is_kept(data: Path) -> None:
    content = (data / REDACTED).read_text()
    assert not any(word in content for word in ("alice", "bob", "knows", "secret", "http"))


def test_the_same_things_have_other_hashes_elsewhere() -> None:
    one, two = (new_redacted().with_more([ALICE.value], [SECRET]) for _ in range(2))
    assert not one.iris & two.iris and not one.statements & two.statements


@pytest.mark.parametrize(
    "quad",
    [
        Quad(ALICE, KNOWS, BOB), Quad(BOB, KNOWS, ALICE), Quad(BOB, KNOWS, BOB, ALICE), Quad(BOB, ALICE, BOB),
        Quad(BOB, KNOWS, NamedNode(f"{ALICE.value}#name-1")), Quad(BOB, KNOWS, SECRET.object, GRAPH),
    ],
)  # fmt: skip
def test_what_mentions_a_redacted_thing_or_is_a_redacted_statement_is_refused(data: Path, quad: Quad) -> None:
    fine = Quad(BOB, KNOWS, BOB)
    with pytest.raises(RedactedError) as caught:
        refuse_redacted(data, [fine, quad, fine])
    assert "a secret" not in str(caught.value)


@pytest.mark.parametrize(
    "quad",
    [
        Quad(BOB, KNOWS, NamedNode(f"{ALICE.value}2")), Quad(BOB, KNOWS, NamedNode(f"{ALICE.value}/work")),
        Quad(BOB, KNOWS, Literal(ALICE.value)), Quad(BOB, KNOWS, Literal("a secret", language="en")),
        tombstone(ALICE.value, NAMES, DefaultGraph()),
    ],
)  # fmt: skip
def test_everything_else_passes_and_so_does_a_tombstone(data: Path, quad: Quad) -> None:
    refuse_redacted(data, [quad])


def test_an_error_names_only_the_first_of_many(data: Path) -> None:
    quads = [Quad(BOB, KNOWS, NamedNode(f"{ALICE.value}#{number}")) for number in range(9)]
    with pytest.raises(RedactedError, match="#4> and 4 more"):
        refuse_redacted(data, quads)


def test_where_nothing_was_redacted_everything_passes(tmp_path: Path) -> None:
    refuse_redacted(tmp_path, [Quad(ALICE, KNOWS, BOB)])
    assert read_redacted(tmp_path) is None


def test_what_is_kept_is_read_again(data: Path) -> None:
    kept = read_redacted(data)
    assert isinstance(kept, Redacted)
    assert kept.holds_iri(ALICE.value) and kept.holds_statement(SECRET) and not kept.holds_iri(BOB.value)
    assert kept.to_bytes() == (data / REDACTED).read_bytes()


@pytest.mark.parametrize("content", ["", "[]", "{}", json.dumps({"salt": "x", "iris": [], "statements": []})])
def test_a_damaged_file_lets_nothing_pass(data: Path, content: str) -> None:
    (data / REDACTED).write_text(content)
    with pytest.raises(VersionError, match="cannot be read"):
        refuse_redacted(data, [])
