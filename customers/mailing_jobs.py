"""Jobs of mailings: how far the letters of an announcement are, on a page of its own for the login that sends them.

The job mails nothing. The queue of notices does, each once whatever becomes of its worker; the job counts what came of it.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from customers.jobs import new_job
from customers.models import Announcement, Job, Notice, StaffMember

MANY = 100
"""A mailing of so many letters or more is a job."""


def start(announcement: Announcement, login: StaffMember | None) -> None:
    """In the transaction that has written the letters; nothing where they are few, or a command sends them."""
    if login is None or announcement.notices.count() < MANY:
        return
    job = new_job(login, announcement.provider, Job.Kind.MAILING, "", {})
    job.title = f"Letters: {announcement.about_for(job.user_group_id)}"[:300]
    job.announcement = announcement
    job.save()
    note(announcement.pk)


def note(announcement: int, *, is_mailing: bool = False) -> None:
    """Count anew what became of the letters; ``is_mailing``: a worker is at it."""
    with transaction.atomic():
        job = Job.objects.select_for_update().filter(announcement=announcement).first()
        if job is None:
            return
        counts = _counts(announcement)
        waiting = counts[Notice.State.QUEUED]
        job.rows_in_all = sum(counts.values())
        job.rows_done, job.heard_at = job.rows_in_all - waiting, timezone.now()
        if waiting:
            _go_on(job, is_mailing=is_mailing)
        elif not job.is_over:
            _end(job, counts)
        job.save()


def _counts(announcement: int) -> dict[str, int]:
    rows = Notice.objects.filter(announcement=announcement).order_by().values_list("state").annotate(Count("pk"))
    return dict.fromkeys(Notice.State.values, 0) | dict(rows)


def _go_on(job: Job, *, is_mailing: bool) -> None:
    if job.is_over:
        job.started_at = job.ended_at = job.opened_at = None
        job.message = ""
    job.state = Job.State.RUNNING if is_mailing else Job.State.WAITING
    if is_mailing:
        job.started_at = job.started_at or timezone.now()


def _end(job: Job, counts: dict[str, int]) -> None:
    failed, withdrawn = counts[Notice.State.FAILED], counts[Notice.State.WITHDRAWN]
    result: dict[str, Any] = {"rows": job.rows_in_all, "sent": counts[Notice.State.SENT]}
    job.result = result | {"invalid": failed, "withdrawn": withdrawn}
    job.ended_at = timezone.now()
    job.state = Job.State.CANCELLED if withdrawn else Job.State.FAILED if failed else Job.State.DONE
    job.message = f"{failed:,} of {job.rows_in_all:,} letters could not be mailed: each says why." if failed else ""
