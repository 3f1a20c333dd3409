"""Erasure of a person: what names them is overwritten everywhere, in the history too; what was charged stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.models.functions import Now

from customers.audit import record
from customers.models import AuditEntry, ChargeCard, Customer, StaffMember
from customers.privacy import anonymise
from customers.privacy.lookup import Person
from customers.signals import customer_erased
from customers.status_changes import StatusWrite, recording, store_change
from evcnet.errors import DomainError
from evcnet.importexport.storages import remove_uploads_at


def erase(
    customer: Customer, by: StaffMember | None = None, address: str | None = None, reason: str = ""
) -> Counter[str]:
    """Erase everything that names the customer; how many rows were overwritten or removed, by what they are.

    One transaction: all of it happens, or nothing. Files that wait to be imported at the provider go with it. DomainError
    where the customer was erased already. The audit log says who did it (``by``, from the IP ``address``), when, to which
    customer number, how many rows, and the ``reason``, without words that name the person.
    """
    with recording() as context, _erasure():
        # First what is tied to the customer goes: changes take the provider's lock, which comes before that of any row.
        rows = _send_erased(customer, by)
        stored = _lock(customer)
        person = Person.of(customer)
        write = StatusWrite(
            Customer, "status", Customer.Status.DEACTIVATED, "erase", "erased", "erase", by, reason, undoable=False
        )
        change = store_change(write, [stored], context, customer.provider_id)
        rows += anonymise.overwrite(person)
        Customer.objects.filter(pk=customer.pk).update(erased_at=Now())
        about = f"customer {customer.number}"
        record(
            AuditEntry.Event.CUSTOMER_ERASED,
            by,
            customer.provider,
            about=about,
            rows=rows.total(),
            address=address,
            status_change=change.pk,
            **rows,
        )
        remove_uploads_at(customer.provider)
        return rows


def _send_erased(customer: Customer, by: StaffMember | None) -> Counter[str]:
    rows: Counter[str] = Counter()
    for _, taken_away in customer_erased.send(Customer, customer=customer, by=by):
        rows.update(taken_away or {})
    return rows


def _lock(customer: Customer) -> Customer:
    """With the cards first, as whoever changes a card locks its customer next: none goes or comes meanwhile."""
    list(ChargeCard.objects.select_for_update().filter(customer=customer).order_by("pk"))
    stored: Customer | None = Customer.objects.select_for_update().filter(pk=customer.pk).first()
    if stored is None:
        raise DomainError("This customer was removed meanwhile.")
    if stored.erased_at is not None:
        raise DomainError("This customer was erased already.")
    return stored


@contextmanager
def _erasure() -> Iterator[None]:
    """Within it the database lets the personal columns of the history, and of what is rated, be overwritten."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL evcnet.erasure = 'on'")
        yield
        cursor.execute("SET LOCAL evcnet.erasure = 'off'")
