"""Holds: a charge point is held for one customer for some minutes, and for no other card (social charging)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from chargepoints.models.points import ChargePoint
from customers.models import Customer, Provider
from evcnet.constraints import WithinProvider
from evcnet.personal_data import PersonalData, column
from evcnet.tenancy import ScopedManager, Tenancy


class Hold(models.Model):
    """The point is held from ``begins_at`` until ``until``, or until ``ended_at`` where it ended earlier. Kept for the past.

    ``ended_at`` None: it has not been ended yet; past ``until`` it counts no more all the same.
    """

    class Outcome(models.TextChoices):
        RUNNING = "", "held"
        USED = "used", "charged"
        MISSED = "missed", "did not come in time"
        LEFT = "left", "left the queue"
        LOST_ACCESS = "lost_access", "may not charge there any more"
        REMOVED = "removed", "removed by staff"
        ERASED = "erased", "was erased"
        CLOSED = "closed", "the queue was closed"

    provider = models.ForeignKey(Provider, models.PROTECT)
    charge_point = models.ForeignKey(ChargePoint, models.CASCADE, related_name="holds")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="holds")
    begins_at = models.DateTimeField()
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=11, choices=Outcome, blank=True, default=Outcome.RUNNING)

    personal_data = PersonalData(
        customer="customer",
        part="holds",
        export=column("begins_at", "until", "ended_at", "outcome", charge_point="charge_point__identity"),
        erasure="stay with when and where, and name nobody.",
        stays=True,
    )
    tenancy = Tenancy(user_groups=("charge_point__charge_group__user_group_id",))
    objects = ScopedManager()

    class Meta:
        ordering = ["-begins_at"]
        constraints = [
            models.UniqueConstraint(fields=["charge_point"], condition=Q(ended_at=None), name="hold_one_at_a_time"),
            models.CheckConstraint(
                condition=Q(begins_at__lt=F("until"))
                & (
                    Q(ended_at=None, outcome="")
                    | (Q(ended_at__gte=F("begins_at"), ended_at__lte=F("until")) & ~Q(outcome=""))
                ),
                name="hold_within_its_time",
            ),
            WithinProvider(field="charge_point", name="hold_point_of_same_provider"),
            WithinProvider(field="customer", name="hold_customer_of_same_provider"),
        ]
        indexes = [models.Index(fields=["charge_point", "until"], name="hold_of_point")]

    def __str__(self) -> str:
        return f"{self.charge_point} for {self.customer}"
