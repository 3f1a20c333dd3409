"""New terms of a charge group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from changes.proposals.base import Inapplicable, Proposal
from changes.snapshots import Aspect, Basis, BeforeAfter
from chargegroups.group_snapshots import group_snapshots
from chargegroups.models import ChargeGroup, Terms
from chargegroups.terms import SLOTS, SWITCHES
from tariffs.models import Tariff

if TYPE_CHECKING:
    from changes.models import Change

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

    def as_json(self) -> dict[str, Any]:
        values = {key: value.code if isinstance(value, Tariff) else value for key, value in self.values.items()}
        return {"kind": self.kind, "charge_group": self.group.code, "set": values}

    def read(self, at: datetime) -> Basis:
        if unknown := self.values.keys() - set(KEYS):
            raise Inapplicable(f"{', '.join(sorted(unknown))} is not among the terms: {', '.join(KEYS)}.")
        if self.group.closed_at is not None:
            raise Inapplicable(f"{self.group} is closed: its terms stay as they are.")
        proposed = [value.pk for value in self.values.values() if isinstance(value, Tariff)]
        before = group_snapshots([self.group], at, also=proposed)[self.group.pk]
        after = replace(before, stored=self._terms_after(before.stored, at))
        scheduled = list(Terms.objects.filter(charge_group=self.group, valid_from__gte=at).order_by("valid_from"))
        differing = [key for key in KEYS if stored_value(before.stored, key) != stored_value(after.stored, key)]
        if differing and any(row.valid_from == at for row in scheduled):
            raise Inapplicable("Other terms begin at this very moment: choose another, or cancel the scheduled ones.")
        return Basis(
            at=at,
            groups=[self.group],
            places=[BeforeAfter(before, after)],
            rows={"terms": before.stored_pk, "scheduled": [row.pk for row in scheduled]},
            earlier={key: stored_value(before.stored, key) for key in KEYS} if before.stored else {},
            warnings=self._warnings(scheduled),
            nothing="" if differing else "These are the terms in force already: there is nothing to change.",
            provider=self.group.provider,
            aspects=frozenset(_aspect(key) for key in differing),
        )

    def _terms_after(self, before: Terms | None, at: datetime) -> Terms:
        """The unsaved row."""
        values = {key: getattr(before, key) for key in KEYS} if before else {}
        values |= self.values
        if values.get("tariff") is None:
            raise Inapplicable("Every charge group has a tariff: choose one. Free of charge is a tariff that says so.")
        return Terms(provider_id=self.provider_id, charge_group=self.group, valid_from=at, **values)

    def _warnings(self, scheduled: Sequence[Terms]) -> list[str]:
        if not scheduled:
            return []
        begin = scheduled[0].valid_from.astimezone(self.group.provider.zone)
        return [f"Other terms are scheduled for this charge group from {begin:%-d %b %Y %H:%M}: they follow."]

    def write(self, change: Change | None, basis: Basis) -> None:
        row = self._terms_after(basis.places[0].before.stored if basis.places[0].before else None, basis.at)
        row.save(force_insert=True)
        if change is not None:
            change.terms.add(row)

    def sentence(self) -> str:
        return f"Terms of {self.group}"


def stored_value(terms: Terms | None, key: str) -> Any:
    """Of a tariff slot the id."""
    return getattr(terms, f"{key}_id" if key in SLOTS else key) if terms else None


def _aspect(key: str) -> Aspect:
    return "price" if key in SLOTS else "access"
