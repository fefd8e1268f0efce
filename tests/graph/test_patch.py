"""Patches: what changed between two versions, no more and no less, and applying it makes the one from the other."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.patch import Change, diff, to_text
from graph.rdf import DefaultGraph, Literal, NamedNode, Quad
from graph.versions import Version, Versions

IRIS = st.sampled_from([NamedNode(f"http://example.org/{name}") for name in ("a", "ab", "b", "é")])
LITERALS = st.builds(
    lambda text, kind: kind(text),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
    st.sampled_from([
        Literal,
        lambda text: Literal(text, language="en"),
        lambda text: Literal(text, datatype=NamedNode("http://example.org/type")),
    ]),
)  # fmt: skip
GRAPHS = st.one_of(IRIS, st.just(DefaultGraph()))
QUADS = st.sets(st.builds(Quad, IRIS, IRIS, st.one_of(IRIS, LITERALS), GRAPHS), max_size=6)


def commit(folder: Path, quads: set[Quad]) -> Version:
    versions = Versions(folder)
    with versions.writer() as writer:
        return writer.commit(quads, {}, {}, by="tests", why="because")


def named(quads: set[Quad]) -> set[str]:
    return {str(quad) for quad in quads if quad.graph_name != DefaultGraph()}


@settings(max_examples=40)
@given(QUADS, QUADS)
def test_a_patch_makes_the_one_version_from_the_other(
    tmp_path_factory: pytest.TempPathFactory, before: set[Quad], after: set[Quad]
) -> None:
    folder = tmp_path_factory.mktemp("data")
    changes = list(diff(commit(folder, before), commit(folder, after)))
    added = {change.quad for change in changes if change.kind == "A"}
    deleted = {change.quad for change in changes if change.kind == "D"}
    assert added == named(after) - named(before)
    assert deleted == named(before) - named(after)
    assert len(changes) == len(added) + len(deleted)


def test_a_patch_is_text_with_its_two_versions_and_one_transaction(tmp_path: Path) -> None:
    iri = NamedNode("http://example.org/a")
    one, two = commit(tmp_path, set()), commit(tmp_path, {Quad(iri, iri, Literal("x"), iri), Quad(iri, iri, iri)})
    assert list(diff(one, two)) == [Change("A", f'{iri} {iri} "x" {iri}')]
    assert list(to_text(one, two)) == [
        f"H prev <urn:sha256:{one.manifest['digest']}> .",
        f"H id <urn:sha256:{two.manifest['digest']}> .",
        "TX .",
        f'A {iri} {iri} "x" {iri} .',
        "TC .",
    ]
