"""Scheduled changes of the demo: two that were previewed and confirmed, and are not in force yet; and one that was cancelled."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from changes.apply import apply_change, preview_change
from changes.models import Change
from changes.proposals import NewTerms, NewVersion, Proposal
from chargegroups.models import ChargeGroup
from customers.models import StaffMember
from devtools.demo.letters import finish_letters, letter_settings
from devtools.demo.tenants import Tenants
from tariffs.models import Tariff
from tariffs.pricing import read_tariff

DEARER = "NLSGMTIKZLZFRBURMXGYZZOADBFUIXZUHNN"
"""The real tariff that the streets of Borsele get."""


def schedule_changes(tenants: Tenants, groups: dict[str, ChargeGroup], by: StaffMember) -> list[Change]:
    """Nothing is mailed: there is nobody behind the addresses."""
    letter_settings(tenants.greengrid).save()
    tariffs = Tariff.objects.filter(provider=tenants.greengrid)
    dearer = NewTerms(groups["borsele"], {"tariff": tariffs.get(code=DEARER)})
    vat = Decimal(21)
    prices = read_tariff(
        {
            "currency": "EUR",
            "elements": [
                {
                    "price_components": [
                        {"type": "ENERGY", "price": Decimal("0.25"), "vat": vat, "step_size": 1},
                        {"type": "PARKING_TIME", "price": Decimal("1.50"), "vat": vat, "step_size": 60},
                    ]
                }
            ],
        }
    )
    parking = NewVersion(tariffs.get(code="WATERLAND"), prices)
    all_affected, nobody = Change.Notify.ALL, Change.Notify.NONE
    dear = _schedule(dearer, _midnight(tenants, days=21), by, "The grid connection has become dearer.", all_affected)
    idle = _schedule(parking, _midnight(tenants, days=30), by, "Cars stay at the depot's chargers all day.", nobody)
    too_early = NewTerms(groups["leusden"], {"tariff": tariffs.get(code=DEARER)})
    withdrawn = _schedule(too_early, _midnight(tenants, days=45), by, "Not agreed with the town yet.", all_affected)
    finish_letters(dear, withdrawn, by)
    return [dear, idle]


def _schedule(proposal: Proposal, at: datetime, by: StaffMember, reason: str, notify: str) -> Change:
    preview = preview_change(proposal, at)
    return apply_change(
        proposal,
        fingerprint=preview.impact.fingerprint,
        at=at,
        by=by,
        reason=reason,
        notify=notify,
    ).change


def _midnight(tenants: Tenants, days: int) -> datetime:
    today = timezone.now().astimezone(tenants.greengrid.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=days)
