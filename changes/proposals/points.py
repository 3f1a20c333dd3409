"""Charge points attached, detached or moved, and charge groups closed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from changes.models import Change
from changes.proposals import (
    Inapplicable,
    NothingToChange,
    Proposal,
)
from changes.snapshots import Basis, BeforeAfter
from chargegroups.group_snapshots import GroupSnapshot, group_snapshots
from chargegroups.models import ChargeGroup
from chargepoints.attach_detach import activate, attach, detach, status_in
from chargepoints.close_group import close, reopen
from chargepoints.models import ChargePoint
from evcnet.bulk import BulkResult

ACTIVE, INACTIVE = ChargePoint.Status.ACTIVE, ChargePoint.Status.INACTIVE


@dataclass(frozen=True)
class Move:
    """A charge point and where it would be: in a charge group, or in none. ``status``: its own from then on, if said."""

    point: ChargePoint
    to: ChargeGroup | None
    status: str | None = None

    @property
    def works_before(self) -> bool:
        return self.point.status == ACTIVE

    @property
    def works_after(self) -> bool:
        return status_in(self.to, self.status or self.point.status) == ACTIVE


class PointMoves(Proposal):
    """Happens at once: a charge point belongs to exactly one group, and its row carries no date."""

    kind: ClassVar[str] = "points"

    def __init__(self, moves: Sequence[Move]) -> None:
        self.moves = sorted(moves, key=lambda move: move.point.identity)
        if not self.moves:
            raise NothingToChange("No charge point was chosen: there is nothing to change.")
        self.provider_id = self.moves[0].point.provider_id

    @classmethod
    def to(cls, points: Iterable[ChargePoint], group: ChargeGroup | None) -> PointMoves:
        """Those of the points that are elsewhere now, to one group or to none."""
        return cls([Move(point, group) for point in points if point.charge_group_id != (group and group.pk)])

    @property
    def groups(self) -> list[ChargeGroup]:
        ends = [end for move in self.moves for end in (move.point.charge_group, move.to) if end is not None]
        return list({group.pk: group for group in ends}.values())

    @property
    def points(self) -> int:
        return len(self.moves)

    def as_json(self) -> dict[str, Any]:
        statuses = {move.point.identity: move.status for move in self.moves if move.status}
        moves = [[move.point.identity, move.to and move.to.code] for move in self.moves]
        return {"kind": self.kind, "moves": moves} | ({"status": statuses} if statuses else {})

    def read(self, at: datetime) -> Basis:
        known = self._snapshots(at)
        now = list(self._now().values_list("pk", "identity", "charge_group_id", "status"))
        # What arises with this change was in no group before, and did not work.
        new = [(move.point.pk, None, INACTIVE) for move in self.moves if self.arises(move.point)]
        return Basis(
            at=at,
            groups=self.groups,
            places=self._places(known),
            rows={
                "points": [row[1:] for row in now],
                "terms": {pk: place.stored_pk for pk, place in known.items() if place.group not in self.arising},
            },
            earlier={"points": [*((pk, group, status) for pk, _, group, status in now), *new]},
            warnings=self._warnings(),
            nothing=self._nothing(),
        )

    def arises(self, row: ChargePoint | ChargeGroup) -> bool:
        """Is the row new with this change? Also once it was stored and taken back, as trying it does."""
        return bool(row._state.adding) or row in self.arising

    def _snapshots(self, at: datetime) -> dict[int, GroupSnapshot]:
        return group_snapshots(self.groups, at)

    def _places(self, known: Mapping[int, GroupSnapshot]) -> list[BeforeAfter]:
        """Each pair of groups between which a point moves, once; a point that does not work is nowhere."""
        ends = {
            (
                move.point.charge_group_id if move.works_before else None,
                move.to.pk if move.to is not None and move.works_after else None,
            )
            for move in self.moves
        }
        places = [BeforeAfter(known.get(before or 0), known.get(after or 0)) for before, after in ends]
        return [place for place in places if place.before is not None or place.after is not None]

    def _nothing(self) -> str:
        stay = all(move.point.charge_group_id == (move.to and move.to.pk) for move in self.moves)
        return "The charge points are there already: there is nothing to change." if stay else ""

    def _warnings(self) -> list[str]:
        stopping = [str(move.point) for move in self.moves if move.works_before and not move.works_after]
        if not stopping:
            return []
        named = ", ".join(stopping[:5]) + (f" and {len(stopping) - 5:,} more" if len(stopping) > 5 else "")
        stop = "charge point stops" if len(stopping) == 1 else "charge points stop"
        return [f"{len(stopping):,} active {stop} working: {named}."]

    def _now(self) -> Any:
        return ChargePoint.objects.filter(pk__in=[move.point.pk for move in self.moves]).order_by("identity")

    def write(self, change: Change | None, basis: Basis) -> None:
        for group in {move.to for move in self.moves}:
            moving = [move.point.pk for move in self.moves if move.to == group]
            _require_all(attach(moving, group) if group is not None else detach(moving))
        starting = [move.point.pk for move in self.moves if move.status == ACTIVE and move.to is not None]
        if starting:
            _require_all(activate(starting))
        for status in {move.status for move in self.moves} - {ACTIVE, None}:
            pks = [move.point.pk for move in self.moves if move.status == status]
            ChargePoint.objects.filter(pk__in=pks).update(status=status)

    def sentence(self) -> str:
        what = str(self.moves[0].point) if len(self.moves) == 1 else f"{len(self.moves):,} charge points"
        ends = {move.to for move in self.moves}
        if len(ends) > 1:
            return f"{what} moved to {len(ends)} charge groups"
        end = ends.pop()
        if end is None:
            return f"{what} detached"
        # Whoever sees one of the charge groups reads it: those of other user groups are not named.
        crosses = len({group.user_group_id for group in self.groups}) > 1
        return f"{what} moved to {'a charge group of another user group' if crosses else end}"


class GroupClosure(PointMoves):
    """All points are detached, and the group stays, marked closed, with its history."""

    kind: ClassVar[str] = "closing"

    def __init__(self, group: ChargeGroup) -> None:
        self.group, self.provider_id = group, group.provider_id
        points = ChargePoint.objects.filter(charge_group=group).select_related("charge_group").order_by("pk")
        self.moves = [Move(point, None) for point in points]

    @property
    def groups(self) -> list[ChargeGroup]:
        return [self.group]

    def as_json(self) -> dict[str, Any]:
        return super().as_json() | {"charge_group": self.group.code}

    def _nothing(self) -> str:
        return f"{self.group} is closed already." if self.group.closed_at is not None else ""

    def write(self, change: Change | None, basis: Basis) -> None:
        _require_all(close(self.group))

    def sentence(self) -> str:
        return f"{self.group} closed"


class GroupReopening(PointMoves):
    """What undoes the closing of a group."""

    kind: ClassVar[str] = "closing"

    def __init__(self, group: ChargeGroup, moves: Sequence[Move]) -> None:
        self.group, self.provider_id = group, group.provider_id
        self.moves = list(moves)

    @property
    def groups(self) -> list[ChargeGroup]:
        return [self.group]

    def _nothing(self) -> str:
        return f"{self.group} is open already." if self.group.closed_at is None else ""

    def write(self, change: Change | None, basis: Basis) -> None:
        reopen(self.group)
        super().write(change, basis)

    def sentence(self) -> str:
        return f"{self.group} opened again"


def _require_all(outcome: BulkResult) -> None:
    """All or nothing: a point that can't be moved stops the others, with its reason."""
    if outcome.refusals:
        first = outcome.refusals[0]
        others = f" ({len(outcome.refusals) - 1:,} more can't either.)" if len(outcome.refusals) > 1 else ""
        raise Inapplicable(f"{first.row}: {first.text}{others}")
