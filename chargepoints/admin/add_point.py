"""Adding a charge point in a charge group: whom it affects is shown first where the point works from then on."""

from __future__ import annotations

from django.forms import all_valid
from django.urls import reverse

from changes.admin.add_wizard import AddWizard
from changes.proposals.new_rows import NewPoint
from chargepoints.models import ChargePoint
from evcnet.admin.requests import StaffRequest
from gateway.unknown_devices import forget

ACTIVE, INACTIVE = ChargePoint.Status.ACTIVE, ChargePoint.Status.INACTIVE


class AddPointWizard(AddWizard):
    """The point is stored with its connectors, in no group and not in service, and moves in by a change."""

    def proposal(self) -> NewPoint | None:
        formsets, _ = self.admin._create_formsets(self.request, self.form.instance, change=False)
        if not (all_valid(formsets) and self.form.is_valid()):
            return None
        point: ChargePoint = self.admin.save_form(self.request, self.form, change=False)
        group, status = point.charge_group, point.status
        assert group is not None
        point.charge_group, point.status = None, INACTIVE

        def store() -> None:
            forget(point.identity)
            point.save(force_insert=True)
            for formset in formsets:
                self.admin.save_formset(self.request, self.form, formset, change=False)

        return NewPoint(point, group, status, store)

    @property
    def stored(self) -> ChargePoint | None:
        typed = str(self.data.get("identity", "")).strip()
        point: ChargePoint | None = (
            ChargePoint.objects.visible_to(self.request.user).filter(identity__iexact=typed).first()
        )
        return point

    @property
    def back(self) -> str:
        point = self.stored
        return self.admin.page(point.pk) if point else reverse("admin:chargepoints_chargepoint_changelist")


def comes_into_a_group(request: StaffRequest) -> bool:
    return bool(request.POST.get("charge_group"))
