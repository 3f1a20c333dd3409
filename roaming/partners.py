"""Partners of a provider: found by their code, added with an agreement and an invitation, ended."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from customers.models import Provider
from roaming import connections
from roaming.models import Agreement, Partner


class NoSuchPartner(LookupError):
    """The provider has no partner of this code; the message says so."""


def get_partner(provider: Provider, code: str) -> Partner:
    """The partner whose code, as in NL-ABC, is this in whatever letter case. Raises NoSuchPartner."""
    country, _, party = code.strip().upper().partition("-")
    partner: Partner | None = Partner.objects.filter(provider=provider, country_code=country, party_id=party).first()
    if partner is None:
        raise NoSuchPartner(f"{provider} has no partner {code}.")
    return partner


@transaction.atomic
def add_partner(partner: Partner, now: datetime) -> str:
    """Save a new partner with an agreement from now on; its token A, which is shown once. Raises ValidationError.

    One that is ended comes back, with the name and role that it is given now, and what is known of it.
    """
    if (former := _ended(partner, now)) is not None:
        former.name, former.role = partner.name, partner.role
        partner = former
    partner.full_clean()
    partner.save()
    agree(partner, now)
    return connections.invite(partner)


def _ended(partner: Partner, now: datetime) -> Partner | None:
    """The stored partner of this party, where no agreement with it is in force or to come; None where there is none."""
    party = {name: getattr(partner, name) for name in ("provider", "country_code", "party_id")}
    rows = Partner.objects.select_for_update().filter(**party)
    agreed = Agreement.objects.not_over(now).values("partner")
    return rows.exclude(pk__in=agreed).first()


def agree(partner: Partner, now: datetime) -> Agreement:
    """An agreement from now on, without an end and a price list. Raises ValidationError where there is one already."""
    agreement = Agreement(provider_id=partner.provider_id, partner=partner, valid_from=now)
    agreement.full_clean()
    agreement.save()
    return agreement


@transaction.atomic
def end_partner(partner: Partner, now: datetime) -> None:
    """From now on nobody charges by the partner, and it is not connected. What was agreed for later does not come to be."""
    agreements = Agreement.objects.filter(partner=partner)
    agreements.filter(valid_from__gte=now).delete()
    agreements.in_force(now).update(valid_until=now)
    connections.end(partner)
