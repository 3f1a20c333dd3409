"""What will a scheduled change do, as things stand today? Judged without its own rows, and with them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from changes.models import Change
from changes.proposals.base import Inapplicable, Proposal
from changes.proposals.versions import groups_naming
from changes.snapshots import BeforeAfter
from chargegroups.group_snapshots import group_snapshots
from chargegroups.models import ChargeGroup, Terms
from chargegroups.terms import SLOTS
from tariffs.models import TariffVersion


class ScheduledChange(Proposal):
    """A change that waits for its moment: its rows are stored already, and nothing is written any more."""

    def __init__(self, change: Change) -> None:
        self.change, self.provider_id = change, change.provider_id

    @property
    def groups(self) -> list[ChargeGroup]:
        return groups_naming(self.change.tariff) if self.change.tariff else list(self.change.groups.order_by("pk"))

    def as_json(self) -> dict[str, Any]:
        return dict(self.change.proposal)

    def ground(self, at: datetime) -> dict[str, Any]:
        return {"change": self.change.pk}

    def places(self, at: datetime) -> list[BeforeAfter]:
        groups, tariff = self.groups, self.change.tariff
        after = group_snapshots(groups, at)
        if tariff is not None:
            version = self._version_without(at)
            before = group_snapshots(groups, at, versions={tariff.pk: version} if version else {})
            for place in before.values() if version is None else ():
                place.versions.pop(tariff.pk, None)
        else:
            terms = self._terms_without(groups, at)
            before = group_snapshots(groups, at, proposed=terms)
            for pk in before.keys() - terms.keys():
                before[pk].stored = None
        return [BeforeAfter(before[group.pk], after[group.pk]) for group in groups]

    def _terms_without(self, groups: list[ChargeGroup], at: datetime) -> Mapping[int, Terms]:
        rows = Terms.objects.filter(charge_group__in=groups, valid_from__lte=at).exclude(changes=self.change)
        latest = rows.order_by("charge_group_id", "-valid_from").distinct("charge_group_id").select_related(*SLOTS)
        return {row.charge_group_id: row for row in latest}

    def _version_without(self, at: datetime) -> TariffVersion | None:
        rows = TariffVersion.objects.filter(tariff=self.change.tariff, valid_from__lte=at).exclude(changes=self.change)
        found = rows.select_related("tariff").prefetch_related("elements").order_by("-valid_from").first()
        ended = found is not None and found.valid_until is not None and found.valid_until <= at
        return None if ended else found

    def earlier(self, at: datetime) -> dict[str, Any]:
        return dict(self.change.earlier)

    def write(self, change: Any, at: datetime) -> None:
        raise Inapplicable("This change is stored already: it takes effect by itself.")

    def sentence(self) -> str:
        return str(self.change.sentence)
