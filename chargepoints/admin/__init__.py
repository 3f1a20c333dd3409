"""The pages of charge points and locations."""

from chargepoints.admin.locations import LocationAdmin
from chargepoints.admin.points import ChargePointAdmin

__all__ = ["ChargePointAdmin", "LocationAdmin"]
