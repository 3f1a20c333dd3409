"""Alerts of staff: written for every login that a change concerns, marked as read, and removed after a year."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from customers.alert_mail import mail_alert
from customers.models import Alert, Job, StaffAlert, StaffMember

RETENTION = timedelta(days=365)
MOST_COUNTED = 99
"""So many unread alerts the bell counts; of more it says that there are more."""
VIEW = "customers.view_staffalert"


def write_alert(alert: Alert, user_groups: Collection[int]) -> None:
    """Write the alert, and a copy for every login whom it concerns but the one who made the change.

    Within the change's transaction, by as many statements for a thousand logins as for one.
    """
    concerned = StaffMember.objects.concerned(alert.provider_id, user_groups, VIEW).exclude(pk=alert.made_by_id)
    write_copies(alert, user_groups, concerned)


def write_copies(alert: Alert, user_groups: Collection[int], readers: Any) -> None:
    """Write the alert, and a copy for each of these logins, a queryset."""
    alert.user_group_ids = sorted(user_groups)
    alert.save(force_insert=True)
    mails = dict(readers.order_by().values_list("pk", "alert_mail"))
    StaffAlert.objects.bulk_create(
        StaffAlert(provider_id=alert.provider_id, alert=alert, login_id=login, mail=mail)
        for login, mail in mails.items()
    )
    if StaffMember.AlertMail.AT_ONCE in mails.values():
        mail_alert.defer(alert=alert.pk)


def count_unread(login: StaffMember) -> int:
    """How many alerts the login has not read, and jobs of its own that ended, at most one more than MOST_COUNTED each:
    one statement."""
    unread = StaffAlert.objects.visible_to(login).unread().order_by().values("pk")[: MOST_COUNTED + 1]
    ended = Job.objects.news(login).order_by().values("pk")[: MOST_COUNTED + 1]
    return int(unread.union(ended, all=True).count())


def mark_read(login: StaffMember, alerts: Collection[int] | None = None) -> int:
    """Mark the login's alerts with these ids as read, or all, and its jobs that ended; how many alerts were unread."""
    unread = StaffAlert.objects.visible_to(login).unread()
    if alerts is None:
        Job.objects.news(login).update(opened_at=timezone.now())
    chosen = unread if alerts is None else unread.filter(pk__in=alerts)
    return int(chosen.update(read_at=timezone.now()))


def remove_old_alerts(now: datetime) -> None:
    """Those that are older than a year. The changes that they tell of stay on the record."""
    old = Alert.objects.filter(created_at__lt=now - RETENTION)
    StaffAlert.objects.filter(alert__in=old)._raw_delete("default")
    old.delete()
