"""Querysets of charge groups, terms and exceptions: which rows are open, in force, scheduled."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q

from chargegroups.terms import OPENINGS
from evcnet.tenancy import ScopedQuerySet
from evcnet.validity import valid_at


class ChargeGroupQuerySet(ScopedQuerySet):
    def open(self) -> Any:
        return self.filter(closed_at=None)


class TermsQuerySet(ScopedQuerySet):
    def in_force(self, at: datetime) -> Any:
        """For each charge group the one row that counts at this moment: the latest that has begun."""
        later = self.model._base_manager.filter(
            charge_group=OuterRef("charge_group"), valid_from__gt=OuterRef("valid_from"), valid_from__lte=at
        )
        return self.filter(~Exists(later), valid_from__lte=at)

    def open_to_anybody(self) -> Any:
        """Those that let somebody charge who has no exception."""
        return self.filter(Q.create([(switch, True) for switch in OPENINGS], connector=Q.OR))

    def scheduled(self, at: datetime) -> Any:
        return self.filter(valid_from__gt=at)


class ExceptionQuerySet(ScopedQuerySet):
    def in_force(self, at: datetime) -> Any:
        return self.filter(valid_at(at))
