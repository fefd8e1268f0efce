"""Every error that Letapis raises on purpose.

LetapisError
├─ UsageError            the command or setting is wrong (exit 2)
│  └─ UnsupportedInputError  a media type, charset or compression that is not read (`graph.inputs`)
├─ SourceError           a file of the record, ontology or shapes is wrong; names file, line, item
├─ AnchorError           a phrase or position does not hold in the document's text
├─ RefusedError          the gate found a Violation; carries the report
├─ VersionError          a version is missing or damaged, or cannot be written
│  └─ LockedError        another process is writing
├─ TokenError            the tokens of a data folder cannot be read or written, or none has that name
├─ WriteError            a write ended without a reply
│  ├─ WriteDeadlineError it ran past its time and was killed
│  ├─ WriteLostError     its process died, most likely of its memory limit
│  └─ WriteBusyError     as many writes as a server process takes were under way already
├─ GroundChangedError    what a write was to change is not any more what its sender saw
├─ MissingGraphError     a write needs a graph that is not there
├─ RedactedError         what comes in says something that was redacted
├─ DerivedGraphError     a write to a graph that the gate alone writes
├─ ConflictError         a write contradicts what stands, and is to be made elsewhere or otherwise
├─ DoneBeforeError       the same write was committed already; carries the version
└─ QueryError            a query cannot be answered
   ├─ QuerySyntaxError   it is not SPARQL; carries line and column where known
   ├─ QueryForbiddenError   it would reach out, or write
   ├─ QueryUnsupportedError   it is SPARQL, but asks for what this server cannot do
   ├─ DeadlineError      it ran past its time and was killed
   ├─ WorkerLostError    its worker died, most likely of its memory limit
   ├─ ResultTooLargeError   its result is larger than is held
   └─ BusyError          no worker became free in time
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graph.report import Report


@dataclass(frozen=True, order=True)
class Spot:
    """A place in a file: the path as shown to a curator, and the line, from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class LetapisError(Exception):
    """Base of the tree: what is wrong, and what to do about it."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        if not self.remedy:
            return self.message
        return f"{self.message.rstrip('.')}. {self.remedy}"


class UsageError(LetapisError):
    """The command or a setting is wrong."""


class SourceError(LetapisError):
    """A file of the record, the ontology or the shapes is wrong at *spot*."""

    def __init__(self, spot: Spot, message: str, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.spot = spot

    def __str__(self) -> str:
        return f"{self.spot}: {super().__str__()}"


class AnchorError(SourceError):
    """A phrase or position does not hold in the text it points into."""


class RefusedError(LetapisError):
    """The gate refused the input; *report* says why, result by result."""

    def __init__(self, report: Report) -> None:
        super().__init__(
            f"refused: {report.count('Violation')} violation(s)",
            "Nothing was changed. Mend what the report names and try again.",
        )
        self.report = report


class VersionError(LetapisError):
    """A version is missing or damaged, or cannot be written."""


class LockedError(VersionError):
    """Another process holds the right to write."""


class TokenError(LetapisError):
    """The tokens of a data folder cannot be read or written, or none has that name."""


class WriteError(LetapisError):
    """A write ended without a reply."""


class WriteDeadlineError(WriteError):
    """The write ran past *seconds* and its process was killed."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"the write did not finish within {seconds:g} seconds and was stopped",
            "See /versions: only what is listed there was done. Send the rest in smaller parts.",
        )
        self.seconds = seconds


class WriteLostError(WriteError):
    """The write's process died before it replied; *mebibytes* is the memory it may use."""

    def __init__(self, mebibytes: int) -> None:
        super().__init__(
            f"the write's process died, most likely of its memory limit of {mebibytes} MiB",
            "See /versions: only what is listed there was done. Send the rest in smaller parts.",
        )
        self.mebibytes = mebibytes


class WriteBusyError(WriteError):
    """As many writes as a server process takes at once, *writes*, were under way already; nothing was done."""

    def __init__(self, writes: int) -> None:
        super().__init__(f"{writes} writes are under way already", "Nothing was changed. Try again shortly.")
        self.writes = writes


class GroundChangedError(LetapisError):
    """What a write was to change is not any more what its sender saw."""

    def __init__(self) -> None:
        super().__init__("the graph was changed meanwhile", "Read it again, and send the change anew.")


class MissingGraphError(LetapisError):
    """A write needs the graph *name*, which is not there."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no graph <{name}>", "See what graphs there are: SELECT DISTINCT ?g { GRAPH ?g {} }")
        self.name = name


class RedactedError(LetapisError):
    """What comes in says something that was redacted."""


class DerivedGraphError(LetapisError):
    """A write to the graph *name*, which the gate alone writes."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"the graph <{name}> follows from others and is not written", "Leave it out; change what it follows from."
        )
        self.name = name


class ConflictError(LetapisError):
    """A write contradicts what stands; it is to be made elsewhere, or otherwise."""


class DoneBeforeError(LetapisError):
    """The same write was committed already, as version *number*."""

    def __init__(self, number: int) -> None:
        super().__init__(f"this write is version {number} already")
        self.number = number


class QueryError(LetapisError):
    """A query cannot be answered."""


class QuerySyntaxError(QueryError):
    """The text is not SPARQL; *line* and *column* count from 1 where the parser tells them."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message, "See https://www.w3.org/TR/sparql11-query/ for the grammar.")
        self.line = line
        self.column = column


class QueryForbiddenError(QueryError):
    """The operation would reach another host, or write."""


class QueryUnsupportedError(QueryError):
    """The query is SPARQL, but uses a function that is not known, or its result does not fit the format."""


class DeadlineError(QueryError):
    """The query ran past *seconds* and its worker was killed."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"the query did not finish within {seconds:g} seconds and was stopped",
            "Bind more variables, avoid cross products, or add a LIMIT.",
        )
        self.seconds = seconds


class WorkerLostError(QueryError):
    """The query's worker died; *mebibytes* is the memory it may use."""

    def __init__(self, mebibytes: int) -> None:
        super().__init__(
            f"the query's worker died, most likely of its memory limit of {mebibytes} MiB",
            "Ask for fewer rows, or avoid sorting and grouping large results.",
        )
        self.mebibytes = mebibytes


class ResultTooLargeError(QueryError):
    """The result is larger than *bytes*, the most that is held for a client."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the result is larger than {limit} bytes", "Ask for fewer rows, or in parts.")
        self.bytes = limit


class BusyError(QueryError):
    """No worker became free within *seconds*."""

    def __init__(self, seconds: float) -> None:
        how = f"for {seconds:g} seconds" if seconds else "and others wait for them"
        super().__init__(f"all query workers were busy {how}", "Try again shortly.")
        self.seconds = seconds
