"""Property paths as steps between states, walked through the data both ways: forwards to what a path reads, and back
from a triple to the nodes from which it is read.

What a SHACL Core shape reads is one such set of steps, from the focus node on; so is a path in a query.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from graph.rdf import NamedNode, Term, Triple

Place = tuple[int, Term]
"""A state, and the node at which a walk is in it."""

Find = Callable[[Term | None, Term | None, Term | None], Iterator[Triple]]
"""Gives the triples with these terms; None stands for any."""


@dataclass(frozen=True)
class Path:
    """A property path: *kind* is a SPARQL operator, `iri` (then *iri* is the property) or `any` property."""

    kind: str
    parts: tuple[Path, ...] = ()
    iri: str = ""


@dataclass(frozen=True)
class Step:
    """From *source* to *target* over a triple with *predicate* (None: any), from its object where *inverse*."""

    source: int
    target: int
    predicate: NamedNode | None
    inverse: bool


class Steps:
    """States, and the steps between them; some lead from state to state at the same node."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._out: list[list[Step]] = []
        self._in: list[list[Step]] = []
        self._next: list[list[int]] = []
        self._last: list[list[int]] = []

    def state(self) -> int:
        """A new state."""
        self._out.append([])
        self._in.append([])
        self._next.append([])
        self._last.append([])
        return len(self._out) - 1

    def link(self, source: int, target: int) -> None:
        """Whoever is in *source* is in *target* too, at the same node."""
        self._next[source].append(target)
        self._last[target].append(source)

    def step(self, source: int, target: int, predicate: NamedNode | None, *, inverse: bool = False) -> None:
        """Whoever is in *source* comes to *target* over such a triple."""
        made = Step(source, target, predicate, inverse)
        self.steps.append(made)
        self._out[source].append(made)
        self._in[target].append(made)

    def path(self, path: Path, source: int, target: int, *, inverse: bool = False) -> None:
        """Whoever is in *source* comes to *target* along *path*, from its end to its beginning where *inverse*."""
        if path.kind in ("iri", "any"):
            self.step(source, target, NamedNode(path.iri) if path.iri else None, inverse=inverse)
        elif path.kind == "^":
            self.path(path.parts[0], source, target, inverse=not inverse)
        elif path.kind == "/":
            self._sequence(path.parts[::-1] if inverse else path.parts, source, target, inverse)
        else:
            self._repetition(path, source, target, inverse)

    def _sequence(self, parts: Iterable[Path], source: int, target: int, inverse: bool) -> None:
        for part in parts:
            after = self.state()
            self.path(part, source, after, inverse=inverse)
            source = after
        self.link(source, target)

    def _repetition(self, path: Path, source: int, target: int, inverse: bool) -> None:
        """The operators `|`, `?`, `*` and `+`."""
        begin, end = self.state(), self.state()
        self.link(source, begin)
        self.link(end, target)
        for part in path.parts:
            self.path(part, begin, end, inverse=inverse)
        if path.kind in ("?", "*"):
            self.link(begin, end)
        if path.kind in ("*", "+"):
            self.link(end, begin)

    def walk(
        self, starts: Iterable[Place], find: Find, *, back: bool = False, collect: set[Triple] | None = None
    ) -> set[Place]:
        """All places that a walk from *starts* comes to, *starts* too, or came from; *collect* takes what it reads."""
        seen = set(starts)
        queue = list(seen)
        while queue:
            state, node = queue.pop()
            places = [(after, node) for after in (self._last if back else self._next)[state]]
            for step in (self._in if back else self._out)[state]:
                after = step.source if back else step.target
                if step.inverse == back:
                    triples = list(find(node, step.predicate, None))
                    places += [(after, triple.object) for triple in triples]
                else:
                    triples = list(find(None, step.predicate, node))
                    places += [(after, triple.subject) for triple in triples]
                if collect is not None:
                    collect.update(triples)
            queue += set(places) - seen
            seen.update(places)
        return seen
