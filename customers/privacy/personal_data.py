"""Rows that are held about one customer, as the models declare them, and the history of these rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef

from customers.models import Customer, StaffMember
from evcnet.history import event_model
from evcnet.personal_data import PersonalData, declarations
from evcnet.tenancy import Tenancy


@dataclass(frozen=True)
class HeldRows:
    """The rows of one model that describe ``customer``."""

    customer: Customer
    model: type[models.Model]
    declared: PersonalData

    @property
    def noun(self) -> str:
        return str(self.model._meta.verbose_name)

    @property
    def rows(self) -> Any:
        return self.declared.rows(self.model, self.customer.pk)

    @property
    def erasable(self) -> Any:
        """Those whose personal columns an erasure overwrites."""
        narrow = self.declared.narrow
        return narrow(self.rows, self.customer.pk) if narrow else self.rows

    @property
    def events(self) -> Any:
        """The history of the erasable rows, under whomever it was; None for a model without history."""
        history = event_model(self.model)
        return (
            None if history is None else history._base_manager.filter(pgh_obj__in=self.erasable.order_by().values("pk"))
        )

    @property
    def events_of_removed(self) -> Any:
        """The history of rows that were the customer's and are there no more; None for a model without history."""
        events = self.declared.events(self.model, self.customer.pk)
        still_there = self.model._base_manager.filter(pk=OuterRef("pgh_obj"))
        return None if events is None else events.filter(~Exists(still_there))

    def visible_to(self, login: StaffMember) -> Any:
        return self.rows.visible_to(login)

    def history_visible_to(self, login: StaffMember) -> Any:
        """Events that were about the customer when they happened; None for a model whose history names no customer."""
        events = self.declared.events(self.model, self.customer.pk)
        if events is None:
            return None
        tenancy: Tenancy = self.model.tenancy  # type: ignore[attr-defined]
        meta = self.model._meta
        return events.filter(tenancy.clause(self.model, login.scope(f"{meta.app_label}.view_{meta.model_name}")))


def held_rows(customer: Customer) -> Iterator[HeldRows]:
    """Of every model whose rows describe customers, what it holds about this one."""
    for model, declared in declarations():
        if declared.customer is not None:
            yield HeldRows(customer, model, declared)
