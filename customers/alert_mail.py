"""Mails of alerts: at once or once a day, as each login has chosen, and only of what the login may still see.

A mail goes out before its alerts are marked as mailed, both under the rows' locks: a worker that is killed in between sends
again, with the same Message-ID (docs/decisions/0008).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time, timedelta
from typing import Any

import structlog
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from procrastinate.contrib.django import app

from customers.effect_words import counts_in_words
from customers.models import Provider, StaffAlert, StaffMember
from evcnet.worker import UNTIL_IT_RUNS

DIGEST_AT = time(7)
"""By the clock of the provider's time zone."""
LATEST = timedelta(days=2)
"""An alert that could not be mailed for so long is in the portal only."""
RETRY = timedelta(minutes=5)
MOST_LISTED = 100
"""So many alerts stand in one mail; the rest is counted."""

logger = structlog.get_logger(__name__)


@app.task(name="mail_alert", retry=UNTIL_IT_RUNS)
def mail_alert(alert: int) -> None:
    """Mail an alert to those who want it at once; what a mail server refused is tried again, later each time."""
    waiting = StaffAlert.objects.waiting_for_mail().filter(alert=alert, mail=StaffMember.AlertMail.AT_ONCE)
    copies = list(waiting.order_by("pk").values_list("pk", "login", "alert__created_at"))
    now = timezone.now()
    results = [_mail(login, [copy], f"alert-{copy}", now) for copy, login, _ in copies]
    if not all(results):
        age = now - copies[0][2]
        if age < LATEST:
            mail_alert.configure(schedule_in={"seconds": int(max(age, RETRY).total_seconds())}).defer(alert=alert)


def mail_digests(now: datetime) -> None:
    """To each login that wants one mail a day: what came before the last 07:00 of the provider's time zone, once.

    Whoever got today's digest gets no second one, whatever came late; whoever could not be mailed is tried again.
    """
    for provider in Provider.objects.order_by("pk"):
        until = _last_digest(now, provider)
        daily = StaffAlert.objects.filter(provider=provider, mail=StaffMember.AlertMail.DAILY)
        done = daily.filter(mailed_at__gte=until).values("login")
        waiting = daily.waiting_for_mail().unread().exclude(login__in=done)
        due = waiting.filter(alert__created_at__lt=until, alert__created_at__gte=now - LATEST)
        copies: dict[int, list[int]] = {}
        for copy, login in due.order_by("pk").values_list("pk", "login"):
            copies.setdefault(login, []).append(copy)
        for login, of_login in copies.items():
            _mail(login, of_login, f"alerts-{provider.pk}-{login}-{until:%Y%m%d}", now)


def _last_digest(now: datetime, provider: Provider) -> datetime:
    here = now.astimezone(provider.zone)
    today = datetime.combine(here.date(), DIGEST_AT, provider.zone)
    return today if today <= here else datetime.combine(here.date() - timedelta(days=1), DIGEST_AT, provider.zone)


def _mail(login_id: int, copies: Collection[int], message_id: str, now: datetime) -> bool:
    """Mail what the login may see of these alerts now; False where that is to be tried again."""
    with transaction.atomic():
        locked = StaffAlert.objects.select_for_update(skip_locked=True, of=("self",))
        rows = list(locked.waiting_for_mail().filter(pk__in=copies).order_by("pk"))
        login = StaffMember.objects.get(pk=login_id)
        visible = StaffAlert.objects.visible_to(login).filter(pk__in=[row.pk for row in rows])
        alerts = list(visible.select_related("alert__made_by", "provider").order_by("-pk"))
        chosen = StaffAlert.objects.filter(pk__in=[row.pk for row in rows])
        if not alerts or login.alert_mail == StaffMember.AlertMail.NONE:
            chosen.update(mail=StaffMember.AlertMail.NONE)
            return True
        try:
            build_mail(login, alerts, message_id).send()
        except Exception as failure:  # noqa: BLE001 - whatever a mail server answers, the alert is tried again
            logger.warning("alert_not_mailed", login=login_id, failure=f"{type(failure).__name__}: {failure}"[:300])
            return False
        chosen.update(mailed_at=now)
        return True


def build_mail(login: StaffMember, alerts: list[StaffAlert], message_id: str) -> EmailMultiAlternatives:
    """The mail about one alert or several of one provider: text and HTML."""
    provider = alerts[0].provider
    within = login.scope("customers.view_staffalert").within(provider.pk)
    lines = [_line(each, within, provider) for each in alerts[:MOST_LISTED]]
    many = f"{len(alerts)} alerts" if len(alerts) > 1 else f"{lines[0]['title']} ({lines[0]['event']})"
    context = {"login": login, "provider": provider, "lines": lines, "more": len(alerts) - len(lines)}
    mail = EmailMultiAlternatives(
        subject=" ".join(f"{provider.name}: {many}".split()),
        body=render_to_string("customers/alert_mail.txt", context),
        to=[login.email],
        headers={"Message-ID": f"<{message_id}@evcnet>"},
    )
    mail.attach_alternative(render_to_string("customers/alert_mail.html", context), "text/html")
    return mail


def _line(copy: StaffAlert, within: list[int] | None, provider: Provider) -> dict[str, Any]:
    alert, part = copy.alert, copy.alert.part(within)
    at = alert.takes_effect_at.astimezone(provider.zone)
    return {
        "title": part.title,
        "event": alert.get_event_display(),
        "groups": part.groups,
        "more_groups": part.more_groups,
        "effects": counts_in_words(part.counts),
        "moment": f"{at:%d-%m-%Y %H:%M} ({provider.time_zone})",
        "by": alert.made_by if part.groups or part.whole else None,
    }
