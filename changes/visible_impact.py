"""Visible impact: the part of a preview, or of a recorded change, that is of customers within a login's reach."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from changes.impact import AFFECTED, EFFECTS, Case, Impact
from changes.impact_text import Part, parts, read_parts
from changes.models import Change
from changes.preview import Preview, preview_scheduled
from chargegroups.customer_facts import FactSet
from customers.models import StaffMember

VIEW = "customers.view_customer"
MOST_PARTS = 100
"""So many pairs of prices are kept in the record, the heaviest; the counts are kept whole."""


def visible_preview(preview: Preview, login: StaffMember | None) -> Preview:
    """The preview as the login may read it: counts, prices and queries of customers of its user groups; None: of all."""
    within = login.scope(VIEW).within(preview.provider.pk) if login is not None else None
    if within is None:
        return preview
    cases = tuple(case for case in preview.impact.cases if _stands_in(case) in within)
    impact = replace(preview.impact, cases=cases, regulars=0)
    visible = replace(preview, impact=impact, query=replace(preview.query, user_groups=within))
    if not impact.affected:
        return visible
    return replace(visible, impact=replace(impact, regulars=visible.count_regulars(AFFECTED)[0]))


def _stands_in(case: Case) -> int:
    """The user group of these customers today, by id."""
    return FactSet.of(case.facts, case.count).facts.user_group


def counts_by_user_group(preview: Preview) -> list[dict[str, Any]]:
    """What is kept with a change for logins of user groups: of each the counts by effect, and the prices that differ."""
    cases: dict[int, list[Case]] = defaultdict(list)
    for case in preview.impact.cases:
        cases[_stands_in(case)].append(case)
    return [
        _record(user_group, replace(preview.impact, cases=tuple(own)), preview) for user_group, own in cases.items()
    ]


def _record(user_group: int, impact: Impact, preview: Preview) -> dict[str, Any]:
    noticed = parts(impact, preview.basis.tariff_names)[:MOST_PARTS]
    counts = {effect: count for effect, count in impact.customers_by_effect.items() if count}
    return {"user_group": user_group, "counts": counts, "parts": [part.as_json() for part in noticed]}


def recorded_impact(change: Change, login: StaffMember) -> Mapping[str, Any] | None:
    """The impact that was confirmed, as far as the login reads it; None where the record does not tell its part."""
    return visible_part(change.impact, change.provider_id, login)


def visible_part(stored: Mapping[str, Any], provider: int, login: StaffMember) -> Mapping[str, Any] | None:
    """The same of an impact as it is kept with a change or a draft of the provider."""
    within = login.scope(VIEW).within(provider)
    if within is None:
        return stored
    if "by_user_group" not in stored:
        return None
    own = [each for each in stored["by_user_group"] if each["user_group"] in within]
    counts: Counter[str] = Counter()
    for each in own:
        counts.update(each["counts"])
    noticed = _merged(part for each in own for part in read_parts(each["parts"]))
    return {
        **stored,
        "counts": {effect: counts[effect] for effect in EFFECTS},
        "parts": [part.as_json() for part in noticed],
        "regulars": None,
    }


def impact_today(change: Change, login: StaffMember) -> Mapping[str, Any]:
    """The impact of a scheduled change by the rows of now, as far as the login reads it, in the form of a kept one."""
    preview = visible_preview(preview_scheduled(change), login)
    noticed = parts(preview.impact, preview.basis.tariff_names)
    return preview.impact.as_json() | {"parts": [part.as_json() for part in noticed]}


def _merged(noticed: Iterable[Part]) -> list[Part]:
    """Parts of several user groups with the same prices are one."""
    merged: dict[tuple[str, str, str], Part] = {}
    for part in noticed:
        key = (part.effect, part.before, part.after)
        merged[key] = replace(part, count=part.count + (merged[key].count if key in merged else 0))
    return sorted(merged.values(), key=lambda part: (EFFECTS.index(part.effect), -part.count))
