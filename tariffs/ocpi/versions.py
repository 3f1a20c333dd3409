"""Stored versions of a tariff compared with what an OCPI object says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tariffs.conversion import price_list
from tariffs.models import Tariff, TariffVersion
from tariffs.ocpi.tariff_object import TariffObject

BESIDE_THE_PRICE = ("valid_until", "ocpi_type", "alt_text", "alt_url")


def version_at(versions: Sequence[TariffVersion], at: datetime) -> TariffVersion | None:
    """The latest that has begun, also if it has ended. ``versions`` in the order in which they begin."""
    return next((each for each in reversed(versions) if each.valid_from <= at), None)


def version_from(tariff: Tariff, read: TariffObject, begin: datetime) -> TariffVersion:
    """The unsaved version of what the file says."""
    return TariffVersion(provider_id=tariff.provider_id, tariff=tariff, valid_from=begin, **read.version)


def says(version: TariffVersion, read: TariffObject) -> bool:
    """Does the stored version say what the file says, prices and all?"""
    wanted = version_from(version.tariff, read, version.valid_from)
    same = all(getattr(version, name) == getattr(wanted, name) for name in BESIDE_THE_PRICE)
    return same and price_list(version) == price_list(wanted, read.elements)
