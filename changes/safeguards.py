"""Safeguard of big changes: a name is to be typed before one is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from changes.preview import Preview
from changes.proposals import CustomerMoves, NewVersion, Proposal
from changes.proposals.points import PointMoves
from changes.reference_prices import PriceTransition, becomes_free, price_transitions
from chargegroups.access_summary import who_may_charge
from customers.models import Customer, Provider
from evcnet.text import is_same_name

LARGE = Decimal("0.1")
"""One in ten: of the customers with access, or of the price of a reference session."""


@dataclass(frozen=True)
class Safeguard:
    """Why the change is a big one (nothing: an ordinary one), and which names may be typed to make it all the same."""

    reasons: list[str]
    names: tuple[str, ...]

    def allows(self, typed: str) -> bool:
        """May the change be made with what was typed? Case and spaces make no difference."""
        return not self.reasons or is_same_name(typed, self.names)

    def joined(self, other: Safeguard, provider: Provider) -> Safeguard:
        """That of two changes together, which ask for the provider's name."""
        return Safeguard(list(dict.fromkeys([*self.reasons, *other.reasons])), (provider.code, provider.name))


def safeguard_of(preview: Preview) -> Safeguard:
    reasons = [_lost(preview), _free(preview), _repriced(price_transitions(preview))]
    return Safeguard([reason for reason in reasons if reason], _names(preview.proposal, preview.provider))


def _names(proposal: Proposal, provider: Provider) -> tuple[str, ...]:
    """The tariff, user group or charge group by code and name; the provider where there are several."""
    if isinstance(proposal, NewVersion):
        return proposal.tariff.code, proposal.tariff.name
    if isinstance(proposal, CustomerMoves) and len(proposal.user_groups) == 1:
        return proposal.user_groups[0].code, proposal.user_groups[0].name
    groups = proposal.groups
    return (groups[0].code, groups[0].name) if len(groups) == 1 else (provider.code, provider.name)


def _lost(preview: Preview) -> str:
    proposal, lost = preview.proposal, preview.impact.customers_by_effect["loses_access"]
    if not lost or (isinstance(proposal, PointMoves) and not _many_points(preview)):
        return ""
    if proposal.customers is not None:
        active = Customer.objects.filter(provider_id=proposal.provider_id, status=Customer.Status.ACTIVE)
        if preview.query.user_groups is not None:
            active = active.filter(user_group__in=preview.query.user_groups)
        had, who = active.count(), "customers lose access"
    else:
        had = sum(case.count for case in preview.impact.cases if case.before.allowed)
        who = "customers with access lose it"
    return f"{lost:,} of {had:,} {who}." if lost > had * LARGE else ""


def _many_points(preview: Preview) -> bool:
    """Who loses a few of a group's charge points can charge at the others."""
    return preview.impact.points > preview.points_there * LARGE


def _free(preview: Preview) -> str:
    free, number = becomes_free(preview.basis), preview.impact.points
    if not free:
        return ""
    points = f"{number:,} charge point{' becomes' if number == 1 else 's become'} free of charge"
    if len(free) > 1:
        return f"{points} for everyone who may charge there."
    who = who_may_charge(free[0].group, free[0].stored)
    return f"{points} for {who[0].lower()}{who[1:]}."


def _repriced(transitions: Sequence[PriceTransition]) -> str:
    most = max((_most(each) for each in transitions), default=Decimal(0))
    if most == Decimal("Infinity"):
        return "Sessions that were free of charge cost something."
    return f"The price of a session changes by up to {100 * most:.0f} %." if most > LARGE else ""


def _most(transition: PriceTransition) -> Decimal:
    changed = [each for each in transition.references if each.difference]
    shares = [abs(each.share) if each.share is not None else Decimal("Infinity") for each in changed]
    return max(shares, default=Decimal(0))
