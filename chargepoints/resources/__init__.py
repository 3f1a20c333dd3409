"""CSV resources of locations, charge points, decisions and sessions."""

from chargepoints.resources.charge_points import ChargePointResource
from chargepoints.resources.decisions import DecisionResource
from chargepoints.resources.locations import LocationResource
from chargepoints.resources.sessions import SessionResource

__all__ = ["ChargePointResource", "DecisionResource", "LocationResource", "SessionResource"]

RESOURCES = (LocationResource, ChargePointResource, SessionResource, DecisionResource)
