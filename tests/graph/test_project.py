"""A project: its folders, and the fingerprint of everything that a build depends on."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.errors import UsageError
from graph.project import Project
from tests.conftest import write_record


def test_a_folder_without_an_ontology_is_no_record(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--root"):
        Project(tmp_path, tmp_path / "data")


@pytest.mark.parametrize("base", ["example.org/", "ftp://example.org/", "https://example.org", ""])
def test_a_base_that_names_nothing_is_refused(record: Project, base: str) -> None:
    with pytest.raises(UsageError, match="base IRI"):
        Project(record.root, record.data, base)


@pytest.mark.parametrize(
    "changed",
    ["ontology/agents.ttl", "shapes/agents.ttl", "graph/documents/invented.yml", "graph/entities/all.yml",
     "graph/claims/invented.yml"],
)  # fmt: skip
def test_the_fingerprint_changes_with_each_kind_of_input(record: Project, changed: str) -> None:
    before = record.inputs_digest()
    path = record.root / changed
    path.write_text(path.read_text() + "\n# a remark\n")
    assert record.inputs_digest() != before


def test_the_fingerprint_changes_with_a_file_more_another_name_and_the_base(record: Project) -> None:
    digests = {record.inputs_digest(), Project(record.root, record.data, "https://example.org/").inputs_digest()}
    (record.claims / "more.yml").write_text("")
    digests.add(record.inputs_digest())
    (record.claims / "more.yml").rename(record.claims / "less.yml")
    digests.add(record.inputs_digest())
    assert len(digests) == 4


def test_the_fingerprint_does_not_depend_on_place_data_or_other_files(record: Project, tmp_path: Path) -> None:
    other = write_record(tmp_path / "other")
    (other.claims / "notes.txt").write_text("not read")
    (other.data / "sources" / "invented.txt").unlink()
    assert Project(other.root, tmp_path / "elsewhere").inputs_digest() == record.inputs_digest()


def test_the_code_that_builds_is_an_input_too(record: Project) -> None:
    assert {"build.py", "infer.py", "rules.py"} <= {path.name for path in record.inputs()}
