"""Export of tariffs as OCPI 2.2.1, and which of them it can't say."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from itertools import zip_longest
from typing import Any

from customers.models import Provider
from evcnet.datetimes import database_clock
from evcnet.importexport.report import Exported
from tariffs.conversion import price_list
from tariffs.models import Tariff, TariffVersion
from tariffs.ocpi.families import version_id
from tariffs.ocpi.fields import format_moment
from tariffs.ocpi.tariff_object import BEGINNING, parse_tariff
from tariffs.ocpi.version_plan import object_versions, version_at, version_content
from tariffs.pricing import write_tariff

FIRST = "2.2.1"
_LATER_NAMES = {"excl_vat": "before_taxes", "incl_vat": "after_taxes"}


class TariffExport:
    """The tariffs of a provider as OCPI objects that read back the same: the version in force, and each to come.

    ``ids`` are those of the objects of each tariff, by its primary key, in the order in which they begin. ``only``: the
    ids of the tariffs that are exported; None: all.
    """

    def __init__(self, provider: Provider, *, only: Collection[int] | None = None, version: str = FIRST) -> None:
        self.provider, self.now, self.version = provider, database_clock(), version
        self.exported = Exported()
        self.ids: dict[int, list[str]] = {}
        self._taken: set[str] = set()
        tariffs = Tariff.objects.filter(provider=provider).prefetch_related("versions__elements").order_by("code")
        for tariff in tariffs if only is None else tariffs.filter(pk__in=only):
            self._export(tariff)

    def _export(self, tariff: Tariff) -> None:
        versions = sorted(tariff.versions.all(), key=lambda each: each.valid_from)
        current = version_at(versions, self.now)
        exported = [each for each in versions if each == current or each.valid_from > self.now]
        if not exported:
            self.exported.leave_out(tariff.code, "It has no version.")
        for version, following in zip_longest(exported, exported[1:]):
            object_id = tariff.code if version == current else version_id(tariff.code, version.valid_from)
            self._add(tariff, version, object_id, following)

    def _add(self, tariff: Tariff, version: TariffVersion, object_id: str, following: TariffVersion | None) -> None:
        written = _tariff_object(self.provider, version, object_id, _end(version, following))
        written["last_updated"] = format_moment(self._last_updated(version, following))
        why_not = self._why_not(version, object_id) or self._repeats(object_id) or _misread(written, version)
        if why_not:
            self.exported.leave_out(object_id, why_not)
            return
        self._taken.add(object_id)
        self.ids.setdefault(tariff.pk, []).append(object_id)
        self.exported.objects.append(in_version(written, self.version))

    def _last_updated(self, version: TariffVersion, following: TariffVersion | None) -> datetime:
        """Its id is another one since it is in force, and its end is known since there is one after it."""
        moments = [version.created_at, *([following.created_at] if following else [])]
        if BEGINNING < version.valid_from <= self.now:
            moments.append(version.valid_from)
        return max(moments).replace(microsecond=0)

    def _why_not(self, version: TariffVersion, object_id: str) -> str:
        if version.tax_included and self.version == FIRST:
            return "Its prices include VAT, which only OCPI 2.3.0 can say."
        return "" if object_id.isascii() else "An OCPI id has ASCII characters only."

    def _repeats(self, object_id: str) -> str:
        return "Another version has this id: two begin within a minute." if object_id in self._taken else ""


def export_tariffs(provider: Provider, *, only: Collection[int] | None = None) -> Exported:
    """The provider's tariffs as OCPI objects, and what had to be left out. ``only``: the ids of those that are wanted."""
    return TariffExport(provider, only=only).exported


def tariff_of_version(provider: Provider, row: TariffVersion, version: str) -> dict[str, Any] | None:
    """One version as it was when it was paid, under its tariff's code; None where this version of OCPI can't say it."""
    if row.tax_included and version == FIRST:
        return None
    written = _tariff_object(provider, row, row.tariff.code, row.valid_until)
    return in_version(written | {"last_updated": format_moment(row.created_at.replace(microsecond=0))}, version)


def in_version(written: dict[str, Any], version: str) -> dict[str, Any]:
    """A tariff object of 2.2.1 as this version of OCPI has it: 2.3.0 says of every tariff whether tax is included."""
    if version == FIRST:
        return written
    later = {"tax_included": "NO", **written}
    for name in ("min_price", "max_price"):
        if name in later:
            later[name] = {_LATER_NAMES.get(key, key): value for key, value in later[name].items()}
    return later


def _end(version: TariffVersion, following: TariffVersion | None) -> datetime | None:
    ends = [version.valid_until, following.valid_from if following else None]
    return min((each for each in ends if each is not None), default=None)


def _misread(written: dict[str, Any], version: TariffVersion) -> str:
    parsed = parse_tariff(written, 1)
    if parsed.problems:
        return " ".join(f"{each}." for each in parsed.problems)
    (read,) = object_versions(version.tariff, [parsed])
    same = version_content(read.version, read.elements) == version_content(version)
    return "" if same else "OCPI can't say all that its version says."


def _tariff_object(
    provider: Provider, version: TariffVersion, object_id: str, until: datetime | None
) -> dict[str, Any]:
    fields = {
        "country_code": provider.country_code.code,
        "party_id": provider.party_id,
        "id": object_id,
        "type": version.ocpi_type,
        "tariff_alt_text": version.alt_text,
        "tariff_alt_url": version.alt_url,
        **write_tariff(price_list(version)),
        "start_date_time": None if version.valid_from == BEGINNING else format_moment(version.valid_from),
        "end_date_time": until and format_moment(until),
    }
    return {name: value for name, value in fields.items() if value}
