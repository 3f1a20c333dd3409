"""Transactions that devices reported: running ones, and those that became sessions."""

from __future__ import annotations

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from chargepoints.models import ChargePoint, Session
from customers.models import ChargeCard, Customer, Provider
from evcnet.constraints import WithinProvider
from evcnet.personal_data import CardUid, PersonalData, column
from evcnet.tenancy import ScopedManager, Tenancy
from tariffs.models import TariffVersion


def _own_card(name: str) -> Subquery:
    """The card of a transaction, where it is still the card of the transaction's customer."""
    own = ChargeCard.objects.filter(pk=OuterRef("card_id"), customer_id=OuterRef("customer_id"))
    return Subquery(own.order_by().values(name))


class Transaction(models.Model):
    """A transaction of one device. What was decided at its start is pinned here, and becomes the session's when it ends.

    ``code`` is the id that device and gateway name it by. ``started_at`` None: its end or its readings came, and no start.
    ``reported_start`` is what the device said, by which a start that comes twice is known again; ``started_at`` is what
    counts. Meter readings are in Wh. ``evse`` is the connector of OCPP 1.6; 2.0.1 names a ``connector`` of the EVSE beside.
    """

    provider = models.ForeignKey(Provider, models.PROTECT)
    charge_point = models.ForeignKey(ChargePoint, models.PROTECT)
    code = models.CharField("id", max_length=36)
    evse = models.PositiveIntegerField(default=0)
    connector = models.PositiveIntegerField(default=0, db_default=0)
    card_uid = models.CharField("card", max_length=36, blank=True)
    card = models.ForeignKey(ChargeCard, models.PROTECT, null=True)
    customer = models.ForeignKey(Customer, models.PROTECT, null=True)
    reported_start = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    meter_start = models.DecimalField(max_digits=14, decimal_places=1, null=True)
    meter_latest = models.DecimalField(max_digits=14, decimal_places=1, null=True)
    reported_end = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    last_message_at = models.DateTimeField()
    note = models.CharField(max_length=500, blank=True)
    verdict = models.CharField(max_length=12, blank=True)
    reason = models.CharField(max_length=30, blank=True)
    tariff_version = models.ForeignKey(TariffVersion, models.PROTECT, null=True)
    tariff_source = models.CharField(max_length=10, blank=True)
    decision = models.JSONField(default=dict)
    session = models.OneToOneField(Session, models.PROTECT, null=True, related_name="transaction")

    personal_data = PersonalData(
        customer="customer",
        part="transactions",
        export=column(
            "started_at", "ended_at", "card_uid", "verdict", "reason", "meter_start", "meter_latest",
            id="code", charge_point="charge_point__identity",
        ),
        overwrite={
            "card_uid": lambda: Coalesce(_own_card("uid"), Value("erased")),
            "card": lambda: _own_card("pk"),
        },
        card_uid=CardUid("card_uid", card="card"),
        impersonal=("code", "note", "verdict", "reason", "tariff_source", "decision"),
        erasure="stay with when, where and how much; the card is overwritten.",
        stays=True,
    )  # fmt: skip
    tenancy = Tenancy(user_groups=("charge_point__charge_group__user_group_id", "customer__user_group_id"))
    objects = ScopedManager()

    class Meta:
        ordering = ["-last_message_at"]
        constraints = [
            models.UniqueConstraint(fields=["charge_point", "code"], name="transaction_code_once"),
            models.CheckConstraint(
                condition=Q(session=None) | Q(ended_at__gte=F("started_at")), name="transaction_of_session_is_whole"
            ),
            WithinProvider(field="charge_point", name="transaction_point_of_same_provider"),
            WithinProvider(field="customer", name="transaction_customer_of_same_provider"),
            WithinProvider(field="tariff_version", name="transaction_version_of_same_provider"),
            WithinProvider(field="session", name="transaction_session_of_same_provider"),
        ]
        indexes = [
            models.Index(
                fields=["charge_point", "evse"], name="transaction_running", condition=Q(session__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def connector_number(self) -> int:
        """Which connector of the charge point, counted from 1; 0: the device did not say. A station of several EVSEs counts
        these, of one its connectors."""
        return self.connector or self.evse if self.evse == 1 else self.evse


class MeterReading(models.Model):
    """The meter of a running transaction at a moment, in Wh; at most one a minute. They become the session's periods."""

    transaction = models.ForeignKey(Transaction, models.CASCADE, related_name="readings")
    at = models.DateTimeField()
    watt_hours = models.DecimalField(max_digits=14, decimal_places=1)

    tenancy = Tenancy(
        provider="transaction__provider_id",
        user_groups=("transaction__charge_point__charge_group__user_group_id", "transaction__customer__user_group_id"),
    )
    objects = ScopedManager()

    class Meta:
        ordering = ["at"]
        constraints = [models.UniqueConstraint(fields=["transaction", "at"], name="meter_reading_once")]

    def __str__(self) -> str:
        return f"{self.watt_hours} Wh at {self.at}"
