"""Transactions of devices: begun, read, ended, and made into sessions. Every message may come late, twice or never.

Each function is one database transaction that may be repeated: what the device says again changes nothing. What becomes
of starts that come twice, of ends without a start, of meters that go back and of clocks that are off: docs/gateway.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import structlog
from django.db import transaction
from django.utils import timezone

from chargegroups.access import PartnerSays
from chargepoints.authorization import Authorization, authorize, authorize_at
from chargepoints.models import ChargePoint, Session
from chargepoints.rating import Rater
from chargepoints.session_recorder import PINNED, pin
from evcnet.codes import uid_key
from evcnet.errors import DomainError
from gateway.meter import Metered, Reading, metered
from gateway.models import MeterReading, Transaction
from gateway.signals import transaction_began
from roaming.asking import answer_of_partner

AHEAD, BEHIND = timedelta(minutes=5), timedelta(days=90)
"""A device's clock is off where it is more than five minutes ahead, or more than 90 days behind."""
QUEUED_AFTER = timedelta(minutes=5)
"""A start that is older when it comes has waited in the device's queue."""
BETWEEN_READINGS = timedelta(minutes=1)
LOST_AFTER = timedelta(days=7)
"""A transaction of which nothing has come for so long has lost its end."""

CLOCK = "The device's clock was off: the time of receipt counts."
WENT_BACK = "The meter went back: what it said below an earlier value is left out."
NO_METER = "The device reported no meter value."
REPLACED = "Ended by the next transaction at the connector, since its end never came."
LOST = "Ended at its latest message, since its end never came."
IMPLAUSIBLE = "Not rated: {}"

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Start:
    """What a device says when a transaction begins. ``code`` None: the gateway gives it one."""

    charge_point: int
    uid: str
    at: datetime
    evse: int = 0
    meter: Decimal | None = None
    code: str | None = None
    connector: int = 0


@dataclass(frozen=True, slots=True)
class End:
    """What a device says when a transaction ends; ``uid`` where a card was held to the reader."""

    charge_point: int
    code: str
    at: datetime
    meter: Decimal | None = None
    readings: tuple[Reading, ...] = ()
    reason: str = ""


def begin(start: Start, now: datetime | None = None) -> tuple[Transaction, Authorization | None]:
    """The transaction, and the decision about its card; None where it is the same start once more, or names no card."""
    now = now or timezone.now()
    partner_says = _ask_partner(start.charge_point, start.uid, start.at, now)
    with transaction.atomic():
        point = ChargePoint.objects.select_for_update(no_key=True).get(pk=start.charge_point)
        known = _same_start(start)
        if known is not None and known.started_at is not None:
            return known, None
        _end_replaced(point, start, now)
        row = known or Transaction(provider_id=point.provider_id, charge_point=point, code=start.code or "")
        answer = _set_start(row, point, start, now, partner_says)
        _save(row)
        if row.ended_at is not None:
            _record(row, point, now)
        _announce(row, now)
        return row, answer


def _announce(row: Transaction, now: datetime) -> None:
    if row.ended_at is None and row.verdict == "ALLOWED":
        transaction_began.send(Transaction, begun=row, at=now)


def _same_start(start: Start) -> Transaction | None:
    """The transaction that this start is of, if it came before, or if its end did."""
    rows = Transaction.objects.select_for_update().filter(charge_point=start.charge_point)
    if start.code is not None:
        return rows.filter(code=start.code).first()
    same = {"evse": start.evse, "reported_start": start.at, "meter_start": start.meter}
    candidates = [row for row in rows.filter(**same) if _is_same_card(row, start.uid)]
    return candidates[0] if candidates else None


def _is_same_card(row: Transaction, uid: str) -> bool:
    """Compared as it was read; an erasure overwrites it, and then the moment alone tells."""
    return row.card_uid == "erased" or uid_key(row.card_uid) == uid_key(uid)


def _end_replaced(point: ChargePoint, start: Start, now: datetime) -> None:
    """A connector has one transaction: an older one that still runs has lost its end."""
    rows = Transaction.objects.select_for_update().filter(charge_point=point, evse=start.evse, session=None)
    rows = rows.filter(started_at__isnull=False, ended_at=None).exclude(code=start.code or "")
    for row in rows:
        latest = row.readings.order_by("-at").first()
        at = max(row.started_at or now, latest.at if latest else row.last_message_at)
        row.ended_at, row.note = min(at, max(start.at, row.started_at or at)), _noted(row.note, REPLACED)
        _record(row, point, now)


def _ask_partner(charge_point: int, uid: str, at: datetime, now: datetime) -> PartnerSays | None:
    """What the e-MSP says of a token that is held to the reader now, asked while nothing is locked; None where the stored
    token decides, as in the past."""
    if not uid.strip() or now - at > QUEUED_AFTER:
        return None
    identity = ChargePoint.objects.values_list("identity", flat=True).get(pk=charge_point)
    return answer_of_partner(authorize(uid, identity, now))


def _set_start(
    row: Transaction, point: ChargePoint, start: Start, now: datetime, partner_says: PartnerSays | None
) -> Authorization | None:
    plausible = now - BEHIND <= start.at <= now + AHEAD
    row.evse, row.connector, row.reported_start, row.last_message_at = start.evse, start.connector, start.at, now
    row.started_at = _whole(min(start.at, now) if plausible else now)
    row.meter_start = start.meter if row.meter_start is None else row.meter_start
    row.meter_latest = row.meter_latest if row.meter_latest is not None else start.meter
    row.card_uid = start.uid[:36]
    if not plausible:
        row.note = _noted(row.note, CLOCK)
    return identify(row, point, start.uid, now, partner_says)


def identify(
    row: Transaction, point: ChargePoint, uid: str, now: datetime, partner_says: PartnerSays | None = None
) -> Authorization | None:
    """Decide on the card when the transaction began, and pin it; None where no card is named. Not saved.

    A start that has just come is judged by the rows of now, at the prices of its moment, so that a card that was blocked a
    second ago is refused whatever the device's clock says. One out of a queue is judged by the rows of then.
    ``partner_says``: what the e-MSP answered of its token just now, if it was asked.
    """
    if row.started_at is None:
        return None
    is_queued = now - row.started_at > QUEUED_AFTER
    answer = (
        authorize_at(uid, point.identity, row.started_at, now=now)
        if is_queued
        else authorize(uid, point.identity, row.started_at, now=now).with_partner(partner_says)
    )
    pin(row, answer, now)
    row.card_uid = row.card_uid or uid.strip()[:36]
    return answer if uid.strip() else None


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _noted(note: str, text: str) -> str:
    return note if text in note else f"{note} {text}".strip()[:500]


def _save(row: Transaction) -> None:
    """Where the gateway gives the id, it is the row's own number."""
    with transaction.atomic():
        row.save()
        if not row.code:
            row.code = str(row.pk)
            row.save(update_fields=["code"])


def note_connector(charge_point: int, code: str, evse: int, connector: int) -> None:
    """Where the cable came after the card: what the start did not say."""
    Transaction.objects.filter(charge_point=charge_point, code=code, evse=0).update(evse=evse, connector=connector)


def read_meter(charge_point: int, code: str, readings: Iterable[Reading], now: datetime | None = None) -> None:
    """Keep meter values of a running transaction; those of one that is unknown or over are left out."""
    now = now or timezone.now()
    with transaction.atomic():
        row = Transaction.objects.select_for_update().filter(charge_point=charge_point, code=code, session=None).first()
        if row is not None and row.ended_at is None:
            _add_readings(row, readings)
            row.last_message_at = now
            row.save(update_fields=["meter_latest", "meter_start", "last_message_at"])


def _add_readings(row: Transaction, readings: Iterable[Reading]) -> None:
    """One a minute is kept of what comes in between; the beginning of a transaction is its meter at the start."""
    latest = row.readings.order_by("-at").values_list("at", flat=True).first()
    rows = []
    for reading in readings:
        if reading.context == "Transaction.Begin":
            row.meter_start = reading.watt_hours if row.meter_start is None else row.meter_start
        if latest is None or abs(reading.at - latest) >= BETWEEN_READINGS:
            latest = reading.at
            rows.append(MeterReading(transaction=row, at=reading.at, watt_hours=reading.watt_hours))
        if row.meter_latest is None or reading.watt_hours > row.meter_latest:
            row.meter_latest = reading.watt_hours
    MeterReading.objects.bulk_create(rows, ignore_conflicts=True)


def end(message: End, now: datetime | None = None) -> Transaction | None:
    """The transaction, ended, with its session; None where it had no start, which is kept until one comes."""
    now = now or timezone.now()
    with transaction.atomic():
        point = ChargePoint.objects.select_for_update(no_key=True).get(pk=message.charge_point)
        row = Transaction.objects.select_for_update().filter(charge_point=point, code=message.code).first()
        if row is None:
            row = Transaction(provider_id=point.provider_id, charge_point=point, code=message.code, last_message_at=now)
            row.save()
        if row.session_id is not None or row.ended_at is not None:
            return row if row.session_id else None
        _set_end(row, message, now)
        row.save()
        if row.started_at is None:
            logger.warning("transaction_without_start", charge_point=point.identity, transaction=row.code)
            return None
        _record(row, point, now)
        return row


def _set_end(row: Transaction, message: End, now: datetime) -> None:
    _add_readings(row, message.readings)
    if message.meter is not None:
        MeterReading.objects.get_or_create(transaction=row, at=message.at, defaults={"watt_hours": message.meter})
    row.reported_end, row.last_message_at = message.at, now
    row.ended_at = message.at


def _record(row: Transaction, point: ChargePoint, now: datetime) -> None:
    """Make the session of a transaction that has begun and ended, and rate it. Its readings become the session's periods."""
    if row.started_at is None or row.ended_at is None:
        raise ValueError("A transaction without its start or its end is no session.")
    row.ended_at = _end_by_clock(row, now)
    readings = [Reading(each.at, each.watt_hours) for each in row.readings.all()]
    measured = metered(row.started_at, row.ended_at, _by_clock(row, readings), row.meter_start)
    row.note = _noted(row.note, WENT_BACK) if measured.went_back else row.note
    row.note = _noted(row.note, NO_METER) if not readings else row.note
    session = _session(row, row.started_at, row.ended_at, point, measured)
    row.session = _rated(session, point)
    row.note = session.note
    row.save()
    row.readings.all().delete()


def _end_by_clock(row: Transaction, now: datetime) -> datetime:
    """Where the clock was off at the start, what it said the transaction lasted counts; never before the start."""
    begun, reported = row.started_at or now, row.reported_end or row.ended_at or now
    if CLOCK in row.note and row.reported_start is not None and not now - BEHIND <= reported <= now + AHEAD:
        reported = begun + (reported - row.reported_start)
    if reported < begun or reported > now + AHEAD:
        row.note = _noted(row.note, CLOCK)
        reported = now
    return max(_whole(reported), begun)


def _by_clock(row: Transaction, readings: list[Reading]) -> list[Reading]:
    """The readings by the clock that counts."""
    if CLOCK not in row.note or row.reported_start is None or row.started_at is None:
        return readings
    shift = row.started_at - row.reported_start
    return [Reading(each.at + shift, each.watt_hours, each.context) for each in readings]


def _session(row: Transaction, begun: datetime, ended: datetime, point: ChargePoint, measured: Metered) -> Session:
    pinned = {name: getattr(row, name) for name in PINNED}
    return Session(
        provider_id=point.provider_id,
        code=f"OCPP-{row.pk}",
        charge_point=point,
        started_at=begun,
        ended_at=ended,
        kwh=measured.kwh,
        parking_seconds=measured.parking_seconds,
        periods=list(measured.periods),
        note=row.note,
        **pinned,
    )


def _rated(session: Session, point: ChargePoint) -> Session:
    """The session, stored with its rating; without one where the card was not allowed, or no meter reports what this one did."""
    rating = None
    try:
        if session.tariff_version_id is not None:
            rating = Rater(point.provider).rating(session, session.tariff_version_id)
    except DomainError as implausible:
        session.note = _noted(session.note, IMPLAUSIBLE.format(implausible))
        logger.warning("session_not_rated", session=session.code, reason=str(implausible))
    session.save()
    if rating is not None:
        rating.session = session
        rating.save()
    return session


def end_lost(now: datetime) -> int:
    """Transactions of which nothing has come for a week end at their latest message; how many."""
    rows = Transaction.objects.filter(session=None, started_at__isnull=False, last_message_at__lt=now - LOST_AFTER)
    count = 0
    for charge_point, pk in rows.values_list("charge_point", "pk"):
        with transaction.atomic():
            point = ChargePoint.objects.select_for_update(no_key=True).get(pk=charge_point)
            row = Transaction.objects.select_for_update().filter(pk=pk, session=None).first()
            if row is None:
                continue
            latest = row.readings.order_by("-at").first()
            row.ended_at = max(row.started_at or now, latest.at if latest else row.last_message_at)
            row.note = _noted(row.note, LOST)
            _record(row, point, now)
            count += 1
    return count


def present_card(charge_point: int, code: str, uid: str, now: datetime | None = None) -> Authorization:
    """The decision about a card that is held to the reader while the transaction runs. The first one of a transaction that
    began without a card is pinned; by any other nothing changes."""
    now = now or timezone.now()
    partner_says = _ask_partner(charge_point, uid, now, now)
    with transaction.atomic():
        point = ChargePoint.objects.get(pk=charge_point)
        rows = Transaction.objects.select_for_update().filter(charge_point=point, code=code, session=None)
        row = rows.filter(started_at__isnull=False, card_uid="").first()
        answer = identify(row, point, uid, now, partner_says) if row is not None else None
        if row is not None and answer is not None:
            row.save()
            _announce(row, now)
        return answer or authorize(uid, point.identity, now).with_partner(partner_says)
