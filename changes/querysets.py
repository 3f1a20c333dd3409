"""Querysets of changes: which are scheduled."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from evcnet.tenancy import ScopedQuerySet


class ChangeQuerySet(ScopedQuerySet):
    def scheduled_after(self, at: datetime) -> Any:
        """Those that wait for their moment."""
        return self.filter(scheduled=True, cancelled_at=None, takes_effect_at__gt=at)
