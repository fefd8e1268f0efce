"""The spawner: a function in a process of its own, whole or an error, and nothing is left of either."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from graph.errors import (
    DeadlineError,
    LetapisError,
    SourceError,
    UsageError,
    WriteBusyError,
    WriteDeadlineError,
    WriteLostError,
)
from graph.spawner import Spawner, WriteLimits
from tests.conftest import ROOT
from tests.graph.errands import CRASH, DIE, ECHO, EVERY, FAIL, GROW, HANG

# Runs what hangs, which writes to this process's standard output; then waits to be killed.
PARENT = """
from graph.spawner import Spawner
from tests.graph.errands import HANG
Spawner(functions=(HANG,)).run(HANG, {}, [1])
"""


@pytest.fixture(scope="module")
def spawner() -> Iterator[Spawner]:
    made = Spawner(WriteLimits(seconds=30, mebibytes=256, at_once=4), EVERY)
    yield made
    made.close()


def ended(handle: int, seconds: float = 30) -> bool:
    """Whether the process of a handle ends within *seconds*; the handle is closed."""
    try:
        return bool(select.select([handle], [], [], seconds)[0])
    finally:
        os.close(handle)


def exists(pid: int) -> bool:
    """Whether there is such a process, even a dead one that nobody took note of."""
    return Path(f"/proc/{pid}").exists()


def test_a_reply_comes_whole_however_large(spawner: Spawner) -> None:
    request = {"text": "ž" * 5_000_000, "number": 1}
    assert spawner.run(ECHO, request)["request"] == request


def test_each_run_is_a_process_of_its_own_below_the_same_spawner(spawner: Spawner) -> None:
    one, two = spawner.run(ECHO, {}), spawner.run(ECHO, {})
    assert one["pid"] != two["pid"] and one["parent"] == two["parent"] != os.getpid()


def test_open_files_are_passed_even_those_without_a_name(spawner: Spawner) -> None:
    with tempfile.TemporaryFile() as one, tempfile.TemporaryFile() as two:
        one.write(b"first")
        two.write(b"second")
        one.flush()
        two.flush()
        assert spawner.run(ECHO, {}, [one.fileno(), two.fileno()])["files"] == ["first", "second"]


def test_runs_at_once_each_get_their_own_reply(spawner: Spawner) -> None:
    with ThreadPoolExecutor(4) as pool:
        replies = pool.map(lambda number: spawner.run(ECHO, {"number": number}), range(40))
        assert [reply["request"]["number"] for reply in replies] == list(range(40))


def test_no_process_is_left_of_a_run_not_even_a_dead_one(spawner: Spawner) -> None:
    done = spawner.run(ECHO, {})
    assert not exists(done["pid"])
    parent = done["parent"]
    assert Path(f"/proc/{parent}/task/{parent}/children").read_text() == ""


def test_an_error_of_ours_is_raised_here_with_all_that_it_tells(spawner: Spawner) -> None:
    with pytest.raises(SourceError) as placed:
        spawner.run(FAIL, {"kind": "spot"})
    assert str(placed.value) == "x.ttl:3: wrong. Mend it."
    with pytest.raises(DeadlineError) as valued:
        spawner.run(FAIL, {"kind": "value"})
    assert valued.value.seconds == 2.5 and "2.5 seconds" in str(valued.value)


def test_an_error_that_carries_more_than_values_arrives_as_the_base_of_all(spawner: Spawner) -> None:
    with pytest.raises(LetapisError, match="too much. Carry less.") as caught:
        spawner.run(FAIL, {"kind": "laden"})
    assert type(caught.value) is LetapisError


def test_what_is_not_on_the_list_is_not_run(spawner: Spawner) -> None:
    with pytest.raises(UsageError, match="os:system"):
        spawner.run("os:system", {})


def test_a_run_past_its_time_is_killed_before_that_is_said(spawner: Spawner) -> None:
    with tempfile.TemporaryFile() as file:
        with pytest.raises(WriteDeadlineError) as caught:
            spawner.run(HANG, {}, [file.fileno()], seconds=1)
        assert caught.value.seconds == 1
        file.seek(0)
        assert not exists(int(file.read().split()[0]))
    assert spawner.run(ECHO, {"next": 1})["request"] == {"next": 1}


@pytest.mark.parametrize(("errand", "request_"), [(CRASH, {"zero": 0}), (DIE, {}), (GROW, {"mebibytes": 400})])
def test_a_run_whose_process_dies_is_an_error(spawner: Spawner, errand: str, request_: dict[str, int]) -> None:
    with pytest.raises(WriteLostError) as caught:
        spawner.run(errand, request_)
    assert caught.value.mebibytes == 256
    assert spawner.run(ECHO, {"next": 2})["request"] == {"next": 2}


def test_a_run_may_take_the_memory_of_its_limit_and_open_files(spawner: Spawner) -> None:
    done = spawner.run(GROW, {"mebibytes": 200})
    assert done["taken"] == 200 * 2**20
    assert "Max core file size        0" in done["limits"]


def test_more_runs_at_once_than_allowed_are_turned_away() -> None:
    one = Spawner(WriteLimits(at_once=1), (HANG, ECHO))
    reading, writing = os.pipe()
    try:
        with ThreadPoolExecutor(1) as pool:
            hanging = pool.submit(one.run, HANG, {}, [writing], seconds=2)
            os.read(reading, 1)
            with pytest.raises(WriteBusyError, match="1 writes"):
                one.run(ECHO, {})
            assert isinstance(hanging.exception(), WriteDeadlineError)
        assert one.run(ECHO, {"after": 1})["request"] == {"after": 1}
    finally:
        os.close(reading)
        os.close(writing)
        one.close()


def test_a_killed_spawner_is_replaced_and_what_it_ran_ends_with_it() -> None:
    one = Spawner(functions=(HANG, ECHO))
    reading, writing = os.pipe()
    try:
        with ThreadPoolExecutor(1) as pool:
            hanging = pool.submit(one.run, HANG, {}, [writing])
            pid, parent = map(int, os.read(reading, 100).split())
            child = os.pidfd_open(pid)
            os.kill(parent, signal.SIGKILL)
            assert isinstance(hanging.exception(30), WriteLostError)
            assert ended(child)
        assert one.run(ECHO, {})["parent"] != parent
    finally:
        os.close(reading)
        os.close(writing)
        one.close()


def test_nothing_is_left_when_the_parent_is_killed_in_the_middle_of_a_run() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        handles = [os.pidfd_open(int(pid)) for pid in parent.stdout.readline().split()]
        parent.kill()
        assert [ended(handle) for handle in handles] == [True, True]


def test_it_ends_when_it_is_closed_and_the_last_that_uses_it_is_done() -> None:
    one = Spawner(functions=(ECHO,))
    one.enter()
    parent = one.run(ECHO, {})["parent"]
    one.close()
    assert one.run(ECHO, {})["parent"] == parent
    one.leave()
    assert not exists(parent)


def test_one_that_was_never_used_has_nothing_to_close() -> None:
    Spawner().close()
