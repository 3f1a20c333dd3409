"""OCPI CDR objects: one for each rating, and a credit CDR for the rating that a correction takes the place of."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from chargepoints.models import Rating, Session
from chargepoints.ocpi.export_locations import location_fields
from roaming.models import PartnerToken
from roaming.ocpi.session_object import (
    AUTHORIZED,
    cdr_token,
    charging_periods,
    connector_of,
    hours,
    price,
    seconds,
    transaction_of,
)
from tariffs.ocpi.export_tariffs import tariff_of_version

DIMENSIONS = {
    "FLAT": "total_fixed_cost",
    "ENERGY": "total_energy_cost",
    "TIME": "total_time_cost",
    "PARKING_TIME": "total_parking_cost",
}


def cdr_id(code: str, number: int, *, credit: bool = False) -> str:
    """The first has the session's id, and each later one its number. At most 39 characters, as OCPI has it."""
    end = "" if number == 1 and not credit else f"-{number}{'C' if credit else ''}"
    return f"{code[: 39 - len(end)]}{end}"


def cdr_object(
    rating: Rating, token: PartnerToken, version: str, *, corrected_by: Rating | None = None
) -> dict[str, Any]:
    """``corrected_by``: the rating that took its place; then it is the credit CDR, whose costs are negative."""
    session, provider = rating.session, rating.session.provider
    whole = int((rating.ended_at - session.started_at).total_seconds())
    tariff = tariff_of_version(provider, rating.tariff_version, version)
    written = {
        "country_code": provider.country_code.code,
        "party_id": provider.party_id,
        "id": cdr_id(session.code, rating.number, credit=corrected_by is not None),
        "start_date_time": seconds(session.started_at),
        "end_date_time": seconds(rating.ended_at),
        "session_id": session.code,
        "cdr_token": cdr_token(token),
        "auth_method": AUTHORIZED[token.whitelist],
        "cdr_location": _place(session),
        "currency": rating.currency,
        "tariffs": [tariff] if tariff else [],
        "charging_periods": charging_periods(session, rating, rating.tariff_version.tariff.code),
        "total_energy": rating.kwh,
        "total_time": hours(whole),
        "total_parking_time": hours(rating.parking_seconds),
        **_costs(rating, version, -1 if corrected_by else 1),
        "remark": rating.reason[:255],
        "last_updated": seconds((corrected_by or rating).created_at),
    }
    if corrected_by is not None:
        written |= {"credit": True, "credit_reference_id": cdr_id(session.code, rating.number)}
    return {name: value for name, value in written.items() if value not in ("", [])}


def _costs(rating: Rating, version: str, sign: int) -> dict[str, Any]:
    """The total, which is rounded once, and what it is made of."""
    excl: dict[str, Decimal] = defaultdict(Decimal)
    incl: dict[str, Decimal] = defaultdict(Decimal)
    for line in rating.lines:
        if line["dimension"] in DIMENSIONS:
            excl[line["dimension"]] += Decimal(str(line["excl_vat"]))
            incl[line["dimension"]] += Decimal(str(line["incl_vat"]))
    parts = {DIMENSIONS[name]: price(sign * excl[name], sign * incl[name], version) for name in excl}
    return {"total_cost": price(sign * rating.excl_vat, sign * rating.incl_vat, version), **parts}


def _place(session: Session) -> dict[str, Any]:
    point = session.charge_point
    connector, location = connector_of(point, transaction_of(session)), point.location
    fields = location_fields(location) if location else {}
    written = {
        "id": fields.get("id", "-"),
        "name": fields.get("name", ""),
        "address": fields.get("address", "-")[:45],
        "city": fields.get("city", "-")[:45],
        "postal_code": fields.get("postal_code", "")[:10],
        "country": fields.get("country", "NLD"),
        "coordinates": fields.get("coordinates", {"latitude": "0.0000000", "longitude": "0.0000000"}),
        "evse_uid": point.evse_uid[:36],
        "evse_id": point.evse_id or point.identity,
        "connector_id": connector.ocpi_id if connector else "1",
        "connector_standard": connector.standard if connector else "IEC_62196_T2",
        "connector_format": connector.format if connector else "SOCKET",
        "connector_power_type": connector.power_type if connector else "AC_3_PHASE",
    }
    return {name: value for name, value in written.items() if value}
