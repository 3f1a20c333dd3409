"""How do notices reach customers: once, in their language, again after a failure, and never lost?"""

import re
import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.db import connection, transaction
from django.utils import timezone

from changes.apply import apply_change, preview_change
from changes.cancel import cancel_change
from changes.models import Change
from changes.proposals import NewTerms
from customers.letters import build_mail
from customers.models import Announcement, Customer, Notice
from customers.notice_text import WORDS
from customers.notices import MOST_ATTEMPTS, PERHAPS_TWICE, mail_again, mail_waiting, resume_mailings
from evcnet.accounts.forgotten_password import mail_way_back
from evcnet.datetimes import database_clock
from tests import factories as make

pytestmark = pytest.mark.django_db
PLACEHOLDER = re.compile(r"{(\w+)}")


def announced(world, at=None, **values):
    proposal = NewTerms(world.leusden, values or {"tariff": world.cheap})
    shown = preview_change(proposal, at).impact
    return apply_change(proposal, fingerprint=shown.fingerprint, at=at, notify=Change.Notify.ALL).change


def grace_is_over():
    Announcement.objects.update(due_at=timezone.now() - timedelta(seconds=1))


def run_job():
    """All letters, when the grace is over."""
    grace_is_over()
    for announcement in Announcement.objects.order_by("pk"):
        mail_waiting(announcement.pk)


def jobs():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'mail_announcement'")
        return cursor.fetchone()[0]


def take_all_jobs():
    """They run, or are lost."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")


def fail(monkeypatch, error, times=10**6):
    """The mail server answers so, for the first so many mails."""
    left = [times]
    send = EmailMultiAlternatives.send

    def refuse(self, *args, **kwargs):
        if left[0] > 0:
            left[0] -= 1
            raise error
        return send(self, *args, **kwargs)

    monkeypatch.setattr(EmailMultiAlternatives, "send", refuse)


def later():
    """The pause between two attempts is over."""
    Notice.objects.update(tried_at=timezone.now() - timedelta(hours=1))


@pytest.mark.parametrize("language", sorted(WORDS))
def test_every_language_has_the_same_keys_and_placeholders(language):
    assert set(WORDS[language]) == set(WORDS["en"])
    for key, words in WORDS[language].items():
        assert set(PLACEHOLDER.findall(words)) == set(PLACEHOLDER.findall(WORDS["en"][key])), key
        assert words.strip(), key


def test_every_language_of_customers_has_its_words():
    assert set(Customer.Language.values) == set(WORDS)


@pytest.mark.parametrize(
    ("language", "subject", "before", "after"),
    [
        ("en", "charging changes from", "0.35 EUR/kWh, VAT not stated", "0.20 EUR/kWh, VAT not stated"),
        ("nl", "laden verandert vanaf", "0,35 EUR/kWh, btw niet vermeld", "0,20 EUR/kWh, btw niet vermeld"),
        ("de", "Änderung beim Laden ab", "0,35 EUR/kWh, MwSt. nicht angegeben", "0,20 EUR/kWh, MwSt. nicht angegeben"),
        ("fr", "la recharge change", "0,35 EUR/kWh, TVA non précisée", "0,20 EUR/kWh, TVA non précisée"),
    ],
)
def test_the_mail_is_in_the_customers_language_with_both_prices(world, language, subject, before, after):
    Customer.objects.filter(pk=world.jansen.pk).update(language=language)
    announced(world)
    run_job()
    (sent,) = mail.outbox
    assert subject in sent.subject
    assert sent.to == ["jansen@example.org"]
    html = sent.alternatives[0][0]
    for text in (sent.body, html):
        assert "Jansen" in text and "Leusden centre" in text
        assert before in text and after in text


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("private", "0.39 EUR/kWh, incl. 21% VAT", "0.20 EUR/kWh, VAT not stated"),
        (
            "company",
            "0.39 EUR/kWh, incl. 21% VAT (0.3223 EUR/kWh, excl. 21% VAT)",
            "0.20 EUR/kWh, VAT not stated",
        ),
    ],
)
def test_prices_include_vat_and_a_company_reads_both(world, kind, before, after):
    make.reprice(world.standard, energy_price="0.3223", energy_vat=21)
    Customer.objects.filter(pk=world.jansen.pk).update(kind=kind)
    announced(world)
    notice = Notice.objects.get(customer=world.jansen)
    assert (notice.before, notice.after) == (before, after)


def test_a_scheduled_change_tells_its_date_at_once_in_the_providers_zone(world):
    at = (database_clock() + timedelta(days=5)).replace(minute=30)
    announced(world, at)
    run_job()
    local = at.astimezone(world.greengrid.zone)
    assert f"{local.day} {local:%B %Y}, {local:%H:%M} (Europe/Amsterdam)" in mail.outbox[0].body


def test_each_notice_is_mailed_once(world):
    announced(world)
    run_job()
    run_job()
    assert len(mail.outbox) == 1
    assert Notice.objects.get().state == "sent"


def test_a_name_is_text_and_never_markup(world):
    Customer.objects.filter(pk=world.jansen.pk).update(name="<b>Jansen</b> & sons {provider}")
    announced(world)
    mailed = build_mail(Notice.objects.get())
    assert "&lt;b&gt;Jansen&lt;/b&gt; &amp; sons {provider}" in mailed.alternatives[0][0]
    assert "<b>Jansen</b> & sons {provider}" in mailed.body


def test_failed_mail_is_tried_again_after_a_pause(world, monkeypatch):
    fail(monkeypatch, ConnectionRefusedError("no mail server"), times=1)
    announced(world)
    take_all_jobs()
    run_job()
    notice = Notice.objects.get()
    assert (notice.state, notice.attempts, mail.outbox) == ("queued", 1, [])
    assert "no mail server" in notice.error
    assert jobs() == 1
    run_job()
    assert Notice.objects.get().attempts == 1
    later()
    run_job()
    assert (Notice.objects.get().state, len(mail.outbox)) == ("sent", 1)


def test_mail_that_keeps_failing_is_given_up_and_listed(world, monkeypatch):
    fail(monkeypatch, OSError("mailbox is full"))
    announced(world)
    for _ in range(MOST_ATTEMPTS + 2):
        run_job()
        later()
    notice = Notice.objects.get()
    assert (notice.state, notice.attempts) == ("failed", MOST_ATTEMPTS)
    assert "mailbox is full" in notice.error


def test_one_bad_address_does_not_hold_up_the_others(world, monkeypatch):
    make.CustomerFactory(user_group=world.north, email="")
    make.CustomerFactory(user_group=world.north)
    announced(world)
    run_job()
    assert len(mail.outbox) == 2
    lost = Notice.objects.get(state="failed")
    assert lost.error == "The customer has no e-mail address."


def test_a_failed_notice_is_put_back_into_the_queue(world, monkeypatch):
    with monkeypatch.context() as broken:
        fail(broken, OSError("mailbox is full"))
        announced(world)
        for _ in range(MOST_ATTEMPTS):
            run_job()
            later()
    mail_again(Notice.objects.all())
    assert (Notice.objects.get().state, Notice.objects.get().attempts) == ("queued", 0)
    run_job()
    assert Notice.objects.get().state == "sent"
    mail_again(Notice.objects.all())
    run_job()
    assert len(mail.outbox) == 1


def test_a_worker_that_is_killed_while_it_mails_leaves_the_rest_to_the_next(world, monkeypatch):
    for _ in range(3):
        make.CustomerFactory(user_group=world.north)
    announced(world)
    sent = []
    send = EmailMultiAlternatives.send

    def die_at_the_third(self, *args, **kwargs):
        if len(sent) == 2:
            raise SystemExit
        sent.append(self.to[0])
        return send(self, *args, **kwargs)

    with monkeypatch.context() as dying:
        dying.setattr(EmailMultiAlternatives, "send", die_at_the_third)
        with pytest.raises(SystemExit):
            run_job()
    assert Notice.objects.filter(state="sent").count() == 2
    assert Notice.objects.filter(state="queued", attempts=0).count() == 2
    run_job()
    assert len(mail.outbox) == 4
    assert len({each.to[0] for each in mail.outbox}) == 4
    # Whether the mail server had taken the third before is not known, and staff are told so.
    assert [notice.state for notice in Notice.objects.filter(error=PERHAPS_TWICE)] == ["sent"]


def test_a_mailing_that_must_stop_finishes_its_letter_and_queues_the_rest(world):
    for _ in range(2):
        make.CustomerFactory(user_group=world.north)
    announced(world)
    take_all_jobs()
    grace_is_over()
    answers = iter([True, True, False])
    mail_waiting(Announcement.objects.get().pk, may_go_on=lambda: next(answers))
    assert (len(mail.outbox), jobs()) == (2, 1)
    assert Notice.objects.filter(state="queued").count() == 1


def test_notices_that_wait_without_a_job_get_one_within_a_minute(world):
    announced(world)
    take_all_jobs()
    resume_mailings(0)
    resume_mailings(0)
    assert jobs() == 1
    run_job()
    take_all_jobs()
    resume_mailings(0)
    assert (len(mail.outbox), jobs()) == (1, 0)


def test_a_link_for_a_new_password_goes_before_a_mailing(world):
    announced(world)
    mail_way_back.defer(email=world.anna.email, portal="http://localhost/")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL")
        cursor.execute("SELECT task_name FROM procrastinate_fetch_job_v2(NULL, NULL)")
        assert cursor.fetchone() == ("mail_way_back",)


def test_a_mailing_that_is_stuck_is_resumed_by_hand_and_mails_each_once(world):
    announced(world)
    take_all_jobs()
    Notice.objects.update(attempts=2, error="no mail server", tried_at=timezone.now())
    mail_again(Notice.objects.all())
    assert jobs() == 1
    run_job()
    run_job()
    assert [len(mail.outbox), Notice.objects.get().state] == [1, "sent"]


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_the_notices_and_double_none(world):
    for _ in range(20):
        make.CustomerFactory(user_group=world.north)
    announced(world)

    def work():
        try:
            run_job()
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(mail.outbox) == 21
    assert len({each.to[0] for each in mail.outbox}) == 21
    assert set(Notice.objects.values_list("state", flat=True)) == {"sent"}


def test_a_change_that_is_undone_with_its_transaction_announces_nothing(world):
    before = jobs()
    with transaction.atomic():
        announced(world)
        assert jobs() == before + 1
        transaction.set_rollback(True)
    assert (Notice.objects.count(), jobs()) == (0, before)


def test_who_was_told_is_told_once_that_it_is_cancelled(world):
    change = announced(world, database_clock() + timedelta(days=1))
    run_job()
    cancel_change(change)
    run_job()
    run_job()
    assert [("cancel" in each.subject or "not take place" in each.subject) for each in mail.outbox] == [False, True]


def test_nobody_is_told_of_a_change_that_nobody_notices(world):
    announced(world, roaming=True)
    assert not Notice.objects.exists()


def test_a_notice_of_a_customer_blocked_meanwhile_is_still_mailed(world):
    """Who was affected when the change was made is told, whatever happened since."""
    announced(world)
    Customer.objects.filter(pk=world.jansen.pk).update(status="blocked")
    run_job()
    assert len(mail.outbox) == 1
