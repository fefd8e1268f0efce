"""What follows from the data by the rules of the ontology, as triples of their own; the fence around Nemo (Datalog).

Terms go to the engine as numbers, one relation for each predicate and each class that a rule reads or writes: the rest
of the data never leaves this process.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

import nmo_python as nemo

from graph.iris import RDF_TYPE
from graph.rdf import Literal, NamedNode, Term, Triple
from graph.rules import TYPE, Pattern, Rule


class _Numbers:
    """Terms as numbers and back."""

    def __init__(self) -> None:
        self.terms: list[Term] = []
        self._numbers: dict[Term, int] = {}

    def number(self, term: Term) -> int:
        """The number of *term*, given out in order of first meeting."""
        found = self._numbers.get(term)
        if found is None:
            found = self._numbers[term] = len(self.terms)
            self.terms.append(term)
        return found


def infer(triples: Iterable[Triple], rules: Iterable[Rule]) -> set[Triple]:
    """The triples that follow from *triples* by *rules* and are not among them; those are read once."""
    rules = list(rules)
    relations = _relations(rules)
    numbers = _Numbers()
    rows = _rows(triples, relations, numbers)
    if not any(rows.values()):
        return set()
    with tempfile.TemporaryDirectory(prefix="letapis-infer-") as folder:
        program = _program(rules, relations, rows, numbers, Path(folder))
        engine = nemo.NemoEngine(nemo.load_string(program))
        engine.reason()
        return _decode(engine, rules, relations, rows, numbers)


def _relation_of(pattern: Pattern) -> tuple[str, str]:
    """The relation of a pattern: (`class`, C) for `?x a C`, else (`property`, p)."""
    if pattern.predicate == TYPE and not pattern.object.startswith("?"):
        return "class", pattern.object
    return "property", pattern.predicate


def _relations(rules: list[Rule]) -> dict[tuple[str, str], str]:
    used = sorted({_relation_of(pattern) for rule in rules for pattern in (rule.head, *rule.body)})
    return {relation: f"r{number}" for number, relation in enumerate(used)}


def _rows(
    triples: Iterable[Triple], relations: dict[tuple[str, str], str], numbers: _Numbers
) -> dict[str, set[tuple[int, ...]]]:
    rows: dict[str, set[tuple[int, ...]]] = {name: set() for name in relations.values()}
    for triple in triples:
        name = relations.get(("property", triple.predicate.value))
        if name is not None:
            rows[name].add((numbers.number(triple.subject), numbers.number(triple.object)))
        if triple.predicate == RDF_TYPE:
            name = relations.get(("class", triple.object.value))
            if name is not None:
                rows[name].add((numbers.number(triple.subject),))
    return rows


def _program(
    rules: list[Rule],
    relations: dict[tuple[str, str], str],
    rows: dict[str, set[tuple[int, ...]]],
    numbers: _Numbers,
    folder: Path,
) -> str:
    lines = []
    read = {relations[_relation_of(pattern)] for rule in rules for pattern in rule.body}
    for name, content in rows.items():
        if content and name in read:
            path = folder / f"{name}.csv"
            path.write_text("".join(",".join(map(str, row)) + "\n" for row in content))
            lines.append(f'@import {name} :- csv{{resource="{path}"}} .')
    literals = _literals(rows, numbers)
    if literals:
        path = folder / "literals.csv"
        path.write_text("".join(f"{number}\n" for number in literals))
        lines.append(f'@import literal :- csv{{resource="{path}"}} .')
    for rule in rules:
        if all(rows[relations[_relation_of(p)]] or _is_derived(p, rules) for p in rule.body):
            atoms = [_atom(pattern, relations, numbers) for pattern in rule.body]
            if literals and _may_turn(rule):
                atoms.append(f"~literal({rule.head.subject})")
            lines.append(f"{_atom(rule.head, relations, numbers)} :- {', '.join(atoms)} .")
    for rule in rules:
        lines.append(f"@output {relations[_relation_of(rule.head)]} .")
    return "\n".join(dict.fromkeys(lines))


def _literals(rows: dict[str, set[tuple[int, ...]]], numbers: _Numbers) -> list[int]:
    """The numbers of the literals that some relation holds."""
    held = {row[-1] for content in rows.values() for row in content}
    return sorted(number for number in held if isinstance(numbers.terms[number], Literal))


def _may_turn(rule: Rule) -> bool:
    """True where the subject of the conclusion may be an object of the premises only, and so a literal."""
    subject = rule.head.subject
    return subject.startswith("?") and all(pattern.subject != subject for pattern in rule.body)


def _is_derived(pattern: Pattern, rules: list[Rule]) -> bool:
    relation = _relation_of(pattern)
    return any(_relation_of(rule.head) == relation for rule in rules)


def _atom(pattern: Pattern, relations: dict[tuple[str, str], str], numbers: _Numbers) -> str:
    kind, _ = relation = _relation_of(pattern)
    parts = [pattern.subject] if kind == "class" else [pattern.subject, pattern.object]
    terms = [part if part.startswith("?") else str(numbers.number(NamedNode(part))) for part in parts]
    return f"{relations[relation]}({', '.join(terms)})"


def _decode(
    engine: nemo.NemoEngine,
    rules: list[Rule],
    relations: dict[tuple[str, str], str],
    rows: dict[str, set[tuple[int, ...]]],
    numbers: _Numbers,
) -> set[Triple]:
    found: set[Triple] = set()
    for kind, iri in sorted({_relation_of(rule.head) for rule in rules}):
        name = relations[kind, iri]
        for row in engine.result(name):
            if tuple(row) in rows[name]:
                continue
            terms = [numbers.terms[number] for number in row]
            if isinstance(terms[0], Literal):
                continue
            if kind == "class":
                found.add(Triple(terms[0], RDF_TYPE, NamedNode(iri)))
            else:
                found.add(Triple(terms[0], NamedNode(iri), terms[1]))
    return found
