"""Audit log: appends what provider admins read and nobody edits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from customers.models import AuditEntry, Provider, StaffMember


def record(
    event: str,
    login: StaffMember | None,
    provider: Provider | Iterable[Provider] | None = None,
    *,
    about: str = "",
    rows: int | None = None,
    address: str | None = None,
    **details: Any,
) -> None:
    """Append a line: ``login`` did ``event`` (one of AuditEntry.Event); None means a command, or nobody known.

    ``provider`` is whose admin reads it: one, several, or None for all at which the login holds a role. ``rows`` counts
    what was taken away; ``about`` says in words what it was about; ``details`` must fit into JSON. None of them may
    name a customer but by number: the record outlives their erasure.
    """
    AuditEntry.objects.bulk_create(
        AuditEntry(
            event=AuditEntry.Event(event),
            provider=each,
            login=login,
            who=f"{login.name} <{login.email}>" if login else "",
            about=about[:500],
            rows=rows,
            address=address,
            details=details,
        )
        for each in _readers(login, provider)
    )


def _readers(login: StaffMember | None, provider: Provider | Iterable[Provider] | None) -> list[Provider | None]:
    if isinstance(provider, Provider):
        return [provider]
    providers = provider if provider is not None else (login.providers if login else [])
    return list(providers) or [None]
