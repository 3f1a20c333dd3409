"""Idle fee: the price of being connected without charging, per hour. OCPI calls its dimension PARKING_TIME.

Here it is built and recognised as an element of the simple form. It is priced like every dimension: compiled.py finds the
component, metering.py counts the parked time, engine.py multiplies. People read it per minute: wording.py, and the simple
form of prices.

OCPI knows no time that begins when charging ends: free time before the fee counts from the start of the session.
"""

from decimal import Decimal
from typing import Final

from .tariff import ALWAYS, Component, Dimension, Element, Restrictions

IDLE_FEE: Final[Dimension] = "PARKING_TIME"


def idle_fee_element(per_hour: Decimal, vat: Decimal | None, free_seconds: int = 0) -> Element:
    """An element that charges the fee, excluding VAT, from so many seconds after the start of the session."""
    restrictions = Restrictions(min_duration=free_seconds) if free_seconds else ALWAYS
    return Element((Component(IDLE_FEE, per_hour, vat=vat),), restrictions)


def begins_after_free_time(element: Element, component: Component) -> bool:
    """Whether the component is an idle fee that nothing restricts but the time since the start of the session."""
    after = element.restrictions.min_duration
    return component.dimension == IDLE_FEE and element.restrictions == Restrictions(min_duration=after)
