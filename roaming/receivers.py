"""Receivers: partners are sent what a change makes of their locations and tariffs, and that a charge point is held."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver
from procrastinate.contrib.django import app

from changes.models import Change
from changes.signals import access_changed, tariff_changed
from chargepoints.models import Hold
from roaming.models import PartnerConnection
from roaming.status_push import push_status_soon

PUSH = "push_changes_of_partner"
"""The name of the job, which lies among the entry points (roaming/ocpi/tasks.py)."""


@receiver([tariff_changed, access_changed], sender=Change)
def push_to_partners(change: Change, takes_effect_at: datetime, **_: Any) -> None:
    """Part of the change's transaction: undone with it. Two jobs for one partner find nothing to send the second time."""
    registered = PartnerConnection.objects.filter(provider=change.provider_id, state=PartnerConnection.State.REGISTERED)
    for connection in registered.values_list("pk", flat=True):
        app.configure_task(PUSH, schedule_at=takes_effect_at).defer(connection=connection)


@receiver(post_save, sender=Hold)
def push_hold(instance: Hold, **_: Any) -> None:
    push_status_soon(instance.charge_point_id)
