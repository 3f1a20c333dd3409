"""Findings: what is odd, though nothing forbids it, with where, why and how to mend it: prices, owners, publication."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef

from chargegroups.customer_facts import FactsQuery, Shared
from chargegroups.group_prices import free_for_everyone, price_reading
from chargegroups.group_snapshots import snapshot_reading
from chargegroups.models import ChargeGroup, CustomerException, Terms
from chargepoints.models import ChargePoint, Location, Session
from chargepoints.overlap_findings import Overlaps, overlapping_sessions
from chargepoints.tariff_findings import place_in_words, tariff_findings
from customers.models import Customer, StaffMember
from evcnet.together import Reading, read, reading_of, side_by_side
from tariffs.current_price import CurrentPrice
from tariffs.models import Tariff, TariffVersion
from tariffs.pricing.problems import Finding

NAMED = 100
"""So many locations are named one by one; of more the rest is counted."""
WORTH_KNOWING = frozenset({"owner_without_exception", "roaming_unpublished", "free", "overlap"})
"""Findings that are often meant so. The others are warnings."""
UNSEEN_OWNER = "a customer whom you do not see"


@dataclass(frozen=True)
class Oddity:
    """``subject`` is the tariff, charge group, charge point or location; ``place`` where in it; ``many`` how often."""

    code: str
    subject: Any
    why: str
    remedy: str
    place: str = ""
    many: int = 1

    @property
    def warning(self) -> bool:
        return self.code not in WORTH_KNOWING


@dataclass(frozen=True)
class FindingScope:
    """What is looked at: querysets of what somebody may see. Closed groups are left out."""

    groups: Any
    tariffs: Any
    points: Any
    locations: Any
    customers: Any
    sessions: Any

    @classmethod
    def by(cls, login: StaffMember) -> FindingScope:
        models = (ChargeGroup, Tariff, ChargePoint, Location, Customer, Session)
        groups, tariffs, points, locations, customers, sessions = (model.objects.visible_to(login) for model in models)
        return cls(groups.open(), tariffs, points, locations, customers, sessions)

    @classmethod
    def of_group(cls, login: StaffMember, group: ChargeGroup) -> FindingScope:
        """What concerns one charge group; other tariffs stay in sight, for their prices to compare with."""
        scope = cls.by(login)
        return replace(
            scope,
            groups=scope.groups.filter(pk=group.pk),
            points=scope.points.filter(charge_group=group),
            locations=scope.locations.filter(pk__in=ChargePoint.objects.filter(charge_group=group).values("location")),
        )


def findings_for(scope: FindingScope, at: datetime) -> list[Oddity]:
    """All of them, warnings first. The number of statements does not depend on how much there is."""
    return read(reading_of_findings(scope, at))


def reading_of_findings(scope: FindingScope, at: datetime) -> Reading[list[Oddity]]:
    """What ``findings_for`` returns."""
    kinds = (_of_tariffs, _free, _of_owners, _unpublished, _in_vain, _overlapping)
    parts = yield from side_by_side(*(kind(scope, at) for kind in kinds))
    return sorted(chain(*parts), key=lambda each: (not each.warning, each.code, str(each.subject)))


def _overlapping(scope: FindingScope, at: datetime) -> Reading[list[Oddity]]:
    overlaps = yield from overlapping_sessions(scope.points, scope.sessions)
    return [_of_overlap(each) for each in overlaps]


def _of_overlap(each: Overlaps) -> Oddity:
    number = len(each.pairs)
    sessions = "A session began" if number == 1 else f"{number:,} sessions began"
    why = f"{sessions} here before another was over: {each.named}."
    remedy = (
        "See which of the two was metered wrongly, and correct its price, with a reason; or mend what reports them."
    )
    return Oddity("sessions_overlap", each.point, why, remedy, many=number)


def _of_tariffs(scope: FindingScope, at: datetime) -> Reading[list[Oddity]]:
    pairs = yield from tariff_findings(scope.groups, scope.tariffs, at)
    return [_of_tariff(version, finding, at) for version, finding in pairs]


def _of_tariff(version: TariffVersion, finding: Finding, at: datetime) -> Oddity:
    later = f", from {version.valid_from:%Y-%m-%d} on" if version.valid_from > at else ""
    place = f"{place_in_words(finding.where)}{later}".removeprefix(", ")
    return Oddity(finding.code, version.tariff, finding.why, finding.remedy, place)


def _free(scope: FindingScope, at: datetime) -> Reading[list[Oddity]]:
    """By charge group, so that the home page counts the same."""
    prices = yield from price_reading(scope.groups, at)
    groups = free_for_everyone(scope.groups, at, prices)
    terms = Terms.objects.in_force(at).filter(charge_group__in=groups.values("pk"))
    terms = terms.select_related("charge_group", "tariff")
    yield [terms]
    return [_of_free(each) for each in terms]


def _of_free(terms: Terms) -> Oddity:
    why = f"Everyone who may charge here by its policy charges free of charge, by the tariff {terms.tariff}."
    remedy = "If that is not meant, choose a tariff with a price; if it is, nothing is to be done."
    return Oddity("free", terms.charge_group, why, remedy)


# Owners


def _of_owners(scope: FindingScope, at: datetime) -> Reading[list[Oddity]]:
    """Facts are grouped in SQL; whether an owner may charge, and at which price, the access rules say of each set once."""
    sets = yield from _owners(scope, at)
    firsts = ChargePoint.objects.filter(pk__in=[shared.first for shared in sets]).select_related("charge_group")
    groups = ChargeGroup.objects.filter(pk__in={shared.charge_group for shared in sets})
    customers = scope.customers.filter(pk__in=firsts.values("owner"))
    rows = (reading_of(each) for each in (firsts, groups, customers))
    snapshots, *_ = yield from side_by_side(snapshot_reading(groups, at), *rows)
    points = {point.pk: point for point in firsts}
    owners = {customer.pk: str(customer) for customer in customers}
    findings = []
    for shared in sets:
        point, snapshot = points[shared.first], snapshots[shared.charge_group]
        price = snapshot.price_of(snapshot.judge(shared.facts.facts))
        owner = owners.get(point.owner_id, UNSEEN_OWNER)
        findings.append(_of_owner(point, owner, price, many=shared.many, excepted=shared.mark))
    return [finding for finding in findings if finding is not None]


def _owners(scope: FindingScope, at: datetime) -> Reading[list[Shared]]:
    """Points of the groups with an owner, by the owner's facts; marked where there is an exception, in force or not."""
    exceptions = CustomerException.objects.filter(charge_group=OuterRef("charge_group"), customer=OuterRef("owner"))
    points = scope.points.filter(owner__isnull=False, charge_group__in=scope.groups.values("pk"))
    points = points.annotate(excepted=Exists(exceptions)).values_list("owner", "charge_group", "excepted", "pk")
    groups = scope.groups.order_by().values_list("pk", flat=True)
    yield [groups]
    return FactsQuery(None, list(groups), at, roaming=False).shared_by(points)


def _of_owner(
    point: ChargePoint, owner: str, price: CurrentPrice | None, *, many: int, excepted: bool
) -> Oddity | None:
    """``price`` None: the owner may not charge there."""
    subject: Any = point if many == 1 else point.charge_group
    group = point.charge_group
    remedy = "Make it free of charge for the owner, on the charge point's page."
    first = owner[0].upper() + owner[1:]
    if price is not None and not price.free:
        without = "" if excepted else f" They have no exception in {group}."
        why = f"{first} owns it and pays for their own sessions: {price.text}."
        if many > 1:
            why = f"{many:,} owners pay for their own sessions, such as {owner} at {point}: {price.text}."
        return Oddity("owner_pays", subject, why + without, remedy, many=many)
    if excepted:
        return None
    charge = "charge as everyone does, for free" if price else "may not charge there"
    why = f"{first} owns it and has no exception in {group}: they {charge}."
    if many > 1:
        why = f"{many:,} owners have no exception, such as {owner} at {point}: they {charge}."
    return Oddity("owner_without_exception", subject, why, remedy, many=many)


# Publication


def _unpublished(scope: FindingScope, at: datetime) -> Reading[list[Oddity]]:
    roaming = Terms.objects.in_force(at).filter(roaming=True, charge_group__in=scope.groups.values("pk"))
    points = scope.points.filter(charge_group__in=roaming.values("charge_group"), location__published=False).order_by()
    rows = points.values("charge_group").annotate(many=Count("location", distinct=True), first=Min("location"))
    yield [rows]
    groups = ChargeGroup.objects.filter(pk__in=[row["charge_group"] for row in rows])
    places = Location.objects.filter(pk__in=[row["first"] for row in rows])
    yield [groups, places]
    group_of, place_of = {group.pk: group for group in groups}, {place.pk: place for place in places}
    return [_of_place(group_of[row["charge_group"]], place_of[row["first"]], row["many"]) for row in rows]


def _of_place(group: ChargeGroup, place: Location, many: int) -> Oddity:
    where = f"the location {place} is" if many == 1 else f"{many:,} of its locations are, such as {place},"
    why = f"Roaming is on, and {where} not published: no app shows drivers the way."
    remedy = "Publish it, if drivers with roaming cards are meant to find it. Roaming does not publish a location."
    return Oddity("roaming_unpublished", group, why, remedy, many=many)


def _in_vain(scope: FindingScope, at: datetime) -> Reading[list[Oddity]]:
    """Published locations without an active charge point in a group that is open to anybody."""
    allowed = CustomerException.objects.in_force(at).filter(
        charge_group=OuterRef("charge_group"), access=CustomerException.Access.ALLOWED
    )
    priced = Terms.objects.in_force(at).filter(tariff__in=TariffVersion.objects.in_force(at).values("tariff"))
    open_groups = (priced.open_to_anybody() | priced.filter(Exists(allowed))).values("charge_group")
    working = ChargePoint.objects.filter(status=ChargePoint.Status.ACTIVE, charge_group__in=open_groups)
    vain = scope.locations.filter(published=True).exclude(Exists(working.filter(location=OuterRef("pk"))))
    named = vain.order_by("pk")[: NAMED + 1]
    yield [named]
    return list(_of_vain(named, vain))


def _of_vain(named: Any, vain: Any) -> Iterable[Oddity]:
    why = "It is published, while nobody can charge there: drivers come in vain."
    remedy = "Activate a charge point in a charge group that is open to somebody, or unpublish it."
    for location in named[:NAMED]:
        yield Oddity("published_in_vain", location, why, remedy, place=location.code)
    if len(named) > NAMED:
        more = vain.count() - NAMED
        others = f"{more:,} more locations are published while nobody can charge there, such as this one."
        yield Oddity("published_in_vain", named[NAMED], others if more > 1 else why, remedy, many=more)
