"""Versions: one writer, one step from the old version to the new one, and nothing lost whenever the writer dies."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import random
import select
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from graph.errors import LockedError, VersionError
from graph.fingerprint import digest_of, weigh
from graph.project import Project
from graph.rdf import DefaultGraph, NamedNode, Quad, Store
from graph.versions import MEMORY_QUADS, Versions
from tests.conftest import ROOT

MOMENTS = 20
LETAPIS = (sys.executable, "-m", "graph")

HOLD_THE_LOCK = """
import sys
from pathlib import Path
from graph.versions import Versions
with Versions(Path(sys.argv[1])).writer():
    print("writing", flush=True)
    sys.stdin.read()
"""

COMMIT_WITHIN = """
import resource, sys
from pathlib import Path
from graph.errors import LockedError, VersionError
from graph.rdf import NamedNode, Quad
from graph.versions import Versions
term = lambda n: NamedNode(f"http://example.org/{n}")
with Versions(Path(sys.argv[1])).writer() as writer:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
    try:
        writer.commit([Quad(term(n), term(n), term(n)) for n in range(2000)], {}, {}, by="tests", why="too much")
    except VersionError as error:
        print(error)
        sys.exit(1)
"""


def things(*numbers: int) -> list[Quad]:
    return [Quad(*[NamedNode(f"http://example.org/{number}")] * 3) for number in numbers]


def commit(versions: Versions, *numbers: int) -> None:
    with versions.writer() as writer:
        writer.commit(things(*numbers), {"made": list(numbers)}, {"more.json": b"{}"}, by="tests", why="because")


def content(store: Store) -> set[Quad]:
    return set(store)


def check_whole(data: Path) -> int | None:
    """The number of the current version, after making sure that it is complete in memory and on disk."""
    version = Versions(data).current()
    if version is None:
        return None
    quads = content(Store.read_only(str(version.folder / "store")))
    assert digest_of(weigh(quads)) == version.manifest["digest"]
    assert len(quads) == version.manifest["quads"]
    assert content(version.open()) == quads
    assert version.commit["by"]
    return version.number


@pytest.fixture
def versions(tmp_path: Path) -> Versions:
    return Versions(tmp_path / "data")


def test_before_the_first_version_there_is_none(versions: Versions) -> None:
    assert (versions.current(), versions.current_number(), versions.list()) == (None, None, [])
    with pytest.raises(VersionError, match="no version 1"):
        versions.get(1)


def test_versions_are_numbered_and_each_keeps_its_parent_content_and_commit(versions: Versions) -> None:
    commit(versions, 1)
    commit(versions, 1, 2)
    first, second = versions.list()
    assert [(v.number, v.manifest["parent"], v.manifest["made"]) for v in (first, second)] == [
        (1, None, [1]), (2, 1, [1, 2]),
    ]  # fmt: skip
    assert content(first.open()) == set(things(1)) and content(second.open()) == set(things(1, 2))
    assert (second.commit["by"], second.commit["why"]) == ("tests", "because")
    assert (second.folder / "more.json").read_bytes() == b"{}"
    assert check_whole(versions.data) == 2


def test_a_version_is_held_in_memory_up_to_a_size_and_on_disk_beyond_it(versions: Versions) -> None:
    commit(versions, 1)
    manifest = versions.get(1).folder / "manifest.json"
    for quads, held in ((MEMORY_QUADS, "memory"), (MEMORY_QUADS + 1, "disk")):
        manifest.write_text(json.dumps({**versions.get(1).manifest, "quads": quads}))
        assert versions.get(1).held == held
        assert content(versions.get(1).open()) == set(things(1))


def test_a_version_on_disk_cannot_be_written(versions: Versions) -> None:
    commit(versions, 1)
    store = Store.read_only(str(versions.get(1).folder / "store"))
    with pytest.raises(RuntimeError, match="read-write"):
        store.add(things(2)[0])


def test_a_reader_of_the_old_version_keeps_it_while_a_new_one_is_made(versions: Versions) -> None:
    commit(versions, 1)
    old = versions.get(1)
    memory, disk = old.open(), Store.read_only(str(old.folder / "store"))
    commit(versions, 2)
    assert content(memory) == content(disk) == content(old.open()) == set(things(1))


def test_a_reader_never_sees_anything_but_a_whole_version(versions: Versions) -> None:
    commit(versions, 1)
    done = threading.Event()
    seen: list[tuple[int, set[Quad]]] = []

    def read() -> None:
        while True:
            last = done.is_set()
            version = versions.current()
            assert version is not None
            seen.append((version.number, content(version.open())))
            if last:
                return

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(2, 12):
        commit(versions, number)
    done.set()
    reader.join()
    assert seen[-1][0] == 11
    assert all(quads == set(things(number)) for number, quads in seen)
    assert [number for number, _ in seen] == sorted(number for number, _ in seen)


@pytest.fixture
def other_writer(versions: Versions) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that has the right to write."""
    process = subprocess.Popen([sys.executable, "-c", HOLD_THE_LOCK, str(versions.data)], cwd=ROOT,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip
    assert process.stdout is not None and process.stdin is not None
    with process.stdout as output, process.stdin:
        assert output.readline() == b"writing\n"
        yield process
        process.kill()
        process.wait()


def test_a_second_writer_is_refused_until_the_first_is_gone_even_by_a_kill(
    versions: Versions, other_writer: subprocess.Popen[bytes]
) -> None:
    with pytest.raises(VersionError, match="another process is writing"):
        commit(versions, 1)
    assert versions.current() is None
    other_writer.kill()
    other_writer.wait()
    commit(versions, 1)
    assert check_whole(versions.data) == 1


def test_a_reader_needs_no_lock(versions: Versions, other_writer: subprocess.Popen[bytes]) -> None:
    assert other_writer.poll() is None
    assert versions.list() == []


def test_the_lock_is_let_go_when_a_commit_fails(versions: Versions) -> None:
    with pytest.raises(ZeroDivisionError), versions.writer():
        raise ZeroDivisionError
    commit(versions, 1)


def test_what_a_killed_writer_left_is_removed_by_the_next(versions: Versions) -> None:
    commit(versions, 1)
    for leftover in ("staging/store", "versions/2/store", "versions/half"):
        (versions.data / leftover).mkdir(parents=True)
    (versions.data / "current.next").symlink_to("versions/2")
    assert versions.current_number() == 1 and [v.number for v in versions.list()] == [1]
    commit(versions, 2)
    assert sorted(path.name for path in versions.data.iterdir()) == ["current", "lock", "versions"]
    assert sorted(path.name for path in (versions.data / "versions").iterdir()) == ["1", "2"]
    assert check_whole(versions.data) == 2


def run_until_killed(project: Project, moment: Callable[[subprocess.Popen[bytes], int], None]) -> int:
    """Start `letapis build`, call *moment* with it and its terminal once it writes, kill it; its exit code."""
    ours, theirs = pty.openpty()
    command = [*LETAPIS, "build", "--root", str(project.root), "--data", str(project.data)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    try:
        moment(process, ours)
    finally:
        process.kill()
        os.close(ours)
    return process.wait()


def wait_until_it_writes(process: subprocess.Popen[bytes], terminal: int) -> None:
    """Read what the build says of its stages until it writes the version; progress is shown on a terminal only."""
    said = b""
    while b"writing the version" not in said:
        ready, _, _ = select.select([terminal], [], [], 60)
        assert ready and process.poll() is None, said
        said += os.read(terminal, 4096)


def test_a_build_killed_at_any_moment_leaves_the_old_version_or_a_whole_new_one(record: Project) -> None:
    """Twenty moments: most within the writing of a version, found by what the build says, some before it."""
    chance = random.Random(20)  # noqa: S311 - moments, not secrets
    entities = record.entities / "all.yml"
    codes, before = [], None
    for number in range(MOMENTS):
        entities.write_text(f"{entities.read_text()}# change {number}\n")
        early, share = number % 7 == 6, chance.random()

        def moment(process: subprocess.Popen[bytes], terminal: int, early: bool = early, share: float = share) -> None:
            if early:
                select.select([terminal], [], [], share * 2)
                return
            wait_until_it_writes(process, terminal)
            try:
                process.wait(timeout=share * 0.12)
            except subprocess.TimeoutExpired:
                return

        codes.append(run_until_killed(record, moment))
        after = check_whole(record.data)
        assert after in (before, (before or 0) + 1)
        before = after
    assert -9 in codes, "no build was killed: the moments are too late"
    entities.write_text(f"{entities.read_text()}# the last change\n")
    subprocess.run([*LETAPIS, "build", "--root", str(record.root), "--data", str(record.data)], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)  # fmt: skip
    assert check_whole(record.data) == (before or 0) + 1
    assert sorted(path.name for path in record.data.iterdir()) == ["current", "lock", "sources", "versions"]
    numbers = sorted(int(path.name) for path in (record.data / "versions").iterdir())
    assert numbers == list(range(1, (before or 0) + 2))


def test_a_folder_that_cannot_be_written_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(VersionError, match="cannot be written"):
        commit(Versions(tmp_path / "file" / "data"), 1)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_folder_without_the_right_to_write_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o500)
    with pytest.raises(VersionError, match="cannot be written"):
        commit(Versions(tmp_path / "data"), 1)


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda folder: (folder / "manifest.json").write_text("{"), "damaged"),
        (lambda folder: (folder / "manifest.json").write_bytes(b"\xff"), "damaged"),
        (lambda folder: (folder / "commit.json").write_text("no JSON"), "damaged"),
        (lambda folder: (folder / "manifest.json").unlink(), "no version 1"),
        (shutil.rmtree, "no version 1"),
    ],
)
def test_a_damaged_version_is_an_error_of_ours(
    versions: Versions, damage: Callable[[Path], object], expected: str
) -> None:
    commit(versions, 1)
    damage(versions.get(1).folder)
    with pytest.raises(VersionError, match=expected):
        versions.current()


@pytest.mark.parametrize("size", [1, 100, 4096, 65536])
def test_a_file_that_cannot_grow_leaves_the_current_version(versions: Versions, size: int) -> None:
    commit(versions, 1)
    done = subprocess.run([sys.executable, "-c", COMMIT_WITHIN, str(versions.data), str(size)], cwd=ROOT, text=True,
                          capture_output=True, check=False, timeout=60)  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "")
    assert "could not be written" in done.stdout and "Nothing was changed" in done.stdout
    assert check_whole(versions.data) == 1
    assert not (versions.data / "staging").exists()
    commit(versions, 2)
    assert check_whole(versions.data) == 2


@pytest.mark.parametrize("kibibytes", [64, 300, 600])
def test_a_full_disk_leaves_the_current_version(versions: Versions, kibibytes: int) -> None:
    """A real file system of that size, mounted for this test alone."""
    script = (
        f'mount -t tmpfs -o size={kibibytes}k tmpfs "$1" && cd "{ROOT}" && "$2" -c "$3" "$1" 1000000000; '
        'code=$?; ls "$1"; exit $code'
    )
    versions.data.mkdir()
    wrapper = ["unshare", "--user", "--map-root-user", "--mount"] if os.geteuid() else ["unshare", "--mount"]
    done = subprocess.run([*wrapper, "sh", "-c", script, "sh", str(versions.data), sys.executable, COMMIT_WITHIN],
                          text=True, capture_output=True, check=False, timeout=60)  # fmt: skip
    if "unshare:" in done.stderr or "mount:" in done.stderr:
        pytest.skip("a file system cannot be mounted here")
    assert (done.returncode, done.stderr) == (1, "")
    assert "could not be written" in done.stdout
    assert done.stdout.split()[-1] == "lock"


def test_the_lock_is_the_systems_own(versions: Versions) -> None:
    """Whatever file a killed writer left, the next one is not locked out by it."""
    versions.data.mkdir()
    (versions.data / "lock").write_text("left by another")
    commit(versions, 1)
    with (versions.data / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_default_graph_and_named_graphs_are_kept_apart(versions: Versions) -> None:
    (quad,) = things(1)
    graph = NamedNode("http://example.org/g")
    with versions.writer() as writer:
        version = writer.commit([quad, Quad(quad.subject, quad.predicate, quad.object, graph)], {}, {}, by="t", why="w")
    assert {q.graph_name for q in version.open()} == {DefaultGraph(), graph}
    assert version.manifest["quads"] == 2


def test_a_tag_means_one_version_until_it_is_moved(versions: Versions) -> None:
    commit(versions, 1)
    commit(versions, 1, 2)
    with versions.writer() as writer:
        writer.tag("2026.1", versions.get(1))
    assert (versions.tags(), versions.find("2026.1").number, versions.find("2").number) == ({"2026.1": 1}, 1, 2)
    with versions.writer() as writer:
        writer.tag("2026.1", versions.get(2))
    assert versions.find("2026.1").number == 2


@pytest.mark.parametrize("name", ["7", "", "../up", "a/b", ".hidden", "a b", "ab\n", "x" * 65])
def test_a_name_that_cannot_be_told_from_a_number_or_a_path_is_no_tag(versions: Versions, name: str) -> None:
    commit(versions, 1)
    with pytest.raises(VersionError, match="no name for a tag"), versions.writer() as writer:
        writer.tag(name, versions.get(1))
    assert versions.tags() == {}


@pytest.mark.parametrize("name", ["9", "unknown", "../current", ""])
def test_what_means_no_version_is_an_error_of_ours(versions: Versions, name: str) -> None:
    commit(versions, 1)
    with pytest.raises(VersionError):
        versions.find(name)


def test_a_restored_version_is_the_next_one_and_holds_what_the_old_one_did(versions: Versions) -> None:
    commit(versions, 1)
    commit(versions, 2)
    before = (versions.get(1).folder / "manifest.json").read_bytes()
    with versions.writer() as writer:
        made = writer.restore(versions.get(1), by="tests", why="the second was wrong")
    assert (made.number, made.manifest["parent"], made.manifest["restores"]) == (3, 2, 1)
    assert check_whole(versions.data) == 3
    assert content(made.open()) == set(things(1))
    assert content(versions.get(2).open()) == set(things(2))
    assert (versions.get(1).folder / "manifest.json").read_bytes() == before


def test_pruning_spares_the_last_the_tagged_and_the_current_version(versions: Versions) -> None:
    for number in range(1, 6):
        commit(versions, number)
    with versions.writer() as writer:
        writer.tag("kept", versions.get(2))
        assert writer.prune(2) == [1, 3]
        assert writer.prune(0) == [4]
    assert [version.number for version in versions.list()] == [2, 5]
    assert check_whole(versions.data) == 5
    commit(versions, 6)
    assert versions.current_number() == 6


def test_a_reader_keeps_a_version_that_is_pruned(versions: Versions) -> None:
    commit(versions, 1)
    commit(versions, 2)
    reader = Store.read_only(str(versions.get(1).folder / "store"))
    with versions.writer() as writer:
        assert writer.prune(1) == [1]
    assert content(reader) == set(things(1))


def test_a_version_made_of_a_change_shares_the_files_of_its_parent_and_leaves_it_as_it_was(versions: Versions) -> None:
    commit(versions, *range(1000))
    (added,), removed = things(5000), things(3)
    with versions.writer() as writer, writer.stage(versions.get(1)) as staging:
        staging.store.add(added)
        staging.store.remove(removed[0])
        made = writer.finish(staging, {}, {"by": "tests", "why": "change"}, ([added], removed))
    assert content(made.open()) == set(things(*range(1000), 5000)) - set(removed)
    assert content(versions.get(1).open_disk()) == set(things(*range(1000)))
    shared = [path for path in (made.folder / "store").iterdir() if path.stat().st_nlink > 1]
    assert shared
    assert check_whole(versions.data) == 2


def test_the_same_quads_have_the_same_digest_however_they_came(versions: Versions) -> None:
    commit(versions, 1, 2)
    commit(versions, 1)
    with versions.writer() as writer, writer.stage(versions.get(2)) as staging:
        staging.store.extend(things(2))
        made = writer.finish(staging, {}, {"by": "tests", "why": "change"}, (things(2), []))
    assert made.manifest["digest"] == versions.get(1).manifest["digest"] != versions.get(2).manifest["digest"]


def test_what_is_staged_and_not_finished_is_gone(versions: Versions) -> None:
    commit(versions, 1)
    with versions.writer() as writer, writer.stage(versions.get(1)) as staging:
        staging.store.extend(things(2))
    assert not (versions.data / "staging").exists()
    assert check_whole(versions.data) == 1


def test_a_commit_is_never_dated_before_its_parent(versions: Versions) -> None:
    commit(versions, 1)
    record = versions.get(1).folder / "commit.json"
    record.write_text(json.dumps({**versions.get(1).commit, "at": "2999-01-01T00:00:00+00:00"}))
    commit(versions, 2)
    assert versions.get(2).commit["at"] == "2999-01-01T00:00:00+00:00"


def test_a_writer_waits_for_another_as_long_as_it_is_told(versions: Versions) -> None:
    taken, release = threading.Event(), threading.Event()

    def hold() -> None:
        with versions.writer():
            taken.set()
            release.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    taken.wait()
    with pytest.raises(LockedError), versions.writer(wait=0.05):
        pass
    threading.Timer(0.05, release.set).start()
    with versions.writer(wait=60):
        thread.join()
