"""Whose turn it is in the queue of a charge point: what becomes of its entries and its hold at a moment. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Standing = Literal["allowed", "passed_over", "lost"]
Reason = Literal["missed", "lost_access", "closed"]
KEPT_FOR = timedelta(days=1)
"""So long a point that is not in service keeps its queue."""
PLACE = frozenset({"charge_point_unknown", "charge_point_not_active", "no_terms_in_force"})
"""Reasons of the access rules that say something of the place, and nothing of the customer."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An entry of the queue. ``standing``: whether its customer may charge there now, not yet, or no more."""

    entry: int
    customer: int
    standing: Standing


@dataclass(frozen=True, slots=True)
class RunningHold:
    customer: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Situation:
    """A queue at a moment; ``waiting`` in the order in which they joined.

    ``is_social``: the point's group is the queue's, and has social charging on. ``out_since``: since when the point is
    not in service, None where it is.
    """

    at: datetime
    is_social: bool
    is_free: bool
    out_since: datetime | None
    waiting: tuple[Waiting, ...]
    hold: RunningHold | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done: entries that are removed and why, how and when the running hold ends, and who gets the next."""

    removals: tuple[tuple[int, Reason], ...] = ()
    hold_ends: Reason | None = None
    hold_ended_at: datetime | None = None
    turn: Waiting | None = None


def standing_of(reasons: list[str]) -> Standing:
    """By the reasons that the access rules give for the customer's cards; an empty one says that the card may charge."""
    if "" in reasons:
        return "allowed"
    return "passed_over" if any(reason in PLACE for reason in reasons) else "lost"


def plan(now: Situation) -> Plan:
    """Close it, or remove whoever may not charge any more, end the hold that is over, and pass the turn on."""
    if not now.is_social or (now.out_since is not None and now.at - now.out_since >= KEPT_FOR):
        closed: Reason = "closed"
        ended_at = min(now.at, now.hold.until) if now.hold else None
        return Plan(tuple((each.entry, closed) for each in now.waiting), closed if now.hold else None, ended_at)
    removals: dict[int, Reason] = {each.entry: "lost_access" for each in now.waiting if each.standing == "lost"}
    hold_ends, ended_at = _end_of_hold(now)
    if hold_ends is not None and now.hold is not None:
        removals |= {each.entry: hold_ends for each in now.waiting if each.customer == now.hold.customer}
    turn = None
    if now.is_free and now.out_since is None and (now.hold is None or hold_ends is not None):
        turn = next((each for each in now.waiting if each.standing == "allowed" and each.entry not in removals), None)
    return Plan(tuple(removals.items()), hold_ends, ended_at, turn)


def _end_of_hold(now: Situation) -> tuple[Reason | None, datetime | None]:
    """Why and when the running hold ends; None where it goes on."""
    if now.hold is None:
        return None, None
    if now.at >= now.hold.until:
        return "missed", now.hold.until
    if any(each.customer == now.hold.customer and each.standing == "lost" for each in now.waiting):
        return "lost_access", now.at
    return None, None
