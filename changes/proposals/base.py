"""What every kind of change has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.db.models import Model

from changes.snapshots import Basis
from chargegroups.models import ChargeGroup
from evcnet.errors import DomainError

if TYPE_CHECKING:
    from changes.models import Change


class Inapplicable(DomainError, ValueError):
    """The proposal makes no sense; the message names the thing, the reason and the way out."""


class NothingToChange(Inapplicable):
    """What is proposed is what holds already: the message says so, and nothing is written."""


class Proposal(ABC):
    """A change before it is made. Equal proposals have equal ``as_json``; nothing here writes but ``write``."""

    kind: ClassVar[str]
    schedulable: ClassVar[bool] = False
    """Can it take effect at a moment in the future? Only what is stored as a dated row can."""

    provider_id: int
    customers: Collection[int] | None = None
    """The only customers that it concerns, by id; None: all of the provider."""
    arising: Sequence[Model] = ()
    """Rows that arise with the change and are not stored before; their ids are reserved."""
    moved: Mapping[int, int] = {}
    """The user group in which customers stand afterwards, both by id; others stay where they are."""

    @property
    @abstractmethod
    def groups(self) -> list[ChargeGroup]:
        """The charge groups whose customers, points or prices it touches."""

    @property
    def points(self) -> int | None:
        """How many charge points it concerns; None: all points of its groups."""
        return None

    @abstractmethod
    def as_json(self) -> dict[str, Any]:
        """What is asked for, in codes that people know: part of the fingerprint, and kept in the change log."""

    @abstractmethod
    def read(self, at: datetime) -> Basis:
        """Read everything that it is judged upon. Raises Inapplicable where it makes no sense at this moment."""

    @abstractmethod
    def write(self, change: Change | None, basis: Basis) -> None:
        """Write the rows, under the lock and the write guard. ``change`` None: only to see whether they are taken."""

    @abstractmethod
    def sentence(self) -> str:
        """What it is, in a few words for lists and messages."""
