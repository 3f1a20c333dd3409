"""Import of OCPI locations with their charge points."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from changes.file_changes import FileChanges
from changes.proposals.points import Move, PointMoves
from chargegroups.models import ChargeGroup
from chargepoints.models import ChargePoint, Location
from chargepoints.ocpi.feed_points import PointFeed
from chargepoints.ocpi.import_charge_points import KnownPoints, PointRow, write_points
from chargepoints.ocpi.location_object import EvseObject, LocationObject, parse_location
from chargepoints.ocpi.remove_missing import remove_missing_points
from chargepoints.ocpi.vocabulary import REMOVED
from customers.models import Provider
from evcnet.codes import identity_key
from evcnet.importexport.report import Report, write_rows
from tariffs.models import Tariff
from tariffs.ocpi.families import TariffCodes
from tariffs.ocpi.feed import Feed
from tariffs.pricing.problems import Problem

BATCH = 500
DEFAULT = Feed()


@dataclass(eq=False)
class LocationRow:
    """A location of the file beside the stored or the new one."""

    object: LocationObject
    location: Location
    changed: list[str]

    @property
    def id(self) -> str:
        return self.object.id

    @property
    def is_new(self) -> bool:
        return self.location.pk is None


def import_locations(
    provider: Provider,
    objects: Sequence[Any],
    charge_group: ChargeGroup | None = None,
    file_changes: FileChanges | None = None,
    feed: Feed = DEFAULT,
) -> Report:
    """Add or update the locations of a feed's OCPI objects, their charge points and connectors, in one transaction.

    New charge points are attached to ``charge_group`` and activated if their state allows it; without one they arrive
    inactive and unattached. To attach them is a change of terms, which goes through ``file_changes``: only a group that
    is founded with its points has none. What the portal has and the file has not is left alone, unless the feed is
    complete.
    """
    report = Report("locations")
    parsed = [parse_location(each, number, provider.time_zone) for number, each in enumerate(objects, 1)]
    _refuse_repeated(parsed)
    stored = PointFeed(provider, feed.name)
    known = KnownPoints(provider, [evse for each in parsed for evse in each.evses], stored)
    located = _import_locations(provider, parsed, report)
    rows = _import_points(known, located, charge_group, report, file_changes)
    _remember(stored, rows)
    if feed.complete:
        remove_missing_points(feed, known, parsed, report)
    _warn_of_tariffs(provider, parsed, report)
    return report


def _refuse_repeated(parsed: list[LocationObject]) -> None:
    """The first that has a key keeps it; keys of EVSEs count however they are spelled, and not those of removed ones."""
    codes: set[str] = set()
    identities: set[str] = set()
    for each in parsed:
        if each.code and each.code in codes:
            each.problems.append(Problem("id", "occurred earlier in the file", "give each location an id of its own"))
        codes.add(each.code)
        for evse in each.evses:
            key = identity_key(evse.identity)
            if not key or evse.state == REMOVED:
                continue
            if key in identities:
                evse.problems.append(Problem("evse_id", "occurred earlier in the file", "list each EVSE once"))
            identities.add(key)


def _import_locations(provider: Provider, parsed: list[LocationObject], report: Report) -> list[LocationRow]:
    stored = {each.code: each for each in Location.objects.filter(provider=provider)}
    rows = []
    for each in parsed:
        if each.problems:
            _refuse_whole(each, each.problems, report)
        else:
            rows.append(_location_row(provider, each, stored.get(each.code)))
    return _write_locations(rows, report)


def _refuse_whole(parsed: LocationObject, problems: list[Problem], report: Report) -> None:
    """Without its location an EVSE can't be taken either."""
    report.refuse(parsed.id, problems)
    for evse in parsed.evses:
        _refuse_without_location(evse, parsed, report)


def _refuse_without_location(evse: EvseObject, parsed: LocationObject, report: Report) -> None:
    why = Problem("", f"its location {parsed.id} can't be taken", "mend that first")
    report.refuse(evse.id, [*evse.problems, why])


def _location_row(provider: Provider, parsed: LocationObject, stored: Location | None) -> LocationRow:
    if stored is None:
        name = parsed.values["address"] or parsed.code
        return LocationRow(
            parsed, Location(provider=provider, code=parsed.code, **({"name": name} | parsed.values)), []
        )
    changed = [name for name, value in parsed.values.items() if getattr(stored, name) != value]
    for name in changed:
        setattr(stored, name, parsed.values[name])
    return LocationRow(parsed, stored, changed)


def _write_locations(rows: list[LocationRow], report: Report) -> list[LocationRow]:
    new, changed = [row for row in rows if row.is_new], [row for row in rows if row.changed]
    created = write_rows(new, _save, report)
    updated = write_rows(changed, _save, report)
    report.new, report.updated = len(created), len(updated)
    report.unchanged = len(rows) - len(new) - len(changed)
    taken = {*created, *updated}
    for row in {*new, *changed} - taken:
        for evse in row.object.evses:
            _refuse_without_location(evse, row.object, report)
    return [row for row in rows if row in taken or not (row.is_new or row.changed)]


def _save(rows: Sequence[LocationRow]) -> None:
    Location.objects.bulk_create([row.location for row in rows if row.is_new], batch_size=BATCH)
    changed = {name for row in rows for name in row.changed}
    if changed:
        Location.objects.bulk_update([row.location for row in rows if row.changed], changed, batch_size=BATCH)


def _import_points(
    known: KnownPoints,
    located: list[LocationRow],
    charge_group: ChargeGroup | None,
    report: Report,
    file_changes: FileChanges | None,
) -> list[PointRow]:
    """The rows that hold afterwards. Living EVSEs come first, so that a removed one finds its point taken."""
    evses = [(evse, each.location) for each in located for evse in each.object.evses]
    rows = []
    for evse, location in sorted(evses, key=lambda pair: pair[0].state == REMOVED):
        row = None if evse.problems else _row(known, evse, location, charge_group)
        if evse.problems:
            report.refuse(evse.id, evse.problems)
        elif row is None:
            report.unchanged += 1
        else:
            rows.append(row)
    if file_changes is not None:
        _change_terms(rows, file_changes)
    written = write_points(rows, report)
    _count(rows, written, report)
    return [row for row in rows if not row.touched or row in written]


def _row(known: KnownPoints, evse: EvseObject, location: Location, charge_group: ChargeGroup | None) -> PointRow | None:
    """Nothing for a removed EVSE that lives elsewhere in the file, or that was removed there before."""
    key = identity_key(evse.identity)
    if evse.state == REMOVED:
        if key in known.keys or key in known.removed_keys:
            return None
        known.removed_keys.add(key)
    return known.row(evse, location, charge_group)


def _remember(feed: PointFeed, rows: Sequence[PointRow]) -> None:
    removed = {row.point.pk: row.status_before for row in rows if row.removed}
    feed.remember((row.point.pk for row in rows), removed, {row.point.pk for row in rows if row.revived})


def _change_terms(rows: list[PointRow], file_changes: FileChanges) -> None:
    """Judge what it does that those of the new points that can be written come into a charge group."""
    attached = [row for row in rows if row.is_new and row.point.charge_group is not None]
    if not attached:
        return
    with transaction.atomic():
        good = write_points(attached, Report("tried"))
        transaction.set_rollback(True)
    if good:
        file_changes.lock([good[0].point.provider_id])
        file_changes.add(PointMoves([_move(row.point) for row in good]))


def _move(point: ChargePoint) -> Move:
    """From nowhere. The point keeps the number that it was given when it was tried."""
    new = ChargePoint(pk=point.pk, provider_id=point.provider_id, identity=point.identity)
    return Move(new, point.charge_group, point.status if point.status != new.status else None)


def _count(rows: list[PointRow], written: list[PointRow], report: Report) -> None:
    report.new += sum(row.is_new for row in written)
    report.updated += sum(not row.is_new for row in written)
    report.unchanged += sum(not row.touched for row in rows)
    for row in written:
        if not row.evse.connectors:
            report.warn(row.id, "connectors", "It has no connector: its power is not known, and it is not exported.")
        if row.former_evse_id:
            message = f"Its EVSE ID was {row.former_evse_id}: the charge point {row.point.identity} has the new one."
            report.warn(row.id, "evse_id", message)


def _warn_of_tariffs(provider: Provider, parsed: list[LocationObject], report: Report) -> None:
    codes = Tariff.objects.filter(provider=provider).values_list("code", flat=True)
    known = TariffCodes(code.upper() for code in codes)
    missing: dict[str, list[str]] = defaultdict(list)
    for each in parsed:
        for evse in each.evses:
            missing[evse.id] += [name for name in evse.tariff_ids if known.code_of(name.upper()) not in known.codes]
    for evse_id, names in missing.items():
        if names:
            listed = ", ".join(dict.fromkeys(names))
            report.warn(evse_id, "tariff_ids", f"No tariff of {provider} has this id: {listed}. Import tariffs first.")
