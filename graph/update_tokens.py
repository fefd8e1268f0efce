"""The terminals of SPARQL as the engine reads them, and how far a group of a pattern reaches.

A keyword needs no space after it, a local name may hold dots in one place, and `<` after an operand in an expression
compares, even where an IRI could stand.
"""

from __future__ import annotations

import re

_BASE = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f\u2c00-\u2fef"
    "\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_MORE = "0-9\u00b7\u0300-\u036f\u203f\u2040"
_FIRST, _VAR, _CHAR = f"{_BASE}_", f"{_BASE}_{_MORE}", rf"{_BASE}_{_MORE}\-"

# The terminals of https://www.w3.org/TR/sparql11-query/#sparqlGrammar.
_SPACE = r"(?:[ \t\r\n]|\#[^\r\n]*+)++"
_IRI = r"""<(?:[^<>"{}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*+>"""
_STRING = (
    r"(?:'''(?:[^'\\]|\\.|'(?!''))*+'''" r'|"""(?:[^"\\]|\\.|"(?!""))*+"""'
    r"|'(?:[^'\\\r\n]|\\.)*+'" r'|"(?:[^"\\\r\n]|\\.)*+")'
)  # fmt: skip
_LANGUAGE = r"@[A-Za-z]++(?:-++[A-Za-z0-9]++)*+"
_BLANK = rf"_:[{_FIRST}0-9][{_CHAR}]*+(?:\.++[{_CHAR}]++)*+"
_PREFIX = rf"(?:[{_BASE}](?:[{_CHAR}.]*[{_CHAR}])?)?:"
_NAME = rf"{_PREFIX}(?:(?:[{_FIRST}:0-9%]|\\.)(?:[{_CHAR}:%]|\\.)*+(?:\.++(?:[{_CHAR}:%]|\\.)++)?+)?+"
_VARIABLE = rf"[?$][{_FIRST}0-9][{_VAR}]*+"
_NUMBER = r"[0-9]++(?:\.[0-9]++)?+(?:[eE][+\-]?[0-9]++)?+"
_WORD = r"[A-Za-z][A-Za-z0-9_]*+"

TOKEN = re.compile(
    rf"(?P<space>{_SPACE})|(?P<iri>{_IRI})|(?P<string>{_STRING})|(?P<language>{_LANGUAGE})|(?P<blank>{_BLANK})"
    rf"|(?P<name>{_NAME})|(?P<variable>{_VARIABLE})|(?P<number>{_NUMBER})|(?P<word>{_WORD})|(?P<sign>.)",
    re.DOTALL,
)
# A template in long strides: all that stays as it is at once, so that a large one is read at the speed of the library.
# There `<` begins an IRI and nothing else; what is a single sign here does not belong in a template.
STRIDE = re.compile(
    rf"(?P<blank>{_BLANK})|(?P<plain>(?:{_SPACE}|{_IRI}|{_STRING}|{_LANGUAGE}|{_NAME}|{_NUMBER}"
    rf"|(?!(?i:GRAPH)){_WORD}|[^{{}}<?$_'\"A-Za-z])++)|(?P<variable>{_VARIABLE})|(?P<graph>(?i:GRAPH))|(?P<sign>.)",
    re.DOTALL,
)
SKIP = re.compile(f"(?:{_SPACE})?+")
IRI_ONLY, PREFIX_ONLY, GRAPH_NAME = re.compile(_IRI), re.compile(_PREFIX), re.compile(f"{_IRI}|{_NAME}")
DOT_BEFORE = re.compile(rf"(?:{_SPACE})?+\.?")
_OPERANDS = ("iri", "string", "language", "blank", "name", "variable", "number")


class Group:
    """Where a group of a pattern ends, and where `<` compares: which brackets are open, and what came before."""

    def __init__(self) -> None:
        self.labels: set[str] = set()
        self._open: list[str] = []  # `{` a group, `(` an expression, `[` any other list in parentheses
        self._wants = [""]  # for each open group: whether a parenthesis holds an expression, `once` or `always`
        self._before = ""

    @property
    def is_open(self) -> bool:
        """False after the last brace."""
        return bool(self._open)

    @property
    def compares(self) -> bool:
        """True where `<` is an operator: in an expression, after an operand."""
        return self._open[-1] == "(" and self._before == "operand"

    def see(self, kind: str, piece: str) -> None:
        """Go on by one piece."""
        if kind == "blank":
            self.labels.add(piece)
        if kind == "word":
            self._before = self._see_word(piece)
        elif kind == "sign":
            self._see_sign(piece)
            self._before = "operand" if piece == ")" else "sign"
        else:
            self._before = "operand" if kind in _OPERANDS else kind

    def _see_word(self, piece: str) -> str:
        word = piece.upper()
        if word.startswith(("SELECT", "ORDER", "GROUP", "HAVING")) and not word.startswith("GROUP_CONCAT"):
            self._wants[-1] = "always"
        elif word.startswith(("FILTER", "BIND")):
            self._wants[-1] = "once"
        elif word.startswith(("VALUES", "WHERE")):
            self._wants[-1] = ""
        if word in ("TRUE", "FALSE"):
            return "operand"
        return "sign" if piece == "a" or word == "VALUES" else "word"

    def _see_sign(self, piece: str) -> None:
        if piece == "{":
            self._wants[-1] = ""
            self._wants.append("")
            self._open.append("{")
        elif piece == "(":
            self._open.append("(" if self._opens_expression() else "[")
        elif piece == "}":
            while self._open.pop() != "{":
                pass  # a parenthesis that was not closed
            self._wants.pop()
        elif piece == ")" and self._open[-1] != "{":
            self._open.pop()
            if self._open[-1] == "{" and self._wants[-1] == "once":
                self._wants[-1] = ""

    def _opens_expression(self) -> bool:
        if self._open[-1] == "{":
            return bool(self._wants[-1]) or self._before == "word"
        return self._open[-1] == "("


