"""Price lists of agreements: which tariffs partners pay by, so that a new version of one is previewed like any in use."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Count

from evcnet.datetimes import database_clock
from roaming.models import Agreement


def agreement_tariffs(tariffs: Collection[int]) -> dict[int, str]:
    """Those of these tariffs, by id, that an agreement names which is in force or to come: how many, in a sentence."""
    rows = Agreement.objects.not_over(database_clock()).filter(tariff__in=tariffs).order_by()
    counts = rows.values_list("tariff_id").annotate(number=Count("pk"))
    return {tariff: _sentence(number) for tariff, number in counts}


def _sentence(number: int) -> str:
    one = "An agreement with a roaming partner has"
    agreements = one if number == 1 else f"{number} agreements with roaming partners have"
    return f"{agreements} this price list: their drivers pay by it too, and are not among the customers counted here."
