"""Preview page of a change: whom it affects, what it costs, what is worth a warning, and what is asked before it is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.utils import timezone

from changes import impact_text
from changes.admin.diff import StoredProposal, differences
from changes.admin.replay import replay_sessions
from changes.admin.stale_preview import sign
from changes.admin.tiles import tiles
from changes.audience import audiences, default_notify, short_notice
from changes.change_permissions import leaving_sight
from changes.models import Change
from changes.notify import unsent_announcement
from changes.preview import Preview
from changes.proposals.points import PointMoves
from changes.reference_prices import PriceTransition, examples, price_findings, price_transitions
from changes.safeguards import safeguard_of
from changes.snapshots import Basis
from chargegroups.group_snapshots import GroupSnapshot
from evcnet.admin.requests import StaffRequest
from tariffs.pricing import price_text

MAX_TRANSITIONS = 3
"""So many pairs of price lists are laid out session by session; the sentences name all of them."""
NOBODY = Change.Notify.NONE.value
MAX_NAMES = 3
"""So many charge groups are named where roaming cards are concerned alike."""


def context(
    request: StaffRequest, preview: Preview, data: Mapping[str, Any], undoes: Change | None = None
) -> dict[str, Any]:
    """``undoes`` is the change that this one undoes, if any."""
    impact, transitions, replay = preview.impact, price_transitions(preview), replay_sessions(preview)
    unsent = undoes is not None and unsent_announcement(undoes, preview) is not None
    return {
        "preview": preview,
        "impact": impact,
        "counts": impact.customers_by_effect,
        "bars": impact_text.bars(impact.customers_by_effect),
        "tiles": tiles(impact, transitions, replay),
        "may_confirm": True,
        "sentences": _sentences(preview, transitions),
        "differences": differences(_proposal_of(request, preview)),
        "transitions": transitions[:MAX_TRANSITIONS],
        "more_transitions": len(transitions) - MAX_TRANSITIONS,
        "replay": replay,
        "findings": price_findings(preview.basis),
        "roaming": roaming_sentences(preview),
        "safeguard": safeguard_of(preview),
        "seen_token": sign(preview, request.user),
        "reason": data.get("reason", ""),
        "notify": notify_of(data) or (NOBODY if unsent else default_notify([impact])),
        "audiences": audiences(preview, request.user),
        "unsent": unsent,
        "short_notice": short_notice(preview),
        "leaving_sight": leaving_sight(request.user, preview.proposal),
        "own_zone": timezone.get_current_timezone_name(),
    }


def notify_of(data: Mapping[str, Any]) -> str | None:
    """Whom to tell, as typed; None where nothing was."""
    given = str(data.get("notify", ""))
    return given if given in Change.Notify.values else None


def _sentences(preview: Preview, transitions: Sequence[PriceTransition]) -> list[impact_text.Sentence]:
    of_effect = examples(transitions)
    sentences = impact_text.sentences(impact_text.parts(preview.impact, preview.basis.tariff_names))
    return [replace(each, example=of_effect.get(each.effect, "")) for each in sentences]


def _proposal_of(request: StaffRequest, preview: Preview) -> StoredProposal:
    earlier = preview.basis.earlier
    stored = [version for place in preview.basis.places if place.before for version in place.before.versions.values()]
    version = next((each for each in stored if each.pk == earlier.get("version")), None)
    arising = preview.proposal.arising
    return StoredProposal(
        preview.provider.pk, preview.impact.proposal, earlier, preview.at, request.user, version, arising
    )


def roaming_sentences(preview: Preview) -> list[str]:
    """What changes for roaming cards of other providers, in words, as their customers are not ours to count.

    One sentence for what changes alike, naming where; none where nothing changes for them.
    """
    places_by_words: dict[str, list[str]] = {}
    for place in preview.basis.places:
        side = place.after or place.before
        moved = isinstance(preview.proposal, PointMoves)
        where = "At these charge points" if moved else _where(preview, side) if side else ""
        words = _difference(_roaming(preview.basis, place.before), _roaming(preview.basis, place.after))
        if words:
            places_by_words.setdefault(words, []).append(where)
    return [f"{_first_names(where)}: {words}" for words, where in places_by_words.items()]


def _where(preview: Preview, side: GroupSnapshot) -> str:
    """The group, and from when if that is later than the change."""
    begin = side.at.astimezone(preview.provider.zone)
    return f"{side.group} from {begin:%-d %b %Y %H:%M}" if side.at > preview.at else str(side.group)


def _roaming(basis: Basis, side: GroupSnapshot | None) -> tuple[bool, str]:
    """May a roaming card charge there, and at which price?"""
    if side is None:
        return False, ""
    decision = side.judge_roaming()
    price = basis.price_list(side, int(decision.tariff.code)) if decision.tariff else None
    return decision.allowed, price_text(price) if price else ""


def _difference(before: tuple[bool, str], after: tuple[bool, str]) -> str:
    if before[0] != after[0]:
        return f"roaming cards may charge, and pay {after[1]}." if after[0] else "roaming cards can no longer charge."
    return f"roaming cards pay {after[1]} instead of {before[1]}." if after[0] and before[1] != after[1] else ""


def _first_names(where: Iterable[str]) -> str:
    different = list(dict.fromkeys(where))
    more = len(different) - MAX_NAMES
    return ", ".join(different[:MAX_NAMES]) + (f" and {more:,} more" if more > 0 else "")
