"""Queues of charge points, and who waits in them or waited."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from chargegroups.models import ChargeGroup
from chargepoints.models import ChargePoint, Hold
from customers.models import Customer, Provider, StaffMember
from evcnet.constraints import WithinProvider
from evcnet.personal_data import PersonalData, column
from evcnet.tenancy import ScopedManager, Tenancy

OF_POINT = ("charge_point__charge_group__user_group_id",)


class Queue(models.Model):
    """The queue of a charge point, whose row is locked by whoever changes it. ``charge_group``: in which it was started.

    ``out_since``: since when the point was seen out of service with a queue; None while it is in service.
    """

    provider = models.ForeignKey(Provider, models.PROTECT)
    charge_point = models.OneToOneField(ChargePoint, models.CASCADE, related_name="queue")
    charge_group = models.ForeignKey(ChargeGroup, models.CASCADE)
    out_since = models.DateTimeField(null=True)

    tenancy = Tenancy(user_groups=OF_POINT)
    objects = ScopedManager()

    class Meta:
        constraints = [
            WithinProvider(field="charge_point", name="queue_point_of_same_provider"),
            WithinProvider(field="charge_group", name="queue_group_of_same_provider"),
        ]

    def __str__(self) -> str:
        return f"queue of {self.charge_point}"


class QueueEntry(models.Model):
    """A customer in the queue of a charge point; ``left_at`` None: waits still. Kept as the history of who waited how long."""

    provider = models.ForeignKey(Provider, models.PROTECT)
    charge_point = models.ForeignKey(ChargePoint, models.CASCADE, related_name="queue_entries")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="queue_entries")
    joined_at = models.DateTimeField("joined")
    left_at = models.DateTimeField("left", null=True)
    outcome = models.CharField(max_length=11, choices=Hold.Outcome, blank=True, default="")
    removed_by = models.ForeignKey(StaffMember, models.SET_NULL, null=True)

    personal_data = PersonalData(
        customer="customer",
        part="queue_entries",
        export=column("joined_at", "left_at", "outcome", charge_point="charge_point__identity"),
        erasure="stay with when and where, and name nobody; the person leaves all queues.",
        stays=True,
    )
    tenancy = Tenancy(user_groups=OF_POINT)
    objects = ScopedManager()

    class Meta:
        verbose_name = "entry of a queue"
        verbose_name_plural = "entries of queues"
        ordering = ["joined_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["charge_point", "customer"], condition=Q(left_at=None), name="queue_entry_once"
            ),
            models.CheckConstraint(
                condition=Q(left_at=None, outcome="") | (Q(left_at__gte=F("joined_at")) & ~Q(outcome="")),
                name="queue_entry_left_with_outcome",
            ),
            WithinProvider(field="charge_point", name="queue_entry_point_of_same_provider"),
            WithinProvider(field="customer", name="queue_entry_customer_of_same_provider"),
        ]
        indexes = [models.Index(fields=["charge_point", "-joined_at"], name="queue_entry_of_point")]

    def __str__(self) -> str:
        return f"{self.customer} at {self.charge_point}"
