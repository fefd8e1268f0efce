"""What a query may be: SPARQL Query, not Update, and nothing in it that would call another host.

The engine would evaluate SERVICE by itself, so the word is looked for in the query's tokens before the engine sees it.
That is the first of two fences: the worker that evaluates (`graph.evaluator`) cannot open a connection at all.

The engine reads words without the space between them (`SERVICESILENT<…>`, `SERVICEex:a {…}`), `<` as an operator where
an IRI could stand, and one dot in a local name: what could be read as SERVICE in one of these ways counts as SERVICE.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from graph.errors import QueryForbiddenError, QuerySyntaxError

QUERY_LIMIT = 1_000_000
"""Characters; longer queries are refused."""

_UPDATE_WORDS = frozenset({"INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH"})
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
# The terminals of https://www.w3.org/TR/sparql11-query/#sparqlGrammar that can hold a word, longest first.
_TOKEN = re.compile(
    r"""
      \#[^\r\n]*                                             # comment
    | (?P<iri><(?:[^<>"{}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*>)   # IRIREF
    | '''(?:(?:'|'')?(?:[^'\\]|\\.))*'''                     # strings, long and short
    | \"\"\"(?:(?:"|"")?(?:[^"\\]|\\.))*\"\"\"
    | '(?:[^'\\\r\n]|\\.)*'
    | "(?:[^"\\\r\n]|\\.)*"
    | [?$]\w+                                                # variable
    | @[A-Za-z]+(?:-[A-Za-z0-9]+)*                           # language tag
    | (?P<prefix>(?:[^\W\d][\w.-]*)?):(?:[\w:%-]|\\.)*(?:\.+(?:[\w:%-]|\\.)+)?   # prefixed name,
      (?P<block>(?:\s|\#[^\r\n]*+)*+\{)?                      # and whether a block follows it
    | (?P<word>[A-Za-z]\w*)
    """,
    re.VERBOSE | re.DOTALL,
)


def check_query(text: str) -> None:
    """Raise where *text* is too long, an update, or holds SERVICE; whether it is SPARQL the engine says."""
    if len(text) > QUERY_LIMIT:
        raise QuerySyntaxError(f"the query is longer than {QUERY_LIMIT} characters")
    refuse_service(text)
    verb = next((word for word in _words(_unescape(text)) if word not in ("PREFIX", "BASE")), "")
    if verb in _UPDATE_WORDS:
        raise QueryForbiddenError(f"{verb} is an update; queries only here.", "The graph is built from files.")


def refuse_service(text: str) -> None:
    """Raise QueryForbiddenError where *text*, a query or a part of one, holds SERVICE."""
    if _calls_service(text) or _calls_service(_unescape(text)):
        raise QueryForbiddenError(
            "SERVICE would call another endpoint, which this server does not do.",
            "Query the other endpoint yourself and pass its rows in as VALUES.",
        )


def _unescape(text: str) -> str:
    """The text by section 19.2 of the grammar; the engine does that inside of strings only."""
    return _ESCAPE.sub(_character, text)


def _calls_service(text: str) -> bool:
    """Whether SERVICE stands, or may be read, outside of strings, IRIs, comments and names."""
    if "SERVICE" not in text.upper():
        return False
    before = ""
    for match in _TOKEN.finditer(text):
        word, iri, prefix = (match[name] or "" for name in ("word", "iri", "prefix"))
        if "SERVICE" in word.upper() or ("'" in iri or ("#" in iri and "://" not in iri)):
            return True
        if match["block"] and "SERVICE" in prefix.upper() and before not in ("GRAPH", "FROM", "NAMED"):
            return True
        before = word.upper()
    return False


def _words(text: str) -> Iterator[str]:
    """The bare words of a query in upper case."""
    for match in _TOKEN.finditer(text):
        if match["word"]:
            yield match["word"].upper()


def _character(match: re.Match[str]) -> str:
    number = int(match[1] or match[2], 16)
    return chr(number) if number <= 0x10FFFF else "�"
