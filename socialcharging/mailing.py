"""Mails about queues: written with what they tell, mailed by a job after the commit, each at most once.

A worker marks a mail as handed over before it asks the mail server. One that is killed in between leaves the mark, and the
mail is not sent again: a turn lasts minutes, and the driver's page says the same (docs/decisions).
"""

from __future__ import annotations

from datetime import datetime
from email.utils import formataddr, parseaddr

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from chargepoints.models import ChargePoint, Hold
from customers.models import Customer, LetterSettings
from evcnet.worker import UNTIL_IT_RUNS
from gateway.models import Transaction
from socialcharging.models import QueueMail
from socialcharging.texts import mail_text

MOST_ATTEMPTS = 5
State = QueueMail.State
logger = structlog.get_logger(__name__)


def tell(customer: Customer, point: ChargePoint, kind: str, key: str, now: datetime) -> bool:
    """Tell it once; False where it was told before. The mail is part of the transaction: undone with it, kept with it."""
    state = State.QUEUED if customer.email else State.FAILED
    row = {"provider_id": point.provider_id, "customer": customer, "charge_point": point, "kind": kind, "state": state}
    mail, is_new = QueueMail.objects.get_or_create(key=key, defaults=row | {"created_at": now})
    if is_new and state == State.QUEUED:
        mail_driver.defer(mail=mail.pk)
    return is_new


@app.task(name="mail_driver", retry=UNTIL_IT_RUNS)
def mail_driver(mail: int) -> None:
    send(mail)


def send(pk: int) -> None:
    """Mail it, if it waits and says what is still so; what a mail server refuses waits for the next round."""
    mail = _claim(pk)
    if mail is None:
        return
    try:
        build_mail(mail).send()
        state, sent_at = State.SENT, timezone.now()
    except Exception as failure:  # noqa: BLE001 - whatever a mail server answers, it is tried again
        logger.warning("driver_not_mailed", mail=pk, failure=f"{type(failure).__name__}: {failure}"[:300])
        state, sent_at = (State.FAILED if mail.attempts >= MOST_ATTEMPTS else State.QUEUED), None
    QueueMail.objects.filter(pk=pk).update(state=state, sent_at=sent_at)


@transaction.atomic
def _claim(pk: int) -> QueueMail | None:
    """The mail, marked as handed over; None where another worker has it, or it is too late."""
    rows = QueueMail.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk, state=State.QUEUED)
    mail: QueueMail | None = rows.select_related(
        "customer", "provider__letter_settings", "charge_point__location"
    ).first()
    if mail is None:
        return None
    mail.state, mail.attempts = (State.HANDED_OVER if _holds_still(mail) else State.WITHDRAWN), mail.attempts + 1
    mail.save(update_fields=["state", "attempts"])
    return mail if mail.state == State.HANDED_OVER else None


def _holds_still(mail: QueueMail) -> bool:
    """Does the transaction or the hold of which it tells run still?"""
    pk = int(mail.key.rpartition("-")[2])
    if mail.kind == QueueMail.Kind.TURN:
        return Hold.objects.filter(pk=pk, ended_at=None, until__gt=timezone.now()).exists()
    return Transaction.objects.filter(pk=pk, ended_at=None).exists()


def build_mail(mail: QueueMail) -> EmailMessage:
    sent_by = LetterSettings.of(mail.provider)
    hold = None
    if mail.kind == QueueMail.Kind.TURN:
        hold = Hold.objects.filter(pk=int(mail.key.rpartition("-")[2])).first()
    until = hold.until.astimezone(mail.provider.zone) if hold else None
    subject, body = mail_text(mail, sent_by.sender, until)
    return EmailMessage(
        " ".join(subject.split()),
        body,
        from_email=formataddr((" ".join(sent_by.sender.split()), parseaddr(settings.DEFAULT_FROM_EMAIL)[1])),
        to=[mail.customer.email],
        reply_to=[sent_by.reply_to] if sent_by.reply_to else None,
        headers={"Message-ID": f"<queue-{mail.key}@evcnet>"},
    )


def queue_waiting_mails() -> None:
    """Those that wait get a job; whatever has one already is mailed once all the same."""
    for pk in QueueMail.objects.filter(state=State.QUEUED).order_by("pk").values_list("pk", flat=True)[:1000]:
        mail_driver.defer(mail=pk)


def withdraw_mails(customer: Customer) -> None:
    QueueMail.objects.filter(customer=customer, state=State.QUEUED).update(state=State.WITHDRAWN)
