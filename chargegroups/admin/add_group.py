"""Adding a charge group, with its first terms and, if wanted, its charge points."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from changes.admin.add_wizard import AddWizard
from changes.proposals.new_rows import NewGroup
from chargegroups.models import ChargeGroup
from chargegroups.terms import SLOTS, SWITCHES
from chargegroups.writes import create_group
from chargepoints.point_picker import is_searching
from evcnet.admin.base import ModelAdmin
from evcnet.admin.forms import PortalForm
from evcnet.admin.requests import StaffRequest

FIELDSETS = [
    ("Data", {"fields": ["code", "name", "type", "user_group", "additional_information"]}),
    (
        "Tariff",
        {
            "fields": [*SLOTS, "free_for_everyone"],
            "description": "Every group has a tariff. Charging for free is a tariff that says so.",
        },
    ),
    (
        "Who may charge",
        {
            "fields": [*SWITCHES, "nobody_yet"],
            "description": "Exceptions for single customers are added once the group exists.",
        },
    ),
    ("From when, and where", {"fields": ["valid_from", "points"]}),
]


class AddGroupWizard(AddWizard):
    """A group with charge points: whom it affects, in the groups that they leave and in the new one, is shown first."""

    def __init__(self, admin: ModelAdmin[Any], request: StaffRequest) -> None:
        super().__init__(admin, request)
        if is_searching(self.data, "points"):
            self.step = "search"

    def proposal(self) -> NewGroup | None:
        if not self.form.is_valid():
            return None
        answers = self.form.cleaned_data
        return NewGroup(self.form.instance, _terms(self.form), answers["points"], answers["valid_from"])

    @property
    def stored(self) -> ChargeGroup | None:
        typed = {"code": str(self.data.get("code", "")).strip(), "user_group": self.form["user_group"].value() or 0}
        group: ChargeGroup | None = ChargeGroup.objects.visible_to(self.request.user).filter(**typed).first()
        return group

    @property
    def back(self) -> str:
        group = self.stored
        return self.admin.page(group.pk, "access") if group else reverse("admin:chargegroups_chargegroup_changelist")


def has_points(request: StaffRequest) -> bool:
    """Are charge points chosen in the form, or searched for?"""
    return any(request.POST.getlist("points")) or is_searching(request.POST, "points")


def add_group(form: PortalForm) -> None:
    """Save a group without charge points, with its first terms."""
    create_group(form.instance, valid_from=form.cleaned_data["valid_from"], **_terms(form))


def _terms(form: PortalForm) -> dict[str, Any]:
    return {name: form.cleaned_data[name] for name in (*SLOTS, *SWITCHES)}
