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
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from evcnet.accounts.reauthentication import ask_password_again
from evcnet.admin.base import ModelAdmin, Row
from evcnet.admin.requests import StaffRequest
from evcnet.bulk import BulkResult, RowMessage
from evcnet.tenancy import visible_rows
from evcnet.text import counted_rows

MOST_ROWS = 1000
"""A page that lists what it is about stays readable, and its form within what a request may carry."""
MASS_CHANGE = 10
"""An action on more rows than these is a mass change, before which the password may be asked again."""
LISTED = 20
"""So many rows are named in a message; the rest is counted."""
NOT_ALLOWED = "Your role does not allow this here."


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

    def row_messages(self) -> Iterable[RowMessage]:
        """What there is to know of single rows before they are changed."""
        return ()


@dataclass(frozen=True)
class Action:
    """``past_tense`` completes "12 customers …"; ``permission`` is view, change, or a model's own.

    ``perform`` takes the rows, and what the form asked for by keyword. Where ``view`` is given nothing is done at once:
    it answers instead, from the admin, the request, the rows and what the form asked for. ``is_available`` says whether
    the page of a row offers it.
    """

    name: str
    label: str
    past_tense: str
    perform: Callable[..., BulkResult] | None = None
    is_available: Callable[[Any], bool] = lambda row: True
    permission: str = "change"
    form: type[ActionForm] | None = None
    primary: bool = False
    view: Callable[[Any, StaffRequest, list[Any], dict[str, Any]], HttpResponseBase] | None = None


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
            {"action": action, "url": self._action_url(obj, action), "asks": action.form is not None}
            for action in (*self.bulk_actions, *self.object_actions)
            if self.has_model_permission(request, action.permission, obj) and action.is_available(obj)
        ]

    def action_view(self, request: StaffRequest, object_id: str, name: str) -> HttpResponseBase:
        """Performs the action on POST; with GET, the page before it, for an action that has one."""
        actions = (*self.bulk_actions, *self.object_actions)
        action = next((each for each in actions if each.name == name), None)
        if action is None or (request.method != "POST" and action.form is None):
            raise Http404("No such page.")
        obj = self.get_object_or_404(request, object_id, action.permission)
        if action.form is not None and not action.is_available(obj):
            messages.info(request, f"Nothing was done: “{action.label}” does not apply to {obj} any more.")
            return HttpResponseRedirect(self._url_after_action(request, obj))
        response = self.respond_to_action(request, action, [obj], BulkResult(), self._action_url(obj, action))
        return response or HttpResponseRedirect(self._url_after_action(request, obj))

    def respond_to_action(
        self, request: StaffRequest, action: Action, rows: list[Any], refusals: BulkResult, url: str
    ) -> HttpResponseBase | None:
        """Perform it and say what became of the rows; or the page before it, as long as its form is not filled in."""
        values: dict[str, Any] = {}
        if action.form is not None and rows:
            form = action.form(request.POST if "confirmed" in request.POST else None, request=request, rows=rows)
            if not form.is_valid():
                return self._form_page(request, action, form, url)
            values = form.cleaned_data
        if action.view is not None and rows:
            if refusals.refusals:
                report(request, self.model, refusals, action.past_tense)
            return action.view(self, request, rows, values)
        result = action.perform(rows, **values) if action.perform is not None else BulkResult()
        report(request, self.model, result + refusals, action.past_tense)
        return None

    def _form_page(self, request: StaffRequest, action: Action, form: ActionForm, url: str) -> HttpResponse:
        one = row_of_page(request, form.rows)
        many = counted_rows(self.model, len(form.rows))
        context = self.page_context(request, one, f"{action.label}: {one or many}") | {
            "action": action,
            "form": form,
            "row_messages": list(form.row_messages()),
            "url": url,
            "one": one,
            "many": many,
            "media": self.media + form.media,
            "back": self.page(one.pk) if one else request.get_full_path(),
        }
        return TemplateResponse(request, "evcnet/action.html", context)

    def _action_url(self, obj: Row, action: Action) -> str:
        meta = self.model._meta
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_action", args=[obj.pk, action.name])

    def _url_after_action(self, request: StaffRequest, obj: Row) -> str:
        """The row's page, as long as the login sees the row."""
        if visible_rows(self.model, request.user).filter(pk=obj.pk).exists():
            return str(self.page(obj.pk))
        meta = self.model._meta
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")


def row_of_page(request: StaffRequest, rows: Sequence[Any]) -> Any:
    """The row on whose page the action was asked for; None where it was asked for on a list."""
    match = request.resolver_match
    return rows[0] if match is not None and "object_id" in match.kwargs else None


def _changelist_action(action: Action) -> Callable[..., HttpResponseBase | None]:
    def run(admin: ActionsAdmin[Any], request: StaffRequest, queryset: models.QuerySet[Any]) -> HttpResponseBase | None:
        count = queryset.count()
        if count > MASS_CHANGE:
            ask_password_again(request)
        if action.form is not None and count > MOST_ROWS:
            messages.error(request, f"Nothing was done: select at most {MOST_ROWS:,} rows at a time.")
            return None
        rows, refusals = _split_by_permission(request, queryset, action.permission)
        return admin.respond_to_action(request, action, rows, refusals, request.get_full_path())

    return run


def _split_by_permission(
    request: StaffRequest, queryset: models.QuerySet[Any], permission: str
) -> tuple[list[Any], BulkResult]:
    """The selected rows on which the login may do this; those that it only sees are refused."""
    allowed = visible_rows(queryset.model, request.user, permission).filter(pk__in=queryset.values("pk"))
    keys = set(allowed.values_list("pk", flat=True))
    rows = list(queryset)
    refusals = tuple(RowMessage(row, NOT_ALLOWED) for row in rows if row.pk not in keys)
    return [row for row in rows if row.pk in keys], BulkResult(refusals=refusals)


# What is said afterwards


def report(request: StaffRequest, model: type[models.Model], result: BulkResult, past_tense: str) -> None:
    """One message for what was changed, one for what was so already, one for what was refused and why."""
    if result.changed:
        messages.success(request, _names(model, result.changed, past_tense))
    if result.notes:
        messages.info(request, _reasons(model, result.notes, "to look at"))
    if result.unchanged:
        messages.info(request, _names(model, result.unchanged, f"{past_tense} already"))
    if result.refusals:
        messages.warning(request, _reasons(model, result.refusals, f"not {past_tense}"))
    if not (result.changed or result.unchanged or result.refusals):
        messages.warning(request, f"No {model._meta.verbose_name} was {past_tense}: none was selected.")


def _names(model: type[models.Model], rows: Sequence[Any], past_tense: str) -> SafeString:
    names = format_html_join(", ", "{}", ((str(row),) for row in rows[:LISTED]))
    return format_html("{} {}: {}{}", counted_rows(model, len(rows)), past_tense, names, _and_more(rows))


def _reasons(model: type[models.Model], row_messages: Sequence[RowMessage], what: str) -> SafeString:
    lines = format_html_join(
        "", "<li><strong>{}</strong>: {}</li>", ((each.row, each.text) for each in row_messages[:LISTED])
    )
    count = counted_rows(model, len(row_messages))
    return format_html('{} {}:<ul class="evc-reasons">{}</ul>{}', count, what, lines, _and_more(row_messages))


def _and_more(rows: Sequence[Any]) -> str:
    return f" and {len(rows) - LISTED:,} more" if len(rows) > LISTED else ""
