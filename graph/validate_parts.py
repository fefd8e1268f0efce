"""Validating a large graph whole: the Core shapes part by part, and two views at the same time.

pyrudof takes kilobytes for each triple that it holds, so a part of the focus nodes is given to it with the triples that
can decide about them (`graph.core_reads`), and then the next. What is found is what `graph.validate` finds.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from multiprocessing.connection import Connection

from graph.core_reads import CoreReads, read_core
from graph.errors import LetapisError
from graph.iris import RDF_TYPE
from graph.rdf import NamedNode, Store, Term, Triple
from graph.report import Finding, Report, shown
from graph.shapes import Shapes
from graph.sight import Sight, When
from graph.validate import Locate, ask, check_core, is_started, locate_nowhere, view_triples

LARGE = 100_000
"""Quads; smaller graphs are validated faster at once."""

PART = 8_000
"""Focus nodes that are looked at together."""


def validate_in_parts(
    store: Store, shapes: Iterable[Shapes], locate: Locate, meanwhile: Callable[[], None] = lambda: None,
    part: int = PART,
) -> Report:  # fmt: skip
    """Every finding of *shapes* on *store*, which is in memory: the process is forked.

    The Core shapes of the first view, which sees most, are checked in a process of their own, unless the engine has run
    in this one already; this one checks the rest and does *meanwhile*. SourceError where the shapes cannot be used.
    """
    groups = list(shapes)
    alone = 0 if is_started() else 1
    apart = [_Apart(store, group, part) for group in groups[:alone]]
    findings: set[Finding] = set()
    for group in groups[alone:]:
        findings.update(_check(store, group, part))
    for group in groups:
        for constraint in group.constraints:
            answers = ask(store, group.view, constraint, constraint.query, locate_nowhere)
            findings.update(answer.finding for answer in answers)
    meanwhile()
    for running in apart:
        findings.update(running.result())
    return Report(sorted(replace(f, spots=locate(f.focus, f.path, f.value)) for f in findings))


class _Apart:
    """The Core shapes of one view, checked in a process of its own."""

    def __init__(self, store: Store, group: Shapes, part: int) -> None:
        context = multiprocessing.get_context("fork")
        self._receiver, sender = context.Pipe(duplex=False)
        self._process = context.Process(target=_check_apart, args=(sender, store, group, part))
        self._process.start()
        sender.close()

    def result(self) -> list[Finding]:
        """What was found, when it is done."""
        try:
            found: list[Finding] | LetapisError = self._receiver.recv()
        except EOFError:
            raise LetapisError("the validation ended early, most likely for want of memory.") from None
        finally:
            self._process.join()
        if isinstance(found, LetapisError):
            raise found
        return found


def _check_apart(sender: Connection, store: Store, group: Shapes, part: int) -> None:
    try:
        sender.send(list(_check(store, group, part)))
    except LetapisError as error:
        sender.send(error)


def _check(store: Store, group: Shapes, part: int) -> Iterator[Finding]:
    """What the Core shapes of one view find."""
    if not group.core:
        return
    reads = read_core(group.triples)
    if reads.unknown:
        yield from check_core(list(view_triples(store, group.view)), group, group.core, locate_nowhere)
        return
    sight = _Indexed(store, group.view, reads)
    aims = iter(sorted(_aims(sight, reads).items(), key=lambda item: str(item[0])))
    while chosen := list(islice(aims, part)):
        wanted = [(shape, node) for node, looking in chosen for shape in looking]
        names = {shown(node) for node, _ in chosen}
        for finding in check_core(reads.extract(sight, wanted), group, reads.aimed(wanted), locate_nowhere):
            if finding.focus in names:
                yield finding


def _aims(sight: _Indexed, reads: CoreReads) -> dict[Term, list[Term]]:
    """Each focus node with the shapes that look at it."""
    found: dict[Term, list[Term]] = {}
    for shape, targets in reads.targets.items():
        nodes: set[Term] = set(targets.nodes)
        for cls in targets.classes:
            for below in sight.below(cls):
                nodes.update(triple.subject for triple in sight.find(None, RDF_TYPE, below))
        for predicate in targets.subjects_of:
            nodes.update(triple.subject for triple in sight.find(None, predicate, None))
        for predicate in targets.objects_of:
            nodes.update(triple.object for triple in sight.find(None, predicate, None))
        for node in nodes:
            found.setdefault(node, []).append(shape)
    return found


class _Indexed(Sight):
    """What a view sees of a store to which nothing happened, the predicates that its shapes read kept at hand."""

    def __init__(self, store: Store, view: str, reads: CoreReads) -> None:
        super().__init__(store, view, (), ())
        read = {step.predicate for step in reads.steps.steps if step.predicate is not None}
        self._index: dict[NamedNode, dict[Term, list[Triple]]] = {predicate: {} for predicate in (*read, RDF_TYPE)}
        self._inverse: dict[NamedNode, dict[Term, list[Triple]]] = {
            step.predicate: {} for step in reads.steps.steps if step.inverse and step.predicate is not None
        }
        for predicate, by_subject in self._index.items():
            by_object = self._inverse.get(predicate)
            for triple in dict.fromkeys(super().find(None, predicate, None, "now")):
                by_subject.setdefault(triple.subject, []).append(triple)
                if by_object is not None:
                    by_object.setdefault(triple.object, []).append(triple)

    def find(
        self, subject: Term | None, predicate: Term | None, obj: Term | None, when: When = "now"
    ) -> Iterator[Triple]:
        """The triples with these terms, None for any; they are the same at any time."""
        if isinstance(predicate, NamedNode) and obj is None and subject is not None and predicate in self._index:
            return iter(self._index[predicate].get(subject, ()))
        if isinstance(predicate, NamedNode) and subject is None and obj is not None and predicate in self._inverse:
            return iter(self._inverse[predicate].get(obj, ()))
        return super().find(subject, predicate, obj, when)

    def below(self, cls: NamedNode) -> Sequence[Term]:
        """The class, and every class below it."""
        return sorted({cls, *self._below(cls)}, key=str)
