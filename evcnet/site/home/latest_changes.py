"""What changed, on the home page: changes of prices and access, to come and applied; and recent changes of any row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.urls import reverse

from changes.change_permissions import out_of_sight
from changes.models import Change
from changes.visible_impact import recorded_impact
from chargegroups.models import ChargeGroup, CustomerException, Terms
from chargepoints.models import ChargePoint, Location
from customers.effect_words import counts_in_words
from customers.models import Customer, StaffMember
from evcnet.admin.base import page_of_row
from evcnet.history import HistoryEntry, events_of, reading
from evcnet.tenancy import visible_rows
from evcnet.together import Reading, side_by_side
from tariffs.models import Tariff, TariffVersion

TO_COME = 5
APPLIED = 4
RECENT = 8
RECENT_MODELS = (Terms, TariffVersion, CustomerException, ChargeGroup, Tariff, Customer, ChargePoint, Location)
"""The models whose changes the home page lists."""


@dataclass(frozen=True)
class Latest:
    """One change as the home page tells it; ``affected`` counts whom it affects, as was shown when it was confirmed."""

    change: Change
    state: str
    affected: str
    link: str


def latest_changes(login: StaffMember, now: datetime) -> Reading[list[Latest]]:
    """Those to come, the next one first, then those made last; none for who may not see changes."""
    if not login.has_perm("changes.view_change"):
        return []
    rows = Change.objects.visible_to(login).select_related("made_by")
    to_come = rows.scheduled_after(now).order_by("takes_effect_at")[:TO_COME]
    changes = rows.filter(takes_effect_at__lte=now, cancelled_at=None).order_by("-takes_effect_at", "-pk")[:APPLIED]
    yield [to_come, changes]
    in_part = out_of_sight(login, [*to_come, *changes])
    yield [in_part]
    return [
        Latest(change, state, "" if change.pk in set(in_part) else _affected(change, login), _page(change))
        for state, rows in (("scheduled", to_come), ("applied", changes))
        for change in rows
    ]


def _affected(change: Change, login: StaffMember) -> str:
    """Empty where the record does not tell the login's part."""
    recorded = recorded_impact(change, login)
    if recorded is None:
        return ""
    return ", ".join(counts_in_words(recorded["counts"])) or "nobody notices anything"


def _page(change: Change) -> str:
    return reverse("admin:changes_change_change", args=[change.pk])


# Of any row


@dataclass(frozen=True)
class RecentChange:
    """One or several events alike: "Ben changed 3 charge points"."""

    entry: HistoryEntry
    count: int
    link: str

    @property
    def many(self) -> str:
        """How many; no more than that many were looked at."""
        return f"{self.count} or more" if self.count >= RECENT else str(self.count)


def recent_changes(login: StaffMember) -> Reading[list[RecentChange]]:
    """The latest changes of all kinds; alike ones of one moment are listed once."""
    latest = {model: _latest_events(model, login) for model in RECENT_MODELS if _sees(login, model)}
    yield list(latest.values())
    events = [(event, model) for model, rows in latest.items() for event in rows]
    events.sort(key=lambda pair: pair[0].pgh_created_at, reverse=True)
    chosen = {model: [event for event, of in events[: 3 * RECENT] if of is model] for model in latest}
    parts = yield from side_by_side(*(reading(model, some, login) for model, some in chosen.items() if some))
    entries: list[HistoryEntry] = [entry for part in parts for entry in part]
    entries.sort(key=lambda entry: entry.at, reverse=True)
    return _alike(entries)[:RECENT]


def _sees(login: StaffMember, model: type[models.Model]) -> bool:
    return login.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}")


def _latest_events(model: type[models.Model], login: StaffMember) -> models.QuerySet[Any]:
    return events_of(model, visible_rows(model, login).values("pk"))[:RECENT]


def _alike(entries: list[HistoryEntry]) -> list[RecentChange]:
    recent: list[RecentChange] = []
    for entry in entries:
        last = recent[-1] if recent else None
        if last and _signature(last.entry) == _signature(entry):
            recent[-1] = RecentChange(last.entry, last.count + 1, "")
        else:
            recent.append(RecentChange(entry, 1, _link(entry)))
    return recent


def _signature(entry: HistoryEntry) -> tuple[Any, ...]:
    return entry.model, entry.action, entry.who, entry.at.replace(second=0, microsecond=0)


def _link(entry: HistoryEntry) -> str:
    """The page of the row, or of the one that it belongs to; none for what is gone."""
    event = entry.event
    if entry.model in (Terms, CustomerException):
        view = "access" if entry.model is Terms else "customers"
        return reverse(f"admin:chargegroups_chargegroup_{view}", args=[event.charge_group_id])
    if entry.model is TariffVersion:
        return reverse("admin:tariffs_tariff_prices", args=[event.tariff_id])
    return page_of_row(entry.model, entry.pk)
