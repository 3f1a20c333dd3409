"""Is a change so big that a name is to be typed before it is made, and why?"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from changes.admin.reference_prices import PriceTransition
from changes.impact import Impact
from changes.preview import Preview
from changes.proposals import CustomerMoves, NewVersion, Proposal
from changes.proposals.points import PointMoves
from chargegroups.access_summary import who_may_charge
from chargegroups.group_snapshots import GroupSnapshot
from customers.models import Customer, Provider

LARGE = Decimal("0.1")
"""One in ten: of the customers with access, or of the price of a reference session."""


def reasons(seen: Preview, transitions: Sequence[PriceTransition], free: Sequence[GroupSnapshot]) -> list[str]:
    """Why the name is asked for; nothing where the change is an ordinary one."""
    told = [_lost(seen), _free(seen.impact, free), _repriced(transitions)]
    return [reason for reason in told if reason]


def names_of(proposal: Proposal) -> tuple[str, ...]:
    """What may be typed, by code or name: the tariff, user group or charge group; the provider where there are several."""
    if isinstance(proposal, NewVersion):
        return proposal.tariff.code, proposal.tariff.name
    if isinstance(proposal, CustomerMoves) and len(proposal.user_groups) == 1:
        return proposal.user_groups[0].code, proposal.user_groups[0].name
    groups = proposal.groups
    if len(groups) == 1:
        return groups[0].code, groups[0].name
    provider = Provider.objects.get(pk=proposal.provider_id)
    return provider.code, provider.name


def name_matches(typed: str, names: Sequence[str]) -> bool:
    return " ".join(typed.split()).casefold() in {" ".join(name.split()).casefold() for name in names}


def _lost(seen: Preview) -> str:
    lost = seen.impact.counts["loses_access"]
    if not lost or (isinstance(seen.proposal, PointMoves) and not _many_points(seen)):
        return ""
    if seen.proposal.customers is not None:
        all_of_them = Customer.objects.filter(provider_id=seen.proposal.provider_id, status=Customer.Status.ACTIVE)
        had, who = all_of_them.count(), "customers lose access"
    else:
        had, who = sum(case.count for case in seen.impact.cases if case.before.allowed), "customers with access lose it"
    return f"{lost:,} of {had:,} {who}." if lost > had * LARGE else ""


def _many_points(seen: Preview) -> bool:
    """Who loses a few of a group's charge points can charge at the others."""
    return seen.impact.points > seen.points_there * LARGE


def _free(impact: Impact, free: Sequence[GroupSnapshot]) -> str:
    if not free:
        return ""
    points = f"{impact.points:,} charge point{' becomes' if impact.points == 1 else 's become'} free of charge"
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
    shares = [abs(each.share) if each.share is not None else Decimal("Infinity")
              for each in transition.references if each.difference]  # fmt: skip
    return max(shares, default=Decimal(0))
