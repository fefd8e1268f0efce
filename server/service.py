"""What a server process holds: the current version, opened once, and replaced when a newer one becomes current.

A request keeps the version it began with until its last byte is out, whatever becomes current meanwhile.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar, cast

from graph.errors import VersionError
from graph.evaluate import Evaluators, Limits
from graph.explain import Explainer, read_rules
from graph.project import Project
from graph.rdf import Store
from graph.versions import Version, Versions
from server.errors import NotFoundError

T = TypeVar("T")
OLDER_OPEN = 2
"""How many versions beside the current one a process keeps open."""


class Served:
    """One opened version: workers for queries, and a store for this server's own bounded page queries."""

    def __init__(self, version: Version, project: Project, limits: Limits) -> None:
        self.version = version
        self.project = project
        self.evaluators = Evaluators(version, limits)
        self.store: Store = version.open()
        self._kept: dict[Callable[[Served], Any], Any] = {}
        self._keeping = threading.RLock()
        self._users = 0
        self._retired = False
        self._lock = threading.Lock()

    @cached_property
    def explainer(self) -> Explainer:
        """Explains triples of this version."""
        return Explainer(self.store, read_rules(self.version), self.project.names)

    def keep(self, make: Callable[[Served], T]) -> T:
        """What *make* gives for this version, made at the first use and let go with the version."""
        with self._keeping:
            if make not in self._kept:
                self._kept[make] = make(self)
            return cast(T, self._kept[make])

    def enter(self) -> bool:
        """Count one more request; False where the version is already closed."""
        with self._lock:
            if self._retired and self._users == 0:
                return False
            self._users += 1
            return True

    def leave(self) -> None:
        """Count one request less, and close after the last of a retired version."""
        with self._lock:
            self._users -= 1
            is_last = self._retired and self._users == 0
        if is_last:
            self.evaluators.close()

    def retire(self) -> None:
        """Close as soon as no request needs this version."""
        with self._lock:
            self._retired = True
            is_idle = self._users == 0
        if is_idle:
            self.evaluators.close()


class Service:
    """The current version of a project, for all requests of one server process."""

    def __init__(self, project: Project, limits: Limits, open_version: Callable[..., Served] = Served) -> None:
        self.project = project
        self.limits = limits
        self._versions = Versions(project.data)
        self._open_version = open_version
        self._opening = threading.Lock()
        self._served: Served | None = None
        self._opening_older = threading.Lock()
        self._older: OrderedDict[int, Served] = OrderedDict()

    def enter(self, name: str | None = None) -> Served:
        """The version of that number or tag, else the current one, held for one request until `Served.leave`.

        NotFoundError where *name* means no version, VersionError where there is no version at all.
        """
        while True:
            served = self._current() if name is None else self._older_version(name)
            if served.enter():
                return served

    def _older_version(self, name: str) -> Served:
        """The version that *name* means; the last few that were asked for stay open."""
        try:
            version = self._versions.find(name)
        except VersionError as error:
            raise NotFoundError(error.message, "See /versions.") from None
        if version.number == self._versions.current_number():
            return self._current()
        with self._opening_older:
            served = self._older.pop(version.number, None)
            if served is None:
                served = self._open_version(version, self.project, self.limits)
            self._older[version.number] = served
            while len(self._older) > OLDER_OPEN:
                self._older.popitem(last=False)[1].retire()
        return served

    def _current(self) -> Served:
        number = self._versions.current_number()
        served = self._served
        if served is not None and number in (None, served.version.number):
            return served
        # While one request opens the new version, the others go on with the old one.
        if not self._opening.acquire(blocking=served is None):
            assert served is not None  # noqa: S101 - else the lock is waited for
            return served
        try:
            return self._switch(number)
        finally:
            self._opening.release()

    def _switch(self, number: int | None) -> Served:
        served = self._served
        if served is not None and served.version.number == number:
            return served
        if number is None:
            raise VersionError(f"there is no version in {self.project.data} yet.", "Run `letapis build` first.")
        made = self._open_version(self._versions.get(number), self.project, self.limits)
        self._served = made
        if served is not None:
            served.retire()
        return made

    def close(self) -> None:
        """Let go of the version; requests under way finish first."""
        for served in (self._served, *self._older.values()):
            if served is not None:
                served.retire()
        self._served = None
        self._older.clear()
