"""Tokens: hashed at rest, narrow in what they permit, gone at once when revoked, and a damaged file lets nobody in."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from graph.commands_tokens import add_tokens, run_tokens
from graph.errors import TokenError, UsageError
from graph.rdf import BlankNode, DefaultGraph, NamedNode
from graph.tokens import PREFIX, Token, Tokens, parse_scope
from tests.conftest import ROOT

REPORTS = "https://example.org/reports/"
INSIDE, OUTSIDE = NamedNode(REPORTS + "may"), NamedNode("https://example.org/other")

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    return Tokens(tmp_path / "data")


def token_with(*scopes: str) -> Token:
    return Token("maria", tuple(parse_scope(scope) for scope in scopes), "2026-01-01T00:00:00+00:00", "0" * 64)


def file_of(tmp_path: Path) -> Path:
    return tmp_path / "data" / "tokens.json"


# Secrets


def test_a_secret_finds_its_token_and_no_other(tokens: Tokens) -> None:
    maria, ivan = tokens.create("maria", ["ingest"]), tokens.create("ivan", ["update"])
    assert [found.name for secret in (maria, ivan) if (found := tokens.find(secret))] == ["maria", "ivan"]


@pytest.mark.parametrize("wrong", ["", "letapis_", "x" * 51, "\udcff", "\0", "é", "0" * 64])
def test_what_is_no_secret_finds_nothing(tokens: Tokens, wrong: str) -> None:
    tokens.create("maria", ["admin"])
    assert tokens.find(wrong) is None


def test_a_digest_is_no_secret(tokens: Tokens) -> None:
    tokens.create("maria", ["admin"])
    assert tokens.find(tokens.list()[0].digest) is None


def test_without_tokens_nothing_is_found(tokens: Tokens) -> None:
    assert tokens.find("letapis_x") is None
    assert tokens.list() == []


def test_a_secret_is_recognisable_and_has_256_bits(tokens: Tokens) -> None:
    secret = tokens.create("maria", ["ingest"])
    assert secret.startswith(PREFIX)
    assert len(secret.removeprefix(PREFIX)) == 43  # base64 of 32 bytes
    assert tokens.create("ivan", ["ingest"]) != secret


def test_a_secret_is_kept_nowhere(tokens: Tokens, tmp_path: Path) -> None:
    secret = tokens.create("maria", ["ingest"]).removeprefix(PREFIX).encode()
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and secret in path.read_bytes()]


def test_a_token_does_not_show_its_digest(tokens: Tokens) -> None:
    tokens.create("maria", ["ingest"])
    token = tokens.list()[0]
    assert token.digest not in f"{token!r} {token}"


# Scopes


@pytest.mark.parametrize("graph", [None, INSIDE, DefaultGraph(), BlankNode("b")])
def test_ingest_permits_every_graph_and_nothing_else(graph: NamedNode | DefaultGraph | BlankNode | None) -> None:
    token = token_with("ingest")
    assert token.permits("ingest", graph)
    assert not token.permits("update", graph) and not token.permits("admin", graph)


def test_a_prefix_permits_graphs_below_it_only() -> None:
    token = token_with(f"ingest:{REPORTS}")
    assert token.permits("ingest", INSIDE)
    for graph in (OUTSIDE, NamedNode(REPORTS[:-1]), DefaultGraph(), BlankNode("b")):
        assert not token.permits("ingest", graph), graph
    assert not token.permits("update", INSIDE)


def test_a_prefix_permits_to_begin_before_the_graph_is_known() -> None:
    assert token_with(f"ingest:{REPORTS}").permits("ingest")
    assert not token_with("update").permits("ingest")


def test_default_means_the_default_graph_and_no_iri() -> None:
    token = token_with("ingest:default")
    assert token.permits("ingest", DefaultGraph())
    assert not token.permits("ingest", NamedNode("default:graph"))


def test_update_permits_updates_and_nothing_else() -> None:
    token = token_with("update")
    assert token.permits("update", INSIDE) and token.permits("update", DefaultGraph())
    assert not token.permits("ingest", INSIDE) and not token.permits("admin")


def test_admin_permits_everything() -> None:
    token = token_with("admin")
    assert all(token.permits(action, graph) for action in ("ingest", "update", "admin") for graph in (None, INSIDE))


def test_several_scopes_permit_what_one_of_them_does() -> None:
    token = token_with(f"ingest:{REPORTS}", "update")
    assert token.permits("ingest", INSIDE) and token.permits("update", OUTSIDE)
    assert not token.permits("ingest", OUTSIDE)


@pytest.mark.parametrize("text", ["ingest", f"ingest:{REPORTS}", "ingest:default", "update", "admin", "ingest:urn:a:"])
def test_a_scope_is_written_as_it_is_read(text: str) -> None:
    assert str(parse_scope(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", "read", "Ingest", " ingest", "ingest:", "ingest:reports", "ingest:http:", "ingest:https://",
     "ingest:http://a b", "ingest:http://a/%zz", "ingest:http://a\n", "update:http://a/", "admin:default",
     "ingest;admin", "*"],
)  # fmt: skip
def test_a_malformed_scope_is_wrong_usage_and_makes_no_token(tokens: Tokens, text: str) -> None:
    with pytest.raises(UsageError, match="is no scope"):
        tokens.create("maria", ["ingest", text])
    assert tokens.list() == []


def test_a_token_without_a_scope_is_wrong_usage(tokens: Tokens) -> None:
    with pytest.raises(UsageError, match="without a scope"):
        tokens.create("maria", [])


@pytest.mark.parametrize("name", ["", "-x", "a b", "a\n", "x" * 65, "<b>", "../x", "мария"])
def test_a_malformed_name_is_wrong_usage(tokens: Tokens, name: str) -> None:
    with pytest.raises(UsageError, match="is no name"):
        tokens.create(name, ["ingest"])


# What is kept


def test_a_name_is_given_once(tokens: Tokens) -> None:
    secret = tokens.create("maria", ["ingest"])
    with pytest.raises(TokenError, match="already"):
        tokens.create("maria", ["admin"])
    found = tokens.find(secret)
    assert found is not None and not found.permits("admin")


def test_tokens_are_listed_in_the_order_they_were_made(tokens: Tokens) -> None:
    for name in ("b", "a", "c"):
        tokens.create(name, ["ingest", "ingest", "update"])
    assert [(token.name, [str(scope) for scope in token.scopes]) for token in tokens.list()] == [
        (name, ["ingest", "update"]) for name in ("b", "a", "c")
    ]


def test_nobody_else_may_read_the_file(tokens: Tokens, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        tokens.create("maria", ["ingest"])
    finally:
        os.umask(before)
    assert {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "data").iterdir()} == {
        "tokens.json": 0o600, "tokens.lock": 0o600,
    }  # fmt: skip


def test_a_revoked_token_is_refused_at_once_by_whoever_read_the_file_before(tokens: Tokens, tmp_path: Path) -> None:
    secret = tokens.create("maria", ["ingest"])
    server = Tokens(tmp_path / "data")
    assert server.find(secret)
    tokens.revoke("maria")
    assert server.find(secret) is None


def test_a_new_token_is_known_at_once_to_whoever_read_the_file_before(tokens: Tokens, tmp_path: Path) -> None:
    server = Tokens(tmp_path / "data")
    assert server.list() == []
    assert server.find(tokens.create("maria", ["ingest"]))


def test_a_change_is_seen_though_the_clock_went_back(tokens: Tokens, tmp_path: Path) -> None:
    secret = tokens.create("maria", ["ingest"])
    tomorrow = file_of(tmp_path).stat().st_mtime_ns + 86_400 * 10**9
    os.utime(file_of(tmp_path), ns=(tomorrow, tomorrow))
    assert tokens.find(secret)
    tokens.revoke("maria")
    assert file_of(tmp_path).stat().st_mtime_ns > tomorrow
    assert tokens.find(secret) is None


def test_the_file_is_not_read_again_while_it_stays_the_same(tokens: Tokens) -> None:
    tokens.create("maria", ["ingest"])
    first, second = tokens.list()[0], tokens.list()[0]
    assert first is second


def test_a_name_that_is_not_there_cannot_be_revoked(tokens: Tokens) -> None:
    with pytest.raises(TokenError, match="no token `maria`"):
        tokens.revoke("maria")


def test_tokens_made_at_the_same_time_are_all_kept(tokens: Tokens, tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from graph.tokens import Tokens\n" \
           "for n in range(10): Tokens(Path(sys.argv[1])).create(f'{sys.argv[2]}{n}', ['ingest'])"  # fmt: skip
    writers = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "data"), name], cwd=ROOT) for name in "ab"]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
    assert len(tokens.list()) == 20


def test_what_a_killed_writer_left_is_in_nobodys_way(tokens: Tokens, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "tokens.next").write_text('{"tokens": [')
    assert tokens.find(tokens.create("maria", ["ingest"]))


# Damage


ROW = {"name": "maria", "scopes": ["admin"], "created": "2026-01-01T00:00:00+00:00", "digest": "0" * 64}


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff", b"[]", b"null", b"{}", b'{"tokens": 5}', b'{"tokens": ["x"]}', b"[" * 100_000]
    + [json.dumps({"tokens": [{**ROW, key: value}]}).encode() for key, value in [
        ("digest", ""), ("digest", 5), ("digest", "g" * 64), ("scopes", []), ("scopes", "admin"), ("scopes", ["root"]),
        ("scopes", [5]), ("name", ""), ("name", None), ("created", 5),
    ]]
    + [json.dumps({"tokens": [ROW, ROW]}).encode()],
    ids=range(20),
)  # fmt: skip
def test_a_damaged_file_is_an_error_and_lets_nobody_in(tokens: Tokens, tmp_path: Path, content: bytes) -> None:
    secret = tokens.create("maria", ["admin"])
    assert tokens.find(secret)
    file_of(tmp_path).write_bytes(content)
    for _ in "again", "and again":
        with pytest.raises(TokenError, match="damaged"):
            tokens.find(secret)
    with pytest.raises(TokenError, match="damaged"):
        tokens.create("ivan", ["ingest"])
    assert file_of(tmp_path).read_bytes() == content


def test_a_file_that_cannot_be_read_is_an_error(tokens: Tokens, tmp_path: Path) -> None:
    file_of(tmp_path).mkdir(parents=True)
    with pytest.raises(TokenError, match="cannot be read"):
        tokens.find("letapis_x")


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TokenError, match="cannot be written"):
        Tokens(tmp_path / "file").create("maria", ["ingest"])


# The command


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `letapis tokens` on a data folder; its exit code, output and errors."""

    def run(*words: str) -> tuple[int, str, str]:
        parser = argparse.ArgumentParser()
        parser.set_defaults(data=tmp_path / "data")
        add_tokens(parser)
        code = run_tokens(parser.parse_args(words))
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_creating_prints_the_secret_alone_and_tells_how_to_use_it(run: Run, tokens: Tokens) -> None:
    code, out, err = run("create", "maria", "--scope", "update", "--scope", "ingest:default")
    assert code == 0
    found = tokens.find(out.removesuffix("\n"))
    assert found is not None and [str(scope) for scope in found.scopes] == ["update", "ingest:default"]
    assert "Authorization: Bearer" in err and out.strip() not in err and err.count("\n") == 1


def test_listing_shows_names_scopes_and_dates_but_no_digest(run: Run, tokens: Tokens) -> None:
    assert "no token yet" in run("list")[1]
    run("create", "maria", "--scope", "ingest")
    token = tokens.list()[0]
    for words in (["list"], ["list", "--json"]):
        code, out, _ = run(*words)
        assert code == 0 and token.digest not in out
        assert all(text in out for text in ("maria", "ingest", token.created))
    assert json.loads(run("list", "--json")[1]) == [{"name": "maria", "scopes": ["ingest"], "created": token.created}]


def test_revoking_says_so(run: Run, tokens: Tokens) -> None:
    run("create", "maria", "--scope", "ingest")
    assert run("revoke", "maria")[:2] == (0, "maria is revoked: its secret lets nobody in any more.\n")
    assert tokens.list() == []


def test_a_token_needs_a_scope_on_the_command_line(run: Run) -> None:
    with pytest.raises(SystemExit) as end:
        run("create", "maria")
    assert end.value.code == 2
