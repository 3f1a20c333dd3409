"""The wizard that gives the owner of a charge point an exception there: allowed, and free of charge."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.http.response import HttpResponseBase

from changes.admin.wizard import ChangeWizard, PlannedChange
from changes.owner_exception import free_for_owner, new_free_tariff
from chargepoints.models import ChargePoint
from evcnet.admin.base import ModelAdmin
from evcnet.admin.requests import StaffRequest
from tariffs.models import Tariff


class FreeForOwnerWizard(ChangeWizard[ChargePoint]):
    """Whom it affects is the owner alone; what they pay before and after is shown first, as for every exception."""

    def __init__(
        self, admin: ModelAdmin[Any], request: StaffRequest, point: ChargePoint, tariff: Tariff, data: QueryDict
    ) -> None:
        super().__init__(admin, request, point, data)
        self.tariff = tariff

    @property
    def title(self) -> str:
        return f"Make {self.obj} free of charge for the owner"

    @property
    def back(self) -> str:
        return self.admin.page(self.obj.pk)

    def plan(self) -> PlannedChange:
        return PlannedChange(free_for_owner(self.obj, self.tariff))


def make_free_for_owner(
    admin: ModelAdmin[ChargePoint], request: StaffRequest, points: list[ChargePoint], asked: dict[str, Any]
) -> HttpResponseBase:
    """Its preview. A free tariff that is asked for is made first: nothing uses it yet, so it changes nobody's terms."""
    (point,) = points
    data, tariff = request.POST.copy(), asked["tariff"]
    if tariff is None and point.charge_group is not None:
        tariff = new_free_tariff(point.charge_group, asked["currency"], request.user)
        data["tariff"] = str(tariff.pk)
    return FreeForOwnerWizard(admin, request, point, tariff, data).respond()
