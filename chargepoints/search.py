"""Search for charge points by identity, name, street, postal code, city or charge group, and for locations; zone of a point."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

from django.db.models import Q
from django.utils import timezone

from chargegroups.models import ChargeGroup
from chargepoints.models import ChargePoint, Location
from customers.search import split_words
from evcnet.code_keys import IdentityKey, holds
from evcnet.codes import identity_key


def points_named(points: Any, text: str) -> Any:
    """Each word stands in identity, name or EVSE ID, or in those of the location or the charge group; or the whole text
    stands in identity or EVSE ID. Separators and case of these two make no difference."""
    every = ChargePoint.objects.order_by()
    whole = every.filter(_known_as(text)).values("pk")
    for word in split_words(text):
        places = Location.objects.filter(_at_place(word))
        groups = ChargeGroup.objects.filter(Q(code__icontains=word) | Q(name__icontains=word))
        own = every.filter(_known_as(word) | Q(name__icontains=word)).values("pk")
        placed = every.filter(location_id__in=places.values("pk")).values("pk")
        grouped = every.filter(charge_group_id__in=groups.values("pk")).values("pk")
        points = points.filter(pk__in=either(own, placed, grouped, whole))
    return points


def locations_named(locations: Any, text: str) -> Any:
    """Each word stands in code, name, street, postal code or city; or the whole text is the postal code."""
    for word in split_words(text):
        own = Q(code__icontains=word) | _at_place(word) | holds("postal_code", IdentityKey, text)
        locations = locations.filter(own)
    return locations


def zone_of(identity: str) -> tzinfo:
    """The time zone of the provider of the charge point of this identity; the platform's where there is none."""
    key = identity_key(identity.strip().replace("\x00", ""))
    point = ChargePoint.objects.select_related("provider").filter(identity__identity_key=key).first()
    return point.provider.zone if point else timezone.get_default_timezone()


def _at_place(word: str) -> Q:
    """A postal code is found with and without its blank."""
    named = Q(name__icontains=word) | Q(address__icontains=word) | Q(city__icontains=word)
    return named | holds("postal_code", IdentityKey, word)


def _known_as(text: str) -> Q:
    return holds("identity", IdentityKey, text) | holds("evse_id", IdentityKey, text)


def either(*ids: Any) -> Any:
    """Rows of one or of the other. An OR across two tables would keep every index from being used."""
    return ids[0].order_by().union(*(each.order_by() for each in ids[1:]))
