"""A scheduled change, judged as things stand today: without its own rows, and with them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from changes.models import Change
from changes.proposals.base import Inapplicable, Proposal
from changes.proposals.versions import groups_naming
from changes.snapshots import Basis, BeforeAfter
from chargegroups.group_snapshots import GroupSnapshot, group_snapshots
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

    def read(self, at: datetime) -> Basis:
        groups = self.groups
        before = self._without_version(groups, at) if self.change.tariff else self._without_terms(groups, at)
        after = group_snapshots(groups, at)
        return Basis(
            at=at,
            groups=groups,
            places=[BeforeAfter(before[group.pk], after[group.pk]) for group in groups],
            rows={"change": self.change.pk},
            earlier=dict(self.change.earlier),
        )

    def _without_terms(self, groups: list[ChargeGroup], at: datetime) -> dict[int, GroupSnapshot]:
        rows = Terms.objects.filter(charge_group__in=groups, valid_from__lte=at).exclude(changes=self.change)
        latest = rows.order_by("charge_group_id", "-valid_from").distinct("charge_group_id").select_related(*SLOTS)
        terms = {row.charge_group_id: row for row in latest}
        before = group_snapshots(groups, at, proposed=terms)
        return {pk: each if pk in terms else replace(each, stored=None) for pk, each in before.items()}

    def _without_version(self, groups: list[ChargeGroup], at: datetime) -> dict[int, GroupSnapshot]:
        version, tariff = self._version_before(at), self.change.tariff_id
        stored = group_snapshots(groups, at)
        others = {pk: {key: row for key, row in each.versions.items() if key != tariff} for pk, each in stored.items()}
        known = {tariff: version} if tariff and version else {}
        return {pk: replace(each, versions=others[pk] | known) for pk, each in stored.items()}

    def _version_before(self, at: datetime) -> TariffVersion | None:
        rows = TariffVersion.objects.filter(tariff=self.change.tariff, valid_from__lte=at).exclude(changes=self.change)
        latest = rows.select_related("tariff").prefetch_related("elements").order_by("-valid_from").first()
        ended = latest is not None and latest.valid_until is not None and latest.valid_until <= at
        return None if ended else latest

    def write(self, change: Change | None, basis: Basis) -> None:
        raise Inapplicable("This change is stored already: it takes effect by itself.")

    def sentence(self) -> str:
        return str(self.change.sentence)
