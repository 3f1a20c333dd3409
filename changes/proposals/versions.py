"""What would a new version of a tariff do, in all groups that use it?"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db.models import Q

from changes.proposals.base import Inapplicable, NothingToChange, Proposal
from changes.snapshots import BeforeAfter
from chargegroups.group_snapshots import group_snapshots, versions_in_force
from chargegroups.models import ChargeGroup, Terms
from tariffs.conversion import element_rows, price_list, version_fields
from tariffs.models import Tariff, TariffVersion
from tariffs.pricing import Tariff as PriceList
from tariffs.pricing import write_tariff
from tariffs.pricing.lints import lost_vat
from tariffs.writes import add_versions, ending_version


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

    def proposed(self, at: datetime) -> TariffVersion:
        """The unsaved version. Its price list is at hand, as its elements are not rows yet."""
        version = TariffVersion(pk=-self.tariff.pk, tariff=self.tariff, valid_from=at, **version_fields(self.prices))
        version.price_list = self.prices  # type: ignore[attr-defined]
        return version

    def places(self, at: datetime) -> list[BeforeAfter]:
        groups = self.groups
        before = group_snapshots(groups, at)
        after = group_snapshots(groups, at, versions={self.tariff.pk: self.proposed(at)})
        return [BeforeAfter(before[group.pk], after[group.pk]) for group in groups]

    def ground(self, at: datetime) -> dict[str, Any]:
        version = versions_in_force([self.tariff.pk], at).get(self.tariff.pk)
        terms = Terms.objects.in_force(at).filter(charge_group__in=self.groups).order_by("pk")
        return {
            "version": version and _said(version),
            "scheduled": [_said(row) for row in self.later(at)],
            "terms": list(terms.values_list("pk", flat=True)),
        }

    def later(self, at: datetime) -> list[TariffVersion]:
        rows = self.tariff.versions.filter(valid_from__gte=at).select_related("tariff").prefetch_related("elements")
        return list(rows.order_by("valid_from"))

    def warnings(self, at: datetime) -> list[str]:
        version = versions_in_force([self.tariff.pk], at).get(self.tariff.pk)
        told = [f"{each.why} {each.remedy}" for each in lost_vat(price_list(version), self.prices)] if version else []
        later = self.later(at)
        if later:
            told.append(f"Another version is scheduled from {self._when(later[0].valid_from)}: it follows.")
        if self.valid_until and not any(row.valid_from <= self.valid_until for row in later):
            told.append(
                f"From {self._when(self.valid_until)} on no price is in force: nobody can charge by this tariff."
            )
        return told

    def _when(self, moment: datetime) -> str:
        return moment.astimezone(self.tariff.provider.zone).strftime("%-d %b %Y %H:%M")

    def check(self, at: datetime) -> None:
        if self.valid_until is not None and self.valid_until <= at:
            raise Inapplicable("The version ends before it begins.")
        if self.prices.currency != self.tariff.currency:
            raise Inapplicable(f"{self.tariff} is in {self.tariff.currency}: its versions are too.")
        version = versions_in_force([self.tariff.pk], at).get(self.tariff.pk)
        if version is not None and price_list(version) == self.prices and version.valid_until == self.valid_until:
            raise NothingToChange("This is what the version in force says already: there is nothing to change.")
        if self.tariff.versions.filter(valid_from=at).exists():
            raise Inapplicable(
                "Another version begins at this very moment: choose another, or cancel the scheduled one."
            )

    def earlier(self, at: datetime) -> dict[str, Any]:
        version = versions_in_force([self.tariff.pk], at).get(self.tariff.pk)
        return {"version": version and version.pk}

    @classmethod
    def reversal(cls, change: Any) -> NewVersion:
        """The proposal that brings the earlier prices back."""
        version = TariffVersion.objects.filter(tariff=change.tariff, pk=change.earlier["version"]).first()
        if version is None:
            raise Inapplicable("This was the first version of the tariff: there are no earlier prices.")
        return cls(change.tariff, price_list(version), version.valid_until)

    def write(self, change: Any, at: datetime) -> None:
        version = TariffVersion.objects.create(
            provider_id=self.provider_id,
            tariff=self.tariff,
            valid_from=at,
            valid_until=self.valid_until,
            **version_fields(self.prices),
        )
        rows = element_rows(self.prices)
        for position, row in enumerate(rows):
            row.provider_id, row.version, row.position = self.provider_id, version, position
        type(rows[0]).objects.bulk_create(rows)
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

    def places(self, at: datetime) -> list[BeforeAfter]:
        groups = self.groups
        before, after = group_snapshots(groups, at), group_snapshots(groups, at)
        for group in after.values():
            group.versions.pop(self.tariff.pk, None)
        return [BeforeAfter(before[group.pk], after[group.pk]) for group in groups]

    def warnings(self, at: datetime) -> list[str]:
        later = self.later(at)
        until = f" until {self._when(later[0].valid_from)}" if later else ""
        return [f"No price is in force any more{until}: nobody can charge by this tariff."]

    def check(self, at: datetime) -> None:
        if self.tariff.pk not in versions_in_force([self.tariff.pk], at):
            raise NothingToChange("No version of the tariff is in force: there is nothing to end.")

    def write(self, change: Any, at: datetime) -> None:
        version, elements = ending_version(self.current, at)
        add_versions([(version, elements)])
        if change is not None:
            change.versions.add(version)

    def sentence(self) -> str:
        return f"{self.tariff} ended"


def _said(version: TariffVersion) -> list[Any]:
    """By its prices, not its id: a file with several versions is tried, undone and tried again."""
    return [version.valid_from, version.valid_until, write_tariff(price_list(version))]


def groups_naming(tariff: Tariff) -> list[ChargeGroup]:
    """The open groups that name the tariff now or later: in their terms, or in a customer's exception."""
    slots = Q(tariff=tariff) | Q(prepaid_tariff=tariff) | Q(roaming_tariff=tariff)
    by_terms = Terms.objects.filter(slots).values("charge_group")
    by_exception = tariff.exceptions.values("charge_group")
    return list(ChargeGroup.objects.open().filter(Q(pk__in=by_terms) | Q(pk__in=by_exception)).order_by("pk"))
