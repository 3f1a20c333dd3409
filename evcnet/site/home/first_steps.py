"""First steps of a new provider, on its home page: five, each ticked once there is what it asks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, Model, OuterRef, QuerySet
from django.urls import reverse

from chargegroups.models import Terms
from chargepoints.models import ChargePoint
from customers.models import Customer, Provider, StaffMember
from evcnet.together import Reading
from tariffs.models import Tariff


@dataclass(frozen=True)
class FirstStep:
    """``done`` None: it is the next one."""

    text: str
    why: str
    link: str
    done: bool
    is_next: bool


STEPS = (
    ("Make a tariff", "What a kWh, a minute or a start costs.", "tariffs_tariff_add", "has_tariff"),
    ("Make a charge group", "Who may charge, and at which tariff.", "chargegroups_chargegroup_add", "has_group"),
    ("Add charge points", "One by one, or from a file or an OCPI feed.", "chargepoints_chargepoint_changelist", "has_point"),
    ("Add customers", "One by one, or from a file.", "customers_customer_changelist", "has_customer"),
    ("Activate a charge point", "Once it is in a charge group, cards are answered.", "chargepoints_chargepoint_changelist", "has_active"),
)  # fmt: skip


def first_steps(login: StaffMember, now: datetime) -> Reading[list[FirstStep]]:
    """None for who may not take them, and none once all are done: one row for each provider, that stops at the first hit."""
    if not login.has_perm("chargegroups.add_chargegroup") or login.user_groups:
        return []
    own = OuterRef("pk")
    terms = Terms.objects.filter(charge_group__provider=own, valid_from__lte=now)
    points = ChargePoint.objects.filter(provider=own)
    rows = Provider.objects.filter(pk__in=[each.pk for each in login.providers]).values(
        has_tariff=_any(Tariff.objects.filter(provider=own)),
        has_group=_any(terms),
        has_point=_any(points),
        has_customer=_any(Customer.objects.filter(provider=own)),
        has_active=_any(points.filter(status=ChargePoint.Status.ACTIVE)),
    )
    yield [rows]
    done = {name: any(row[name] for row in rows) for *_, name in STEPS}
    if all(done.values()):
        return []
    upcoming = next(name for *_, name in STEPS if not done[name])
    return [
        FirstStep(text, why, reverse(f"admin:{view}"), done[name], name == upcoming) for text, why, view, name in STEPS
    ]


def _any(rows: QuerySet[Model]) -> Exists:
    return Exists(rows.order_by())
