"""What is the same for every kind of change?"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, ClassVar

from changes.snapshots import BeforeAfter
from chargegroups.models import ChargeGroup
from evcnet.errors import DomainError


class Inapplicable(DomainError, ValueError):
    """The proposal makes no sense; the message names the thing, the reason and the way out."""


class NothingToChange(Inapplicable):
    """What is proposed is what holds already: told, and nothing is written."""


class Proposal(ABC):
    """A change before it is made. Equal proposals have equal ``as_json``; nothing here writes but ``write``."""

    kind: ClassVar[str]
    schedulable: ClassVar[bool] = False
    """Can it take effect at a moment in the future? Only what is stored as a dated row can."""

    provider_id: int
    customers: Collection[int] | None = None
    """The only customers that it concerns, by id; None: all of the provider."""
    moved: Mapping[int, int] = {}
    """The user group in which customers stand afterwards, both by id; others stay where they are."""

    @property
    @abstractmethod
    def groups(self) -> list[ChargeGroup]:
        """The charge groups whose customers, points or prices it touches."""

    @property
    def points(self) -> int | None:
        """How many charge points it concerns, where that is not all points of its groups."""
        return None

    @abstractmethod
    def as_json(self) -> dict[str, Any]:
        """What is asked for, in codes that people know: part of the fingerprint, and kept in the record."""

    @abstractmethod
    def places(self, at: datetime) -> list[BeforeAfter]:
        """Where customers stand before and after."""

    @abstractmethod
    def ground(self, at: datetime) -> dict[str, Any]:
        """Ids of the rows that it was judged upon: other rows, another ground."""

    def exceptions_after(self, at: datetime) -> list[dict[str, Any]]:
        """Exceptions as they would be at ``at``: customer_id, charge_group_id, access (None: none), tariff_id."""
        return []

    def warnings(self, at: datetime) -> list[str]:
        return []

    def check(self, at: datetime) -> None:
        """Raises Inapplicable, or Nothing where it would change nothing."""

    @abstractmethod
    def earlier(self, at: datetime) -> dict[str, Any]:
        """What holds before, as ``reversal`` reads it again from the record."""

    @abstractmethod
    def write(self, change: Any, at: datetime) -> None:
        """Write the rows, within the door and under the lock."""

    @abstractmethod
    def sentence(self) -> str:
        """What it is, in a few words for lists and messages."""
