"""Running of jobs that people wait for: each is done once, whatever becomes of its worker, and can be cancelled.

What a job writes and that it is done is one transaction. How far it is stands in its row by a connection of its own, which
reads there as well whether somebody asked to cancel. See docs/decisions/0061.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import structlog
from django.db import OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app
from psycopg import errors

from customers.job_files import remove_files, remove_old_files
from customers.models import Job, Provider, StaffMember
from evcnet.worker import LONG, UNTIL_IT_RUNS

EVERY = 1.0
"""Seconds between two looks at how far a job is, and whether it is cancelled."""
MOST_ATTEMPTS = 20
"""So often a job is taken up whose worker was lost."""
RETENTION = timedelta(days=365)
_LOCK = 61_001  # of PostgreSQL's advisory locks, with the id of the job
Progress = Callable[[int, int | None], None]

logger = structlog.get_logger(__name__)


class Impossible(Exception):
    """The job can't be done; the message says why, and what to do about it."""


class Interrupted(Exception):
    """The job stops here: it was cancelled, or its worker is to end, and everything is undone."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


@dataclass
class Outcome:
    """What came of a job. ``failure`` says why nothing did, in which case ``result`` tells more."""

    result: dict[str, Any] = field(default_factory=dict)
    failure: str = ""


Runner = Callable[[Job, Progress], Outcome]
_RUNNERS: dict[str, Runner] = {}
_BY_THEMSELVES: dict[str, tuple[Callable[[Job], None], Callable[[Job], bool]]] = {}


def runs(kind: str) -> Callable[[Runner], Runner]:
    """A decorator: the function does the jobs of this kind, within a transaction. It may raise Impossible."""

    def register(runner: Runner) -> Runner:
        _RUNNERS[kind] = runner
        return runner

    return register


def by_itself(kind: str, *, cancel: Callable[[Job], None], retry: Callable[[Job], bool]) -> None:
    """Jobs of this kind are done by what they show, and not by ``run``; so are cancelling them and trying again."""
    _BY_THEMSELVES[kind] = (cancel, retry)


def reach_of(login: StaffMember) -> str:
    """A digest of the roles of a login."""
    roles = login.memberships.order_by("pk").values_list("provider", "user_group", "role")
    return sha256(repr(list(roles)).encode()).hexdigest()


def new_job(login: StaffMember, provider: Provider | None, kind: str, title: str, options: dict[str, Any]) -> Job:
    """One of the login, not stored yet. ``provider`` None: its rows are of several."""
    scope = replace(login.scope("customers.view_job"), platform=False)
    within = scope.within(provider.pk) if provider else None
    groups = [each for each in login.user_groups if provider and each.provider_id == provider.pk]
    user_group = groups[0] if within is not None and len(groups) == 1 else None
    where = {"provider": provider, "user_group": user_group, "reach": reach_of(login)}
    return Job(login=login, kind=kind, title=title[:300], options=options, **where)


def is_reach_unchanged(job: Job) -> bool:
    """May its login still see and do what it could when it started the job?"""
    return job.login.is_active and job.reach == reach_of(job.login)


def queue(job: Job) -> None:
    """Ask the worker to run it; part of the transaction."""
    run_job.defer(job=job.pk)


def start(job: Job) -> Job:
    """Store a new job and ask the worker to run it: both, or neither."""
    with transaction.atomic():
        job.save()
        queue(job)
    return job


def cancel(job: Job) -> None:
    """One that waits is cancelled at once; one that runs stops soon, and everything is undone."""
    if job.kind in _BY_THEMSELVES:
        _BY_THEMSELVES[job.kind][0](job)
        return
    waiting = Job.objects.filter(pk=job.pk, state=Job.State.WAITING)
    if not waiting.update(state=Job.State.CANCELLED, ended_at=timezone.now()):
        Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(cancel_asked=True)


def retry(job: Job) -> bool:
    """Begin anew what failed or was cancelled; False where it is under way already, or done."""
    if job.kind in _BY_THEMSELVES:
        return _BY_THEMSELVES[job.kind][1](job)
    with transaction.atomic():
        stopped = Job.objects.filter(pk=job.pk, state__in=(Job.State.FAILED, Job.State.CANCELLED))
        begun = stopped.update(
            state=Job.State.WAITING, cancel_asked=False, attempts=0, rows_done=0, rows_in_all=None,
            started_at=None, heard_at=None, ended_at=None, opened_at=None, result={}, message="",
        )  # fmt: skip
        if begun:
            queue(job)
    return bool(begun)


@app.task(name="run_job", queue=LONG, pass_context=True, retry=UNTIL_IT_RUNS)
def run_job(context: JobContext, job: int) -> None:
    run(job, is_ending=context.should_abort)


def run(pk: int, is_ending: Callable[[], bool] = lambda: False) -> None:
    """Do the job, unless it is over. What the database fails by is raised, and tried again later."""
    job = _claim(pk)
    if job is None:
        return
    try:
        with _progress(job, is_ending) as progress, transaction.atomic():
            if _is_mine(job):
                _end(job, _RUNNERS[job.kind](job, progress))
    except Interrupted as stop:
        _stop(job, stop.state)
    except Impossible as reason:
        _end(job, Outcome(failure=str(reason)))
    except OperationalError as lost:
        if not isinstance(lost.__cause__, errors.DiskFull):
            raise
        _end(
            job, Outcome(failure="The disk of the database is full: nothing was written. Try again once there is room.")
        )
    except Exception:
        reference = uuid4().hex[:8]
        logger.exception("job_failed", job=pk, reference=reference)
        words = f"Something went wrong here, and nothing was written. It is in the log as {reference}: try again, or report it."
        _end(job, Outcome(failure=words))


def _claim(pk: int) -> Job | None:
    """The job as running from now on; None where it is over."""
    with transaction.atomic():
        job: Job | None = (
            Job.objects.select_for_update(of=("self",)).select_related("login", "provider").filter(pk=pk).first()
        )
        if job is None or job.is_over:
            return None
        if job.cancel_asked:
            _stop(job, Job.State.CANCELLED)
            return None
        if job.attempts >= MOST_ATTEMPTS:
            _end(job, Outcome(failure=f"Its worker was lost {MOST_ATTEMPTS} times, and nothing was written."))
            return None
        now = timezone.now()
        Job.objects.filter(pk=pk).update(
            state=Job.State.RUNNING, attempts=F("attempts") + 1, rows_done=0, started_at=now, heard_at=now
        )
        job.state = Job.State.RUNNING
        return job


def _is_mine(job: Job) -> bool:
    """Alone with the job until the end of the transaction. False where another worker has done it meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, job.pk % 2**31])
    return Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).exists()


@contextmanager
def _progress(job: Job, is_ending: Callable[[], bool]) -> Iterator[Progress]:
    """Tells how far the job is, by a connection of its own: the job's sees and keeps nothing before its end."""
    own = connection.copy()
    last = -EVERY

    def tell(done: int, total: int | None) -> None:
        nonlocal last
        if time.monotonic() - last < EVERY:
            return
        last = time.monotonic()
        if is_ending():
            raise Interrupted(Job.State.WAITING)
        with own.cursor() as cursor:
            cursor.execute(
                "UPDATE customers_job SET rows_done = %s, rows_in_all = %s, heard_at = now()"
                " WHERE id = %s AND state = 'running' RETURNING cancel_asked",
                [done, total, job.pk],
            )
            if cursor.fetchone() == (True,):
                raise Interrupted(Job.State.CANCELLED)

    try:
        yield tell
    finally:
        own.close()


def _end(job: Job, outcome: Outcome) -> None:
    """Part of the transaction of what it wrote."""
    state = Job.State.FAILED if outcome.failure else Job.State.DONE
    result = {"result": outcome.result, "message": outcome.failure}
    Job.objects.filter(pk=job.pk).update(state=state, ended_at=timezone.now(), **result)


def _stop(job: Job, state: str) -> None:
    """It was cancelled, or waits for another worker."""
    with transaction.atomic():
        is_over = state == Job.State.CANCELLED
        Job.objects.filter(pk=job.pk).update(state=state, ended_at=timezone.now() if is_over else None)
        if not is_over:
            queue(job)


@app.periodic(cron="17 * * * *")
@app.task(name="remove_old_jobs")
def remove_old_jobs(timestamp: int) -> None:
    """Every hour: files a week after the end of their job, and jobs after a year."""
    now = timezone.now()
    for job in Job.objects.over().filter(ended_at__lt=now - RETENTION):
        remove_files(job)
        job.delete()
    remove_old_files(now)
