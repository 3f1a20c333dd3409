"""New terms of a charge group."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from changes.proposals.base import Inapplicable, Proposal
from changes.proposals.later_terms import KEYS, LaterTerms, later_terms, set_later_terms, stored_value, with_values
from changes.snapshots import Aspect, Basis, BeforeAfter
from chargegroups.group_snapshots import GroupSnapshot, group_snapshots
from chargegroups.models import ChargeGroup, Terms
from chargegroups.terms import SLOTS
from tariffs.models import Tariff

if TYPE_CHECKING:
    from changes.models import Change

Values = Mapping[str, Tariff | bool | None]
"""What is proposed of terms, by key; None: no tariff in this slot."""


@dataclass(frozen=True)
class StoredTerms:
    """What is stored of a charge group at a moment: its terms, and the scheduled rows after it.

    ``resets`` are places of the group later on, as they are scheduled and as an undo leaves them; ``later`` says which.
    """

    before: GroupSnapshot
    scheduled: Sequence[Terms]
    later: Sequence[LaterTerms] = ()
    resets: Sequence[BeforeAfter] = ()


class NewTerms(Proposal):
    """``values`` are the keys that change; the others stay as they are in force at the moment of the change.

    ``undoes`` is the change of terms that they set back: then scheduled terms that carry its values get them back too.
    """

    kind: ClassVar[str] = "terms"
    schedulable: ClassVar[bool] = True

    def __init__(self, group: ChargeGroup, values: Values, undoes: Change | None = None) -> None:
        self.group, self.values, self.provider_id = group, dict(values), group.provider_id
        self.undoes = undoes

    @property
    def groups(self) -> list[ChargeGroup]:
        return [self.group]

    @property
    def parts(self) -> Sequence[NewTerms]:
        """The proposal group by group."""
        return [self]

    @property
    def named_tariffs(self) -> set[int]:
        return {value.pk for value in self.values.values() if isinstance(value, Tariff)}

    def values_as_json(self) -> dict[str, Any]:
        return {key: value.code if isinstance(value, Tariff) else value for key, value in self.values.items()}

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "charge_group": self.group.code, "set": self.values_as_json()}

    def read(self, at: datetime) -> Basis:
        self.check()
        return self.basis(at, read_stored([self], at)[self.group.pk])

    def check(self) -> None:
        """Raises Inapplicable where it makes no sense at any moment."""
        if unknown := self.values.keys() - set(KEYS):
            raise Inapplicable(f"{', '.join(sorted(unknown))} is not among the terms: {', '.join(KEYS)}.")
        if self.group.closed_at is not None:
            raise Inapplicable(f"{self.group} is closed: its terms stay as they are.")

    def basis(self, at: datetime, known: StoredTerms) -> Basis:
        before, scheduled = known.before, known.scheduled
        after = replace(before, stored=self.terms_after(before.stored, at))
        differing = [key for key in KEYS if stored_value(before.stored, key) != stored_value(after.stored, key)]
        if differing and any(row.valid_from == at for row in scheduled):
            raise Inapplicable("Other terms begin at this very moment: choose another, or cancel the scheduled ones.")
        resets = [each.as_json() for each in known.later if each.values]
        records = {"scheduled": resets} if resets else {}
        return Basis(
            at=at,
            groups=[self.group],
            places=[BeforeAfter(before, after), *known.resets],
            rows={"terms": before.stored_pk, "scheduled": [row.pk for row in scheduled]},
            earlier={key: stored_value(before.stored, key) for key in KEYS} | records if before.stored else {},
            warnings=[*self._warnings(scheduled), *filter(None, (each.sentence() for each in known.later))],
            nothing="" if differing else "These are the terms in force already: there is nothing to change.",
            provider=self.group.provider,
            aspects=frozenset(_aspect(key) for key in differing),
        )

    def terms_after(self, before: Terms | None, at: datetime) -> Terms:
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
        row = self.terms_after(basis.places[0].before.stored if basis.places[0].before else None, basis.at)
        row.save(force_insert=True)
        if change is not None:
            change.terms.add(row)
        set_later_terms(self.group, basis.earlier.get("scheduled", ()), change)

    def sentence(self) -> str:
        return f"Terms of {self.group}"


def read_stored(proposals: Sequence[NewTerms], at: datetime) -> dict[int, StoredTerms]:
    """What is stored of the groups of these proposals, by id; all undo the same change, or none.

    A statement more for each moment at which scheduled terms are set back, however many groups there are.
    """
    groups = [each.group for each in proposals]
    before = group_snapshots(groups, at, also=set[int]().union(*(each.named_tariffs for each in proposals)))
    scheduled: dict[int, list[Terms]] = defaultdict(list)
    for row in Terms.objects.filter(charge_group__in=groups, valid_from__gte=at).order_by("valid_from"):
        scheduled[row.charge_group_id].append(row)
    undoes = proposals[0].undoes
    later = later_terms(undoes, {each.group.pk: each.values for each in proposals}, at) if undoes else {}
    resets = _places_later(groups, [each for rows in later.values() for each in rows if each.values])
    return {pk: StoredTerms(before[pk], scheduled[pk], later.get(pk, ()), resets[pk]) for pk in before}


def _places_later(groups: Sequence[ChargeGroup], resets: Sequence[LaterTerms]) -> dict[int, list[BeforeAfter]]:
    """The groups from later moments on, by id, as they are scheduled and as an undo leaves them."""
    places: dict[int, list[BeforeAfter]] = {group.pk: [] for group in groups}
    for at in sorted({each.row.valid_from for each in resets}):
        then = {each.row.charge_group_id: each for each in resets if each.row.valid_from == at}
        named = {pk for each in then.values() for key, pk in each.values.items() if key in SLOTS and pk}
        known = group_snapshots([group for group in groups if group.pk in then], at, also=named)
        for pk, each in then.items():
            places[pk].append(BeforeAfter(known[pk], replace(known[pk], stored=with_values(each.row, each.values))))
    return places


def _aspect(key: str) -> Aspect:
    return "price" if key in SLOTS else "access"
