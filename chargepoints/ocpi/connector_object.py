"""OCPI connector objects: parsed into columns of connectors, with their power."""

from __future__ import annotations

from typing import Any

from chargepoints.ocpi.vocabulary import FORMATS, MOST_WATTS, PHASES, SPELLED, watts
from tariffs.ocpi.fields import Fields

MOST_VOLTS_OR_AMPS = 100_000


def parse_connectors(evse: Fields) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """By id the columns of each Connector, with its power in ``watts``; and the tariff ids that they name.

    What is wrong with them is said at the EVSE.
    """
    connectors: dict[str, dict[str, Any]] = {}
    tariff_ids: dict[str, None] = {}
    for fields in evse.objects("connectors"):
        name = fields.text("id", 36, required=True)
        if name in connectors:
            fields.refuse_field("id", f"“{name}” occurs twice in this EVSE", "give each connector an id of its own")
        connectors[name] = _connector(fields)
        tariff_ids |= dict.fromkeys(_tariff_ids(fields))
        evse.problems += fields.problems
    return connectors, list(tariff_ids)


def _connector(fields: Fields) -> dict[str, Any]:
    values = {
        "standard": _standard(fields),
        "format": fields.choice(fields.path("format"), fields.text("format", 20), FORMATS),
        "power_type": fields.choice(fields.path("power_type"), fields.text("power_type", 20), tuple(PHASES)),
        "max_voltage": _whole(fields, "max_voltage", "V"),
        "max_amperage": _whole(fields, "max_amperage", "A"),
        "max_electric_power": _explicit_power(fields),
    }
    return values | {"watts": 0 if fields.problems else _power(fields, values)}


def _standard(fields: Fields) -> str:
    given = fields.text("standard", 30, required=True)
    if given and given.upper() not in SPELLED:
        fields.refuse_field("standard", f"“{given}” is no connector type of OCPI", "give one like IEC_62196_T2")
    return SPELLED.get(given.upper(), "")


def _whole(fields: Fields, name: str, unit: str) -> int | None:
    if name not in fields.present:
        fields.refuse_field(name, "is absent", f"give it in {unit}")
        return None
    return fields.whole(fields.path(name), fields.present[name], most=MOST_VOLTS_OR_AMPS, unit=unit)


def _explicit_power(fields: Fields) -> int | None:
    if "max_electric_power" not in fields.present:
        return None
    given = fields.whole(fields.path("max_electric_power"), fields.present["max_electric_power"], most=10**15, unit="W")
    return given if given is None or _plausible(fields, "max_electric_power", given) else None


def _power(fields: Fields, values: dict[str, Any]) -> int:
    if values["max_electric_power"] is not None:
        return int(values["max_electric_power"])
    reckoned = watts(values["power_type"], values["max_voltage"], values["max_amperage"])
    return reckoned if _plausible(fields, "max_voltage", reckoned) else 0


def _plausible(fields: Fields, name: str, power: int) -> bool:
    if power > MOST_WATTS:
        fields.refuse_field(name, f"{power:,} W is a power that no connector has", "give watts, at most 1,000,000")
    return power <= MOST_WATTS


def _tariff_ids(fields: Fields) -> list[str]:
    given = fields.present.get("tariff_ids", [])
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        fields.refuse_field("tariff_ids", "is not a list of texts", 'give one like ["STANDARD"]')
        return []
    return given
