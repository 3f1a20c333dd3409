"""Export of tariffs as OCPI 2.2.1, and which of them it can't say."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from customers.models import Provider
from evcnet.datetimes import database_clock
from evcnet.importexport.report import Exported
from tariffs.conversion import price_list
from tariffs.models import Tariff, TariffVersion
from tariffs.ocpi.fields import written_moment
from tariffs.ocpi.tariff_object import BEGINNING, parse_tariff
from tariffs.ocpi.versions import says, version_at
from tariffs.pricing import write_tariff


def export_tariffs(provider: Provider) -> Exported:
    """Each tariff by the version that counts now, else by the first to come. What is written reads back the same."""
    now = database_clock()
    exported = Exported()
    for tariff in Tariff.objects.filter(provider=provider).prefetch_related("versions__elements").order_by("code"):
        versions = sorted(tariff.versions.all(), key=lambda each: each.valid_from)
        version = version_at(versions, now) or next(iter(versions), None)
        why_not = "It has no version." if version is None else _why_not(version)
        if version is not None and not why_not:
            written = _written(provider, tariff, version)
            why_not = _misread(written, version)
        if why_not:
            exported.leave_out(tariff.code, why_not)
        else:
            exported.objects.append(written)
    return exported


def _why_not(version: TariffVersion) -> str:
    if version.tax_included:
        return "Its prices include VAT, which only OCPI 2.3.0 can say."
    if not version.tariff.code.isascii():
        return "An OCPI id has ASCII characters only."
    return ""


def _misread(written: dict[str, Any], version: TariffVersion) -> str:
    read = parse_tariff(written, 1)
    if read.problems:
        return " ".join(f"{each}." for each in read.problems)
    return "" if says(version, read) else "OCPI can't say all that its version says."


def _written(provider: Provider, tariff: Tariff, version: TariffVersion) -> dict[str, Any]:
    said = {
        "country_code": provider.country_code.code,
        "party_id": provider.party_id,
        "id": tariff.code,
        "type": version.ocpi_type,
        "tariff_alt_text": version.alt_text,
        "tariff_alt_url": version.alt_url,
        **write_tariff(price_list(version)),
        "start_date_time": None if version.valid_from == BEGINNING else written_moment(version.valid_from),
        "end_date_time": version.valid_until and written_moment(version.valid_until),
        "last_updated": _updated(version.created_at),
    }
    return {name: value for name, value in said.items() if value}


def _updated(moment: datetime) -> str:
    return written_moment(moment.replace(microsecond=0))
