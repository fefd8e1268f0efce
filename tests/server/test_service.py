"""The version that a server holds: kept by a request to its end, replaced by a newer one, closed when unneeded."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from graph.build import build
from graph.errors import VersionError
from graph.evaluate import Limits, Request
from graph.project import Project
from graph.versions import Version
from server import create_app
from server.service import Served, Service
from tests.server.conftest import ClosingClient
from tests.server.live import read_process, wait_until

LIMITS = Limits(seconds=5, mebibytes=512, workers=4)
LABEL = "SELECT ?label { <https://w3id.org/letapis/id/O9002> skos:prefLabel ?label }"
QUERY = f"PREFIX skos: <http://www.w3.org/2004/02/skos/core#> {LABEL}"
LARGE = "SELECT ?a { { SELECT ?x { ?x ?y ?z } LIMIT 100 } { SELECT ?a { ?a ?b ?c } LIMIT 1000 } }"


@pytest.fixture
def first(record: Project) -> Project:
    """The record with version 1."""
    build(record, by="tests", why="first")
    return record


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
    opening, may_open = threading.Event(), threading.Event()

    def open_version(*args: Any) -> Served:
        if args[0].number == 2:
            opening.set()
            assert may_open.wait(30)
        return Served(*args)

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
