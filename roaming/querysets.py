"""Queries of agreements, in the words of the domain."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q

from evcnet.tenancy import ScopedQuerySet
from evcnet.validity import valid_at


class AgreementQuerySet(ScopedQuerySet):
    def in_force(self, at: datetime) -> Any:
        """Those that have begun and are not over."""
        return self.filter(valid_at(at))

    def not_over(self, at: datetime) -> Any:
        """Those in force, and those to come."""
        return self.filter(Q(valid_until=None) | Q(valid_until__gt=at))
