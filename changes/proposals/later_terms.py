"""Scheduled terms that an undo of terms sets back too: rows are whole, so they carry what the undone change had set."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch

from changes.models import Change
from changes.proposals.terms_record import record_of, scheduled_records
from chargegroups.models import ChargeGroup, Terms
from chargegroups.terms import SLOTS, SWITCHES
from tariffs.models import Tariff

KEYS = (*SLOTS, *SWITCHES)


@dataclass(frozen=True)
class LaterTerms:
    """A scheduled row as an undo leaves it.

    ``values`` are what it gets instead of what it only carried over, tariffs by their ids; ``own`` are the keys that its
    own change has set, which stay.
    """

    row: Terms
    values: Mapping[str, Any]
    own: Sequence[str]
    contested: Sequence[str]
    """Those of ``own`` that the undo sets back until then."""

    def as_json(self) -> dict[str, Any]:
        before = {key: stored_value(self.row, key) for key in self.values}
        return {"from": self.row.valid_from.isoformat(), "before": before, "after": dict(self.values)}

    def sentence(self) -> str:
        """Empty where the undo does not concern it."""
        moment = self.row.valid_from.astimezone(self.row.charge_group.provider.zone)
        begins = f"The change scheduled for {moment:%-d %b %Y %H:%M}"
        if self.values:
            return f"{begins} keeps what it sets itself ({_names(self.own)}) and gets this back too: {_names(self.values)}."
        if self.contested:
            return f"{begins} sets this itself and keeps it: {_names(self.contested)}. Cancel it if it is not to come."
        return ""


def later_terms(
    undone: Change, values: Mapping[int, Mapping[str, Tariff | bool | None]], at: datetime
) -> dict[int, list[LaterTerms]]:
    """The scheduled rows after ``at``, the earliest first, for an undo of a change of terms that brings these ``values``.

    Both by the ids of the charge groups.
    """
    by_group: dict[int, list[tuple[Terms, Change]]] = defaultdict(list)
    for row, maker in _scheduled(values, at):
        by_group[row.charge_group_id].append((row, maker))
    written = undone.own_terms
    return {pk: _of_group(undone, written.get(pk), pk, values[pk], rows) for pk, rows in by_group.items()}


def _of_group(
    undone: Change, written: Terms | None, group: int, values: Mapping[str, Any], rows: Sequence[tuple[Terms, Change]]
) -> list[LaterTerms]:
    targets = {key: value.pk if isinstance(value, Tariff) else value for key, value in values.items()}
    record = record_of(undone, group)
    keys = [key for key in record.keys if key in targets and record.before.get(key) == targets[key]]
    earlier: list[Change] = []
    later: list[LaterTerms] = []
    for row, maker in rows:
        reset = _reset_by(undone, row)
        carried = [key for key in keys if stored_value(row, key) == stored_value(written, key)]
        carried = [key for key in carried if key in reset or _carries_over(key, undone, maker, earlier, group)]
        own = [key for key in KEYS if key in record_of(maker, group).keys]
        new = {key: reset.get(key, targets[key]) for key in carried}
        later.append(LaterTerms(row, new, own, [key for key in own if key in keys]))
        earlier.append(maker)
    return later


def _scheduled(groups: Iterable[int], at: datetime) -> Iterable[tuple[Terms, Change]]:
    """The rows of the groups after ``at``, each with the change that scheduled it."""
    rows = Terms.objects.filter(charge_group__in=list(groups), valid_from__gt=at).select_related(
        "charge_group__provider"
    )
    for row in rows.order_by("valid_from").prefetch_related(Prefetch("changes", Change.objects.defer(None))):
        if maker := maker_of(row):
            yield row, maker


def maker_of(row: Terms) -> Change | None:
    """The change that scheduled or made the row; None where it arose with its group. Later ones have set it back."""
    return min(row.changes.all(), key=lambda change: change.pk, default=None)


def _carries_over(key: str, undone: Change, maker: Change, earlier: Iterable[Change], group: int) -> bool:
    """Did the ``maker`` of a row find the value there, and not as one of the ``earlier`` scheduled changes set it?"""
    before = [change for change in earlier if change.pk < maker.pk]
    return maker.pk > undone.pk and not any(key in record_of(change, group).keys for change in [*before, maker])


def _reset_by(undone: Change, row: Terms) -> Mapping[str, Any]:
    """What the row said before ``undone``, if that was an undo which has set the row back."""
    if undone not in row.changes.all():
        return {}
    records = record_of(undone, row.charge_group_id).scheduled
    return next((each["before"] for each in records if each["from"] == row.valid_from.isoformat()), {})


def set_later_terms(group: ChargeGroup, records: Iterable[Mapping[str, Any]], change: Change | None) -> None:
    """Write what ``LaterTerms.as_json`` says of scheduled rows, and tie them to the change that sets them back."""
    for record in records:
        row = Terms.objects.get(charge_group=group, valid_from=record["from"])
        _replace(row, record["after"], change)


def restore_later_terms(cancelled: Change) -> None:
    """Give scheduled rows back what a scheduled undo had set, where they still say it: it does not come any more."""
    for group, record in scheduled_records(cancelled.earlier):
        rows = Terms.objects.filter(changes=cancelled, valid_from=record["from"])
        row = (rows if group is None else rows.filter(charge_group=group)).first()
        same = {
            key: before for key, before in record["before"].items() if stored_value(row, key) == record["after"][key]
        }
        if row is not None and same:
            _replace(row, same, None)


def _replace(row: Terms, values: Mapping[str, Any], change: Change | None) -> None:
    """A new row in the place of a scheduled one, tied to the same changes: whoever previewed upon the old one notices."""
    changes = [*row.changes.all(), *([change] if change else [])]
    new = with_values(row, values)
    row.delete()
    new.save(force_insert=True)
    new.changes.set(changes)


def with_values(row: Terms, values: Mapping[str, Any]) -> Terms:
    """An unsaved copy of the row that says these values; tariffs are named by their ids."""
    stored = {_column(key): stored_value(row, key) for key in KEYS}
    stored |= {_column(key): value for key, value in values.items()}
    return Terms(provider_id=row.provider_id, charge_group_id=row.charge_group_id, valid_from=row.valid_from, **stored)


def stored_value(terms: Terms | None, key: str) -> Any:
    """Of a tariff slot the id."""
    return getattr(terms, _column(key)) if terms else None


def _column(key: str) -> str:
    return f"{key}_id" if key in SLOTS else key


def _names(keys: Iterable[str]) -> str:
    return ", ".join(str(Terms._meta.get_field(key).verbose_name) for key in keys)  # type: ignore[union-attr]
