"""History of rows: every insert, update and delete of a tracked model, also those that never call save(), read as entries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pghistory
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Max, OuterRef, Subquery
from django.utils import formats, timezone

from evcnet import together
from evcnet.datetimes import end_in_words
from evcnet.tenancy import Login, visible_rows
from evcnet.together import Reading, side_by_side

ACTIONS = {"insert": "added", "update": "changed", "delete": "removed"}
UNSAID = {"id", "provider", "created_at", "updated_at"}
OWNERS = {"charge_group", "customer", "charge_point", "staff_member", "version"}
"""What a row without a name of its own is called by; one that hangs on none of these, by its tariff."""
NOTHING = "–"
ENTRIES = 50


def tracked(**options: Any) -> Any:
    """Keep every version of the model's rows. The trackers are made anew each time, since they remember their model."""
    return pghistory.track(
        pghistory.InsertEvent(level=pghistory.Statement),
        pghistory.UpdateEvent(level=pghistory.Statement),
        pghistory.DeleteEvent(level=pghistory.Statement),
        **options,
    )


@dataclass(frozen=True)
class FieldChange:
    """One field of an event. ``tied``: it says what the row belongs to, as the row's name does."""

    label: str
    old: str
    new: str
    tied: bool = False


@dataclass(frozen=True)
class HistoryEntry:
    """One event. ``who`` is empty where no login did it: a command or an import by the operator. ``reason`` is what was
    said of a change of status, as far as it was asked for."""

    at: datetime
    who: str
    action: str
    model: type[models.Model]
    pk: Any
    name: str
    changes: tuple[FieldChange, ...]
    event: Any = None
    reason: str = ""

    @property
    def other_changes(self) -> list[FieldChange]:
        """The values of a row that came or went, without those that its name says already."""
        return [change for change in self.changes if self.name not in (change.old, change.new) and not change.tied]

    @property
    def kinds(self) -> str:
        return str(self.model._meta.verbose_name_plural)

    @property
    def kind(self) -> str:
        return str(self.model._meta.verbose_name)


def event_model(model: type[models.Model]) -> Any:
    """Where the events of a tracked model are kept; None for one that is not tracked."""
    kinds = getattr(model, "pgh_event_models", {})
    return next(iter(kinds.values()), None)


def events_of(model: type[models.Model], rows: Any) -> models.QuerySet[Any]:
    """Events of the rows (ids, or a queryset of rows), the latest first, each with the id of the one before it."""
    events: Any = event_model(model)
    manager = events._base_manager
    earlier = manager.filter(pgh_obj=OuterRef("pgh_obj"), pgh_id__lt=OuterRef("pgh_id")).order_by()
    before = earlier.values("pgh_obj").annotate(latest=Max("pgh_id")).values("latest")
    query: models.QuerySet[Any] = manager.filter(pgh_obj__in=rows).select_related("pgh_context")
    query = query.annotate(before=Subquery(before)).order_by("-pgh_id")
    return query


def latest_event(model: type[models.Model], pk: Any) -> Any:
    """The event that left the row as it is now, or None where nothing is known."""
    events: Any = event_model(model)
    if events is None:
        return None
    return events._base_manager.filter(pgh_obj=pk).select_related("pgh_context").order_by("-pgh_id").first()


def authors(events: Iterable[Any]) -> dict[Any, str]:
    """The names of those who did it, by their id."""
    ids = _author_ids(events)
    return {pk: str(login) for pk, login in get_user_model()._default_manager.in_bulk(ids).items()} if ids else {}


def _author_ids(events: Iterable[Any]) -> set[Any]:
    return {author for event in events if (author := author_id(event)) is not None}


def author_id(event: Any) -> Any:
    return (event.pgh_context.metadata or {}).get("user") if event.pgh_context else None


def read(model: type[models.Model], events: Sequence[Any], login: Login) -> list[HistoryEntry]:
    """The events (from ``events_of``) as entries; names of what the login may not see are left out."""
    return together.read(reading(model, events, login))


def reading(model: type[models.Model], events: Sequence[Any], login: Login) -> Reading[list[HistoryEntry]]:
    """What ``read`` returns, in two steps."""
    before, logins = _before(model, events), get_user_model()._default_manager.filter(pk__in=_author_ids(events))
    yield [before, logins]
    earlier = {event.pk: event for event in before}
    names = yield from _names(model, [*events, *earlier.values()], login)
    who = {each.pk: str(each) for each in logins}
    return [
        HistoryEntry(
            at=event.pgh_created_at,
            who=who.get(author_id(event), ""),
            action=ACTIONS.get(event.pgh_label, event.pgh_label),
            model=model,
            pk=event.pgh_obj_id,
            name=_name(model, event, names),
            changes=tuple(_changes(model, earlier.get(event.before), event, names)),
            event=event,
        )
        for event in events
    ]


def page_of_history(
    sources: Sequence[tuple[type[models.Model], Any]], login: Login, before: str | None = None
) -> tuple[list[HistoryEntry], bool]:
    """The latest entries of several models together, those before a moment (ISO 8601), and whether there are more."""
    entries = [entry for model, rows in sources for entry in _latest(model, rows, login, _moment(before))]
    entries.sort(key=lambda entry: entry.at, reverse=True)
    cut = entries[ENTRIES - 1].at if len(entries) > ENTRIES else None
    # What happened in one moment stays on one page, since the next page begins before that moment.
    return ([entry for entry in entries if cut is None or entry.at >= cut], cut is not None)


def latest_entries(
    sources: Sequence[tuple[type[models.Model], Any]], login: Login, number: int
) -> Reading[list[HistoryEntry]]:
    """The latest entries of several models together, no more than a ``number``, in three steps."""
    events = [(model, events_of(model, rows)[:number]) for model, rows in sources]
    yield [each for _, each in events]
    parts = yield from side_by_side(*(reading(model, list(each), login) for model, each in events if each))
    entries: list[HistoryEntry] = [entry for part in parts for entry in part]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)[:number]


def _latest(model: type[models.Model], rows: Any, login: Login, before: datetime | None) -> list[HistoryEntry]:
    events = events_of(model, rows)
    if before is not None:
        events = events.filter(pgh_created_at__lt=before)
    return read(model, list(events[: ENTRIES + 1]), login)


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _before(model: type[models.Model], events: Sequence[Any]) -> Any:
    return event_model(model)._base_manager.filter(pk__in=[event.before for event in events if event.before])


def _name(model: type[models.Model], event: Any, names: dict[Any, str]) -> str:
    """The row's own name, or the names of what it ties together."""
    for field in ("name", "code", "identity", "uid", "number"):
        if value := getattr(event, field, ""):
            return str(value)
    fields = _fields(model, event)
    tied = [field for field in fields if field.name in OWNERS] or [field for field in fields if field.name == "tariff"]
    return ", ".join(filter(None, (names.get((field.related_model, getattr(event, field.attname))) for field in tied)))


def _fields(model: type[models.Model], event: Any) -> list[Any]:
    columns = {field.name for field in event._meta.concrete_fields}
    return [field for field in model._meta.concrete_fields if field.name in columns - UNSAID]


def _changes(model: type[models.Model], before: Any, event: Any, names: dict[Any, str]) -> Iterable[FieldChange]:
    removed = event.pgh_label == "delete"
    for field in _fields(model, event):
        old = None if before is None else getattr(before, field.attname)
        new = None if removed else getattr(event, field.attname)
        if removed:
            old = getattr(event, field.attname)
        if old != new and not (_empty(old) and _empty(new)):
            words = in_words(field, old, names), in_words(field, new, names)
            yield FieldChange(str(field.verbose_name), *words, tied=field.name in OWNERS)


def _empty(value: Any) -> bool:
    return value is None or value == "" or value == [] or value is False


def _names(model: type[models.Model], events: Sequence[Any], login: Login) -> Reading[dict[Any, str]]:
    """What the foreign keys of these events point at, by (model, id)."""
    keys: dict[type[models.Model], set[Any]] = defaultdict(set)
    for event in events:
        for field in _fields(model, event):
            if field.is_relation and (pk := getattr(event, field.attname)) is not None:
                keys[field.related_model].add(pk)
    rows = {related: visible_rows(related, login).filter(pk__in=pks) for related, pks in keys.items()}
    yield list(rows.values())
    return {(related, row.pk): str(row) for related, each in rows.items() for row in each}


def in_words(field: Any, value: Any, names: dict[Any, str] | None = None) -> str:
    """A value of a model field as people read it."""
    if value is None or value == "" or value == []:
        return NOTHING
    if field.is_relation:
        pk = getattr(value, "pk", value)
        return (names or {}).get((field.related_model, pk)) or (str(value) if value is not pk else "one out of sight")
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, datetime) and field.name == "valid_until":
        return end_in_words(value, timezone.get_current_timezone())
    return _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return formats.date_format(timezone.localtime(value), "DATETIME_FORMAT")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(getattr(value, "name", None) or value)
