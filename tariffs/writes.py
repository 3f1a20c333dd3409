"""Writers of tariff versions, and the guard of the database that lets change modules alone write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from evcnet.datetimes import database_clock
from tariffs.conversion import element_rows, price_list, version_fields
from tariffs.models import Tariff, TariffElement, TariffVersion


@contextmanager
def allow_terms_write() -> Iterator[None]:
    """Within it, and within its transaction only, the database takes terms, versions and exceptions."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('evcnet.terms_write', true)")
        before = cursor.fetchone()[0] or ""
        cursor.execute("SET LOCAL evcnet.terms_write = 'on'")
        yield
        cursor.execute("SELECT set_config('evcnet.terms_write', %s, true)", [before])


def lock_changes(provider: int) -> None:
    """One change of a provider at a time, until the transaction ends. Deciding on a card never waits for it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('evcnet.terms_write'), %s)", [provider])


def add_version(
    tariff: Tariff, elements: Iterable[TariffElement], *, valid_from: datetime | None = None, **fields: Any
) -> TariffVersion:
    """Append a version with its elements, in list order. ``fields`` are those of TariffVersion."""
    with allow_terms_write():
        version = TariffVersion.objects.create(
            provider_id=tariff.provider_id, tariff=tariff, valid_from=valid_from or database_clock(), **fields
        )
        for position, element in enumerate(elements):
            element.provider_id, element.version, element.position = tariff.provider_id, version, position
            element.save(force_insert=True)
        return version


def add_versions(versions: Iterable[tuple[TariffVersion, Sequence[TariffElement]]]) -> None:
    """Append many unsaved versions, each with its elements in list order, in few statements."""
    given = list(versions)
    with allow_terms_write():
        TariffVersion.objects.bulk_create([version for version, _ in given], batch_size=1_000)
        for version, elements in given:
            for position, element in enumerate(elements):
                element.provider_id, element.version, element.position = version.provider_id, version, position
        TariffElement.objects.bulk_create([each for _, elements in given for each in elements], batch_size=1_000)


def ending_version(current: TariffVersion, at: datetime) -> tuple[TariffVersion, list[TariffElement]]:
    """The unsaved version, with its elements, that ends ``current`` at a moment: the same prices, over as they begin.

    What came into force is never edited, so an end is appended.
    """
    prices = price_list(current)
    version = TariffVersion(
        provider_id=current.provider_id,
        tariff=current.tariff,
        valid_from=at,
        valid_until=at + timedelta(microseconds=1),
        **version_fields(prices),
    )
    return version, element_rows(prices)


def replace_version(version: TariffVersion, elements: Iterable[TariffElement], **fields: Any) -> None:
    """Give a version that is not in force yet other elements and ``fields``; the database refuses it for others."""
    with allow_terms_write():
        version.elements.all().delete()
        for name, value in fields.items():
            setattr(version, name, value)
        version.save()
        for position, element in enumerate(elements):
            element.provider_id, element.version, element.position = version.provider_id, version, position
            element.save(force_insert=True)


def remove_version(version: TariffVersion) -> None:
    """Take back a version that is not in force yet; the database refuses it for others."""
    with allow_terms_write():
        version.delete()


def remove_tariff(tariff: Tariff) -> None:
    """Remove a tariff that nothing ever used, with its versions; raises ProtectedError for others."""
    with allow_terms_write():
        tariff.versions.all().delete()
        tariff.delete()
