"""Record of a change of terms: what it says of each of its charge groups, whether it changed one or several."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from changes.models import Change


@dataclass(frozen=True)
class TermsRecord:
    """``keys`` are what was set in a group; ``before`` is what held, tariffs by their ids, and empty of first terms.

    ``scheduled`` are the scheduled rows that an undo has set back too.
    """

    keys: Sequence[str] = ()
    before: Mapping[str, Any] = field(default_factory=dict)
    scheduled: Sequence[Mapping[str, Any]] = ()


def record_of(change: Change, group: int) -> TermsRecord:
    """What the change of terms says of one of its charge groups; of one that it left as it was, nothing."""
    of_many = change.earlier.get("charge_groups")
    if of_many is None:
        return TermsRecord(tuple(change.proposal["set"]), change.earlier, change.earlier.get("scheduled", ()))
    each = of_many.get(str(group))
    return TermsRecord(tuple(each["set"]), each["before"], each["scheduled"]) if each else TermsRecord()


def scheduled_records(earlier: Mapping[str, Any]) -> Iterable[tuple[int | None, Mapping[str, Any]]]:
    """Each scheduled row that was set back, with the id of its charge group; None where the change has but one."""
    of_many = earlier.get("charge_groups")
    if of_many is None:
        return [(None, record) for record in earlier.get("scheduled", ())]
    return [(int(pk), record) for pk, each in of_many.items() for record in each["scheduled"]]
