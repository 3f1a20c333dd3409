"""CSV resource of charge points. A row attaches or detaches as the pages do, by a change; its columns are written with it."""

from __future__ import annotations

from copy import copy
from typing import Any, ClassVar

from changes.proposals.points import Move, PointMoves
from changes.resources import ProposedRows, TermsResource, by_provider
from chargegroups.models import ChargeGroup
from chargepoints.attach_detach import status_in
from chargepoints.models import ChargePoint, Location
from customers.models import Customer, Provider
from evcnet.code_keys import IdentityKey
from evcnet.errors import DomainError
from evcnet.importexport.declaration import Values, filter_in
from evcnet.importexport.fields import Field
from evcnet.importexport.results import RowResult
from evcnet.importexport.rows import Row
from evcnet.importexport.summary import ValueChanges, new_states, other_references
from evcnet.importexport.widgets import (
    ChoiceWidget,
    CodeWidget,
    DecimalWidget,
    ReferenceWidget,
)
from evcnet.primary_keys import reserve_pks

ACTIVE, INACTIVE = ChargePoint.Status.ACTIVE.value, ChargePoint.Status.INACTIVE.value


class ChargePointResource(TermsResource):
    columns_are_stored: ClassVar = True
    stages_rows = updates_in_bulk = True
    judged_column: ClassVar = "charge_group"
    approval_remedy: ClassVar = (
        "A file waits where its rows attach or detach charge points that are here, and say nothing else: import the rest "
        "in a file of its own first."
    )
    compared_by: ClassVar = IdentityKey
    summed_up: ClassVar = ("status", "charge_group", "owner")
    guard_columns: ClassVar = {"published": "location", "social_charging": "location"}

    identity = Field(CodeWidget(), required=True)
    name = Field()
    location = Field(ReferenceWidget(Location))
    charge_group = Field(ReferenceWidget(ChargeGroup))
    owner = Field(ReferenceWidget(Customer, by="number", compared_by=IdentityKey))
    evse_id = Field(CodeWidget())
    maker = Field()
    model = Field()
    max_power_kw = Field(DecimalWidget(decimals=3, most=1_000, unit="kW"))
    status = Field(ChoiceWidget(ChargePoint.Status), default=INACTIVE)

    class Meta:
        model, name, import_id_fields = ChargePoint, "charge_points", ("identity",)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.ids: dict[int, int] = {}  # of new points that a change names before they are written, by row

    def taken_keys(self, provider: Provider, keys: list[str]) -> set[str]:
        """Those of other providers."""
        identities = ChargePoint._base_manager.order_by().values_list("identity", flat=True)
        return set(map(IdentityKey.of, filter_in(identities, "identity__identity_key", keys)))

    def is_deferred(self, result: RowResult) -> bool:
        return _moves(result)

    def clean_row(self, row: Row, new_values: Values, old_values: Values | None) -> None:
        missing = [name for name in ("charge_group", "location") if new_values[name] is None]
        if new_values["status"] != ACTIVE or not missing:
            return
        if row.cell("status"):
            raise DomainError(
                f"It can't be active without a {' and a '.join(missing)}: name it, or write inactive.", "status"
            )
        new_values["status"] = INACTIVE  # one that is taken out of its group or place stops working

    def summary(self, changes: ValueChanges) -> list[str]:
        return [
            *new_states(ChargePoint, "status", changes, INACTIVE),
            *other_references(ChargePoint, "charge_group", changes),
            *other_references(ChargePoint, "owner", changes),
        ]

    def proposals(self, results: list[RowResult]) -> list[ProposedRows]:
        """All points of a provider that get into groups, or out of them, are one change. The rows are written whole."""
        moving = list(filter(_moves, results))
        new = [each for each in moving if each.is_new()]
        self.ids = {each.number: pk for each, pk in zip(new, reserve_pks(ChargePoint, len(new)), strict=True)}
        return [
            ProposedRows(PointMoves([self._move(each) for each in together]), together)
            for together in by_provider(moving)
        ]

    def says_no_more(self, proposed: ProposedRows) -> bool:
        """A new point arises with its row; of one that is there, what the change does not say stands in the file alone."""
        return all(
            not each.is_new() and {cell.column for cell in each.diff} <= {"charge_group", "status"}
            for each in proposed.effects
        )

    def _move(self, result: RowResult) -> Move:
        values = result.new_values
        if result.is_new():
            point = ChargePoint(pk=self.ids[result.number], provider=result.row.provider, identity=values["identity"])
        else:
            point = copy(result.instance)  # as it was: the row itself is about to change
        status = status_in(values["charge_group"], point.status)
        return Move(point, values["charge_group"], values["status"] if values["status"] != status else None)

    def build_instance(self, row: Row, instance: ChargePoint | None, new_values: Values) -> ChargePoint:
        point: ChargePoint = super().build_instance(row, instance, new_values)
        point.pk = point.pk or self.ids.get(row.number)
        return point


def _moves(result: RowResult) -> bool:
    """Does the point get into a group, or out of one?"""
    before = result.old_values["charge_group"] if result.old_values else None
    return bool(result.new_values["charge_group"] != before)
