"""Notices of customers about a change: written in the change's own transaction, mailed by a job."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import F

from changes.impact import AFFECTED, Case, Side
from changes.models import Change
from changes.preview import Preview
from chargegroups.models import ChargeGroup, CustomerException, Terms
from customers.models import Announcement, Customer, Notice
from customers.notices import queue_mail
from tariffs.pricing import PRICE_WORDS, price_texts


def announce(change: Change, preview: Preview) -> None:
    """Queue a notice for everyone whom the change is to be told to, in the words of their own case."""
    if change.notify == Change.Notify.NONE or not preview.impact.affected:
        return
    chosen = preview.customers(AFFECTED) if change.notify == Change.Notify.ALL else preview.regulars(AFFECTED)
    rows = chosen.order_by("pk").values_list("pk", "language", "kind")
    readers = {pk: (language, kind) for pk, language, kind in rows}
    ids = list(readers)
    if not ids:
        return
    announcement = Announcement.objects.create(
        provider_id=change.provider_id,
        key=f"change-{change.pk}-changed",
        template=Announcement.Template.CHANGED,
        context=_context(change, preview.basis.groups),
    )
    cases = preview.cases_of(ids)
    Notice.objects.bulk_create(
        [_notice(announcement, pk, cases[pk], *readers[pk]) for pk in ids if pk in cases], batch_size=2_000
    )
    queue_mail(announcement)


def announce_cancelled(change: Change) -> None:
    """Tell again whoever was told that the change would come."""
    announced = Announcement.objects.filter(key=f"change-{change.pk}-changed").first()
    if announced is None:
        return
    announcement = Announcement.objects.create(
        provider_id=change.provider_id,
        key=f"change-{change.pk}-cancelled",
        template=Announcement.Template.CANCELLED,
        context=announced.context,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO customers_notice (provider_id, announcement_id, customer_id, effect, before, after, state,"
            " attempts, error) SELECT provider_id, %s, customer_id, effect, before, after, 'queued', 0, ''"
            " FROM customers_notice WHERE announcement_id = %s",
            [announcement.pk, announced.pk],
        )
    queue_mail(announcement)


def _notice(announcement: Announcement, customer: int, case: Case, language: str, kind: str) -> Notice:
    return Notice(
        provider_id=announcement.provider_id,
        announcement=announcement,
        customer_id=customer,
        effect=case.effect,
        before=_price(case.before, language, kind),
        after=_price(case.after, language, kind),
    )


def _price(side: Side, language: str, kind: str) -> str:
    """As a customer of this kind reads it who has this language: before and after in the same reading."""
    if side.price is None:
        return ""
    return price_texts(side.price, PRICE_WORDS[language]).for_customer(company=kind == Customer.Kind.COMPANY)


MOST_NAMED = 200


def _context(change: Change, concerned: Sequence[ChargeGroup]) -> dict[str, Any]:
    """What stands in the text for all: where, from when, and whether it is still to come.

    ``user_groups`` are those of the groups that nobody else can know of, by the groups' names.
    """
    groups = sorted(concerned, key=lambda group: group.code)[:MOST_NAMED]
    known = _with_access_elsewhere(groups)
    return {
        "groups": [group.name for group in groups],
        "user_groups": {group.name: group.user_group_id for group in groups if group.pk not in known},
        "more_groups": max(len(concerned) - MOST_NAMED, 0),
        "takes_effect_at": change.takes_effect_at.isoformat(),
        "scheduled": change.scheduled,
    }


def _with_access_elsewhere(groups: list[ChargeGroup]) -> set[int]:
    """Those that were ever open to other user groups, or hold an exception for one of their customers."""
    opened = Terms.objects.filter(charge_group__in=groups, other_user_groups=True)
    guests = CustomerException.objects.filter(charge_group__in=groups).exclude(
        customer__user_group=F("charge_group__user_group")
    )
    return {pk for rows in (opened, guests) for pk in rows.order_by().values_list("charge_group", flat=True).distinct()}
