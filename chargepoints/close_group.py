"""Close, reopen and remove charge groups. One that ever counted is closed, and stays with its history."""

from __future__ import annotations

from django.db import transaction

from chargegroups.models import ChargeGroup, Terms
from chargepoints.attach_detach import detach
from chargepoints.models import ChargePoint
from evcnet.bulk import BulkResult
from evcnet.datetimes import database_clock
from evcnet.errors import DomainError
from evcnet.text import counted
from tariffs.writes import allow_terms_write


def close(group: ChargeGroup) -> BulkResult:
    """Detach all charge points and mark the group closed. Returns the result of detaching."""
    with transaction.atomic():
        locked = ChargeGroup.objects.select_for_update().get(pk=group.pk)
        if locked.closed_at is not None:
            raise DomainError("This charge group is closed already.")
        result = detach(ChargePoint.objects.filter(charge_group=locked))
        locked.closed_at = database_clock()
        locked.save(update_fields=["closed_at"])
        return result


def reopen(group: ChargeGroup) -> None:
    """Take the mark away. Points don't come back by themselves."""
    ChargeGroup.objects.filter(pk=group.pk).update(closed_at=None)


def why_not_remove(group: ChargeGroup) -> str:
    """Why the group can only be closed; empty where it can be removed."""
    points = ChargePoint.objects.filter(charge_group=group).count()
    if points:
        return f"{group} has {counted(points, 'charge point')} attached: close it instead."
    if Terms.objects.filter(charge_group=group, valid_from__lte=database_clock()).exists():
        return f"The terms of {group} have come into force, so its history stays: close it instead."
    return ""


def remove(group: ChargeGroup) -> None:
    """Remove a group that never had terms in force, with what was scheduled for it."""
    with allow_terms_write():
        if reason := why_not_remove(group):
            raise DomainError(reason)
        group.exceptions.all().delete()
        group.terms.all().delete()
        group.delete()
