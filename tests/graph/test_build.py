"""Build: all of it or nothing, and the same inputs give the same bytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from graph.build import assemble, build
from graph.errors import RefusedError, SourceError, VersionError
from graph.project import Project
from graph.versions import Versions
from tests.conftest import ENTITIES, claims_text, write_record


def test_same_inputs_give_the_same_bytes(tmp_path: Path) -> None:
    dumps = []
    for name in ("one", "two"):
        project = write_record(tmp_path / name)
        version = build(project, by="tests", why=name).version
        dumps.append((set(version.open_disk()), (version.folder / "manifest.json").read_bytes()))
    assert dumps[0] == dumps[1]


def test_unchanged_inputs_make_no_new_version(record: Project) -> None:
    first = build(record, by="tests", why="first")
    second = build(record, by="tests", why="second")
    assert first.fresh and not second.fresh
    assert [version.number for version in Versions(record.data).list()] == [1]


def test_a_change_makes_the_next_version_and_keeps_the_old_one(record: Project) -> None:
    before = set(build(record, by="tests", why="first").version.open_disk())
    entities = record.entities / "all.yml"
    entities.write_text(entities.read_text().replace("Harbour Union", "Harbour Union of Sailors"))
    after = build(record, by="tests", why="second").version
    assert after.number == 2
    assert set(Versions(record.data).get(1).open_disk()) == before


def test_inferred_triples_stand_in_their_own_graph(record: Project) -> None:
    quads = [str(quad) for quad in assemble(record).store]
    member = "<https://w3id.org/letapis/id/P9001> <http://www.w3.org/ns/org#memberOf> <https://w3id.org/letapis/id/O9002>"
    graphs = {quad.removeprefix(member).strip() for quad in quads if quad.startswith(member)}
    assert graphs == {"", "<https://w3id.org/letapis/graph/inferred>"}


def test_a_disputed_value_is_kept_but_not_accepted(record: Project) -> None:
    quads = [str(quad) for quad in assemble(record).store if str(quad.object).startswith('"36"')]
    assert len(quads) == 1
    assert "/claim/" in quads[0]


def test_two_spellings_are_one_person_with_two_names(record: Project) -> None:
    person = record.names.id("P9001").value
    forms = {
        quad.object.value
        for quad in assemble(record).store
        if quad.predicate.value.endswith("literalForm") and quad.subject.value.startswith(person)
    }
    assert forms == {"Alfa Anchor", "Alfa Ancor"}


def test_a_violation_stops_the_build_and_names_file_line_and_remedy(write: Callable[..., Project]) -> None:
    project = write(claims=claims_text().replace("date: 2020-06-07", "date: 2020-06-07\n        termMonthsMax: 0")
                    .replace("convicted: P9001 Alfa", "convicted: [P9001 Alfa, P9002 Bravo]"))  # fmt: skip
    with pytest.raises(RefusedError) as caught:
        build(project, by="tests", why="bad")
    findings = [f for f in caught.value.report.findings if f.severity == "Violation"]
    assert any(spot.file == "graph/claims/invented.yml" for f in findings for spot in f.spots)
    assert all(f.remedy and f.message for f in findings)
    assert Versions(project.data).list() == []


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        ("detainee: P9001", "detanee: P9001", 20, "detainee"),
        ("a: Detention", "a: Detension", 19, "Detention"),
        ("P9001 Alfa", "P9001 Bravo", 8, "alfa anchor"),
        ("member: P9001 Alfa", "member: P9999", 12, "declared nowhere"),
        ("start: 2020-05-03", "start: 3 May 2020", 22, "EDTF"),
        ("start: 2020-05-03", "start: 2020-02-30", 22, "EDTF"),
        ("termMonths: 24", "termMonths: two years", 34, "whole number"),
        ("role: lawyer", "role: persons", 14, "scheme"),
        ("modality: alleged", "modality: rumoured", 43, "alleged"),
        ("status: disputed\n    note: Another passage gives three years.", "status: disputed", 53, "note"),
        ("phrase: was sentenced", "phrase: " + "word " * 13 + "was sentenced", 25, "12"),
        ("a: Detention", "a: Detention\n        a: Raid", 20, "twice"),
        ("document: invented", "document: other", 1, "invented"),
        ("speaker: O9003", "speeker: O9003", 42, "speaker"),
        ("contradicts: sentence", "contradicts: nothing", 55, "key"),
        ("locator: para. 2", "locator: [para. 2", 37, "YAML"),
        ("P9001 Alfa:\n        name: Alfa Anchor", "P9001 Alfa: *x", 8, "YAML"),
    ],
)  # fmt: skip
def test_a_malformed_claim_names_file_line_and_what_was_expected(
    write: Callable[..., Project], old: str, new: str, line: int, expected: str
) -> None:
    project = write(claims=claims_text().replace(old, new, 1))
    with pytest.raises(SourceError) as caught:
        build(project, by="tests", why="bad")
    assert caught.value.spot.file == "graph/claims/invented.yml"
    assert expected.lower() in str(caught.value).lower()
    assert abs(caught.value.spot.line - line) <= 2, str(caught.value)
    assert Versions(project.data).current() is None


def test_an_entity_declared_twice_is_refused(write: Callable[..., Project]) -> None:
    project = write(entities=ENTITIES + "'P9001 Alfa': {comment: again}\n")
    with pytest.raises(SourceError, match="already declared"):
        build(project, by="tests", why="bad")


def test_a_data_folder_holds_one_base(record: Project) -> None:
    build(record, by="tests", why="first")
    with pytest.raises(VersionError, match="holds versions under"):
        build(Project(record.root, record.data, "https://example.org/other/"), by="tests", why="other base")
    assert len(Versions(record.data).list()) == 1
