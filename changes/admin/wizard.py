"""Wizard of a change: asks what is to change, shows whom it affects, and applies what was shown. One for every kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import partial
from typing import Any, Generic, TypeVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from changes.admin import affected_customers, letters, preview_page
from changes.admin.stale_preview import applied_since, stale_context
from changes.apply import ApprovalNeeded, StalePreview, apply_change, needs_approval, preview_change
from changes.audience import default_notify
from changes.change_permissions import may_make
from changes.drafts import SavedForm, save_draft
from changes.models import Change, Draft
from changes.notify import unsent_announcement
from changes.preview import Preview
from changes.proposals import Inapplicable, Proposal
from changes.proposals.stored import is_stored_whole
from changes.safeguards import safeguard_of
from changes.visible_impact import visible_preview
from chargegroups.models import ChargeGroup
from chargepoints.models import ChargePoint
from customers.models import Customer
from evcnet.accounts.reauthentication import ask_password_again
from evcnet.admin.base import ModelAdmin
from evcnet.admin.requests import StaffRequest
from evcnet.errors import REFUSALS, Refusal, refusal_of
from evcnet.primary_keys import parse_pk
from tariffs.models import Tariff, TariffVersion

OF_PREVIEW = ("csrfmiddlewaretoken", "step", "shown", "seen", "named", "effect", "after", "unsent", "letter")
"""What the preview sends along that nobody typed into the form."""
TYPED_ON_PREVIEW = ("reason", "notify", "draft")
"""Kept when somebody goes back to the form, with the draft that it came from."""


@dataclass(frozen=True)
class PlannedChange:
    """What was typed, once it makes sense. ``at`` None: as soon as it is confirmed.

    ``undoes`` is the change that it undoes, ``replaces`` the scheduled version whose place it takes.
    """

    proposal: Proposal
    at: datetime | None = None
    undoes: Change | None = None
    replaces: TariffVersion | None = None


class NameMissing(Exception):
    """A big change was confirmed without the name that its ``preview`` asks for."""

    def __init__(self, preview: Preview) -> None:
        super().__init__("That is not the name. Nothing has been written.")
        self.preview = preview


class LettersSent(Exception):
    """An undo was confirmed whose page said that letters wait: meanwhile they have gone out."""

    def __init__(self, preview: Preview) -> None:
        super().__init__("The letters have gone out meanwhile. Nothing has been written.")
        self.preview = preview


Subject = TypeVar("Subject", bound=Change | ChargeGroup | Draft | ChargePoint | Customer | Tariff | None)


class ChangeWizard(ABC, Generic[Subject]):
    """The steps of one request, on the page of ``obj``; None where they began on a list.

    Subclasses say what is asked (``form_template``) and which change was typed (``plan``).

    Everything that was typed travels with the preview in hidden fields, so that nothing is kept between the steps and
    “Back to editing” returns with it. Without ``form_template`` there is nothing to go back to.
    """

    form_template = ""
    needs_approval = can_wait = False
    """Does what was judged last need a second person, and can it be kept until there is one?"""
    cannot_wait = "Add the row without charge points first, and attach them then: that can be approved."
    saves_draft = False
    """Is what was typed kept as a draft, whose page shows the preview?"""

    def __init__(
        self, admin: ModelAdmin[Any], request: StaffRequest, obj: Subject, data: QueryDict | None = None
    ) -> None:
        self.admin, self.request, self.obj = admin, request, obj
        self.data: QueryDict = request.POST if data is None else data
        self.step = str(self.data.get("step", ""))
        self.address = request.get_full_path()
        self.refusal: Refusal | None = None

    # What a subclass says

    @property
    @abstractmethod
    def title(self) -> str: ...

    @property
    def zone(self) -> tzinfo:
        """In whose time zone moments are typed and shown."""
        return timezone.get_current_timezone() if self.obj is None else self.obj.provider.zone

    @property
    @abstractmethod
    def back(self) -> str:
        """The address where one returns to."""

    @abstractmethod
    def plan(self) -> PlannedChange | None:
        """The change as typed; None where the form has errors, which it then shows. Raises what REFUSALS names."""

    def form_context(self) -> Mapping[str, Any]:
        return {}

    def preview_context(self) -> Mapping[str, Any]:
        return {}

    # The steps

    def respond(self) -> HttpResponseBase:
        with timezone.override(self.zone):
            response = self.take_step()
            return response.render() if isinstance(response, TemplateResponse) else response

    def take_step(self) -> HttpResponseBase:
        """Ask, then preview, then confirm. Whatever hinders it is said, and then nothing was written."""
        if self.form_template and (not self.data or self.step == "edit"):
            return self.ask()
        try:
            plan = self.plan()
            if plan is None:
                return self._applied_before() or self.ask()
            self.check_permission(plan)
            if self.step == "confirm":
                return self._confirm(plan)
            preview = preview_change(plan.proposal, plan.at, replaces=plan.replaces)
            self.needs_approval, self.can_wait = needs_approval(preview), self._can_keep(plan.proposal)
            if self.saves_draft and self.step == "preview":
                return self._save_draft(plan, preview)
            preview = visible_preview(preview, self.request.user)
            if self.step in affected_customers.STEPS:
                return affected_customers.respond(self, preview)
            if self.step == letters.STEP:
                return letters.respond(self, preview)
            return self._show(preview, plan)
        except StalePreview as stale:
            stale_now = stale_context(self.request, stale.preview, self.data)
            return self._applied_before() or self._show(stale.preview, plan, stale=stale_now)
        except ApprovalNeeded as needed:
            return self._wait_for_approval(plan, needed)
        except LettersSent as sent:
            return self._show(sent.preview, plan, letters_sent=True, notify=default_notify([sent.preview.impact]))
        except NameMissing as missing:
            return self._show(missing.preview, plan, named_wrongly=True)
        except REFUSALS as error:
            return self._applied_before() or self._refuse(error)

    def check_permission(self, plan: PlannedChange) -> None:
        if not may_make(self.request.user, plan.proposal):
            raise PermissionDenied

    def _save_draft(self, plan: PlannedChange, preview: Preview) -> HttpResponse:
        """Keep what was typed, and lead to the address of the draft."""
        note = str(self.data.get("reason", "")).strip()[:500]
        form = SavedForm(plan.at, plan.undoes, plan.replaces, self.form_fields, note, self.chosen_notify or "")
        draft = save_draft(preview, form, self.request.user, parse_pk(str(self.data.get("draft", ""))))
        return HttpResponseRedirect(reverse("admin:changes_draft_change", args=[draft.pk]))

    def _wait_for_approval(self, plan: PlannedChange | None, needed: ApprovalNeeded) -> HttpResponse:
        """Keep it as a draft, for whose approval somebody else is asked on its page."""
        if plan is None or not self._can_keep(plan.proposal):
            return self._refuse(Inapplicable(f"{needed} {self.cannot_wait}"))
        messages.warning(self.request, f"{needed} It is kept as a draft: ask for approval.")
        return self._save_draft(plan, preview_change(plan.proposal, plan.at, replaces=plan.replaces))

    def _can_keep(self, proposal: Proposal) -> bool:
        """A draft is seen by the charge groups that it is about: by a login of single ones only where they are there."""
        is_limited = self.request.user.scope("changes.view_draft").within(proposal.provider_id) is not None
        return is_stored_whole(proposal) and not (is_limited and proposal.arising)

    def ask(self) -> HttpResponse:
        refused = {"refused": self.refusal.message if self.refusal else ""}
        context = self.context(self.title) | refused | dict(self.form_context())
        return TemplateResponse(self.request, self.form_template, context)

    def _show(self, preview: Preview, plan: PlannedChange | None = None, **more: Any) -> HttpResponse:
        page = preview_page.context(self.request, preview, self.data, plan.undoes if plan else None)
        context = self.context(self.title) | page | dict(self.preview_context()) | more
        return TemplateResponse(self.request, "changes/preview.html", context)

    def _confirm(self, plan: PlannedChange) -> HttpResponse:
        change = self.apply(plan)
        return self._back_with_message(change, "Scheduled" if change.scheduled else "Done")

    def apply(self, plan: PlannedChange) -> Change:
        """Make the change that was shown. Raises what hinders it, and then nothing was written."""
        return apply_change(
            plan.proposal,
            fingerprint=str(self.data.get("shown", "")),
            at=plan.at,
            by=self.request.user,
            reason=str(self.data.get("reason", "")).strip()[:500],
            notify=self.chosen_notify,
            undoes=plan.undoes,
            replaces=plan.replaces,
            confirm=partial(self.make_sure, plan),
        ).change

    @property
    def chosen_notify(self) -> str | None:
        return preview_page.notify_of(self.data)

    def make_sure(self, plan: PlannedChange, preview: Preview) -> None:
        """Under the lock, before anything is written: is a big change made on purpose, and by whom it says?"""
        if "unsent" in self.data and plan.undoes and unsent_announcement(plan.undoes, preview) is None:
            raise LettersSent(preview)
        if not safeguard_of(preview).allows(str(self.data.get("named", ""))):
            raise NameMissing(preview)
        ask_password_again(self.request)

    def _refuse(self, error: Exception) -> HttpResponse:
        """Why nothing can be done: in the form, or where one came from."""
        self.refusal = refusal_of(error)
        if self.form_template:
            return self.ask()
        messages.warning(self.request, f"Nothing was changed. {self.refusal.message}")
        return HttpResponseRedirect(self.back)

    def _applied_before(self) -> HttpResponse | None:
        """Where exactly the change of this preview was made since, by a second click or by a colleague; None where it was not."""
        change = applied_since(self.request, self.data) if self.step == "confirm" else None
        return self._back_with_message(change, "This had been done already, and was not done twice") if change else None

    def _back_with_message(self, change: Change, what: str) -> HttpResponse:
        page = reverse("admin:changes_change_change", args=[change.pk])
        messages.success(
            self.request, format_html('{}: {}. <a class="evc-link" href="{}">See the change</a>', what, change, page)
        )
        return HttpResponseRedirect(self.back)

    # What pages need

    def context(self, title: str) -> dict[str, Any]:
        """What every page on the way needs; it shows as a part of the tab that it came from."""
        page: dict[str, Any] = self.admin.page_context(self.request, self.obj, title)
        return page | {"wizard": self, "back": self.back, "tab_of": self.back}

    @property
    def form_fields(self) -> list[tuple[str, str]]:
        """The fields of the form as they were sent, for the hidden fields of the preview."""
        names = [name for name in self.data if name not in (*OF_PREVIEW, *TYPED_ON_PREVIEW)]
        return [(name, str(value)) for name in names for value in self.data.getlist(name)]

    @property
    def preview_fields(self) -> list[tuple[str, str]]:
        """What was typed on the preview, for the hidden fields of the form."""
        return [(name, str(self.data[name])) for name in TYPED_ON_PREVIEW if name in self.data]
