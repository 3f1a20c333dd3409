"""Jobs of devices: days of the message log, transactions that lost their end, devices of gateways that are gone."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from procrastinate.contrib.django import app

from gateway.devices import close_lost_connections
from gateway.message_log import keep_days
from gateway.models import DeviceCommand
from gateway.transactions import end_lost

COMMANDS_FOR = timedelta(days=90)


@app.periodic(cron="27 3 * * *")
@app.task(name="keep_days_of_messages")
def keep_days_of_messages(timestamp: int) -> None:
    """Every night: partitions for this day and the next ones are made, days of more than a week ago dropped."""
    now = timezone.now()
    keep_days(now)
    DeviceCommand.objects.filter(created_at__lt=now - COMMANDS_FOR).delete()


@app.periodic(cron="37 * * * *")
@app.task(name="end_lost_transactions")
def end_lost_transactions(timestamp: int) -> None:
    """Every hour: transactions of which nothing has come for a week become sessions."""
    end_lost(timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="close_connections_of_lost_gateways")
def close_connections_of_lost_gateways(timestamp: int) -> None:
    """Every minute, for want of a gateway that lives: it would do so itself."""
    close_lost_connections(timezone.now())
