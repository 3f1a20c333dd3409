"""What stands on the preview of a change, and what has changed where it is out of date?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.core import signing
from django.db.models import Max
from django.http import HttpRequest
from django.utils import timezone

from changes import impact_text
from changes.admin.diff import StoredProposal, differences
from changes.admin.reference_prices import SHOWN, PriceTransition, becomes_free, examples, odd, transitions
from changes.admin.replay import replayed
from changes.admin.roaming import roaming_words
from changes.admin.safeguards import names_of, reasons
from changes.apply import as_json
from changes.impact import EFFECTS
from changes.models import Change
from changes.preview import Preview
from changes.snapshots import BeforeAfter

SALT = "evcnet.terms_write.shown"


@dataclass(frozen=True)
class Safeguard:
    """Why the change is a big one, and what may be typed to make it all the same."""

    reasons: list[str]
    names: tuple[str, ...]


@dataclass(frozen=True)
class StaleLine:
    what: str
    then: str
    now: str


@dataclass(frozen=True)
class StalePicture:
    """What was shown, what is so now, and which changes were made in between."""

    lines: list[StaleLine]
    between: list[Change]


def context(request: HttpRequest, seen: Preview, data: Mapping[str, Any]) -> dict[str, Any]:
    impact, places = seen.impact, seen.proposal.places(seen.at)
    found = transitions(seen)
    return {
        "preview": seen,
        "impact": impact,
        "counts": impact.counts,
        "bars": impact_text.bars(impact.counts),
        "sentences": _sentences(impact, found),
        "differences": differences(_kept(request, seen)),
        "transitions": found[:SHOWN],
        "more_transitions": len(found) - SHOWN,
        "replay": replayed(seen),
        "findings": odd(places),
        "roaming": roaming_words(seen.proposal, places),
        "weight": _weight(seen, found, places),
        "seen_token": _remember(seen),
        "reason": data.get("reason", ""),
        "notify": notify_of(data),
        "own_zone": timezone.get_current_timezone_name(),
    }


def _sentences(impact: Any, found: list[PriceTransition]) -> list[impact_text.Sentence]:
    of_effect = examples(found)
    return [
        replace(each, example=of_effect.get(each.effect, ""))
        for each in impact_text.sentences(impact_text.parts(impact))
    ]


def safeguard_of(seen: Preview) -> Safeguard:
    return _weight(seen, transitions(seen), seen.proposal.places(seen.at))


def _weight(seen: Preview, found: list[PriceTransition], places: list[BeforeAfter]) -> Safeguard:
    return Safeguard(reasons(seen, found, becomes_free(places)), names_of(seen.proposal))


def _kept(request: HttpRequest, seen: Preview) -> StoredProposal:
    proposal = seen.proposal
    return StoredProposal(proposal.provider_id, proposal.as_json(), proposal.earlier(seen.at), seen.at, request.user)


def notify_of(data: Mapping[str, Any]) -> str:
    given = data.get("notify", "")
    return given if given in Change.Notify.values else str(Change.Notify.REGULARS)


# What was shown travels with the page, signed: nothing is decided by it, it only tells what differs.


def _remember(seen: Preview) -> str:
    provider = seen.proposal.provider_id
    # A provider's changes are made one at a time, so a later one has a larger id.
    last = Change.objects.filter(provider=provider).aggregate(last=Max("pk"))["last"] or 0
    shown = {**as_json(seen.impact), "last": last, "provider": provider}
    return signing.dumps(shown, salt=SALT, compress=True)


def _remembered(data: Mapping[str, Any]) -> dict[str, Any] | None:
    try:
        shown: dict[str, Any] = signing.loads(data.get("seen", ""), salt=SALT)
    except signing.BadSignature:
        return None
    return shown


def stale(request: HttpRequest, seen: Preview, data: Mapping[str, Any]) -> StalePicture:
    then = _remembered(data)
    if then is None:
        return StalePicture([], [])
    now = as_json(seen.impact)
    lines = [_line(impact_text.VERBS[effect][1].capitalize(), then["counts"][effect], now["counts"][effect])
             for effect in EFFECTS]  # fmt: skip
    lines += [
        _line("Regulars", then["regulars"], now["regulars"]),
        _line("Charge points", then["points"], now["points"]),
    ]
    lines.append(StaleLine("Look out", " ".join(then["warnings"]) or "–", " ".join(now["warnings"]) or "–"))
    made = Change.objects.visible_to(request.user).filter(
        provider_id=seen.proposal.provider_id, pk__gt=then["last"], groups__in=seen.groups
    )
    return StalePicture([line for line in lines if line.then != line.now], list(made.distinct()[:5]))


def _line(what: str, then: int, now: int) -> StaleLine:
    return StaleLine(what, f"{then:,}", f"{now:,}")


def made_since(request: HttpRequest, data: Mapping[str, Any]) -> Change | None:
    """The change that was made of exactly this preview, after it was shown."""
    shown = _remembered(data)
    if shown is None or shown["fingerprint"] != data.get("shown"):
        return None
    rows = Change.objects.visible_to(request.user).filter(
        provider_id=shown["provider"],
        fingerprint=shown["fingerprint"],
        pk__gt=shown["last"],
    )
    found: Change | None = rows.distinct().first()
    return found
