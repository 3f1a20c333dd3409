"""Signals of changes: sent inside the change's transaction, so that whoever is to be warned is warned with it or not at all.

Both are sent by ``Change`` with ``change`` (the record, whose rows are not written yet), ``groups`` (ids of the charge
groups concerned), ``takes_effect_at``, ``cancelled`` and ``preview``: who is affected and how, None where a scheduled
change is cancelled. A change is announced when it is confirmed, also one that is scheduled. A receiver that raises
refuses the change: a DomainError with a message for people. See docs/receivers.md.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from django.dispatch import Signal

from changes.impact import ACCESS_EFFECTS, PRICE_EFFECTS
from evcnet.errors import REFUSALS, DomainError

if TYPE_CHECKING:
    from changes.models import Change
    from changes.preview import Preview
    from changes.snapshots import Basis

logger = logging.getLogger(__name__)

tariff_changed = Signal()
"""A price differs for somebody, who need not be a customer of ours."""

access_changed = Signal()
"""Somebody gains or loses access, or a switch of the access policy stands otherwise."""

SIGNALS = {"tariff_changed": tariff_changed, "access_changed": access_changed}


def signals_of(preview: Preview) -> list[str]:
    """The names of the signals that this change sends."""
    counts, aspects = preview.impact.customers_by_effect, preview.basis.aspects
    roaming_access, roaming_price = _differs_for_roaming(preview.basis)
    price = "price" in aspects or roaming_price or any(counts[effect] for effect in PRICE_EFFECTS)
    access = "access" in aspects or roaming_access or any(counts[effect] for effect in ACCESS_EFFECTS)
    return [name for name, sent in (("tariff_changed", price), ("access_changed", access)) if sent]


def send_changed(change: Change, preview: Preview) -> None:
    """Raises DomainError where a receiver refuses the change."""
    _send(change, preview.basis.group_ids, cancelled=False, preview=preview)


def send_cancelled(change: Change) -> None:
    """Send again, with ``cancelled``, what was sent when the change was confirmed."""
    groups = list(change.groups.order_by("pk").values_list("pk", flat=True))
    _send(change, groups, cancelled=True, preview=None)


def _send(change: Change, groups: list[int], **arguments: Any) -> None:
    for name in change.impact["signals"]:
        try:
            SIGNALS[name].send(
                type(change), change=change, groups=groups, takes_effect_at=change.takes_effect_at, **arguments
            )
        except REFUSALS:
            raise
        except Exception as error:
            logger.exception("A receiver of %s failed, so the change was refused.", name)
            raise DomainError(
                "Those who are to hear of this change could not be told, so nothing was changed. Try it again; "
                "if it stays so, tell whoever runs the portal."
            ) from error


def _differs_for_roaming(basis: Basis) -> tuple[bool, bool]:
    """Do access and price differ anywhere for roaming cards, which are not counted?"""
    access = price = False
    for place in basis.places:
        before, after = (side.judge_roaming() if side is not None else None for side in (place.before, place.after))
        was, will_be = (decision is not None and decision.allowed for decision in (before, after))
        access |= was != will_be
        if was and will_be and before and after and before.tariff and after.tariff:
            listed = basis.price_list(place.before, int(before.tariff.code))
            price |= listed != basis.price_list(place.after, int(after.tariff.code))
    return access, price
