"""Receivers: states of charge points and transactions of devices move queues on; whoever is erased leaves them all."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from chargepoints.models import ChargePoint, Hold
from customers.models import Customer
from customers.signals import customer_erased
from gateway.models import Transaction
from gateway.signals import point_state_changed, transaction_began
from socialcharging.links import withdraw_links
from socialcharging.mailing import withdraw_mails
from socialcharging.queues import advance, begin_charging, leave_all


@receiver(point_state_changed, sender=ChargePoint)
def advance_queue(charge_point: int, at: datetime, **_: Any) -> None:
    advance(charge_point, at)


@receiver(transaction_began, sender=Transaction)
def leave_queue(begun: Transaction, at: datetime, **_: Any) -> None:
    if begun.customer_id is not None:
        begin_charging(begun.customer_id, begun.charge_point_id, at)


@receiver(customer_erased, sender=Customer)
def remove_from_queues(customer: Customer, **_: Any) -> dict[str, int]:
    now = timezone.now()
    withdraw_mails(customer)
    left = leave_all(customer, now, Hold.Outcome.ERASED)
    return {"queues": left, "links of drivers": withdraw_links(customer, now)}
