"""What is odd, though nothing forbids it: prices, owners, publication? Each says where, why and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, Q, Subquery

from chargegroups.access import Facts
from chargegroups.group_prices import free_for_everyone
from chargegroups.models import ChargeGroup, CustomerException, Terms
from chargegroups.terms import SLOTS, GroupTerms, TariffInForce, as_customer, decide
from chargepoints.models import ChargePoint, Location
from chargepoints.tariff_findings import place_in_words, tariff_findings
from customers.models import Customer
from tariffs.current_price import CurrentPrice, current_prices
from tariffs.models import Tariff, TariffVersion

NAMED = 100
"""So many locations are named one by one; of more the rest is counted."""
WORTH_KNOWING = frozenset({"owner_without_exception", "roaming_unpublished", "free", "overlap"})
"""Findings that are often meant so. The others are warnings."""
UNSEEN_OWNER = "a customer whom you do not see"


@dataclass(frozen=True)
class Found:
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
class Seen:
    """What is looked at: querysets of what somebody may see. Closed groups are left out."""

    groups: Any
    tariffs: Any
    points: Any
    locations: Any
    customers: Any

    @classmethod
    def by(cls, login: Any) -> Seen:
        rows = (model.objects.visible_to(login) for model in (ChargeGroup, Tariff, ChargePoint, Location, Customer))
        groups, tariffs, points, locations, customers = rows
        return cls(groups.open(), tariffs, points, locations, customers)

    @classmethod
    def of_group(cls, login: Any, group: ChargeGroup) -> Seen:
        """What concerns one charge group; other tariffs stay in sight, for their prices to compare with."""
        seen = cls.by(login)
        return replace(
            seen,
            groups=seen.groups.filter(pk=group.pk),
            points=seen.points.filter(charge_group=group),
            locations=seen.locations.filter(pk__in=ChargePoint.objects.filter(charge_group=group).values("location")),
        )


def findings_for(seen: Seen, at: datetime) -> list[Found]:
    """All of them, warnings first. The number of queries does not depend on how much there is."""
    of_prices = [*_of_tariffs(seen, at), *_free(seen, at)]
    found = [*of_prices, *_of_owners(seen, at), *_unpublished(seen, at), *_in_vain(seen, at)]
    return sorted(found, key=lambda each: (not each.warning, each.code, str(each.subject)))


def _of_tariffs(seen: Seen, at: datetime) -> Iterable[Found]:
    for version, finding in tariff_findings(seen.groups, seen.tariffs, at):
        later = f", from {version.valid_from:%Y-%m-%d} on" if version.valid_from > at else ""
        place = f"{place_in_words(finding.where)}{later}".removeprefix(", ")
        yield Found(finding.code, version.tariff, finding.why, finding.remedy, place)


def _free(seen: Seen, at: datetime) -> Iterable[Found]:
    """By charge group, so that the home page counts the same."""
    groups = free_for_everyone(seen.groups, at)
    terms = Terms.objects.in_force(at).filter(charge_group__in=groups.values("pk")).select_related("charge_group")
    for each in terms.select_related("tariff"):
        why = f"Everyone who may charge here by its policy charges free of charge, by the tariff {each.tariff}."
        remedy = "If that is not meant, choose a tariff with a price; if it is, nothing is to be done."
        yield Found("free", each.charge_group, why, remedy)


# Owners


def _of_owners(seen: Seen, at: datetime) -> Iterable[Found]:
    """Facts are grouped in SQL; whether an owner may charge, and at which price, the rule says of each set once."""
    sets = list(_facts_of_owners(seen, at))
    terms = _terms_of({row["charge_group"] for row in sets}, at)
    named = {tariff for each in terms.values() for slot in SLOTS if (tariff := getattr(each, f"{slot}_id"))}
    named |= {row["priced"] for row in sets if row["priced"]}
    tags = current_prices(Tariff.objects.filter(pk__in=named), at)
    points = ChargePoint.objects.select_related("charge_group").in_bulk([row["first"] for row in sets])
    owners = {point.owner_id for point in points.values()}
    named_owners = seen.customers.filter(pk__in=owners).in_bulk()
    for row in sets:
        point = points[row["first"]]
        owner = str(named_owners.get(point.owner_id, UNSEEN_OWNER))
        found = _of_owner(row, point, owner, terms.get(row["charge_group"]), tags, at)
        if found is not None:
            yield found


def _facts_of_owners(seen: Seen, at: datetime) -> Any:
    exceptions = CustomerException.objects.filter(charge_group=OuterRef("charge_group"), customer=OuterRef("owner"))
    in_force = exceptions.in_force(at)
    points = seen.points.filter(owner__isnull=False, charge_group__in=seen.groups.values("pk")).order_by()
    points = points.annotate(
        access=Subquery(in_force.values("access")[:1]),
        priced=Subquery(in_force.values("tariff")[:1]),
        excepted=Exists(exceptions),
    )
    facts = ("charge_group", "access", "priced", "excepted", "owner__payment", "owner__status", "owner__user_group")
    return points.values(*facts).annotate(many=Count("pk"), first=Min("pk"))


def _terms_of(groups: Iterable[int], at: datetime) -> dict[int, Terms]:
    rows = Terms.objects.in_force(at).filter(charge_group__in=list(groups)).select_related("charge_group")
    return {terms.charge_group_id: terms for terms in rows}


def _of_owner(
    row: dict[str, Any],
    point: ChargePoint,
    owner: str,
    terms: Terms | None,
    tags: Mapping[int, CurrentPrice],
    at: datetime,
) -> Found | None:
    tag = _pays(row, terms, tags, at)
    subject: Any = point if row["many"] == 1 else point.charge_group
    group = point.charge_group
    remedy = "Make it free of charge for the owner, on the charge point's page."
    without = "" if row["excepted"] else f" They have no exception in {group}."
    first = owner[0].upper() + owner[1:]
    if tag is not None and not tag.free:
        why = f"{first} owns it and pays for their own sessions: {tag.text}."
        if row["many"] > 1:
            why = f"{row['many']:,} owners pay for their own sessions, such as {owner} at {point}: {tag.text}."
        return Found("owner_pays", subject, why + without, remedy, many=row["many"])
    if row["excepted"]:
        return None
    stands = "charge as everyone does, for free" if tag else "may not charge there"
    why = f"{first} owns it and has no exception in {group}: they {stands}."
    if row["many"] > 1:
        why = f"{row['many']:,} owners have no exception, such as {owner} at {point}: they {stands}."
    return Found("owner_without_exception", subject, why, remedy, many=row["many"])


def _pays(
    row: dict[str, Any], terms: Terms | None, tags: Mapping[int, CurrentPrice], at: datetime
) -> CurrentPrice | None:
    """By which price list the owner charges; None where the rule does not let them."""
    if terms is None:
        return None

    def slot(tariff: int | None) -> TariffInForce | None:
        return None if tariff is None else TariffInForce(str(tariff), tags[tariff].version)

    group_tariff = slot(terms.tariff_id)
    assert group_tariff is not None
    facts = Facts(
        at=at,
        customer_status=row["owner__status"],
        same_provider=True,
        same_user_group=row["owner__user_group"] == terms.charge_group.user_group_id,
        exception=row["access"],
    )
    switches = {name: getattr(terms, name) for name in ("own_user_group", "other_user_groups", "roaming")}
    decision = decide(
        as_customer(facts, has_card=False),
        GroupTerms(group_tariff, slot(terms.prepaid_tariff_id), slot(terms.roaming_tariff_id), **switches),
        exception_tariff=slot(row["priced"]),
        prepaid=row["owner__payment"] == Customer.Payment.PREPAID,
    )
    return tags[int(decision.tariff.code)] if decision.tariff else None


# Publication


def _unpublished(seen: Seen, at: datetime) -> Iterable[Found]:
    roaming = Terms.objects.in_force(at).filter(roaming=True, charge_group__in=seen.groups.values("pk"))
    points = seen.points.filter(charge_group__in=roaming.values("charge_group"), location__published=False).order_by()
    rows = list(points.values("charge_group").annotate(many=Count("location", distinct=True), first=Min("location")))
    groups = ChargeGroup.objects.in_bulk([row["charge_group"] for row in rows])
    places = Location.objects.in_bulk([row["first"] for row in rows])
    for row in rows:
        place, many = places[row["first"]], row["many"]
        where = f"the location {place} is" if many == 1 else f"{many:,} of its locations are, such as {place},"
        why = f"Roaming is on, and {where} not published: no app shows drivers the way."
        remedy = "Publish it, if drivers with roaming cards are meant to find it. Roaming does not publish a location."
        yield Found("roaming_unpublished", groups[row["charge_group"]], why, remedy, many=many)


def _in_vain(seen: Seen, at: datetime) -> Iterable[Found]:
    """Published locations without an active charge point in a group that is open to anybody."""
    allowed = CustomerException.objects.in_force(at).filter(
        charge_group=OuterRef("charge_group"), access=CustomerException.Access.ALLOWED
    )
    to_somebody = Q(own_user_group=True) | Q(other_user_groups=True) | Q(roaming=True) | Exists(allowed)
    priced = TariffVersion.objects.in_force(at).values("tariff")
    open_groups = Terms.objects.in_force(at).filter(to_somebody, tariff__in=priced).values("charge_group")
    working = ChargePoint.objects.filter(status=ChargePoint.Status.ACTIVE, charge_group__in=open_groups)
    vain = seen.locations.filter(published=True).exclude(Exists(working.filter(location=OuterRef("pk"))))
    named = list(vain.order_by("pk")[: NAMED + 1])
    why = "It is published, while nobody can charge there: drivers come in vain."
    remedy = "Activate a charge point in a charge group that is open to somebody, or unpublish it."
    for location in named[:NAMED]:
        yield Found("published_in_vain", location, why, remedy, place=location.code)
    if len(named) > NAMED:
        more = vain.count() - NAMED
        others = f"{more:,} more locations are published while nobody can charge there, such as this one."
        yield Found("published_in_vain", named[NAMED], others if more > 1 else why, remedy, many=more)
