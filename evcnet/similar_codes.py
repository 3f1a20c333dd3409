"""Rows whose codes are nearly what somebody typed. A slip leaves one half of a code as it is: by that an index finds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from typing import TypeVar

from django.db.models import Model, QuerySet

from evcnet.code_keys import CodeKey, holds

R = TypeVar("R", bound=Model)
MOST = 5
CANDIDATES = 100
"""So many rows with either half of a code are compared with it."""
SHORTEST_HALF = 3
"""Of fewer signs there is no index, and too many codes have them."""
SIMILAR = 0.7
"""From which ratio on a code may be a misspelt one."""


def similar_rows(rows: QuerySet[R], columns: Mapping[str, type[CodeKey]], typed: str) -> list[R]:
    """The nearest first, five at most; ``columns`` are those with codes, each with the key by which it is compared."""
    ratios: dict[R, float] = {}
    for column, key in columns.items():
        code = key.of(typed)
        for half in _halves(code):
            for row in rows.filter(holds(column, key, half)).order_by()[:CANDIDATES]:
                ratio = SequenceMatcher(None, code, key.of(getattr(row, column))).ratio()
                ratios[row] = max(ratio, ratios.get(row, 0.0))
    near = [row for row, ratio in ratios.items() if ratio >= SIMILAR]
    return sorted(near, key=lambda row: (-ratios[row], str(row)))[:MOST]


def _halves(key: str) -> Iterable[str]:
    middle = len(key) // 2
    return [half for half in (key[:middle], key[middle:]) if len(half) >= SHORTEST_HALF]
