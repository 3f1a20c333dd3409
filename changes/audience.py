"""Audience of a change: who is told if regulars, everyone affected or nobody is chosen, in numbers; and what is chosen at first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import formats

from changes.impact import AFFECTED, Effect, Impact
from changes.models import Change
from changes.preview import Preview
from changes.visible_impact import visible_preview
from customers.models import Customer, LetterSettings, StaffMember
from evcnet.datetimes import database_clock

GIVES: frozenset[Effect] = frozenset({"gains_access", "pays_less"})
"""Who only gets something need not be warned."""
RISES: tuple[Effect, ...] = ("pays_more", "differs")
"""Some session becomes dearer."""


def default_notify(impacts: Iterable[Impact]) -> str:
    """Whom to tell where nothing is chosen: regulars, or nobody where all that is affected only gains."""
    noticed = {effect for impact in impacts for effect in AFFECTED if impact.customers_by_effect[effect]}
    return Change.Notify.NONE.value if noticed and noticed <= GIVES else Change.Notify.REGULARS.value


def readers(preview: Preview, notify: str, login: StaffMember | None) -> Any:
    """The customers who are told, as a queryset: of those within the login's reach. None: a command, all."""
    visible = visible_preview(preview, login)
    if notify == Change.Notify.REGULARS:
        return visible.regulars(AFFECTED)
    return Customer.objects.none() if notify == Change.Notify.NONE else visible.customers(AFFECTED)


@dataclass(frozen=True)
class NotifyChoice:
    """One choice of whom to tell. ``unreachable`` of them have no e-mail address; ``left_out`` are affected and not told."""

    notify: str
    count: int
    unreachable: int
    left_out: int


def audiences(preview: Preview, login: StaffMember | None) -> list[NotifyChoice]:
    """Every choice with its numbers."""
    affected, visible = preview.impact.affected, visible_preview(preview, login)
    everyone = visible.impact.affected
    return [
        _regulars(visible, affected),
        NotifyChoice(Change.Notify.ALL.value, everyone, visible.impact.unreachable, affected - everyone),
        NotifyChoice(Change.Notify.NONE.value, 0, 0, affected),
    ]


def _regulars(visible: Preview, affected: int) -> NotifyChoice:
    count, unreachable = visible.count_regulars(AFFECTED) if visible.impact.regulars else (0, 0)
    return NotifyChoice(Change.Notify.REGULARS.value, count, unreachable, affected - count)


def total(changes: Iterable[Sequence[NotifyChoice]]) -> list[NotifyChoice]:
    """The choices of several changes together."""
    return [
        NotifyChoice(
            together[0].notify,
            sum(each.count for each in together),
            sum(each.unreachable for each in together),
            sum(each.left_out for each in together),
        )
        for together in zip(*changes, strict=True)
    ]


def short_notice(preview: Preview) -> list[str]:
    """A warning where a price rises sooner than the provider announces rises; it is no part of the fingerprint."""
    dearer = sum(preview.impact.customers_by_effect[effect] for effect in RISES)
    days = LetterSettings.of(preview.provider).price_rise_days if dearer else 0
    first = database_clock().astimezone(preview.provider.zone).date() + timedelta(days=days)
    if not dearer or preview.at.astimezone(preview.provider.zone).date() >= first:
        return []
    whom = "1 customer" if dearer == 1 else f"{dearer:,} customers"
    day = formats.date_format(first, "DATE_FORMAT")
    return [f"The price rises for {whom}, and {preview.provider} announces a rise {days} days ahead: from {day} on."]
