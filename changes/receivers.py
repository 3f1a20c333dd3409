"""Receivers of changes: the notices of customers, the alerts of staff. And of the erasure of a person, whose exceptions go by a change."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.dispatch import Signal, receiver

from changes.alerts import alert_cancelled, alert_staff
from changes.apply import apply_now
from changes.models import Change, Way
from changes.notify import announce, announce_cancelled
from changes.preview import Preview
from changes.proposals import ExceptionChanges, ProposedException
from changes.signals import SIGNALS, access_changed, tariff_changed
from chargegroups.models import CustomerException
from customers.models import Customer, StaffMember
from customers.signals import customer_erased
from evcnet.history import event_model
from tariffs.writes import lock_changes

ERASURE = "The customer was erased."


@receiver([tariff_changed, access_changed], sender=Change)
def write_notices(signal: Signal, change: Change, cancelled: bool, preview: Preview | None, **_: Any) -> None:
    """Queue the customers' notices, or withdraw them where the change is cancelled; upon the first of a change's signals."""
    if not _is_first(signal, change):
        return
    if cancelled:
        announce_cancelled(change)
    elif preview is not None:
        announce(change, preview)


@receiver([tariff_changed, access_changed], sender=Change)
def write_alerts(signal: Signal, change: Change, cancelled: bool, preview: Preview | None, **_: Any) -> None:
    """Alert the staff concerned, upon the first of a change's signals."""
    if not _is_first(signal, change):
        return
    if cancelled:
        alert_cancelled(change)
    elif preview is not None:
        alert_staff(change, preview)


def _is_first(signal: Signal, change: Change) -> bool:
    return signal is SIGNALS[change.impact["signals"][0]]


@receiver(customer_erased, sender=Customer)
def remove_from_changes(customer: Customer, by: StaffMember | None, **_: Any) -> dict[str, int]:
    """The person's exceptions go, as every exception does, by a change on the record; notes about them go from all.

    The lock keeps everybody from giving the customer another exception meanwhile.
    """
    lock_changes(customer.provider_id)
    return {"exceptions": _remove_exceptions(customer, by), "changes": _empty_notes(customer)}


def _remove_exceptions(customer: Customer, by: StaffMember | None) -> int:
    held = CustomerException.objects.filter(customer=customer).select_related("charge_group")
    rows = [ProposedException(row.charge_group, customer, removed=True) for row in held]
    if rows:
        apply_now(ExceptionChanges(rows), way=Way.ERASURE, by=by, reason=ERASURE)
    return len(rows)


def _empty_notes(customer: Customer) -> int:
    """Of what was asked for and what held before, in changes and in their history."""
    number = 0
    about = Q(proposal__rows__contains=[{"customer": customer.number}]) | Q(
        earlier__rows__contains=[{"customer": customer.pk}]
    )
    for model in (Change, event_model(Change)):
        rows: Any = model._base_manager.filter(about, provider_id=customer.provider_id)
        for pk, proposal, earlier in rows.values_list("pk", "proposal", "earlier"):
            emptied = _without_notes(proposal, customer), _without_notes(earlier, customer)
            if emptied != (proposal, earlier):
                number += rows.filter(pk=pk).update(proposal=emptied[0], earlier=emptied[1])
    return number


def _without_notes(stored: dict[str, Any], customer: Customer) -> dict[str, Any]:
    about_them = (customer.number, customer.pk)
    rows = [
        {**row, "note": ""} if row.get("customer") in about_them and "note" in row else row for row in stored["rows"]
    ]
    return {**stored, "rows": rows}
