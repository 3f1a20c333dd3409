"""Page of a draft: its preview of today, what differs from what was saved, and what can be done with it."""

from __future__ import annotations

from functools import cached_property, partial
from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse

from changes import impact_text
from changes.admin.stale_preview import StaleContext, stale_context, stale_lines
from changes.admin.wizard import ChangeWizard, PlannedChange
from changes.apply import StalePreview
from changes.approval import approve_draft, ask_approval, hand_back_draft, may_approve
from changes.change_permissions import may_make
from changes.drafts import (
    DraftClosed,
    annotate_draft,
    apply_draft,
    discard_draft,
    proposal_of,
    take_up_draft,
)
from changes.models import Change, Draft
from changes.preview import Preview
from changes.proposals import Inapplicable, Proposal
from changes.visible_impact import visible_part
from chargegroups.models import ChargeGroup
from evcnet.accounts.reauthentication import ask_password_again
from evcnet.errors import DomainError, refusal_of

NAMED = 5
"""So many changes that were made since are named."""


class DraftWizard(ChangeWizard[Draft]):
    """The preview at an address of its own. Who may not make the change reads it."""

    @property
    def title(self) -> str:
        return str(self.obj)

    @property
    def back(self) -> str:
        """The page on which such a change begins."""
        if self.obj.tariff_id is not None:
            return reverse("admin:tariffs_tariff_prices", args=[self.obj.tariff_id])
        if len(self.groups) == 1:
            return reverse("admin:chargegroups_chargegroup_access", args=[self.groups[0].pk])
        of_many = self.obj.kind == Change.Kind.TERMS
        return reverse("admin:chargegroups_chargegroup_changelist" if of_many else "admin:changes_draft_changelist")

    @cached_property
    def edit_address(self) -> str:
        """The form that it came from; empty where there is none."""
        if not self.obj.typed or self.obj.kind not in (Change.Kind.TERMS, Change.Kind.VERSION):
            return ""
        if self.obj.tariff_id is not None:
            page = reverse("admin:tariffs_tariff_version", args=[self.obj.tariff_id])
            return f"{page}?version={self.obj.replaces_id}" if self.obj.replaces_id else page
        if len(self.groups) == 1:
            return reverse("admin:chargegroups_chargegroup_terms", args=[self.groups[0].pk])
        chosen = any(name == ACTION_CHECKBOX_NAME for name, _ in self.obj.typed)
        return reverse("admin:chargegroups_chargegroup_changelist") if chosen else ""

    @cached_property
    def groups(self) -> list[ChargeGroup]:
        return list(self.obj.groups.all()[:2])

    @cached_property
    def proposal(self) -> Proposal:
        return proposal_of(self.obj)

    def plan(self) -> PlannedChange:
        return PlannedChange(self.proposal, self.obj.at, self.obj.undoes, self.obj.replaces)

    @cached_property
    def may_make(self) -> bool:
        """Of what names rows that are gone, nobody is told more than stands in the draft."""
        try:
            return may_make(self.request.user, self.proposal)
        except Inapplicable:
            return self.obj.author_id == self.request.user.pk

    def check_permission(self, plan: PlannedChange) -> None:
        if self.step and not self.may_make:
            raise PermissionDenied

    # The steps

    def take_step(self) -> HttpResponseBase:
        own = {
            "note": self._annotate,
            "discard": self._discard,
            "take-up": self._take_up,
            "ask": self._ask_approval,
            "approve": self._approve,
            "hand-back": self._hand_back,
        }.get(self.step)
        if own is not None:
            return self._change_draft(own)
        return super().take_step() if self.obj.is_open else self._closed()

    def _change_draft(self, what: Any) -> HttpResponse:
        if not self.may_make:
            raise PermissionDenied
        try:
            messages.success(self.request, what())
        except StalePreview as stale:
            now = stale_context(self.request, stale.preview, self.data)
            return self._show(stale.preview, self.plan(), stale=now)
        except Inapplicable as refused:
            messages.warning(self.request, f"Nothing was done. {refused}")
        return HttpResponseRedirect(self.address)

    def _annotate(self) -> str:
        annotate_draft(self.obj, self.note, self.chosen_notify or "")
        return "The note is saved."

    def _discard(self) -> str:
        discard_draft(self.obj, self.request.user)
        return f"Draft {self.obj.pk} is discarded. It can be taken up again."

    def _take_up(self) -> str:
        take_up_draft(self.obj)
        return f"Draft {self.obj.pk} is open again."

    def _ask_approval(self) -> str:
        ask_approval(self.obj, self.request.user, self.note, self.chosen_notify or "")
        return "Approval is asked for: whoever may approve it reads of it under the bell, and you read how it went."

    def _approve(self) -> str:
        ask_password_again(self.request)
        approve_draft(self.obj, self.request.user, str(self.data.get("shown", "")))
        return "It is approved, and not applied yet: whoever may make such a change applies it now."

    def _hand_back(self) -> str:
        hand_back_draft(self.obj, self.request.user, self.note)
        return "It is handed back to its author, with the note."

    @property
    def form_fields(self) -> list[tuple[str, str]]:
        """For the button that goes back to the form."""
        return [(name, value) for name, value in self.obj.typed]

    @property
    def chosen_notify(self) -> str | None:
        return super().chosen_notify or self.obj.notify or None

    @property
    def note(self) -> str:
        return str(self.data.get("reason", self.obj.note)).strip()[:500]

    def apply(self, plan: PlannedChange) -> Change:
        return apply_draft(
            self.obj,
            fingerprint=str(self.data.get("shown", "")),
            by=self.request.user,
            reason=self.note,
            notify=self.chosen_notify,
            confirm=partial(self.make_sure, plan),
        ).change

    # What is shown

    def _show(self, preview: Preview, plan: PlannedChange | None = None, **more: Any) -> HttpResponse:
        covered = self.obj.state == Draft.State.APPROVED and self.obj.approved_ground == preview.impact.ground
        approval = may_approve(self.request.user, self.obj)
        context = {
            # A preview that has grown old on the screen says so itself, and names the same changes.
            "saved": None if "stale" in more else self._since_saved(preview),
            "approval": approval,
            "awaiting": self.obj.state == Draft.State.AWAITING,
            "approved": covered,
            "must_ask": self.needs_approval and not covered,
        }
        return super()._show(preview, plan, **context | more)

    def _since_saved(self, preview: Preview) -> StaleContext | None:
        """What it was judged upon then and now; None where that is the same."""
        if preview.impact.ground == self.obj.ground:
            return None
        then = visible_part(self.obj.picture, self.obj.provider_id, self.request.user)
        since = Change.objects.visible_to(self.request.user).filter(
            Q(groups__in=preview.basis.group_ids) | Q(groups__in=self.obj.groups.all()),
            provider=self.obj.provider_id,
            pk__gt=self.obj.last_change,
        )
        lines = stale_lines(then, preview.impact.as_json()) if then else []
        return StaleContext(lines, list(since.distinct()[:NAMED]))

    def preview_context(self) -> dict[str, Any]:
        notify = {"notify": self.chosen_notify} if self.chosen_notify else {}
        return {"draft": self.obj, "reason": self.note, "may_confirm": self.may_make} | notify

    def _refuse(self, error: Exception) -> HttpResponse:
        """It makes no sense any more: why, what was shown when it was saved, and what can be done."""
        if isinstance(error, DraftClosed):
            messages.warning(self.request, str(error))
            return HttpResponseRedirect(self.address)
        return self._without_preview(refusal_of(error).message if isinstance(error, DomainError) else str(error))

    def _closed(self) -> HttpResponse:
        """An applied one leads to its change."""
        change = self.obj.change
        if change is None:
            return self._without_preview("")
        page = reverse("admin:changes_change_change", args=[change.pk])
        twice = "This had been done already, and was not done twice. " if self.step == "confirm" else ""
        words = (
            f"{twice}Draft {self.obj.pk} was applied by {self.obj.closed_by}: this is the change that was made of it."
        )
        messages.info(self.request, words)
        return HttpResponseRedirect(page)

    def _without_preview(self, refused: str) -> HttpResponse:
        then = visible_part(self.obj.picture, self.obj.provider_id, self.request.user)
        context = self.context(self.title) | {
            "draft": self.obj,
            "refused": refused,
            "then": impact_text.picture(then) if then else None,
        }
        return TemplateResponse(self.request, "changes/draft_closed.html", context)
