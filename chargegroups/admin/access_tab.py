"""The tab "Tariff and access" of a charge group: who may charge at which price."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.db.models import Field
from django.http import HttpResponse
from django.template.response import TemplateResponse

from changes.admin.timeline import of_group
from changes.change_permissions import may_change_terms
from chargegroups.customer_access import CustomerAccess, grouped_access
from chargegroups.customer_facts import CustomerFacts
from chargegroups.group_snapshots import GroupSnapshot
from chargegroups.models import ChargeGroup, Terms
from chargegroups.terms import SLOTS, SWITCHES, Decision
from chargepoints.finding_dismissals import with_dismissals
from chargepoints.findings import FindingScope, Oddity, reading_of_findings
from customers.models import Customer, StaffMember
from evcnet.admin.base import ModelAdmin
from evcnet.admin.requests import StaffRequest
from evcnet.datetimes import database_clock
from evcnet.together import read
from tariffs.current_price import CurrentPrice

ACTIVE: Final = "active"
SUBSCRIPTION, PREPAID = Customer.Payment.SUBSCRIPTION, Customer.Payment.PREPAID
EXCEPTION_TITLES = {
    "allowed": "With an exception: allowed",
    "denied": "With an exception: denied",
    "priced": "With an exception: a tariff of their own",
}
SLOT_TITLES = (
    ("Tariff", "what everyone pays who has no tariff of their own"),
    ("Prepaid tariff", "what prepaid customers pay"),
    ("Roaming tariff", "what is paid with roaming cards"),
)


@dataclass(frozen=True)
class Answer:
    """What the access rules say of some customers; ``label`` tells them from others of the same audience."""

    decision: Decision
    price: CurrentPrice | None
    label: str = ""


@dataclass(frozen=True)
class Audience:
    """A row of the table: may they charge, at which prices, how many are they? ``count`` None: not ours to count.

    ``query`` lists them under "Customers and tariffs".
    """

    who: str
    answers: tuple[Answer, ...]
    count: int | None
    query: str = ""

    @property
    def verdict(self) -> str:
        allowed = {answer.decision.allowed for answer in self.answers}
        return "yes" if allowed == {True} else "no" if allowed == {False} else "some"


def tariff_and_access(admin: ModelAdmin[ChargeGroup], request: StaffRequest, group: ChargeGroup) -> HttpResponse:
    login, snapshot = request.user, GroupSnapshot.of(group, database_clock())
    context = admin.page_context(request, group, str(group)) | {
        "terms": snapshot.stored,
        "may_change_terms": group.closed_at is None and may_change_terms(login, group),
        "slots": list(_slots(snapshot)),
        "rows": list(audiences(snapshot, grouped_access(snapshot, login, statuses=[ACTIVE]))),
        "switches": list(_switches(snapshot.stored)),
        "timeline": of_group(group, snapshot.at),
        "then": admin.page(group.pk, "then"),
        "odd": _findings(login, group, snapshot.at) if group.closed_at is None else [],
        "may_see_changes": login.has_perm("changes.view_change"),
        "may_take_back": may_change_terms(login, group),
    }
    return TemplateResponse(request, "chargegroups/access.html", context)


def _findings(login: StaffMember, group: ChargeGroup, at: datetime) -> list[Oddity]:
    """What is odd about it and not set aside."""
    oddities = reading_of_findings(FindingScope.of_group(login, group), at)
    return [each.oddity for each in read(with_dismissals(oddities, login)) if each.dismissal is None]


def _slots(snapshot: GroupSnapshot) -> Iterator[tuple[str, str, CurrentPrice | None]]:
    """The tariffs of the terms: for whom, what it means, the price."""
    for slot, (title, meaning) in zip(SLOTS, SLOT_TITLES, strict=True):
        if tariff := getattr(snapshot.stored, f"{slot}_id", None):
            yield title, meaning, snapshot.price_of_tariff(tariff)


def _switches(terms: Terms | None) -> Iterator[tuple[bool, str, str]]:
    """The switches of the terms: whether each is on, its name, what it means."""
    for switch in SWITCHES:
        field: Field[Any, Any] = Terms._meta.get_field(switch)  # type: ignore[assignment]
        yield bool(getattr(terms, switch, False)), str(field.verbose_name), str(field.help_text)


def audiences(snapshot: GroupSnapshot, accesses: list[CustomerAccess]) -> Iterator[Audience]:
    """Who there is to charge at the group, and what the access rules say of each."""
    group = snapshot.group
    counts = {
        name: sum(each.count for each in accesses if each.audience == name)
        for name in ("own", "other", *EXCEPTION_TITLES)
    }
    own, other = _by_policy(snapshot, group.user_group_id), _by_policy(snapshot, 0)
    yield Audience(f"Customers of {group.user_group}", own, counts["own"], "exception=none")
    yield Audience("Customers of your other user groups", other, counts["other"], "exception=none&access=all")
    for name, who in EXCEPTION_TITLES.items():
        if of_audience := [each for each in accesses if each.audience == name]:
            yield Audience(who, _distinct(snapshot, of_audience), counts[name], f"exception={name}&access=all")
    yield Audience("Roaming cards of any provider", (_answer(snapshot, snapshot.judge_roaming()),), None)


def _by_policy(snapshot: GroupSnapshot, user_group: int) -> tuple[Answer, ...]:
    """For an active customer of a user group without an exception; twice where prepaid customers pay another price."""
    facts = CustomerFacts(user_group, SUBSCRIPTION, ACTIVE, roams=False)
    if snapshot.stored is None or snapshot.stored.prepaid_tariff_id is None:
        return (_answer(snapshot, snapshot.judge(facts)),)
    payments = (replace(facts, payment=payment) for payment in (SUBSCRIPTION, PREPAID))
    return tuple(_answer(snapshot, snapshot.judge(each), each.payment) for each in payments)


def _distinct(snapshot: GroupSnapshot, accesses: Iterable[CustomerAccess]) -> tuple[Answer, ...]:
    decisions = {(each.reason, each.decision.tariff): each.decision for each in accesses}
    return tuple(_answer(snapshot, decision) for decision in decisions.values())


def _answer(snapshot: GroupSnapshot, decision: Decision, label: str = "") -> Answer:
    return Answer(decision, snapshot.price_of(decision), label)
