"""Idempotency-Key: what was done is not done again, whoever dies in between; what is another request is refused."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask, Response, jsonify, request
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from server import errors
from server.errors import BadRequestError
from server.idempotency import _Folder, attempted
from tests.conftest import ROOT

KEY = '"8e03978e-40d5-43dd-bc93-6894a57f9324"'
RECORDED = "commits"
"""The versions of these tests: a line for each commit, the key that it carries."""

DIE = """
import sys
from pathlib import Path
from tests.server.test_idempotency import make_app, post
post(make_app(Path(sys.argv[1])).test_client(), sys.argv[2])
"""


def commits(data: Path) -> list[str]:
    path = data / RECORDED
    return path.read_text().splitlines() if path.exists() else []


def make_app(data: Path, kept: int = 1000) -> Flask:
    """A server whose every POST to /commit is a commit; the body says what else happens."""
    app = Flask("tiny")
    errors.register(app)

    def find_committed(key: str) -> int | None:
        keys = commits(data)
        return keys.index(key) + 1 if key in keys else None

    def commit(key: str | None) -> int:
        with (data / RECORDED).open("a") as file:
            file.write(f"{key}\n")
        return len(commits(data))

    def describe(number: int) -> Response:
        answer = jsonify({"version": number})
        answer.status_code = 201
        answer.headers.add("Link", "</a>; rel=a")
        answer.headers.add("Link", "</b>; rel=b")
        return answer

    @app.post("/commit")
    @app.post("/other")
    def view() -> Response:
        body = request.get_data()
        with attempted(data, request.args.get("by", "maria"), body, find_committed, kept=kept) as attempt:
            if attempt.answer is None:
                _misbehave(body, "before", app)
                number = attempt.committed or commit(attempt.key)
                _misbehave(body, "after", app)
                attempt.answer = Response(status=503) if body == b"503" else describe(number)
            return attempt.answer

    return app


def _misbehave(body: bytes, moment: str, app: Flask) -> None:
    if body == f"die {moment}".encode() and "DIE" in os.environ:
        os._exit(9)
    if body == f"refuse {moment}".encode():
        raise BadRequestError("refused.")
    if body == f"again {moment}".encode():
        inner = post(app.test_client(), "again before")
        waits = inner.headers.get("Retry-After"), inner.get_json()["retryAfter"]
        raise BadRequestError(f"{inner.status_code} {waits}")


def post(
    client: FlaskClient, body: str = "", key: str | None = KEY, path: str = "/commit", kind: str = ""
) -> TestResponse:
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post(path, data=body.encode(), headers={**headers, **({"Content-Type": kind} if kind else {})})


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    return make_app(tmp_path).test_client()


def records(data: Path) -> list[str]:
    return sorted(path.name for path in (data / "idempotency").iterdir())


# The same again


def test_the_same_request_again_gets_the_same_answer_and_does_nothing(client: FlaskClient, tmp_path: Path) -> None:
    first, second = post(client, "a"), post(client, "a")
    assert first.status_code == 201
    assert (second.status_code, second.data, [*second.headers]) == (first.status_code, first.data, [*first.headers])
    assert second.headers.getlist("Link") == ["</a>; rel=a", "</b>; rel=b"]
    assert len(commits(tmp_path)) == 1


def test_it_does_so_in_another_process_as_well(client: FlaskClient, tmp_path: Path) -> None:
    assert post(client, "a").data == post(make_app(tmp_path).test_client(), "a").data
    assert len(commits(tmp_path)) == 1


def test_without_a_key_each_request_is_done(client: FlaskClient, tmp_path: Path) -> None:
    assert [post(client, "a", key=None).get_json()["version"] for _ in range(2)] == [1, 2]
    assert commits(tmp_path) == ["None", "None"]
    assert not (tmp_path / "idempotency").exists()


def test_another_key_is_another_request(client: FlaskClient) -> None:
    assert [post(client, "a", key=key).get_json()["version"] for key in ('"k1"', '"k2"', '"k1"')] == [1, 2, 1]


def test_a_key_belongs_to_who_sent_it(client: FlaskClient) -> None:
    paths = ("/commit?by=maria", "/commit?by=ivan")
    assert [post(client, "a", path=path).get_json()["version"] for path in paths] == [1, 2]


def test_the_commit_carries_a_hash_and_no_key_is_kept(client: FlaskClient, tmp_path: Path) -> None:
    post(client, "a")
    [key] = commits(tmp_path)
    assert len(key) == 64 and records(tmp_path) == [f"{key}.json"]
    assert KEY.strip('"') not in (tmp_path / "idempotency" / f"{key}.json").read_text()


# Another request


@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [("/commit", "b", ""), ("/commit?x=1", "a", ""), ("/other", "a", ""), ("/commit", "a", "text/turtle")],
)
def test_the_key_of_another_request_is_refused(
    client: FlaskClient, tmp_path: Path, path: str, body: str, kind: str
) -> None:
    post(client, "a")
    response = post(client, body, path=path, kind=kind)
    assert (response.status_code, response.mimetype) == (422, "application/problem+json")
    assert len(commits(tmp_path)) == 1
    assert post(client, "a").status_code == 201


@pytest.mark.parametrize("key", ["", '""', '"a', "a b", 'a"b', "é", '"é"', "x" * 256, '"\\a"', '"a", "b"', '"a\x7f"'])
def test_a_malformed_key_is_refused(client: FlaskClient, tmp_path: Path, key: str) -> None:
    assert post(client, "a", key=key).status_code == 400
    assert commits(tmp_path) == []


@pytest.mark.parametrize(("one", "same"), [('"k"', "k"), ('"a\\"b"', '"a\\"b"'), (' "k" ', '"k"')])
def test_a_key_is_what_stands_between_the_quotes(client: FlaskClient, tmp_path: Path, one: str, same: str) -> None:
    assert post(client, "a", key=one).data == post(client, "a", key=same).data
    assert len(commits(tmp_path)) == 1


# While it runs


def test_a_key_whose_request_still_runs_is_a_conflict_to_try_again(client: FlaskClient, tmp_path: Path) -> None:
    response = post(client, "again before")
    assert response.get_json()["detail"] == "409 ('1', 1)"
    assert commits(tmp_path) == []


def test_of_many_at_once_one_is_done(tmp_path: Path) -> None:
    app, start = make_app(tmp_path), threading.Barrier(8)

    def ask(_: int) -> tuple[int, bytes]:
        start.wait(timeout=30)
        response = post(app.test_client(), "a")
        return response.status_code, response.data

    for done in range(1, 6):
        (tmp_path / RECORDED).unlink(missing_ok=True)
        shutil.rmtree(tmp_path / "idempotency", ignore_errors=True)
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(ask, range(8)))
        assert {body for status, body in answers if status == 201} == {b'{"version":1}\n'}, done
        assert {status for status, _ in answers} <= {201, 409}
        assert len(commits(tmp_path)) == 1


def test_a_key_is_never_held_twice_though_its_lock_comes_and_goes(tmp_path: Path) -> None:
    folder, inside, most = _Folder(tmp_path / "idempotency", 3), list[int](), list[int]()

    def hold(worker: int) -> None:
        for _ in range(500):
            with folder.holding("k") as is_first:
                if is_first:
                    inside.append(worker)
                    tmp_path.stat()  # lets another thread run
                    most.append(len(inside))
                    inside.remove(worker)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(hold, range(4)))
    assert set(most) == {1}


def test_nothing_stays_locked_after_a_request(client: FlaskClient, tmp_path: Path) -> None:
    for body, key in (("a", '"k1"'), ("refuse before", '"k2"'), ("a", '"k1"'), ("b", '"k1"')):
        post(client, body, key=key)
    assert [name for name in records(tmp_path) if not name.endswith(".json")] == []


# What fails


def test_a_request_that_was_refused_may_be_tried_again(client: FlaskClient, tmp_path: Path) -> None:
    assert [post(client, "refuse before").status_code for _ in range(2)] == [400, 400]
    assert post(client, "a").status_code == 422  # another request is still another request
    assert commits(tmp_path) == []


def test_a_request_that_failed_after_its_commit_is_answered_with_that_version(
    client: FlaskClient, tmp_path: Path
) -> None:
    assert post(client, "503").status_code == 503
    assert post(client, "503").status_code == 503  # not kept, so asked again
    assert len(commits(tmp_path)) == 1


@pytest.mark.parametrize(("moment", "done"), [("before", 0), ("after", 1)])
def test_a_request_whose_process_died_is_done_once_in_the_end(tmp_path: Path, moment: str, done: int) -> None:
    words = [sys.executable, "-c", DIE, str(tmp_path), f"die {moment}"]
    died = subprocess.run(words, cwd=ROOT, env={**os.environ, "DIE": "1"}, check=False, timeout=60)
    assert (died.returncode, len(commits(tmp_path))) == (9, done)
    client = make_app(tmp_path).test_client()
    assert post(client, "other").status_code == 422
    for _ in "once", "again":
        assert post(client, f"die {moment}").get_json() == {"version": 1}
    assert len(commits(tmp_path)) == 1


def test_a_commit_is_found_though_what_was_asked_is_forgotten(client: FlaskClient, tmp_path: Path) -> None:
    post(client, "a")
    [name] = records(tmp_path)
    (tmp_path / "idempotency" / name).unlink()
    assert post(client, "a").get_json() == {"version": 1}
    assert len(commits(tmp_path)) == 1


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"fingerprint": "x", "answer": {}}',
                '{"fingerprint": "x", "answer": {"status": 200, "headers": [], "body": "%"}}'],
)  # fmt: skip
def test_a_damaged_record_is_an_error_and_nothing_is_done(client: FlaskClient, tmp_path: Path, content: str) -> None:
    post(client, "a")
    [name] = records(tmp_path)
    (tmp_path / "idempotency" / name).write_text(content)
    response = post(client, "a")
    assert (response.status_code, response.mimetype) == (503, "application/problem+json")
    assert "damaged" in response.get_json()["detail"]
    assert len(commits(tmp_path)) == 1


def test_where_nothing_can_be_kept_nothing_is_done(client: FlaskClient, tmp_path: Path) -> None:
    (tmp_path / "idempotency").touch()
    response = post(client, "a")
    assert (response.status_code, commits(tmp_path)) == (503, [])
    assert "cannot be written" in response.get_json()["detail"]


# How many


@pytest.fixture
def forgetful(tmp_path: Path) -> FlaskClient:
    """A client of a server that remembers three keys."""
    return make_app(tmp_path, kept=3).test_client()


def test_the_last_keys_are_kept_and_the_oldest_removed(forgetful: FlaskClient, tmp_path: Path) -> None:
    for number in range(5):
        post(forgetful, "a", key=f'"{number}"')
    keys = commits(tmp_path)
    assert records(tmp_path) == sorted(f"{key}.json" for key in keys[2:])


def test_a_clock_that_goes_back_does_not_make_the_last_key_the_oldest(forgetful: FlaskClient, tmp_path: Path) -> None:
    post(forgetful, "a", key='"0"')
    [name] = records(tmp_path)
    future = (tmp_path / "idempotency" / name).stat().st_mtime_ns + 86_400 * 10**9
    os.utime(tmp_path / "idempotency" / name, ns=(future, future))
    for number in range(1, 4):
        post(forgetful, "a", key=f'"{number}"')
    assert records(tmp_path) == sorted(f"{key}.json" for key in commits(tmp_path)[1:])


def test_what_a_dead_process_left_is_removed_in_the_end(forgetful: FlaskClient, tmp_path: Path) -> None:
    (tmp_path / "idempotency").mkdir()
    for ending in ("next", "lock"):
        path = tmp_path / "idempotency" / f"{'0' * 64}.{ending}"
        path.touch()
        os.utime(path, ns=(1, 1))
    for number in range(3):
        post(forgetful, "a", key=f'"{number}"')
    assert records(tmp_path) == sorted(f"{key}.json" for key in commits(tmp_path))


def test_a_key_whose_request_runs_is_not_forgotten(tmp_path: Path) -> None:
    app = make_app(tmp_path, kept=1)
    done = []

    @app.post("/outer")
    def outer() -> Response:
        with attempted(tmp_path, "maria", b"", lambda _: None, kept=1) as attempt:
            if attempt.answer is None:
                done.append(post(app.test_client(), "a", key='"inner"').status_code)
                attempt.answer = Response("done")
            return attempt.answer

    client = app.test_client()
    assert [post(client, path="/outer").text for _ in range(2)] == ["done", "done"]
    assert done == [201]


def test_a_record_is_json_that_says_what_was_answered(client: FlaskClient, tmp_path: Path) -> None:
    post(client, "a")
    [name] = records(tmp_path)
    kept = json.loads((tmp_path / "idempotency" / name).read_text())
    assert (set(kept), kept["answer"]["status"]) == ({"fingerprint", "answer"}, 201)
