"""Notices of customers about a change: written in the change's own transaction, mailed by a job after the grace."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import F, Q

from changes.audience import readers
from changes.impact import AFFECTED, Case, Side
from changes.models import Change
from changes.preview import Preview, preview_scheduled
from changes.undo import undo_of
from chargegroups.models import ChargeGroup, CustomerException, Terms
from customers import mailing_jobs
from customers.models import Announcement, Customer, Notice
from customers.notices import GRACE, queue_mail, withdraw
from evcnet.datetimes import database_clock
from tariffs.pricing import PRICE_WORDS, price_texts

AT_ONCE = 2_000
"""So many notices are written by one statement."""
MARGIN = timedelta(seconds=30)
"""Whoever was shown that letters wait may take this long to have them withdrawn."""


def announce(change: Change, preview: Preview) -> None:
    """Queue a notice for everyone whom the change is to be told to, in the words of their own case.

    An undo within the grace withdraws the letters of what it undoes. Those customers hear of neither; whom the letter has reached
    all the same hears of both.
    """
    undone = unsent_announcement(change.undoes, preview, margin=MARGIN) if change.undoes else None
    unsent = _withdrawn(undone) if undone else set()
    chosen = readers(preview, change.notify, change.made_by)
    if undone:
        reached = undone.notices.filter(state=Notice.State.SENT).values("customer")
        chosen = preview.customers(AFFECTED).filter(Q(pk__in=chosen.values("pk")) | Q(pk__in=reached))
    ids = [pk for pk in chosen.order_by("pk").values_list("pk", flat=True) if pk not in unsent]
    if ids:
        context = announcement_context(change.takes_effect_at, change.scheduled, preview.basis.groups)
        _announce(change, Announcement.Template.CHANGED, context, preview.cases_of(ids))


def _withdrawn(announcement: Announcement) -> set[int]:
    """The customers, by id, who hear nothing of it: what waits is withdrawn, and what was withdrawn before counts too."""
    withdraw(announcement)
    return set(announcement.notices.filter(state=Notice.State.WITHDRAWN).values_list("customer_id", flat=True))


def announce_cancelled(change: Change) -> None:
    """Whom the first letter has reached is told that the change does not come; what still waits is withdrawn."""
    for waiting in announcements_of(change):
        withdraw(waiting)
    announced = first_announcement(change)
    if announced is None or not announced.notices.filter(state=Notice.State.SENT).exists():
        return
    announcement = _create(change, Announcement.Template.CANCELLED, announced.context, due_at=None)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO customers_notice (provider_id, announcement_id, customer_id, effect, before, after, state,"
            " attempts, error) SELECT provider_id, %s, customer_id, effect, before, after, 'queued', 0, ''"
            " FROM customers_notice WHERE announcement_id = %s AND state = 'sent'",
            [announcement.pk, announced.pk],
        )
    mailing_jobs.start(announcement, change.made_by)
    queue_mail(announcement)


def remind(change: Change) -> None:
    """Queue a reminder for everyone whom the first letter has reached and whom the scheduled change affects as things stand.

    For whoever holds the provider's lock; once a change.
    """
    announced = first_announcement(change)
    if announced is None or Announcement.objects.filter(key=_key(change, Announcement.Template.REMINDER)).exists():
        return
    preview = preview_scheduled(change)
    reached = announced.notices.filter(state=Notice.State.SENT).values("customer")
    ids = list(preview.customers(AFFECTED).filter(pk__in=reached).order_by("pk").values_list("pk", flat=True))
    if ids:
        _announce(change, Announcement.Template.REMINDER, announced.context, preview.cases_of(ids), grace=timedelta())


def announcements_of(change: Change) -> Any:
    """The first one, the reminder, and that the change is cancelled, as far as there are any."""
    keys = [_key(change, template) for template in Announcement.Template.values]
    return Announcement.objects.filter(key__in=keys)


def first_announcement(change: Change) -> Announcement | None:
    return Announcement.objects.filter(key=_key(change, Announcement.Template.CHANGED)).first()


def unsent_announcement(change: Change, undo: Preview, *, margin: timedelta = timedelta()) -> Announcement | None:
    """The announcement of a change that waits for its grace to end, if ``undo`` sets back exactly what the change set.

    An undo that leaves something in force, or sets back what later changes set, is a change like any other.
    """
    announced = first_announcement(change)
    if announced is None or announced.due_at is None or announced.due_at + margin <= database_clock():
        return None
    exact = undo_of(change)
    if exact.proposal is None or exact.conflicts or exact.proposal.as_json() != undo.proposal.as_json():
        return None
    return announced


def _announce(
    change: Change,
    template: Announcement.Template,
    context: dict[str, Any],
    cases: Mapping[int, Case],
    *,
    grace: timedelta = GRACE,
) -> None:
    announcement = _create(change, template, context, due_at=database_clock() + grace)
    ids = sorted(cases)
    for start in range(0, len(ids), AT_ONCE):
        rows = Customer.objects.filter(pk__in=ids[start : start + AT_ONCE])
        customers = rows.order_by("pk").only("pk", "language", "kind")
        Notice.objects.bulk_create([notice_of(announcement, each, cases[each.pk]) for each in customers])
    mailing_jobs.start(announcement, change.made_by)
    queue_mail(announcement)


def _create(change: Change, template: Announcement.Template, context: dict[str, Any], due_at: Any) -> Announcement:
    return Announcement.objects.create(
        provider_id=change.provider_id,
        key=_key(change, template),
        template=template,
        context=context,
        due_at=due_at,
    )


def _key(change: Change, what: str) -> str:
    return f"change-{change.pk}-{what}"


def notice_of(announcement: Announcement, customer: Customer, case: Case) -> Notice:
    """Unsaved: what the customer is told of their own case."""
    return Notice(
        provider_id=announcement.provider_id,
        announcement=announcement,
        customer=customer,
        effect=case.effect,
        before=_price(case.before, customer),
        after=_price(case.after, customer),
    )


def _price(side: Side, customer: Customer) -> str:
    """As the customer reads it: before and after in the same reading."""
    if side.price is None:
        return ""
    texts = price_texts(side.price, PRICE_WORDS[customer.language])
    return texts.for_customer(company=customer.kind == Customer.Kind.COMPANY)


MOST_NAMED = 200


def announcement_context(takes_effect_at: Any, scheduled: bool, concerned: Sequence[ChargeGroup]) -> dict[str, Any]:
    """What stands in the text for all: where, from when, and whether it is still to come.

    ``user_groups`` are those of the groups that nobody else can know of, by the groups' names.
    """
    groups = sorted(concerned, key=lambda group: group.code)[:MOST_NAMED]
    known = _with_access_elsewhere(groups)
    return {
        "groups": [group.name for group in groups],
        "user_groups": {group.name: group.user_group_id for group in groups if group.pk not in known},
        "more_groups": max(len(concerned) - MOST_NAMED, 0),
        "takes_effect_at": takes_effect_at.isoformat(),
        "scheduled": scheduled,
    }


def _with_access_elsewhere(groups: Iterable[ChargeGroup]) -> set[int]:
    """Those that were ever open to other user groups, or hold an exception for one of their customers."""
    opened = Terms.objects.filter(charge_group__in=groups, other_user_groups=True)
    guests = CustomerException.objects.filter(charge_group__in=groups).exclude(
        customer__user_group=F("charge_group__user_group")
    )
    return {pk for rows in (opened, guests) for pk in rows.order_by().values_list("charge_group", flat=True).distinct()}
