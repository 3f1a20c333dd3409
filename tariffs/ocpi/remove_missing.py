"""Removal of tariffs that a complete feed named before and its file lacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from changes.cancel import cancel_version
from changes.file_changes import FileChanges
from changes.models import Way
from changes.proposals import TariffEnd
from chargegroups.tariff_usage import tariffs_of_terms, used_among
from evcnet.datetimes import database_clock
from evcnet.importexport.report import Report
from tariffs.models import Tariff, TariffVersion
from tariffs.ocpi.feed import Feed
from tariffs.ocpi.stored_tariffs import StoredTariffs
from tariffs.ocpi.tariff_object import TariffObject
from tariffs.ocpi.version_plan import version_at
from tariffs.writes import add_versions, ending_version


@dataclass(frozen=True)
class Removal:
    """A tariff that the file lacks: what the feed announced of it, what holds now, and what others say of it."""

    tariff: Tariff
    cancel: list[TariffVersion]
    current: TariffVersion | None
    left: list[TariffVersion]


def remove_missing_tariffs(
    feed: Feed, stored: StoredTariffs, parsed: Sequence[TariffObject], changes: FileChanges, report: Report
) -> None:
    """End them: nothing is announced, and no price is in force. Refused, with an error, where it takes too many in use."""
    name = f"feed {feed.name}"
    if any(not each.code for each in parsed):
        report.warn(name, "", "Nothing is removed: what the file lacks can't be said while an id is missing.")
        return
    named = {each.tariff for each in parsed}
    missing = [each for each in stored.by_code.values() if each.pk in stored.feed.rows and each.code not in named]
    removals = [_removal(each, stored) for each in missing if each.pk not in stored.feed.others]
    used = tariffs_of_terms(stored.provider)
    taken = sum(each.current is not None and each.tariff.pk in used for each in removals)
    if problem := feed.removal_problem(taken, len(used), "tariffs in use"):
        report.refuse_for(name, "", problem)
        return
    ever_used = used_among(each.tariff.pk for each in removals)
    for each in removals:
        _remove(each, report)
        if each.current is not None and each.tariff.pk in ever_used:
            _end(each.current, changes)
    unused = [each.current for each in removals if each.current is not None and each.tariff.pk not in ever_used]
    add_versions(ending_version(current, database_clock()) for current in unused)
    stored.feed.forget(missing)


def _removal(tariff: Tariff, stored: StoredTariffs) -> Removal:
    versions = sorted(tariff.versions.all(), key=lambda each: each.valid_from)
    current = version_at(versions, stored.now)
    ended = current is None or (current.valid_until is not None and current.valid_until <= stored.now)
    to_come = [each for each in versions if each.valid_from > stored.now]
    cancel = [each for each in to_come if each.pk in stored.mine]
    others = [each for each in to_come if each not in cancel]
    if current is None or ended or current.pk in stored.feed.versions:
        return Removal(tariff, cancel, None if ended else current, others)
    return Removal(tariff, cancel, None, [current, *others])


def _remove(removal: Removal, report: Report) -> None:
    for version in removal.cancel:
        cancel_version(version, None, Way.FEED)
    if removal.current is not None:
        report.warn(removal.tariff.code, "", "The file lacks it: no price is in force any more.")
    report.updated += bool(removal.cancel or removal.current)
    for version in removal.left:
        moment = f"{version.valid_from:%Y-%m-%d %H:%M}"
        message = f"The file lacks it, but staff set the price from {moment} UTC on: it is left."
        report.warn(removal.tariff.code, "", message)


def _end(current: TariffVersion, changes: FileChanges) -> None:
    end = TariffEnd(current)
    change = changes.add(end)
    end.write(change, end.read(change.takes_effect_at if change is not None else database_clock()))
