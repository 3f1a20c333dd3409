"""Querysets of tariffs: which version is in force."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, Value

from evcnet.tenancy import ScopedQuerySet


class TariffQuerySet(ScopedQuerySet):
    def usable_in(self, *, provider: int, user_group: int) -> Any:
        """Those that charge groups of the user group may name: the provider's, its own, and those of the ones above it."""
        within = Func(Value(user_group), F("user_group"), function="evcnet_is_within", output_field=BooleanField())
        return self.filter(Q(user_group=None) | Q(within), provider=provider)


class TariffVersionQuerySet(ScopedQuerySet):
    def in_force(self, at: datetime) -> Any:
        """For each tariff the latest version that has begun, unless it has ended: then none is in force."""
        later = self.model._base_manager.filter(
            tariff=OuterRef("tariff"), valid_from__gt=OuterRef("valid_from"), valid_from__lte=at
        )
        return self.filter(~Exists(later), valid_from__lte=at).filter(Q(valid_until=None) | Q(valid_until__gt=at))
