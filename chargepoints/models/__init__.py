"""Locations, charge points, sessions and ratings."""

from chargepoints.models.decisions import DecisionEntry
from chargepoints.models.dismissals import Dismissal
from chargepoints.models.holds import Hold
from chargepoints.models.locations import Location
from chargepoints.models.points import ChargePoint, Connector, FeedPoint
from chargepoints.models.price_pages import PricePage
from chargepoints.models.ratings import Rating
from chargepoints.models.sessions import Session

__all__ = [
    "ChargePoint",
    "Connector",
    "DecisionEntry",
    "Dismissal",
    "FeedPoint",
    "Hold",
    "Location",
    "PricePage",
    "Rating",
    "Session",
]
