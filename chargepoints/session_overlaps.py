"""Sessions of one charge point that are one transaction under two ids, or that overlap."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from evcnet.codes import uid_key


@dataclass(frozen=True, slots=True)
class Span:
    """What tells a transaction from another: the same point, card, start and end are one."""

    code: str
    charge_point: int
    card_uid: str
    started_at: datetime
    ended_at: datetime

    def is_same(self, other: Span) -> bool:
        return self._key == other._key

    @property
    def _key(self) -> tuple[int, str, datetime, datetime]:
        return self.charge_point, uid_key(self.card_uid), self.started_at, self.ended_at

    def overlaps(self, other: Span) -> bool:
        return self.started_at < other.ended_at and other.started_at < self.ended_at


class PointTimeline:
    """The spans of charge points. New ones are added in the order of their start, so that past ones are forgotten."""

    def __init__(self) -> None:
        self._spans: dict[int, list[Span]] = defaultdict(list)

    def load(self, spans: Iterable[Span]) -> None:
        """Sessions that are stored already."""
        for span in spans:
            if span not in self._spans[span.charge_point]:
                self._spans[span.charge_point].append(span)

    def repeated(self, new: Span) -> Span | None:
        """The transaction of another id that the new one is; None where it is one of its own."""
        return next(
            (each for each in self._spans[new.charge_point] if each.code != new.code and each.is_same(new)), None
        )

    def add(self, new: Span) -> Span | None:
        """Take it in, and give back one that it overlaps; None where there is none."""
        spans = [
            each for each in self._spans[new.charge_point] if max(each.ended_at, each.started_at) >= new.started_at
        ]
        others = [each for each in spans if each.code != new.code]
        self._spans[new.charge_point] = [*others, new]
        return next((each for each in others if each.overlaps(new)), None)
