"""Charge groups and charge points that arise with a change: what they move is previewed before any of it is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from changes.models import Change
from changes.proposals.base import Inapplicable
from changes.proposals.later_terms import KEYS
from changes.proposals.points import ACTIVE, INACTIVE, Move, PointMoves
from changes.snapshots import Basis
from chargegroups.group_snapshots import GroupSnapshot, group_snapshots, versions_in_force
from chargegroups.models import ChargeGroup, Terms
from chargegroups.terms import SLOTS
from chargegroups.writes import create_group
from chargepoints.models import ChargePoint
from evcnet.primary_keys import reserve_pks
from tariffs.models import Tariff


class NewGroup(PointMoves):
    """A charge group with its first terms, in force from ``valid_from`` or from now, and the charge points that come into it."""

    def __init__(
        self,
        group: ChargeGroup,
        terms: Mapping[str, Tariff | bool | None],
        points: Iterable[ChargePoint],
        valid_from: datetime | None = None,
    ) -> None:
        """``group`` is not stored yet; ``terms`` are all of its KEYS."""
        group.pk = group.pk or reserve_pks(ChargeGroup, 1)[0]
        self.group, self.terms, self.valid_from = group, dict(terms), valid_from
        self.arising = [group]
        super().__init__([Move(point, group) for point in points])

    @property
    def moves_access(self) -> bool:
        """Does a charge point leave another group, or work?"""
        return any(move.point.charge_group_id is not None or move.works_after for move in self.moves)

    def as_json(self) -> dict[str, Any]:
        terms = {key: value.code if isinstance(value, Tariff) else value for key, value in self.terms.items()}
        words = self.group.additional_information
        group = {
            "code": self.group.code,
            "name": self.group.name,
            "type": self.group.type,
            "user_group": self.group.user_group.code,
            "valid_from": self.valid_from and self.valid_from.isoformat(),
            "terms": {key: terms[key] for key in KEYS},
        }
        return super().as_json() | {"new_group": group | ({"additional_information": words} if words else {})}

    def read(self, at: datetime) -> Basis:
        basis = super().read(at)
        return replace(basis, warnings=[*basis.warnings, *self._begins_later(at)])

    def _snapshots(self, at: datetime) -> dict[int, GroupSnapshot]:
        stored = group_snapshots([group for group in self.groups if group != self.group], at)
        return stored | {self.group.pk: self._snapshot(at)}

    def _snapshot(self, at: datetime) -> GroupSnapshot:
        named = {tariff.pk for slot in SLOTS if isinstance(tariff := self.terms[slot], Tariff)}
        terms = Terms(
            provider_id=self.provider_id, charge_group=self.group, valid_from=self.valid_from or at, **self.terms
        )
        return GroupSnapshot(self.group, at, terms if terms.valid_from <= at else None, versions_in_force(named, at))

    def _begins_later(self, at: datetime) -> list[str]:
        if self.valid_from is None or self.valid_from <= at or not any(move.works_after for move in self.moves):
            return []
        begin = self.valid_from.astimezone(self.group.provider.zone)
        return [f"Nobody can charge there until {begin:%-d %b %Y %H:%M}, when the terms of the new group begin."]

    def write(self, change: Change | None, basis: Basis) -> None:
        create_group(self.group, valid_from=self.valid_from or basis.at, **self.terms)
        try:
            super().write(change, basis)
        except Inapplicable as error:
            raise Inapplicable(f"Not every charge point can be attached. {error}", "points") from error


class NewPoint(PointMoves):
    """A charge point that arises in a charge group. ``store`` writes its row, which is in no group and does not work yet."""

    def __init__(self, point: ChargePoint, group: ChargeGroup, status: str, store: Callable[[], None]) -> None:
        point.pk = point.pk or reserve_pks(ChargePoint, 1)[0]
        self.store = store
        self.arising = [point]
        super().__init__([Move(point, group, status if status != INACTIVE else None)])

    @property
    def moves_access(self) -> bool:
        return any(move.status == ACTIVE for move in self.moves)

    def write(self, change: Change | None, basis: Basis) -> None:
        self.store()
        super().write(change, basis)
