"""Mails to drivers about queues: one row for each thing that one of them is told, so that it is told once."""

from __future__ import annotations

from django.db import models

from chargepoints.models import ChargePoint
from customers.models import Customer, Provider
from evcnet.constraints import WithinProvider
from evcnet.personal_data import PersonalData, column
from evcnet.tenancy import ScopedManager, Tenancy
from socialcharging.models.queues import OF_POINT


class QueueMail(models.Model):
    """That somebody waits, to who is charging, or whose turn it is. ``key`` names what is told once.

    ``state`` HANDED_OVER: a worker took it, and ended before it kept what the mail server answered; it is not mailed again.
    """

    class Kind(models.TextChoices):
        WAITS = "waits", "somebody waits"
        TURN = "turn", "it is your turn"

    class State(models.TextChoices):
        QUEUED = "queued", "waits to be mailed"
        HANDED_OVER = "handed_over", "handed over"
        SENT = "sent", "mailed"
        FAILED = "failed", "could not be mailed"
        WITHDRAWN = "withdrawn", "too late to be mailed"

    provider = models.ForeignKey(Provider, models.PROTECT)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="queue_mails")
    charge_point = models.ForeignKey(ChargePoint, models.CASCADE)
    kind = models.CharField(max_length=5, choices=Kind)
    key = models.CharField(max_length=40, unique=True)
    created_at = models.DateTimeField()
    state = models.CharField(max_length=11, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)

    personal_data = PersonalData(
        customer="customer",
        part="queue_mails",
        export=column("kind", "created_at", "state", "sent_at", charge_point="charge_point__identity"),
        impersonal=("key",),
        erasure="stay with when and where; what waits is not mailed.",
        stays=True,
    )
    tenancy = Tenancy(user_groups=OF_POINT)
    objects = ScopedManager()

    class Meta:
        verbose_name = "mail about a queue"
        verbose_name_plural = "mails about queues"
        constraints = [
            WithinProvider(field="charge_point", name="queue_mail_point_of_same_provider"),
            WithinProvider(field="customer", name="queue_mail_customer_of_same_provider"),
        ]
        indexes = [models.Index(fields=["id"], name="queue_mail_waiting", condition=models.Q(state="queued"))]

    def __str__(self) -> str:
        return self.key
