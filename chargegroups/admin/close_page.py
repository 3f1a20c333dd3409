"""The page that closes a charge group, after saying whom it affects."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http.response import HttpResponseBase

from changes.admin.wizard import ChangeWizard, PlannedChange
from changes.proposals.points import GroupClosure
from chargegroups.admin.charge_points_tab import may_move
from chargegroups.models import ChargeGroup
from chargepoints.models import ChargePoint
from evcnet.admin.base import ModelAdmin
from evcnet.admin.requests import StaffRequest
from gateway.running import running_sentence


class CloseGroupWizard(ChangeWizard[ChargeGroup]):
    """A closed group has no charge points and takes none; it stays, with its history."""

    @property
    def title(self) -> str:
        return f"Close {self.obj}"

    @property
    def back(self) -> str:
        return str(self.admin.page(self.obj.pk))

    def plan(self) -> PlannedChange:
        return PlannedChange(GroupClosure(self.obj))

    def preview_context(self) -> dict[str, Any]:
        points = list(ChargePoint.objects.filter(charge_group=self.obj).values_list("pk", flat=True))
        return {"running": running_sentence(self.request.user, "charge_point", points)}


def close_view(admin: ModelAdmin[ChargeGroup], request: StaffRequest, group: ChargeGroup) -> HttpResponseBase:
    if not may_move(request, group):
        raise PermissionDenied
    return CloseGroupWizard(admin, request, group).respond()
