"""Selections: the rows for which an action was asked, on a list, across its pages, or on the page of one row."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import models

from evcnet.admin.requests import StaffRequest
from evcnet.bulk import BulkResult, RowMessage
from evcnet.tenancy import visible_rows
from evcnet.text import counted_rows

MOST_ROWS = 1000
"""A page that lists what it is about stays readable, and its form within what a request may carry."""
NOT_ALLOWED = "Your role does not allow this here."
CHANGED_SINCE = (
    "The selection has changed since you looked at it: it is {now} now, and was {before}. Nothing has been written yet."
)


@dataclass(frozen=True)
class Selection:
    """``chosen`` are the rows, ``one`` the row on whose page the action was asked for, ``url`` where its form is sent to.

    ``across``: everything that the filters of the list leave, on all of its pages.
    """

    chosen: models.QuerySet[Any]
    request: StaffRequest
    permission: str
    url: str
    one: Any = None
    across: bool = False

    @property
    def model(self) -> type[models.Model]:
        return self.chosen.model

    @cached_property
    def keys(self) -> list[int]:
        """Of the rows to which the login may do this, in order."""
        chosen = {"pk": self.one.pk} if self.one is not None else {"pk__in": self.chosen.order_by().values("pk")}
        allowed = visible_rows(self.model, self.request.user, self.permission).filter(**chosen)
        return list(allowed.order_by("pk").values_list("pk", flat=True))

    @cached_property
    def rows(self) -> list[Any]:
        """The same rows, whole, in the order of the list."""
        if self.one is not None:
            return [self.one]
        allowed = set(self.keys)
        return [row for row in self.chosen if row.pk in allowed]

    @cached_property
    def refusals(self) -> BulkResult:
        """The selected rows that the login sees, and on which it may not do this."""
        if self.one is not None or self.chosen.count() == len(self.keys):
            return BulkResult()
        visible = self.chosen.exclude(pk__in=visible_rows(self.model, self.request.user, self.permission).values("pk"))
        return BulkResult(refusals=tuple(RowMessage(row, NOT_ALLOWED) for row in visible))

    @property
    def count(self) -> str:
        """In words, such as "98 customers"."""
        return counted_rows(self.model, len(self.keys))

    @cached_property
    def digest(self) -> str:
        """Which rows it is: the same rows, the same digest."""
        return hashlib.sha256(",".join(map(str, self.keys)).encode()).hexdigest()[:32]

    @property
    def changed_since(self) -> str:
        """Why the confirmation of a page does not hold, where other rows were selected when that was made."""
        before = self.request.POST.get("selection", self.digest)
        if before == self.digest:
            return ""
        number = self.request.POST.get("selected", "")
        return CHANGED_SINCE.format(now=self.count, before=number if number.isdecimal() else "another one")

    def hidden_fields(self, action: str) -> Sequence[tuple[str, Any]]:
        """What a page sends along, so that its form is about the same rows."""
        fields: list[tuple[str, Any]] = [("confirmed", "yes")]
        if self.one is None:
            fields += [("selection", self.digest), ("selected", len(self.keys)), ("action", action), ("index", "0")]
            fields += [("select_across", "1")] if self.across else []
            fields += [("_selected_action", key) for key in (self.keys[:1] if self.across else self.keys)]
        return fields
