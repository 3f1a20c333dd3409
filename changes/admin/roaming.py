"""What does a change mean for roaming cards of other providers? Said in words: their customers are not ours to count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from changes.admin.reference_prices import listed
from changes.proposals import Proposal
from changes.proposals.points import PointMoves
from changes.snapshots import BeforeAfter
from chargegroups.group_snapshots import GroupSnapshot
from tariffs.pricing import price_text

NAMED = 3


def roaming_words(proposal: Proposal, places: Iterable[BeforeAfter]) -> list[str]:
    """One sentence for what changes alike, naming where; nothing where nothing changes for roaming cards."""
    told: dict[str, list[str]] = {}
    for place in places:
        side = place.after or place.before
        where = "At these charge points" if isinstance(proposal, PointMoves) else str(side.group) if side else ""
        if words := _difference(_told(place.before), _told(place.after)):
            told.setdefault(words, []).append(where)
    return [f"{_named(where)}: {words}" for words, where in told.items()]


def _told(side: GroupSnapshot | None) -> tuple[bool, str]:
    """May a roaming card charge there, and at which price?"""
    if side is None:
        return False, ""
    decision = side.judge_roaming()
    price = listed(side, int(decision.tariff.code)) if decision.tariff else None
    return decision.allowed, price_text(price) if price else ""


def _difference(before: tuple[bool, str], after: tuple[bool, str]) -> str:
    if before[0] != after[0]:
        return f"roaming cards may charge, and pay {after[1]}." if after[0] else "roaming cards can no longer charge."
    return f"roaming cards pay {after[1]} instead of {before[1]}." if after[0] and before[1] != after[1] else ""


def _named(where: Sequence[str]) -> str:
    different = list(dict.fromkeys(where))
    more = len(different) - NAMED
    return ", ".join(different[:NAMED]) + (f" and {more:,} more" if more > 0 else "")
