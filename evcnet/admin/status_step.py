"""The step of an ordinary form that changes a row's status: what it means, and why it is done, before it is saved.

Everything that was typed travels with the step in hidden fields, so that one save writes it all, or nothing. The row's page
offers the undo of the login's own action as long as it can be undone.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import IntegrityError, models, transaction
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from customers.status_changes import StatusWrite, record_rows, recording, undoable_of
from evcnet.accounts.attempts import address_of
from evcnet.admin.actions import Action
from evcnet.admin.base import ModelAdmin, Row
from evcnet.admin.forms import OwnedForm, PortalForm
from evcnet.admin.requests import StaffRequest
from evcnet.admin.status_actions import StatusAction, StatusForm, StatusKind
from evcnet.errors import DomainError

OF_STEP = ("csrfmiddlewaretoken", "confirmed", "reason", "_edit")
"""What the step sends that nobody typed into the row's form."""


class StatusNotConfirmed(Exception):
    """A form would change the status of a row, and its step has not been taken."""

    def __init__(self, step: StatusForm) -> None:
        super().__init__(f"{step.action.label} is not confirmed")
        self.step = step


class StatusStepAdmin(ModelAdmin[Row]):
    """A ModelAdmin whose form asks before it changes the status (``status_kind``) of a row that exists."""

    status_kind: StatusKind | None = None
    status_undo: UUID | None = None
    """What undoes the change of status that this request saved."""

    def status_actions(self) -> list[Action]:
        """The actions by whose names a change of status goes: those of an ActionsAdmin."""
        return [*getattr(self, "bulk_actions", ()), *getattr(self, "object_actions", ())]

    def changeform_view(
        self, request: StaffRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except StatusNotConfirmed as asked:
            return self._step_page(request, asked.step)

    def save_model(self, request: StaffRequest, obj: Row, *args: Any, **kwargs: Any) -> None:
        form, change = args
        stored = self.model._base_manager.get(pk=obj.pk) if change and self.status_kind else None
        action = self._action_of(stored, obj) if stored is not None else None
        if stored is None or action is None:
            super().save_model(request, obj, form, change)
            return
        if "_edit" in request.POST:
            raise DomainError("Nothing has been saved yet.")
        step = self._step_form(request, stored, action)
        if not step.is_valid():
            self._refuse_first(request, obj, form)
            self._try_rest(obj, stored, action.kind.field)
            step.evaluate()
            raise StatusNotConfirmed(step)
        with recording() as context:
            super().save_model(request, obj, form, change)
            record_rows(_write(request, self.model, action, step), (stored,), context)
        self.status_undo = context

    def _refuse_first(self, request: StaffRequest, obj: Row, form: PortalForm) -> None:
        """What the database would refuse is refused in the form, before anything is asked."""
        with transaction.atomic():
            super().save_model(request, obj, form, True)
            self.check_saved_object(request, obj, "change")
            transaction.set_rollback(True)

    def _try_rest(self, obj: Row, stored: Row, field: str) -> None:
        """What else was typed may decide what the status means, such as a card's customer: save it, until the step's
        exception takes it back. Where it can't stand with the old status, the row counts as it is stored."""
        new = getattr(obj, field)
        setattr(obj, field, getattr(stored, field))
        with suppress(IntegrityError), transaction.atomic():
            obj.save()
        setattr(obj, field, new)

    def save_related(self, request: StaffRequest, form: OwnedForm, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if self.status_undo is not None:
            where = reverse("admin:undo_status", args=[self.status_undo])
            text = 'The status was changed. <a class="evc-link" href="{}">Undo the change of status</a>'
            messages.success(request, format_html(text, where))

    def _action_of(self, stored: Row, obj: Row) -> StatusAction | None:
        """By which action the row gets its new status; one without a name of its own says what it sets."""
        kind = self.status_kind
        old, new = (getattr(row, kind.field) if kind else None for row in (stored, obj))
        if kind is None or old == new:
            return None
        named = (each for each in self.status_actions() if isinstance(each, StatusAction))
        match = next((each for each in named if each.target == new and old in each.sources), None)
        label = kind.label(self.model, new)
        return match or StatusAction(
            "set-status", f"Set to {label}", f"set to {label}", kind=kind, target=new, sources=frozenset([old])
        )

    def _step_form(self, request: StaffRequest, row: Row, action: StatusAction) -> StatusForm:
        data = request.POST if "confirmed" in request.POST else None
        return StatusForm(data, request=request, action=action, model=self.model, keys=[row.pk])

    def _step_page(self, request: StaffRequest, form: StatusForm) -> HttpResponse:
        row = self.get_object_or_404(request, form.keys[0])
        typed = [(name, value) for name, values in request.POST.lists() for value in values if name not in OF_STEP]
        context = self.page_context(request, row, f"{form.action.label}: {row}") | {
            "action": form.action,
            "form": form,
            "url": request.get_full_path(),
            "hidden": [*typed, ("confirmed", "yes")],
            "button": f"Save: {form.action.label}",
            "edits": True,
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "evcnet/action.html", context)

    def render_change_form(self, request: StaffRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        row = context.get("original")
        if row is not None and self.status_kind is not None:
            context["undoable"] = undoable_of(request.user, row)
        return super().render_change_form(request, context, *args, **kwargs)


def _write(request: StaffRequest, model: type[models.Model], action: StatusAction, step: StatusForm) -> StatusWrite:
    return StatusWrite(
        model, action.kind.field, action.target, action.name, action.past_tense, "change", request.user,
        step.cleaned_data["reason"], address_of(request),
    )  # fmt: skip
