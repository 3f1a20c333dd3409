"""Which columns do the files of locations and charge points have?"""

from __future__ import annotations

from typing import Any

from chargegroups.models import ChargeGroup
from chargepoints.models import ChargePoint, Location
from customers.models import Customer
from evcnet.refusals import Refused
from evcnet.transfer.columns import Choice, Code, Column, Country, Flag, Number, Reference
from evcnet.transfer.kinds import Kind, Row, same_letters

ACTIVE, INACTIVE = ChargePoint.Status.ACTIVE.value, ChargePoint.Status.INACTIVE.value


class Locations(Kind):
    name, model, key = "locations", Location, ("code",)
    columns = (
        Code("code", required=True),
        Column("name", required=True),
        Column("address"),
        Column("postal_code"),
        Column("city"),
        Country("country", required=True),
        Number("latitude", decimals=7, least=-90, most=90, rounded=True, what="degrees"),
        Number("longitude", decimals=7, least=-180, most=180, rounded=True, what="degrees"),
        Code("time_zone", default=None),
        Flag("published"),
    )

    def settle(self, row: Row, wanted: dict[str, Any], stored: dict[str, Any] | None) -> None:
        if wanted["time_zone"] is None:
            wanted["time_zone"] = row.provider.time_zone


class ChargePoints(Kind):
    name, model, key, folded = "charge_points", ChargePoint, ("identity",), True
    columns = (
        Code("identity", required=True),
        Column("name"),
        Reference("location", Location),
        Reference("charge_group", ChargeGroup),
        Reference("owner", Customer, by="number"),
        Code("evse_id", default=""),
        Number("max_power_kw", decimals=3, most=1_000, what="kW"),
        Choice("status", ChargePoint.Status.values, default=INACTIVE),
    )

    def settle(self, row: Row, wanted: dict[str, Any], stored: dict[str, Any] | None) -> None:
        same_letters(wanted, stored, "identity")
        missing = [name for name in ("charge_group", "location") if wanted[name] is None]
        if wanted["status"] != ACTIVE or not missing:
            return
        if row.said("status"):
            raise Refused(
                f"It can't be active without a {' and a '.join(missing)}: name it, or write inactive.", "status"
            )
        wanted["status"] = INACTIVE  # one that is taken out of its group or place stops working
