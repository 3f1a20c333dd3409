"""Mailing of notices: after the grace a job mails each once, and tries again what failed; what waits can be withdrawn."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import datetime, timedelta

from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from customers import jobs, mailing_jobs
from customers.letters import build_mail
from customers.models import Announcement, Job, Notice
from evcnet.datetimes import database_clock
from evcnet.worker import UNTIL_IT_RUNS

GRACE = timedelta(minutes=5)
"""So long after a change was confirmed its letters wait: whoever takes it back meanwhile leaves them unsent."""
MOST_ATTEMPTS = 5
RETRY_SECONDS = 300
MOST_SECONDS = 30
"""So long a job mails; then it goes back into the queue, behind the others that wait."""
NOTED_EVERY = 1.0
"""Seconds between two looks at how far a mailing is, for the page of its job."""
PERHAPS_TWICE = "The worker ended while it was mailed, and it was mailed again: it may have arrived twice."
MAILABLE = (Notice.State.QUEUED, Notice.State.FAILED)


def queue_mail(announcement: Announcement, *, in_seconds: int = 0) -> None:
    """Ask the worker to mail it, not before it is due. The request is part of the transaction: undone with it, kept with it."""
    wait = max(in_seconds, _seconds_until_due(announcement))
    job = mail_announcement.configure(schedule_in={"seconds": wait}) if wait else mail_announcement
    job.defer(announcement=announcement.pk)


@app.task(name="mail_announcement", pass_context=True, retry=UNTIL_IT_RUNS)
def mail_announcement(context: JobContext, announcement: int) -> None:
    """Mail what waits of an announcement. A worker that is asked to end finishes the letter at hand."""
    until = time.monotonic() + MOST_SECONDS
    mail_waiting(announcement, may_go_on=lambda: time.monotonic() < until and not context.should_abort())


def mail_waiting(announcement: int, may_go_on: Callable[[], bool] = lambda: True) -> None:
    """Mail all notices of an announcement that wait. Several workers share them; a killed one leaves the rest."""
    about = Announcement.objects.get(pk=announcement)
    # Not due yet: the worker's clock is ahead of the database's, or the mailing was resumed by hand.
    in_seconds = _seconds_until_due(about)
    noted_at = -math.inf
    while not in_seconds and may_go_on():
        if time.monotonic() - noted_at >= NOTED_EVERY:
            mailing_jobs.note(announcement, is_mailing=True)
            noted_at = time.monotonic()
        if not _mail_next(announcement):
            in_seconds = RETRY_SECONDS
    mailing_jobs.note(announcement)
    waiting = Notice.objects.filter(announcement=announcement, state=Notice.State.QUEUED)
    if waiting.exists() and not _jobs("todo").filter(args__announcement=announcement).exists():
        queue_mail(about, in_seconds=in_seconds)


def _seconds_until_due(announcement: Announcement) -> int:
    """Rounded up; 0 where it may be mailed now."""
    if announcement.due_at is None:
        return 0
    return max(0, math.ceil((announcement.due_at - database_clock()).total_seconds()))


def withdraw(announcement: Announcement) -> set[int]:
    """Leave unsent what has reached nobody yet; the ids of the customers who therefore get nothing of it.

    The one that is being mailed at this moment is waited for: then it counts as mailed, or is withdrawn.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE customers_notice SET state = 'withdrawn' WHERE announcement_id = %s"
            " AND state IN ('queued', 'failed') RETURNING customer_id",
            [announcement.pk],
        )
        customers = {customer for (customer,) in cursor.fetchall()}
    mailing_jobs.note(announcement.pk)
    return customers


@app.periodic(cron="* * * * *")
@app.task(name="resume_mailings")
def resume_mailings(timestamp: int) -> None:
    """Every minute: notices that wait without a job that would mail them get one."""
    with_job = set(_jobs("todo", "doing").values_list("args__announcement", flat=True))
    waiting = Notice.objects.filter(state=Notice.State.QUEUED).order_by().values("announcement")
    for announcement in Announcement.objects.filter(pk__in=waiting).exclude(pk__in=with_job):
        queue_mail(announcement)


def _jobs(*statuses: str) -> QuerySet[ProcrastinateJob]:
    """Those that mail an announcement, its id among their arguments."""
    return ProcrastinateJob.objects.filter(task_name=mail_announcement.name, status__in=statuses)


def mail_again(notices: Iterable[Notice]) -> None:
    """Try at once, with all attempts before them: notices that could not be mailed, and those of a mailing that is stuck.

    Whatever else mails them meanwhile, each is mailed once.
    """
    with transaction.atomic():
        keys = [notice.pk for notice in notices]
        rows = Notice.objects.select_for_update().filter(pk__in=keys, state__in=MAILABLE)
        waiting = list(rows.values_list("pk", "announcement_id"))
        Notice.objects.filter(pk__in=[pk for pk, _ in waiting]).update(state=Notice.State.QUEUED, attempts=0, error="")
        for announcement in Announcement.objects.filter(pk__in={about for _, about in waiting}):
            queue_mail(announcement)
            mailing_jobs.note(announcement.pk)


def _cancel_mailing(job: Job) -> None:
    """What has not gone out stays unsent; what it tells of stays as it is."""
    if job.announcement is not None:
        withdraw(job.announcement)


def _mail_failed(job: Job) -> bool:
    """Only those that could not be mailed: nobody gets the letter twice."""
    failed = list(Notice.objects.filter(announcement=job.announcement_id, state=Notice.State.FAILED))
    mail_again(failed)
    return bool(failed)


jobs.by_itself(Job.Kind.MAILING, cancel=_cancel_mailing, retry=_mail_failed)


def _mail_next(announcement: int) -> bool:
    """Mail one notice that is due; False when there is none."""
    waiting = _claim_next(announcement)
    if waiting is None:
        return False
    # The mail server is left after the transaction, so that a worker is seldom killed between its answer and our keeping it.
    with closing(get_connection()) as post, transaction.atomic():
        with connection.cursor() as cursor:
            # A server that crashes forgets the outcome, but not that it was handed over.
            cursor.execute("SET LOCAL synchronous_commit TO off")
        notice = _waiting(announcement).filter(pk=waiting.pk).first()
        if notice is not None:
            _send(notice, post, interrupted=waiting.handed_over)
    return True


def _claim_next(announcement: int) -> Notice | None:
    """The next that is due, marked as handed over before it is: where the mark is there already, a worker ended meanwhile."""
    with transaction.atomic():
        notice = _waiting(announcement).order_by("attempts", "pk").first()
        if notice is None or (notice.attempts and not _due(notice)):
            return None
        if _is_too_late(notice.announcement):
            withdraw(notice.announcement)
            return None
        Notice.objects.filter(pk=notice.pk).update(handed_over=True)
        return notice


def _waiting(announcement: int) -> QuerySet[Notice]:
    """Those that no other worker has at hand, locked until the transaction ends."""
    rows = Notice.objects.select_for_update(skip_locked=True, of=("self",))
    rows = rows.filter(announcement=announcement, state=Notice.State.QUEUED)
    return rows.select_related("customer", "announcement", "provider__letter_settings")


def _is_too_late(announcement: Announcement) -> bool:
    """A reminder of what has begun already would say what is not so any more."""
    if announcement.template != Announcement.Template.REMINDER:
        return False
    return datetime.fromisoformat(announcement.context["takes_effect_at"]) <= database_clock()


def _due(notice: Notice) -> bool:
    """A notice that failed waits for the next round."""
    return notice.tried_at is None or (timezone.now() - notice.tried_at).total_seconds() >= RETRY_SECONDS - 1


def _send(notice: Notice, post: BaseEmailBackend, *, interrupted: bool) -> None:
    """Its outcome is written before the mail server is asked, and only kept after its answer: a kill between is rare."""
    notice.attempts += 1
    notice.tried_at = timezone.now()
    notice.handed_over = False
    if not notice.customer.email:
        _keep(notice, Notice.State.FAILED, "The customer has no e-mail address.")
        return
    _keep(notice, Notice.State.SENT, PERHAPS_TWICE if interrupted else "")
    try:
        mail = build_mail(notice)
        mail.connection = post
        # Opened by us, it is closed by us.
        post.open()
        mail.send()
    except Exception as failure:  # noqa: BLE001 - whatever a mail server answers is kept and tried again, never lost
        is_last = notice.attempts >= MOST_ATTEMPTS
        state = Notice.State.FAILED if is_last else Notice.State.QUEUED
        _keep(notice, state, f"{type(failure).__name__}: {failure}"[:300])


def _keep(notice: Notice, state: Notice.State, error: str) -> None:
    notice.state, notice.error = state, error
    notice.save(update_fields=["attempts", "tried_at", "handed_over", "state", "error"])
