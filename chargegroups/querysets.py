"""Which rows are meant by the words of the domain? Clauses in SQL; whether somebody may charge is judged in Python."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q

from evcnet.tenancy import ScopedQuerySet


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

    def scheduled(self, at: datetime) -> Any:
        return self.filter(valid_from__gt=at)


class ExceptionQuerySet(ScopedQuerySet):
    def in_force(self, at: datetime) -> Any:
        begun = Q(valid_from=None) | Q(valid_from__lte=at)
        return self.filter(begun, Q(valid_until=None) | Q(valid_until__gt=at))
