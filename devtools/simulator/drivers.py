"""Drivers of the demo at a simulated point with social charging: they join its queue, come when it is their turn, or leave."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Mapping
from typing import TypeVar

from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from chargepoints.models import ChargePoint, Hold
from customers.models import Customer
from socialcharging.models import QueueEntry
from socialcharging.queues import QueueRefusal, ask_to_free_up, join, leave

T = TypeVar("T")
LONGEST_QUEUE = 3
GIVES_UP_ONCE_IN, ASKS_ONCE_IN = 6, 3


class Drivers:
    """``customers`` are those who come to the point, by the uid of their card."""

    def __init__(self, point: ChargePoint, customers: Mapping[str, int]) -> None:
        self.point, self.customers = point, dict(customers)
        self.random = random.Random(point.identity)

    async def arrive(self) -> None:
        """Somebody finds the point occupied, and joins the queue; some ask as well to free it up."""
        await _in_database(self._arrive)

    async def next_uid(self) -> str | None:
        """The card of whoever has the turn; some leave instead of coming. None where nobody has it."""
        return await _in_database(self._next_uid)

    def _arrive(self) -> None:
        waiting = QueueEntry.objects.filter(charge_point=self.point, left_at=None).count()
        if waiting >= LONGEST_QUEUE or not self.customers:
            return
        driver = Customer.objects.get(pk=self.random.choice(sorted(self.customers.values())))
        with contextlib.suppress(QueueRefusal):
            if self.random.randrange(ASKS_ONCE_IN) == 0:
                ask_to_free_up(driver, self.point, timezone.now())
            join(driver, self.point, timezone.now())

    def _next_uid(self) -> str | None:
        hold = self._hold()
        if hold is not None and self.random.randrange(GIVES_UP_ONCE_IN) == 0:
            leave(hold.customer, self.point, timezone.now())
            hold = self._hold()
        return next((uid for uid, pk in self.customers.items() if hold and pk == hold.customer_id), None)

    def _hold(self) -> Hold | None:
        rows = Hold.objects.filter(charge_point=self.point, ended_at=None, until__gt=timezone.now())
        return rows.select_related("customer").first()


async def _in_database(work: Callable[[], T]) -> T | None:
    """In a thread; None where the database is away, since a demo goes on."""

    def alone() -> T | None:
        close_old_connections()
        try:
            return work()
        except DatabaseError:
            return None

    return await asyncio.to_thread(alone)
