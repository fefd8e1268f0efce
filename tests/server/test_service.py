"""The version that a server holds: kept by a request to its end, replaced by a newer one, closed when unneeded."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from graph.build import build
from graph.errors import VersionError
from graph.evaluate import Limits, Request
from graph.project import Project
from graph.readers import oldest_served
from graph.versions import Version, Versions
from server import create_app
from server.service import Served, Service
from tests.server.conftest import ClosingClient
from tests.server.live import read_process, wait_until

LIMITS = Limits(seconds=5, mebibytes=512, workers=4)
LABEL = "SELECT ?label { <https://w3id.org/letapis/id/O9002> skos:prefLabel ?label }"
QUERY = f"PREFIX skos: <http://www.w3.org/2004/02/skos/core#> {LABEL}"
LARGE = "SELECT ?a { { SELECT ?x { ?x ?y ?z } LIMIT 100 } { SELECT ?a { ?a ?b ?c } LIMIT 1000 } }"


def slow_to_open(number: int) -> tuple[threading.Event, threading.Event, Callable[..., Served]]:
    """How to open versions, of which that *number* waits: one event says so, the other lets it go on."""
    opening, may_open = threading.Event(), threading.Event()

    def open_version(*args: Any) -> Served:
        if args[0].number == number:
            opening.set()
            assert may_open.wait(30)
        return Served(*args)

    return opening, may_open, open_version


@pytest.fixture
def first(built: Project, tmp_path: Path) -> Project:
    """The record with version 1, which a test may change."""
    shutil.copytree(built.root, tmp_path, symlinks=True, dirs_exist_ok=True)
    return Project(tmp_path, tmp_path / built.data.relative_to(built.root))


@pytest.fixture
def service(first: Project) -> Iterator[Service]:
    """A service of version 1."""
    made = Service(first, LIMITS)
    yield made
    made.close()


@pytest.fixture
def app(first: Project) -> Iterator[Flask]:
    """A server of version 1, of which more versions may be made."""
    made = create_app(first, LIMITS)
    made.test_client_class = ClosingClient
    yield made
    made.extensions["letapis"].close()


def rename(project: Project, name: str) -> Version:
    """The next version, in which the Harbour Union has another name."""
    path = project.entities / "all.yml"
    lines = path.read_text().splitlines()
    changed = [f"O9002: {{a: CivilSocietyOrganization, label: {{en: Harbour {name}}}}}" if line.startswith("O9002")
               else line for line in lines]  # fmt: skip
    path.write_text("\n".join(changed) + "\n")
    return build(project, by="tests", why=name).version


def follow_up(project: Project) -> Version:
    """The next version, which holds what the current one does."""
    versions = Versions(project.data)
    current = versions.current()
    assert current is not None
    with versions.writer() as writer:
        return writer.restore(current, by="tests", why="again")


def number_of(service: Service) -> int:
    """The version that a request gets now."""
    served = service.enter()
    served.leave()
    return served.version.number


def evaluator_of(served: Served) -> int:
    return served.evaluators._holder.pid


def is_alive(pid: int) -> bool:
    return read_process(pid) is not None


def label(served: Served) -> str:
    answer = served.evaluators.answer(Request(QUERY, solutions="csv"))
    return answer.read().decode().split("\r\n")[1]


def test_requests_of_one_version_share_it(service: Service) -> None:
    one, two = service.enter(), service.enter()
    assert one is two and one.version.number == 1
    one.leave()
    two.leave()


def test_a_request_keeps_its_version_and_the_next_gets_the_new_one(service: Service, first: Project) -> None:
    old = service.enter()
    rename(first, "Guild")
    new = service.enter()
    assert (old.version.number, new.version.number) == (1, 2)
    assert (label(old), label(new)) == ("Harbour Union", "Harbour Guild")
    old.leave()
    new.leave()


def test_the_old_version_ends_when_its_last_request_does(service: Service, first: Project) -> None:
    old, same = service.enter(), service.enter()
    evaluator = evaluator_of(old)
    rename(first, "Guild")
    service.enter().leave()
    old.leave()
    assert is_alive(evaluator) and label(same) == "Harbour Union"
    same.leave()
    wait_until(lambda: not is_alive(evaluator), "the old version's evaluator ended")


def test_an_idle_old_version_ends_at_once(service: Service, first: Project) -> None:
    old = service.enter()
    old.leave()
    rename(first, "Guild")
    service.enter().leave()
    wait_until(lambda: not is_alive(evaluator_of(old)), "the old version's evaluator ended")
    assert old.enter() is False


def test_close_ends_the_version_after_the_requests_under_way(service: Service) -> None:
    served = service.enter()
    evaluator = evaluator_of(served)
    service.close()
    assert label(served) == "Harbour Union"
    served.leave()
    wait_until(lambda: not is_alive(evaluator), "the evaluator ended")


@pytest.fixture
def following(first: Project) -> Iterator[Service]:
    """A service of version 1 that opens newer ones in the background."""
    made = Service(first, LIMITS)
    made.follow()
    made.enter().leave()
    yield made
    made.close()


def test_one_that_follows_serves_a_new_version_without_being_asked(following: Service, first: Project) -> None:
    follow_up(first)
    wait_until(lambda: oldest_served(first.data) == 2, "version 2 is served")
    assert number_of(following) == 2


def test_no_request_waits_for_a_version_that_is_opened_in_the_background(first: Project) -> None:
    opening, may_open, open_version = slow_to_open(2)
    service = Service(first, LIMITS, open_version)
    service.follow()
    service.enter().leave()
    follow_up(first)
    assert opening.wait(30)
    assert [number_of(service) for _ in range(3)] == [1, 1, 1]
    assert service.wait_until_served(2, 0.1) is False
    may_open.set()
    assert service.wait_until_served(2, 30) and number_of(service) == 2
    service.close()


def test_what_was_waited_for_is_what_every_process_answers_with(following: Service, first: Project) -> None:
    other, third = Service(first, LIMITS), Service(first, LIMITS)
    third.follow()
    for number in range(2, 6):
        assert follow_up(first).number == number
        assert other.wait_until_served(number, 30)
        assert [number_of(service) for service in (other, following, third)] == [number] * 3
    third.close()
    other.close()


def test_what_no_process_has_is_not_waited_for_any_longer_than_told(following: Service) -> None:
    assert following.wait_until_served(1, 0)
    assert not following.wait_until_served(2, 0.05)


def test_a_process_that_ended_is_not_waited_for(following: Service, first: Project) -> None:
    other = Service(first, LIMITS)
    other.follow()
    wait_until(lambda: oldest_served(first.data) == 1, "both serve version 1")
    other.close()
    follow_up(first)
    assert following.wait_until_served(2, 30)


def test_a_version_that_cannot_be_opened_leaves_the_one_before(following: Service, first: Project) -> None:
    version = Versions(first.data).current()
    assert version is not None
    (first.data / "versions" / "2").mkdir()
    (first.data / "current.next").symlink_to("versions/2")
    (first.data / "current.next").replace(first.data / "current")
    assert not following.wait_until_served(2, 0.1)
    assert number_of(following) == 1
    shutil.copytree(version.folder, first.data / "versions" / "2", dirs_exist_ok=True)
    assert following.wait_until_served(2, 30) and number_of(following) == 2


def test_a_new_version_is_read_from_disk_at_once_and_from_memory_when_none_follows(first: Project) -> None:
    opened: list[tuple[int, str]] = []

    def open_version(*args: Any) -> Served:
        made = Served(*args)
        opened.append((made.version.number, made.held))
        return made

    service = Service(first, LIMITS, open_version)
    service.follow()
    service.enter().leave()
    follow_up(first)
    assert service.wait_until_served(2, 30)
    assert opened == [(1, "memory"), (2, "disk")]
    service._load_at = 0
    wait_until(lambda: len(opened) == 3, "the version is loaded")
    assert opened[2] == (2, "memory") and number_of(service) == 2
    service.close()


def test_a_large_first_version_is_read_from_disk_at_once_and_from_memory_when_it_is_loaded(first: Project) -> None:
    opened: list[str] = []

    def open_version(*args: Any) -> Served:
        made = Served(*args)
        opened.append(made.held)
        return made

    service = Service(first, LIMITS, open_version)
    service._at_once_quads = 0
    service.follow()
    wait_until(lambda: len(opened) == 2, "the version is loaded")
    assert opened == ["disk", "memory"] and number_of(service) == 1
    service.close()


def test_a_killed_evaluator_of_one_that_follows_is_replaced(following: Service) -> None:
    served = following.enter()
    os.kill(evaluator_of(served), signal.SIGKILL)
    wait_until(lambda: not is_alive(evaluator_of(served)), "it died")
    assert label(served) == "Harbour Union"
    served.leave()


def test_what_requests_used_is_made_before_a_new_version_is_served(service: Service, first: Project) -> None:
    def make_used(served: Served) -> int:
        made.append(served.version.number)
        return served.version.number

    made: list[int] = []
    old = service.enter()
    assert old.keep(make_used) == old.keep(make_used) == 1
    old.leave()
    for number in (2, 3):
        follow_up(first)
        assert number_of(service) == number
    assert made == [1, 2]  # nobody used that of version 2


def test_what_is_kept_is_made_once_however_many_ask(service: Service) -> None:
    def make(served: Served) -> object:
        barrier.wait(30)
        return object()

    barrier = threading.Barrier(2)
    served = service.enter()
    with ThreadPoolExecutor(4) as threads:
        asking = [threads.submit(served.keep, make) for _ in range(4)]
        barrier.wait(30)
        assert len({id(future.result(30)) for future in asking}) == 1
    served.leave()


def test_an_older_version_is_read_from_disk_and_the_last_few_stay_open(service: Service, first: Project) -> None:
    for _ in range(4):
        follow_up(first)
    seen = [service.enter(str(number)) for number in (1, 2, 1, 3, 1, 5)]
    assert [(served.version.number, served.held) for served in seen] == [
        (1, "disk"), (2, "disk"), (1, "disk"), (3, "disk"), (1, "disk"), (5, "memory"),
    ]  # fmt: skip
    assert seen[0] is seen[2] is seen[4]
    for served in seen:
        served.leave()
    assert seen[1].enter() is False


def test_without_a_version_there_is_an_error_and_the_first_build_ends_it(record: Project) -> None:
    service = Service(record, LIMITS)
    with pytest.raises(VersionError, match="letapis build"):
        service.enter()
    build(record, by="tests", why="first")
    served = service.enter()
    assert served.version.number == 1
    served.leave()
    service.close()


def test_the_first_requests_open_a_version_once(first: Project) -> None:
    opened = []

    def open_version(*args: Any) -> Served:
        opened.append(args[0].number)
        return Served(*args)

    service = Service(first, LIMITS, open_version)
    barrier = threading.Barrier(8)

    def request(_: int) -> int:
        barrier.wait()
        served = service.enter()
        try:
            return served.version.number
        finally:
            served.leave()

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(request, range(8))) == {1}
    assert opened == [1]
    service.close()


def test_while_a_new_version_opens_requests_go_on_with_the_old_one(first: Project) -> None:
    opening, may_open, open_version = slow_to_open(2)
    service = Service(first, LIMITS, open_version)
    service.enter().leave()
    rename(first, "Guild")
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(service.enter)
        assert opening.wait(30)
        meanwhile = service.enter()
        assert meanwhile.version.number == 1 and label(meanwhile) == "Harbour Union"
        meanwhile.leave()
        may_open.set()
        new = waiting.result(30)
    assert new.version.number == 2
    new.leave()
    service.close()


def test_many_threads_see_every_version_whole_while_new_ones_are_made(app: Flask, first: Project) -> None:
    names = ["Union", "Guild", "League", "Club"]
    done = threading.Event()

    def ask() -> set[str]:
        client, seen = app.test_client(), set()
        while not done.is_set():
            response = client.get("/sparql", query_string={"query": QUERY, "format": "csv"})
            assert response.status_code == 200, response.text
            assert response.headers["Content-Length"] == str(len(response.data))
            seen.add(response.text.split("\r\n")[1].removeprefix("Harbour "))
        return seen

    with ThreadPoolExecutor(4) as threads:
        asking = [threads.submit(ask) for _ in range(4)]
        try:
            for name in names[1:]:
                rename(first, name)
            client = app.test_client()
            wait_until(lambda: client.get("/healthz").get_json()["version"] == len(names), "the last version is served")
        finally:
            done.set()
        seen = set().union(*(future.result(30) for future in asking))
    assert seen <= set(names) and "Union" in seen


def test_an_answer_keeps_its_version_until_its_last_byte_is_out(app: Flask, first: Project) -> None:
    client = app.test_client()
    response = client.get("/sparql", query_string={"query": LARGE, "format": "csv"}, buffered=False)
    evaluator = evaluator_of(app.extensions["letapis"]._served)
    parts = response.iter_encoded()
    begin = next(parts)
    rename(first, "Guild")
    assert client.get("/healthz").get_json()["version"] == 2
    assert is_alive(evaluator)
    body = begin + b"".join(parts)
    assert len(body) == response.content_length
    response.close()
    wait_until(lambda: not is_alive(evaluator), "the old version's evaluator ended")


def test_failing_requests_let_their_version_go(app: Flask, first: Project) -> None:
    client = app.test_client()
    for path in ("/sparql?query=SELECT", "/sparql?query=CLEAR%20ALL", "/nothing", "/sparql?query=ASK{}&format=ttl"):
        assert client.get(path).status_code >= 400
    assert client.put("/sparql").status_code == 405
    assert client.head("/sparql?query=ASK{}").status_code == 200
    evaluator = evaluator_of(app.extensions["letapis"]._served)
    rename(first, "Guild")
    client.get("/healthz")
    wait_until(lambda: not is_alive(evaluator), "the old version's evaluator ended")
