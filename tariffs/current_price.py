"""What do tariffs cost at a moment, in words? Read for a whole page at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count

from chargegroups.models import Terms
from tariffs.conversion import price_list
from tariffs.models import Tariff, TariffVersion
from tariffs.pricing import is_free, price_text


@dataclass(frozen=True)
class PriceTag:
    """A tariff as it stands on a page. Without a version in force it has no price, and nobody can charge by it."""

    tariff_id: int
    code: str
    name: str
    text: str = ""
    free: bool = False
    version: int | None = None

    def __str__(self) -> str:
        return f"{self.name}: {self.text or 'no version in force'}"


def tag_of(version: TariffVersion) -> PriceTag:
    """``version`` with its tariff and elements at hand, else they cost queries."""
    listed, tariff = price_list(version), version.tariff
    return PriceTag(tariff.pk, tariff.code, tariff.name, price_text(listed), is_free(listed), version.pk)


def price_tags(tariffs: Iterable[Tariff], at: datetime) -> dict[int, PriceTag]:
    """For each of the tariffs, by its id, the price in force at the moment."""
    wanted = {tariff.pk: tariff for tariff in tariffs}
    versions = TariffVersion.objects.in_force(at).filter(tariff_id__in=wanted)
    found = versions.select_related("tariff").prefetch_related("elements")
    tags = {version.tariff_id: tag_of(version) for version in found}
    return {pk: tags.get(pk) or PriceTag(pk, tariff.code, tariff.name) for pk, tariff in wanted.items()}


def tags_in_terms(groups: Any, at: datetime) -> dict[int, tuple[int, PriceTag]]:
    """The tariffs for everyone in these groups (a queryset): how many groups have each, and its price at the moment."""
    rows = Terms.objects.in_force(at).filter(charge_group__in=groups.values("pk")).order_by()
    counts = dict(rows.values_list("tariff").annotate(Count("pk")))
    tags = price_tags(Tariff.objects.filter(pk__in=counts), at)
    return {pk: (counts[pk], tag) for pk, tag in tags.items()}


def free_for_everyone(groups: Any, at: datetime, tags: dict[int, tuple[int, PriceTag]] | None = None) -> Any:
    """Those of the groups whose policy lets anybody charge, for free. ``tags`` of their terms, where they are at hand."""
    found = tags_in_terms(groups, at) if tags is None else tags
    free = [pk for pk, (_, tag) in found.items() if tag.free]
    opened = Terms.objects.in_force(at).open_to_anybody().filter(tariff__in=free)
    return groups.filter(pk__in=opened.values("charge_group"))


def with_price(groups: Any, at: datetime, kind: str) -> Any:
    """Those of the groups that are free of charge for everyone ("free"), or where no price is in force ("none")."""
    if kind == "free":
        return free_for_everyone(groups, at)
    priced = [pk for pk, (_, tag) in tags_in_terms(groups, at).items() if tag.version is not None]
    return groups.exclude(pk__in=Terms.objects.in_force(at).filter(tariff__in=priced).values("charge_group"))
