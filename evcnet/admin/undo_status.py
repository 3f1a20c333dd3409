"""The page that undoes an action on the status of rows, within ten minutes and by whoever did it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from customers.status_changes import StatusUndo, undo, undo_of
from evcnet.accounts.attempts import address_of
from evcnet.accounts.reauthentication import AsksPasswordAgain, ask_password_again
from evcnet.admin.base import page_of_row
from evcnet.admin.report import LISTED, report
from evcnet.admin.requests import StaffRequest
from evcnet.admin.status_actions import StatusKind
from evcnet.datetimes import database_clock
from evcnet.errors import DomainError
from evcnet.tenancy import visible_rows


def undo_status(request: StaffRequest, context: UUID) -> HttpResponse:
    """Says what is set back and which rows are not, then does it. Another login's action is answered like none."""
    action_undo = undo_of(context, request.user)
    if action_undo is None:
        raise Http404("There is nothing of yours to undo here.")
    page: Any = admin.site.get_model_admin(action_undo.model)
    if isinstance(page, AsksPasswordAgain):
        ask_password_again(request)
    if request.method != "POST":
        return _page(request, page, action_undo)
    try:
        result = undo(context, request.user, address_of(request))
    except DomainError as refused:
        messages.warning(request, f"Nothing was set back. {refused}")
    else:
        report(request, action_undo.model, result, "set back")
    return HttpResponseRedirect(_back(request, action_undo))


def _page(request: StaffRequest, page: Any, action_undo: StatusUndo) -> HttpResponse:
    kind: StatusKind = page.status_kind
    sentences = [
        each for value, keys in action_undo.targets.items() for each in kind.meaning(keys, value, request.user)
    ]
    context = page.page_context(request, None, f"Undo: {action_undo.first.summary}") | {
        "undo": action_undo,
        "over": database_clock() >= action_undo.until,
        "sentences": sentences,
        "refusals": action_undo.refusals[:LISTED],
        "more": max(0, len(action_undo.refusals) - LISTED),
        "back": _back(request, action_undo),
    }
    return TemplateResponse(request, "evcnet/undo.html", context)


def _back(request: StaffRequest, action_undo: StatusUndo) -> str:
    """The page of the row, where it was one and is still seen; else the list."""
    meta, keys = action_undo.model._meta, [pk for each in action_undo.changes for _, pks in each.before for pk in pks]
    if len(keys) == 1 and visible_rows(action_undo.model, request.user).filter(pk=keys[0]).exists():
        return page_of_row(action_undo.model, keys[0])
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
