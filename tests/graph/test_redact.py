"""Redaction: what is redacted is in no kept version and no file any more, and nothing else changes."""

from __future__ import annotations

import argparse
import base64
import contextlib
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.build import build
from graph.change import make_change
from graph.check import locate
from graph.commands_redact import add_redact, read_target, run_redact
from graph.delta import Delta
from graph.derive import derive_whole, stated_quads
from graph.errors import RedactedError, RefusedError, UsageError
from graph.fingerprint import digest_of, weigh
from graph.gate import Gate, Submission
from graph.iris import OA, OWL, RDF_TYPE, RDFS, SH, Names
from graph.layout import Kind, Layout
from graph.patch import diff, read_patch
from graph.project import Project
from graph.rdf import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Store, Triple, open_memory
from graph.redact import Outcome, Request, redact
from graph.redact_select import Target
from graph.redacted import tombstone
from graph.schema import read_schema, read_shape_quads
from graph.tally import count_whole
from graph.versions import MEMORY_QUADS, PATCH, Version, Versions
from graph.wording import BLACKED
from tests.conftest import ROOT, TEXT, claims_text, write_record

NAMES = Names("http://e/")
UNION = Layout("union", NAMES)
G, BASE, ALICE, BOB, CAROL = (NamedNode(f"http://e/{name}") for name in ("g", "graph/base", "id/1", "id/2", "id/3"))
KNOWS, LABEL = NamedNode("http://e/knows"), NamedNode(f"{RDFS}label")
FIRST, REST, NIL = (NamedNode(RDF_TYPE.value.removesuffix("type") + name) for name in ("first", "rest", "nil"))
NAME = "Alice Adler"


def text(value: str) -> Literal:
    return Literal(value, language="en")


def quad(subject: NamedNode | BlankNode, predicate: NamedNode, value: NamedNode | BlankNode | Literal) -> Quad:
    return Quad(subject, predicate, value, G)


ABOUT_ALICE = [quad(ALICE, LABEL, text(NAME)), quad(ALICE, KNOWS, BOB), quad(BOB, KNOWS, ALICE)]
OTHERS = [quad(BOB, LABEL, text("Bob Best")), quad(BOB, KNOWS, CAROL), quad(CAROL, LABEL, text("Carol Cole"))]


class Data:
    """A data folder whose changes go through the gate."""

    def __init__(self, folder: Path, kind: Kind = "union") -> None:
        self.folder = folder
        self.versions = Versions(folder)
        self.layout = Layout(kind, NAMES)

    def submit(self, added: Iterable[Quad] = (), removed: Iterable[Quad] = (), why: str = "because") -> Version:
        def change(store: Store, parent: Version | None) -> Delta:
            return make_change(store, parent, self.layout, added, removed)

        submission = Submission(change, "tests", why, "ingest", more={"from": ["a.ttl"]})
        made = Gate(self.versions, self.layout).submit(submission).version
        assert made is not None
        return made

    def redact(
        self, *iris: NamedNode, statements: Iterable[Triple] = (), why: str = "asked for", by: str = "tests",
        keep_texts: bool = False, absent: bool = False, despite: bool = False, dry_run: bool = False,
    ) -> Outcome:  # fmt: skip
        target = Target(frozenset(iri.value for iri in iris), frozenset(statements))
        request = Request(
            target, by, why, keep_texts=keep_texts, absent=absent, despite=despite, dry_run=dry_run
        )
        return redact(self.folder, self.layout, request)

    def content(self, number: int) -> set[Quad]:
        return set(self.versions.get(number).open_disk())

    def stated(self, number: int) -> set[Quad]:
        return set(stated_quads(self.versions.get(number).open_disk(), self.layout))


@pytest.fixture
def data(tmp_path: Path) -> Data:
    """Version 1 without Alice, 2 with her, 3 without her again, though its files keep the bytes."""
    made = Data(tmp_path / "data")
    made.submit(OTHERS)
    made.submit(ABOUT_ALICE, why=f"{NAME} comes in")
    made.submit(removed=ABOUT_ALICE, added=[quad(CAROL, KNOWS, BOB)])
    return made


def tree(folder: Path) -> dict[str, bytes]:
    """Every file and link below a folder, but the lock."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = str(path.readlink()).encode()
        elif path.is_file() and name != "lock":
            found[name] = path.read_bytes()
    return found


def holding(folder: Path, *words: str) -> set[str]:
    """The files and versions below a folder in which any of the words stands, in whatever case."""
    wanted = [word.casefold() for word in words]
    found = {
        name for name, content in tree(folder).items()
        if any(word in content.decode("utf-8", errors="ignore").casefold() for word in wanted)
    }  # fmt: skip
    for version in Versions(folder).list():
        lines = (str(quad).casefold() for quad in version.open_disk())
        if any(word in line for line in lines for word in wanted):
            found.add(f"store of {version.number}")
    return found


def check_whole(data: Data) -> None:
    """Every version is what would be made from nothing of what is stated in it, and tells the truth about itself."""
    listed = data.versions.list()
    for version in listed:
        store = version.open_disk()
        again = open_memory(stated_quads(store, data.layout))
        derive_whole(again, data.layout, read_schema(version, store, data.layout))
        assert set(again) == set(store)
        assert version.manifest["digest"] == digest_of(weigh(store)) == digest_of(version.weight)
        assert version.manifest["quads"] == len(store)
        assert version.manifest["counts"] == count_whole(again, data.layout, version.manifest["counts"]["shapes"])
    for before, after in zip(listed, listed[1:], strict=False):
        if (after.folder / PATCH).exists():
            old, new = (set(map(str, data.stated(v.number))) for v in (before, after))
            patched = {(change.kind, change.quad) for change in diff(before, after)}
            stated = {(kind, line) for kind, line in patched if f"<{data.layout.inferred.value}>" not in line}
            assert stated == {*(("A", line) for line in new - old), *(("D", line) for line in old - new)}


def test_no_byte_of_what_was_redacted_is_left_anywhere(data: Data) -> None:
    assert holding(data.folder, NAME) >= {"store of 2", "versions/2/commit.json", "versions/3/patch.nqp"}
    assert any("store/" in name for name in holding(data.folder, NAME))
    data.redact(ALICE)
    assert holding(data.folder, NAME, "adler") == set()
    check_whole(data)


def test_everything_else_stays_as_it_was(data: Data) -> None:
    before = {number: data.stated(number) for number in (1, 2, 3)}
    data.redact(ALICE)
    left = tombstone(ALICE.value, NAMES, BASE)
    assert data.stated(1) == before[1]
    assert data.stated(2) == before[2] - set(ABOUT_ALICE) | {left}
    assert data.stated(3) == before[3]
    assert data.stated(4) == before[3] | {left}


def test_a_version_too_large_for_memory_is_made_anew_on_disk(data: Data) -> None:
    manifest = data.versions.get(2).folder / "manifest.json"
    manifest.write_text(json.dumps({**data.versions.get(2).manifest, "quads": MEMORY_QUADS + 1}))
    before = data.stated(2)
    data.redact(ALICE)
    assert data.stated(2) == before - set(ABOUT_ALICE) | {tombstone(ALICE.value, NAMES, BASE)}


def test_a_version_that_never_held_it_keeps_its_digest_and_another_one_gets_a_new_one(data: Data) -> None:
    before = [version.manifest["digest"] for version in data.versions.list()]
    data.redact(ALICE)
    first, second, third, last = (version.manifest for version in data.versions.list())
    assert (first["digest"], third["digest"]) == (before[0], before[2])
    assert second["digest"] != before[1] and second["redacted"]
    assert last["digest"] != third["digest"]


def test_the_redaction_is_a_version_that_tells_who_and_why_and_how_much(data: Data) -> None:
    outcome = data.redact(ALICE, why="a court said so", by="maria")
    version = data.versions.current()
    assert version is not None and outcome.version is not None
    assert (version.number, outcome.version.number, version.manifest["parent"]) == (4, 4, 3)
    commit = version.commit
    assert (commit["by"], commit["why"], commit["via"]) == ("maria", "a court said so", "redact")
    assert version.commit["redacted"] == {
        "things": 1, "statements": 3, "claims": 0, "texts": 0, "versions": 1, "rewritten": 3,
    }  # fmt: skip
    assert version.commit["at"] >= data.versions.get(3).commit["at"]


def test_tags_and_the_numbers_of_versions_stay(data: Data) -> None:
    with data.versions.writer() as writer:
        writer.tag("2026.1", data.versions.get(2))
        writer.remove([1])
    data.redact(ALICE)
    assert data.versions.tags() == {"2026.1": 2}
    assert [version.number for version in data.versions.list()] == [2, 3, 4]
    assert (data.versions.get(2).commit["why"], data.versions.get(2).commit["from"]) == (
        f"{BLACKED} comes in", ["a.ttl"],
    )  # fmt: skip
    assert not (data.versions.get(2).folder / PATCH).exists()


def test_what_was_removed_long_ago_leaves_no_bytes_either(tmp_path: Path) -> None:
    data, said = Data(tmp_path / "data"), quad(ALICE, LABEL, text(f"{NAME} with a name that the engine keeps apart"))
    data.submit([said, *OTHERS])
    data.submit(removed=[said])
    data.submit([quad(CAROL, KNOWS, BOB)])
    with data.versions.writer() as writer:
        writer.remove([1, 2])
    before = data.stated(3)
    assert said not in before and holding(data.folder, NAME)
    with pytest.raises(UsageError, match="--absent"):
        data.redact(ALICE)
    data.redact(ALICE, absent=True)
    assert holding(data.folder, NAME) == set()
    assert data.stated(3) == before
    check_whole(data)


def test_a_patch_tells_the_change_between_the_versions_as_they_are_now(data: Data) -> None:
    data.redact(ALICE)
    changes = [[(c.kind, c.quad) for c in read_patch(data.versions.get(n).folder / PATCH)] for n in (2, 3, 4)]
    left = str(tombstone(ALICE.value, NAMES, BASE))
    assert changes == [[("A", left)], [("A", str(quad(CAROL, KNOWS, BOB))), ("D", left)][::-1], [("A", left)]]


def test_parts_and_blank_nodes_go_with_the_thing_and_those_of_others_stay(tmp_path: Path) -> None:
    part, own, deeper, shared = NamedNode(f"{ALICE.value}#name-1"), *map(BlankNode, ("own", "deeper", "shared"))
    data = Data(tmp_path / "data")
    data.submit([
        *ABOUT_ALICE, quad(ALICE, KNOWS, part), quad(part, LABEL, text("Alicia")), quad(ALICE, KNOWS, own),
        quad(own, LABEL, text("own street")), quad(own, KNOWS, deeper), quad(deeper, LABEL, text("deep street")),
        quad(ALICE, KNOWS, shared), quad(BOB, KNOWS, shared), quad(shared, LABEL, text("shared street")), *OTHERS,
    ])  # fmt: skip
    (said,) = (each for each in data.stated(1) if each.object == text("shared street"))
    data.redact(ALICE)
    assert data.stated(2) == {said, quad(BOB, KNOWS, said.subject), *OTHERS, tombstone(ALICE.value, NAMES, BASE)}
    assert holding(data.folder, NAME, "alicia", "own street", "deep street", "#name-1") == set()


def test_a_list_is_closed_where_the_thing_stood_in_it(tmp_path: Path) -> None:
    cells = [BlankNode(f"c{number}") for number in range(4)]
    members = [BOB, ALICE, ALICE, CAROL]
    chain = [quad(cell, FIRST, member) for cell, member in zip(cells, members, strict=True)]
    chain += [quad(cell, REST, following) for cell, following in zip(cells, [*cells[1:], NIL], strict=True)]
    data = Data(tmp_path / "data", "plain")
    data.submit([quad(BOB, KNOWS, cells[0]), *chain])
    data.redact(ALICE)
    head, last = cells[0], cells[3]
    assert data.stated(2) - {tombstone(ALICE.value, NAMES, DefaultGraph())} == {
        quad(BOB, KNOWS, head), quad(head, FIRST, BOB), quad(head, REST, last),
        quad(last, FIRST, CAROL), quad(last, REST, NIL),
    }  # fmt: skip


def test_a_list_that_only_the_thing_had_goes(tmp_path: Path) -> None:
    head, last = BlankNode("a"), BlankNode("b")
    data = Data(tmp_path / "data", "plain")
    data.submit([
        quad(ALICE, KNOWS, head), quad(head, FIRST, BOB), quad(head, REST, last), quad(last, FIRST, ALICE),
        quad(last, REST, NIL),
    ])  # fmt: skip
    data.redact(ALICE)
    assert data.stated(2) == {tombstone(ALICE.value, NAMES, DefaultGraph())}


def test_a_name_is_blacked_out_in_other_texts(tmp_path: Path) -> None:
    data = Data(tmp_path / "data")
    data.submit([*ABOUT_ALICE, *OTHERS, quad(CAROL, LABEL, text("Friend of alice\n ADLER, and of Alice Adlerson"))])
    outcome = data.redact(ALICE)
    assert quad(CAROL, LABEL, text(f"Friend of {BLACKED}, and of Alice Adlerson")) in data.stated(1) & data.stated(2)
    assert (outcome.counts["texts"], set(outcome.names)) == (1, {NAME})


def test_a_name_stays_in_other_texts_where_that_is_asked_for(tmp_path: Path) -> None:
    data, kept = Data(tmp_path / "data"), quad(CAROL, LABEL, text(f"Friend of {NAME}"))
    data.submit([*ABOUT_ALICE, kept])
    data.redact(ALICE, keep_texts=True)
    assert kept in data.stated(2)


def test_a_name_that_something_else_has_too_stays_there_and_in_texts(tmp_path: Path) -> None:
    data = Data(tmp_path / "data")
    kept = [quad(BOB, LABEL, Literal(NAME.upper())), quad(CAROL, LABEL, text(f"Friend of {NAME}"))]
    data.submit([*ABOUT_ALICE, *kept])
    outcome = data.redact(ALICE)
    assert (set(outcome.shared), set(outcome.names)) == ({NAME}, set())
    assert data.stated(1) >= set(kept)


def test_a_statement_goes_from_every_graph_and_version_and_nothing_with_it(tmp_path: Path) -> None:
    data, said = Data(tmp_path / "data"), quad(BOB, LABEL, text("a secret"))
    data.submit([*ABOUT_ALICE, *OTHERS, said, Quad(BOB, LABEL, text("a secret"), BASE)])
    data.submit([quad(CAROL, KNOWS, BOB)])
    data.redact(statements=[said.triple])
    assert data.stated(1) == {*ABOUT_ALICE, *OTHERS}
    assert data.stated(2) == data.stated(3) == {*ABOUT_ALICE, *OTHERS, quad(CAROL, KNOWS, BOB)}
    assert holding(data.folder, "a secret") == set()
    check_whole(data)


def test_a_statement_that_follows_from_others_is_not_redacted(tmp_path: Path) -> None:
    data = Data(tmp_path / "data")
    said = quad(BOB, KNOWS, ALICE)
    symmetric = Quad(KNOWS, RDF_TYPE, NamedNode(f"{OWL}SymmetricProperty"), data.layout.ontology)
    data.submit([symmetric, said, quad(ALICE, KNOWS, BOB)])
    before = tree(data.folder)
    with pytest.raises(UsageError, match="still follows from others in version 1"):
        data.redact(statements=[said.triple])
    assert tree(data.folder) == before


@pytest.mark.parametrize("why", [f"{NAME} asked", "as alice adler asked", "of xalice adlerx"])
def test_a_message_that_repeats_what_is_redacted_is_refused(data: Data, why: str) -> None:
    before = tree(data.folder)
    for said, by in ((why, "tests"), ("because", why)):
        with pytest.raises(UsageError, match="repeats something") as caught:
            data.redact(ALICE, why=said, by=by)
        assert "adler" not in str(caught.value).casefold()
    assert tree(data.folder) == before


@pytest.mark.parametrize(("why", "by"), [(" ", "tests"), ("why", "")])
def test_a_redaction_says_why_and_by_whom(data: Data, why: str, by: str) -> None:
    with pytest.raises(UsageError, match="says why"):
        data.redact(ALICE, why=why, by=by)


def test_what_nothing_is_stated_of_cannot_be_redacted(data: Data) -> None:
    with pytest.raises(UsageError, match="no kept version"):
        data.redact(NamedNode("http://e/nobody"))
    data.redact(ALICE)
    with pytest.raises(UsageError, match="no kept version"):
        data.redact(ALICE)


@pytest.mark.parametrize("term", [KNOWS, BASE, NAMES.graph("ontology")])
def test_a_term_of_the_vocabulary_or_a_graph_of_the_layout_is_no_thing(data: Data, term: NamedNode) -> None:
    with pytest.raises(UsageError, match="no thing"):
        data.redact(term)


def test_a_dry_run_tells_the_same_and_changes_nothing(data: Data) -> None:
    before = tree(data.folder)
    outcome = data.redact(ALICE, dry_run=True)
    assert tree(data.folder) == before
    assert outcome.version is None
    assert outcome.counts == data.redact(ALICE).counts


SHAPE, PART = NamedNode("http://e/Shape"), NamedNode("http://e/Part")
KNOWN = [
    Quad(SHAPE, RDF_TYPE, NamedNode(f"{SH}NodeShape"), UNION.shapes),
    Quad(SHAPE, NamedNode(f"{SH}targetNode"), CAROL, UNION.shapes),
    Quad(SHAPE, NamedNode(f"{SH}property"), PART, UNION.shapes),
    Quad(PART, NamedNode(f"{SH}path"), KNOWS, UNION.shapes),
    Quad(PART, NamedNode(f"{SH}minCount"), Literal(1), UNION.shapes),
    Quad(PART, NamedNode(f"{SH}message"), text("Carol knows nobody."), UNION.shapes),
]


@pytest.fixture
def shaped(tmp_path: Path) -> Data:
    """Carol, who must know somebody, knows Alice alone."""
    made = Data(tmp_path / "data")
    made.submit([*KNOWN, *ABOUT_ALICE, quad(CAROL, KNOWS, ALICE)])
    return made


def test_a_redaction_that_violates_a_shape_is_refused_with_the_report(shaped: Data) -> None:
    before = tree(shaped.folder)
    with pytest.raises(RefusedError) as caught:
        shaped.redact(ALICE)
    assert [finding.focus for finding in caught.value.report.findings] == [CAROL.value]
    assert tree(shaped.folder) == before
    assert not shaped.redact(ALICE, dry_run=True).report.conforms


def test_harm_can_outrank_a_shape_and_other_writes_go_on(shaped: Data) -> None:
    shaped.redact(ALICE, despite=True)
    current = shaped.versions.current()
    assert current is not None and current.commit["redacted"]["violations"] == 1
    shaped.submit([quad(BOB, KNOWS, CAROL)])
    shaped.submit([quad(CAROL, KNOWS, BOB)])
    check_whole(shaped)


def test_shapes_lose_what_they_say_of_it_in_every_version(shaped: Data) -> None:
    shaped.submit([Quad(SHAPE, NamedNode(f"{SH}targetNode"), ALICE, UNION.shapes), quad(ALICE, KNOWS, CAROL)])
    shaped.submit([Quad(PART, NamedNode(f"{RDFS}comment"), text(f"{NAME} asked for it"), UNION.shapes)])
    shaped.redact(ALICE, despite=True)
    assert holding(shaped.folder, NAME) == set()
    last = read_shape_quads(shaped.versions.get(4), UNION)
    assert last == {*KNOWN, Quad(PART, NamedNode(f"{RDFS}comment"), text(f"{BLACKED} asked for it"), UNION.shapes)}


def test_what_the_ontology_says_of_it_goes_and_its_rules_with_that(tmp_path: Path) -> None:
    data = Data(tmp_path / "data")
    friend, node = NamedNode("http://e/Friend"), BlankNode("r")
    ontology = [
        (friend, NamedNode(f"{OWL}equivalentClass"), node), (node, RDF_TYPE, NamedNode(f"{OWL}Restriction")),
        (node, NamedNode(f"{OWL}onProperty"), KNOWS), (node, NamedNode(f"{OWL}hasValue"), ALICE),
    ]  # fmt: skip
    data.submit([*(Quad(*triple, UNION.ontology) for triple in ontology), *ABOUT_ALICE, *OTHERS])
    assert Quad(BOB, RDF_TYPE, friend, UNION.inferred) in data.content(1)
    data.redact(ALICE)
    assert Quad(BOB, RDF_TYPE, friend, UNION.inferred) not in data.content(1)
    assert ALICE.value not in (data.versions.get(1).folder / "rules.json").read_text()
    check_whole(data)


def test_the_gate_refuses_what_would_come_back_and_lets_all_else_pass(data: Data) -> None:
    data.redact(ALICE)
    for said in (ABOUT_ALICE[:1], ABOUT_ALICE[2:], [quad(BOB, KNOWS, NamedNode(f"{ALICE.value}#name-1"))]):
        with pytest.raises(RedactedError, match="http://e/id/1") as caught:
            data.submit(said)
        assert "adler" not in str(caught.value).casefold()
    assert data.submit([quad(BOB, KNOWS, NamedNode("http://e/id/11"))]).number == 5


def test_files_beside_the_versions_lose_their_traces(data: Data) -> None:
    said = str(quad(BOB, LABEL, text(f"{NAME} and friends")))
    body = base64.b64encode(said.encode()).decode()
    kept = {"fingerprint": "f", "answer": {"status": 200, "headers": [], "body": body}}
    other = {"fingerprint": "f", "answer": None}
    files = {
        "idempotency/a.json": json.dumps(kept), "idempotency/b.json": json.dumps(other),
        "kept/x.bad.nq": f"{said} .\n{OTHERS[0]} .\n", "kept/x.report.txt": f"<{ALICE.value}> is bad", "notes.md": NAME,
        "kept/y.report.txt": f"<{ALICE.value}1> is bad", "loading/k/progress.json": "{}", "sources/a.txt": NAME,
    }  # fmt: skip
    for name, content in files.items():
        (data.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (data.folder / name).write_text(content)
    outcome = data.redact(ALICE)
    assert outcome.left == ("notes.md",)
    assert holding(data.folder, NAME) == {"notes.md", "sources/a.txt"}
    left = {name for name in files if (data.folder / name).exists()}
    assert left == {"idempotency/b.json", "kept/x.bad.nq", "kept/y.report.txt", "notes.md", "sources/a.txt"}
    assert (data.folder / "kept/x.bad.nq").read_text() == f"{OTHERS[0]} .\n"


def test_what_was_redacted_before_stays_so(data: Data) -> None:
    data.redact(ALICE)
    data.redact(CAROL)
    assert data.stated(5) == {
        OTHERS[0], tombstone(ALICE.value, NAMES, BASE), tombstone(CAROL.value, NAMES, BASE),
    }  # fmt: skip
    for gone in (ALICE, CAROL):
        with pytest.raises(RedactedError):
            data.submit([quad(BOB, KNOWS, gone)])
    check_whole(data)


def test_a_plain_dataset_keeps_its_graphs_and_gets_the_tombstone_in_its_default_graph(tmp_path: Path) -> None:
    data = Data(tmp_path / "data", "plain")
    data.submit([Quad(BOB, LABEL, text("Bob"), DefaultGraph()), *ABOUT_ALICE, Quad(BOB, KNOWS, CAROL, ALICE)])
    data.redact(ALICE)
    assert data.content(2) == {
        Quad(BOB, LABEL, text("Bob"), DefaultGraph()), tombstone(ALICE.value, NAMES, DefaultGraph()),
    }  # fmt: skip
    assert list(data.versions.get(2).open_disk().named_graphs()) == []


THINGS = [NamedNode(f"http://e/id/{number}") for number in range(4)]
QUADS = st.builds(
    Quad, st.sampled_from(THINGS), st.sampled_from([KNOWS, LABEL]),
    st.sampled_from([*THINGS, text("one"), text("two")]), st.sampled_from([G, BASE]),
)  # fmt: skip


@settings(max_examples=5)
@given(st.lists(st.tuples(st.frozensets(QUADS, max_size=6), st.frozensets(QUADS, max_size=6)), min_size=1, max_size=2))
def test_every_version_is_what_it_was_without_the_thing(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[frozenset[Quad], frozenset[Quad]]]
) -> None:
    data = Data(tmp_path_factory.mktemp("random") / "data")
    data.submit([quad(THINGS[0], LABEL, text("zero zero"))])
    for number, (added, removed) in enumerate(changes):
        data.submit([*added, quad(THINGS[1], LABEL, text(f"change {number}"))], removed)
    before = [data.stated(version.number) for version in data.versions.list()]
    data.redact(THINGS[0])
    left = tombstone(THINGS[0].value, NAMES, BASE)
    for number, stated in enumerate(before, start=1):
        kept = {said for said in stated if THINGS[0] not in (said.subject, said.object)}
        assert data.stated(number) == (stated if kept == stated else kept | {left})
    check_whole(data)


KILLED = """
import os, random, shutil, signal, sys
from pathlib import Path
from graph.layout import Layout
from graph.iris import Names
from graph.redact import Request, redact
from graph.redact_select import Target

EVENTS = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.symlink", "os.link", "os.chmod", "open"}
folder, copies = Path(sys.argv[1]), int(sys.argv[2])

def run(data, moment, say):
    seen = 0
    def watch(event, arguments):
        nonlocal seen
        if event in EVENTS:
            seen += 1
            if event == "os.rename" and str(arguments[1]).endswith("redaction.json"):
                say(f"{seen} ")
            if seen == moment:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(watch)
    redact(data, Layout("union", Names("http://e/")), Request(Target(frozenset(["http://e/id/1"])), "tests", "asked"))
    say(f"{seen}")

def forked(data, moment):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        run(data, moment, lambda text: os.write(writing, text.encode()))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as said:
        text = said.read()
    return text, os.waitpid(child, 0)[1]

def copy(name):
    return Path(shutil.copytree(folder, folder.parent / name, symlinks=True))

(text, status) = forked(copy("whole"), 0)
assert status == 0
journal, last = map(int, text.split())
chance = random.Random(20)
# A rename is announced before it is made: at the moment of the journal there is none yet.
moments = chance.sample(range(1, journal + 1), copies // 2) + chance.sample(range(journal + 1, last + 1), copies // 2)
for number, moment in enumerate(moments):
    assert forked(copy(str(number)), moment)[1] == signal.SIGKILL
"""
MOMENTS = 20


def comparable(folder: Path) -> dict[str, bytes]:
    """A data folder but for what differs from run to run: the files of the engine, the salt and the clock."""
    found = tree(folder)
    kept = {name: content for name, content in found.items() if "/store/" not in name and name != "redacted.json"}
    last = max(int(path.name) for path in (folder / "versions").iterdir())
    commit = json.loads(kept.pop(f"versions/{last}/commit.json"))
    return {**kept, "commit": json.dumps({**commit, "at": ""}).encode()}


def test_a_redaction_killed_at_any_moment_is_done_whole_or_not_at_all(tmp_path: Path) -> None:
    """Twenty moments: half before the journal is there, half from then on."""
    data = Data(tmp_path / "data")
    data.submit([*ABOUT_ALICE, *OTHERS])
    data.submit([quad(CAROL, KNOWS, BOB)])
    before = tree(data.folder)
    subprocess.run([sys.executable, "-c", KILLED, str(data.folder), str(MOMENTS)], cwd=ROOT, check=True, timeout=120)
    whole = data.folder.parent / "whole"
    for number in range(MOMENTS):
        copy = Data(data.folder.parent / str(number))
        with copy.versions.writer():
            pass
        if number < MOMENTS // 2:
            assert tree(copy.folder) == before
        else:
            assert comparable(copy.folder) == comparable(whole)
            assert holding(copy.folder, NAME) == set()
            assert all(digest_of(weigh(v.open_disk())) == v.manifest["digest"] for v in copy.versions.list())


def test_a_reader_that_has_an_old_version_open_never_reads_the_new_one_instead(data: Data) -> None:
    """The engine opens some files late, by their names."""
    before, store = data.content(2), data.versions.get(2).open_disk()
    names = {str(path) for path in data.folder.glob("versions/*/store/*.sst")}
    data.redact(ALICE)
    assert not names & {str(path) for path in data.folder.glob("versions/*/store/*.sst")}
    with contextlib.suppress(OSError):
        assert set(store) == before
    assert data.content(2) != before


RECORD = Layout("record", Names())
ALFA = "Alfa Anchor"
ALONE = """\
- locator: footnote 1
  at: {at}
  phrase: See footnote
  claims:
  - status: disputed
    note: Alfa Anchor would spell it otherwise.
    facts:
      P9001 Alfa:
        name: Alpha Anchor
"""


def run(project: Project, *words: str) -> tuple[int, str]:
    """The exit code of `letapis redact id:P9001 …`, and what it prints."""
    parser = argparse.ArgumentParser()
    add_redact(parser)
    parser.set_defaults(root=project.root, data=project.data, base=None)
    given = ["id:P9001", "--by", "tests", "--message", "asked for", "--despite", *words]
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = run_redact(parser.parse_args(given))
    return code, said.getvalue()


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The invented record, with one claim that is about Alfa Anchor alone; two versions. Shared: do not change it."""
    claims = claims_text()
    (start, end), *_ = locate(TEXT, "See", "footnote.")
    claims = claims[: claims.index("aside:")] + ALONE.format(at=f"{start}-{end}")
    project = write_record(tmp_path_factory.mktemp("original"), claims=claims)
    build(project, by="tests", why=f"{ALFA} is new")
    entities = project.entities / "all.yml"
    entities.write_text(entities.read_text() + "O9009: {a: CivilSocietyOrganization, label: {en: Zulu Zed}}\n")
    build(project, by="tests", why="more")
    return project


def copy(project: Project, folder: Path) -> Project:
    """The same record elsewhere, to be changed."""
    shutil.copytree(project.root, folder, symlinks=True)
    return Project(folder, folder / "data")


@pytest.fixture(scope="module")
def redacted(original: Project, tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, str]:
    """The record without Alfa Anchor, and what the command said. Shared: do not change it."""
    project = copy(original, tmp_path_factory.mktemp("redacted") / "record")
    code, said = run(project)
    assert code == 0
    return project, said


def everything(project: Project, number: int) -> str:
    """A version as lines."""
    return "\n".join(sorted(map(str, Versions(project.data).get(number).open_disk())))


def claim_of(project: Project, name: str) -> NamedNode:
    """The claim in which a name is given."""
    store = Versions(project.data).get(2).open_disk()
    found = (quad.graph_name for quad in store if quad.object == text(name) and "/claim/" in str(quad.graph_name))
    claim = next(found)
    assert isinstance(claim, NamedNode)
    return claim


def test_a_person_goes_from_a_record_with_names_claims_phrases_and_composed_labels(
    original: Project, redacted: tuple[Project, str]
) -> None:
    project, said = redacted
    assert "Version 3 records it" in said
    labels = [str(quad) for quad in Versions(original.data).get(2).open_disk() if quad.graph_name == RECORD.labels]
    assert any(ALFA in label for label in labels)
    left = holding(project.data, "anchor", "ancor", "Анкор", "See footnote")
    assert left == {"sources/invented.txt"}
    for number in (1, 2, 3):
        lines = everything(project, number)
        assert f'"{BLACKED}, a lawyer of the Harbour Union"' in lines
        assert lines.count("id/P9001") == 2, "the tombstone, and what the default graph repeats of it"
        assert "Harbour Union" in lines and ("Zulu Zed" in lines) == (number > 1)


def test_a_claim_that_states_nothing_any_more_goes_with_all_that_only_it_used(
    original: Project, redacted: tuple[Project, str]
) -> None:
    project, _ = redacted
    claim, store = claim_of(original, "Alpha Anchor"), Versions(original.data).get(2).open_disk()
    (said,) = store.quads_for_pattern(claim, RECORD.names.term("passage"), None, RECORD.names.graph("meta"))
    after = everything(project, 2)
    assert claim.value not in after and said.object.value not in after and "See footnote" not in after
    counts = [Versions(project.data).get(2).manifest["counts"][name] for name in ("Claim", "Passage", "Person")]
    assert counts == [5, 3, 1]


def test_the_record_of_a_claim_can_be_kept_as_redacted(original: Project, tmp_path: Path) -> None:
    claim, names, project = claim_of(original, "Alpha Anchor"), RECORD.names, copy(original, tmp_path / "record")
    run(project, "--keep-claims")
    for number in (1, 2, 3):
        store = Versions(project.data).get(number).open_disk()
        meta = store.quads_for_pattern(claim, None, None, names.graph("meta"))
        record = {said.predicate: said.object for said in meta}
        assert (record[names.term("status")], record[names.term("about")]) == (names.voc("redacted"), names.id("P9001"))
        (segment,) = store.quads_for_pattern(record[names.term("passage")], names.term("segment"), None, DefaultGraph())
        phrases = store.quads_for_pattern(segment.object, NamedNode(f"{OA}exact"), None, DefaultGraph())
        assert [said.object.value for said in phrases] == [BLACKED]
        assert not any(True for _ in store.quads_for_pattern(None, None, None, claim))
    assert holding(project.data, "anchor", "See footnote") == {"sources/invented.txt"}


def test_files_that_still_state_it_are_told_by_line(redacted: tuple[Project, str]) -> None:
    project, said = redacted
    told = {line.strip() for line in said.splitlines() if line.startswith("  graph/")}
    for path in (project.claims / "invented.yml", project.entities / "all.yml"):
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            if "P9001" in line or ALFA in line:
                assert f"graph/{path.parent.name}/{path.name}:{number}" in told
    assert not {"graph/claims/invented.yml:1", "graph/entities/all.yml:2"} & told


def test_the_next_build_is_refused_until_the_files_are_mended_and_then_the_tombstone_stays(
    redacted: tuple[Project, str], tmp_path: Path
) -> None:
    project = copy(redacted[0], tmp_path / "record")
    entities, claims = project.entities / "all.yml", project.claims / "invented.yml"
    assert not build(project, by="tests", why="the same").fresh
    entities.write_text(entities.read_text().replace("Zulu Zed", "Yankee Zed"))
    with pytest.raises(RedactedError, match="P9001"):
        build(project, by="tests", why="again")
    mended = claims.read_text().replace("P9001 Alfa", "P9002 Bravo").replace(ALFA, "He")
    claims.write_text(mended.replace("Alfa Ancor", "He").replace("Alpha Anchor", "He"))
    entities.write_text("".join(entities.read_text().splitlines(keepends=True)[1:]))
    version = build(project, by="tests", why="mended").version
    assert version.number == 4
    assert tombstone(RECORD.names.id("P9001").value, RECORD.names, RECORD.names.graph("base")) in version.open_disk()
    assert BLACKED not in everything(project, 4)
    assert holding(project.data, ALFA) == {"sources/invented.txt"}


def test_a_dry_run_names_what_it_would_do_and_a_real_one_does_not_repeat_it(original: Project, tmp_path: Path) -> None:
    project = copy(original, tmp_path / "record")
    code, said = run(project, "--dry-run")
    assert code == 0 and f"blacked out wherever it stands: {ALFA}" in said and "Violation" in said
    code, said = run(project, "--json")
    told = json.loads(said)
    assert (code, told["dryRun"], told["version"], told["redacted"]["claims"]) == (0, False, 3, 1)
    assert ALFA not in said


@pytest.mark.parametrize(
    ("things", "statements"),
    [([], []), (['"a literal"'], []), ([], ["id:P9001 lt:status"]), ([], ['"a" lt:status "b"']), (["no term"], [])],
)
def test_words_that_mean_nothing_to_redact_are_refused(things: list[str], statements: list[str]) -> None:
    with pytest.raises(UsageError):
        read_target(things, statements, Names())


def test_a_statement_is_read_as_a_person_types_it() -> None:
    target = read_target(["id:P1"], ['id:P2 rdfs:label "two words"@en'], Names())
    assert target.iris == {Names().id("P1").value}
    assert target.statements == {Triple(Names().id("P2"), LABEL, text("two words"))}
