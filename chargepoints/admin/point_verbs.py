"""What can be done to charge points: attach, detach, activate, deactivate, make free for the owner."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.utils import timezone
from unfold.widgets import UnfoldAdminSelectWidget

from chargegroups.models import ChargeGroup, Tariff
from chargepoints import changes
from chargepoints.effective import effective
from chargepoints.models import ChargePoint
from chargepoints.owners import free_tariffs, make_free_for_owner
from evcnet.outcomes import Outcome, Remark
from evcnet.refusals import REFUSALS, refusal_of
from evcnet.scoped import sees_target
from evcnet.verbs import Verb, VerbForm

ACTIVE = ChargePoint.Status.ACTIVE


class AttachForm(VerbForm):
    intro = "Choose the charge group that sets the tariff and who may charge."

    charge_group = forms.ModelChoiceField(ChargeGroup.objects.none(), help_text="Closed charge groups take no points.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["charge_group"]
        field.queryset = ChargeGroup.objects.visible_to(self.request.user, "change").open()
        field.widget = AutocompleteSelect(ChargePoint._meta.get_field("charge_group"), admin.site)
        field.widget.choices = field.choices

    def remarks(self) -> Iterable[tuple[Any, str]]:
        for point in self.rows:
            if point.charge_group_id is not None:
                yield point, f"leaves {point.charge_group}, and takes the tariff and access of the new group."


class DetachForm(VerbForm):
    @property
    def intro(self) -> str:  # type: ignore[override]
        stopping = len(changes.stops_working(self.rows))
        if not stopping:
            return "None of them is active: nobody who charges there now is affected."
        if len(self.rows) == 1:
            return "It is active. Without a charge group nobody can charge there: it becomes inactive."
        return f"{stopping:,} of {len(self.rows):,} are active. Without a charge group they become inactive."

    def remarks(self) -> Iterable[tuple[Any, str]]:
        # Of a single point the introduction has said all.
        for point in changes.stops_working(self.rows) if len(self.rows) > 1 else ():
            if point.charge_group_id is not None:
                yield point, f"stops working: nobody can charge there once it has left {point.charge_group}."


class FreeForOwnerForm(VerbForm):
    tariff = forms.ModelChoiceField(
        Tariff.objects.none(),
        required=False,
        label="Free tariff",
        empty_label="Make a new tariff “Free of charge” (0 per session)",
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        now, group = timezone.now(), self.rows[0].charge_group
        terms = effective([group], now)[group.pk].terms
        self.currency = terms.tariff.currency if terms else group.provider.currency
        found = free_tariffs(Tariff.objects.visible_to(self.request.user), self.currency, now)
        field: Any = self.fields["tariff"]
        field.queryset = Tariff.objects.filter(pk__in=[tariff.pk for tariff in found])
        if not self.request.user.has_perm("chargegroups.add_tariff"):
            field.required, field.empty_label = True, "Choose a free tariff"

    @property
    def intro(self) -> str:  # type: ignore[override]
        (point,) = self.rows
        seen = sees_target(self.request.user, point, ChargePoint._meta.get_field("owner"))
        return f"{point.owner if seen else 'The owner'} gets an exception in {point.charge_group}: allowed, and free of charge."

    def clean(self) -> dict[str, Any]:
        return (super().clean() or self.cleaned_data) | {"currency": self.currency}


def _free_for_owner(points: list[ChargePoint], *, tariff: Tariff | None, currency: str) -> Outcome:
    (point,) = points
    try:
        make_free_for_owner(point, tariff, currency)
    except REFUSALS as error:
        return Outcome(refused=(Remark(point, refusal_of(error).message),))
    return Outcome(done=(point,))


ATTACH = Verb(
    "attach",
    "Attach to a charge group",
    "attached",
    changes.attach,
    offered=lambda point: point.charge_group_id is None,
    form=AttachForm,
    primary=True,
)
MOVE = Verb(
    "move",
    "Move to another charge group",
    "moved",
    changes.attach,
    offered=lambda point: point.charge_group_id is not None,
    form=AttachForm,
)
DETACH = Verb(
    "detach",
    "Detach from the charge group",
    "detached",
    changes.detach,
    offered=lambda point: point.charge_group_id is not None,
    form=DetachForm,
)
ACTIVATE = Verb(
    "activate",
    "Activate",
    "activated",
    changes.activate,
    offered=lambda point: point.status != ACTIVE and not changes.why_not_activate(point),
    primary=True,
)
DEACTIVATE = Verb(
    "deactivate", "Deactivate", "deactivated", changes.deactivate, offered=lambda point: point.status == ACTIVE
)
FREE_FOR_OWNER = Verb(
    "free-for-owner",
    "Make it free of charge for the owner",
    "made free of charge for the owner",
    _free_for_owner,
    offered=lambda point: bool(point.owner_id and point.charge_group_id),
    form=FreeForOwnerForm,
)
