"""What is asked about charge points and locations, and what is refused where it was typed?"""

from __future__ import annotations

from typing import Any

from django import forms

from chargegroups.models import ChargeGroup
from chargepoints.changes import has_social_charging, why_not_activate, why_not_attach
from chargepoints.models import ChargePoint, Location
from evcnet.forms import PortalForm

ACTIVE, INACTIVE = ChargePoint.Status.ACTIVE, ChargePoint.Status.INACTIVE


class ChargePointForm(PortalForm):
    """An active charge point leaves its charge group only once the page has said that it stops working."""

    stop = forms.BooleanField(required=False, label="Yes, take it out of its charge group: it becomes inactive")
    asks_stop = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        # By now the instance holds what is stored, and the typed values are in ``cleaned`` only.
        self._detach_active(cleaned)
        self._refuse(cleaned)
        return cleaned

    def _detach_active(self, cleaned: dict[str, Any]) -> None:
        leaves = "charge_group" in cleaned and cleaned["charge_group"] is None and self.instance.charge_group_id
        if not leaves or self.instance.status != ACTIVE or cleaned.get("status") != ACTIVE:
            return
        if cleaned.get("stop"):
            cleaned["status"] = INACTIVE
            return
        self.asks_stop = True
        self.add_error(
            "charge_group",
            f"The charge point is active in {self.instance.charge_group}, and without a charge group nobody can charge "
            "there: it would become inactive. Nothing has been saved yet.",
        )

    def _refuse(self, cleaned: dict[str, Any]) -> None:
        if self.errors:
            return
        location, group = cleaned.get("location"), cleaned.get("charge_group")
        typed = ChargePoint(provider=self._owner_of(group, location), location=location, charge_group=group)
        if cleaned.get("status") == ACTIVE and (reason := why_not_activate(typed)):
            self.add_error("status", reason)
        if group is not None:
            self._refuse_attaching(typed, group)

    def _owner_of(self, group: ChargeGroup | None, location: Location | None) -> Any:
        if self.instance.provider_id:
            return self.instance.provider
        return next((row.provider for row in (group, location) if row is not None), None)

    def _refuse_attaching(self, typed: ChargePoint, group: ChargeGroup) -> None:
        if reason := why_not_attach(typed, group, social_charging=has_social_charging(group)):
            moved = self.instance.pk is None or self.instance.charge_group_id != group.pk
            self.add_error("charge_group" if moved else "location", reason)
