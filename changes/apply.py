"""Applying changes: a proposal is judged again under a lock, compared with its preview, written and announced."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Max

from changes.audience import default_notify
from changes.cancel import cancel_version
from changes.impact_text import parts
from changes.models import Change, Way
from changes.preview import Preview, judge_proposal
from changes.proposals import Inapplicable, Proposal
from changes.signals import send_changed, signals_of
from changes.visible_impact import MOST_PARTS, counts_by_user_group, visible_preview
from customers.models import StaffMember
from evcnet.datetimes import database_clock
from evcnet.errors import refusal_of
from tariffs.models import TariffVersion
from tariffs.writes import allow_terms_write, lock_changes, remove_version


class ApprovalNeeded(Inapplicable):
    """The change affects more customers than one person may change. Nothing was written.

    How many is not told: some may be out of reach of whoever makes the change.
    """

    def __init__(self, preview: Preview) -> None:
        super().__init__(
            f"At {preview.provider} a change that affects more than {preview.provider.approval_above:,} customers "
            "needs a second person, and this one does. Nothing has been written."
        )


@dataclass(frozen=True)
class Approval:
    """Who approved what: the digest of the proposal and of the rows that it was judged upon."""

    by: StaffMember
    ground: str


def needs_approval(preview: Preview) -> bool:
    """Does the change of this preview, which is that of all customers, need a second person?"""
    limit = preview.provider.approval_above
    return limit is not None and preview.impact.affected > limit


class StalePreview(Exception):
    """What would happen is not what was shown; ``preview`` is the new picture. Nothing was written."""

    def __init__(self, preview: Preview) -> None:
        super().__init__("Things have changed since this was shown: look again, nothing has been written.")
        self.preview = preview


@dataclass(frozen=True)
class AppliedChange:
    change: Change
    preview: Preview


def preview_change(
    proposal: Proposal,
    at: datetime | None = None,
    *,
    replaces: TariffVersion | None = None,
    even_nothing: bool = False,
    login: StaffMember | None = None,
) -> Preview:
    """What the proposal would do now, or ``at`` a moment in the future, also in the place of a scheduled version.

    ``login`` is to whom it is shown, with the customers within its reach alone; None: all of them.
    Writes nothing. Raises Inapplicable, also where the database would not take it, and NothingToChange unless ``even_nothing``.
    """
    with transaction.atomic():
        # One transaction: to one that began after the clock was read, what it proposes would lie in the past.
        if replaces is not None:
            remove_version(copy(replaces))  # the caller's row is as it was, once all of this is taken back
        preview = judge(proposal, at, even_nothing=even_nothing)
        _try_in_database(preview)
        visible = visible_preview(preview, login)
        transaction.set_rollback(replaces is not None)
        return visible


def apply_change(
    proposal: Proposal,
    *,
    fingerprint: str,
    at: datetime | None = None,
    by: StaffMember | None = None,
    reason: str = "",
    notify: str | None = None,
    undoes: Change | None = None,
    replaces: TariffVersion | None = None,
    confirm: Callable[[Preview], None] | None = None,
    approval: Approval | None = None,
) -> AppliedChange:
    """Make the change that was shown with this ``fingerprint``, now or ``at`` a moment in the future.

    ``by`` is the login to whom the preview was shown; None: it was a command's, and the record says that it was not shown.
    ``notify`` None: as ``default_notify`` says. The scheduled version that it ``replaces`` is cancelled with it. ``confirm`` is called with what is about to be written; what it raises refuses the change.
    ``approval`` is that of a second person. Raises StalePreview, ApprovalNeeded, Inapplicable, IntegrityError and what receivers raise. Whatever is raised, nothing is written.
    """
    with allow_terms_write():
        lock_changes(proposal.provider_id)
        if replaces is not None:
            cancel_version(replaces, by, Way.of(by))
        preview = judge(proposal, at)
        visible = visible_preview(preview, by)
        if visible.impact.fingerprint != fingerprint:
            raise StalePreview(visible)
        if confirm is not None:
            confirm(visible)
        notify = notify or default_notify([visible.impact])
        way = Way.of(by)
        change = record_change(preview, by=by, way=way, reason=reason, notify=notify, undoes=undoes, approval=approval)
        proposal.write(change, preview.basis)
        return AppliedChange(change, preview)


def apply_now(proposal: Proposal, *, way: Way, by: StaffMember | None = None, reason: str = "") -> Change:
    """Make a change whose preview nobody sees, as it goes with something else. It is on the record like all.

    No customer is told. Raises Inapplicable, also where what came with a form affects somebody; then nothing is written.
    """
    if way == Way.PREVIEW:
        raise ValueError("What was shown is applied by its fingerprint.")
    try:
        with allow_terms_write():
            lock_changes(proposal.provider_id)
            preview = judge(proposal)
            if way == Way.FORM and preview.impact.affected:
                raise Inapplicable("This affects customers by now: save it again to see whom, before it is done.")
            change = record_change(preview, by=by, way=way, reason=reason, notify=Change.Notify.NONE)
            proposal.write(change, preview.basis)
            return change
    except IntegrityError as error:
        raise _inapplicable(error) from error


def judge(proposal: Proposal, at: datetime | None = None, *, even_nothing: bool = False) -> Preview:
    """What the proposal would do now, or ``at`` a moment, for whoever holds the lock. Raises Inapplicable."""
    now = _later_than_applied(proposal.provider_id, database_clock())
    if at is not None and not proposal.schedulable:
        raise Inapplicable(f"{proposal.sentence()}: this can't be scheduled, it happens when it is confirmed.")
    if at is not None and at <= now:
        raise Inapplicable("The moment has passed: choose one in the future, or apply the change now.")
    return judge_proposal(proposal, now=now, at=at, even_nothing=even_nothing)


def record_change(
    preview: Preview,
    *,
    by: StaffMember | None,
    way: Way,
    reason: str,
    notify: str,
    undoes: Change | None = None,
    approval: Approval | None = None,
) -> Change:
    """Put a change on the record and send its signals: under the lock, before its rows are written.

    Raises ApprovalNeeded where what was shown to a login needs a second person, and none has approved just that.
    """
    proposal, impact = preview.proposal, preview.impact
    approved_by = approval.by if approval is not None and approval.ground == impact.ground else None
    unapproved = approved_by is None and needs_approval(preview)
    if unapproved and way == Way.PREVIEW:
        raise ApprovalNeeded(preview)
    change = Change(
        provider_id=proposal.provider_id,
        kind=proposal.kind,
        sentence=proposal.sentence()[:300],
        tariff=getattr(proposal, "tariff", None),
        takes_effect_at=preview.at,
        scheduled=preview.scheduled is not None,
        made_by=by,
        way=way,
        reason=reason,
        notify=notify,
        proposal=impact.proposal,
        earlier=preview.basis.earlier,
        impact=impact.as_json()
        | {
            "parts": [part.as_json() for part in parts(impact, preview.basis.tariff_names)[:MOST_PARTS]],
            "by_user_group": counts_by_user_group(preview),
            "signals": signals_of(preview),
        },
        fingerprint=visible_preview(preview, by).impact.fingerprint,
        undoes=undoes,
        approved_by=approved_by,
        unapproved=unapproved,
    )
    change.save(force_insert=True)
    change.groups.add(*preview.basis.groups)
    send_changed(change, preview)
    return change


def _try_in_database(preview: Preview) -> None:
    """Would the database take it? Written and undone at once, so that its guard rules speak before anybody confirms."""
    try:
        with transaction.atomic():
            with allow_terms_write():
                preview.proposal.write(None, preview.basis)
            transaction.set_rollback(True)
    except IntegrityError as error:
        raise _inapplicable(error) from error


def _inapplicable(error: IntegrityError) -> Inapplicable:
    refusal = refusal_of(error)
    return Inapplicable(refusal.message, refusal.field)


def _later_than_applied(provider: int, now: datetime) -> datetime:
    """The clock may go back; what was applied before stays before."""
    applied = Change.objects.filter(provider_id=provider, scheduled=False)
    latest: datetime | None = applied.aggregate(latest=Max("takes_effect_at"))["latest"]
    return now if latest is None or latest < now else latest + timedelta(microseconds=1)
