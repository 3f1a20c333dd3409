"""Changes of status with their reason: recorded with the action that makes them, and undone within ten minutes.

An undo sets back what the action set and nothing else. A row whose status somebody set since is left, and named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pghistory
from django.apps import apps
from django.db import models, transaction
from django.db.models.functions import Now
from django.utils import formats, timezone

from customers.audit import record
from customers.models import AuditEntry, StaffMember, StatusChange
from evcnet.bulk import BulkResult, RowMessage, change_rows
from evcnet.datetimes import database_clock
from evcnet.errors import DomainError
from evcnet.history import HistoryEntry, author_id, authors, event_model, in_words
from evcnet.tenancy import visible_rows
from evcnet.text import counted_rows

UNDO_FOR = timedelta(minutes=10)
OUT_OF_REACH = "Your role does not reach this row any more."
ERASED = "The person was erased since, which cannot be undone."


@dataclass(frozen=True)
class StatusWrite:
    """What is set on rows, by whom and why. ``past_tense`` completes "2 charge cards …"; ``permission`` is what it takes
    on each row. ``address`` is the IP address of the request, None for none."""

    model: type[models.Model]
    field: str
    value: Any
    action: str
    past_tense: str
    permission: str
    by: StaffMember | None
    reason: str = ""
    address: str | None = None
    undoes: StatusChange | None = None
    undoable: bool = True


def perform_recorded(write: StatusWrite, perform: Callable[[], BulkResult]) -> tuple[BulkResult, UUID | None]:
    """Perform an action and record what it changed, in one transaction; the key of its undo, None where nothing changed.

    The rows of the result are as they were before.
    """
    with recording() as context:
        result = perform()
        record_rows(write, result.changed, context)
    return result, context if result.changed else None


@contextmanager
def recording() -> Iterator[UUID]:
    """A transaction and the context that the entries of the history carry which it makes."""
    with transaction.atomic(), pghistory.context() as context:
        yield context.id


def record_rows(write: StatusWrite, rows: tuple[Any, ...], context: UUID) -> None:
    """``rows`` as they were before. A record and an entry of the audit log for each provider whose rows they are."""
    for provider, of_provider in _by_provider(write, rows).items():
        change = store_change(write, of_provider, context, provider)
        event = AuditEntry.Event.STATUS_UNDONE if write.undoes else AuditEntry.Event.STATUS_CHANGED
        about, details = _about(change, of_provider), {"status_change": change.pk}
        record(event, write.by, change.provider, about=about, rows=change.rows, address=write.address, **details)


def store_change(write: StatusWrite, rows: Sequence[Any], context: UUID, provider: int) -> StatusChange:
    """The record alone, for rows of one provider as they were before."""
    before: dict[Any, list[int]] = {}
    for row in rows:
        before.setdefault(getattr(row, write.field), []).append(row.pk)
    return StatusChange.objects.create(
        provider_id=provider,
        context=context,
        model=write.model._meta.label_lower,
        field=write.field,
        value=write.value,
        before=list(before.items()),
        rows=len(rows),
        action=write.action,
        permission=write.permission,
        summary=f"{counted_rows(write.model, len(rows))} {write.past_tense}",
        reason=write.reason,
        made_by=write.by,
        undoes=write.undoes,
        undoable=write.undoable,
    )


def _by_provider(write: StatusWrite, rows: tuple[Any, ...]) -> dict[int, list[Any]]:
    """A login stands at no provider of its own: there that of whoever does it counts."""
    by_provider: dict[int, list[Any]] = {}
    for row in rows:
        by_provider.setdefault(_provider_of(row, write.by), []).append(row)
    return by_provider


def _provider_of(row: models.Model, by: StaffMember | None) -> int:
    provider: int = by.providers[0].pk if by and not hasattr(row, "provider_id") else row.provider_id  # type: ignore[attr-defined]
    return provider


def _about(change: StatusChange, rows: list[Any]) -> str:
    """The log outlives an erasure, so it names customers by their numbers, and of cards nothing."""
    names = [str(name) for row in rows[:5] if (name := getattr(row, "number", "") or getattr(row, "identity", ""))]
    more = f" and {len(rows) - 5:,} more" if names and len(rows) > 5 else ""
    return f"{change.summary}: {', '.join(names)}{more}" if names else change.summary


def with_reasons(entries: list[HistoryEntry]) -> list[HistoryEntry]:
    """Entries of a history page, with the reasons of the changes of status that made them. One query."""
    contexts = {entry.event.pgh_context_id for entry in entries if entry.event.pgh_context_id}
    changes = StatusChange.objects.filter(context__in=contexts).exclude(reason="")
    reasons = {(change.context, change.model): change.reason for change in changes}
    return [
        replace(entry, reason=reasons.get((entry.event.pgh_context_id, entry.model._meta.label_lower), ""))
        for entry in entries
    ]


# StatusUndo


@dataclass(frozen=True)
class StatusUndo:
    """The undo of one action: its records, one a provider; the keys of rows that can be set back, by the value that they
    get; those that can't and why, and how many of them the login does not see any more."""

    changes: list[StatusChange]
    targets: dict[Any, list[int]]
    refusals: tuple[RowMessage, ...]
    unseen: int

    @property
    def first(self) -> StatusChange:
        return self.changes[0]

    @property
    def model(self) -> type[models.Model]:
        return apps.get_model(self.first.model)

    @property
    def until(self) -> datetime:
        return self.first.made_at + UNDO_FOR

    @property
    def done(self) -> bool:
        return self.first.undone_at is not None


def undoable(login: StaffMember, model: type[models.Model] | None = None) -> models.QuerySet[StatusChange]:
    """The login's own changes of status whose ten minutes run and that are not undone, the latest first."""
    rows = StatusChange.objects.filter(made_by=login.pk, undone_at=None, undoable=True)
    rows = rows.filter(made_at__gt=Now() - UNDO_FOR)
    rows = rows.filter(model=model._meta.label_lower) if model is not None else rows
    return rows.order_by("-made_at", "-pk")


def undoable_of(login: StaffMember, row: models.Model) -> StatusChange | None:
    """That of the changes which set the status of this row last."""
    changes = undoable(login, type(row))[:20]
    return next((change for change in changes if any(row.pk in keys for _, keys in change.before)), None)


def undo_of(context: UUID, login: StaffMember, *, lock: bool = False) -> StatusUndo | None:
    """The undo of the login's own action; None where there is none. Within a transaction, ``lock`` holds its rows."""
    changes = StatusChange.objects.filter(context=context, made_by=login.pk, undoable=True).order_by("pk")
    records = list(changes.select_for_update() if lock else changes)
    if not records:
        return None
    model, keys = apps.get_model(records[0].model), [pk for each in records for _, pks in each.before for pk in pks]
    if lock:
        list(model._base_manager.select_for_update().filter(pk__in=keys).order_by("pk").values_list("pk"))
    reasons = _reasons(records[0], model, keys, login)
    targets: dict[Any, list[int]] = {}
    for value, pks in (pair for each in records for pair in each.before):
        targets.setdefault(value, []).extend(pk for pk in pks if pk not in reasons)
    rows = visible_rows(model, login).in_bulk(reasons)
    refusals = tuple(RowMessage(rows[pk], reason) for pk, reason in reasons.items() if pk in rows)
    return StatusUndo(
        records, {value: pks for value, pks in targets.items() if pks}, refusals, len(reasons) - len(refusals)
    )


def _reasons(change: StatusChange, model: type[models.Model], keys: list[int], login: StaffMember) -> dict[int, str]:
    """Why rows can't be set back, by key."""
    events: Any = event_model(model)
    first = events._base_manager.filter(pgh_context_id=change.context).order_by("pgh_id").values("pgh_id")[:1]
    later = events._base_manager.filter(pgh_obj_id__in=keys, pgh_id__gt=first).exclude(**{change.field: change.value})
    field = model._meta.get_field(change.field)
    entries = list(later.select_related("pgh_context").order_by("pgh_id"))
    who = authors(entries)
    reasons = {
        event.pgh_obj_id: f"{who.get(author_id(event), 'Somebody else')} changed it since, to "
        f"“{in_words(field, getattr(event, change.field))}” at {_clock(event.pgh_created_at)}."
        for event in entries
    }
    if hasattr(model, "erased_at"):
        erased = model._base_manager.filter(pk__in=keys).exclude(erased_at=None)
        reasons |= dict.fromkeys(erased.values_list("pk", flat=True), ERASED)
    reach = set(visible_rows(model, login, change.permission).filter(pk__in=keys).values_list("pk", flat=True))
    return reasons | {pk: OUT_OF_REACH for pk in keys if pk not in reach}


def _clock(moment: datetime) -> str:
    return formats.date_format(timezone.localtime(moment), "TIME_FORMAT")


def undo(context: UUID, by: StaffMember, address: str | None = None) -> BulkResult:
    """Set back what the action set. Rows of the result are as they were before the undo.

    Raises DomainError where it was undone before, where the ten minutes are over, and where the login did no such thing.
    """
    with recording() as new_context:
        planned = undo_of(context, by, lock=True)
        if planned is None:
            raise DomainError("There is nothing of yours to undo here.")
        if planned.done:
            raise DomainError("This was undone already, and is not undone twice.")
        if database_clock() >= planned.until:
            raise DomainError("The ten minutes are over: change the rows themselves.")
        result = BulkResult(refusals=planned.refusals)
        for change in planned.changes:
            result += _set_back(change, planned, by, address, new_context)
        StatusChange.objects.filter(pk__in=[each.pk for each in planned.changes]).update(undone_at=database_clock())
    return result


def _has(field: str, value: Any) -> Callable[[Any], bool]:
    return lambda row: getattr(row, field) == value


def _set_back(
    change: StatusChange, planned: StatusUndo, by: StaffMember, address: str | None, context: UUID
) -> BulkResult:
    result, own = BulkResult(), {pk for _, pks in change.before for pk in pks}
    for value, keys in planned.targets.items():
        rows = planned.model._default_manager.filter(pk__in=[pk for pk in keys if pk in own])
        result += change_rows(rows, {change.field: value}, is_unchanged=_has(change.field, value))
    if result.changed:
        write = StatusWrite(
            planned.model, change.field, list(planned.targets), change.action, "set back", change.permission, by,
            f"Undone: {change.summary}", address, change, undoable=False,
        )  # fmt: skip
        record_rows(write, result.changed, context)
    return result
