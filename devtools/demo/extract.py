"""An extract of open data: the real charge points and tariffs of the demo; see data/ATTRIBUTION.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evcnet.importexport.json_file import read_objects

DATA = Path(__file__).parent / "data"

WATERLAND_PARTIES = ("NUO",)
OWNERS_PARTIES = ("SGM",)
HARBOUR_PARTIES = ("LIT", "LDL")
UNGROUPED_PARTIES = ("BMC", "CPI", "DAE")


def tariffs() -> list[Any]:
    return read_objects(DATA / "tariffs.ocpi221.json")


def locations() -> dict[str, list[Any]]:
    """OCPI locations by the part that they play in the demo."""
    parts: dict[str, list[Any]] = {}
    for location in read_objects(DATA / "locations.ocpi221.json"):
        parts.setdefault(_part(location), []).append(location)
    # Nobody but the company and the owners needs to find these in an app.
    for location in (*parts["waterland"], *parts["owners"]):
        location["publish"] = False
    return parts


def _part(location: dict[str, Any]) -> str:
    party = location["party_id"]
    for part, parties in (
        ("waterland", WATERLAND_PARTIES),
        ("owners", OWNERS_PARTIES),
        ("harbour", HARBOUR_PARTIES),
        ("ungrouped", UNGROUPED_PARTIES),
    ):
        if party in parties:
            return part
    if any(connector["power_type"] == "DC" for evse in location["evses"] for connector in evse["connectors"]):
        return "fast"
    return "leusden" if location["postal_code"].startswith("38") else "borsele"
