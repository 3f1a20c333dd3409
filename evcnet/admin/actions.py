"""Admin actions: on selected rows of a list and, by a button, on the row of a page. All ask and report alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db import models
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path, reverse

from evcnet.accounts.reauthentication import ask_password_again
from evcnet.admin.base import ModelAdmin, Row
from evcnet.admin.report import report
from evcnet.admin.requests import StaffRequest
from evcnet.admin.selection import MOST_ROWS, Selection
from evcnet.bulk import BulkResult, RowMessage
from evcnet.preserved_filters import list_as_it_was, with_list_filters
from evcnet.tenancy import visible_rows


class ActionForm(forms.Form):
    """The page before an action: what it says first, and what it asks. ``rows``: those that the login may do this to."""

    intro = ""
    template = ""
    """In place of ``intro`` where a sentence is too short."""
    danger = False
    """True where there is no way back."""

    def __init__(self, *args: Any, request: StaffRequest, rows: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request, self.rows = request, rows

    def count(self) -> str:
        """How many rows will change, where these may not be all that were chosen: "3 customers"."""
        return ""

    def row_messages(self) -> Iterable[RowMessage]:
        """What there is to know of single rows before they are changed."""
        return ()


class WholeSelectionForm(ActionForm):
    """Before an action without a page of its own, where everything on all pages of a list was selected."""

    intro = "You selected everything that the filters of the list leave, on all of its pages."


@dataclass(frozen=True)
class Action:
    """``past_tense`` completes "12 customers …"; ``permission`` is view, change, or a model's own.

    ``perform`` takes the rows, and what the form asked for by keyword. Where ``view`` is given nothing is done at once:
    it answers instead, from the admin, the request, the rows and what the form asked for. ``is_available`` says whether
    the page of a row offers it. ``asks_password``: once the form is filled in, the password is asked again, if need be.
    """

    name: str
    label: str
    past_tense: str
    perform: Callable[..., BulkResult] | None = None
    is_available: Callable[[Any], bool] = lambda row: True
    permission: str = "change"
    form: type[ActionForm] | None = None
    primary: bool = False
    asks_password: bool = False
    view: Callable[[Any, StaffRequest, list[Any], dict[str, Any]], HttpResponseBase] | None = None

    @property
    def has_page(self) -> bool:
        """Is something said or asked before it is done to one row?"""
        return self.form is not None

    def respond(self, admin: ActionsAdmin[Any], request: StaffRequest, selection: Selection) -> HttpResponseBase | None:
        """Perform it and say what became of the rows; or the page before it, as long as its form is not filled in."""
        if self.form is not None and len(selection.keys) > MOST_ROWS:
            messages.error(request, f"Nothing was done: select at most {MOST_ROWS:,} rows at a time.")
            return None
        values: dict[str, Any] = {}
        if selection.rows and (self.form is not None or (selection.across and self.view is None)):
            form_class, refused = self.form or WholeSelectionForm, selection.changed_since
            confirmed = "confirmed" in request.POST and not refused
            form = form_class(request.POST if confirmed else None, request=request, rows=selection.rows)
            if not form.is_valid():
                return admin.form_page(request, self, form, selection, refused)
            values = form.cleaned_data
        if self.asks_password:
            ask_password_again(request)
        return self._perform(admin, request, selection, values)

    def _perform(
        self, admin: ActionsAdmin[Any], request: StaffRequest, selection: Selection, values: dict[str, Any]
    ) -> HttpResponseBase | None:
        if self.view is not None and selection.rows:
            if selection.refusals.refusals:
                report(request, selection.model, selection.refusals, self.past_tense)
            return self.view(admin, request, selection.rows, values)
        result = self.perform(selection.rows, **values) if self.perform is not None else BulkResult()
        report(request, selection.model, result + selection.refusals, self.past_tense)
        return None


class ActionsAdmin(ModelAdmin[Row]):
    """A ModelAdmin with actions for the list and the page of a row (``bulk_actions``), or for the page alone."""

    bulk_actions: tuple[Action, ...] = ()
    object_actions: tuple[Action, ...] = ()

    def get_actions(self, request: StaffRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        for action in self.bulk_actions:
            if self.has_model_permission(request, action.permission):
                actions[action.name] = (_changelist_action(action), action.name, action.label)
        return actions

    def get_urls(self) -> list[Any]:
        meta = self.model._meta
        name = f"{meta.app_label}_{meta.model_name}_action"
        view = self.admin_site.admin_view(self.action_view)
        return [path("<path:object_id>/do/<slug:name>/", view, name=name), *super().get_urls()]

    def action_buttons(self, request: StaffRequest, obj: Row) -> list[dict[str, Any]]:
        """For the row's page: the actions that this login may do to this row, as it is now."""
        return [
            {"action": action, "url": self._action_url(request, obj, action), "asks": action.has_page}
            for action in (*self.bulk_actions, *self.object_actions)
            if self.has_model_permission(request, action.permission, obj) and action.is_available(obj)
        ]

    def action_view(self, request: StaffRequest, object_id: str, name: str) -> HttpResponseBase:
        """Performs the action on POST; with GET, the page before it, for an action that has one."""
        actions = (*self.bulk_actions, *self.object_actions)
        action = next((each for each in actions if each.name == name), None)
        if action is None or (request.method != "POST" and not action.has_page):
            raise Http404("No such page.")
        obj = self.get_object_or_404(request, object_id, action.permission)
        if action.has_page and not action.is_available(obj):
            messages.info(request, f"Nothing was done: “{action.label}” does not apply to {obj} any more.")
            return HttpResponseRedirect(self._url_after_action(request, obj))
        selection = Selection(
            self.model._default_manager.all(), request, action.permission, self._action_url(request, obj, action), obj
        )
        response = action.respond(self, request, selection)
        return response or HttpResponseRedirect(self._url_after_action(request, obj))

    def form_page(
        self, request: StaffRequest, action: Action, form: ActionForm, selection: Selection, refused: str = ""
    ) -> HttpResponse:
        """The page before an action. ``refused``: why what was confirmed was not done."""
        one = selection.one
        context = self.page_context(request, one, f"{action.label}: {one or selection.count}") | {
            "action": action,
            "form": form,
            "refused": refused,
            "row_messages": list(form.row_messages()),
            "url": selection.url,
            "hidden": selection.hidden_fields(action.name),
            "button": action.label if one else f"{action.label} {form.count() or selection.count}",
            "media": self.media + form.media,
            "back": with_list_filters(request.GET, self.page(one.pk)) if one else request.get_full_path(),
        }
        return TemplateResponse(request, "evcnet/action.html", context)

    def _action_url(self, request: StaffRequest, obj: Row, action: Action) -> str:
        meta = self.model._meta
        address = reverse(f"admin:{meta.app_label}_{meta.model_name}_action", args=[obj.pk, action.name])
        return with_list_filters(request.GET, address)

    def _url_after_action(self, request: StaffRequest, obj: Row) -> str:
        """The row's page, as long as the login sees the row."""
        if visible_rows(self.model, request.user).filter(pk=obj.pk).exists():
            return with_list_filters(request.GET, self.page(obj.pk))
        meta = self.model._meta
        return list_as_it_was(request.GET, reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist"))


def row_of_page(request: StaffRequest, rows: Sequence[Any]) -> Any:
    """The row on whose page the action was asked for; None where it was asked for on a list."""
    match = request.resolver_match
    return rows[0] if match is not None and "object_id" in match.kwargs else None


def _changelist_action(action: Action) -> Callable[..., HttpResponseBase | None]:
    def run(admin: ActionsAdmin[Any], request: StaffRequest, queryset: models.QuerySet[Any]) -> HttpResponseBase | None:
        across = request.POST.get("select_across") == "1"
        selection = Selection(queryset, request, action.permission, request.get_full_path(), across=across)
        return action.respond(admin, request, selection)

    return run
