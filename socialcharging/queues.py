"""Queues of charge points: join, leave, ask to free up, and pass the turn on. Every step locks the row of the queue."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from chargegroups.models import Terms
from chargepoints.authorization_facts import fetch_facts
from chargepoints.models import ChargePoint, Hold
from customers.models import ChargeCard, Customer, StaffMember
from evcnet.errors import DomainError
from gateway.models import ConnectorState
from gateway.running import running_transactions
from gateway.states import point_state
from socialcharging.mailing import tell
from socialcharging.models import Queue, QueueEntry, QueueMail, SocialSettings
from socialcharging.turns import Plan, RunningHold, Situation, Waiting, plan, standing_of

MOST_QUEUES = 5
"""A customer stands in so many queues at once."""
AT_ONCE = 50
Outcome = Hold.Outcome


class QueueRefusal(DomainError):
    """Why a driver can't do it; ``code`` is a key of socialcharging.texts."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def is_social(point: ChargePoint, at: datetime) -> bool:
    """Is social charging on in the group of the point?"""
    terms = Terms.objects.in_force(at).filter(charge_group=point.charge_group_id).first()
    return terms is not None and bool(terms.social_charging)


def may_charge(customer: Customer, point: ChargePoint, at: datetime) -> list[str]:
    """Of each of the customer's cards why it may not charge there, whoever the point is held for; empty: it may."""
    uids = ChargeCard.objects.filter(customer=customer).order_by("pk").values_list("uid", flat=True)
    return [_refusal(uid, point, at) for uid in uids]


def _refusal(uid: str, point: ChargePoint, at: datetime) -> str:
    decision = fetch_facts(uid, point.identity, at, held_at=None).decide()
    return "" if decision.allowed else decision.access.reason


@transaction.atomic
def join(customer: Customer, point: ChargePoint, now: datetime) -> QueueEntry:
    """Stand at the end of the queue, or start it. Raises QueueRefusal."""
    _locked(point, create=True)
    _check_may_queue(customer, point, now)
    mine = QueueEntry.objects.filter(customer=customer, left_at=None)
    stored: QueueEntry | None = mine.filter(charge_point=point).first()
    if stored is not None:
        return stored
    if mine.count() >= MOST_QUEUES:
        raise QueueRefusal("too_many_queues")
    if _runs_there(customer, point):
        raise QueueRefusal("charges_there")
    waiting = QueueEntry.objects.filter(charge_point=point, left_at=None)
    if not waiting.exists():
        if not point_state(point.pk).is_occupied:
            raise QueueRefusal("not_occupied")
        Queue.objects.filter(charge_point=point).update(charge_group=point.charge_group_id, out_since=None)
    entry: QueueEntry = QueueEntry.objects.create(
        provider_id=point.provider_id, charge_point=point, customer=customer, joined_at=now
    )
    _tell_who_charges(point, now)
    _advance(point.pk, now)
    return entry


@transaction.atomic
def ask_to_free_up(customer: Customer, point: ChargePoint, now: datetime) -> None:
    """Tell who charges there that somebody waits, once for each transaction. Raises QueueRefusal."""
    _locked(point, create=True)
    _check_may_queue(customer, point, now)
    if not point_state(point.pk).is_occupied:
        raise QueueRefusal("not_occupied")
    if _runs_there(customer, point):
        raise QueueRefusal("charges_there")
    _tell_who_charges(point, now)


@transaction.atomic
def leave(
    customer: Customer, point: ChargePoint, now: datetime, outcome: str = Outcome.LEFT, by: StaffMember | None = None
) -> bool:
    """Take the customer's entry out, with the hold that it has; False where there is none. The turn passes on."""
    if _locked(point) is None:
        return False
    removed = _remove(point.pk, QueueEntry.objects.filter(customer=customer), outcome, now, by)
    _advance(point.pk, now)
    return removed


def leave_all(customer: Customer, now: datetime, outcome: str) -> int:
    """Take the customer out of every queue; out of how many."""
    entries = QueueEntry.objects.filter(customer=customer, left_at=None).select_related("charge_point")
    return sum(leave(customer, entry.charge_point, now, outcome) for entry in entries.order_by("charge_point"))


@transaction.atomic
def begin_charging(customer: int, charge_point: int, now: datetime) -> None:
    """The customer begins to charge: their entry has what it waited for, and their hold is used."""
    if Queue.objects.select_for_update().filter(charge_point=charge_point).exists():
        _remove(charge_point, QueueEntry.objects.filter(customer=customer), Outcome.USED, now)
        _advance(charge_point, now)


@transaction.atomic
def advance(charge_point: int, now: datetime) -> None:
    """Remove whoever may wait no more, end the hold that is over, and give the next one where the point is free."""
    if Queue.objects.select_for_update().filter(charge_point=charge_point).exists():
        _advance(charge_point, now)


def advance_where(condition: Q, now: datetime) -> None:
    """The queues of entries of which this holds, as many as a request can wait for: the others have the minute's job."""
    waiting = QueueEntry.objects.filter(condition, left_at=None).order_by().values_list("charge_point", flat=True)
    for charge_point in waiting.distinct()[:AT_ONCE]:
        advance(charge_point, now)


def advance_all(now: datetime) -> None:
    """Every queue in which somebody waits, and every hold that nobody ended; each in a transaction of its own."""
    waiting = QueueEntry.objects.filter(left_at=None).order_by().values_list("charge_point", flat=True)
    held = Hold.objects.filter(ended_at=None).order_by().values_list("charge_point", flat=True)
    for charge_point in sorted({*waiting, *held}):
        advance(charge_point, now)


def _locked(point: ChargePoint, *, create: bool = False) -> Queue | None:
    """The row of the queue, locked; one is made where there is none and ``create`` is True."""
    if create and point.charge_group_id is not None:
        columns = {"provider_id": point.provider_id, "charge_group_id": point.charge_group_id}
        Queue.objects.get_or_create(charge_point=point, defaults=columns)
    queue: Queue | None = Queue.objects.select_for_update().filter(charge_point=point).first()
    if create and queue is None:
        raise QueueRefusal("not_here")
    return queue


def _check_may_queue(customer: Customer, point: ChargePoint, now: datetime) -> None:
    """Active customers of the provider who may charge there, where social charging is on. Raises QueueRefusal."""
    if customer.provider_id != point.provider_id or not is_social(point, now):
        raise QueueRefusal("not_here")
    if "" not in may_charge(customer, point, now):
        raise QueueRefusal("no_access")


def _runs_there(customer: Customer, point: ChargePoint) -> bool:
    return running_transactions().filter(charge_point=point, customer=customer).exists()


def _tell_who_charges(point: ChargePoint, now: datetime) -> None:
    for row in running_transactions().filter(charge_point=point).exclude(customer=None).select_related("customer"):
        if row.customer is not None and row.customer.provider_id == point.provider_id:
            tell(row.customer, point, QueueMail.Kind.WAITS, f"waits-{row.pk}", now)


def _advance(charge_point: int, now: datetime) -> None:
    """Within the lock of the queue."""
    queue = Queue.objects.select_related("charge_point__charge_group").get(charge_point=charge_point)
    point = queue.charge_point
    hold = Hold.objects.filter(charge_point=point, ended_at=None).first()
    situation = _situation(queue, hold, now)
    Queue.objects.filter(pk=queue.pk).update(out_since=situation.out_since)
    decided = plan(situation)
    if hold is not None and decided.hold_ends is not None:
        _end(hold, decided.hold_ends, decided.hold_ended_at or now)
    for entry, reason in decided.removals:
        QueueEntry.objects.filter(pk=entry).update(left_at=now, outcome=reason)
    _begin_turn(point, decided, now)


def _situation(queue: Queue, hold: Hold | None, now: datetime) -> Situation:
    point = queue.charge_point
    entries = QueueEntry.objects.filter(charge_point=point, left_at=None).select_related("customer")
    in_service = point.status == ChargePoint.Status.ACTIVE
    return Situation(
        at=now,
        is_social=point.charge_group_id == queue.charge_group_id and is_social(point, now),
        is_free=_is_free(point),
        out_since=None if in_service else queue.out_since or now,
        waiting=tuple(
            Waiting(each.pk, each.customer_id, standing_of(may_charge(each.customer, point, now))) for each in entries
        ),
        hold=RunningHold(hold.customer_id, hold.until) if hold is not None else None,
    )


def _is_free(point: ChargePoint) -> bool:
    """Is a connector available that no transaction has taken since it said so? Devices tell of a start before the state."""
    state = point_state(point.pk)
    if not state.is_free:
        return False
    taken = dict(running_transactions().filter(charge_point=point).values_list("evse", "last_message_at"))
    return any(
        row.state == ConnectorState.State.AVAILABLE and (row.evse not in taken or row.reported_at > taken[row.evse])
        for row in state.connectors
    )


def _begin_turn(point: ChargePoint, decided: Plan, now: datetime) -> None:
    if decided.turn is None or point.charge_group is None:
        return
    hold = Hold.objects.create(
        provider_id=point.provider_id,
        charge_point=point,
        customer_id=decided.turn.customer,
        begins_at=now,
        until=now + SocialSettings.of(point.charge_group).hold_time,
    )
    tell(hold.customer, point, QueueMail.Kind.TURN, f"turn-{hold.pk}", now)


def _remove(
    charge_point: int, entries: QuerySet[QueueEntry], outcome: str, now: datetime, by: StaffMember | None = None
) -> bool:
    """Take entries out of the queue, and end the hold of whoever has it. Were there any?"""
    rows = list(entries.filter(charge_point=charge_point, left_at=None))
    for row in rows:
        hold = Hold.objects.filter(charge_point=charge_point, customer=row.customer_id, ended_at=None).first()
        if hold is not None:
            _end(hold, outcome, now)
        row.left_at, row.outcome, row.removed_by = max(now, row.joined_at), outcome, by
        row.save(update_fields=["left_at", "outcome", "removed_by"])
    return bool(rows)


def _end(hold: Hold, outcome: str, at: datetime) -> None:
    """Never after its time, whoever comes late."""
    hold.ended_at, hold.outcome = max(hold.begins_at, min(at, hold.until)), outcome
    hold.save(update_fields=["ended_at", "outcome"])
