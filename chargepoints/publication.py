"""Publication of locations, held against who may charge there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chargegroups.access_summary import AccessSummary, access_summaries
from chargegroups.models import ChargeGroup
from chargepoints.models import ChargePoint, Location
from customers.models import StaffMember


@dataclass(frozen=True)
class Publication:
    """``nobody``: no active charge point at which anybody may charge. The groups are those that the remark is about.
    ``has_home``: home chargers stand there, whether or not their groups may be named."""

    published: bool
    nobody: bool
    home: tuple[ChargeGroup, ...] = ()
    roaming: tuple[ChargeGroup, ...] = ()
    has_home: bool = False

    @property
    def in_vain(self) -> bool:
        """Published while nobody can charge there (rules: warning)."""
        return self.published and self.nobody

    @property
    def hidden_roaming(self) -> tuple[ChargeGroup, ...]:
        """Open for roaming while unpublished (rules: information)."""
        return () if self.published else self.roaming


def publication(location: Location, at: datetime) -> Publication:
    return publications([location], at)[location.pk]


def visible_publication(location: Location, at: datetime, login: StaffMember) -> Publication:
    """As one login reads it: a location may hold charge points of several user groups, and names the groups in reach alone."""
    whole = publication(location, at)
    named = {group.pk for group in (*whole.home, *whole.roaming)}
    if not named:
        return whole
    in_sight = set(ChargeGroup.objects.visible_to(login).order_by().filter(pk__in=named).values_list("pk", flat=True))
    home, roaming = (tuple(each for each in groups if each.pk in in_sight) for groups in (whole.home, whole.roaming))
    return replace(whole, home=home, roaming=roaming)


def publications(locations: Iterable[Location], at: datetime) -> dict[int, Publication]:
    """By the location's id. The number of queries does not grow with the locations."""
    by_id = {location.pk: location for location in locations}
    groups = _groups_at(by_id)
    named = {group for at_location in groups.values() for group in at_location}
    summaries = access_summaries(ChargeGroup.objects.filter(pk__in=named).select_related("user_group"), at)
    return {
        pk: _publication(location, [(summaries[group], works) for group, works in groups[pk].items()])
        for pk, location in by_id.items()
    }


def _groups_at(locations: Iterable[int]) -> dict[int, dict[int, bool]]:
    """The charge groups with points at each location, and whether one of these points is active."""
    points = ChargePoint.objects.filter(location__in=list(locations), charge_group__isnull=False)
    groups: dict[int, dict[int, bool]] = defaultdict(dict)
    for location, group, status in points.order_by("charge_group__code").values_list(
        "location", "charge_group", "status"
    ):
        at_location = groups[location]
        at_location[group] = at_location.get(group, False) or status == ChargePoint.Status.ACTIVE
    return groups


def _publication(location: Location, groups: Sequence[tuple[AccessSummary, bool]]) -> Publication:
    home = tuple(each.group for each, _ in groups if each.group.type == ChargeGroup.Type.HOME)
    return Publication(
        published=location.published,
        nobody=not any(each.open_to for each, works in groups if works),
        home=home,
        has_home=bool(home),
        roaming=tuple(each.group for each, _ in groups if each.terms is not None and each.terms.roaming),
    )
