"""The pages of charge points, locations, decisions and sessions."""

from chargepoints.admin.charge_points import ChargePointAdmin
from chargepoints.admin.decisions import DecisionAdmin
from chargepoints.admin.locations import LocationAdmin
from chargepoints.admin.sessions import SessionAdmin

__all__ = ["ChargePointAdmin", "DecisionAdmin", "LocationAdmin", "SessionAdmin"]
