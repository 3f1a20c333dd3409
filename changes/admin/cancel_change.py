"""The page that cancels a scheduled change."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse

from changes.cancel import cancel_change
from changes.change_permissions import may_cancel
from changes.impact_text import picture
from changes.models import Change
from changes.notify import first_announcement
from changes.proposals import Inapplicable
from changes.visible_impact import VIEW, impact_today
from customers.models import Notice
from evcnet.accounts.reauthentication import ask_password_again
from evcnet.admin.base import ModelAdmin
from evcnet.admin.requests import StaffRequest
from evcnet.datetimes import database_clock


def cancel_view(admin: ModelAdmin[Change], request: StaffRequest, change: Change) -> HttpResponseBase:
    """First a page that says whom it would have affected, and who is told again; then it is taken back."""
    if not may_cancel(request.user, change):
        raise PermissionDenied
    if request.method == "POST":
        return _cancel(admin, request, change)
    first = first_announcement(change)
    notices = Notice.objects.visible_to(request.user).filter(announcement=first) if first else Notice.objects.none()
    reached = notices.filter(state=Notice.State.SENT).count()
    possible = change.cancelled_at is None and change.takes_effect_at > database_clock()
    context = admin.page_context(request, change, f"Cancel: {change}") | {
        "change": change,
        "reached": reached,
        "unsent": notices.count() - reached,
        "sees_all": request.user.scope(VIEW).within(change.provider_id) is None,
        "possible": possible,
        "today": picture(impact_today(change, request.user)) if possible else None,
    }
    return TemplateResponse(request, "changes/cancel.html", context)


def _cancel(admin: ModelAdmin[Change], request: StaffRequest, change: Change) -> HttpResponseBase:
    ask_password_again(request)
    try:
        cancel_change(change, request.user)
        messages.success(request, f"{change} is cancelled: everything stays as it is.")
    except Inapplicable as error:
        messages.warning(request, str(error))
    return HttpResponseRedirect(reverse("admin:changes_change_change", args=[change.pk]))
