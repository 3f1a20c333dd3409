"""Local lists: the cards that a device may let charge while its line is lost, and whether the device has them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from changes.preview import attached_customers
from chargegroups.customer_access import CustomerAccess, filter_customers
from chargegroups.customer_facts import CustomerFacts, FactsQuery
from chargegroups.group_snapshots import GroupSnapshot
from chargegroups.models import ChargeGroup
from chargepoints.models import ChargePoint
from customers.models import ChargeCard, Customer
from evcnet.codes import uid_key
from evcnet.validity import valid_at
from gateway.models import Device
from gateway.registration import why_pending

MOST = 5_000
"""So many entries are sent at most, whatever the device could hold."""
LONGEST_UID = 20
"""Signs of an idTag (1.6). A longer uid is left out: a device could not compare it."""
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class ListEntry:
    """A uid as readers send it, capitals without separators, and until when it counts; None: for ever."""

    uid: str
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class DesiredList:
    """What the device of a charge point should hold. ``fingerprint`` is empty for none."""

    entries: tuple[ListEntry, ...]
    fingerprint: str
    stored_version: int
    stored_fingerprint: str

    @property
    def is_there(self) -> bool:
        """Does the device hold it already, as far as we know?"""
        return self.fingerprint == self.stored_fingerprint


def local_list(charge_point: int, limit: int) -> DesiredList:
    """For the device now: none for a point that is not active, or whose group has social charging."""
    now = timezone.now()
    point = ChargePoint.objects.select_related("charge_group", "location").get(pk=charge_point)
    device = Device.objects.get(charge_point=point)
    group = point.charge_group
    entries: list[ListEntry] = []
    if group is not None and not why_pending(point):
        entries = allowed_entries(group, min(limit, MOST), now)
    Device.objects.filter(pk=device.pk).update(list_limit=limit, list_checked_at=now)
    return DesiredList(tuple(entries), _fingerprint(entries), device.list_version, device.list_fingerprint)


def keep_sent(charge_point: int, version: int, fingerprint: str, length: int) -> None:
    """The device has taken the list."""
    values = {"list_version": version, "list_fingerprint": fingerprint, "list_length": length}
    Device.objects.filter(charge_point=charge_point).update(**values)


def _fingerprint(entries: Sequence[ListEntry]) -> str:
    if not entries:
        return ""
    lines = sorted(f"{entry.uid} {entry.valid_until}" for entry in entries)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def allowed_entries(group: ChargeGroup, limit: int, now: datetime) -> list[ListEntry]:
    """The cards of the group's own provider that the access rules allow at the moment, regulars first; at most ``limit``."""
    snapshot = GroupSnapshot.of(group, now)
    if snapshot.terms is None or snapshot.terms.policy.social_charging:
        return []
    query = FactsQuery(group.provider_id, [group.pk], now, roaming=snapshot.roaming, statuses=["active"])
    allowed = [access for shared in query.sets() if (access := CustomerAccess.of(snapshot, shared)).allowed]
    customers = filter_customers(snapshot, Customer.objects.order_by("pk"), allowed)
    entries: dict[str, ListEntry] = {}
    for card in _cards(customers, attached_customers([group.pk], now), now, snapshot, query):
        uid = uid_key(card.uid)
        if len(entries) >= limit:
            break
        if 0 < len(uid) <= LONGEST_UID:
            entries.setdefault(uid, ListEntry(uid, card.valid_until))
    return list(entries.values())


def _cards(
    customers: QuerySet[Customer, Customer], regulars: RawSQL, now: datetime, snapshot: GroupSnapshot, query: FactsQuery
) -> Iterator[ChargeCard]:
    """Active, valid cards of the customers that are allowed themselves; those of regulars first."""
    rows = ChargeCard.objects.filter(valid_at(now), customer__in=customers, status=ChargeCard.Status.ACTIVE)
    for part in (rows.filter(customer__in=regulars), rows.exclude(customer__in=regulars)):
        after = 0
        while page := list(part.filter(pk__gt=after).order_by("pk")[:AT_ONCE]):
            after = page[-1].pk
            yield from _allowed_cards(page, snapshot, query)


def _allowed_cards(cards: Sequence[ChargeCard], snapshot: GroupSnapshot, query: FactsQuery) -> Iterator[ChargeCard]:
    """A customer counts by the best of the cards; each card by itself."""
    facts = query.of_customers({card.customer_id for card in cards if card.customer_id is not None})
    verdicts: dict[tuple[str, bool], bool] = {}
    for card in cards:
        shared = facts.get(card.customer_id or 0)
        if shared is None:
            continue
        key = (shared.key, card.roaming)
        if key not in verdicts:
            own: CustomerFacts = replace(shared.facts, roams=card.roaming)
            verdicts[key] = snapshot.judge(own).allowed
        if verdicts[key]:
            yield card
