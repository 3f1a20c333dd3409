"""Push of statuses: whatever changes what partners are told of a charge point says it here, and one job sends all of it."""

from __future__ import annotations

import contextlib

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from roaming.models import PartnerConnection

PUSH = "push_statuses_of_partner"
"""The name of the job, which lies among the entry points (roaming/ocpi/tasks.py)."""
MERGED_FOR = 15
"""Seconds between a new status and the job that sends it, with all others of meanwhile."""


def push_status_soon(charge_point: int) -> None:
    """After the commit, so that no device and no queue waits for what another one has begun."""
    transaction.on_commit(lambda: _queue_push(charge_point), robust=True)


def _queue_push(charge_point: int) -> None:
    """One job for each partner that takes locations, whatever changes until it runs."""
    registered = PartnerConnection.objects.filter(
        provider__chargepoint=charge_point,
        state=PartnerConnection.State.REGISTERED,
        endpoints__contains=[{"identifier": "locations", "role": "RECEIVER"}],
    )
    for connection in registered.order_by().values_list("pk", flat=True):
        job = app.configure_task(PUSH, schedule_in={"seconds": MERGED_FOR}, queueing_lock=f"{PUSH}-{connection}")
        with contextlib.suppress(AlreadyEnqueued), transaction.atomic():
            job.defer(connection=connection)
