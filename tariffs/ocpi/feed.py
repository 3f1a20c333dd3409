"""Feed: what is sent again and again under one name, and how much its file says."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_NAME = 36


@dataclass(frozen=True)
class Feed:
    """``complete``: what the feed said before and its file lacks is removed; ``allow_removal``: however much that is."""

    name: str = "default"
    complete: bool = False
    allow_removal: bool = False
