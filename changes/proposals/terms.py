"""What would other terms of a charge group do?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from changes.proposals.base import Inapplicable, NothingToChange, Proposal
from changes.snapshots import BeforeAfter
from chargegroups.group_snapshots import group_snapshots
from chargegroups.models import ChargeGroup, Terms
from chargegroups.terms import SLOTS, SWITCHES
from tariffs.models import Tariff

KEYS = (*SLOTS, *SWITCHES)


class NewTerms(Proposal):
    """``values`` are the keys that change; the others stay as they are in force at the moment of the change."""

    kind: ClassVar[str] = "terms"
    schedulable: ClassVar[bool] = True

    def __init__(self, group: ChargeGroup, values: Mapping[str, Tariff | bool | None]) -> None:
        self.group, self.values, self.provider_id = group, dict(values), group.provider_id

    @property
    def groups(self) -> list[ChargeGroup]:
        return [self.group]

    def before(self, at: datetime) -> Terms | None:
        rows = Terms.objects.in_force(at).filter(charge_group=self.group)
        found: Terms | None = rows.select_related(*SLOTS).first()
        return found

    def after(self, at: datetime) -> Terms:
        """The unsaved row."""
        before = self.before(at)
        values = {key: getattr(before, key) for key in KEYS} if before else {}
        values |= self.values
        if values.get("tariff") is None:
            raise Inapplicable("Every charge group has a tariff: choose one. Free of charge is a tariff that says so.")
        return Terms(provider_id=self.provider_id, charge_group=self.group, valid_from=at, **values)

    def as_json(self) -> dict[str, Any]:
        told = {key: value.code if isinstance(value, Tariff) else value for key, value in self.values.items()}
        return {"kind": self.kind, "charge_group": self.group.code, "set": told}

    def places(self, at: datetime) -> list[BeforeAfter]:
        before = group_snapshots([self.group], at)
        after = group_snapshots([self.group], at, proposed={self.group.pk: self.after(at)})
        return [BeforeAfter(before[self.group.pk], after[self.group.pk])]

    def ground(self, at: datetime) -> dict[str, Any]:
        before = self.before(at)
        return {"terms": before and before.pk, "scheduled": [row.pk for row in self.scheduled(at)]}

    def scheduled(self, at: datetime) -> list[Terms]:
        return list(Terms.objects.filter(charge_group=self.group, valid_from__gte=at).order_by("valid_from"))

    def warnings(self, at: datetime) -> list[str]:
        later = self.scheduled(at)
        return (
            [f"Other terms are scheduled for this charge group from {_when(later[0])}: they follow."] if later else []
        )

    def check(self, at: datetime) -> None:
        if unknown := self.values.keys() - set(KEYS):
            raise Inapplicable(f"{', '.join(sorted(unknown))} is not among the terms: {', '.join(KEYS)}.")
        if self.group.closed_at is not None:
            raise Inapplicable(f"{self.group} is closed: its terms stay as they are.")
        before, after = self.before(at), self.after(at)
        if before is not None and all(getattr(before, key) == getattr(after, key) for key in KEYS):
            raise NothingToChange("These are the terms in force already: there is nothing to change.")
        if any(row.valid_from == at for row in self.scheduled(at)):
            raise Inapplicable("Other terms begin at this very moment: choose another, or cancel the scheduled ones.")

    def earlier(self, at: datetime) -> dict[str, Any]:
        before = self.before(at)
        if before is None:
            return {}
        return {slot: getattr(before, f"{slot}_id") for slot in SLOTS} | {key: getattr(before, key) for key in SWITCHES}

    @classmethod
    def reversal(cls, change: Any) -> NewTerms:
        """The proposal that brings the earlier terms back."""
        if not change.earlier:
            raise Inapplicable("These were the first terms of the charge group: there are no earlier ones.")
        tariffs = Tariff.objects.filter(provider_id=change.provider_id).in_bulk(
            [change.earlier[slot] for slot in SLOTS if change.earlier[slot]]
        )
        slots = {slot: tariffs.get(change.earlier[slot]) for slot in SLOTS}
        return cls(change.groups.get(), slots | {key: change.earlier[key] for key in SWITCHES})

    def write(self, change: Any, at: datetime) -> None:
        row = self.after(at)
        row.save(force_insert=True)
        if change is not None:
            change.terms.add(row)

    def sentence(self) -> str:
        return f"Terms of {self.group}"


def _when(row: Terms) -> str:
    return row.valid_from.astimezone(row.provider.zone).strftime("%-d %b %Y %H:%M")
