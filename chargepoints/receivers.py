"""Receivers of what lower apps announce."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.dispatch import receiver

from chargepoints.decision_log import LOCK
from customers.models import Customer
from customers.signals import customer_erased


@receiver(customer_erased, sender=Customer)
def hold_back_decisions(**_: Any) -> None:
    """Until the erasure is over no batch is written, so that none is overlooked that knew the person still."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [LOCK])
