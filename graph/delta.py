"""A change of a dataset: the quads that are added and those that are removed, each of which makes a difference."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from graph.rdf import Quad, Store, open_memory


@dataclass(frozen=True)
class Delta:
    """Quads that were not there and are *added*, and quads that were there and are *removed*."""

    added: frozenset[Quad] = frozenset()
    removed: frozenset[Quad] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)

    def __len__(self) -> int:
        return len(self.added) + len(self.removed)

    def then(self, later: Delta) -> Delta:
        """This change and *later*, which was made on its result, as one."""
        return Delta(
            (self.added - later.removed) | (later.added - self.removed),
            (self.removed - later.added) | (later.removed - self.added),
        )


def difference(store: Store, added: Iterable[Quad], removed: Iterable[Quad]) -> Delta:
    """What adding and removing these quads would change in *store*; a quad in both stays or comes.

    Quads are given as a store holds them: it keeps the value of some literals, not how they were written.
    """
    wanted, unwanted = frozenset(open_memory(added)), frozenset(open_memory(removed))
    return Delta(
        frozenset(quad for quad in wanted if quad not in store),
        frozenset(quad for quad in unwanted - wanted if quad in store),
    )
