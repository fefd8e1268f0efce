"""What there is to read: formats by name and media type, folders in one order, and bytes that can be read again."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from graph.errors import UsageError
from graph.inputs import UnsupportedInputError, body_input, find_inputs
from graph.rdf import RdfFormat
from tests.conftest import ROOT
from tests.graph.samples import FORMS, N_TRIPLES, SAMPLES, TURTLE, quads_of


def write(folder: Path, *names: str, content: bytes = TURTLE.encode()) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@pytest.mark.parametrize("extension", SAMPLES)
def test_a_file_and_its_gzip_give_the_same_quads(tmp_path: Path, extension: str) -> None:
    raw = SAMPLES[extension].encode()
    write(tmp_path, f"a.{extension}", content=raw)
    write(tmp_path, f"a.{extension}.gz", content=gzip.compress(raw))
    plain, zipped = find_inputs([str(tmp_path)]).inputs
    assert plain.form == zipped.form == FORMS[extension]
    assert quads_of(plain) == quads_of(zipped) != []


def test_gzip_is_known_by_its_first_bytes_too(tmp_path: Path) -> None:
    write(tmp_path, "a.ttl", content=gzip.compress(TURTLE.encode()))
    assert len(quads_of(find_inputs([str(tmp_path / "a.ttl")]).inputs[0])) == 4


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.owl", RdfFormat.RDF_XML), ("a.xml", RdfFormat.RDF_XML), ("a.json-ld", RdfFormat.JSON_LD),
        ("A.TTL", RdfFormat.TURTLE), ("a.b.nq.GZ", RdfFormat.N_QUADS),
    ],
)  # fmt: skip
def test_a_format_is_known_by_its_extensions(tmp_path: Path, name: str, form: RdfFormat) -> None:
    write(tmp_path, name)
    assert find_inputs([str(tmp_path / name)]).inputs[0].form == form


def test_a_folder_is_walked_in_the_order_of_its_sorted_paths(tmp_path: Path) -> None:
    write(tmp_path, "b.ttl", "a/z.nt", "a/b/c.ttl", "a.ttl", "c/claims.yml", "a/one.yml")
    found = find_inputs([str(tmp_path)])
    assert [Path(i.shown).relative_to(tmp_path).as_posix() for i in found.inputs] == [
        "a/b/c.ttl", "a/z.nt", "a.ttl", "b.ttl",
    ]  # fmt: skip
    assert [path.relative_to(tmp_path).as_posix() for path in found.claim_files] == ["a/one.yml", "c/claims.yml"]


def test_what_a_folder_holds_besides_is_skipped_and_told(tmp_path: Path) -> None:
    write(tmp_path, "README.md", "a.ttl", ".git/config", ".hidden.ttl", "data.csv.gz", "gz", "outside/b.ttl")
    (tmp_path / "in").mkdir()
    (tmp_path / "in/link").symlink_to(tmp_path / "outside")
    (tmp_path / "in/broken.ttl").symlink_to(tmp_path / "nowhere")
    found = find_inputs([str(tmp_path)])
    assert [Path(i.shown).name for i in found.inputs] == ["a.ttl", "b.ttl"]
    assert [path.relative_to(tmp_path).as_posix() for path in found.skipped] == [
        ".git", ".hidden.ttl", "README.md", "data.csv.gz", "gz", "in/broken.ttl", "in/link",
    ]  # fmt: skip


def test_a_file_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    write(tmp_path, "b.ttl", "a.ttl")
    names = [str(tmp_path / "b.ttl"), str(tmp_path), str(tmp_path / "../" / tmp_path.name / "b.ttl")]
    assert [Path(i.shown).name for i in find_inputs(names).inputs] == ["b.ttl", "a.ttl"]


@pytest.mark.parametrize("name", ["notes.txt", "a.csv", "README", "gone.ttl"])
def test_a_name_that_leads_to_nothing_known_is_a_usage_error_that_says_so(tmp_path: Path, name: str) -> None:
    if name != "gone.ttl":
        write(tmp_path, name)
    with pytest.raises(UsageError, match=name):
        find_inputs([str(tmp_path / name)])


def test_a_given_format_wins_over_an_extension_but_not_in_folders(tmp_path: Path) -> None:
    write(tmp_path, "folder/a.txt", "folder/b.nt", "c.txt", "d.nt")
    found = find_inputs([str(tmp_path / name) for name in ("folder", "c.txt", "d.nt")], "ttl")
    assert [i.form for i in found.inputs] == [RdfFormat.N_TRIPLES, RdfFormat.TURTLE, RdfFormat.TURTLE]
    assert [path.name for path in found.skipped] == ["a.txt"]


def test_a_format_that_is_not_known_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="jsonld"):
        find_inputs(["-"], "csv")


READ_TWICE = """
from graph.inputs import find_inputs
from tests.graph.samples import quads_of
found = find_inputs(["-", "-"], "nt").inputs
first, second = quads_of(found[0]), quads_of(found[0])
print(len(found), found[0].shown, len(first), first == second)
"""


@pytest.mark.parametrize("raw", [N_TRIPLES.encode(), gzip.compress(N_TRIPLES.encode())], ids=["plain", "gzip"])
def test_standard_input_can_be_read_twice(raw: bytes) -> None:
    done = subprocess.run((sys.executable, "-c", READ_TWICE), input=raw, capture_output=True, cwd=ROOT, check=True)
    assert done.stdout.decode().strip() == "1 standard input 4 True"


def test_standard_input_needs_a_format() -> None:
    with pytest.raises(UsageError, match="standard input"):
        find_inputs(["-"])


@pytest.mark.parametrize(
    ("media_type", "extension"),
    [
        ("text/turtle", "ttl"), ("application/x-turtle", "ttl"), ("Text/Turtle; charset=UTF-8", "ttl"),
        ("application/trig", "trig"), ("application/n-triples", "nt"), ("text/plain;charset=us-ascii", "nt"),
        ("application/n-quads", "nq"), ("application/rdf+xml", "rdf"),
        ('application/ld+json; profile="http://www.w3.org/ns/json-ld#compacted"', "jsonld"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["", "identity", "gzip", "X-GZIP"])
def test_a_body_is_read_as_its_headers_describe_it(media_type: str, extension: str, encoding: str) -> None:
    raw = SAMPLES[extension].encode()
    file = io.BytesIO(gzip.compress(raw) if "gzip" in encoding.lower() else raw)
    source = body_input(file, media_type, encoding)
    assert source.shown == "request body"
    assert len(quads_of(source)) == 4 and quads_of(source) == quads_of(source)
    assert not file.closed


@pytest.mark.parametrize(
    ("media_type", "encoding"),
    [
        ("", ""), ("text/html", ""), ("application/json", ""), ("text/turtle; charset=iso-8859-1", ""),
        ("text/turtle", "br"), ("text/turtle", "gzip, gzip"),
    ],
)  # fmt: skip
def test_a_body_of_another_kind_is_unsupported(media_type: str, encoding: str) -> None:
    with pytest.raises(UnsupportedInputError) as caught:
        body_input(io.BytesIO(), media_type, encoding)
    assert caught.value.remedy


def test_no_file_is_left_open(tmp_path: Path) -> None:
    write(tmp_path, "a.ttl.gz", content=gzip.compress(TURTLE.encode()))
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - the numbers only
    quads_of(find_inputs([str(tmp_path)]).inputs[0])
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
