"""Long work that goes on when its reader is away: row by row, behind those who wait for a page."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final, Generic, Literal, Protocol, TypeVar

from attention_core.errors import AttentionError, Superseded
from models.work.desk import DESK, Desk, cores

log = logging.getLogger("attention_atlas")

Row = TypeVar("Row")
Made_co = TypeVar("Made_co", covariant=True)
State = Literal["running", "done", "cancelled", "failed"]
KEPT: Final = 32
"""Jobs in memory; 10,000 rows take about 10 MB."""
LIFETIME: Final = 3600.0
"""Seconds for which a finished job that nobody looks at is kept."""


class Work(Protocol[Made_co]):
    """What a job does: one row after another, each a short piece of computing."""

    def __len__(self) -> int:
        """How many rows there will be."""

    def row(self, place: int, cancelled: Callable[[], bool]) -> Made_co:
        """The row of that place. Rows are asked for in order; again after a failure."""


class Job(Generic[Row]):
    """Work on its way. Rows are only ever added, so what was seen stays."""

    def __init__(self, key: str, work: Work[Row]) -> None:
        self.key = key
        self.work = work
        self.rows: list[Row] = []
        self.state: State = "running"
        self.stopping = False
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
        self._turns = Desk(seats or max(1, cores() - 1))
        self._jobs: OrderedDict[str, Job[Any]] = OrderedDict()
        self._guard = threading.Lock()

    def start(self, key: str, work: Work[Row]) -> Job[Row]:
        """The job of that key: the one that runs or is done, else a new one.

        One that was stopped or has failed goes on behind the rows that it has.

        Raises AttentionError when the server already has as many unfinished jobs as it keeps.
        """
        with self._guard:
            job = self._jobs.get(key)
            if job is None:
                self._make_room()
                job = self._jobs[key] = Job(key, work)
            elif job.state in ("running", "done"):
                job.stopping = False  # someone else still wants it
                return job
            job.state, job.stopping, job.seen = "running", False, time.monotonic()
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

    def _make_room(self) -> None:
        """Lets go of the finished job that nobody looked at for longest, if there are too many."""
        self._expire()
        if len(self._jobs) < self._kept:
            return
        old = next((key for key, job in self._jobs.items() if not job.running), None)
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

        return self._turns.run(job.key, lambda _: self._desk.run(("job", job.key), work))


JOBS = Jobs()
