"""Receivers: states of charge points, transactions of devices, and changes of who may charge move queues on.

What was changed is looked at after its commit, so that no change waits for a queue; whoever is erased leaves them all.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Model, Q
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils import timezone

from changes.models import Change
from changes.signals import access_changed
from chargepoints.models import ChargePoint, Hold
from customers.models import ChargeCard, Customer
from customers.signals import customer_erased
from evcnet.signals import rows_changed
from gateway.models import Transaction
from gateway.signals import point_state_changed, transaction_began
from socialcharging.links import withdraw_links
from socialcharging.mailing import withdraw_mails
from socialcharging.queues import advance, advance_where, begin_charging, leave_all

WAITING: dict[type[Model], str] = {
    Customer: "customer",
    ChargeCard: "customer__chargecard",
    ChargePoint: "charge_point",
}
"""Whose rows may change who may charge, and which entries of queues they concern."""


@receiver(point_state_changed, sender=ChargePoint)
def advance_queue(charge_point: int, at: datetime, **_: Any) -> None:
    advance(charge_point, at)


@receiver(transaction_began, sender=Transaction)
def leave_queue(begun: Transaction, at: datetime, **_: Any) -> None:
    if begun.customer_id is not None:
        begin_charging(begun.customer_id, begun.charge_point_id, at)


@receiver(rows_changed)
def advance_queues_of_rows(sender: type[Model], keys: list[int], **_: Any) -> None:
    if sender in WAITING:
        _advance_after_commit(Q(**{f"{WAITING[sender]}__in": keys}))


@receiver(post_save, sender=Customer)
@receiver(post_save, sender=ChargeCard)
@receiver(post_save, sender=ChargePoint)
def advance_queues_of_row(sender: type[Model], instance: Any, created: bool, **_: Any) -> None:
    if not created:
        _advance_after_commit(Q(**{WAITING[sender]: instance.pk}))


@receiver(access_changed, sender=Change)
def advance_queues_of_groups(change: Change, groups: list[int], **_: Any) -> None:
    """What takes effect later is found by the minute's job."""
    if not change.scheduled:
        of_queue = Q(charge_point__queue__charge_group__in=groups)
        _advance_after_commit(of_queue | Q(charge_point__charge_group__in=groups))


def _advance_after_commit(condition: Q) -> None:
    transaction.on_commit(lambda: advance_where(condition, timezone.now()), robust=True)


@receiver(customer_erased, sender=Customer)
def remove_from_queues(customer: Customer, **_: Any) -> dict[str, int]:
    now = timezone.now()
    withdraw_mails(customer)
    left = leave_all(customer, now, Hold.Outcome.ERASED)
    return {"queues": left, "links of drivers": withdraw_links(customer, now)}
