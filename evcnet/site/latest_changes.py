"""Which changes of prices and access are to come, and which were made last?"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from changes.impact_text import counts_in_words
from changes.models import Change
from changes.permissions import seen_in_part

TO_COME = 5
MADE = 4


@dataclass(frozen=True)
class Latest:
    """One change as the home page tells it; whom it affects is what was shown when it was confirmed."""

    change: Change
    state: str
    told: str
    link: str


def latest_changes(login: Any, now: datetime) -> list[Latest]:
    """Those to come, the next one first, then those made last; none for who may not see changes."""
    if not login.has_perm("changes.view_change"):
        return []
    rows = Change.objects.visible_to(login).select_related("made_by")
    to_come = list(rows.scheduled_after(now).order_by("takes_effect_at")[:TO_COME])
    made = list(rows.filter(takes_effect_at__lte=now, cancelled_at=None).order_by("-takes_effect_at", "-pk")[:MADE])
    in_part = seen_in_part(login, [*to_come, *made])
    return [*_latest(to_come, "scheduled", in_part), *_latest(made, "applied", in_part)]


def _latest(changes: Iterable[Change], state: str, in_part: Collection[int]) -> Iterable[Latest]:
    """Whom a change affects is not told to who sees some of its groups only: the counts are of all."""
    for change in changes:
        words = ", ".join(counts_in_words(change.impact["counts"])) or "nobody notices anything"
        link = reverse("admin:changes_change_change", args=[change.pk])
        yield Latest(change, state, "" if change.pk in in_part else words, link)
