"""CSV resource of charge groups. The terms columns found a new group, and change no other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, ClassVar

from django.db.models import QuerySet

from chargegroups import writes
from chargegroups.models import ChargeGroup, Terms
from chargegroups.terms import SLOTS, SWITCHES
from customers.models import UserGroup
from evcnet import datetimes
from evcnet.errors import DomainError
from evcnet.importexport.declaration import Values, clean_instance
from evcnet.importexport.fields import Field
from evcnet.importexport.resource import BulkResource
from evcnet.importexport.results import RowResult
from evcnet.importexport.rows import Row
from evcnet.importexport.widgets import (
    BooleanWidget,
    ChoiceWidget,
    CodeWidget,
    MomentWidget,
    ReferenceWidget,
)
from tariffs.models import Tariff

TERMS = (*SLOTS, *SWITCHES, "valid_from")
TOGETHER = 2_000  # groups whose terms are read at once
FOR_A_NEW_GROUP = "for a new group"


class ChargeGroupResource(BulkResource):
    creates_in_bulk: ClassVar = False
    label_models: ClassVar = (Terms,)
    guard_columns: ClassVar = {"roaming": "type", "published": "type"}

    user_group = Field(ReferenceWidget(UserGroup), required=True)
    code = Field(CodeWidget(), required=True)
    name = Field(required=True)
    type = Field(ChoiceWidget(ChargeGroup.Type), required=True)
    additional_information = Field()
    tariff = Field(ReferenceWidget(Tariff), needed="required for a new group")
    prepaid_tariff = Field(ReferenceWidget(Tariff), needed=FOR_A_NEW_GROUP)
    roaming_tariff = Field(ReferenceWidget(Tariff), needed=FOR_A_NEW_GROUP)
    own_user_group = Field(BooleanWidget(), needed=f"{FOR_A_NEW_GROUP}, else false")
    other_user_groups = Field(BooleanWidget(), needed=f"{FOR_A_NEW_GROUP}, else false")
    roaming = Field(BooleanWidget(), needed=f"{FOR_A_NEW_GROUP}, else false")
    social_charging = Field(BooleanWidget(), needed=f"{FOR_A_NEW_GROUP}, else false")
    valid_from = Field(MomentWidget(), needed=f"{FOR_A_NEW_GROUP}, else from the import on")

    class Meta:
        model, name, import_id_fields = ChargeGroup, "charge_groups", ("code",)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.terms: dict[int, Terms] = {}

    def find_instances(self, rows: Iterable[Row], *, lock: bool) -> dict[tuple[Any, ...], ChargeGroup]:
        groups = super().find_instances(rows, lock=lock)
        self._read_terms(groups.values())
        return groups

    def candidates(self, queryset: QuerySet[ChargeGroup], rows: Iterable[Row]) -> QuerySet[ChargeGroup]:
        providers = {row.provider.pk for row in rows if row.provider}
        return queryset.select_related("user_group").filter(provider__in=providers)

    def get_queryset(self) -> QuerySet[ChargeGroup]:
        groups = self.scope.rows(ChargeGroup).select_related("provider", "user_group")
        return self.of_provider(groups.order_by("provider__code", "code"))

    def iter_queryset(self, queryset: QuerySet[ChargeGroup]) -> Iterator[ChargeGroup]:
        """Not copied: half of the columns are those of the terms in force, else of the first to come. Streamed with the terms
        of some groups at a time, so that memory does not grow with them."""
        rows = iter(super().iter_queryset(queryset))
        while groups := list(islice(rows, TOGETHER)):
            self.terms.clear()
            self._read_terms(groups)
            yield from groups

    def _read_terms(self, groups: Iterable[ChargeGroup]) -> None:
        """The terms in force, or, where none are yet, the first that will be."""
        now = datetimes.database_clock()
        of_groups = Terms.objects.filter(charge_group__in=[group.pk for group in groups]).select_related(*SLOTS)
        scheduled = of_groups.scheduled(now).order_by("-valid_from")
        self.terms |= {each.charge_group_id: each for rows in (scheduled, of_groups.in_force(now)) for each in rows}

    def values_of(self, instance: ChargeGroup) -> Values:
        terms = self.terms.get(instance.pk)
        return {
            each.column_name: getattr(terms if each.column_name in TERMS else instance, each.column_name, None)
            for each in self.columns
        }

    def clean_row(self, row: Row, new_values: Values, old_values: Values | None) -> None:
        if old_values is None:
            _check_first_terms(new_values)
            return
        for name in TERMS:
            if not row.cell(name):
                new_values[name] = old_values[name]
            elif new_values[name] != old_values[name]:
                cell = self.fields[name].widget.render(old_values[name], zone=row.zone, scope=self.scope)
                way_out = f"leave the cell empty, or write {cell} as it is now" if cell else "leave the cell empty"
                row.refuse(name, f"The terms of a charge group that exists change through their own page: {way_out}.")

    def save_row(self, result: RowResult) -> ChargeGroup:
        values, new = result.new_values, result.instance is None
        group = ChargeGroup(provider=result.row.provider) if new else result.instance
        for name in values.keys() - set(TERMS):
            setattr(group, name, values[name])
        clean_instance(group)
        if new:
            writes.create_group(group, **{name: values[name] for name in TERMS})
        else:
            group.save()
        return group


def _check_first_terms(values: Values) -> None:
    if values["tariff"] is None:
        raise DomainError(
            "A new charge group has a tariff: write its code. To charge for free is a tariff too.", "tariff"
        )
    if values["type"] == ChargeGroup.Type.HOME and values["roaming"]:
        raise DomainError("A Home group is not accessible for roaming: write false, or make the type other.", "roaming")
    currency = values["tariff"].currency
    for name in SLOTS[1:]:
        if values[name] is not None and values[name].currency != currency:
            raise DomainError(
                f"{values[name]} is in {values[name].currency}, the group's tariff in {currency}: all tariffs of a "
                "charge group share one currency, so choose another.",
                name,
            )
