"""Roaming partners of the demo: two with an agreement, one whose agreement has ended, and tokens of their customers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from django.utils import timezone

from customers.models import Provider
from devtools.demo.tenants import Tenants
from devtools.demo.terms import begin
from roaming.models import Agreement, Partner, PartnerToken
from tariffs.models import Tariff

Whitelist = PartnerToken.Whitelist
WHITELISTS = (Whitelist.ALWAYS, Whitelist.ALLOWED, Whitelist.ALLOWED, Whitelist.ALLOWED_OFFLINE, Whitelist.NEVER)
SHARED = "04D0DECAFE42"
"""The uid that two partners vouch for: a finding."""


@dataclass(frozen=True)
class DemoPartner:
    country: str
    party: str
    name: str
    tokens: int
    tariff: str = ""
    ended_days_ago: int | None = None

    @property
    def contacts(self) -> str:
        return f"Roaming desk of {self.name}, roaming@{self.name.lower()}.example, on working days"


GREENGRID = (
    DemoPartner("DE", "CHA", "ChargeAll", 60, tariff="CHARGEALL"),
    DemoPartner("FR", "WAT", "Wattfinder", 40),
    DemoPartner("BE", "RDC", "Roadcurrent", 12, ended_days_ago=30),
)
BLUEVOLT = (DemoPartner("DE", "CHA", "ChargeAll Norden", 5),)


def make_partners(tenants: Tenants) -> int:
    """How many partners were made."""
    chance = Random(7)
    rows = [_make(tenants.greengrid, each, chance) for each in GREENGRID]
    rows += [_make(tenants.bluevolt, each, chance) for each in BLUEVOLT]
    for partner in rows[:2]:
        token = _token(partner, 9_999, chance)
        token.uid = SHARED
        token.save()
    return len(rows)


def _make(provider: Provider, each: DemoPartner, chance: Random) -> Partner:
    owned = {"provider": provider}
    named = {"country_code": each.country, "party_id": each.party, "name": each.name, "contacts": each.contacts}
    partner: Partner = Partner.objects.create(**owned, **named)
    tariff = Tariff.objects.get(provider=provider, code=each.tariff) if each.tariff else None
    ended = None if each.ended_days_ago is None else timezone.now() - timedelta(days=each.ended_days_ago)
    note = "Ended by the partner." if ended else ""
    Agreement.objects.create(**owned, partner=partner, valid_from=begin(), valid_until=ended, tariff=tariff, note=note)
    PartnerToken.objects.bulk_create(_tokens(partner, each.tokens, chance))
    return partner


def _tokens(partner: Partner, many: int, chance: Random) -> Iterator[PartnerToken]:
    return (_token(partner, number, chance) for number in range(1, many + 1))


def _token(partner: Partner, number: int, chance: Random) -> PartnerToken:
    is_app = number % 12 == 0
    return PartnerToken(
        provider_id=partner.provider_id,
        partner=partner,
        uid=f"04D{chance.randrange(16**11):011X}",
        type=PartnerToken.Type.APP_USER if is_app else PartnerToken.Type.RFID,
        contract_id=f"{partner.code}-C{number:08d}",
        visual_number="" if is_app else f"{partner.code}-{number:06d}",
        issuer=partner.name,
        valid=number % 15 != 0,
        whitelist=chance.choice(WHITELISTS),
        language="de" if partner.country_code == "DE" else "fr",
        group_id="fleet" if number % 9 == 0 else "",
        last_updated=timezone.now() - timedelta(days=chance.randrange(300)),
    )
