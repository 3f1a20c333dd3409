"""How do terms, tariff versions and exceptions come about? Nothing else writes them: the database refuses others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from chargegroups.models import ChargeGroup, CustomerException, Tariff, TariffElement, TariffVersion, Terms


@contextmanager
def the_door() -> Iterator[None]:
    """Within it, and within its transaction only, the database takes terms, versions and exceptions."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('evcnet.change', true)")
        before = cursor.fetchone()[0] or ""
        cursor.execute("SET LOCAL evcnet.change = 'on'")
        yield
        cursor.execute("SELECT set_config('evcnet.change', %s, true)", [before])


def database_clock() -> datetime:
    """The one clock by which changes come into force: that of the database, which all processes share."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
        return moment


def found_group(group: ChargeGroup, *, valid_from: datetime | None = None, **terms: Any) -> Terms:
    """Save a new charge group with its first terms, in force from ``valid_from`` (past or future) or from now."""
    with the_door():
        group.save()
        return Terms.objects.create(
            provider_id=group.provider_id, charge_group=group, valid_from=valid_from or database_clock(), **terms
        )


def add_version(
    tariff: Tariff, elements: Iterable[TariffElement], *, valid_from: datetime | None = None, **fields: Any
) -> TariffVersion:
    """Append a version with its elements, in list order. ``fields`` are those of TariffVersion."""
    with the_door():
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
    with the_door():
        TariffVersion.objects.bulk_create([version for version, _ in given], batch_size=1_000)
        for version, elements in given:
            for position, element in enumerate(elements):
                element.provider_id, element.version, element.position = version.provider_id, version, position
        TariffElement.objects.bulk_create([each for _, elements in given for each in elements], batch_size=1_000)


def replace_version(version: TariffVersion, elements: Iterable[TariffElement], **fields: Any) -> None:
    """Give a version that is not in force yet other elements and ``fields``; the database refuses it for others."""
    with the_door():
        version.elements.all().delete()
        for name, value in fields.items():
            setattr(version, name, value)
        version.save()
        for position, element in enumerate(elements):
            element.provider_id, element.version, element.position = version.provider_id, version, position
            element.save(force_insert=True)


def remove_version(version: TariffVersion) -> None:
    """Take back a version that is not in force yet; the database refuses it for others."""
    with the_door():
        version.delete()


def remove_tariff(tariff: Tariff) -> None:
    """Remove a tariff that nothing ever used, with its versions; raises ProtectedError for others."""
    with the_door():
        tariff.versions.all().delete()
        tariff.delete()


def save_exception(exception: CustomerException) -> CustomerException:
    """Add or edit the one exception of a customer in a charge group."""
    with the_door():
        exception.full_clean()
        exception.save()
    return exception


def put_exceptions(exceptions: Iterable[CustomerException]) -> None:
    """Add or edit the exceptions of many customers, whose fields were checked, in few statements."""
    with the_door():
        CustomerException.objects.bulk_create(
            exceptions,
            batch_size=1_000,
            update_conflicts=True,
            unique_fields=["charge_group", "customer"],
            update_fields=["access", "tariff", "valid_from", "valid_until", "note"],
        )
