"""CSV of charge groups: columns of terms create a new group and change no other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from chargegroups import writes
from chargegroups.models import ChargeGroup, Terms
from chargegroups.terms import SLOTS, SWITCHES
from customers.models import UserGroup
from evcnet import datetimes
from evcnet.errors import DomainError
from evcnet.importexport.columns import Choice, Code, Column, Flag, Moment, Reference
from evcnet.importexport.kinds import Kind, Row, checked
from tariffs.models import Tariff

TERMS = (*SLOTS, *SWITCHES, "valid_from")


class ChargeGroups(Kind):
    name, model, key, at_once = "charge_groups", ChargeGroup, ("code",), False
    mended_at: ClassVar = {"roaming": "type", "published": "type"}
    columns = (
        Reference("user_group", UserGroup, required=True),
        Code("code", required=True),
        Column("name", required=True),
        Choice("type", ChargeGroup.Type.values, required=True),
        Column("additional_information"),
        Reference("tariff", Tariff, needed="required for a new group"),
        *(Reference(name, Tariff, needed="for a new group") for name in SLOTS[1:]),
        *(Flag(name, needed="for a new group, else false") for name in SWITCHES),
        Moment("valid_from", needed="for a new group, else from the import on"),
    )

    def __init__(self, reach: Any) -> None:
        super().__init__(reach)
        self.terms: dict[int, Terms] = {}

    def find(self, rows: Iterable[Row], *, lock: bool) -> dict[tuple[Any, ...], Any]:
        found = super().find(rows, lock=lock)
        self._read_terms(found.values())
        return found

    def within(self, queryset: Any, rows: Iterable[Row]) -> Any:
        providers = {row.provider.pk for row in rows if row.provider}
        return queryset.select_related("user_group").filter(provider__in=providers)

    def listed(self, provider: Any) -> Any:
        rows = self.reach.rows(ChargeGroup).select_related("provider", "user_group").order_by("provider__code", "code")
        return rows if provider is None else rows.filter(provider=provider)

    def things(self, listed: Any) -> list[Any]:
        groups = list(listed)
        self._read_terms(groups)
        return groups

    def _read_terms(self, groups: Iterable[Any]) -> None:
        """The terms in force, or, where none are yet, the first that will be."""
        now = datetimes.database_clock()
        of_groups = Terms.objects.filter(charge_group__in=[group.pk for group in groups]).select_related(*SLOTS)
        scheduled = of_groups.scheduled(now).order_by("-valid_from")
        self.terms |= {each.charge_group_id: each for rows in (scheduled, of_groups.in_force(now)) for each in rows}

    def stored(self, thing: Any) -> dict[str, Any]:
        terms = self.terms.get(thing.pk)
        values = {each.name: each.of(thing) for each in self.columns if each.name not in TERMS}
        return values | {name: getattr(terms, name, None) for name in TERMS}

    def settle(self, row: Row, wanted: dict[str, Any], stored: dict[str, Any] | None) -> None:
        if stored is None:
            _found(wanted)
            return
        for name in TERMS:
            if not row.said(name):
                wanted[name] = stored[name]
            elif wanted[name] != stored[name]:
                now = self.column(name).write(stored[name], row.zone, self.reach.shows)
                row.refuse(
                    name, f"The terms of a charge group that exists change through their own page: {_as_now(now)}."
                )

    def write(self, row: Row, thing: Any, wanted: dict[str, Any]) -> Any:
        group = thing or ChargeGroup(provider=row.provider)
        for column in self.columns:
            if column.name not in TERMS:
                setattr(group, column.field, wanted[column.name])
        checked(group)
        if thing is None:
            writes.create_group(group, **{name: wanted[name] for name in TERMS})
        else:
            group.save()
        return group


def _found(wanted: dict[str, Any]) -> None:
    if wanted["tariff"] is None:
        raise DomainError(
            "A new charge group has a tariff: write its code. To charge for free is a tariff too.", "tariff"
        )
    if wanted["type"] == ChargeGroup.Type.HOME and wanted["roaming"]:
        raise DomainError("A Home group is not accessible for roaming: write false, or make the type other.", "roaming")
    currency = wanted["tariff"].currency
    for name in SLOTS[1:]:
        if wanted[name] is not None and wanted[name].currency != currency:
            raise DomainError(
                f"{wanted[name]} is in {wanted[name].currency}, the group's tariff in {currency}: all tariffs of a "
                "charge group share one currency, so choose another.",
                name,
            )


def _as_now(now: str) -> str:
    return f"leave the cell empty, or write {now} as it is now" if now else "leave the cell empty"
