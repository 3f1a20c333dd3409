"""Effects of a change on customers, in words: "3 lose access", "156 pay more"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

EFFECT_WORDS: dict[str, tuple[str, str]] = {
    "loses_access": ("loses access", "lose access"),
    "gains_access": ("gains access", "gain access"),
    "pays_more": ("pays more", "pay more"),
    "pays_less": ("pays less", "pay less"),
    "differs": ("pays otherwise: some sessions more, others less", "pay otherwise: some sessions more, others less"),
    "renamed": ("pays the same by a tariff of another name", "pay the same by a tariff of another name"),
    "unchanged": ("notices nothing", "notice nothing"),
}
"""Of one customer and of many; the heaviest effect first."""
UNNOTICED = "unchanged"


def counts_in_words(counts: Mapping[Any, int]) -> list[str]:
    """The customers who notice something, the heaviest effect first. An effect without a count has none."""
    return [
        f"{counts[effect]:,} {verbs[counts[effect] != 1]}"
        for effect, verbs in EFFECT_WORDS.items()
        if effect != UNNOTICED and counts.get(effect)
    ]
