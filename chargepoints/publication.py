"""Publication of a location, held against who may charge there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chargegroups.access_summary import access_summaries
from chargegroups.models import ChargeGroup
from chargepoints.models import ChargePoint, Location


@dataclass(frozen=True)
class Publication:
    """``nobody``: no active charge point at which anybody may charge. The groups are those that the remark is about."""

    published: bool
    nobody: bool
    home: tuple[ChargeGroup, ...] = ()
    roaming: tuple[ChargeGroup, ...] = ()

    @property
    def in_vain(self) -> bool:
        """Published while nobody can charge there (rules: warning)."""
        return self.published and self.nobody

    @property
    def hidden_roaming(self) -> tuple[ChargeGroup, ...]:
        """Open for roaming while unpublished (rules: information)."""
        return () if self.published else self.roaming


def publication(location: Location, at: datetime) -> Publication:
    points = ChargePoint.objects.filter(location=location).exclude(charge_group=None)
    groups = ChargeGroup.objects.filter(pk__in=points.values("charge_group_id")).select_related("user_group")
    holds = access_summaries(groups, at)
    working = set(points.filter(status=ChargePoint.Status.ACTIVE).values_list("charge_group_id", flat=True))
    return Publication(
        published=location.published,
        nobody=not any(each.open_to for pk, each in holds.items() if pk in working),
        home=tuple(each.group for each in holds.values() if each.group.type == ChargeGroup.Type.HOME),
        roaming=tuple(each.group for each in holds.values() if each.terms is not None and each.terms.roaming),
    )
