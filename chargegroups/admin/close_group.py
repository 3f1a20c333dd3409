"""The page that closes a charge group, after saying whom it affects."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http.response import HttpResponseBase

from changes.admin.attach_detach import CloseGroupWizard
from chargegroups.admin.charge_points_tab import may_move
from chargegroups.models import ChargeGroup
from chargepoints.close_group import remove, why_not_remove
from evcnet.admin.requests import StaffRequest

__all__ = ["closing", "remove", "why_not_remove"]


def closing(admin: Any, request: StaffRequest, group: ChargeGroup) -> HttpResponseBase:
    if not may_move(request, group):
        raise PermissionDenied
    return CloseGroupWizard(admin, request, group).respond()
