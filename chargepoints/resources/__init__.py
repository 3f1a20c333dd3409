"""CSV resources of locations, charge points and sessions."""

from chargepoints.resources.places import ChargePointResource, LocationResource
from chargepoints.resources.sessions import SessionResource

__all__ = ["ChargePointResource", "LocationResource", "SessionResource"]
