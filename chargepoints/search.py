"""Search for charge points by identity, name, street, city or charge group."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from chargegroups.models import ChargeGroup
from chargepoints.models import Location
from customers.search import split_words


def points_named(points: Any, text: str) -> Any:
    """Each word stands in identity, name or EVSE ID, or in those of the location or the charge group."""
    for word in split_words(text):
        # Subqueries rather than joins: columns of several tables in one OR would keep every index from being used.
        places = Location.objects.filter(Q(address__icontains=word) | Q(city__icontains=word) | Q(name__icontains=word))
        groups = ChargeGroup.objects.filter(Q(code__icontains=word) | Q(name__icontains=word))
        own = Q(identity__icontains=word) | Q(name__icontains=word) | Q(evse_id__icontains=word)
        elsewhere = Q(location_id__in=places.values("pk")) | Q(charge_group_id__in=groups.values("pk"))
        points = points.filter(own | elsewhere)
    return points
