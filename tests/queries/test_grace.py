"""Letters wait five minutes after the confirmation: what is taken back meanwhile leaves them unsent; and reminders."""

import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.db import connection, transaction
from django.utils import timezone

from changes import tasks
from changes.apply import apply_change, preview_change
from changes.cancel import cancel_change
from changes.models import Change
from changes.proposals import NewTerms
from changes.tasks import remind_of_scheduled_changes
from changes.undo import undo_proposal
from customers.models import Announcement, Customer, LetterSettings, Notice
from customers.notices import mail_again, mail_waiting
from customers.privacy.erase import erase
from evcnet.datetimes import database_clock
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def second(world):
    """Another customer of North: whatever happens to Jansen's letter, there is one more."""
    return make.CustomerFactory(user_group=world.north, number="1003", email="second@example.org")


def applied(proposal, at=None, **options):
    shown = preview_change(proposal, at).impact
    return apply_change(proposal, fingerprint=shown.fingerprint, at=at, **({"notify": "all"} | options)).change


def scheduled(world, days=10, **values):
    proposal = NewTerms(world.leusden, values or {"tariff": world.cheap})
    return applied(proposal, database_clock() + timedelta(days=days))


def undo(change, **options):
    return applied(undo_proposal(change), undoes=change, **options)


def jobs():
    """Those that wait, by when they may begin."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT scheduled_at FROM procrastinate_jobs WHERE task_name = 'mail_announcement' ORDER BY id")
        return [at for (at,) in cursor.fetchall()]


def pass_time(**ago):
    """As if the announcements had been made so long ago."""
    for each in Announcement.objects.filter(due_at__isnull=False):
        Announcement.objects.filter(pk=each.pk).update(due_at=each.due_at - timedelta(**ago))


def mail_all():
    for announcement in Announcement.objects.order_by("pk"):
        mail_waiting(announcement.pk)


def states(template=None):
    rows = Notice.objects.order_by("announcement", "customer__number")
    rows = rows.filter(announcement__template=template) if template else rows
    return [f"{number} {state}" for number, state in rows.values_list("customer__number", "state")]


# The grace


def test_letters_go_out_five_minutes_after_the_confirmation(world):
    before = timezone.now()
    scheduled(world)
    (at,) = jobs()
    assert timedelta(minutes=5) <= at - before <= timedelta(minutes=6)
    mail_all()
    assert mail.outbox == []
    pass_time(minutes=5)
    mail_all()
    assert [each.to for each in mail.outbox] == [["jansen@example.org"]]


def test_letters_that_are_asked_for_early_wait_all_the_same(world):
    """By a worker whose clock is ahead, or by hand."""
    scheduled(world)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing'")
    mail_all()
    mail_again(Notice.objects.all())
    assert mail.outbox == [] and len(jobs()) == 3
    assert all(at > timezone.now() + timedelta(minutes=4) for at in jobs())


def test_cancelling_within_the_grace_tells_nobody(world, second):
    cancel_change(scheduled(world))
    pass_time(hours=1)
    mail_all()
    assert mail.outbox == []
    assert states() == ["1001 withdrawn", "1003 withdrawn"]
    assert not Announcement.objects.filter(template="cancelled").exists()


def test_cancelling_tells_only_whom_the_first_letter_reached(world, second):
    make.CustomerFactory(user_group=world.north, number="1004", email="")
    change = scheduled(world)
    pass_time(minutes=5)
    mail_all()
    Notice.objects.filter(customer=second).update(state="queued")
    cancel_change(change)
    mail_all()
    assert states("changed") == ["1001 sent", "1003 withdrawn", "1004 withdrawn"]
    assert states("cancelled") == ["1001 sent"]
    assert [each.to[0] for each in mail.outbox[-1:]] == ["jansen@example.org"]


def test_a_withdrawn_letter_is_not_mailed_again(world):
    cancel_change(scheduled(world))
    mail_again(Notice.objects.all())
    pass_time(hours=1)
    mail_all()
    assert (states(), mail.outbox) == (["1001 withdrawn"], [])


def test_undoing_within_the_grace_tells_nobody_of_either(world, second):
    undo(applied(NewTerms(world.leusden, {"tariff": world.cheap})))
    pass_time(hours=1)
    mail_all()
    assert (states(), mail.outbox) == (["1001 withdrawn", "1003 withdrawn"], [])


def test_undoing_within_the_grace_tells_whom_the_letter_has_reached_all_the_same(world, second):
    change = applied(NewTerms(world.leusden, {"tariff": world.cheap}))
    Notice.objects.filter(customer=second).update(state="sent")
    undone = undo(change, notify="none")
    assert states() == ["1001 withdrawn", "1003 sent", "1003 queued"]
    assert Announcement.objects.filter(key=f"change-{undone.pk}-changed").count() == 1


def test_an_undo_after_the_grace_writes_letters_as_any_change(world):
    change = applied(NewTerms(world.leusden, {"tariff": world.cheap}))
    pass_time(minutes=6)
    mail_all()
    undo(change)
    pass_time(minutes=6)
    mail_all()
    assert states() == ["1001 sent", "1001 sent"]
    assert [notice.effect for notice in Notice.objects.order_by("pk")] == ["pays_less", "pays_more"]


def test_an_undo_that_leaves_something_in_force_withdraws_nothing(world):
    change = applied(NewTerms(world.leusden, {"tariff": world.cheap, "other_user_groups": True}))
    partial = NewTerms(world.leusden, {"tariff": world.standard})
    applied(partial, undoes=change)
    assert "1001 withdrawn" not in states()


def test_letters_of_an_undo_that_is_rolled_back_still_go_out(world):
    change = applied(NewTerms(world.leusden, {"tariff": world.cheap}))
    with transaction.atomic():
        undo(change)
        assert states() == ["1001 withdrawn"]
        transaction.set_rollback(True)
    pass_time(minutes=5)
    mail_all()
    assert states() == ["1001 sent"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("refused", [False, True])
def test_cancelling_waits_for_the_letter_that_is_being_mailed(world, second, monkeypatch, refused):
    """The job mails Jansen's letter while the change is cancelled: the outcome of that one counts, the other stays unsent."""
    change = scheduled(world)
    pass_time(minutes=5)
    mailing, cancelling = threading.Event(), threading.Event()
    send = EmailMultiAlternatives.send

    def slowly(self, *args, **kwargs):
        mailing.set()
        assert cancelling.wait(20)
        connection.cursor().execute("SELECT pg_sleep(0.3)")
        if refused:
            raise OSError("mailbox is full")
        return send(self, *args, **kwargs)

    monkeypatch.setattr(EmailMultiAlternatives, "send", slowly)

    def work():
        try:
            mail_waiting(Announcement.objects.get().pk)
        finally:
            connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    assert mailing.wait(20)
    cancelling.set()
    cancel_change(change)
    worker.join()
    first = "withdrawn" if refused else "sent"
    assert states("changed") == [f"1001 {first}", "1003 withdrawn"]
    assert states("cancelled") == ([] if refused else ["1001 queued"])
    assert len(mail.outbox) == (0 if refused else 1)


# Reminders


@pytest.fixture
def reminding(world):
    return LetterSettings.objects.create(provider=world.greengrid, reminder_days=7)


def told(world, days=10, **values):
    """A scheduled change whose first letters were mailed two weeks ago, so many days before it takes effect."""
    change = scheduled(world, days, **values)
    pass_time(days=14)
    mail_all()
    mail.outbox.clear()
    return change


def remind():
    remind_of_scheduled_changes(0)
    mail_all()


@pytest.mark.usefixtures("reminding")
def test_who_was_told_is_reminded_once_so_many_days_before(world):
    told(world, days=6)
    remind()
    remind()
    (reminder,) = mail.outbox
    assert reminder.to == ["jansen@example.org"]
    assert "reminder" in reminder.subject and "As we announced" in reminder.body


@pytest.mark.parametrize("days", [8, 0])
@pytest.mark.usefixtures("reminding")
def test_nobody_is_reminded_before_the_day_or_where_no_reminder_is_wanted(world, days):
    LetterSettings.objects.update(reminder_days=7 if days else 0)
    told(world, days=days or 6)
    remind()
    assert mail.outbox == [] and not Announcement.objects.filter(template="reminder").exists()


@pytest.mark.usefixtures("reminding")
def test_who_has_just_been_told_is_not_reminded(world):
    scheduled(world, days=3)
    pass_time(minutes=10)
    mail_all()
    mail.outbox.clear()
    remind()
    assert mail.outbox == []


@pytest.mark.usefixtures("reminding")
def test_a_reminder_that_fell_due_while_no_worker_ran_is_caught_up_with(world):
    told(world, days=1)
    remind()
    assert len(mail.outbox) == 1


@pytest.mark.usefixtures("reminding")
def test_a_reminder_that_waits_until_the_change_has_begun_is_withdrawn(world):
    told(world, days=6)
    remind_of_scheduled_changes(0)
    begun = Announcement.objects.get(template="reminder")
    begun.context["takes_effect_at"] = (timezone.now() - timedelta(minutes=1)).isoformat()
    begun.save()
    mail_all()
    assert (states("reminder"), mail.outbox) == (["1001 withdrawn"], [])


@pytest.mark.usefixtures("reminding")
def test_a_cancelled_change_reminds_nobody_and_withdraws_its_reminder(world):
    first, other = told(world, days=6), told(world, days=5)
    cancel_change(first)
    remind_of_scheduled_changes(0)
    cancel_change(other)
    mail_all()
    assert states("reminder") == ["1001 withdrawn"]
    assert {each.subject.rpartition(": ")[2] for each in mail.outbox} == {"the announced change does not take place"}


@pytest.mark.usefixtures("reminding")
def test_whom_the_first_letter_did_not_reach_is_not_reminded(world, second):
    change = scheduled(world, days=6)
    pass_time(days=14)
    Notice.objects.filter(customer=second).update(state="failed")
    mail_all()
    mail.outbox.clear()
    remind()
    assert Change.objects.get() == change and states("reminder") == ["1001 sent"]


@pytest.mark.parametrize("happened", ["deactivated", "moved", "erased"])
@pytest.mark.usefixtures("reminding")
def test_who_is_not_affected_any_more_is_not_reminded(world, happened):
    told(world, days=6)
    if happened == "erased":
        erase(world.jansen)
    else:
        change = {"deactivated": {"status": "deactivated"}, "moved": {"user_group": world.south}}[happened]
        Customer.objects.filter(pk=world.jansen.pk).update(**change)
    remind()
    assert mail.outbox == []


@pytest.mark.usefixtures("reminding")
def test_one_change_that_cannot_be_reminded_of_does_not_hold_up_the_others(world, monkeypatch):
    told(world, days=6, own_user_group=False)
    told(world, days=5)
    remind_of, tried = tasks.remind, []

    def fail_first(change):
        tried.append(change)
        if len(tried) == 1:
            raise RuntimeError("broken")
        remind_of(change)

    monkeypatch.setattr(tasks, "remind", fail_first)
    remind()
    assert len(mail.outbox) == 1
    remind()
    assert len(mail.outbox) == 2
