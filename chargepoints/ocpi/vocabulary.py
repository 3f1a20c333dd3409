"""Words that OCPI 2.2.1 has for connectors and states, and what they mean here."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

FORMATS: Final = ("SOCKET", "CABLE")
PHASES: Final = {"AC_1_PHASE": 1, "AC_2_PHASE": 2, "AC_2_PHASE_SPLIT": 2, "AC_3_PHASE": 3, "DC": 1}
_DOMESTIC = " ".join(f"DOMESTIC_{letter}" for letter in "ABCDEFGHIJKLMNO")
CONNECTORS: Final = tuple(
    f"CHADEMO CHAOJI {_DOMESTIC} GBT_AC GBT_DC IEC_60309_2_single_16 IEC_60309_2_three_16 IEC_60309_2_three_32 "
    "IEC_60309_2_three_64 IEC_62196_T1 IEC_62196_T1_COMBO IEC_62196_T2 IEC_62196_T2_COMBO IEC_62196_T3A "
    "IEC_62196_T3C NEMA_5_20 NEMA_6_30 NEMA_6_50 NEMA_10_30 NEMA_10_50 NEMA_14_30 NEMA_14_50 "
    "PANTOGRAPH_BOTTOM_UP PANTOGRAPH_TOP_DOWN TESLA_R TESLA_S".split()
)
LATER_CONNECTORS: Final = ("MCS", "SAE_J3400")
"""OCPI 2.3.0 has these as well: they are read, and a 2.2.1 file can't say them."""

SPELLED: Final = {name.upper(): name for name in (*CONNECTORS, *LATER_CONNECTORS)}
"""Feeds differ in the case of IEC_60309_2_three_16."""

WORKING: Final = frozenset({"AVAILABLE", "BLOCKED", "CHARGING", "RESERVED"})
"""The states of a device that works. UNKNOWN is not among them: what nobody knows of is switched on by hand."""

REMOVED: Final = "REMOVED"
STATES: Final = (*sorted(WORKING), "INOPERATIVE", "OUTOFORDER", "PLANNED", REMOVED, "UNKNOWN")

MOST_WATTS: Final = 1_000_000
_LINE_TO_LINE = 300
"""Volts. OCPI wants those between line and neutral; where more are given for three phases, they are between lines."""


def connector_names(version: str) -> tuple[str, ...]:
    """Those that a version of OCPI has."""
    return CONNECTORS if version == "2.2.1" else (*CONNECTORS, *LATER_CONNECTORS)


def watts(power_type: str, volts: int, amps: int) -> int:
    """What a connector can give at most, where the file does not say it."""
    if power_type == "AC_3_PHASE" and volts > _LINE_TO_LINE:
        return int(Decimal(3).sqrt() * volts * amps)
    return PHASES[power_type] * volts * amps
