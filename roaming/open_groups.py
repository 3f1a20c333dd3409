"""Charge groups that are open to a partner's customers, what they pay there, and since when it is so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from chargegroups.access import Facts
from chargegroups.group_snapshots import GroupSnapshot, group_snapshots
from chargegroups.models import ChargeGroup, Terms
from chargegroups.terms import Decision, decide
from roaming.models import Agreement, Partner
from tariffs.models import TariffVersion


@dataclass(frozen=True)
class OpenGroup:
    """``tariff`` is the id of the tariff that tokens of the partner pay at the group."""

    group: ChargeGroup
    tariff: int
    changed_at: datetime


def open_groups(partner: Partner, at: datetime) -> dict[int, OpenGroup]:
    """By the group's id; none without an agreement in force. The number of queries does not grow with the groups."""
    agreement = Agreement.objects.in_force(at).filter(partner=partner).first()
    if agreement is None:
        return {}
    roaming = Terms.objects.filter(provider=partner.provider_id, roaming=True).in_force(at)
    groups = ChargeGroup.objects.filter(pk__in=roaming.values("charge_group"), type=ChargeGroup.Type.OTHER)
    also = [agreement.tariff_id] if agreement.tariff_id else []
    snapshots = group_snapshots(list(groups), at, also=also)
    paid = {pk: tariff for pk, each in snapshots.items() if (tariff := _paid(each, agreement)) is not None}
    changed = _versions_changed(set(paid.values()), at)
    return {
        pk: OpenGroup(snapshots[pk].group, tariff, max(_changed(snapshots[pk], agreement), changed[tariff]))
        for pk, tariff in paid.items()
    }


def decision_for_partners(snapshot: GroupSnapshot, agreement: Agreement) -> Decision:
    """What the access rules say of a valid token of the agreement's partner at a working point of the group."""
    facts = Facts(
        at=snapshot.at,
        point_known=True,
        point_status="active",
        point_in_group=True,
        point_located=True,
        partner_vouches=True,
        token_valid=True,
    )
    return decide(facts, snapshot.terms, agreement_tariff=snapshot.tariff(agreement.tariff_id))


def _paid(snapshot: GroupSnapshot, agreement: Agreement) -> int | None:
    decision = decision_for_partners(snapshot, agreement)
    return int(decision.tariff.code) if decision.tariff else None


def _changed(snapshot: GroupSnapshot, agreement: Agreement) -> datetime:
    terms = snapshot.stored
    moments = [agreement.valid_from, *([terms.valid_from, terms.created_at] if terms else [])]
    return max(each for each in moments if each <= snapshot.at)


def _versions_changed(tariffs: Iterable[int], at: datetime) -> dict[int, datetime]:
    """When the objects of each tariff last changed: a version was announced, or came into force."""
    moments: dict[int, list[datetime]] = defaultdict(list)
    rows = TariffVersion.objects.filter(tariff__in=tariffs)
    for tariff, *dates in rows.values_list("tariff", "created_at", "valid_from", "valid_until"):
        moments[tariff] += [each for each in dates if each is not None and each <= at]
    return {tariff: max(each) for tariff, each in moments.items()}
