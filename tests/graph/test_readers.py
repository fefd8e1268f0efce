"""Which version each process serves: told while it lives, forgotten when it dies."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from graph.readers import Presence, oldest_served, wait_until_served
from tests.conftest import ROOT

# Serves version 3 until it is killed.
READER = """
import sys
from pathlib import Path
from graph.readers import Presence
here = Presence(Path(sys.argv[1]))
here.publish(3)
print("ready", flush=True)
sys.stdin.read()
"""


def files(data: Path) -> list[Path]:
    return list((data / "readers").iterdir())


def test_where_nobody_reads_nothing_is_waited_for(tmp_path: Path) -> None:
    assert oldest_served(tmp_path) is None
    assert wait_until_served(tmp_path, 7, 0)


def test_the_oldest_version_that_is_served_is_what_counts(tmp_path: Path) -> None:
    one, two = Presence(tmp_path), Presence(tmp_path)
    one.publish(5)
    two.publish(4)
    assert oldest_served(tmp_path) == 4
    assert wait_until_served(tmp_path, 4, 0) and not wait_until_served(tmp_path, 5, 0)
    two.publish(6)
    assert wait_until_served(tmp_path, 5, 0)
    one.close()
    two.close()


def test_a_reader_that_serves_nothing_yet_is_waited_for(tmp_path: Path) -> None:
    one = Presence(tmp_path)
    assert oldest_served(tmp_path) == 0
    assert not wait_until_served(tmp_path, 1, 0)
    one.close()


def test_a_reader_that_ends_takes_its_file_away(tmp_path: Path) -> None:
    one = Presence(tmp_path)
    assert len(files(tmp_path)) == 1
    one.close()
    assert files(tmp_path) == []


def test_a_reader_that_was_killed_is_not_waited_for_and_its_file_is_removed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", READER, str(tmp_path)], cwd=ROOT, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as reader:  # fmt: skip
        assert reader.stdout is not None and reader.stdout.readline() == b"ready\n"
        assert oldest_served(tmp_path) == 3
        reader.kill()
    assert len(files(tmp_path)) == 1
    assert wait_until_served(tmp_path, 4, 0)
    assert files(tmp_path) == []


def test_a_number_that_is_half_written_counts_as_none(tmp_path: Path) -> None:
    one = Presence(tmp_path)
    one.publish(12)
    (path,) = files(tmp_path)
    path.write_text(path.read_text().replace("12", "13", 1))
    assert oldest_served(tmp_path) == 0
    one.close()
