"""Decision log: what was asked about a card at a charge point, on which facts it was decided, and what was told."""

from __future__ import annotations

from datetime import datetime
from typing import Any, get_args

from django.db import models
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce, Now

from chargegroups.access import Verdict
from chargegroups.models import ChargeGroup
from chargepoints.models.points import ChargePoint
from customers.models import ApiKey, ChargeCard, Customer, Provider, StaffMember
from evcnet.personal_data import CardUid, PersonalData, column
from evcnet.tenancy import Login, ScopedQuerySet, Tenancy
from tariffs.models import TariffVersion

REFUSED = [verdict for verdict in get_args(Verdict) if verdict != "ALLOWED"]
"""One by one, as the index of the log by verdict answers them."""


def _own_card(name: str) -> Subquery:
    """The card of a decision, where it is still the card of the customer of then."""
    own = ChargeCard.objects.filter(pk=OuterRef("card_id"), customer_id=OuterRef("customer_id"))
    return Subquery(own.order_by().values(name))


def _link(to: type[models.Model]) -> models.ForeignKey[Any, Any]:
    """A decision outlives what it was about."""
    return models.ForeignKey(to, models.DO_NOTHING, null=True, db_constraint=False, related_name="+")


class DecisionQuerySet(ScopedQuerySet):
    def at_points_of(self, login: Login) -> Any:
        """Those that are the login's own: decided at a charge point of its provider or user groups."""
        if not login.is_active:
            return self.none()
        return self.filter(OF_POINT.clause(self.model, login.scope("chargepoints.view_decisionentry")))

    def refusals(self, login: Login, since: datetime, *, elsewhere: bool = False) -> Any:
        """Those of cards at its own charge points, and none of colleagues who tried it out. ``elsewhere``: at charge points
        that it does not see too, which is for cards and customers that it sees."""
        rows = self.visible_to(login) if elsewhere else self.at_points_of(login)
        refused = rows.filter(verdict__in=REFUSED, asked_at__gte=since).order_by()
        return refused.exclude(source=DecisionEntry.Source.EXPLAINER)


OF_POINT = Tenancy(user_groups=("charge_group__user_group_id",))
"""To whom a decision belongs."""


class DecisionEntry(models.Model):
    """One decision. Its table is made by 0002_decision_log: a partition a month, appended to and never changed.

    ``provider`` is the charge point's; where nobody knows that, the provider that asked. It belongs to that provider; the
    card's provider sees it too, without what is the other's. ``card_uid`` and ``identity`` are what was asked. ``reason``
    is the line that decided, for the card's provider alone; ``told`` is the one that was answered.
    """

    class Source(models.TextChoices):
        API = "api", "API"
        EXPLAINER = "explainer", "typed on the page"
        GATEWAY = "gateway", "charge point"

    asked_at = models.DateTimeField("asked", db_default=Now())
    at = models.DateTimeField("about the moment")
    source = models.CharField("entry point", max_length=9, choices=Source)
    provider = _link(Provider)
    card_provider = _link(Provider)
    api_key = _link(ApiKey)
    login = _link(StaffMember)
    card_uid = models.CharField("card", max_length=100)
    identity = models.CharField("charge point", max_length=100)
    card = _link(ChargeCard)
    customer = _link(Customer)
    charge_point = _link(ChargePoint)
    charge_group = _link(ChargeGroup)
    verdict = models.CharField(max_length=12)
    reason = models.CharField(max_length=30)
    told = models.CharField("reason told", max_length=30)
    tariff_version = _link(TariffVersion)
    tariff_source = models.CharField(max_length=10, blank=True)
    facts = models.JSONField(
        help_text="What the access rules looked at; what is left out was as Facts has it by default."
    )
    answer = models.JSONField(help_text="What was told beside verdict and reason: codes, and the price as it read.")

    personal_data = PersonalData(
        customer="customer",
        part="decisions",
        export=column(
            "asked_at", "at", "source", "card_uid", "verdict", charge_point="identity", reason="told",
        ),
        overwrite={
            "card_uid": lambda: Coalesce(_own_card("uid"), Value("erased")),
            "card": lambda: _own_card("pk"),
        },
        texts=("card_uid",),
        card_uid=CardUid("card_uid", card="card"),
        impersonal=("identity", "verdict", "reason", "told", "tariff_source", "facts", "answer"),
        erasure="stay with when, where and the verdict; the card is overwritten.",
        stays=True,
    )  # fmt: skip
    tenancy = Tenancy(
        also=("card_provider_id",), user_groups=("charge_group__user_group_id", "customer__user_group_id")
    )
    objects = models.Manager.from_queryset(DecisionQuerySet)()

    class Meta:
        managed = False
        verbose_name = "decision"
        ordering = ["-asked_at", "-id"]

    def __str__(self) -> str:
        return f"{self.card_uid} at {self.identity}: {self.verdict}"
