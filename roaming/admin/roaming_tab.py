"""Tab "Roaming" of a charge group: who gets in by it at which price, and who sees the group's charge points."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q
from django.http import HttpResponse
from django.template.response import TemplateResponse

from changes.change_permissions import may_change_terms
from chargegroups.admin.access_tab import Audience, audiences
from chargegroups.customer_access import grouped_access
from chargegroups.group_snapshots import GroupSnapshot
from chargegroups.models import ChargeGroup
from chargepoints.models import Location
from customers.models import ChargeCard, Customer, StaffMember
from evcnet.admin.base import ModelAdmin
from evcnet.admin.requests import StaffRequest
from evcnet.datetimes import database_clock
from roaming.models import Agreement, PartnerToken
from roaming.open_groups import decision_for_partners
from tariffs.current_price import CurrentPrice

LISTED = 20
VIEW_PARTNERS = "roaming.view_partner"
"""Held for a user group it shows none: partners are the provider's."""


@dataclass(frozen=True)
class PartnerRow:
    """A partner with an agreement in force, how many valid tokens it has sent, and whether and at which price they may charge."""

    agreement: Agreement
    tokens: int
    allowed: bool
    price: CurrentPrice | None


@dataclass(frozen=True)
class MatrixRow:
    """One audience: ``sees`` says by which way, empty where by none; ``uses`` is yes, no or some; ``prices`` are those it
    pays, ``others`` in words those that the login does not see."""

    who: str
    sees: str
    uses: str
    prices: tuple[CurrentPrice, ...]
    others: str = ""


def roaming_tab(admin: ModelAdmin[ChargeGroup], request: StaffRequest, group: ChargeGroup) -> HttpResponse:
    login, now = request.user, database_clock()
    agreements = _agreements(group, now)
    snapshot = GroupSnapshot.of(group, now, also=[each.tariff_id for each in agreements if each.tariff_id])
    partners = list(_partners(snapshot, agreements))
    places = Location.objects.visible_to(login).filter(chargepoint__charge_group=group).distinct()
    published = places.filter(published=True).count()
    roaming = snapshot.judge_roaming()
    may_see_partners = login.scope(VIEW_PARTNERS).within(group.provider_id) is None
    by_partners = _partners_row(partners, may_see_partners, in_apps=published > 0)
    context = admin.page_context(request, group, str(group)) | {
        "terms": snapshot.stored,
        "may_change_terms": group.closed_at is None and may_change_terms(login, group),
        "may_see_partners": may_see_partners,
        "partners_charge": by_partners.uses,
        "may_publish": login.has_perm("chargepoints.publish_location"),
        "decision": roaming,
        "price": snapshot.price_of(roaming),
        "cards": _own_roaming_cards(login, group),
        "partners": partners,
        "published": published,
        "unpublished": (unpublished := places.filter(published=False).count()),
        "more": max(published + unpublished - LISTED, 0),
        "places": list(places.annotate(points=_points(group)).order_by("published", "name", "pk")[:LISTED]),
        "matrix": list(_matrix(snapshot, login, by_partners, in_apps=published > 0)),
    }
    return TemplateResponse(request, "chargegroups/roaming.html", context)


def _agreements(group: ChargeGroup, now: datetime) -> list[Agreement]:
    rows = Agreement.objects.in_force(now).filter(partner__provider=group.provider_id)
    return list(rows.select_related("partner", "tariff").order_by("partner__name", "pk"))


def _points(group: ChargeGroup) -> Count:
    return Count("chargepoint", filter=Q(chargepoint__charge_group=group))


def _partners(snapshot: GroupSnapshot, agreements: list[Agreement]) -> Iterator[PartnerRow]:
    valid = PartnerToken.objects.filter(valid=True, partner__in=[each.partner_id for each in agreements])
    tokens = dict(valid.order_by().values_list("partner").annotate(Count("pk")))
    for each in agreements:
        decision = decision_for_partners(snapshot, each)
        yield PartnerRow(each, tokens.get(each.partner_id, 0), decision.allowed, snapshot.price_of(decision))


def _own_roaming_cards(login: StaffMember, group: ChargeGroup) -> int:
    """Of the provider's active cards that the login reaches, those that roam."""
    cards = ChargeCard.objects.visible_to(login).filter(provider=group.provider_id, roaming=True)
    return int(cards.filter(status=ChargeCard.Status.ACTIVE, customer__status=Customer.Status.ACTIVE).count())


def _matrix(
    snapshot: GroupSnapshot, login: StaffMember, by_partners: MatrixRow, *, in_apps: bool
) -> Iterator[MatrixRow]:
    """The three switches in one picture: published, access, roaming."""
    anybody = "apps of others" if in_apps else ""
    for audience in audiences(snapshot, grouped_access(snapshot, login, statuses=["active"])):
        yield MatrixRow(audience.who, anybody, audience.verdict, _prices(audience))
    yield by_partners
    yield MatrixRow("Everybody else", anybody, "no", ())


def _partners_row(partners: list[PartnerRow], may_see_partners: bool, *, in_apps: bool) -> MatrixRow:
    """What was agreed with a partner is for those who see it; what the group says of roaming is for all who see the group."""
    allowed = [row for row in partners if row.allowed]
    uses = ("yes" if len(allowed) == len(partners) else "some") if allowed else "no"
    hidden = [row for row in allowed if row.agreement.tariff_id and not may_see_partners]
    prices = {row.price.version: row.price for row in allowed if row.price and row not in hidden}
    others = "what was agreed with each partner" if hidden else ""
    by_ocpi = "by OCPI" if in_apps and allowed else ""
    return MatrixRow("Customers of roaming partners", by_ocpi, uses, tuple(prices.values()), others)


def _prices(audience: Audience) -> tuple[CurrentPrice, ...]:
    prices = {each.price.version: each.price for each in audience.answers if each.decision.allowed and each.price}
    return tuple(prices.values())
