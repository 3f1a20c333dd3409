"""Export of everything that is held about a customer: one JSON text, written piece by piece."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from customers.models import Customer, StaffMember
from customers.privacy.personal_data import HeldRows, held_rows
from evcnet.history import events_of, read

CHUNK = 500
"""So many events of the history are read at once."""


class CustomerExport:
    """As far as ``login`` sees it, and without what other people did.

    ``rows`` says how many rows each part has; ``pieces`` are the text: a list of rows for each part that the models
    declare, beside the customer's own row, and "history".
    """

    def __init__(self, customer: Customer, login: StaffMember) -> None:
        self.customer, self.login = customer, login
        self.held = list(held_rows(customer))

    @property
    def rows(self) -> dict[str, int]:
        numbers = {held.declared.part: held.visible_to(self.login).count() for held in self.held}
        return numbers | {"history": sum(events.count() for _, events in self._histories())}

    def pieces(self) -> Iterator[str]:
        yield "{"
        for number, held in enumerate(self.held):
            yield ",\n" if number else "\n"
            rows = _exported(held, self.login)
            # A customer has one row of their own, and lists of all others.
            yield from _member(held.declared.part, next(rows) if held.model is Customer else rows)
        yield ",\n"
        yield from _member("history", self._history())
        yield "\n}\n"

    def _histories(self) -> Iterator[tuple[HeldRows, Any]]:
        for held in self.held:
            if (events := held.history_visible_to(self.login)) is not None:
                yield held, events

    def _history(self) -> Iterator[dict[str, Any]]:
        for held, events in self._histories():
            own = list(events.order_by("pgh_id").values_list("pgh_id", "pgh_obj"))
            keys = {key for key, _ in own}
            for start in range(0, len(own), CHUNK):
                chunk = own[start : start + CHUNK]
                rows = events_of(held.model, {row for _, row in chunk}).filter(pgh_id__in=[key for key, _ in chunk])
                yield from self._entries(held, rows.order_by("pgh_id"), keys)

    def _entries(self, held: HeldRows, events: Any, own: set[int]) -> Iterator[dict[str, Any]]:
        rows = list(events)
        for event in rows:
            # What the row said while it was somebody else's is theirs.
            event.before = event.before if event.before in own else None
        for entry in read(held.model, rows, self.login):
            yield {
                "at": entry.at,
                "what": f"{entry.kind} {entry.action}",
                "name": entry.name,
                "changes": [{"of": each.label, "from": each.old, "to": each.new} for each in entry.changes],
            }


def _exported(held: HeldRows, login: StaffMember) -> Iterator[dict[str, Any]]:
    keys, lookups = held.declared.export.keys(), held.declared.export.values()
    for row in held.visible_to(login).order_by("pk").values_list(*lookups).iterator():
        yield dict(zip(keys, row, strict=True))


def _member(name: str, value: dict[str, Any] | Iterator[dict[str, Any]]) -> Iterator[str]:
    yield f"{_json(name)}: "
    if isinstance(value, dict):
        yield _json(value)
        return
    yield "["
    for number, row in enumerate(value):
        yield (",\n" if number else "\n") + _json(row)
    yield "]"


def _json(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)
