"""How is a person erased? What names them is overwritten everywhere, in the history too; what was charged stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from changes.apply import apply_now
from changes.proposals import ExceptionChanges, ProposedException
from customers.audit import record
from customers.models import AuditEntry, Customer, StaffMember
from customers.privacy import anonymise
from customers.privacy.lookup import Person
from customers.privacy.personal_data import Held
from evcnet.errors import DomainError
from tariffs.writes import allow_terms_write

REASON = "The customer was erased."


def erase(customer: Customer, by: StaffMember | None = None, address: str | None = None) -> Counter[str]:
    """Erase everything that names the customer; how many rows were overwritten or removed, by what they are.

    One transaction: all of it happens, or nothing. DomainError where the customer was erased already. The record says who
    did it (``by``, from the IP ``address``), when, to which customer number, and how many rows.
    """
    with transaction.atomic():
        # The exceptions go first: their door takes the provider's lock, which comes before that of any customer.
        person = Person.of(customer)
        removed = _without_exceptions(customer, by)
        _lock(customer)
        with allow_terms_write(), _the_eraser():
            rows = anonymise.overwrite(person)
        rows["exceptions"] += removed
        about = f"customer {customer.number}"
        record(
            AuditEntry.Event.CUSTOMER_ERASED,
            by,
            customer.provider,
            about=about,
            rows=rows.total(),
            address=address,
            **rows,
        )
        return rows


def _lock(customer: Customer) -> None:
    found = Customer.objects.select_for_update().get(pk=customer.pk)
    if found.erased_at is not None:
        raise DomainError("This customer was erased already.")
    if found.exceptions.exists():
        raise DomainError("Somebody has just given this customer an exception, so nothing was erased. Look again.")


def _without_exceptions(customer: Customer, by: StaffMember | None) -> int:
    """Remove them as every exception is: by a change that is on the record and that nobody is told of."""
    held = list(Held(customer).exceptions.select_related("charge_group"))
    if held:
        rows = [ProposedException(row.charge_group, customer, removed=True) for row in held]
        apply_now(ExceptionChanges(rows), by=by, reason=REASON)
    return len(held)


@contextmanager
def _the_eraser() -> Iterator[None]:
    """Within it the database lets the personal columns of the history, and of what is rated, be overwritten."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL evcnet.erasure = 'on'")
        yield
        cursor.execute("SET LOCAL evcnet.erasure = 'off'")
