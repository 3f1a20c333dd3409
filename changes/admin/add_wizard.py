"""Wizard of rows that are added by the form of their admin and move access: previewed before anything is stored."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase

from changes.admin.wizard import ChangeWizard, PlannedChange
from changes.apply import apply_now
from changes.models import Change, Way
from changes.preview import Preview
from changes.proposals.new_rows import NewGroup, NewPoint
from evcnet.admin.base import ModelAdmin
from evcnet.admin.forms import PortalForm
from evcnet.admin.requests import StaffRequest

UNCHECKED = ("edit", "search")
"""Steps that show the form again although nobody has tried to save it."""


class AddWizard(ChangeWizard[None]):
    """The form is that of the admin, and travels with the preview. What moves no access is stored at once."""

    form_template = "admin/change_form.html"

    def __init__(self, admin: ModelAdmin[Any], request: StaffRequest) -> None:
        super().__init__(admin, request, None)

    @abstractmethod
    def proposal(self) -> NewGroup | NewPoint | None:
        """What was typed; None where the form has errors. Raises what REFUSALS names."""

    @property
    @abstractmethod
    def stored(self) -> models.Model | None:
        """The row that was added; None before it is."""

    @property
    def title(self) -> str:
        return f"Add {self.admin.model._meta.verbose_name}"

    @cached_property
    def form(self) -> PortalForm:
        form_class = self.admin.get_form(self.request, None, change=False)
        form: PortalForm = form_class(self.data, self.request.FILES, instance=self.admin.model())
        return form

    def take_step(self) -> HttpResponseBase:
        if not self.admin.has_add_permission(self.request):
            raise PermissionDenied
        return self.ask() if self.step in UNCHECKED else super().take_step()

    def ask(self) -> HttpResponse:
        response: HttpResponse = self.admin.show_again(
            self.request, self.refusal, unchecked=self.step in UNCHECKED and self.refusal is None
        )
        return response

    def plan(self) -> PlannedChange | None:
        proposal = self.proposal()
        return PlannedChange(proposal) if proposal is not None else None

    def _show(self, preview: Preview, plan: PlannedChange | None = None, **more: Any) -> HttpResponse:
        """The preview; but nobody is asked to look at one that moves no access."""
        proposal = plan.proposal if plan else None
        if plan is None or self.step or not isinstance(proposal, NewGroup | NewPoint) or proposal.moves_access:
            return super()._show(preview, plan, **more)
        return self._confirm(plan)

    def apply(self, plan: PlannedChange) -> Change:
        with transaction.atomic():
            change = super().apply(plan) if self.step == "confirm" else self._apply_unshown(plan)
            assert self.stored is not None
            self.admin.check_saved_object(self.request, self.stored, "add")
            return change

    def _apply_unshown(self, plan: PlannedChange) -> Change:
        return apply_now(plan.proposal, way=Way.FORM, by=self.request.user)
