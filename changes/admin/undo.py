"""The page that undoes a change which took effect, by a change of its own."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.http.response import HttpResponseBase

from changes.admin.terms import TermsWizard, typed_from
from changes.admin.wizard import ChangeWizard, PlannedChange
from changes.change_permissions import may_make
from changes.models import Change
from changes.proposals import Inapplicable, NewTerms
from changes.undo import Conflict, undo_of, undo_proposal, whole_undo
from chargegroups.models import ChargeGroup
from evcnet.admin.base import ModelAdmin
from evcnet.admin.requests import StaffRequest
from evcnet.datetimes import database_clock


class UndoWizard(ChangeWizard[Change]):
    """Asks only where later changes set what this one set: then whoever undoes it chooses what is set back all the same."""

    @property
    def title(self) -> str:
        return f"Undo: {self.obj}"

    @property
    def back(self) -> str:
        return str(self.admin.page(self.obj.pk))

    @property
    def form_template(self) -> str:  # type: ignore[override]
        return "changes/undo.html" if self.conflicts else ""

    @cached_property
    def conflicts(self) -> list[Conflict]:
        return undo_of(self.obj).conflicts

    @property
    def also(self) -> list[str]:
        return [str(key) for key in self.data.getlist("also")]

    def plan(self) -> PlannedChange:
        return PlannedChange(undo_proposal(self.obj, self.also), None, self.obj)

    def form_context(self) -> dict[str, Any]:
        return {"conflicts": self.conflicts, "also": self.also}


def undo_view(admin: ModelAdmin[Change], request: StaffRequest, change: Change) -> HttpResponseBase:
    """New terms open on the form's own preview, so that they can be edited, unless later changes set the same."""
    if change.takes_effect_at > database_clock() and change.cancelled_at is None:
        return HttpResponseRedirect(admin.page(change.pk, "cancel"))
    try:
        undo = undo_of(change)
        whole = whole_undo(change)
    except Inapplicable as error:
        messages.warning(request, str(error))
        return HttpResponseRedirect(admin.page(change.pk))
    # Conflicts are named on the page: only to who may undo all of them.
    if not may_make(request.user, whole):
        raise PermissionDenied
    if undo.conflicts or not isinstance(undo.proposal, NewTerms):
        return UndoWizard(admin, request, change).respond()
    groups = admin.admin_site.get_model_admin(ChargeGroup)
    wizard = TermsWizard(groups, request, undo.proposal.group, typed_from(undo.proposal, change))
    wizard.address = groups.page(undo.proposal.group.pk, "terms")
    return wizard.respond()
