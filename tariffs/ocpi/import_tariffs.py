"""Import of OCPI tariffs: a feed's objects replace what the same feed said before (docs/feeds.md)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

from changes.cancel import cancel_version
from changes.file_changes import FileChanges
from changes.models import Way
from changes.proposals import NewVersion
from chargegroups.tariff_usage import used_among
from customers.models import Provider
from evcnet.datetimes import database_clock
from evcnet.errors import DomainError
from evcnet.importexport.report import Report, write_rows
from tariffs.conversion import price_list
from tariffs.median_prices import median_prices
from tariffs.models import Tariff, TariffVersion
from tariffs.ocpi.families import families
from tariffs.ocpi.feed import Feed
from tariffs.ocpi.feed_tariffs import TariffFeed
from tariffs.ocpi.remove_missing import remove_missing_tariffs
from tariffs.ocpi.stored_tariffs import StoredTariffs, TariffRow
from tariffs.ocpi.tariff_object import parse_tariff
from tariffs.pricing import InvalidSession
from tariffs.pricing.lints import likely_typos, lost_vat
from tariffs.writes import add_versions

BATCH = 1_000
DEFAULT = Feed()


def import_tariffs(
    provider: Provider, objects: Sequence[Any], file_changes: FileChanges | None = None, feed: Feed = DEFAULT
) -> Report:
    """Let the tariffs say what the OCPI objects of a feed say, within the caller's transaction.

    A version of a tariff in use is a change of terms, which goes through ``file_changes``. What the portal has and the
    file has not is left alone, unless the feed is complete.
    """
    report = Report("tariffs")
    file_changes = file_changes or FileChanges(way=Way.FEED)
    file_changes.lock([provider.pk])
    parsed = [parse_tariff(each, number) for number, each in enumerate(objects, 1)]
    stored = StoredTariffs(provider, feed.name)
    rows = [row for family in families(parsed, stored.by_code) if (row := stored.row(family)) is not None]
    for each in parsed:
        if each.problems:
            report.refuse(each.id, each.problems)
    _warn_of_lost_vat(rows, report)
    _warn_of_typos(provider, rows, report)
    _remember(stored.feed, _write(rows, file_changes, report), report)
    if feed.complete:
        remove_missing_tariffs(feed, stored, parsed, file_changes, report)
    return report


def _write(rows: Sequence[TariffRow], file_changes: FileChanges, report: Report) -> list[TariffRow]:
    """The rows that hold afterwards: those that were written, and those that say nothing new."""
    new = [row for row in rows if row.is_new]
    changed = [row for row in rows if not row.is_new and row.plan.changes_something]
    unchanged = [row for row in rows if not row.is_new and not row.plan.changes_something]
    used = used_among(row.tariff.pk for row in changed)
    written = write_rows(new, _write_new, report)
    updated = write_rows([row for row in changed if row.tariff.pk not in used], _write_versions, report)
    for row in changed:
        if row.tariff.pk in used:
            updated += _write_change(row, file_changes, report)
    report.new, report.updated, report.unchanged = _objects(written), _objects(updated), _objects(unchanged)
    report.invalid += sum(len(row.objects) - 1 for row in {*rows} - {*written, *updated, *unchanged})
    return [*written, *updated, *unchanged]


def _objects(rows: Iterable[TariffRow]) -> int:
    return sum(len(row.objects) for row in rows)


def _write_new(rows: Sequence[TariffRow]) -> None:
    Tariff.objects.bulk_create([row.tariff for row in rows], batch_size=BATCH)
    _write_versions(rows)


def _write_versions(rows: Sequence[TariffRow]) -> None:
    for row in rows:
        for version in row.plan.cancel:
            cancel_version(version, None, Way.FEED)
    add_versions((each.version, each.elements) for row in rows for each in row.plan.add)


def _write_change(row: TariffRow, file_changes: FileChanges, report: Report) -> list[TariffRow]:
    """The versions of a tariff in use, each a change of its own; the row if it was written."""
    try:
        return write_rows([row], partial(_write_changes, file_changes), report)
    except DomainError as error:
        report.refuse_for(row.id, error.refusal.field or "", error.refusal.message)
    except InvalidSession as error:
        report.refuse_for(row.id, "start_date_time", f"No session can be priced then: {error}")
    return []


def _write_changes(file_changes: FileChanges, rows: Sequence[TariffRow]) -> None:
    for row in rows:
        for version in row.plan.cancel:
            cancel_version(version, None, Way.FEED)
        for each in row.plan.add:
            to_come = each.begin > database_clock()
            prices = price_list(each.version, each.elements)
            proposal = NewVersion(row.tariff, prices, each.version.valid_until)
            change = file_changes.add(proposal, each.begin if to_come else None)
            if change is not None:
                each.version.valid_from = change.takes_effect_at
            add_versions([(each.version, each.elements)])
            if change is not None:
                change.versions.add(each.version)


def _warn_of_lost_vat(rows: Iterable[TariffRow], report: Report) -> None:
    """Of versions whose prices lack VAT that those of the version before have."""
    for row in rows:
        added = {each.begin: price_list(each.version, each.elements) for each in row.plan.add}
        stored = [] if row.is_new else [each for each in row.tariff.versions.all() if each not in row.plan.cancel]
        timeline = {each.valid_from: price_list(each) for each in stored} | added
        for before, after in pairwise(sorted(timeline)):
            for finding in lost_vat(timeline[before], timeline[after]) if after in added else ():
                report.warn(row.id, finding.where, f"{finding.why} {finding.remedy}")


def _warn_of_typos(provider: Provider, rows: Iterable[TariffRow], report: Report) -> None:
    """Of new versions with numbers that were hardly meant."""
    medians = median_prices(Tariff.objects.filter(provider=provider), database_clock())
    for row in rows:
        for each in row.plan.add:
            known = medians.get((provider.pk, row.tariff.currency), ())
            for finding in likely_typos(price_list(each.version, each.elements), dict(known)):
                report.warn(row.id, finding.where, f"{finding.why} {finding.remedy}")


def _remember(feed: TariffFeed, rows: Sequence[TariffRow], report: Report) -> None:
    """Keep what the feed said now, and warn of the versions to come of others that say something else."""
    feed.forget_versions(version.pk for row in rows for version in row.plan.left)
    feed.remember((row.tariff, _feed_versions(row, feed)) for row in rows)
    for row in rows:
        for version in row.plan.left:
            other = feed.versions_of_others.get(version.pk)
            by = f"the feed “{other}” said" if other else "staff scheduled"
            moment = f"{version.valid_from:%Y-%m-%d %H:%M}"
            report.warn(row.id, "start_date_time", f"The version from {moment} UTC on, which {by}, is left as it is.")


def _feed_versions(row: TariffRow, feed: TariffFeed) -> list[TariffVersion]:
    """What staff scheduled stays theirs, though the feed says the same, until it has come into force."""
    now = database_clock()
    same = [each for each in row.plan.feed_versions if each.valid_from <= now or each.pk in feed.versions_of_others]
    return [*same, *(each.version for each in row.plan.add)]
