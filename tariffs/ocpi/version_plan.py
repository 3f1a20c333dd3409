"""Plan of versions: what a feed's objects add to a tariff's stored versions, and what they take back.

Withdrawn, postponed and corrected announcements are told apart here; docs/feeds.md has the rules.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tariffs.conversion import price_list
from tariffs.models import Tariff, TariffElement, TariffVersion
from tariffs.ocpi.fields import whole_millisecond
from tariffs.ocpi.tariff_object import BEGINNING, TariffObject
from tariffs.pricing.problems import Problem


@dataclass(frozen=True, eq=False)
class ObjectVersion:
    """The unsaved version that an object describes, with its elements. An end at which the next begins is none."""

    object: TariffObject
    version: TariffVersion

    @property
    def begin(self) -> datetime:
        return self.version.valid_from

    @property
    def elements(self) -> list[TariffElement]:
        return self.object.elements


@dataclass
class VersionPlan:
    """``add`` and ``cancel`` are to be written; ``feed_versions`` are stored versions that say the same as the objects.

    ``left`` are versions to come of others that say something else, which stay; ``problem`` is why nothing can be done.
    """

    add: list[ObjectVersion] = field(default_factory=list)
    cancel: list[TariffVersion] = field(default_factory=list)
    feed_versions: list[TariffVersion] = field(default_factory=list)
    left: list[TariffVersion] = field(default_factory=list)
    problem: Problem | None = None

    @property
    def changes_something(self) -> bool:
        return bool(self.add or self.cancel)


def object_versions(tariff: Tariff, objects: Sequence[TariffObject]) -> list[ObjectVersion]:
    """The versions that the objects describe, in the order in which they begin."""
    ordered = sorted(objects, key=lambda each: each.start or BEGINNING)
    versions = []
    for index, each in enumerate(ordered):
        following = ordered[index + 1] if index + 1 < len(ordered) else None
        version = TariffVersion(
            provider_id=tariff.provider_id, tariff=tariff, valid_from=each.start or BEGINNING, **each.version
        )
        if following is not None and following.start == each.until:
            version.valid_until = None
        versions.append(ObjectVersion(each, version))
    return versions


def plan_versions(
    stored: Sequence[TariffVersion], mine: Collection[int], given: Sequence[ObjectVersion], now: datetime
) -> VersionPlan:
    """What makes the stored versions say the ``given`` ones from ``now`` on; both in the order in which they begin.

    ``mine`` are versions, by id, that only this feed said: those to come that it no longer says are cancelled.
    A tariff without versions gets all that is given, each from its own start.
    """
    if not stored:
        return VersionPlan(add=list(given))
    return _Planner(stored, mine, given, now).run()


class _Planner:
    """The stored versions beside what the objects say, split at ``now``."""

    def __init__(
        self, stored: Sequence[TariffVersion], mine: Collection[int], given: Sequence[ObjectVersion], now: datetime
    ) -> None:
        self.now, self.mine, self.result = now, mine, VersionPlan()
        self.current = version_at(stored, now)
        self.to_come = [each for each in stored if each.valid_from > now]
        self.begun = next((each for each in reversed(given) if each.begin <= now), None)
        self.given = [each for each in given if each.begin > now]
        others = {each.valid_from for each in self.to_come if each.pk not in mine}
        self.starts = others | {each.begin for each in self.given}

    def run(self) -> VersionPlan:
        self._plan_current()
        self._compare_to_come()
        self._plan_to_come()
        return self.result

    def _plan_current(self) -> None:
        """What holds from now on, where the objects say it."""
        if self.begun is None:
            return
        if self.current is not None and self._same(self.current, self.begun):
            self.result.feed_versions.append(self.current)
            return
        until = self.begun.version.valid_until
        if until is not None and until <= self.now:
            if self.current is not None and self.current.valid_from < until and not self.given:
                reason = f"{until:%Y-%m-%d %H:%M} UTC is past, and the past is not rewritten"
                self.result.problem = Problem("end_date_time", reason, "give one to come")
            return
        self.begun.version.valid_from = self.now
        self.result.add.append(self.begun)

    def _compare_to_come(self) -> None:
        """The stored versions to come that stay: those that the objects say too, and those of others."""
        given = {each.begin: each for each in self.given}
        for version in self.to_come:
            match = given.get(whole_millisecond(version.valid_from))
            if match is not None and self._same(version, match):
                self.result.feed_versions.append(version)
            elif version.pk in self.mine:
                self.result.cancel.append(version)
            elif match is not None or not self._repeats(version):
                self.result.left.append(version)

    def _plan_to_come(self) -> None:
        """What begins later, unless it repeats what holds by then. Where another version begins, that one stays."""
        remaining = [each for each in self.to_come if each not in self.result.cancel]
        taken = {whole_millisecond(each.valid_from) for each in remaining}
        timeline = {each.valid_from: (version_content(each), each.valid_until) for each in remaining}
        first = self.result.add[0] if self.result.add else None
        if first is not None:
            timeline[self.now] = version_content(first.version, first.elements), first.version.valid_until
        elif self.current is not None:
            timeline[self.current.valid_from] = version_content(self.current), self.current.valid_until
        for each in self.given:
            value = version_content(each.version, each.elements), each.version.valid_until
            before = max((begin for begin in timeline if begin < each.begin), default=None)
            if each.begin not in taken and (before is None or timeline[before] != value):
                timeline[each.begin] = value
                self.result.add.append(each)

    def _repeats(self, version: TariffVersion) -> bool:
        """Does a version of others repeat what the objects say of that time?"""
        begun = [each for each in (self.begun, *self.given) if each is not None and each.begin <= version.valid_from]
        return bool(begun) and version_content(version) == version_content(begun[-1].version, begun[-1].elements)

    def _same(self, version: TariffVersion, given: ObjectVersion) -> bool:
        """Do both say the same until the same end?"""
        return self._end(version) == self._end(given.version) and version_content(version) == version_content(
            given.version, given.elements
        )

    def _end(self, version: TariffVersion) -> datetime | None:
        """None where another version follows at or before its end."""
        until = version.valid_until
        followed = until is not None and any(version.valid_from < start <= until for start in self.starts)
        return None if followed or until is None else whole_millisecond(until)


def version_at(versions: Sequence[TariffVersion], at: datetime) -> TariffVersion | None:
    """The latest that has begun, also if it has ended. ``versions`` in the order in which they begin."""
    return next((each for each in reversed(versions) if each.valid_from <= at), None)


def version_content(version: TariffVersion, elements: Sequence[TariffElement] | None = None) -> tuple[Any, ...]:
    """What the version says, but for when. ``elements`` where they are not stored yet."""
    return version.ocpi_type, version.alt_text, version.alt_url, price_list(version, elements)
