"""Mailing of notices: a job mails each once, in the customer's language, and tries again what failed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import timezone
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from customers.models import Announcement, Notice
from customers.notice_text import words

MOST_ATTEMPTS = 5
RETRY_SECONDS = 300
MOST_SECONDS = 30
"""So long a job mails; then it goes back into the queue, behind the others that wait."""
AGAIN = RetryStrategy(wait=30)
"""What a job fails by is never one letter's fault, but the database's, say: it is tried until it runs."""
MAILABLE = (Notice.State.QUEUED, Notice.State.FAILED)


def queue_mail(announcement: Announcement, *, in_seconds: int = 0) -> None:
    """Ask the worker to mail it. The request is part of the transaction: undone with it, kept with it."""
    job = mail_announcement.configure(schedule_in={"seconds": in_seconds}) if in_seconds else mail_announcement
    job.defer(announcement=announcement.pk)


@app.task(name="mail_announcement", pass_context=True, retry=AGAIN)
def mail_announcement(context: JobContext, announcement: int) -> None:
    """Mail what waits of an announcement. A worker that is asked to end finishes the letter at hand."""
    until = time.monotonic() + MOST_SECONDS
    mail_waiting(announcement, may_go_on=lambda: time.monotonic() < until and not context.should_abort())


def mail_waiting(announcement: int, may_go_on: Callable[[], bool] = lambda: True) -> None:
    """Mail all notices of an announcement that wait. Several workers share them; a killed one leaves the rest."""
    in_seconds = 0
    while not in_seconds and may_go_on():
        if not _mail_next(announcement):
            in_seconds = RETRY_SECONDS
    waiting = Notice.objects.filter(announcement=announcement, state=Notice.State.QUEUED)
    if waiting.exists() and not _jobs("todo").filter(args__announcement=announcement).exists():
        queue_mail(Announcement.objects.get(pk=announcement), in_seconds=in_seconds)


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


def _mail_next(announcement: int) -> bool:
    """Mail one notice that is due; False when there is none. The row stays locked until its outcome is written."""
    with transaction.atomic():
        rows = Notice.objects.select_for_update(skip_locked=True, of=("self",)).filter(
            announcement=announcement, state=Notice.State.QUEUED
        )
        notice: Notice | None = (
            rows.select_related("customer", "announcement", "provider").order_by("attempts", "pk").first()
        )
        if notice is None or (notice.attempts and not _due(notice)):
            return False
        _send(notice)
        return True


def _due(notice: Notice) -> bool:
    """A notice that failed waits for the next round."""
    return notice.tried_at is None or (timezone.now() - notice.tried_at).total_seconds() >= RETRY_SECONDS - 1


def _send(notice: Notice) -> None:
    notice.attempts += 1
    notice.tried_at = timezone.now()
    if not notice.customer.email:
        notice.state, notice.error = Notice.State.FAILED, "The customer has no e-mail address."
    else:
        try:
            build_mail(notice).send()
            notice.state, notice.error = Notice.State.SENT, ""
        except Exception as failure:  # noqa: BLE001 - whatever a mail server answers is kept and tried again, never lost
            notice.error = f"{type(failure).__name__}: {failure}"[:300]
            if notice.attempts >= MOST_ATTEMPTS:
                notice.state = Notice.State.FAILED
    notice.save(update_fields=["attempts", "tried_at", "state", "error"])


def build_mail(notice: Notice) -> EmailMultiAlternatives:
    """The mail as it is sent: text and HTML, in the customer's language. Its Message-ID is the notice's own."""
    context = _context(notice)
    mail = EmailMultiAlternatives(
        subject=context["words"]["subject_cancelled" if context["cancelled"] else "subject"].format(**context),
        body=render_to_string("customers/notice.txt", context),
        to=[notice.customer.email],
        headers={"Message-ID": f"<notice-{notice.pk}-{notice.announcement.key}@evcnet>"},
    )
    mail.attach_alternative(render_to_string("customers/notice.html", context), "text/html")
    return mail


def _context(notice: Notice) -> dict[str, Any]:
    about, provider = notice.announcement.context, notice.provider
    at = datetime.fromisoformat(about["takes_effect_at"]).astimezone(provider.zone)
    texts = words(notice.customer.language)
    groups, more = notice.announcement.places(notice.customer.user_group_id)
    return {
        "words": texts,
        "language": notice.customer.language,
        "effect": texts[notice.effect],
        "customer": notice.customer,
        "provider": provider.name,
        "groups": groups,
        "more_groups": more,
        "moment": f"{at:%d-%m-%Y %H:%M} ({provider.time_zone})",
        "scheduled": about["scheduled"],
        "cancelled": notice.announcement.template == Announcement.Template.CANCELLED,
        "before": notice.before,
        "after": notice.after,
    }
