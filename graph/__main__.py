"""The `letapis` command (also `python -m graph`): arguments in, exit code out.

0 done · 1 refused, invalid or not there · 2 wrong usage.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from graph import commands, commands_ingest, commands_redact, commands_tokens, commands_versions
from graph.errors import LetapisError, RefusedError, UsageError
from graph.iris import CANONICAL_BASE

AddCommand = Callable[[str, str], argparse.ArgumentParser]

_EPILOGS = {
    "build": "letapis build\nletapis build --data /srv/letapis --message 'April corrections'",
    "serve": "letapis serve\nletapis serve --port 9000 --timeout 10 --memory 512\n"
             "letapis serve --data mine --ontology mine.ttl --shapes none",
    "query": "letapis query 'SELECT * { ?s a <https://w3id.org/letapis/ontology#Sentence> } LIMIT 5'\n"
             "letapis query @queries/sentences.rq --format csv\necho 'ASK {}' | letapis query -",
    "validate": "letapis validate\nletapis validate --json\nletapis validate --reference   (pySHACL; slow)",
    "check": "letapis check\nletapis check --coverage\nletapis check --questions",
    "sources": "letapis sources list\nletapis sources add report.txt\n"
               "letapis sources locate a-77-195 'On 8 July' 'Andrei Skurko'",
    "versions": "letapis versions list\nletapis versions diff 3 4\nletapis versions tag 2026.1 4\n"
                "letapis versions restore 2026.1\nletapis versions history id:P0001\n"
                "letapis versions prune --keep 5 --days 30 --dry-run",
    "redact": "letapis redact id:P0001 --by maria --message 'asked for' --dry-run",
    "tokens": "letapis tokens create maria --scope ingest\n"
              "letapis tokens create bot --scope ingest:https://example.org/reports/ --scope update\n"
              "letapis tokens list --json\nletapis tokens revoke maria",
    "ingest": "letapis ingest new-claims.yml\nletapis ingest report.ttl --dry-run\n"
              "letapis ingest incoming/ --graph https://example.org/g --quarantine refused\n"
              "zcat dump.nq.gz | letapis ingest - --format nq\n"
              "letapis ingest data.nq --data mine --ontology mine.owl --shapes none",
    "explain": "letapis explain id:P0001 lt:affectedBy id:E0322\n"
               "letapis explain id:P0001 lt:affectedBy id:E0322 --format ttl",
}  # fmt: skip


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="letapis", description="A knowledge graph: every statement cited, validated, versioned, explained.",
        epilog="Start with:\n  letapis build\n  letapis serve\n\n`letapis COMMAND --help` shows examples.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    commands_of = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, summary: str) -> argparse.ArgumentParser:
        made = commands_of.add_parser(
            name, help=summary, description=summary, formatter_class=argparse.RawDescriptionHelpFormatter,
            epilog="examples:\n" + "".join(f"  {line}\n" for line in _EPILOGS[name].splitlines()),
        )  # fmt: skip
        _add_common(made)
        if hasattr(commands, f"run_{name}"):
            made.set_defaults(run=getattr(commands, f"run_{name}"))
        return made

    _add_stages(add)
    _add_reading(add)
    return parser


def _add_common(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("where things are")
    group.add_argument("--root", default=os.environ.get("LETAPIS_ROOT", Path(__file__).parent.parent),
                       help="folder of the record: ontology, shapes, claims (default: this project)")  # fmt: skip
    group.add_argument("--data", default=os.environ.get("DATA", "data"), help="folder of the versions (default: data)")
    group.add_argument("--base", default=os.environ.get("LETAPIS_BASE"),
                       help=f"base of all identifiers (default: what the data hold, or {CANONICAL_BASE})")  # fmt: skip


def _add_adopted(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("data that are not this record")
    group.add_argument("--ontology", nargs="+", metavar="FILE", help="the ontology of the data folder, or `none`")
    group.add_argument("--shapes", nargs="+", metavar="FILE", help="its shapes, or `none`")


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="answer in JSON, for programs")


def _add_stages(add: AddCommand) -> None:
    build = add("build", "Build the next version from documents, claims, ontology and shapes, through the gate.")
    build.add_argument("--by", default=os.environ.get("USER", "unknown"), help="who commits (default: $USER)")
    build.add_argument("--message", default="build from files", help="why (kept with the version)")
    _json(build)
    ingest = add("ingest", "Put files of RDF or of claims through the gate: all of them, or none.")
    commands_ingest.add_ingest(ingest)
    _add_adopted(ingest)
    validate = add("validate", "Validate the record as `build` would, and write nothing.")
    validate.add_argument("--reference", action="store_true", help="use pySHACL, the reference engine (slow)")
    _json(validate)
    check = add("check", "Verify every phrase and position against the fingerprinted texts.")
    check.add_argument("--questions", action="store_true", help="ask every competency question of the current version")
    check.add_argument("--coverage", action="store_true", help="show which passages are cited, set aside, or open")
    _json(check)
    sources = add("sources", "Texts of the documents: add one, list them, find positions in one.")
    actions = sources.add_subparsers(dest="action", required=True, metavar="ACTION")
    adding = actions.add_parser("add", help="accept a text whose fingerprint is that of a described document")
    adding.add_argument("file")
    actions.add_parser("list", help="which texts are present")
    locating = actions.add_parser("locate", help="positions of a passage, to write into `at:`")
    locating.add_argument("document")
    locating.add_argument("first", help="its first words")
    locating.add_argument("last", nargs="?", help="its last words")


def _add_reading(add: AddCommand) -> None:
    commands_versions.add_versions(add("versions", "The versions: list, show, compare, tag, restore, prune, history."))
    redact = add("redact", "Take a thing or a statement out of every kept version, for good.")
    commands_redact.add_redact(redact)
    commands_tokens.add_tokens(add("tokens", "Who may write by HTTP: create, list and revoke tokens."))
    query = add("query", "Answer a SPARQL query on the current version.")
    query.add_argument("query", help="the query, @FILE, or - for standard input")
    query.add_argument("--format", default="tsv", help="(default: tsv, and ttl for graphs)",
                       choices=("json", "xml", "csv", "tsv", "ttl", "nt", "rdf", "jsonld", "trig", "nq"))  # fmt: skip
    query.add_argument("--timeout", type=float, default=60.0, help="seconds (default: %(default)s)")
    explain = add("explain", "Say why a triple is in the graph: claims and passages, or the rule and its premises.")
    for part in ("subject", "predicate", "object"):
        explain.add_argument(part, help="an IRI, or prefix:name")
    explain.add_argument("--format", default="text", help="(default: text; the RDF formats are PROV-O)",
                         choices=("text", "json", "ttl", "jsonld", "nt", "rdf", "trig", "nq"))  # fmt: skip
    _json(explain)
    serve = add("serve", "Serve the current version over HTTP.")
    _add_adopted(serve)
    serve.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"), help="(default: %(default)s)")
    serve.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")), help="(default: %(default)s)")
    serve.add_argument("--timeout", type=float, default=30.0, help="seconds for one query (default: %(default)s)")
    serve.add_argument("--memory", type=int, default=1024, help="MiB for one query (default: %(default)s)")
    serve.add_argument("--workers", type=int, default=8, help="queries at once in a process (default: %(default)s)")
    serve.add_argument("--processes", type=int, default=2, help="web processes (default: %(default)s)")
    serve.add_argument("--write-timeout", type=float, default=120.0, help="seconds of a write (default: %(default)s)")
    serve.add_argument("--write-memory", type=int, default=4096, help="MiB for one write (default: %(default)s)")
    serve.add_argument("--max-body", type=int, default=256 * 2**20, help="bytes of a write (default: %(default)s)")
    serve.add_argument("--require-match", action="store_true", help="take changes of a graph with If-Match only (428)")


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; every error that is ours is one message on standard error."""
    arguments = build_parser().parse_args(words)
    try:
        return int(arguments.run(arguments))
    except UsageError as error:
        print(f"letapis: {error}", file=sys.stderr)
        return 2
    except RefusedError as error:
        print(f"letapis: {error}", file=sys.stderr)
        return 1
    except LetapisError as error:
        print(f"letapis: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except KeyboardInterrupt:
        print("letapis: stopped", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
