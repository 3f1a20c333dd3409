"""Cancelling scheduled changes: their rows go, the record stays, and whom their letters reached is told."""

from __future__ import annotations

from changes.models import Change, Way
from changes.proposals import Inapplicable
from changes.proposals.later_terms import restore_later_terms
from changes.signals import send_cancelled
from chargegroups.models import Terms
from customers.models import StaffMember
from evcnet.datetimes import database_clock
from tariffs.models import TariffVersion
from tariffs.writes import allow_terms_write, lock_changes, remove_version


def cancel_change(change: Change, by: StaffMember | None = None, way: Way | None = None) -> None:
    """Take a scheduled change back before it takes effect; whom its letter reached is told. Raises Inapplicable.

    ``way`` None: what it means was shown to ``by``, or ``by`` is None, a command.
    """
    with allow_terms_write():
        lock_changes(change.provider_id)
        change = Change.objects.select_for_update().get(pk=change.pk)
        now = database_clock()
        if not change.scheduled or change.cancelled_at is not None or change.takes_effect_at <= now:
            raise Inapplicable("Only a scheduled change can be cancelled, once, and only until it takes effect.")
        restore_later_terms(change)
        Terms.objects.filter(changes=change, valid_from=change.takes_effect_at).delete()
        TariffVersion.objects.filter(changes=change).delete()
        change.cancelled_at, change.cancelled_by, change.cancelled_way = now, by, way or Way.of(by)
        change.save(update_fields=["cancelled_at", "cancelled_by", "cancelled_way"])
        send_cancelled(change)


def cancel_version(version: TariffVersion, by: StaffMember | None, way: Way) -> None:
    """Take a version back that is not in force yet, and cancel the change that scheduled it, if one did.

    Raises Inapplicable where that change has taken effect; the database refuses a version that is in force.
    """
    change = version.changes.first()
    if change is None:
        remove_version(version)
    else:
        cancel_change(change, by, way)
