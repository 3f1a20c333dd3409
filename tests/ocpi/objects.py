"""OCPI objects as feeds have them; keyword arguments replace fields, and None stands for null."""

import json
import lzma
from typing import Any


def location(code: str = "M1", *evses: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "country_code": "NL",
        "party_id": "GRG",
        "id": code,
        "publish": True,
        "name": "Market square",
        "address": "Market 1",
        "city": "Leusden",
        "postal_code": "3831 AA",
        "country": "NLD",
        "coordinates": {"latitude": "52.1309400", "longitude": "5.4323300"},
        "time_zone": "Europe/Amsterdam",
        "evses": list(evses),
        "last_updated": "2026-06-06T23:00:31Z",
    } | fields


def evse(evse_id: str | None = "NL*GRG*E1", *connectors: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "uid": f"uid of {evse_id}",
        "evse_id": evse_id,
        "status": "AVAILABLE",
        "connectors": list(connectors) or [connector()],
        "last_updated": "2026-06-06T23:00:31Z",
    } | fields


def connector(**fields: Any) -> dict[str, Any]:
    return {
        "id": "1",
        "standard": "IEC_62196_T2",
        "format": "SOCKET",
        "power_type": "AC_3_PHASE",
        "max_voltage": 230,
        "max_amperage": 16,
        "max_electric_power": None,
        "last_updated": "2026-06-06T23:00:31Z",
    } | fields


def tariff(code: str = "T1", price: Any = 0.35, **fields: Any) -> dict[str, Any]:
    return {
        "country_code": "NL",
        "party_id": "GRG",
        "id": code,
        "currency": "EUR",
        "type": None,
        "elements": [{"price_components": [{"type": "ENERGY", "price": price, "vat": 21, "step_size": 1}]}],
        "start_date_time": None,
        "end_date_time": None,
        "last_updated": "2026-05-26T11:08:05Z",
    } | fields


def written(path, *objects: Any):
    """The objects in a file, packed if its name says so."""
    text = json.dumps(list(objects)).encode()
    path.write_bytes(lzma.compress(text) if path.suffix == ".xz" else text)
    return path
