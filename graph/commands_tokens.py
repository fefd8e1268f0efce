"""`letapis tokens`: create, list and revoke what lets a program write by HTTP."""

from __future__ import annotations

import argparse
import sys
from argparse import Namespace
from pathlib import Path

from graph.commands import print_json
from graph.tokens import Token, Tokens


def add_tokens(parser: argparse.ArgumentParser) -> None:
    """Give the parser of `letapis tokens` its actions."""
    parser.set_defaults(run=run_tokens)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    creating = actions.add_parser("create", help="make a token; its secret is shown once")
    creating.add_argument("name", help="who writes with it; stands in each commit")
    scopes = "ingest, ingest:<IRI prefix>, ingest:default, update or admin; may be repeated"
    creating.add_argument("--scope", action="append", required=True, help=scopes)
    listing = actions.add_parser("list", help="every token: its name, scopes, and when it was made")
    listing.add_argument("--json", action="store_true", help="answer in JSON, for programs")
    actions.add_parser("revoke", help="let nobody in by a token any more").add_argument("name")


def run_tokens(arguments: Namespace) -> int:
    """Create, list or revoke tokens; servers that run follow at once."""
    tokens = Tokens(Path(arguments.data).resolve())
    if arguments.action == "create":
        _create(tokens, arguments)
    elif arguments.action == "list":
        _list(tokens.list(), arguments.json)
    else:
        tokens.revoke(arguments.name)
        print(f"{arguments.name} is revoked: its secret lets nobody in any more.")
    return 0


def _create(tokens: Tokens, arguments: Namespace) -> None:
    """Print the secret alone on standard output, so that `TOKEN=$(letapis tokens create …)` holds nothing else."""
    secret = tokens.create(arguments.name, arguments.scope)
    print(secret, flush=True)
    print(f"This is the secret of {arguments.name}; it is not shown again. "
          'Send it with each write as the header "Authorization: Bearer <secret>", never in an address.',
          file=sys.stderr)  # fmt: skip


def _list(tokens: list[Token], as_json: bool) -> None:
    if as_json:
        print_json([{"name": t.name, "scopes": [str(s) for s in t.scopes], "created": t.created} for t in tokens])
        return
    if not tokens:
        print("no token yet; `letapis tokens create NAME --scope ingest` makes one")
    for token in tokens:
        print(f"{token.name:<24}  {token.created}  {' '.join(map(str, token.scopes))}")
