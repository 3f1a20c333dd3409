"""Jobs of changes: reminders of what is to come."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from procrastinate.contrib.django import app

from changes.drafts import discard_old_drafts
from changes.models import Change
from changes.notify import first_announcement, remind
from customers.models import LetterSettings, Provider
from evcnet.datetimes import database_clock
from tariffs.writes import lock_changes

logger = logging.getLogger(__name__)


@app.periodic(cron="*/10 * * * *")
@app.task(name="remind_of_scheduled_changes")
def remind_of_scheduled_changes(timestamp: int) -> None:
    """Every ten minutes: reminders that are due are queued. One that was due while no worker ran is caught up with."""
    scheduled = Change.objects.scheduled_after(database_clock()).filter(provider__letter_settings__reminder_days__gt=0)
    for pk in scheduled.order_by("takes_effect_at").values_list("pk", flat=True):
        try:
            _remind_if_due(pk)
        except Exception:
            logger.exception("The reminder of change %s could not be written; it is tried again.", pk)


@app.periodic(cron="20 3 * * *")
@app.task(name="discard_old_drafts")
def discard_drafts_of_all_providers(timestamp: int) -> None:
    """Every night: drafts that nobody has saved for as long as their provider says are discarded."""
    for provider in Provider.objects.order_by("pk"):
        count = discard_old_drafts(provider, database_clock())
        if count:
            logger.info("%s drafts of %s lay for too long and are discarded.", count, provider.code)


def _remind_if_due(pk: int) -> None:
    with transaction.atomic():
        # Whoever cancels it holds the same lock.
        lock_changes(Change.objects.values_list("provider", flat=True).get(pk=pk))
        now = database_clock()
        rows = Change.objects.scheduled_after(now).select_related("provider__letter_settings", "tariff")
        change = rows.filter(pk=pk).first()
        if change is not None and _is_due(change, now):
            remind(change)


def _is_due(change: Change, now: datetime) -> bool:
    """Is the day of the reminder reached, and was the change announced before it? Who has just been told is not reminded."""
    days = LetterSettings.of(change.provider).reminder_days
    due = change.takes_effect_at.astimezone(change.provider.zone) - timedelta(days=days)
    announced = first_announcement(change)
    return days > 0 and due <= now and announced is not None and (announced.due_at or announced.created_at) < due
