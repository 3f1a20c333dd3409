"""Jobs of charge points: the months of the decision log."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from chargepoints.decision_log import make_partitions
from customers.models import Provider
from evcnet.partitions import partitions_before

TABLE = "chargepoints_decisionentry"
MONTHS_AHEAD = 2


@app.periodic(cron="17 3 * * *")
@app.task(name="keep_months_of_decisions")
def keep_months_of_decisions(timestamp: int) -> None:
    """Every night: partitions for this month and the next ones are made, months that nobody keeps are dropped."""
    now = timezone.now()
    make_partitions(now + timedelta(days=28 * month) for month in range(MONTHS_AHEAD + 1))
    make_partitions([now + timedelta(days=31 * MONTHS_AHEAD)])
    drop_old_decisions(now)


def drop_old_decisions(now: datetime) -> None:
    """Decisions of months that are wholly older than their provider keeps them."""
    retention = dict(Provider.objects.order_by().values_list("pk", "decision_months"))
    if not retention:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '5s'")
        for partition in partitions_before(TABLE, _first_month(now, max(retention.values()))):
            cursor.execute(f"DROP TABLE {partition}")
        cursor.execute("SET LOCAL evcnet.retention = 'on'")
        for provider, months in retention.items():
            if months < max(retention.values()):
                cursor.execute(
                    f"DELETE FROM {TABLE} WHERE provider_id = %s AND asked_at < %s",
                    [provider, datetime.strptime(_first_month(now, months) + "+0000", "%Y%m%z")],
                )
        cursor.execute("SET LOCAL evcnet.retention = 'off'")


def _first_month(now: datetime, months: int) -> str:
    """The first month that is kept, as the partitions are called: 202511."""
    number = now.year * 12 + now.month - 1 - months
    return f"{number // 12:04}{number % 12 + 1:02}"
