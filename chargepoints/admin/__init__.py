"""The pages of charge points, locations and sessions."""

from chargepoints.admin.charge_points import ChargePointAdmin
from chargepoints.admin.locations import LocationAdmin
from chargepoints.admin.sessions import SessionAdmin

__all__ = ["ChargePointAdmin", "LocationAdmin", "SessionAdmin"]
