"""Charge groups and tariffs of the demo: a group of each kind, real tariffs and some of GreenGrid's own."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from chargegroups import writes
from chargegroups.models import ChargeGroup
from customers.models import Provider, UserGroup
from devtools.demo import extract
from devtools.demo.tenants import Tenants
from evcnet.importexport.report import Report
from tariffs import writes as tariff_writes
from tariffs.models import Tariff, TariffElement
from tariffs.ocpi.import_tariffs import import_tariffs

VAT = Decimal(21)
NAMES = {
    "XS01": "Street Leusden",
    "p-ac-66ab927439cc60001c00110d": "Street Borsele",
    "e61a7944-d048-45ec-9cbe-5acf6c13467a": "Fast, by time of day",
    "40": "Fast, roaming",
    "NLSGMTIKZLZFRBURMXGYZZOADBFUIXZUHNN": "Street Zeeland",
}


def begin() -> datetime:
    """Since when there are terms: well before the oldest session."""
    return timezone.now().replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0) - timedelta(days=366)


def make_tariffs(tenants: Tenants) -> Report:
    """The real tariffs, and some of GreenGrid's own, of which one was cheaper before."""
    report = import_tariffs(tenants.greengrid, extract.tariffs())
    for code, name in NAMES.items():
        Tariff.objects.filter(provider=tenants.greengrid, code=code).update(name=name)
    now = timezone.now()
    _own(tenants.greengrid, "FREE", "Free of charge", {begin(): TariffElement(flat_price=0)})
    _own(tenants.greengrid, "PREPAID", "Prepaid", {begin(): _per_kwh("0.39", flat_price="0.35", flat_vat=VAT)})
    employees = {begin(): _per_kwh("0.22"), now - timedelta(days=45): _per_kwh("0.25")}
    _own(tenants.greengrid, "WATERLAND", "Waterland employees", employees)
    _own(
        tenants.greengrid,
        "CHARGEALL",
        "Roaming with ChargeAll",
        {begin(): _per_kwh("0.45", flat_price="0.25", flat_vat=VAT)},
    )
    _own(tenants.bluevolt, "QUAY", "Quay", {begin(): _per_kwh("0.41")})
    return report


def _own(provider: Provider, code: str, name: str, versions: dict[datetime, TariffElement]) -> None:
    tariff = Tariff.objects.create(provider=provider, code=code, name=name)
    for valid_from, element in versions.items():
        tariff_writes.add_version(tariff, [element], valid_from=valid_from)


def _per_kwh(price: str, **columns: Any) -> TariffElement:
    return TariffElement(energy_price=Decimal(price), energy_vat=VAT, **columns)


def make_charge_groups(tenants: Tenants) -> dict[str, ChargeGroup]:
    """By the part that they play: public with roaming, private for a company, home, and a free one for owners."""
    return {
        "leusden": _group(
            tenants.north,
            "STREET-LEUSDEN",
            "Streets of Leusden",
            "XS01",
            prepaid_tariff="PREPAID",
            roaming_tariff="40",
            own_user_group=True,
            other_user_groups=True,
            roaming=True,
        ),
        "borsele": _group(
            tenants.south,
            "STREET-BORSELE",
            "Streets of Borsele",
            "p-ac-66ab927439cc60001c00110d",
            own_user_group=True,
            roaming=True,
        ),
        "fast": _group(
            tenants.north,
            "FAST",
            "Fast chargers",
            "e61a7944-d048-45ec-9cbe-5acf6c13467a",
            roaming_tariff="40",
            own_user_group=True,
            other_user_groups=True,
            roaming=True,
        ),
        "waterland": _group(
            tenants.waterland,
            "WATERLAND",
            "Waterland, offices and depot",
            "WATERLAND",
            own_user_group=True,
            social_charging=True,
        ),
        "home": _group(tenants.north, "HOME", "Home chargers", "XS01", type=ChargeGroup.Type.HOME),
        "owners": _group(tenants.south, "OWNERS", "Owners of De Hof", "FREE"),
        "harbour": _group(tenants.harbour, "HARBOUR", "Harbour quays", "QUAY", own_user_group=True, roaming=True),
    }


def _group(
    user_group: UserGroup, code: str, name: str, tariff: str, *, type: str = ChargeGroup.Type.OTHER, **terms: Any
) -> ChargeGroup:
    tariffs = {slot: terms.pop(slot) for slot in ("prepaid_tariff", "roaming_tariff") if slot in terms} | {
        "tariff": tariff
    }
    by_slot = {
        slot: Tariff.objects.get(provider_id=user_group.provider_id, code=code) for slot, code in tariffs.items()
    }
    group = ChargeGroup(provider_id=user_group.provider_id, user_group=user_group, code=code, name=name, type=type)
    writes.create_group(group, valid_from=begin(), **by_slot, **terms)
    return group
