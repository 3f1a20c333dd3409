"""How does a proposal become a change? Judged again under a lock, compared with what was shown, written, announced."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Max

from changes.impact import Impact
from changes.impact_text import parts
from changes.models import Change
from changes.notify import announce, announce_cancelled
from changes.preview import Preview, judge_proposal
from changes.proposals import Inapplicable, Proposal
from changes.signals import access_changed, tariff_changed
from chargegroups.models import Terms
from customers.models import StaffMember
from evcnet.datetimes import database_clock
from evcnet.errors import refusal_of
from tariffs.models import TariffVersion
from tariffs.writes import allow_terms_write, remove_version

ACCESS_EFFECTS = ("loses_access", "gains_access")
ATTEMPTS = 5
MOST_PARTS = 100
"""So many pairs of prices are kept in the record, the heaviest; the counts are kept whole."""
PRICE_EFFECTS = ("pays_more", "pays_less", "differs", "renamed")


class StalePreview(Exception):
    """What would happen is not what was shown; ``preview`` is the new picture. Nothing was written."""

    def __init__(self, shown_again: Preview) -> None:
        super().__init__("Things have changed since this was shown: look again, nothing has been written.")
        self.preview = shown_again


@dataclass(frozen=True)
class AppliedChange:
    change: Change
    preview: Preview


def preview_change(proposal: Proposal, at: datetime | None = None, *, even_nothing: bool = False) -> Preview:
    """The preview that is shown. Raises Inapplicable, with a moment in the past too; writes nothing.

    With ``even_nothing`` a proposal that changes nothing is shown too, instead of raising Nothing.
    """
    with transaction.atomic():
        # One transaction: to one that began after the clock was read, what it proposes would lie in the past.
        seen = judge(proposal, at, even_nothing=even_nothing)
        _try_in_database(proposal, seen.at)
        return seen


def _try_in_database(proposal: Proposal, at: datetime) -> None:
    """Would the database take it? Written and undone at once, so that its guard rules speak before anybody confirms."""
    try:
        with transaction.atomic():
            with allow_terms_write():
                proposal.write(None, at)
            transaction.set_rollback(True)
    except IntegrityError as refusal:
        told = refusal_of(refusal)
        raise Inapplicable(told.message, told.field) from refusal


def apply_change(
    proposal: Proposal,
    *,
    fingerprint: str,
    at: datetime | None = None,
    by: StaffMember | None = None,
    reason: str = "",
    notify: str = Change.Notify.REGULARS,
    undoes: Change | None = None,
) -> AppliedChange:
    """Make the change that was shown with this ``fingerprint``, now or ``at`` a moment in the future.

    Raises StalePreview or Inapplicable, and then nothing is written.
    """
    with allow_terms_write():
        lock(proposal.provider_id)
        seen = judge(proposal, at)
        if seen.impact.fingerprint != fingerprint:
            raise StalePreview(seen)
        change = record_change(proposal, seen, by=by, reason=reason, notify=notify, undoes=undoes)
        proposal.write(change, seen.at)
        return AppliedChange(change, seen)


def judge(proposal: Proposal, at: datetime | None = None, *, even_nothing: bool = False) -> Preview:
    """What the proposal would do now, or ``at`` a moment, for whoever holds the lock. Raises Inapplicable."""
    now = _later_than_all(proposal, database_clock())
    _not_in_the_past(proposal, at, now)
    return judge_proposal(proposal, now=now, at=at, even_nothing=even_nothing)


def record_change(
    proposal: Proposal, seen: Preview, *, by: StaffMember | None, reason: str, notify: str, undoes: Change | None = None
) -> Change:
    """Put a change on the record, and announce it: under the lock, before its rows are written, in one transaction."""
    change = _recorded(proposal, seen, by=by, reason=reason, notify=notify, undoes=undoes)
    announce(change, seen)
    _signal_after_commit(change, seen.impact, cancelled=False)
    return change


def apply_now(proposal: Proposal, *, by: StaffMember | None = None, reason: str = "") -> Change:
    """Make a change that goes with something else that was confirmed: a new row, a file. It is on the record like all.

    Nobody is told. Raises Inapplicable, and StalePreview where customers keep changing meanwhile; then nothing is written.
    """
    with transaction.atomic():
        lock(proposal.provider_id)
        for attempt in range(ATTEMPTS):
            fingerprint = preview_change(proposal).impact.fingerprint
            try:
                return apply_change(
                    proposal,
                    fingerprint=fingerprint,
                    by=by,
                    reason=reason,
                    notify=Change.Notify.NONE,
                ).change
            except StalePreview:
                if attempt == ATTEMPTS - 1:
                    raise
        raise AssertionError("unreachable")


def cancel(change: Change, by: StaffMember | None = None) -> None:
    """Take a scheduled change back before it takes effect; whoever was told is told again."""
    with allow_terms_write():
        lock(change.provider_id)
        change = Change.objects.select_for_update().get(pk=change.pk)
        now = database_clock()
        if not change.scheduled or change.cancelled_at is not None or change.takes_effect_at <= now:
            raise Inapplicable("Only a scheduled change can be cancelled, once, and only until it takes effect.")
        Terms.objects.filter(changes=change).delete()
        TariffVersion.objects.filter(changes=change).delete()
        _cancelled(change, by, now)


def cancel_version(version: TariffVersion, by: StaffMember | None = None) -> None:
    """Make room for another version from the same moment; the change that scheduled this one is cancelled with it."""
    change = version.changes.first()
    if change is None:
        remove_version(version)
    else:
        cancel(change, by)


def _cancelled(change: Change, by: StaffMember | None, now: datetime) -> None:
    change.cancelled_at, change.cancelled_by = now, by
    change.save(update_fields=["cancelled_at", "cancelled_by"])
    announce_cancelled(change)
    _signal_after_commit(change, None, cancelled=True)


def lock(provider: int) -> None:
    """One change of a provider at a time. Deciding on a card takes no lock and never waits for one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('evcnet.terms_write'), %s)", [provider])


def _not_in_the_past(proposal: Proposal, at: datetime | None, now: datetime) -> None:
    if at is None:
        return
    if not proposal.schedulable:
        raise Inapplicable(f"{proposal.sentence()}: this can't be scheduled, it happens when it is confirmed.")
    if at <= now:
        raise Inapplicable("The moment has passed: choose one in the future, or apply the change now.")


def _later_than_all(proposal: Proposal, now: datetime) -> datetime:
    """The clock may go back; what was applied before stays before."""
    applied = Change.objects.filter(groups__in=proposal.groups, scheduled=False)
    latest: datetime | None = applied.aggregate(latest=Max("takes_effect_at"))["latest"]
    return now if latest is None or latest < now else latest + timedelta(microseconds=1)


def _recorded(
    proposal: Proposal, seen: Preview, *, by: StaffMember | None, reason: str, notify: str, undoes: Change | None
) -> Change:
    change = Change(
        provider_id=proposal.provider_id,
        kind=proposal.kind,
        sentence=proposal.sentence()[:300],
        tariff=getattr(proposal, "tariff", None),
        takes_effect_at=seen.at,
        scheduled=seen.scheduled is not None,
        made_by=by,
        reason=reason,
        notify=notify,
        proposal=seen.impact.proposal,
        earlier=proposal.earlier(seen.at),
        impact=as_json(seen.impact) | {"parts": [part.as_json() for part in parts(seen.impact)[:MOST_PARTS]]},
        fingerprint=seen.impact.fingerprint,
        undoes=undoes,
    )
    change.save(force_insert=True)
    change.groups.set(proposal.groups)
    return change


def as_json(impact: Impact) -> dict[str, Any]:
    """What is printed by ``preview_terms`` and kept in the record: counts, not customers."""
    return {
        "counts": dict(impact.counts),
        "regulars": impact.regulars,
        "points": impact.points,
        "fingerprint": impact.fingerprint,
        "warnings": list(impact.warnings),
    }


def _signal_after_commit(change: Change, impact: Impact | None, *, cancelled: bool) -> None:
    counts = impact.counts if impact else change.impact["counts"]
    arguments: dict[str, Any] = {
        "sender": Change,
        "change": change,
        "groups": list(change.groups.values_list("pk", flat=True)),
        "takes_effect_at": change.takes_effect_at,
        "cancelled": cancelled,
    }
    if change.kind == Change.Kind.VERSION or any(counts[effect] for effect in PRICE_EFFECTS):
        transaction.on_commit(partial(tariff_changed.send_robust, **arguments))
    if any(counts[effect] for effect in ACCESS_EFFECTS) or _sets_policy(change):
        transaction.on_commit(partial(access_changed.send_robust, **arguments))


def _sets_policy(change: Change) -> bool:
    """The policy may say something else to people who are not counted: customers to come, cards of others."""
    switches = ("own_user_group", "other_user_groups", "roaming")
    return any(switch in change.proposal.get("set", {}) for switch in switches)
