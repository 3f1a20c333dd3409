"""Querysets of tariffs: which version is in force."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q

from customers.models import UserGroup
from customers.models.providers import ancestors
from evcnet.tenancy import ScopedQuerySet


class TariffQuerySet(ScopedQuerySet):
    def usable_in(self, user_group: UserGroup) -> Any:
        """Those that charge groups of the user group may name: the provider's, its own, and those of the ones above it."""
        parents = dict(
            UserGroup.objects.filter(provider=user_group.provider_id).order_by().values_list("pk", "parent_id")
        )
        own = Q(user_group=None) | Q(user_group__in=ancestors([user_group.pk], parents))
        return self.filter(own, provider=user_group.provider_id)


class TariffVersionQuerySet(ScopedQuerySet):
    def in_force(self, at: datetime) -> Any:
        """For each tariff the latest version that has begun, unless it has ended: then none is in force."""
        later = self.model._base_manager.filter(
            tariff=OuterRef("tariff"), valid_from__gt=OuterRef("valid_from"), valid_from__lte=at
        )
        return self.filter(~Exists(later), valid_from__lte=at).filter(Q(valid_until=None) | Q(valid_until__gt=at))
