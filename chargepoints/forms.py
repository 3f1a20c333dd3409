"""Forms of charge points and locations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chargegroups.models import ChargeGroup
from chargepoints.attach_detach import has_social_charging, why_not_activate, why_not_attach
from chargepoints.models import ChargePoint, Location
from evcnet.admin.forms import PortalForm
from evcnet.code_keys import IdentityKey

ACTIVE = ChargePoint.Status.ACTIVE


@dataclass(frozen=True)
class Regrouping:
    """The charge group that was typed for a point that has another one; ``active``: it is put into service there."""

    group: ChargeGroup | None
    active: bool


class ChargePointForm(PortalForm):
    """All fields but the charge group are saved at once. A point that exists changes groups through a preview."""

    regroup: Regrouping | None = None
    """Where the point is to go, once it is saved."""

    def clean_identity(self) -> str:
        return self.stored_spelling("identity", IdentityKey)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        # By now the instance holds what is stored, and the typed values are in ``cleaned`` only.
        self._refuse(cleaned)
        if not self.errors and self.instance.pk is not None:
            self._keep_group(cleaned)
        return cleaned

    def _keep_group(self, cleaned: dict[str, Any]) -> None:
        typed, stored = cleaned.get("charge_group"), self.instance.charge_group
        if "charge_group" not in cleaned or typed == stored:
            return
        starts = typed is not None and cleaned.get("status") == ACTIVE and self.instance.status != ACTIVE
        self.regroup = Regrouping(typed, starts)
        cleaned["charge_group"] = stored
        if starts:
            cleaned["status"] = self.instance.status

    def _refuse(self, cleaned: dict[str, Any]) -> None:
        if self.errors:
            return
        location, group = cleaned.get("location"), cleaned.get("charge_group")
        typed = ChargePoint(provider=self._owner_of(group, location), location=location, charge_group=group)
        leaves = group is None and self.instance.charge_group_id is not None
        if cleaned.get("status") == ACTIVE and not leaves and (reason := why_not_activate(typed)):
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
