"""Who may charge in a group and what do they pay? The terms in force as a table of audiences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from changes.admin.timeline import of_group
from changes.permissions import may_change_terms
from chargegroups.customer_access import GroupAt, Standing, audience_of
from chargegroups.models import ChargeGroup
from chargegroups.terms import Decision
from chargepoints.findings import Seen, findings_for
from chargepoints.models import Location
from customers.models import Customer
from evcnet.datetimes import database_clock
from tariffs.current_price import CurrentPrice


@dataclass(frozen=True)
class Row:
    """One audience: may it charge, at which prices, how many are they? ``count`` None: not ours to count."""

    who: str
    decisions: tuple[tuple[str, Decision, CurrentPrice | None], ...]
    count: int | None
    query: str = ""

    @property
    def verdict(self) -> str:
        allowed = {decision.allowed for _, decision, _ in self.decisions}
        return "yes" if allowed == {True} else "no" if allowed == {False} else "some"


def tariff_and_access(admin: Any, request: HttpRequest, group: ChargeGroup) -> HttpResponse:
    at = GroupAt(group, database_clock())
    login: Any = request.user
    customers = Customer.objects.visible_to(login).filter(status=Customer.Status.ACTIVE)
    context = admin.page_context(request, group, str(group)) | {
        "terms": at.stored,
        "may_change_terms": group.closed_at is None and may_change_terms(login, group),
        "slots": list(_slots(at)),
        "rows": list(_matrix(at, at.standings(customers))),
        "timeline": of_group(group, at.at),
        "then": admin.page(group.pk, "then"),
        "odd": findings_for(Seen.of_group(login, group), at.at) if group.closed_at is None else [],
        "may_see_changes": login.has_perm("changes.view_change"),
        "may_take_back": may_change_terms(login, group),
    }
    return TemplateResponse(request, "chargegroups/access.html", context)


def _slots(at: GroupAt) -> Iterable[tuple[str, str, CurrentPrice | None]]:
    """The three tariffs of the terms: for whom, what it means, the price."""
    if at.stored is None:
        return
    yield "Tariff", "what everyone pays who has no tariff of their own", at.price_tag(at.stored.tariff_id)
    if at.stored.prepaid_tariff:
        yield "Prepaid tariff", "what prepaid customers pay", at.price_tag(at.stored.prepaid_tariff_id)
    if at.stored.roaming_tariff:
        yield "Roaming tariff", "what is paid with roaming cards", at.price_tag(at.stored.roaming_tariff_id)


def _matrix(at: GroupAt, standings: list[Standing]) -> Iterable[Row]:
    group, counts = at.group, _counts(standings)
    yield Row(f"Customers of {group.user_group}", _asked(at, True), counts["own"], "exception=none")
    yield Row("Customers of your other user groups", _asked(at, False), counts["other"], "exception=none&access=all")
    for audience, who in (("allowed", "With an exception: allowed"), ("denied", "With an exception: denied"),
                          ("priced", "With an exception: a tariff of their own")):  # fmt: skip
        of_audience = [each for each in standings if audience_of(each) == audience]
        if of_audience:
            yield Row(who, _found(at, of_audience), counts[audience], f"exception={audience}&access=all")
    yield Row("Roaming cards of any provider", _roaming(at), None)


def _counts(standings: list[Standing]) -> dict[str, int]:
    counts = dict.fromkeys(("own", "other", "allowed", "denied", "priced"), 0)
    for standing in standings:
        counts[audience_of(standing)] += standing.count
    return counts


def _asked(at: GroupAt, same_user_group: bool) -> tuple[tuple[str, Decision, CurrentPrice | None], ...]:
    """What the rule says of an active customer without an exception; twice where prepaid customers pay another price."""
    differs = at.stored is not None and at.stored.prepaid_tariff_id is not None
    asked = [("subscription", "subscription")] + ([("prepaid", "prepaid")] if differs else [])
    facts = {"same_user_group": same_user_group, "roams": False, "status": "active"}
    facts |= {"exception_access": None, "exception_tariff": None}
    decisions = [(label, at.judge(facts | {"payment": payment})) for label, payment in asked]
    shown = [(label if differs else "", decision, at.price_of(decision)) for label, decision in decisions]
    return tuple(shown)


def _found(at: GroupAt, standings: list[Standing]) -> tuple[tuple[str, Decision, CurrentPrice | None], ...]:
    """The distinct answers among these customers."""
    distinct = {(each.decision.access.reason, each.decision.tariff): each.decision for each in standings}
    return tuple(("", decision, at.price_of(decision)) for decision in distinct.values())


def _roaming(at: GroupAt) -> tuple[tuple[str, Decision, CurrentPrice | None], ...]:
    decision = at.judge_roaming()
    return (("", decision, at.price_of(decision)),)


def roaming(admin: Any, request: HttpRequest, group: ChargeGroup) -> HttpResponse:
    """What roaming means here, and which of the group's locations third-party apps may show."""
    at = GroupAt(group, database_clock())
    places = Location.objects.visible_to(request.user).filter(chargepoint__charge_group=group).distinct()
    decision = at.judge_roaming()
    context = admin.page_context(request, group, str(group)) | {
        "terms": at.stored,
        "decision": decision,
        "price": at.price_of(decision),
        "published": places.filter(published=True).count(),
        "unpublished": list(places.filter(published=False)[:50]),
    }
    return TemplateResponse(request, "chargegroups/roaming.html", context)


def social_charging(admin: Any, request: HttpRequest, group: ChargeGroup) -> HttpResponse:
    at = GroupAt(group, database_clock())
    context = admin.page_context(request, group, str(group)) | {"terms": at.stored}
    return TemplateResponse(request, "chargegroups/social_charging.html", context)
