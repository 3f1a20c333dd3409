"""What will a scheduled change do, as it looks today, and to whom?"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from changes.admin.affected_customers import AffectedCustomers, as_csv, effects_of, page
from changes.models import Change
from changes.permissions import OUT_OF_SIGHT, seen_in_part
from changes.preview import Preview, judge_proposal
from changes.proposals import ScheduledChange
from evcnet.datetimes import database_clock


def today(change: Change) -> Preview:
    """The change judged at its moment, with the customers, exceptions and other changes of today."""
    return judge_proposal(ScheduledChange(change), now=database_clock(), at=change.takes_effect_at)


def affected(admin: Any, request: HttpRequest, change: Change) -> HttpResponse:
    """The list of customers, as long as the change is to come; afterwards nobody is “affected” any more."""
    if change.cancelled_at is not None or change.takes_effect_at <= database_clock():
        messages.info(request, "This change is not to come any more: the page says whom it was shown to affect.")
        return HttpResponseRedirect(admin.page(change.pk))
    if seen_in_part(request.user, [change]):
        messages.info(request, f"Whom it affects is {OUT_OF_SIGHT}.")
        return HttpResponseRedirect(admin.page(change.pk))
    asked = request.GET.get("effect", "")
    listing = AffectedCustomers(today(change), request.user, effects_of(asked))
    if request.GET.get("step") == "csv":
        return as_csv(request, listing)
    context = admin.page_context(request, change, f"Affected by: {change}") | page(
        listing, request.GET.get("after", "")
    )
    return TemplateResponse(request, "changes/affected_by.html", context | {"effect": asked, "change": change})
