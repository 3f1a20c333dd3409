"""Sessions: what was charged, by whom, where, and under which tariff version."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Upper

from chargepoints.models.points import ChargePoint
from customers.models import ChargeCard, Customer, Provider
from evcnet.code_keys import UidKey
from evcnet.constraints import WithinProvider
from evcnet.history import tracked
from evcnet.personal_data import CardUid, PersonalData, column
from evcnet.tenancy import ScopedManager, Tenancy
from evcnet.validators import validate_code, validate_key
from tariffs.models import TariffVersion


def _own_card(column: str) -> Subquery:
    """The card of a session, where it is still the card of the session's customer."""
    own = ChargeCard.objects.filter(pk=OuterRef("card_id"), customer_id=OuterRef("customer_id"))
    return Subquery(own.order_by().values(column))


@tracked(exclude=["decision", "periods"])
class Session(models.Model):
    """One charging transaction (OCPI: Session, CDR). Its tariff version is pinned when it starts.

    A session whose card was not allowed is kept too, with the verdict and without a version; what is rated stays as
    it was measured, and its price is that of the latest rating.
    """

    # What the constraint of a pointer within the provider guards, and what an index of several columns begins with, is
    # not checked and indexed once more for every session that comes in.
    provider = models.ForeignKey(Provider, models.PROTECT, db_constraint=False, db_index=False)
    code = models.CharField("id", max_length=36, validators=[validate_code])
    charge_point = models.ForeignKey(ChargePoint, models.PROTECT, db_constraint=False, db_index=False)
    card_uid = models.CharField("card", max_length=36, blank=True, validators=[validate_key])
    card = models.ForeignKey(ChargeCard, models.PROTECT, null=True, blank=True)
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, blank=True, db_constraint=False, db_index=False)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    kwh = models.DecimalField("kWh", max_digits=12, decimal_places=4, validators=[MinValueValidator(0)])
    parking_seconds = models.PositiveIntegerField(default=0, help_text="Connected but not charging, at the end.")
    periods = models.JSONField(
        default=list,
        db_default=[],
        editable=False,
        help_text="What the meter reported in between: rows of activity, seconds and kWh. None: spread evenly.",
    )
    note = models.CharField(max_length=500, blank=True)
    verdict = models.CharField(max_length=12, editable=False)
    reason = models.CharField(max_length=30, editable=False)
    tariff_version = models.ForeignKey(
        TariffVersion, models.PROTECT, null=True, blank=True, editable=False, db_constraint=False
    )
    tariff_source = models.CharField(max_length=10, blank=True, editable=False)
    decision = models.JSONField(
        default=dict, editable=False, help_text="The decision as it was told, and the facts, without card and customer."
    )

    personal_data = PersonalData(
        customer="customer",
        part="sessions",
        export=column(
            "started_at", "ended_at", "kwh", "parking_seconds", "card_uid", "verdict", "reason", "note",
            id="code", charge_point="charge_point__identity", address="charge_point__location__address",
            postal_code="charge_point__location__postal_code", city="charge_point__location__city",
            country="charge_point__location__country", tariff="tariff_version__tariff__code",
        ),
        overwrite={
            "card_uid": lambda: Coalesce(_own_card("uid"), Value("erased")),
            "card": lambda: _own_card("pk"),
            "note": "",
        },
        texts=("note",),
        card_uid=CardUid("card_uid", card="card"),
        impersonal=("code", "decision", "periods", "reason", "tariff_source", "verdict"),
        erasure="stay with when, where, how much and what it cost; the card is overwritten, and notes are emptied.",
        stays=True,
    )  # fmt: skip
    tenancy = Tenancy(user_groups=("charge_point__charge_group__user_group_id", "customer__user_group_id"))
    objects = ScopedManager()

    class Meta:
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "id"], name="session_of_provider"),
            models.UniqueConstraint(
                fields=["provider", "code"],
                name="session_code_once",
                violation_error_message="Another session has this id.",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__gte=F("started_at")),
                name="session_not_inverted",
                violation_error_message="The session ends before it starts.",
            ),
            models.CheckConstraint(
                condition=Q(kwh__gte=0),
                name="session_kwh_not_negative",
                violation_error_message="A session does not give energy back: kWh is not negative.",
            ),
            WithinProvider(field="charge_point", name="session_point_of_same_provider"),
            WithinProvider(field="customer", name="session_customer_of_same_provider"),
            WithinProvider(field="tariff_version", name="session_version_of_same_provider"),
        ]
        indexes = [
            models.Index(fields=["provider", "-started_at"], name="session_by_start"),
            models.Index(fields=["charge_point", "-started_at"], name="session_of_point"),
            models.Index(fields=["customer", "-started_at"], name="session_of_customer"),
            models.Index(UidKey("card_uid"), name="session_of_card_key"),
            models.Index(Upper("code"), name="session_by_code"),
        ]

    def __str__(self) -> str:
        return self.code
