"""What pages show: a term with the words that stand for it, and of a thing without a name what is said of it."""

from __future__ import annotations

from dataclasses import dataclass

from graph.rdf import Literal, NamedNode, Term


@dataclass(frozen=True)
class Value:
    """A term with the words that stand for it: a thing's label, or a literal itself.

    Of a thing without a name *parts* are what is said of it, as far as they are shown; *is_cut* tells that there is
    more.
    """

    term: Term
    text: str
    language: str = ""
    parts: tuple[Part, ...] = ()
    is_cut: bool = False

    @property
    def iri(self) -> str:
        """The thing's IRI; empty for a literal and for what has no name."""
        return self.term.value if isinstance(self.term, NamedNode) else ""

    @property
    def datatype(self) -> str:
        """The literal's datatype; empty for a thing."""
        return self.term.datatype.value if isinstance(self.term, Literal) else ""

    @property
    def is_literal(self) -> bool:
        """True for a literal."""
        return isinstance(self.term, Literal)

    @property
    def written(self) -> str:
        """The term as N-Triples writes it."""
        return str(self.term)


@dataclass(frozen=True)
class Part:
    """What one property says of a thing without a name; of a list its members, in their order."""

    predicate: Value
    values: tuple[Value, ...]
    is_list: bool = False
