"""Long work that goes on when its reader is away: row by row, behind those who wait for a page.

>>> class Doubled:
...     def __len__(self):
...         return 3
...     def row(self, place, cancelled):
...         return 2 * place
>>> jobs = Jobs()
>>> job = jobs.start("doubled", Doubled())
>>> while job.running:
...     time.sleep(0.001)
>>> job.rows, jobs.find("doubled") is job
([0, 2, 4], True)
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Final, Generic, Literal, Protocol, TypeVar

from attention_core.errors import AttentionError, Superseded
from models.work.desk import DESK, Desk, cores
from models.work.turns import Turns

log = logging.getLogger("attention_atlas")

Row = TypeVar("Row")
Made_co = TypeVar("Made_co", covariant=True)
State = Literal["running", "done", "cancelled", "failed"]
KEPT: Final = 32
"""Jobs in memory; 10,000 rows take about 10 MB."""
LIFETIME: Final = 3600.0
"""Seconds for which a finished job that nobody looks at is kept."""
EACH: Final = 2
"""Unfinished jobs of one reader; the next one takes the place of the one asked for first."""


class Work(Protocol[Made_co]):
    """What a job does: one row after another, each a short piece of computing."""

    def __len__(self) -> int:
        """How many rows there will be."""

    def row(self, place: int, cancelled: Callable[[], bool]) -> Made_co:
        """The row of that place. Rows are asked for in order; again after a failure."""


class Job(Generic[Row]):
    """Work on its way. Rows are only ever added, so what was seen stays."""

    def __init__(self, key: str, work: Work[Row], owner: Hashable = None) -> None:
        self.key = key
        self.work = work
        self.owner = owner
        """Who asked for it last; rows of several readers take turns."""
        self.rows: list[Row] = []
        self.state: State = "running"
        self.stopping = False
        self.began = time.monotonic()
        self.seen = time.monotonic()
        self.seconds = 0.0
        """For which it has run."""

    @property
    def running(self) -> bool:
        return self.state == "running"

    @property
    def total(self) -> int:
        return len(self.work)

    @property
    def left(self) -> float:
        """Seconds that it will still take, as far as one can tell; 0 when nothing is known."""
        done = len(self.rows)
        return self.seconds / done * (self.total - done) if done else 0.0

    def cancel(self) -> None:
        """Stop before the next row; the rows that are there stay."""
        self.stopping = True


class Jobs:
    """The jobs of this server by key; the same key is the same job, however many ask for it.

    seats  jobs that compute at the same time; one core is left to readers when left out
    """

    def __init__(
        self, kept: int = KEPT, lifetime: float = LIFETIME, desk: Desk = DESK,
        seats: int | None = None,
    ) -> None:  # fmt: skip
        self._kept = kept
        self._lifetime = lifetime
        self._desk = desk
        self._turns = Turns(seats or max(1, cores() - 1))
        self._jobs: OrderedDict[str, Job[Any]] = OrderedDict()
        self._guard = threading.Lock()

    def start(self, key: str, work: Work[Row], owner: Hashable = None) -> Job[Row]:
        """The job of that key: the one that runs or is done, else a new one.

        One that was stopped or has failed goes on behind the rows that it has. Where a reader has
        EACH unfinished ones already, the first of them is stopped; its rows stay.

        owner  whose job it is; None has as many as there is room for

        Raises AttentionError when the server already has as many unfinished jobs as it keeps.
        """
        with self._guard:
            job = self._jobs.get(key)
            if job is not None and job.state in ("running", "done"):
                job.stopping = False  # someone else still wants it
                return job
            self._stop_first(owner, key)
            if job is None:
                self._make_room()
                job = self._jobs[key] = Job(key, work)
            job.owner = owner
            job.state, job.stopping = "running", False
            job.seen = job.began = time.monotonic()
            threading.Thread(target=self._run, args=(job,), daemon=True).start()
            return job

    def find(self, key: str) -> Job[Any] | None:
        """The job of that key, None where this server has none or no longer has it."""
        with self._guard:
            self._expire()
            job = self._jobs.get(key)
            if job is not None:
                job.seen = time.monotonic()
                self._jobs.move_to_end(key)
            return job

    def ahead(self, job: Job[Any]) -> int:
        """How many other readers' jobs take turns with this one."""
        with self._guard:
            others = {one.owner or one.key for one in self._jobs.values() if one.running}
        return len(others - {job.owner or job.key})

    def _stop_first(self, owner: Hashable, key: str) -> None:
        """Stops the job that this reader asked for first, where one more would be too many."""
        theirs = [
            one
            for one in self._jobs.values()
            if one.running and not one.stopping and one.owner == owner and one.key != key
        ]
        if owner is not None and len(theirs) >= EACH:
            min(theirs, key=lambda one: one.began).cancel()

    def _make_room(self) -> None:
        """Lets go of the finished job that nobody looked at for longest, if there are too many."""
        self._expire()
        if len(self._jobs) < self._kept:
            return
        old = next((k for k, job in self._jobs.items() if not job.running or job.stopping), None)
        if old is None:
            raise AttentionError(
                "This server is working through {count} files already; try again when one of "
                "them is done.",
                count=len(self._jobs),
            )
        del self._jobs[old]

    def _expire(self) -> None:
        oldest = time.monotonic() - self._lifetime
        for key, job in list(self._jobs.items()):
            if not job.running and job.seen < oldest:
                del self._jobs[key]

    def _run(self, job: Job[Any]) -> None:
        """All rows in turn. A fault that no row expects ends the job, not the server."""
        before, began = job.seconds, time.monotonic()
        while self._goes_on(job):
            try:
                job.rows.append(self._row(job))
            except Superseded:
                continue  # stopped in the middle of a row
            except Exception:
                log.exception("A job failed at row %s of %s", len(job.rows) + 1, job.total)
                with self._guard:
                    job.state = "failed"
                return
            job.seconds = before + time.monotonic() - began

    def _goes_on(self, job: Job[Any]) -> bool:
        """Whether there is a next row; otherwise the job ends here."""
        with self._guard:
            if len(job.rows) == job.total:
                job.state = "done"
            elif job.stopping:
                job.state = "cancelled"
            return job.running

    def _row(self, job: Job[Any]) -> Any:
        """One row, behind the other jobs and then behind whoever waits for a page."""

        def work(_superseded: Callable[[], bool]) -> Any:
            return job.work.row(len(job.rows), lambda: job.stopping)

        with self._turns.of(job.owner or job.key):
            return self._desk.run(("job", job.key), work)


JOBS = Jobs()
