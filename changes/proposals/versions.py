"""A new version of a tariff, in all groups that use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.db.models import Q

from changes.proposals.base import Inapplicable, Proposal
from changes.snapshots import Basis, BeforeAfter
from chargegroups.group_snapshots import GroupSnapshot, group_snapshots, versions_in_force
from chargegroups.models import ChargeGroup, Terms
from chargegroups.tariff_usage import further_uses
from tariffs.conversion import element_rows, price_list, version_fields
from tariffs.models import Tariff, TariffElement, TariffVersion
from tariffs.pricing import Tariff as PriceList
from tariffs.pricing import write_tariff
from tariffs.pricing.lints import lost_vat
from tariffs.writes import add_versions, ending_version

if TYPE_CHECKING:
    from changes.models import Change

NOTHING = "This is what the version in force says already: there is nothing to change."


@dataclass(frozen=True)
class _StoredTariff:
    """What is stored of a tariff at a moment: its groups by id, the version in force, and those to come."""

    places: Mapping[int, GroupSnapshot]
    in_force: TariffVersion | None
    later: Sequence[TariffVersion]


def _with_version(place: GroupSnapshot, tariff: int, version: TariffVersion | None) -> GroupSnapshot:
    """The same with another version of the tariff in force; None: with none."""
    others = {pk: stored for pk, stored in place.versions.items() if pk != tariff}
    return replace(place, versions=others | {tariff: version} if version else others)


class NewVersion(Proposal):
    """``prices`` are what the tariff says from the moment of the change on, until ``valid_until`` if it ends."""

    kind: ClassVar[str] = "version"
    schedulable: ClassVar[bool] = True

    def __init__(self, tariff: Tariff, prices: PriceList, valid_until: datetime | None = None) -> None:
        self.tariff, self.prices, self.provider_id = tariff, prices, tariff.provider_id
        self.valid_until = valid_until

    @property
    def groups(self) -> list[ChargeGroup]:
        return groups_naming(self.tariff)

    def as_json(self) -> dict[str, Any]:
        ends = {"valid_until": self.valid_until.isoformat()} if self.valid_until else {}
        return {"kind": self.kind, "tariff": self.tariff.code, "prices": write_tariff(self.prices), **ends}

    def read(self, at: datetime) -> Basis:
        if self.valid_until is not None and self.valid_until <= at:
            raise Inapplicable("The version ends before it begins.")
        if self.prices.currency != self.tariff.currency:
            raise Inapplicable(f"{self.tariff} is in {self.tariff.currency}: its versions are too.")
        stored = self._read_stored(at)
        in_force = stored.in_force
        nothing = NOTHING if in_force is not None and self._says(in_force) else ""
        if not nothing and any(row.valid_from == at for row in stored.later):
            raise Inapplicable(
                "Another version begins at this very moment: choose another, or cancel the scheduled one."
            )
        return self._basis(at, stored, self._unsaved(at), self._warnings(stored), nothing)

    def _read_stored(self, at: datetime) -> _StoredTariff:
        places = group_snapshots(self.groups, at, also=[self.tariff.pk])
        known = next(iter(places.values())).versions if places else versions_in_force([self.tariff.pk], at)
        later = self.tariff.versions.filter(valid_from__gte=at).select_related("tariff").prefetch_related("elements")
        return _StoredTariff(places, known.get(self.tariff.pk), list(later.order_by("valid_from")))

    def _basis(
        self, at: datetime, stored: _StoredTariff, proposed: TariffVersion | None, warnings: Sequence[str], nothing: str
    ) -> Basis:
        """``proposed`` is the version that would be in force, None where there would be none."""
        in_force, tariff = stored.in_force, self.tariff.pk
        return Basis(
            at=at,
            groups=[each.group for each in stored.places.values()],
            places=[BeforeAfter(each, _with_version(each, tariff, proposed)) for each in stored.places.values()],
            rows={
                "version": in_force and _as_json(in_force),
                "scheduled": [_as_json(row) for row in stored.later],
                "terms": sorted(each.stored_pk for each in stored.places.values() if each.stored_pk),
            },
            earlier={"version": in_force and in_force.pk},
            warnings=warnings,
            nothing=nothing,
            provider=self.tariff.provider,
            aspects=frozenset({"price"}),
            proposed_prices={proposed.pk: self.prices} if proposed else {},
        )

    def _says(self, version: TariffVersion) -> bool:
        return price_list(version) == self.prices and version.valid_until == self.valid_until

    def _unsaved(self, at: datetime) -> TariffVersion:
        """The version as it would be. Its id is one that no stored version has."""
        return TariffVersion(pk=-self.tariff.pk, tariff=self.tariff, valid_from=at, **version_fields(self.prices))

    def _warnings(self, stored: _StoredTariff) -> list[str]:
        warnings = []
        if stored.in_force:
            warnings += [f"{each.why} {each.remedy}" for each in lost_vat(price_list(stored.in_force), self.prices)]
        warnings += further_uses([self.tariff.pk]).values()
        if stored.later:
            warnings.append(f"Another version is scheduled from {self._local(stored.later[0].valid_from)}: it follows.")
        if self.valid_until and not any(row.valid_from <= self.valid_until for row in stored.later):
            warnings.append(
                f"From {self._local(self.valid_until)} on no price is in force: nobody can charge by this tariff."
            )
        return warnings

    def _local(self, moment: datetime) -> str:
        return moment.astimezone(self.tariff.provider.zone).strftime("%-d %b %Y %H:%M")

    def write(self, change: Change | None, basis: Basis) -> None:
        version = TariffVersion.objects.create(
            provider_id=self.provider_id,
            tariff=self.tariff,
            valid_from=basis.at,
            valid_until=self.valid_until,
            **version_fields(self.prices),
        )
        rows = element_rows(self.prices)
        for position, row in enumerate(rows):
            row.provider_id, row.version, row.position = self.provider_id, version, position
        TariffElement.objects.bulk_create(rows)
        if change is not None:
            change.versions.add(version)

    def sentence(self) -> str:
        return f"New version of {self.tariff}"


class TariffEnd(NewVersion):
    """No version of the tariff is in force from the moment of the change on; ``current`` is the one that ends."""

    schedulable: ClassVar[bool] = False

    def __init__(self, current: TariffVersion) -> None:
        super().__init__(current.tariff, price_list(current))
        self.current = current

    def as_json(self) -> dict[str, Any]:
        return super().as_json() | {"ends": True}

    def read(self, at: datetime) -> Basis:
        stored = self._read_stored(at)
        nothing = "" if stored.in_force else "No version of the tariff is in force: there is nothing to end."
        until = f" until {self._local(stored.later[0].valid_from)}" if stored.later else ""
        warning = f"No price is in force any more{until}: nobody can charge by this tariff."
        return self._basis(at, stored, None, [warning, *further_uses([self.tariff.pk]).values()], nothing)

    def write(self, change: Change | None, basis: Basis) -> None:
        version, elements = ending_version(self.current, basis.at)
        add_versions([(version, elements)])
        if change is not None:
            change.versions.add(version)

    def sentence(self) -> str:
        return f"{self.tariff} ended"


def _as_json(version: TariffVersion) -> list[Any]:
    """By its prices, not its id: a file with several versions is tried, undone and tried again."""
    return [version.valid_from, version.valid_until, write_tariff(price_list(version))]


def groups_naming(tariff: Tariff) -> list[ChargeGroup]:
    """The open groups that name the tariff now or later: in their terms, or in a customer's exception."""
    slots = Q(tariff=tariff) | Q(prepaid_tariff=tariff) | Q(roaming_tariff=tariff)
    by_terms = Terms.objects.filter(slots).values("charge_group")
    by_exception = tariff.exceptions.values("charge_group")
    return list(ChargeGroup.objects.open().filter(Q(pk__in=by_terms) | Q(pk__in=by_exception)).order_by("pk"))
