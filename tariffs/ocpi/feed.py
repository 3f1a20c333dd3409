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

    def removal_problem(self, taken: int, total: int, what: str) -> str:
        """Why so many of the provider's things are not removed; empty where they may be: at most a tenth is."""
        if self.allow_removal or taken * 10 <= total:
            return ""
        return (
            f"The file lacks {taken:,} of {total:,} {what} that the feed said before, more than a tenth: nothing is "
            "removed. Give --allow-removal if that is meant."
        )
