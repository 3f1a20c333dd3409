"""New terms of several charge groups, in one change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from changes.proposals.base import Inapplicable, Proposal
from changes.proposals.later_terms import set_later_terms, stored_value
from changes.proposals.terms import NewTerms, StoredTerms, Values, read_stored
from changes.snapshots import Aspect, Basis
from chargegroups.models import ChargeGroup, Terms
from evcnet.text import counted

if TYPE_CHECKING:
    from changes.models import Change

MAX_NAMES = 5
"""So many charge groups are named in a warning that concerns several alike."""


class TermsOfMany(Proposal):
    """What changes in each of the groups; each is judged as if it changed alone, and all are written or none.

    A group that says so already is left as it is. ``undoes`` is the change that all of them set back.
    """

    kind: ClassVar[str] = "terms"
    schedulable: ClassVar[bool] = True

    def __init__(self, values: Mapping[ChargeGroup, Values], undoes: Change | None = None) -> None:
        groups = sorted(values, key=lambda group: group.pk)
        if len({group.provider_id for group in groups}) != 1:
            raise Inapplicable("The charge groups belong to several providers: choose those of one.")
        self.provider_id, self.undoes = groups[0].provider_id, undoes
        for group in groups:
            group.provider = groups[0].provider  # read once
        self.parts: Sequence[NewTerms] = [NewTerms(group, values[group], undoes) for group in groups]

    @classmethod
    def alike(cls, groups: Iterable[ChargeGroup], values: Values) -> TermsOfMany:
        """The same in each of the groups."""
        return cls({group: values for group in groups})

    @property
    def groups(self) -> list[ChargeGroup]:
        return [part.group for part in self.parts]

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "charge_groups": {part.group.code: part.values_as_json() for part in self.parts}}

    def read(self, at: datetime) -> Basis:
        """``groups`` and the first ``places`` are those of the groups that change, in the same order."""
        for part in self.parts:
            part.check()
        stored = read_stored(self.parts, at)
        known = {part: _basis_of(part, at, stored[part.group.pk]) for part in self.parts}
        changing = {part: basis for part, basis in known.items() if not basis.nothing}
        return Basis(
            at=at,
            groups=[part.group for part in changing],
            places=[basis.places[0] for basis in changing.values()]
            + [place for basis in changing.values() for place in basis.places[1:]],
            rows={"charge_groups": {str(part.group.pk): basis.rows for part, basis in known.items()}},
            earlier={"charge_groups": {str(part.group.pk): _record(part, basis) for part, basis in changing.items()}},
            warnings=_warnings(known),
            nothing="" if changing else "These are the terms in force there already: there is nothing to change.",
            provider=self.parts[0].group.provider,
            aspects=frozenset[Aspect]().union(*(basis.aspects for basis in changing.values())),
        )

    def write(self, change: Change | None, basis: Basis) -> None:
        parts, before = {part.group.pk: part for part in self.parts}, basis.places[: len(basis.groups)]
        rows = [
            parts[group.pk].terms_after(place.before.stored if place.before else None, basis.at)
            for group, place in zip(basis.groups, before, strict=True)
        ]
        Terms.objects.bulk_create(rows)
        if change is not None:
            change.terms.add(*rows)
        for group in basis.groups:
            set_later_terms(group, basis.earlier["charge_groups"][str(group.pk)]["scheduled"], change)

    def sentence(self) -> str:
        """Whoever sees one of the charge groups reads it: those of other user groups are not named."""
        return f"Terms of {counted(len(self.parts), 'charge group')}"


def _basis_of(part: NewTerms, at: datetime, stored: StoredTerms) -> Basis:
    """Raises Inapplicable, which names the group."""
    if stored.before.stored is None:
        raise Inapplicable(f"{part.group} has no terms in force at that moment: give it its first ones by itself.")
    try:
        return part.basis(at, stored)
    except Inapplicable as error:
        raise Inapplicable(f"{part.group}: {error}") from error


def _record(part: NewTerms, basis: Basis) -> dict[str, Any]:
    """What is kept of one of the groups, by ids: what is ``set``, what held before, and the scheduled rows set back."""
    after = basis.places[0].after
    before = {key: value for key, value in basis.earlier.items() if key != "scheduled"}
    values = {key: stored_value(after.stored if after else None, key) for key in part.values}
    return {"set": values, "before": before, "scheduled": basis.earlier.get("scheduled", [])}


def _warnings(known: Mapping[NewTerms, Basis]) -> list[str]:
    """What concerns several groups alike is said once, with their names."""
    groups_by_words: dict[str, list[str]] = {}
    for part, basis in known.items():
        for words in ["This is so already, and nothing is written."] if basis.nothing else basis.warnings:
            groups_by_words.setdefault(words, []).append(str(part.group))
    return [f"{_named(groups)}: {words}" for words, groups in groups_by_words.items()]


def _named(groups: Sequence[str]) -> str:
    more = len(groups) - MAX_NAMES
    return ", ".join(groups[:MAX_NAMES]) + (f" and {more:,} more" if more > 0 else "")
