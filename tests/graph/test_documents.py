"""Documents: descriptions read strictly, texts known by fingerprint and by nothing else."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from graph.documents import TEXT_LIMIT, Document, add_text, find_texts, read_documents
from graph.errors import SourceError, UsageError
from graph.project import Project
from tests.conftest import DOCUMENT, TEXT


def described(project: Project) -> Document:
    return read_documents(project.documents, "graph/documents")["invented"]


def test_a_text_is_added_under_the_name_of_its_document(record: Project, tmp_path: Path) -> None:
    (tmp_path / "any name.txt").write_text(TEXT)
    document = add_text(tmp_path / "any name.txt", [described(record)], tmp_path / "new" / "sources")
    assert document.name == "invented"
    assert (tmp_path / "new/sources/invented.txt").read_text() == TEXT


def test_a_text_with_one_other_byte_is_refused_and_not_copied(record: Project, tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text(TEXT + " ")
    with pytest.raises(UsageError, match=hashlib.sha256((TEXT + " ").encode()).hexdigest()):
        add_text(tmp_path / "other.txt", [described(record)], tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_file_that_is_absent_a_folder_or_huge_is_an_error_of_ours(record: Project, tmp_path: Path) -> None:
    with (tmp_path / "huge.txt").open("wb") as huge:
        huge.truncate(TEXT_LIMIT + 1)
    for path in (tmp_path / "nothing.txt", tmp_path, tmp_path / "huge.txt"):
        with pytest.raises(UsageError, match=str(path)):
            add_text(path, [described(record)], tmp_path / "new")


def test_a_folder_that_cannot_be_written_is_an_error_of_ours(record: Project, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text(TEXT)
    with pytest.raises(UsageError, match="cannot be written"):
        add_text(tmp_path / "text.txt", [described(record)], tmp_path / "text.txt" / "sources")


def test_only_the_text_with_the_right_fingerprint_is_found(record: Project, tmp_path: Path) -> None:
    (tmp_path / "invented.txt").write_text(TEXT.replace("May", "June"))
    assert find_texts([described(record)], [tmp_path, tmp_path / "absent"]) == {}
    assert find_texts([described(record)], [tmp_path, record.data / "sources"]) == {"invented": TEXT}


def test_a_text_that_is_not_utf8_is_an_error_of_ours(record: Project, tmp_path: Path) -> None:
    data = "Мінск".encode("cp1251")
    (tmp_path / "text.txt").write_bytes(data)
    description = DOCUMENT.format(sha256=hashlib.sha256(data).hexdigest(), characters=5)
    (record.documents / "invented.yml").write_text(description)
    with pytest.raises(SourceError, match="UTF-8"):
        add_text(tmp_path / "text.txt", [described(record)], tmp_path / "new")
    with pytest.raises(SourceError, match="UTF-8"):
        find_texts([described(record)], [tmp_path])


def test_a_range_of_locators_stands_for_each_of_them(record: Project) -> None:
    assert described(record).locators == ("para. 1", "para. 2", "footnote 1")


def test_a_un_document_is_known_by_its_symbol_and_another_by_its_name(record: Project) -> None:
    assert described(record).local == "doc/invented"
    path = record.documents / "invented.yml"
    path.write_text(path.read_text().replace("a: Document", "a: UNDocument\nidentifier: A/HRC/1/2"))
    assert described(record).local == "undoc/A-HRC-1-2"


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        ("speaker: O9001 Observers\n", "", 1, "`speaker` is missing"),
        ("citeAs: Invented report\n", "", 1, "`citeAs` is missing"),
        ("a: Document\n", "", 1, "`a` is missing"),
        ("sha256: ", "sha256: x", 5, "64 hexadecimal"),
        ("characters: ", "characters: about ", 6, "whole number"),
    ],
)
def test_a_malformed_description_is_refused_at_its_line(
    record: Project, old: str, new: str, line: int, expected: str
) -> None:
    path = record.documents / "invented.yml"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(SourceError, match=expected) as caught:
        described(record)
    assert str(caught.value.spot) == f"graph/documents/invented.yml:{line}"
