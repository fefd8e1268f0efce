"""What a server process holds: the current version, opened once, and replaced when a newer one becomes current.

A request keeps the version it began with until its last byte is out, whatever becomes current meanwhile. A process that
*follows* opens newer versions in the background, and no request waits for that; another looks for one at each request.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property, partial
from typing import Any, TypeVar, cast

from graph.errors import LetapisError, VersionError
from graph.evaluate import Evaluators, Limits
from graph.explain import Explainer, read_rules
from graph.project import Project
from graph.rdf import Store
from graph.readers import Presence, wait_until_served
from graph.spawner import Spawner, WriteLimits
from graph.versions import Version, Versions
from server.errors import NotFoundError

LOG = logging.getLogger("letapis")
T = TypeVar("T")
OLDER_OPEN = 2
"""How many versions beside the current one a process keeps open."""

POLL_SECONDS = 0.02
"""How often a process that follows looks at `current`."""
RETRY_SECONDS = 1.0
"""How long it waits after a version could not be opened."""
SETTLE_SECONDS = 20.0
SETTLE_FACTOR = 20.0
"""A new version is read from disk, which opens at once; it is loaded into memory, where it belongs there, when no newer
one came for so long, and for so many times what loading takes. So less than a twentieth of the time goes into loading,
however often versions are made."""
AT_ONCE_QUADS = 20_000
"""The first version of a process that follows is loaded into memory at once up to this size, and later if larger."""
AHEAD_SECONDS = 0.1
"""What requests used of the version before, and took less to make, is made before a new version is served."""


class _Kept:
    """Something made of a version at its first use; whoever needs it meanwhile waits."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._lock = threading.RLock()
        self._value: Any = None
        self._seconds: float | None = None
        self._is_used = False

    def use(self) -> Any:
        """The thing, for a request."""
        value = self.get()
        self._is_used = True
        return value

    def get(self) -> Any:
        """The thing, made if it is not yet."""
        with self._lock:
            if self._seconds is None:
                began = time.monotonic()
                self._value = self._make()
                self._seconds = time.monotonic() - began
            return self._value

    def is_made_ahead(self) -> bool:
        """True for what requests used, and what took so little that the next version can wait for it."""
        return self._is_used and self._seconds is not None and self._seconds < AHEAD_SECONDS


class Served:
    """One opened version: workers for queries, and a store for this server's own bounded page queries.

    VersionError where it cannot be opened. With *on_disk* it is not loaded into memory, whatever its size.
    """

    def __init__(
        self, version: Version, project: Project, limits: Limits, spawner: Spawner | None = None, on_disk: bool = False
    ) -> None:
        self.version = version
        self.project = project
        self.held = "disk" if on_disk else version.held
        self.evaluators = Evaluators(version, limits, spawner, on_disk=on_disk, wait=False)
        try:
            self.store: Store = version.open_disk() if on_disk else version.open()
        except (OSError, SyntaxError) as error:
            self.evaluators.close()
            raise VersionError(f"version {version.number} cannot be opened: {error}.", "Build it again.") from None
        self.evaluators.wait()
        self._kept: dict[Callable[[Served], Any], _Kept] = {}
        self._users = 0
        self._retired = False
        self._lock = threading.Lock()

    @cached_property
    def explainer(self) -> Explainer:
        """Explains triples of this version."""
        return Explainer(self.store, read_rules(self.version), self.project.names, self.project.layout)

    def keep(self, make: Callable[[Served], T]) -> T:
        """What *make* gives for this version, made at the first use and let go with the version."""
        return cast(T, self._keep(make).use())

    def _keep(self, make: Callable[[Served], Any]) -> _Kept:
        with self._lock:
            if make not in self._kept:
                self._kept[make] = _Kept(partial(make, self))
            return self._kept[make]

    def prepare(self, before: Served) -> None:
        """Get ready for what *before*, the version served until now, had to do: workers, and what requests used."""
        self.evaluators.prepare(max(before.evaluators.peak, 1))
        with before._lock:
            kept = list(before._kept.items())
        for make, made in kept:
            if made.is_made_ahead():
                self._keep(make).get()

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
            self._close()

    def retire(self) -> None:
        """Close as soon as no request needs this version."""
        with self._lock:
            self._retired = True
            is_idle = self._users == 0
        if is_idle:
            self._close()

    def _close(self) -> None:
        self.evaluators.close()
        self._kept.clear()  # what was kept may hold this version, and with it open files


class Service:
    """The current version of a project, for all requests of one server process, and a spawner for its writes."""

    def __init__(
        self, project: Project, limits: Limits, open_version: Callable[..., Served] = Served,
        writes: WriteLimits | None = None,
    ) -> None:  # fmt: skip
        self.project = project
        self.limits = limits
        self.spawner = Spawner(writes)
        self._versions = Versions(project.data)
        self._open_version = open_version
        self._opening = threading.Lock()
        self._served: Served | None = None
        self._switched = threading.Condition()
        self._load_at = 0.0
        self._settle_seconds = SETTLE_SECONDS
        self._at_once_quads = AT_ONCE_QUADS
        self._opening_older = threading.Lock()
        self._older: OrderedDict[int, Served] = OrderedDict()
        self._presence: Presence | None = None
        self._follower: threading.Thread | None = None
        self._look = threading.Event()
        self._is_closing = False

    def enter(self, name: str | None = None) -> Served:
        """The version of that number or tag, else the current one, held for one request until `Served.leave`.

        NotFoundError where *name* means no version, VersionError where there is no version at all.
        """
        while True:
            served = self._current() if name is None else self._older_version(name)
            if served.enter():
                return served

    def follow(self) -> None:
        """Open newer versions in the background from now on, and tell other processes which one is served."""
        try:
            self._presence = Presence(self.project.data)
        except OSError as error:
            LOG.warning("%s cannot be written, so writers do not wait for this process: %s", self.project.data, error)
        self._follower = threading.Thread(target=self._follow, name="follow", daemon=True)
        self._follower.start()

    def wait_until_served(self, number: int, seconds: float) -> bool:
        """True as soon as this process and all others answer from version *number* or a newer one.

        False where one does not after *seconds*, or this one cannot open it.
        """
        deadline = time.monotonic() + seconds
        if self._is_following():
            self._look.set()
            with self._switched:
                self._switched.wait_for(lambda: self._serves(number), seconds)
        else:
            self._try(self._switch)
        return self._serves(number) and wait_until_served(
            self.project.data, number, max(deadline - time.monotonic(), 0)
        )  # fmt: skip

    def _serves(self, number: int) -> bool:
        return self._served is not None and self._served.version.number >= number

    def _older_version(self, name: str) -> Served:
        """The version that *name* means, from disk; the last few that were asked for stay open."""
        try:
            version = self._versions.find(name)
        except VersionError as error:
            raise NotFoundError(error.message, "See /versions.") from None
        current = self._current()
        if version.number == current.version.number:
            return current
        with self._opening_older:
            served = self._older.pop(version.number, None)
            if served is not None and served.version.manifest != version.manifest:
                served.retire()  # a redaction has made it anew
                served = None
            if served is None:
                served = self._open(version, on_disk=True)
            self._older[version.number] = served
            while len(self._older) > OLDER_OPEN:
                self._older.popitem(last=False)[1].retire()
        return served

    def _current(self) -> Served:
        served = self._served
        if served is not None and self._is_following():
            return served
        if served is not None and self._versions.current_number() in (None, served.version.number):
            return served
        # While one request opens the new version, the others go on with the old one.
        if not self._opening.acquire(blocking=served is None):
            assert served is not None  # noqa: S101 - else the lock is waited for
            return served
        try:
            return self._switch_locked()
        finally:
            self._opening.release()

    def _switch(self, *, on_disk: bool = False, anew: bool = False) -> Served:
        with self._opening:
            return self._switch_locked(on_disk=on_disk, anew=anew)

    def _switch_locked(self, *, on_disk: bool = False, anew: bool = False) -> Served:
        """Serve the version that is current, with *anew* even where it is served; VersionError where there is none."""
        served, number = self._served, self._versions.current_number()
        if served is not None and number in (None, served.version.number) and not anew:
            return served
        if number is None:
            raise VersionError(f"there is no version in {self.project.data} yet.", "Run `letapis build` first.")
        version = self._versions.get(number)
        if served is None and self._is_following():
            on_disk = version.manifest["quads"] > self._at_once_quads
        made = self._open(version, on_disk=on_disk, before=served)
        self._served = made
        self._load_at = time.monotonic() + (self._settle_seconds if served is not None else 0)
        if self._presence is not None:
            self._presence.publish(number)
        with self._switched:
            self._switched.notify_all()
        if served is not None:
            served.retire()
        if made.version.commit.get("via") == "redact":
            self._let_go_of_older()
        return made

    def _let_go_of_older(self) -> None:
        """Close what a redaction has made anew."""
        with self._opening_older:
            while self._older:
                self._older.popitem()[1].retire()

    def _open(self, version: Version, *, on_disk: bool, before: Served | None = None) -> Served:
        made = self._open_version(version, self.project, self.limits, self.spawner, on_disk)
        try:
            if before is not None:
                made.prepare(before)
        except BaseException:
            made.retire()
            raise
        return made

    def _is_following(self) -> bool:
        return self._follower is not None and self._follower.is_alive()

    def _follow(self) -> None:
        while not self._is_closing:
            is_well = self._try(self._step)
            self._look.wait(POLL_SECONDS if is_well else RETRY_SECONDS)
            self._look.clear()

    def _try(self, action: Callable[[], Any]) -> bool:
        """Do what opens a version; False, and a line in the log, where it cannot be opened."""
        try:
            action()
        except (LetapisError, OSError) as error:
            LOG.warning("the current version is not served: %s", error)
            return False
        return True

    def _step(self) -> None:
        """Open what is to be opened now: a newer version on disk; in memory what is held there, when it is due."""
        served, number = self._served, self._versions.current_number()
        if number is None:
            return
        if served is None:
            self._switch()
        elif served.version.number != number:
            self._switch(on_disk=True)
        elif served.held != served.version.held and (began := time.monotonic()) >= self._load_at:
            self._load_at = began + self._settle_seconds  # not at once again where it fails
            self._switch(anew=True)
            self._settle_seconds = max(SETTLE_SECONDS, SETTLE_FACTOR * (time.monotonic() - began))

    def close(self) -> None:
        """Let go of the version; requests under way finish first."""
        self._is_closing = True
        self._look.set()
        if self._follower is not None:
            self._follower.join()
        if self._presence is not None:
            self._presence.close()
        for served in (self._served, *self._older.values()):
            if served is not None:
                served.retire()
        self._served = None
        self._older.clear()
        self.spawner.close()
