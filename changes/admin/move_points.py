"""Attaching, moving and detaching charge points: the wizard that previews whom it affects, and does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import Http404
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from changes.admin.wizard import ChangeWizard, PlannedChange
from changes.proposals import Inapplicable
from changes.proposals.points import Move, PointMoves
from chargegroups.models import ChargeGroup
from chargepoints.attach_detach import has_social_charging, why_not_attach
from chargepoints.models import ChargePoint
from evcnet.admin.base import ModelAdmin
from evcnet.admin.requests import StaffRequest
from evcnet.primary_keys import parse_pk
from evcnet.text import counted
from gateway.running import running_sentence


@dataclass(frozen=True)
class Destination:
    """Where points go: to a charge group, or to none. ``active``: they are put into service there."""

    group: ChargeGroup | None
    active: bool = False


class MovePointsWizard(ChangeWizard[ChargeGroup | ChargePoint | None]):
    """Points that can't go are left out, each with its reason; the others are shown and moved."""

    def __init__(
        self,
        admin: ModelAdmin[Any],
        request: StaffRequest,
        obj: ChargeGroup | ChargePoint | None,
        points: list[ChargePoint],
        to: Destination,
        back: Callable[[], str],
    ) -> None:
        super().__init__(admin, request, obj, request.POST if request.method == "POST" else request.GET)
        self.points, self.to, self._back = points, to, back
        self.left_out: list[tuple[ChargePoint, str]] = []

    @property
    def title(self) -> str:
        many = counted(len(self.points), "charge point")
        return f"{many} to {self.to.group}" if self.to.group else f"Detach {many}"

    @property
    def zone(self) -> Any:
        return self.points[0].provider.zone if self.points else timezone.get_current_timezone()

    @property
    def back(self) -> str:
        """Asked for when it is needed: a point that was detached may be out of sight by then."""
        return self._back()

    def plan(self) -> PlannedChange:
        if len({point.provider_id for point in self.points}) > 1:
            raise Inapplicable("The charge points belong to several providers: choose those of one.")
        going = self._going(self.to.group) if self.to.group else self.points
        if self.left_out and not going:
            raise Inapplicable(" ".join(f"{point}: {reason}" for point, reason in self.left_out[:5]))
        moving = [point for point in going if point.charge_group != self.to.group]
        return PlannedChange(
            PointMoves(
                [Move(point, self.to.group, ChargePoint.Status.ACTIVE if self.to.active else None) for point in moving]
            )
        )

    def _going(self, group: ChargeGroup) -> list[ChargePoint]:
        social = has_social_charging(group)
        reasons = [(point, why_not_attach(point, group, social_charging=social)) for point in self.points]
        self.left_out = [(point, reason) for point, reason in reasons if reason]
        return [point for point, reason in reasons if not reason]

    def preview_context(self) -> dict[str, Any]:
        points = [point.pk for point in self.points]
        return {"left_out": self.left_out, "running": running_sentence(self.request.user, "charge_point", points)}


def regroup(admin: ModelAdmin[ChargePoint], request: StaffRequest, point: ChargePoint) -> HttpResponseBase:
    """The preview that follows the form of a charge point in which another charge group, or none, was chosen."""
    data = request.POST if request.method == "POST" else request.GET
    target = data.get("to", "")
    groups = ChargeGroup.objects.visible_to(request.user, "change").open()
    group = groups.filter(pk=parse_pk(target)).first()
    if target and group is None:
        raise Http404("No such charge group here.")
    to = Destination(group, active="active" in data)
    return MovePointsWizard(admin, request, point, [point], to, lambda: afterwards(admin, request, point)).respond()


def afterwards(admin: ModelAdmin[ChargePoint], request: StaffRequest, point: ChargePoint) -> str:
    """The point's page, or the list where the login does not see the point any more."""
    if ChargePoint.objects.visible_to(request.user).filter(pk=point.pk).exists():
        return str(admin.page(point.pk))
    return reverse("admin:chargepoints_chargepoint_changelist")
