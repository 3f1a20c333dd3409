"""Jobs of social charging: queues are looked at every minute, and mails that wait get a job."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from socialcharging.mailing import queue_waiting_mails
from socialcharging.queues import advance_all


@app.periodic(cron="* * * * *")
@app.task(name="advance_queues")
def advance_queues(timestamp: int) -> None:
    """Every minute: holds that are over end, and what no signal tells of counts: blocked customers, changed terms."""
    advance_all(timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="mail_waiting_drivers")
def mail_waiting_drivers(timestamp: int) -> None:
    """Every minute: mails whose job was lost, and those that a mail server refused."""
    queue_waiting_mails()
