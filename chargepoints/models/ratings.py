"""Ratings: what a session costs, by which tariff version; appended, the latest counts."""

from __future__ import annotations

from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from chargepoints.models.sessions import Session
from customers.models import Provider, StaffMember
from evcnet.constraints import WithinProvider
from evcnet.personal_data import PersonalData, column
from evcnet.tenancy import ScopedQuerySet, Tenancy
from tariffs.models import TariffVersion


class RatingQuerySet(ScopedQuerySet):
    def counting(self) -> Any:
        """Of each session the one rating that counts: the latest."""
        later = self.model._base_manager.filter(session=OuterRef("session"), number__gt=OuterRef("number"))
        return self.filter(~Exists(later))


class Rating(models.Model):
    """The price of a session. Appended, never rewritten: a correction is one more, with a reason, and the latest counts.

    It says of itself what was priced: the end, the energy and the parked time may differ from what the meter said.
    """

    # As for sessions: guarded within the provider, and indexed by the unique constraint that begins with the session.
    provider = models.ForeignKey(Provider, models.PROTECT, db_constraint=False)
    session = models.ForeignKey(Session, models.PROTECT, related_name="ratings", db_constraint=False, db_index=False)
    number = models.PositiveIntegerField(default=1, help_text="1 is the first; the highest counts.")
    tariff_version = models.ForeignKey(TariffVersion, models.PROTECT, db_constraint=False)
    ended_at = models.DateTimeField("ended")
    kwh = models.DecimalField("kWh", max_digits=12, decimal_places=4, validators=[MinValueValidator(0)])
    parking_seconds = models.PositiveIntegerField(default=0)
    currency = models.CharField(max_length=3)
    excl_vat = models.DecimalField("excl. VAT", max_digits=14, decimal_places=4)
    incl_vat = models.DecimalField("incl. VAT", max_digits=14, decimal_places=4)
    lines = models.JSONField(default=list, help_text="What adds up to the totals, in the words of manage.py price.")
    notes = models.JSONField(
        default=list,
        db_default=[],
        help_text="What the price rests on: energy that is spread evenly over a price boundary.",
    )
    reason = models.CharField(max_length=500, blank=True, help_text="Why the earlier rating was corrected.")
    made_by = models.ForeignKey(StaffMember, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    personal_data = PersonalData(
        customer="session__customer",
        part="ratings",
        export=column(
            "number", "created_at", "ended_at", "kwh", "parking_seconds", "currency", "excl_vat", "incl_vat", "lines",
            "reason", session="session__code",
        ),
        overwrite={"reason": "Erased with the customer."},
        narrow=lambda ratings, customer: ratings.exclude(reason=""),
        texts=("reason",),
        impersonal=("currency", "lines", "notes"),
        erasure="stay with every price and every line; reasons of corrections are overwritten.",
        stays=True,
    )  # fmt: skip
    tenancy = Tenancy(
        user_groups=("session__charge_point__charge_group__user_group_id", "session__customer__user_group_id")
    )
    objects: Any = models.Manager.from_queryset(RatingQuerySet)()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "number"],
                name="rating_number_once",
                violation_error_message="Somebody else has just corrected this session: look at it again.",
            ),
            models.CheckConstraint(
                condition=Q(number=1) | ~Q(reason=""),
                name="rating_correction_has_reason",
                violation_error_message="Say why: a correction is kept beside the earlier rating, with its reason.",
            ),
            models.CheckConstraint(
                condition=Q(kwh__gte=0),
                name="rating_kwh_not_negative",
                violation_error_message="A session does not give energy back: kWh is not negative.",
            ),
            WithinProvider(field="session", name="rating_session_of_same_provider"),
            WithinProvider(field="tariff_version", name="rating_version_of_same_provider"),
        ]

    def __str__(self) -> str:
        return f"{self.session} rated {self.number}"
