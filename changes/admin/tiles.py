"""Tiles of a preview: who loses, pays more and gains, and what it comes to in money, at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from changes.admin.replay import DAYS, ReplayResult
from changes.impact import Impact
from changes.reference_prices import PriceTransition
from customers.effect_words import EFFECT_WORDS


@dataclass(frozen=True)
class ImpactTile:
    """``tone``: is it good for customers, bad, or neither?"""

    number: str
    words: str
    tone: str = "none"


def tiles(impact: Impact, transitions: Sequence[PriceTransition], replay: ReplayResult | None) -> list[ImpactTile]:
    counts = impact.customers_by_effect
    lose, more = counts["loses_access"], counts["pays_more"] + counts["differs"]
    gain = counts["gains_access"] + counts["pays_less"]
    return [
        ImpactTile(f"{lose:,}", _words("loses_access", lose), _bad(lose)),
        ImpactTile(f"{more:,}", f"{_words('pays_more', more)}{_at_most(transitions) if more else ''}", _bad(more)),
        ImpactTile(
            f"{gain:,}", f"{_words('gains_access', gain)} or {_words('pays_less', gain)}", "good" if gain else "none"
        ),
        _money(replay),
    ]


def _words(effect: str, count: int) -> str:
    return EFFECT_WORDS[effect][count != 1]


def _bad(count: int) -> str:
    return "bad" if count else "none"


def _at_most(transitions: Sequence[PriceTransition]) -> str:
    """By how much the price of a reference session rises for whom it rises the most."""
    rises = [row for each in transitions for row in each.references if row.difference > 0]
    if any(row.share is None for row in rises):
        return ", some from free of charge"
    most = max((row.share for row in rises if row.share is not None), default=Decimal(0))
    return f", up to +{100 * most:.0f} %" if most else ""


def _money(replay: ReplayResult | None) -> ImpactTile:
    if replay is None:
        return ImpactTile("±0", f"over {DAYS} days, by sessions that were")
    total = replay.total
    return ImpactTile(
        f"{total.difference:+,.2f} {total.currency}", f"over {DAYS} days, by sessions that were, incl. VAT"
    )
