"""New terms of a charge group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from changes.proposals.base import Inapplicable, Proposal
from changes.proposals.later_terms import KEYS, LaterTerms, later_terms, set_later_terms, stored_value, with_values
from changes.snapshots import Aspect, Basis, BeforeAfter
from chargegroups.group_snapshots import group_snapshots
from chargegroups.models import ChargeGroup, Terms
from chargegroups.terms import SLOTS
from tariffs.models import Tariff

if TYPE_CHECKING:
    from changes.models import Change


class NewTerms(Proposal):
    """``values`` are the keys that change; the others stay as they are in force at the moment of the change.

    ``undoes`` is the change of terms that they set back: then scheduled terms that carry its values get them back too.
    """

    kind: ClassVar[str] = "terms"
    schedulable: ClassVar[bool] = True

    def __init__(
        self, group: ChargeGroup, values: Mapping[str, Tariff | bool | None], undoes: Change | None = None
    ) -> None:
        self.group, self.values, self.provider_id = group, dict(values), group.provider_id
        self.undoes = undoes

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
        later = later_terms(self.undoes, self.values, at) if self.undoes else []
        resets = [each for each in later if each.values]
        records = {"scheduled": [each.as_json() for each in resets]} if resets else {}
        return Basis(
            at=at,
            groups=[self.group],
            places=[BeforeAfter(before, after), *(self._place(each) for each in resets)],
            rows={"terms": before.stored_pk, "scheduled": [row.pk for row in scheduled]},
            earlier={key: stored_value(before.stored, key) for key in KEYS} | records if before.stored else {},
            warnings=[*self._warnings(scheduled), *filter(None, (each.sentence() for each in later))],
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

    def _place(self, later: LaterTerms) -> BeforeAfter:
        """The group from a later moment on, as it is scheduled and as the undo leaves it."""
        named = [pk for key, pk in later.values.items() if key in SLOTS and pk]
        before = group_snapshots([self.group], later.row.valid_from, also=named)[self.group.pk]
        return BeforeAfter(before, replace(before, stored=with_values(later.row, later.values)))

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
        set_later_terms(self.group, basis.earlier.get("scheduled", ()), change)

    def sentence(self) -> str:
        return f"Terms of {self.group}"


def _aspect(key: str) -> Aspect:
    return "price" if key in SLOTS else "access"
