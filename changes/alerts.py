"""Alerts of staff about a change, from the preview that was confirmed: what was judged is counted, nothing judged anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from changes.impact import AFFECTED
from changes.models import Change, Draft
from changes.preview import Preview
from chargegroups.customer_facts import FactSet
from chargegroups.models import ChargeGroup
from customers.alerts import write_alert, write_copies
from customers.models import Alert, StaffMember
from customers.models.alerts import MOST_NAMED
from evcnet.datetimes import database_clock


def alert_staff(change: Change, preview: Preview) -> None:
    """Alert the logins that the confirmed change concerns."""
    counts, groups = _counts(preview), _groups(preview.basis.groups)
    event = Alert.Event.SCHEDULED if change.scheduled else Alert.Event.APPLIED
    if change.undoes_id is not None:
        event = Alert.Event.UNDONE
    concerned = {pk for each in counts for pk in each["user_groups"]} | {each["user_group"] for each in groups}
    write_alert(_alert(change, event, by=change.made_by_id, groups=groups, counts=counts), concerned)


def alert_of_draft(draft: Draft, preview: Preview | None, event: str, by: StaffMember, readers: Any) -> None:
    """Alert these logins that approval is asked for, given, or not given. ``preview``: what is told of it, if anything."""
    counts = _counts(preview) if preview else []
    groups = _groups(draft.groups.all())
    alert = Alert(
        provider_id=draft.provider_id,
        draft=draft.pk,
        event=event,
        kind=draft.get_kind_display().capitalize(),
        sentence=draft.sentence,
        takes_effect_at=draft.at or database_clock(),
        made_by=by,
        groups=groups,
        counts=counts,
    )
    concerned = {pk for each in counts for pk in each["user_groups"]} | {each["user_group"] for each in groups}
    write_copies(alert, concerned, readers.exclude(pk=by.pk))


def alert_cancelled(change: Change) -> None:
    """Alert those whom the change concerned when it was confirmed, as far as they reach today."""
    announced = Alert.objects.filter(change=change.pk).exclude(event=Alert.Event.CANCELLED).first()
    groups = announced.groups if announced else _groups(change.groups.all())
    counts = announced.counts if announced else []
    concerned = set(announced.user_group_ids) if announced else {each["user_group"] for each in groups}
    event = Alert.Event.CANCELLED
    write_alert(_alert(change, event, by=change.cancelled_by_id, groups=groups, counts=counts), concerned)


def _alert(
    change: Change, event: str, *, by: int | None, groups: list[dict[str, Any]], counts: list[dict[str, Any]]
) -> Alert:
    return Alert(
        provider_id=change.provider_id,
        change=change.pk,
        event=event,
        kind=change.get_kind_display().capitalize(),
        sentence=change.sentence,
        takes_effect_at=change.takes_effect_at,
        made_by_id=by,
        groups=groups,
        counts=counts,
    )


def _counts(preview: Preview) -> list[dict[str, Any]]:
    """Affected customers by effect and by where they stand; who moves stands in two user groups."""
    customers: Counter[tuple[tuple[int, ...], str]] = Counter()
    for case in preview.impact.cases:
        if case.effect in AFFECTED:
            shared = FactSet.of(case.facts, case.count)
            user_groups = {shared.facts.user_group, shared.proposed.user_group}
            customers[tuple(sorted(user_groups)), case.effect] += case.count
    return [
        {"user_groups": list(user_groups), "effect": effect, "count": count}
        for (user_groups, effect), count in sorted(customers.items())
    ]


def _groups(concerned: Iterable[ChargeGroup]) -> list[dict[str, Any]]:
    """The charge groups concerned by user group: the first by name, and how many."""
    by_user_group: dict[int, list[str]] = {}
    for group in concerned:
        by_user_group.setdefault(group.user_group_id, []).append(group.name)
    return [
        {"user_group": pk, "names": sorted(names)[:MOST_NAMED], "count": len(names)}
        for pk, names in sorted(by_user_group.items())
    ]
