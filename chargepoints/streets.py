"""Streets: charge points whose locations share an address, but for the house number, in one city."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from chargepoints.models import ChargePoint, Location

_NUMBER_LAST = re.compile(r"(.*[^\W\d_].*?)[\s,]+\d\S*(?:\s(?:[a-z]|hs|bis|ter|[ivx]+))?", re.IGNORECASE)
_NUMBER_FIRST = re.compile(r"\d+,?\s+(?:bis\s+|ter\s+)?(.*[^\W\d_].*)", re.IGNORECASE)


def street_of(address: str) -> str:
    """``Stationsstraat 12-14`` is of ``Stationsstraat``, ``12 rue de la Paix`` of ``rue de la Paix``. Empty: it names none."""
    address = " ".join(address.split())
    numbered = _NUMBER_LAST.fullmatch(address) or _NUMBER_FIRST.fullmatch(address)
    street = numbered[1] if numbered else address
    return street.rstrip(" ,") if re.search(r"[^\W\d_]", street) else ""


@dataclass(frozen=True)
class Street:
    """A street of a city, by a location on it (its id), and how many charge points stand there."""

    name: str
    city: str
    location: int
    points: int = 0

    @classmethod
    def of(cls, location: Location) -> Street:
        return cls(street_of(location.address), location.city, location.pk)

    def __str__(self) -> str:
        return f"{self.name}, {self.city}" if self.city else self.name

    @property
    def key(self) -> tuple[str, str]:
        return _key(self.name, self.city)


def streets_of(matches: Iterable[ChargePoint], points: Any, most: int) -> list[Street]:
    """The first ``most`` streets on which the matches stand, with the number of all ``points`` (a queryset) there."""
    placed = (Street.of(point.location) for point in matches if point.location is not None)
    streets = list({street.key: street for street in placed if street.name}.values())[:most]
    if not streets:
        return []
    where = Q()
    for street in streets:
        where |= _near(street)
    rows = points.filter(where).order_by().values_list("location__address", "location__city")
    counts: Counter[tuple[str, str]] = Counter()
    for address, city, number in rows.annotate(number=Count("pk", distinct=True)):
        counts[_key(street_of(address), city)] += number
    return [Street(each.name, each.city, each.location, counts[each.key]) for each in streets]


def ids_on_street(points: Any, location: int) -> list[int]:
    """Ids of those of the points (a queryset) that stand on the street of this location (its id), one of theirs."""
    point = points.filter(location=location).select_related("location").first()
    if point is None:
        return []
    street = Street.of(point.location)
    rows = points.filter(_near(street)).order_by("identity").values_list("pk", "location__address", "location__city")
    return [pk for pk, address, city in rows if _key(street_of(address), city) == street.key] if street.name else []


def _near(street: Street) -> Q:
    return Q(location__address__icontains=street.name, location__city__iexact=street.city)


def _key(street: str, city: str) -> tuple[str, str]:
    return street.casefold(), city.casefold()
