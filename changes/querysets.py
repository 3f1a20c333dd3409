"""Querysets of changes and drafts: which are scheduled, which stand out of a login's sight, which have become stale."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q

from evcnet.tenancy import Login, ScopedQuerySet


class ChangeQuerySet(ScopedQuerySet):
    def scheduled_after(self, at: datetime) -> Any:
        """Those that wait for their moment."""
        return self.filter(scheduled=True, cancelled_at=None, takes_effect_at__gt=at)


class DraftQuerySet(ScopedQuerySet):
    def visible_to(self, login: Login, action: str = "view") -> Any:
        """Those all of whose charge groups are within reach, and the tariff of new prices: in part, a draft is nobody's."""
        rows = super().visible_to(login, action)
        scope = login.scope(f"changes.{action}_draft") if login.is_active and hasattr(login, "scope") else None
        if scope is None or scope.platform or not scope.user_groups:
            return rows
        ties = self.model.groups.through.objects.filter(draft=OuterRef("pk"))
        elsewhere = ties.exclude(chargegroup__user_group__in=scope.user_groups)
        own = ~Exists(elsewhere) & (Q(tariff=None) | Q(tariff__user_group__in=scope.user_groups))
        return rows.filter(Q(provider__in=scope.providers) | own)

    def to_be_approved_by(self, login: Login) -> Any:
        """Those that wait for approval, neither proposed nor asked for by the login itself."""
        rows = self.filter(pk__in=self.model.objects.visible_to(login, "approve").values("pk"), state="awaiting")
        return rows.exclude(author=login.pk).exclude(asked_by=login.pk)

    def open(self) -> Any:
        return self.filter(closed_at=None)

    def with_later_changes(self) -> Any:
        """``outdated``: was anything of its charge groups, or of its tariff, changed since it was saved?"""
        changes = self.model._meta.get_field("change").related_model._base_manager
        later = Q(pk__gt=OuterRef("last_change")) | Q(cancelled_at__gt=OuterRef("saved_at"))
        since = changes.filter(later, provider=OuterRef("provider"))
        ties = self.model.groups.through.objects.filter(draft=OuterRef(OuterRef("pk"))).values("chargegroup")
        touching = since.filter(Q(groups__in=ties) | Q(tariff=OuterRef("tariff")))
        return self.annotate(outdated=Exists(touching))
