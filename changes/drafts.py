"""Drafts of changes: saved, read again, applied once, discarded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now

from changes.apply import AppliedChange, Approval, apply_change
from changes.models import Change, Draft
from changes.preview import Preview
from changes.proposals import Inapplicable, Proposal
from changes.proposals.stored import read_proposal
from changes.visible_impact import counts_by_user_group
from customers.models import Provider, StaffMember
from tariffs.models import TariffVersion
from tariffs.writes import lock_changes


class DraftClosed(Inapplicable):
    """The draft was applied or discarded meanwhile; ``draft`` says which, and by whom. Nothing was written."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(f"{draft} is {draft.get_state_display()} already: nothing more was done.")
        self.draft = draft


@dataclass(frozen=True)
class SavedForm:
    """What a draft keeps besides the proposal: its moment, what it stands for, and what was typed to propose it."""

    at: datetime | None = None
    undoes: Change | None = None
    replaces: TariffVersion | None = None
    typed: Sequence[tuple[str, str]] = ()
    note: str = ""
    notify: str = ""


def picture_of(preview: Preview) -> dict[str, Any]:
    """What is kept of a preview of all customers: the whole, and of each user group its part."""
    return preview.impact.as_json() | {"by_user_group": counts_by_user_group(preview)}


@transaction.atomic
def save_draft(preview: Preview, form: SavedForm, author: StaffMember, into: int | None = None) -> Draft:
    """Keep a proposal with its preview, which is that of all customers.

    ``into`` is the id of a draft to save it in, where that is open and the author's own; else a new one begins.
    """
    proposal = preview.proposal
    own = Draft.objects.select_for_update(of=("self",)).open().filter(provider=preview.provider, author=author)
    draft = own.filter(pk=into).first() if into else None
    draft = draft or Draft(provider=preview.provider, author=author)
    draft.kind, draft.sentence = proposal.kind, proposal.sentence()[:300]
    draft.proposal, draft.typed, draft.at = proposal.as_json(), list(form.typed), form.at
    draft.tariff, draft.undoes, draft.replaces = getattr(proposal, "tariff", None), form.undoes, form.replaces
    draft.replaces_version, draft.note, draft.notify = form.replaces is not None, form.note, form.notify
    draft.state, draft.approved_by, draft.approved_ground = Draft.State.DRAFT, None, ""
    look_again(draft, preview)
    draft.save()
    draft.groups.set({*preview.basis.groups, *proposal.groups}.difference(proposal.arising))
    return draft


def look_again(draft: Draft, preview: Preview) -> None:
    """What it is compared with from now on: this preview of all customers."""
    draft.picture, draft.ground, draft.saved_at = picture_of(preview), preview.impact.ground, Now()
    last = Change.objects.filter(provider=preview.provider).aggregate(last=Max("pk"))["last"]
    draft.last_change = last or 0  # they are made one at a time, so a later one has a larger id


def proposal_of(draft: Draft) -> Proposal:
    """What is proposed, with the rows of today. Raises Inapplicable where what it names is gone."""
    if draft.replaces_version and draft.replaces is None:
        raise Inapplicable("The scheduled version whose place it would take is gone: propose the prices anew.")
    return read_proposal(draft.provider_id, draft.proposal, draft.undoes)


def open_draft(draft: Draft) -> Draft:
    """The draft again, locked as long as the transaction lasts. Raises DraftClosed."""
    stored: Draft = Draft.objects.select_for_update(of=("self",)).get(pk=draft.pk)
    if not stored.is_open:
        raise DraftClosed(stored)
    return stored


def apply_draft(
    draft: Draft,
    *,
    fingerprint: str,
    by: StaffMember,
    reason: str,
    notify: str | None,
    confirm: Callable[[Preview], None],
) -> AppliedChange:
    """Make the change of a draft, once, whoever else presses the same button. Raises DraftClosed and what ``apply_change`` raises."""
    with transaction.atomic():
        lock_changes(draft.provider_id)
        stored = open_draft(draft)
        applied = apply_change(
            proposal_of(stored),
            fingerprint=fingerprint,
            at=stored.at,
            by=by,
            reason=reason,
            notify=notify,
            undoes=stored.undoes,
            replaces=stored.replaces,
            confirm=confirm,
            approval=Approval(stored.approved_by, stored.approved_ground) if stored.approved_by else None,
        )
        _close(stored, Draft.State.APPLIED, by, applied.change)
        return applied


@transaction.atomic
def discard_draft(draft: Draft, by: StaffMember) -> None:
    """Put it away: it can be taken up again. Raises DraftClosed."""
    _close(open_draft(draft), Draft.State.DISCARDED, by)


@transaction.atomic
def take_up_draft(draft: Draft) -> None:
    """Open a discarded draft again. Raises DraftClosed where it was applied."""
    stored: Draft = Draft.objects.select_for_update(of=("self",)).get(pk=draft.pk)
    if stored.state == Draft.State.APPLIED:
        raise DraftClosed(stored)
    stored.state, stored.closed_at, stored.closed_by, stored.saved_at = Draft.State.DRAFT, None, None, Now()
    stored.save(update_fields=["state", "closed_at", "closed_by", "saved_at"])


@transaction.atomic
def annotate_draft(draft: Draft, note: str, notify: str) -> None:
    """Keep a note with it, and who is to be told."""
    stored = open_draft(draft)
    stored.note, stored.notify = note, notify
    stored.save(update_fields=["note", "notify"])


def _close(draft: Draft, state: str, by: StaffMember | None, change: Change | None = None) -> None:
    draft.state, draft.closed_by, draft.change, draft.closed_at = state, by, change, Now()
    draft.save(update_fields=["state", "closed_by", "change", "closed_at"])


def discard_old_drafts(provider: Provider, now: datetime) -> int:
    """Put away the drafts that nobody has saved for as many days as the provider says; how many."""
    old = Draft.objects.open().filter(provider=provider, saved_at__lt=now - timedelta(days=provider.draft_days))
    return int(old.update(state=Draft.State.DISCARDED, closed_at=now))
