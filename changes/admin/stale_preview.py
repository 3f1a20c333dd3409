"""Previews out of date: what differs from what was shown, and whether a second click finds its own change applied.

What was shown travels with the page, signed: nothing is decided by it, it only tells what differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db.models import Max

from changes.impact import EFFECTS
from changes.models import Change
from changes.preview import Preview
from customers.effect_words import EFFECT_WORDS
from customers.models import StaffMember
from evcnet.admin.requests import StaffRequest

SALT = "evcnet.changes.preview"


@dataclass(frozen=True)
class StaleLine:
    what: str
    then: str
    now: str


@dataclass(frozen=True)
class StaleContext:
    """What was shown, what is so now, and which changes were made in between."""

    lines: list[StaleLine]
    between: list[Change]


def sign(preview: Preview, login: StaffMember) -> str:
    """What is shown, and how far the change log has come for the login, to be sent back with the confirmation.

    It is signed and not encrypted: the last change of all would tell how often others change something.
    """
    provider = preview.provider.pk
    # A provider's changes are made one at a time, so a later one has a larger id.
    last = Change.objects.visible_to(login).filter(provider=provider).aggregate(last=Max("pk"))["last"] or 0
    payload = {**preview.impact.as_json(), "last": last, "provider": provider}
    return signing.dumps(payload, salt=SALT, compress=True)


def _signed(data: Mapping[str, Any]) -> dict[str, Any] | None:
    try:
        payload: dict[str, Any] = signing.loads(data.get("seen", ""), salt=SALT)
    except signing.BadSignature:
        return None
    return payload


def stale_context(request: StaffRequest, preview: Preview, data: Mapping[str, Any]) -> StaleContext:
    then = _signed(data)
    if then is None:
        return StaleContext([], [])
    concerned = {*preview.basis.group_ids, *(group.pk for group in preview.proposal.groups)}
    between = Change.objects.visible_to(request.user).filter(
        provider_id=preview.provider.pk, pk__gt=then["last"], groups__in=concerned
    )
    return StaleContext(stale_lines(then, preview.impact.as_json()), list(between.distinct()[:5]))


def stale_lines(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[StaleLine]:
    """What differs between two impacts as they are kept; what ``then`` does not tell the login is left out."""
    lines = [
        _line(EFFECT_WORDS[effect][1].capitalize(), then["counts"][effect], now["counts"][effect]) for effect in EFFECTS
    ]
    if then["regulars"] is not None:
        lines.append(_line("Regulars", then["regulars"], now["regulars"]))
    lines.append(_line("Charge points", then["points"], now["points"]))
    lines.append(StaleLine("Look out", " ".join(then["warnings"]) or "–", " ".join(now["warnings"]) or "–"))
    return [line for line in lines if line.then != line.now]


def _line(what: str, then: int, now: int) -> StaleLine:
    return StaleLine(what, f"{then:,}", f"{now:,}")


def applied_since(request: StaffRequest, data: Mapping[str, Any]) -> Change | None:
    """The change that was made of exactly this preview, after it was shown."""
    payload = _signed(data)
    if payload is None or payload["fingerprint"] != data.get("shown"):
        return None
    rows = Change.objects.visible_to(request.user).filter(
        provider_id=payload["provider"],
        fingerprint=payload["fingerprint"],
        pk__gt=payload["last"],
    )
    change: Change | None = rows.distinct().first()
    return change
