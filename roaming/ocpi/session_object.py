"""OCPI session objects, of recorded sessions and of running transactions; and what they share with CDRs."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from chargepoints.models import ChargePoint, Connector, Rating, Session
from gateway.models import Transaction
from roaming.models import PartnerToken
from tariffs.ocpi.export_tariffs import FIRST
from tariffs.ocpi.fields import format_moment

AUTHORIZED = {"ALWAYS": "WHITELIST", "ALLOWED": "WHITELIST", "ALLOWED_OFFLINE": "AUTH_REQUEST", "NEVER": "AUTH_REQUEST"}
FOURTH = Decimal("0.0001")


def session_object(session: Session, rating: Rating | None, token: PartnerToken, version: str) -> dict[str, Any]:
    """``rating`` is the one that counts; None: the session has no price."""
    counted = rating or session
    written = {
        **_common(session, transaction_of(session), session.code, session.started_at, token),
        "end_date_time": seconds(counted.ended_at),
        "kwh": counted.kwh,
        "currency": rating.currency if rating else session.provider.currency,
        "charging_periods": charging_periods(session, rating, None),
        "status": "COMPLETED",
        "last_updated": seconds(max(session.ended_at, rating.created_at) if rating else session.ended_at),
    }
    return written | ({"total_cost": price(rating.excl_vat, rating.incl_vat, version)} if rating else {})


def running_object(row: Transaction, token: PartnerToken) -> dict[str, Any]:
    """A transaction that runs: what its meter has said so far."""
    begun, latest = row.meter_start, row.meter_latest
    return {
        **_common(row, row, session_id(row), row.started_at or row.last_message_at, token),
        "kwh": max(latest - begun, Decimal(0)) / 1000 if begun is not None and latest is not None else Decimal(0),
        "currency": row.tariff_version.tariff.currency if row.tariff_version else row.provider.currency,
        "status": "ACTIVE",
        "last_updated": seconds(row.last_message_at),
    }


def session_id(row: Transaction) -> str:
    """The code of the session that it becomes."""
    return f"OCPP-{row.pk}"


def transaction_of(session: Session) -> Transaction | None:
    """None: the session came from elsewhere than our gateway."""
    return getattr(session, "transaction", None)


def _common(
    row: Session | Transaction, used: Transaction | None, code: str, begun: datetime, token: PartnerToken
) -> dict[str, Any]:
    provider, point = row.provider, row.charge_point
    connector = connector_of(point, used)
    return {
        "country_code": provider.country_code.code,
        "party_id": provider.party_id,
        "id": code,
        "start_date_time": seconds(begun),
        "cdr_token": cdr_token(token),
        "auth_method": AUTHORIZED[token.whitelist],
        "location_id": point.location.code if point.location else "-",
        "evse_uid": point.evse_uid[:36],
        "connector_id": connector.ocpi_id if connector else "1",
    }


def connector_of(point: ChargePoint, used: Transaction | None) -> Connector | None:
    """That of the transaction, by its number or its place; the first where the gateway did not see the transaction."""
    rows = sorted(point.connectors.all(), key=lambda each: (len(each.ocpi_id), each.ocpi_id))
    number = used.connector_number if used else 0
    named = [each for each in rows if each.ocpi_id == str(number)]
    return next(iter(named or rows[number - 1 : number] or rows), None)


def cdr_token(token: PartnerToken) -> dict[str, str]:
    """What of a token stands in sessions and CDRs."""
    partner = token.partner
    party = {"country_code": partner.country_code.code, "party_id": partner.party_id}
    return party | {"uid": token.uid, "type": token.type, "contract_id": token.contract_id}


def charging_periods(session: Session, rating: Rating | None, tariff_id: str | None) -> list[dict[str, Any]]:
    """What the meter reported, else one period of charging and one of parking."""
    counted = rating or session
    whole = (counted.ended_at - session.started_at) // timedelta(seconds=1)
    same = (counted.ended_at, counted.kwh, counted.parking_seconds) == (
        session.ended_at, session.kwh, session.parking_seconds,
    )  # fmt: skip
    rows = [tuple(each) for each in session.periods] if same else []
    if not rows:
        rows = [("charging", whole - counted.parking_seconds, counted.kwh)]
        rows += [("parking", counted.parking_seconds, 0)] if counted.parking_seconds else []
    periods, at = [], session.started_at
    for activity, lasts, kwh in rows:
        periods.append(_period(at, activity, lasts, Decimal(str(kwh)), tariff_id))
        at += timedelta(seconds=lasts)
    return periods


def _period(at: datetime, activity: str, lasts: int, kwh: Decimal, tariff_id: str | None) -> dict[str, Any]:
    time = {"type": "PARKING_TIME" if activity == "parking" else "TIME", "volume": hours(lasts)}
    energy = [] if activity == "parking" else [{"type": "ENERGY", "volume": kwh}]
    period = {"start_date_time": seconds(at), "dimensions": [*energy, time]}
    return period | ({"tariff_id": tariff_id} if tariff_id else {})


def hours(lasts: int) -> Decimal:
    return rounded(Decimal(lasts) / 3600)


def price(excl: Decimal, incl: Decimal, version: str) -> dict[str, Any]:
    """An amount with and without VAT, as the version of OCPI has it."""
    if version == FIRST:
        return {"excl_vat": rounded(excl), "incl_vat": rounded(incl)}
    return {"before_taxes": rounded(excl), "taxes": [{"name": "VAT", "amount": rounded(incl - excl)}]}


def rounded(value: Decimal) -> Decimal:
    """OCPI's numbers have four decimals."""
    return value.quantize(FOURTH, ROUND_HALF_UP)


def seconds(moment: datetime) -> str:
    return format_moment(moment.replace(microsecond=0))
