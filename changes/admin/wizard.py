"""From what is typed to a change: asked, shown with its impact, confirmed. The same steps for every kind of change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from changes.admin import affected_customers, preview_page
from changes.admin.safeguards import name_matches
from changes.apply import StalePreview, apply_change, preview_change
from changes.models import Change
from changes.permissions import may_make
from changes.preview import Preview
from changes.proposals import Proposal
from evcnet.accounts.reauthentication import ask_password_again
from evcnet.errors import REFUSALS, Refusal, refusal_of

OWN = ("csrfmiddlewaretoken", "step", "shown", "seen", "named", "effect", "after")
"""What the preview adds to what was typed."""
SAID = ("reason", "notify")
"""What is typed on the preview itself, and kept when going back."""


@dataclass(frozen=True)
class Draft:
    """What was typed, once it makes sense: the proposal, its moment (None: now) and the change that it undoes."""

    proposal: Proposal
    at: datetime | None = None
    undoes: Change | None = None


class Flow:
    """One way to a change. Subclasses say what is asked and which proposal was typed.

    Everything that was typed travels with the preview in hidden fields, so that nothing is kept between the steps and
    “Back to editing” returns with it. Without ``form_template`` there is nothing to go back to.
    """

    form_template = ""
    title = "Change"

    def __init__(self, admin: Any, request: HttpRequest, obj: Any, data: Any = None) -> None:
        self.admin, self.request, self.obj = admin, request, obj
        self.data: QueryDict = request.POST if data is None else data
        self.step = self.data.get("step", "")
        self.address = request.get_full_path()
        self.refused: Refusal | None = None

    @property
    def zone(self) -> Any:
        """In whose time zone moments are typed and shown."""
        return self.obj.provider.zone

    @property
    def back(self) -> str:
        """Where one returns to."""
        raise NotImplementedError

    def draft(self) -> Draft | None:
        """The proposal as typed; None where the form has errors, which it then shows."""
        raise NotImplementedError

    def form_context(self) -> dict[str, Any]:
        return {}

    # The steps

    def respond(self) -> HttpResponse:
        with timezone.override(self.zone):
            response = self._respond()
            return response.render() if isinstance(response, TemplateResponse) else response

    def _respond(self) -> HttpResponse:
        if self.form_template and (not self.data or self.step == "edit"):
            return self.ask()
        try:
            draft = self.draft()
            return self.ask() if draft is None else self._take(draft)
        except REFUSALS as error:
            return self._made_already() or self.refuse(error)

    def _take(self, draft: Draft) -> HttpResponse:
        if not may_make(self.request.user, draft.proposal):
            raise PermissionDenied
        if self.step == "confirm":
            return self._confirm(draft)
        seen = preview_change(draft.proposal, draft.at)
        if self.step in affected_customers.STEPS:
            return affected_customers.respond(self, seen)
        return self.show(draft, seen)

    def ask(self) -> HttpResponse:
        refused = {"refused": self.refused.message if self.refused else ""}
        return TemplateResponse(
            self.request, self.form_template, self.context(self.title) | refused | self.form_context()
        )

    def context(self, title: str) -> dict[str, Any]:
        """What every page on the way needs; it shows as a part of the tab that it came from."""
        page: dict[str, Any] = self.admin.page_context(self.request, self.obj, title)
        return page | {"flow": self, "back": self.back, "tab_of": self.back}

    def show(self, draft: Draft, seen: Preview, **more: Any) -> HttpResponse:
        context = self.context(self.title)
        shown = preview_page.context(self.request, seen, self.data)
        return TemplateResponse(self.request, "changes/preview.html", context | shown | more)

    def refuse(self, error: Exception) -> HttpResponse:
        """Why nothing can be done: in the form, or where one came from. Nothing was written."""
        self.refused = refusal_of(error)
        if self.form_template:
            return self.ask()
        messages.warning(self.request, f"Nothing was changed. {self.refused.message}")
        return HttpResponseRedirect(self.back)

    # The deed

    def _confirm(self, draft: Draft) -> HttpResponse:
        seen = preview_change(draft.proposal, draft.at)
        if seen.impact.fingerprint != self.data.get("shown"):
            return self._made_already() or self._stale(draft, seen)
        weight = preview_page.safeguard_of(seen)
        if weight.reasons and not name_matches(self.data.get("named", ""), weight.names):
            return self.show(draft, seen, named_wrongly=True)
        ask_password_again(self.request)
        try:
            made = apply_change(draft.proposal, fingerprint=seen.impact.fingerprint, at=draft.at,
                           by=self.request.user, reason=self.data.get("reason", "").strip()[:500],
                           notify=preview_page.notify_of(self.data), undoes=draft.undoes)  # fmt: skip
        except StalePreview as stale:
            return self._made_already() or self._stale(draft, stale.preview)
        return self._made(made.change, "Scheduled" if made.change.scheduled else "Done")

    def _stale(self, draft: Draft, seen: Preview) -> HttpResponse:
        return self.show(draft, seen, stale=preview_page.stale(self.request, seen, self.data))

    def _made_already(self) -> HttpResponse | None:
        """A second click finds its own change made: told, and not made twice."""
        if self.step != "confirm":
            return None
        change = preview_page.made_since(self.request, self.data)
        return self._made(change, "This had been done already, and was not done twice") if change else None

    def _made(self, change: Change, what: str) -> HttpResponse:
        page = reverse("admin:changes_change_change", args=[change.pk])
        messages.success(
            self.request, format_html('{}: {}. <a class="evc-link" href="{}">See the change</a>', what, change, page)
        )
        return HttpResponseRedirect(self.back)

    # What travels along

    @property
    def typed(self) -> list[tuple[str, str]]:
        """The fields of the form as they were sent, for the hidden fields of the preview."""
        names = [name for name in self.data if name not in (*OWN, *SAID)]
        return [(name, value) for name in names for value in self.data.getlist(name)]

    @property
    def said(self) -> list[tuple[str, str]]:
        return [(name, self.data[name]) for name in SAID if name in self.data]
