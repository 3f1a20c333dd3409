"""Import of OCPI tariffs: new tariffs, and new versions of those that changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from changes.file_changes import FileChanges, ProposedRows
from changes.proposals import NewVersion
from chargegroups.models import CustomerException, Terms
from chargegroups.tariff_usage import used_among
from customers.models import Provider
from evcnet.datetimes import database_clock
from evcnet.importexport.report import Report, write_rows
from tariffs.conversion import price_list
from tariffs.models import Tariff, TariffVersion
from tariffs.ocpi.tariff_object import BEGINNING, TariffObject, parse_tariff
from tariffs.ocpi.versions import says, version_at, version_from
from tariffs.pricing.problems import Problem
from tariffs.writes import add_versions

BATCH = 1_000


@dataclass(eq=False)
class TariffRow:
    """A tariff of the file beside the stored or the new one, and the version that it adds."""

    read: TariffObject
    tariff: Tariff
    version: TariffVersion

    @property
    def id(self) -> str:
        return self.read.id


def import_tariffs(provider: Provider, objects: Sequence[Any], file_changes: FileChanges | None = None) -> Report:
    """Add the tariffs of OCPI objects, and versions to those that changed, within the caller's transaction.

    A version of a tariff in use is a change of terms, which goes through ``door``. A version counts from its start_date_time, the first one else from 1970, a later one else from now. What the portal
    has and the file has not is left alone.
    """
    report = Report("tariffs")
    file_changes = file_changes or FileChanges()
    file_changes.lock([provider.pk])
    read = [parse_tariff(each, number) for number, each in enumerate(objects, 1)]
    _refuse_repeated(read)
    known = KnownTariffs(provider)
    new: list[TariffRow] = []
    changed: list[TariffRow] = []
    for each in read:
        row = None if each.problems else known.row(each)
        if each.problems:
            report.refuse(each.id, each.problems)
        elif row is None:
            report.unchanged += 1
        else:
            (new if row.tariff.pk is None else changed).append(row)
    report.new = len(write_rows(new, _write_new, report))
    used = used_among(row.tariff.pk for row in changed)
    for row in [row for row in changed if row.tariff.pk in used]:
        report.updated += len(write_rows([row], partial(_write_change, file_changes), report))
    report.updated += len(write_rows([row for row in changed if row.tariff.pk not in used], _write_versions, report))
    return report


def _refuse_repeated(read: Iterable[TariffObject]) -> None:
    seen: set[str] = set()
    for each in read:
        if each.code and each.code in seen:
            each.problems.append(Problem("id", "occurred earlier in the file", "give each tariff an id of its own"))
        seen.add(each.code)


class KnownTariffs:
    """The provider's tariffs with all their versions, and which of them the past depends on."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.now = database_clock()
        self.by_code = {
            tariff.code: tariff
            for tariff in Tariff.objects.filter(provider=provider).prefetch_related("versions__elements")
        }
        self.in_use = _in_use(provider, self.now)

    def row(self, read: TariffObject) -> TariffRow | None:
        """What is to be written; nothing where the portal says the same, or where the tariff has a problem now."""
        tariff = self.by_code.get(read.code)
        if tariff is None:
            made = Tariff(provider=self.provider, code=read.code, name=read.code, currency=read.currency)
            return TariffRow(read, made, version_from(made, read, read.start or BEGINNING))
        versions = sorted(tariff.versions.all(), key=lambda version: version.valid_from)
        at = read.start if read.start and read.start > self.now else self.now
        counts = version_at(versions, at)
        if counts is not None and tariff.currency == read.currency and says(counts, read):
            return None
        begin = self._begin(tariff, read, counts, bool(versions))
        problem = _problem(tariff, read, begin, versions)
        if problem:
            read.problems.append(problem)
            return None
        return TariffRow(read, tariff, version_from(tariff, read, begin))

    def _begin(self, tariff: Tariff, read: TariffObject, counts: TariffVersion | None, has_versions: bool) -> datetime:
        """From when the new version counts: its new start; where that lies in a past that is charged by, from now."""
        start = read.start or (None if has_versions else BEGINNING)
        is_new = start is not None and (counts is None or start >= counts.valid_from)
        if start is None or not is_new or (start < self.now and self._past_stays(tariff, start, counts)):
            return self.now
        return start

    def _past_stays(self, tariff: Tariff, start: datetime, counts: TariffVersion | None) -> bool:
        return tariff.pk in self.in_use or (counts is not None and start == counts.valid_from)


def _in_use(provider: Provider, now: datetime) -> set[Any]:
    """Tariffs of terms that have come into force, or of an exception: their past is not rewritten."""
    used: set[Any] = set(
        CustomerException.objects.filter(provider=provider).exclude(tariff=None).values_list("tariff_id", flat=True)
    )
    begun = Terms.objects.filter(provider=provider, valid_from__lte=now)
    for slots in begun.values_list("tariff_id", "prepaid_tariff_id", "roaming_tariff_id").distinct():
        used |= set(slots)
    return used


def _problem(tariff: Tariff, read: TariffObject, begin: datetime, versions: list[TariffVersion]) -> Problem | None:
    if versions and tariff.currency != read.currency:
        reason = f"is {read.currency}, while the tariff has versions in {tariff.currency}"
        return Problem("currency", reason, "give the tariff another id")
    if any(each.valid_from == begin for each in versions):
        reason = "is when another version is scheduled to begin"
        return Problem("start_date_time", reason, "cancel that version in the portal first")
    if read.until is not None and read.until <= begin:
        reason = f"{read.until:%Y-%m-%d %H:%M} UTC is past, and the past is not rewritten"
        return Problem("end_date_time", reason, "give one to come")
    return None


def _write_new(rows: Sequence[TariffRow]) -> None:
    Tariff.objects.bulk_create([row.tariff for row in rows], batch_size=BATCH)
    _write_versions(rows)


def _write_change(file_changes: FileChanges, rows: Sequence[TariffRow]) -> None:
    """What begins with the import takes effect when it is applied."""
    for row in rows:
        begin = row.version.valid_from
        proposal = NewVersion(row.tariff, price_list(row.version, row.read.elements), row.version.valid_until)
        change = file_changes.add(ProposedRows(proposal, [], begin if begin > database_clock() else None))
        _write_versions([row])
        if change is not None:
            change.versions.add(row.version)


def _write_versions(rows: Sequence[TariffRow]) -> None:
    add_versions((row.version, row.read.elements) for row in rows)
