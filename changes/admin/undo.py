"""How is a change taken back? A scheduled one is cancelled; one that took effect is undone, by a change of its own."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse

from changes.admin.terms import TermsWizard, typed_from
from changes.admin.wizard import ChangeWizard, Draft
from changes.apply import cancel
from changes.models import Change
from changes.permissions import may_cancel, may_make
from changes.proposals import Inapplicable, NewTerms
from changes.proposals.points import undo_proposal
from chargegroups.models import ChargeGroup
from customers.models import Notice
from evcnet.accounts.reauthentication import ask_password_again
from evcnet.admin.requests import StaffRequest
from evcnet.datetimes import database_clock


class UndoWizard(ChangeWizard):
    """The preview of what undoes a change; there is nothing to fill in."""

    @property
    def title(self) -> str:
        return f"Undo: {self.obj}"

    @property
    def back(self) -> str:
        return str(self.admin.page(self.obj.pk))

    def draft(self) -> Draft:
        return Draft(undo_proposal(self.obj), None, self.obj)


def undoing(admin: Any, request: StaffRequest, change: Change) -> HttpResponseBase:
    """The door with the earlier state filled in. Terms open on the form's own preview, so that they can be edited."""
    if change.takes_effect_at > database_clock() and change.cancelled_at is None:
        return HttpResponseRedirect(admin.page(change.pk, "cancel"))
    try:
        proposal = undo_proposal(change)
    except Inapplicable as error:
        messages.warning(request, str(error))
        return HttpResponseRedirect(admin.page(change.pk))
    if not isinstance(proposal, NewTerms):
        return UndoWizard(admin, request, change).respond()
    if not may_make(request.user, proposal):
        raise PermissionDenied
    groups = admin.admin_site.get_model_admin(ChargeGroup)
    flow = TermsWizard(groups, request, proposal.group, typed_from(proposal, change))
    flow.address = groups.page(proposal.group.pk, "terms")
    return flow.respond()


def cancelling(admin: Any, request: StaffRequest, change: Change) -> HttpResponseBase:
    """First a page that says who is told again; then it is taken back."""
    if not may_cancel(request.user, change):
        raise PermissionDenied
    if request.method == "POST":
        return _cancel(admin, request, change)
    told = Notice.objects.filter(announcement__key=f"change-{change.pk}-changed").count()
    context = admin.page_context(request, change, f"Cancel: {change}") | {
        "change": change,
        "told": told,
        "possible": change.cancelled_at is None and change.takes_effect_at > database_clock(),
    }
    return TemplateResponse(request, "changes/cancel.html", context)


def _cancel(admin: Any, request: StaffRequest, change: Change) -> HttpResponseBase:
    ask_password_again(request)
    try:
        cancel(change, request.user)
        messages.success(request, f"{change} is cancelled: everything stays as it is.")
    except Inapplicable as error:
        messages.warning(request, str(error))
    return HttpResponseRedirect(reverse("admin:changes_change_change", args=[change.pk]))
