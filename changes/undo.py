"""Undo, field by field: sets back what a change set. What later changes set stays, unless it is set back on purpose."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from django.db import models

from changes.models import Change
from changes.proposals import (
    CustomerMoves,
    ExceptionChanges,
    Inapplicable,
    NewTerms,
    NewVersion,
    NothingToChange,
    Proposal,
    ProposedException,
    TermsOfMany,
)
from changes.proposals.later_terms import KEYS, stored_value
from changes.proposals.points import GroupReopening, Move, PointMoves
from changes.proposals.terms_record import record_of
from chargegroups.models import ChargeGroup, CustomerException, Terms
from chargegroups.terms import SLOTS
from chargepoints.attach_detach import status_in
from chargepoints.models import ChargePoint
from customers.models import Customer, UserGroup
from evcnet.datetimes import database_clock
from tariffs.conversion import price_list
from tariffs.models import Tariff, TariffVersion

R = TypeVar("R", bound=models.Model)


@dataclass(frozen=True)
class Conflict:
    """A field that a later change set as well: it stays, unless its ``key`` is among those to set back all the same."""

    key: str
    what: str


@dataclass
class Undo:
    """What undoing a change would do. ``proposal`` None: nothing is left to set back but the ``conflicts``."""

    proposal: Proposal | None = None
    conflicts: list[Conflict] = field(default_factory=list)

    def sets_back(self, key: str, what: str, also: Collection[str], *, now: Any, after: Any, before: Any) -> bool:
        """Is a field set back that the change brought from ``before`` to ``after``, and that says ``now`` today?"""
        if before in (after, now):
            return False
        if now == after or key in also:
            return True
        self.conflicts.append(Conflict(key, what))
        return False


def undo_of(change: Change, also: Collection[str] = ()) -> Undo:
    """``also``: keys of conflicts that are set back all the same. Raises Inapplicable where nothing was before."""
    if change.cancelled_at is not None:
        raise Inapplicable("This change was cancelled before it took effect: there is nothing to undo.")
    return _KINDS[change.kind](change, also)


def undo_proposal(change: Change, also: Collection[str] = ()) -> Proposal:
    """The proposal that undoes a change. Raises NothingToChange where nothing is left to set back."""
    undo = undo_of(change, also)
    if undo.proposal is not None:
        return undo.proposal
    if undo.conflicts:
        raise NothingToChange("Later changes have set all that this one set: choose what to set back all the same.")
    raise NothingToChange("What this change set is set back already: there is nothing to undo.")


def whole_undo(change: Change) -> Proposal:
    """The proposal that sets back all that a change set, whatever later changes say. Raises as ``undo_proposal`` does."""
    return undo_proposal(change, [conflict.key for conflict in undo_of(change).conflicts])


def _terms(change: Change, also: Collection[str]) -> Undo:
    if not change.earlier:
        raise Inapplicable("These were the first terms of the charge group: there are no earlier ones.")
    groups, written = list(change.groups.order_by("pk")), change.own_terms
    rows = Terms.objects.in_force(database_clock()).filter(charge_group__in=groups)
    undo, now = Undo(), {row.charge_group_id: row for row in rows}
    back: dict[ChargeGroup, dict[str, Any]] = {}
    for group in groups:
        values = _terms_back(undo, change, group, (now.get(group.pk), written.get(group.pk)), also, len(groups) > 1)
        back |= {group: values} if values else {}
    tariffs = _in_bulk(Tariff, change, [values[slot] for values in back.values() for slot in SLOTS if values.get(slot)])
    for values in back.values():
        values |= {slot: tariffs.get(values[slot]) for slot in SLOTS if slot in values}
    if len(back) > 1:
        undo.proposal = TermsOfMany(back, undoes=change)
    elif back:
        undo.proposal = NewTerms(*back.popitem(), undoes=change)
    return undo


def _terms_back(
    undo: Undo,
    change: Change,
    group: ChargeGroup,
    rows: tuple[Terms | None, Terms | None],
    also: Collection[str],
    several: bool,
) -> dict[str, Any]:
    """What is set back in a charge group, tariffs by their ids. ``rows`` are its terms now and those that were written."""
    (now, written), record, values = rows, record_of(change, group.pk), {}
    for key in [key for key in KEYS if key in record.keys]:
        before, what = record.before[key], str(Terms._meta.get_field(key).verbose_name)  # type: ignore[union-attr]
        states = {"now": stored_value(now, key), "after": stored_value(written, key), "before": before}
        name = (f"{group.pk}-{key}", f"{what} of {group}") if several else (key, what)
        if undo.sets_back(*name, also, **states):
            values[key] = before
    return values


def _version(change: Change, also: Collection[str]) -> Undo:
    versions = TariffVersion.objects.filter(tariff=change.tariff)
    before = versions.filter(pk=change.earlier["version"]).first()
    if before is None or change.tariff is None:
        raise Inapplicable("This was the first version of the tariff: there are no earlier prices.")
    latest = versions.filter(valid_from__lte=database_clock()).order_by("-valid_from").first()
    states = {"now": latest, "after": change.versions.first(), "before": before}
    undo = Undo()
    if undo.sets_back("prices", f"prices of {change.tariff}", also, **states):
        undo.proposal = NewVersion(change.tariff, price_list(before), before.valid_until)
    return undo


def _exceptions(change: Change, also: Collection[str]) -> Undo:
    rows = change.earlier["rows"]
    groups = _in_bulk(ChargeGroup, change, {row["group"] for row in rows})
    customers = _in_bulk(Customer, change, {row["customer"] for row in rows})
    tariffs = {row.pk: row for row in Tariff.objects.filter(provider_id=change.provider_id)}
    codes = {row.code: row.pk for row in tariffs.values()}
    written = {(row["charge_group"], row["customer"]): row for row in change.proposal["rows"]}
    stored = CustomerException.objects.filter(charge_group__in=groups, customer__in=customers)
    now = {(row.charge_group_id, row.customer_id): _columns(row) for row in stored}
    undo, proposed = Undo(), []
    for row in rows:
        group, customer = groups[row["group"]], customers[row["customer"]]
        after = _from_json(written.get((group.code, customer.number), {"removed": True}), codes)
        states = now.get((group.pk, customer.pk)), after, _from_json(row, {pk: pk for pk in tariffs})
        target = _exception_after(undo, group, customer, states, also)
        if target != states[0]:
            known = target and target | {"tariff": tariffs.get(target["tariff"])}
            proposed.append(ProposedException(group, customer, **(known or {"removed": True})))
    undo.proposal = ExceptionChanges(proposed) if proposed else None
    return undo


Columns = dict[str, Any]


def _exception_after(
    undo: Undo,
    group: ChargeGroup,
    customer: Customer,
    states: tuple[Columns | None, Columns | None, Columns | None],
    also: Collection[str],
) -> Columns | None:
    """The columns of the exception once it is undone; None: no exception. ``states`` are now, after and before."""
    now, after, before = states
    key, what = f"{group.pk}-{customer.pk}", f"exception of {customer} at {group}"
    if now is None or after is None or before is None or now == after:
        return before if undo.sets_back(key, what, also, now=now, after=after, before=before) else now
    return {
        name: before[name]
        if undo.sets_back(
            f"{key}-{name}", f"{name} of the {what}", also, now=now[name], after=after[name], before=before[name]
        )
        else now[name]
        for name in now
    }


def _columns(row: CustomerException) -> Columns:
    moments = {"valid_from": row.valid_from, "valid_until": row.valid_until}
    return {"access": row.access, "tariff": row.tariff_id, **moments, "note": row.note}


def _from_json(row: Mapping[str, Any], tariffs: Mapping[Any, int]) -> Columns | None:
    if row.get("removed"):
        return None
    moments = {name: row[name] and datetime.fromisoformat(row[name]) for name in ("valid_from", "valid_until")}
    return {"access": row["access"], "tariff": tariffs.get(row["tariff"]), **moments, "note": row["note"]}


def _customers(change: Change, also: Collection[str]) -> Undo:
    came_from = dict(change.earlier["user_groups"])
    customers = _in_bulk(Customer, change, came_from)
    groups = {row.pk: row for row in UserGroup.objects.filter(provider_id=change.provider_id)}
    if gone := set(came_from.values()) - groups.keys():
        which = "user group is" if len(gone) == 1 else "user groups are"
        raise Inapplicable(f"A customer can't go back where they came from: {len(gone)} {which} not there any more.")
    went_to, undo, moves = dict(change.proposal["moves"]), Undo(), []
    for pk, customer in customers.items():
        now, after = groups[customer.user_group_id].code, went_to.get(customer.number)
        back = groups[came_from[pk]]
        if undo.sets_back(str(pk), f"user group of {customer}", also, now=now, after=after, before=back.code):
            moves.append((customer, back))
    undo.proposal = CustomerMoves(moves) if moves else None
    return undo


def _points(change: Change, also: Collection[str]) -> Undo:
    undo = Undo()
    moves = _moves_back(undo, change, also)
    undo.proposal = PointMoves(moves) if moves else None
    return undo


def _closing(change: Change, also: Collection[str]) -> Undo:
    """Opens the group again, with the points that it had and that stand in no other group since."""
    undo = Undo()
    undo.proposal = GroupReopening(change.groups.get(), _moves_back(undo, change, also))
    return undo


def _moves_back(undo: Undo, change: Change, also: Collection[str]) -> list[Move]:
    """Into service where they were; a status that the change itself gave is taken back."""
    rows, went_to = change.earlier["points"], dict(change.proposal["moves"])
    points = _in_bulk(ChargePoint, change, [pk for pk, _, _ in rows])
    groups = _in_bulk(ChargeGroup, change, {row.charge_group_id for row in points.values()} | {row[1] for row in rows})
    given, moves = change.proposal.get("status", {}), []
    for pk, group, status in rows:
        point = points.get(pk)
        if point is None:
            continue
        now, before = (groups[key].code if key in groups else None for key in (point.charge_group_id, group))
        after = went_to.get(point.identity)
        if not undo.sets_back(str(pk), f"charge group of {point}", also, now=now, after=after, before=before):
            continue
        resulting = status if after else status_in(None, status)
        states = {"now": point.status, "after": given.get(point.identity, resulting), "before": status}
        resets = undo.sets_back(f"{pk}-status", f"status of {point}", also, **states)
        moves.append(Move(point, groups.get(group), status if resets else None))
    return moves


def _in_bulk(model: type[R], change: Change, keys: Collection[int | None]) -> dict[int, R]:
    rows = model._default_manager.filter(provider_id=change.provider_id)
    return rows.in_bulk([key for key in keys if key])


_KINDS: dict[str, Callable[[Change, Collection[str]], Undo]] = {
    "terms": _terms,
    "version": _version,
    "exceptions": _exceptions,
    "customers": _customers,
    "points": _points,
    "closing": _closing,
}
