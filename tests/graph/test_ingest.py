"""Ingest: files become the next version as a whole, or nothing of them does, and what is wrong is told by its line."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from graph.adopt import adopt
from graph.build import build
from graph.derive import Tell
from graph.errors import DerivedGraphError, RefusedError, SourceError, UsageError
from graph.fingerprint import digest_of, weigh
from graph.gate import Passed
from graph.ingest import Ingest, QuarantinedError, ingest
from graph.iris import RDFS, Names
from graph.layout import Kind
from graph.load import LOADING
from graph.project import Project
from graph.rdf import DefaultGraph, Literal, NamedNode, Quad
from graph.versions import Version, Versions
from tests.conftest import ROOT

NAMES = Names("http://e/")
SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix e: <http://e/> .
e:PersonShape a sh:NodeShape ; sh:targetClass e:Person ;
  sh:property [ sh:path e:name ; sh:minCount 1 ; sh:message "a person without a name" ] .
"""
GOOD = "@prefix e: <http://e/> .\ne:a a e:Person ;\n  e:name 'A' .\n"
BAD = "@prefix e: <http://e/> .\n\ne:b a e:Person .\ne:c a e:Person ; e:name 'C' .\n"


class Data:
    """A data folder with files to ingest."""

    def __init__(self, folder: Path, kind: Kind = "union") -> None:
        self.folder = folder
        self.project = Project(folder, folder / "data", NAMES.base, kind)
        shapes = ["none"]
        if kind == "union":
            self.write("shapes.ttl", SHAPES)
            shapes = [str(folder / "shapes.ttl")]
        adopt(self.project, ["none"], shapes, by="tests", tell=lambda _: None)

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def ingest(self, *names: Path, tell: Tell = lambda _: None, **more: object) -> Passed:
        wanted = Ingest([str(name) for name in names], "tests", "because", **more)  # type: ignore[arg-type]
        return ingest(self.project, wanted, tell)

    @property
    def current(self) -> Version:
        version = Versions(self.project.data).current()
        assert version is not None
        return version

    def stated(self) -> set[Quad]:
        return {q for q in self.current.open_disk() if self.project.layout.is_stated(q.graph_name)}


@pytest.fixture
def data(tmp_path: Path) -> Data:
    return Data(tmp_path)


def test_a_file_becomes_the_next_version(data: Data) -> None:
    passed = data.ingest(data.write("a.ttl", GOOD))
    assert passed.version is not None and passed.version.number == 2
    assert passed.version.commit["from"] == [str(data.folder / "a.ttl")]
    assert len(data.stated()) == 2


def test_a_folder_is_one_version_with_all_its_files(data: Data) -> None:
    data.write("in/a.ttl", GOOD)
    data.write("in/b.nt.gz", gzip.compress(b"<http://e/b> <http://e/name> 'B' .\n".replace(b"'", b'"')))
    passed = data.ingest(data.folder / "in")
    assert passed.version is not None and passed.version.number == 2
    assert len(data.stated()) == 3


def test_a_violation_in_one_file_refuses_all_and_names_file_and_line(data: Data) -> None:
    with pytest.raises(RefusedError) as caught:
        data.ingest(data.write("a.ttl", GOOD), data.write("b.ttl", BAD))
    (finding,) = caught.value.report.findings
    assert [str(spot) for spot in finding.spots] == [f"{data.folder / 'b.ttl'}:3"]
    assert data.current.number == 1


def test_a_parse_error_names_file_line_and_column_and_nothing_is_written(data: Data) -> None:
    with pytest.raises(SourceError, match="column") as caught:
        data.ingest(data.write("a.ttl", GOOD), data.write("b.ttl", "@prefix e: <http://e/> .\ne:a e:b e:c e:d .\n"))
    assert caught.value.spot.line == 2
    assert data.current.number == 1


def test_a_dry_run_tells_and_writes_nothing(data: Data) -> None:
    passed = data.ingest(data.write("a.ttl", GOOD), dry_run=True)
    assert passed.version is None and passed.stated is not None and len(passed.stated.added) == 2
    assert data.current.number == 1


def test_what_is_removed_must_not_be_needed(data: Data) -> None:
    path = data.write("a.ttl", GOOD)
    data.ingest(path)
    with pytest.raises(RefusedError):
        data.ingest(data.write("name.ttl", "<http://e/a> <http://e/name> 'A' ."), remove=True)
    data.ingest(path, remove=True)
    assert data.stated() == set()


def test_refused_input_is_kept_aside_as_a_good_and_a_bad_part(data: Data) -> None:
    with pytest.raises(QuarantinedError) as caught:
        data.ingest(data.write("b.ttl", BAD), quarantine=data.folder / "aside")
    (part,) = caught.value.parted
    assert (part.good_quads, part.bad_quads) == (2, 1)
    assert data.ingest(part.good).version is not None


def test_what_follows_from_the_data_cannot_be_written(data: Data) -> None:
    quad = f"<http://e/a> <http://e/b> <http://e/c> <{data.project.layout.inferred.value}> .\n"
    with pytest.raises(DerivedGraphError):
        data.ingest(data.write("a.nq", quad))


def test_the_same_file_twice_changes_nothing(data: Data) -> None:
    path = data.write("a.ttl", GOOD)
    data.ingest(path)
    assert data.ingest(path).version is None


@pytest.mark.parametrize("most", [50_000, 0])
def test_literals_count_by_their_value_however_they_are_written(data: Data, most: int) -> None:
    data.ingest(data.write("a.ttl", "<http://e/a> <http://e/size> 01, 1.0e6, 007 ."), bulk_quads=most)
    assert data.current.manifest["digest"] == digest_of(weigh(data.current.open_disk()))
    assert data.ingest(data.write("b.ttl", "<http://e/a> <http://e/size> 1 .")).version is None


def test_blank_nodes_of_the_same_file_are_the_same_and_of_others_are_others(data: Data) -> None:
    data.ingest(data.write("a.ttl", "[] <http://e/size> 1 ."))
    assert data.ingest(data.folder / "a.ttl").version is None
    data.ingest(data.write("b.ttl", "[] <http://e/size> 2 ."))
    assert len({quad.subject for quad in data.stated()}) == 2


def test_a_graph_can_be_named_for_what_names_none(data: Data) -> None:
    data.ingest(data.write("a.ttl", GOOD), graph=NamedNode("http://e/g"))
    assert {quad.graph_name for quad in data.stated()} == {NamedNode("http://e/g")}


def test_nothing_to_ingest_is_a_usage_error(data: Data) -> None:
    (data.folder / "empty").mkdir()
    with pytest.raises(UsageError):
        data.ingest(data.folder / "empty")


def people(number: int) -> str:
    return "".join(f'<http://e/p{n}> a <http://e/Person> ; <http://e/name> "P{n}" .\n' for n in range(number))


@pytest.mark.parametrize("kind", ["union", "plain"])
def test_much_is_loaded_in_bulk_and_ends_the_same(tmp_path: Path, kind: Kind) -> None:
    digests = []
    for name, limit in (("small", 300_000), ("bulk", 50)):
        data = Data(tmp_path / name, kind)
        data.ingest(data.write("first.ttl", GOOD))
        data.ingest(data.write("people.ttl", people(60)), bulk_quads=limit)
        digests.append(data.current.manifest["digest"])
        assert not (data.project.data / LOADING).exists()
    assert digests[0] == digests[1]


def test_a_violation_in_much_refuses_it_and_leaves_nothing(data: Data) -> None:
    path = data.write("people.ttl", people(60) + "<http://e/nameless> a <http://e/Person> .\n")
    with pytest.raises(RefusedError) as caught:
        data.ingest(path, bulk_quads=50)
    assert [spot.line for finding in caught.value.report.findings for spot in finding.spots] == [61]
    assert sorted(path.name for path in data.project.data.iterdir()) == ["current", "lock", "versions"]


def test_a_load_that_was_interrupted_goes_on_where_it_was_safe(data: Data) -> None:
    path = data.write("people.ttl", people(60))

    def stop(said: str) -> None:
        if said.startswith("read 80 "):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        data.ingest(path, tell=stop, bulk_quads=50, part_quads=40)
    (folder,) = (data.project.data / LOADING).iterdir()
    assert sorted(path.name for path in folder.iterdir()) == ["1.nq", "2.nq"]
    told: list[str] = []
    data.ingest(path, tell=told.append, bulk_quads=50, part_quads=40)
    assert [said.split(" (")[0] for said in told if said.startswith("read ")] == ["read 120 quads"]
    assert len(data.stated()) == 120
    assert not (data.project.data / LOADING).exists()


def test_a_file_of_claims_joins_the_record(record: Project, tmp_path: Path) -> None:
    claims = record.claims / "invented.yml"
    whole = claims.read_text()
    claims.write_text(whole.replace("termMonths: 24", "termMonths: 23"))
    build(record, by="tests", why="first")
    better = tmp_path / "incoming" / "invented.yml"
    better.parent.mkdir()
    better.write_text(whole)
    passed = ingest(record, Ingest([str(better)], "tests", "corrected"))
    assert passed.version is not None
    store = passed.version.open_disk()
    term = record.names.term("termMonths")
    months = {q.object.value for q in store.quads_for_pattern(None, term, None, DefaultGraph())}
    assert months == {"24"}


def test_a_mistake_in_a_file_of_claims_names_that_file(record: Project, tmp_path: Path) -> None:
    build(record, by="tests", why="first")
    worse = tmp_path / "incoming" / "more.yml"
    worse.parent.mkdir()
    worse.write_text("P9003: {a: Persn, label: {en: Charlie}}\n")
    with pytest.raises(SourceError) as caught:
        ingest(record, Ingest([str(worse)], "tests", "worse"))
    assert str(caught.value).startswith(f"{worse}:1")


def test_an_entity_can_be_ingested_by_itself(record: Project, tmp_path: Path) -> None:
    build(record, by="tests", why="first")
    more = tmp_path / "more.yml"
    more.write_text("P9003: {a: Person, label: {en: Charlie Chain}, name: {text: Charlie, origin: checkedElsewhere}}\n")
    passed = ingest(record, Ingest([str(more)], "tests", "a person"))
    assert passed.version is not None
    label = NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel")
    charlie = Quad(record.names.id("P9003"), label, Literal("Charlie Chain", language="en"), record.names.graph("base"))
    assert charlie in passed.version.open_disk()


@pytest.mark.parametrize("make", [lambda path: path.mkdir(), lambda path: None])
def test_what_cannot_be_read_is_an_error_of_ours(data: Data, make: Callable[[Path], None]) -> None:
    path = data.folder / "nothing.ttl"
    make(path)
    with pytest.raises((UsageError, SourceError)):
        data.ingest(path)


def test_comments_go_through_as_they_are(data: Data) -> None:
    data.ingest(data.write("a.ttl", f"<http://e/a> <{RDFS}comment> '''<b> & \"quotes\"'''@en ."))
    assert {quad.object for quad in data.stated()} == {Literal('<b> & "quotes"', language="en")}


FILL = """
import sys
from pathlib import Path
from graph.adopt import adopt
from graph.errors import VersionError
from graph.fingerprint import digest_of, weigh
from graph.ingest import Ingest, ingest
from graph.project import Project
from graph.versions import Versions
disk, outside, most = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
project = Project(disk, disk / "data", "http://e/", "union")
adopt(project, ["none"], ["none"], by="tests", tell=lambda _: None)
for number in range(2, 60):
    path = outside / "more.nt"
    path.write_text("".join(f'<http://e/{number}-{n}> <http://e/p> "{n * 7919}" .\\n' for n in range(2000)))
    try:
        ingest(project, Ingest([str(path)], "tests", "more", bulk_quads=most))
    except VersionError as error:
        print(error)
        break
version = Versions(project.data).current()
assert version.number == number - 1, (version.number, number)
assert version.manifest["digest"] == digest_of(weigh(version.open_disk()))
print(*sorted(path.name for path in project.data.iterdir()))
"""


@pytest.mark.parametrize("most", [50_000, 0])
def test_a_disk_that_fills_up_is_an_error_of_ours_and_leaves_the_current_version(tmp_path: Path, most: int) -> None:
    """A real file system of six megabytes, mounted for this test alone, and changes until it is full."""
    (tmp_path / "disk").mkdir()
    script = f'mount -t tmpfs -o size=6m tmpfs "$1" && cd "{ROOT}" && "$2" -c "$3" "$1" "$4" "$5"'
    wrapper = ["unshare", "--user", "--map-root-user", "--mount"] if os.geteuid() else ["unshare", "--mount"]
    words = [str(tmp_path / "disk"), sys.executable, FILL, str(tmp_path), str(most)]
    done = subprocess.run([*wrapper, "sh", "-c", script, "sh", *words], text=True, capture_output=True, check=False,
                          timeout=120)  # fmt: skip
    if "unshare:" in done.stderr or "mount:" in done.stderr:
        pytest.skip("a file system cannot be mounted here")
    assert (done.returncode, done.stderr) == (0, "")
    said, left = done.stdout.splitlines()
    assert "could not be written" in said and "Nothing was changed" in said
    assert left.split() == ["current", "lock", "versions"]
