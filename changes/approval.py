"""Approval: a change that affects many customers needs a second person, where the provider wants that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from changes.alerts import alert_of_draft
from changes.apply import StalePreview, preview_change
from changes.change_permissions import may_make
from changes.drafts import look_again, open_draft, proposal_of
from changes.models import Draft
from changes.preview import Preview
from changes.proposals import Inapplicable
from changes.visible_impact import visible_preview
from customers.models import Alert, StaffMember
from customers.permissions import APPROVE_DRAFT
from tariffs.writes import lock_changes

NOBODY_ELSE = "Nobody else may approve this: another login of the whole provider is needed, a provider admin or staff."


@dataclass(frozen=True)
class MayApprove:
    """May the login approve the draft? ``why_not`` says what hinders it; empty where it may."""

    why_not: str = ""

    def __bool__(self) -> bool:
        return not self.why_not


def may_approve(login: StaffMember, draft: Draft) -> MayApprove:
    """Nobody approves what they proposed, or asked approval for, themselves."""
    if login.pk in (draft.author_id, draft.asked_by_id):
        return MayApprove("Somebody else approves it: nobody approves their own.")
    if not login.has_perm(APPROVE_DRAFT, draft) or not may_make(login, proposal_of(draft)):
        return MayApprove("Your role does not approve such a change.")
    return MayApprove()


def approvers(draft: Draft) -> Any:
    """The logins that may approve the draft, as a queryset: not its author, nor who asks."""
    rows = StaffMember.objects.concerned(draft.provider_id, [], APPROVE_DRAFT)
    return rows.exclude(pk__in=[draft.author_id, draft.asked_by_id or 0])


def ask_approval(draft: Draft, by: StaffMember, note: str, notify: str) -> None:
    """Ask for the approval of a draft as it is judged now. Raises Inapplicable where nobody could give it."""
    with transaction.atomic():
        lock_changes(draft.provider_id)
        stored = open_draft(draft)
        if stored.state == Draft.State.AWAITING:
            raise Inapplicable("Approval is asked for already.")
        stored.asked_by, stored.note, stored.notify = by, note, notify
        if not approvers(stored).exists():
            raise Inapplicable(NOBODY_ELSE)
        preview = _judge(stored)
        look_again(stored, preview)
        stored.state, stored.approved_by, stored.approved_ground = Draft.State.AWAITING, None, ""
        stored.save()
        alert_of_draft(stored, preview, Alert.Event.ASKED, by, approvers(stored))


def approve_draft(draft: Draft, by: StaffMember, fingerprint: str) -> None:
    """Approve what was shown with this ``fingerprint``. Raises StalePreview where it is another picture by now."""
    with transaction.atomic():
        lock_changes(draft.provider_id)
        stored, preview = _awaiting(draft, by)
        visible = visible_preview(preview, by)
        if visible.impact.fingerprint != fingerprint:
            raise StalePreview(visible)
        stored.state, stored.approved_by, stored.approved_at = Draft.State.APPROVED, by, Now()
        stored.approved_ground = preview.impact.ground
        stored.save(update_fields=["state", "approved_by", "approved_at", "approved_ground"])
        alert_of_draft(stored, preview, Alert.Event.APPROVED, by, _askers(stored))


def hand_back_draft(draft: Draft, by: StaffMember, note: str) -> None:
    """Not approve it: it is a draft again, for its author to edit or discard."""
    with transaction.atomic():
        lock_changes(draft.provider_id)
        stored = open_draft(draft)
        _check(stored, by)
        stored.state, stored.note = Draft.State.DRAFT, note
        stored.save(update_fields=["state", "note"])
        alert_of_draft(stored, None, Alert.Event.HANDED_BACK, by, _askers(stored))


def _awaiting(draft: Draft, by: StaffMember) -> tuple[Draft, Preview]:
    stored = open_draft(draft)
    _check(stored, by)
    return stored, _judge(stored)


def _check(draft: Draft, by: StaffMember) -> None:
    if draft.state != Draft.State.AWAITING:
        raise Inapplicable("Approval is not asked for any more.")
    if why_not := may_approve(by, draft).why_not:
        raise Inapplicable(why_not)


def _judge(draft: Draft) -> Preview:
    return preview_change(proposal_of(draft), draft.at, replaces=draft.replaces)


def _askers(draft: Draft) -> Any:
    """Who hears how it went: the author, and who asked."""
    return StaffMember.objects.filter(is_active=True, pk__in=[draft.author_id, draft.asked_by_id or 0])
