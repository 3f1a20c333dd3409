"""Jobs of customers' app: the daily mails of alerts, and the removal of old ones."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from customers.alert_mail import mail_digests
from customers.alerts import remove_old_alerts


@app.periodic(cron="*/15 * * * *")
@app.task(name="mail_alert_digests")
def mail_alert_digests(timestamp: int) -> None:
    """Every quarter of an hour, as providers live in different time zones; it mails what is due since 07:00 there."""
    mail_digests(timezone.now())


@app.periodic(cron="41 3 * * *")
@app.task(name="remove_old_alerts")
def remove_alerts(timestamp: int) -> None:
    remove_old_alerts(timezone.now())
