"""Actions on charge points: attach, move, detach, activate, deactivate, make free of charge for the owner."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.http.response import HttpResponseBase
from django.utils import timezone

from changes.admin.free_for_owner import make_free_for_owner
from changes.admin.move_points import Destination, MovePointsWizard, afterwards
from changes.owner_exception import free_tariffs
from chargegroups.access_summary import access_summaries
from chargegroups.models import ChargeGroup
from chargepoints import attach_detach
from chargepoints.models import ChargePoint
from chargepoints.status_text import points_become
from customers.models import StaffMember
from evcnet.admin.actions import Action, ActionForm, row_of_page
from evcnet.admin.base import ModelAdmin
from evcnet.admin.requests import StaffRequest
from evcnet.admin.scoped import sees_target
from evcnet.admin.status_actions import StatusAction, StatusKind
from evcnet.bulk import RowMessage
from gateway.running import running_sentence
from tariffs.forms.tariff_picker import TariffField, offer_tariffs
from tariffs.models import Tariff

ACTIVE, INACTIVE = ChargePoint.Status.ACTIVE, ChargePoint.Status.INACTIVE


class AttachForm(ActionForm):
    intro = "Choose the charge group that sets the tariff and who may charge."

    charge_group = forms.ModelChoiceField(ChargeGroup.objects.none(), help_text="Closed charge groups take no points.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["charge_group"]
        field.queryset = ChargeGroup.objects.visible_to(self.request.user, "change").open()
        field.widget = AutocompleteSelect(ChargePoint._meta.get_field("charge_group"), admin.site)
        field.widget.choices = field.choices

    def row_messages(self) -> Iterable[RowMessage]:
        for point in self.rows:
            if point.charge_group_id is not None:
                yield RowMessage(
                    point, f"leaves {point.charge_group}, and takes the tariff and access of the new group."
                )


class FreeForOwnerForm(ActionForm):
    tariff = TariffField(
        required=False, label="Free tariff", empty_label="Make a new tariff “Free of charge” (0 per session)"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        now, group = timezone.now(), self.rows[0].charge_group
        terms = access_summaries([group], now)[group.pk].terms
        self.currency = terms.tariff.currency if terms else group.provider.currency
        usable = Tariff.objects.visible_to(self.request.user, "use")
        usable = usable.usable_in(provider=group.provider_id, user_group=group.user_group_id)
        tariffs = free_tariffs(usable, self.currency, now)
        field: Any = self.fields["tariff"]
        offer_tariffs(self, Tariff.objects.filter(pk__in=[tariff.pk for tariff in tariffs]), self.request.user)
        if not self.request.user.has_perm("tariffs.add_tariff"):
            field.required, field.empty_label = True, "Choose a free tariff"

    @property
    def intro(self) -> str:  # type: ignore[override]
        (point,) = self.rows
        sees_owner = sees_target(self.request.user, point, ChargePoint._meta.get_field("owner"))
        return f"{point.owner if sees_owner else 'The owner'} gets an exception in {point.charge_group}: allowed, and free of charge."

    def clean(self) -> dict[str, Any]:
        return (super().clean() or self.cleaned_data) | {"currency": self.currency}


def _to_group(
    admin: ModelAdmin[ChargePoint], request: StaffRequest, points: list[ChargePoint], asked: dict[str, Any]
) -> HttpResponseBase:
    """The preview of attaching or moving them."""
    return _flow(admin, request, points, Destination(asked["charge_group"]))


def _out(
    admin: ModelAdmin[ChargePoint], request: StaffRequest, points: list[ChargePoint], asked: dict[str, Any]
) -> HttpResponseBase:
    """The preview of detaching them, which says what stops working."""
    return _flow(admin, request, points, Destination(None))


def _flow(
    admin: ModelAdmin[ChargePoint], request: StaffRequest, points: list[ChargePoint], to: Destination
) -> HttpResponseBase:
    one = row_of_page(request, points)
    back = (lambda: afterwards(admin, request, one)) if one else request.get_full_path
    return MovePointsWizard(admin, request, one, points, to, back).respond()


ATTACH = Action(
    "attach",
    "Attach to a charge group",
    "attached",
    is_available=lambda point: point.charge_group_id is None,
    form=AttachForm,
    primary=True,
    view=_to_group,
)
MOVE = Action(
    "move",
    "Move to another charge group",
    "moved",
    is_available=lambda point: point.charge_group_id is not None,
    form=AttachForm,
    view=_to_group,
)
DETACH = Action(
    "detach",
    "Detach from the charge group",
    "detached",
    is_available=lambda point: point.charge_group_id is not None,
    view=_out,
)


def _points_meaning(keys: Sequence[int], status: Any, login: StaffMember) -> list[str]:
    running = [running_sentence(login, "charge_point", keys)] if status != ACTIVE and keys else []
    return [*points_become(keys, status, login), *running]


POINTS = StatusKind("status", _points_meaning, needs_reason=frozenset([INACTIVE, ChargePoint.Status.OUT_OF_SERVICE]))
ACTIVATE = StatusAction(
    "activate",
    "Activate",
    "activated",
    attach_detach.activate,
    is_available=lambda point: point.status != ACTIVE and not attach_detach.why_not_activate(point),
    primary=True,
    kind=POINTS,
    target=ACTIVE,
    sources=frozenset([INACTIVE, ChargePoint.Status.OUT_OF_SERVICE]),
    why_not=attach_detach.why_not_activate,
)
DEACTIVATE = StatusAction(
    "deactivate",
    "Deactivate",
    "deactivated",
    attach_detach.deactivate,
    is_available=lambda point: point.status == ACTIVE,
    kind=POINTS,
    target=INACTIVE,
    sources=frozenset([ACTIVE]),
)
FREE_FOR_OWNER = Action(
    "free-for-owner",
    "Make it free of charge for the owner",
    "made free of charge for the owner",
    view=make_free_for_owner,
    is_available=lambda point: bool(point.owner_id and point.charge_group_id),
    form=FreeForOwnerForm,
    asks_password=True,
)
