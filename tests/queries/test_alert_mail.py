"""Mails of alerts: at once, once a day or never; only of what the login still reaches, and none twice."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from procrastinate.contrib.django.models import ProcrastinateJob

from changes.proposals import NewTerms
from customers.alert_mail import mail_alert, mail_digests
from customers.models import Alert, Membership, Provider, StaffAlert, StaffMember
from tests.queries.test_change_signals import applied

pytestmark = pytest.mark.django_db
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
TODAY = datetime.now(AMSTERDAM).replace(hour=0, minute=0, second=0, microsecond=0)


def at(hour, minute=0, days=0):
    """By the clock of Amsterdam, today or so many days later."""
    return (TODAY + timedelta(days=days)).replace(hour=hour, minute=minute)


def choose(login, how):
    StaffMember.objects.filter(pk=login.pk).update(alert_mail=how)


def alert_of(world, tariff=None, came=None):
    applied(NewTerms(world.leusden, {"tariff": tariff or world.cheap}), by=world.anna)
    alert = Alert.objects.latest("pk")
    if came is not None:
        Alert.objects.filter(pk=alert.pk).update(created_at=came)
    return alert


def receivers():
    return sorted(address for each in mail.outbox for address in each.to)


def jobs(name):
    return ProcrastinateJob.objects.filter(task_name=name).count()


def test_unless_a_login_chooses_it_nothing_is_mailed(world):
    alert = alert_of(world, came=at(6))
    assert jobs("mail_alert") == 0
    mail_alert(alert.pk)
    mail_digests(at(7))
    assert mail.outbox == []


def test_at_once_goes_by_a_job_of_the_change_to_those_who_chose_it(world):
    choose(world.carla, "at_once")
    choose(world.ben, "at_once")
    alert = alert_of(world)
    assert jobs("mail_alert") == 1 and mail.outbox == []
    mail_alert(alert.pk)
    mail_alert(alert.pk)
    mail_digests(at(7, days=1))
    assert receivers() == ["ben@greengrid.example", "carla@north.example"]
    assert jobs("mail_alert") == 1


def test_a_mail_says_the_login_s_own_part_in_text_and_html(world):
    world.greengrid.name = "Green\nGrid"
    world.greengrid.save()
    choose(world.carla, "at_once")
    mail_alert(alert_of(world).pk)
    (sent,) = mail.outbox
    assert sent.subject == "Green Grid: New terms: Leusden centre (applied)"
    html = sent.alternatives[0].content
    for text in (sent.body, html):
        assert "New terms: Leusden centre" in text and "1 pays less" in text and "by Anna" in text
        assert "Terms of" not in text and "Jansen" not in text and "Bakker" not in text


@pytest.mark.parametrize("how", ["at_once", "daily"])
def test_a_login_that_was_deactivated_moved_or_narrowed_is_mailed_nothing(world, how):
    for login in (world.ben, world.carla, world.hugo, world.rita):
        choose(login, how)
    alert = alert_of(world, came=at(6))
    StaffMember.objects.filter(pk=world.ben.pk).update(is_active=False)
    Membership.objects.filter(staff_member=world.carla).update(user_group=world.south)
    Membership.objects.filter(staff_member=world.hugo).delete()
    mail_alert(alert.pk)
    mail_digests(at(7))
    assert receivers() == ["rita@greengrid.example"]
    # Back within reach, an old alert is read in the portal and mailed no more.
    StaffMember.objects.filter(pk=world.ben.pk).update(is_active=True)
    mail_alert(alert.pk)
    mail_digests(at(7, 15))
    assert receivers() == ["rita@greengrid.example"]


def test_who_chose_no_mail_meanwhile_gets_none(world):
    choose(world.carla, "at_once")
    alert = alert_of(world)
    choose(world.carla, "none")
    mail_alert(alert.pk)
    assert mail.outbox == []


def test_a_digest_is_one_mail_at_seven_with_all_that_is_unread(world):
    choose(world.carla, "daily")
    alert_of(world, came=at(5))
    read = alert_of(world, world.standard, came=at(6))
    StaffAlert.objects.filter(alert=read).update(read_at=at(6, 30))
    alert_of(world, world.cheap, came=at(6, 50))
    mail_digests(at(6, 59))
    assert mail.outbox == []
    mail_digests(at(7))
    (sent,) = mail.outbox
    assert sent.subject == "GreenGrid: 2 alerts" and sent.body.count("New terms") == 2


def test_a_digest_goes_out_once_a_day_and_loses_nothing_when_the_worker_was_away(world):
    choose(world.carla, "daily")
    alert_of(world, came=at(5))
    mail_digests(at(9, 20))  # the worker was away at seven
    mail_digests(at(9, 20))
    alert_of(world, world.standard, came=at(6, 59))  # committed after the digest
    mail_digests(at(9, 35))
    alert_of(world, world.cheap, came=at(10))
    mail_digests(at(23))
    assert len(mail.outbox) == 1
    mail_digests(at(7, days=1))
    mail_digests(at(7, 15, days=1))
    assert [each.subject for each in mail.outbox[1:]] == ["GreenGrid: 2 alerts"]


def test_seven_is_by_the_clock_of_the_provider(world):
    Provider.objects.filter(pk=world.greengrid.pk).update(time_zone="America/New_York")
    choose(world.carla, "daily")
    alert_of(world, came=at(6))
    new_york = ZoneInfo("America/New_York")
    mail_digests(datetime.combine(TODAY.date(), datetime.min.time(), new_york).replace(hour=6, minute=59))
    assert mail.outbox == []
    mail_digests(datetime.combine(TODAY.date(), datetime.min.time(), new_york).replace(hour=7))
    assert receivers() == ["carla@north.example"]


def test_what_a_mail_server_refuses_is_tried_again_and_keeps_nobody_else_waiting(world, monkeypatch):
    choose(world.carla, "at_once")
    choose(world.rita, "at_once")
    alert = alert_of(world)
    send = mail.EmailMultiAlternatives.send

    def refuse_carla(self, *args, **kwargs):
        if "carla@north.example" in self.to:
            raise ConnectionRefusedError
        return send(self, *args, **kwargs)

    monkeypatch.setattr(mail.EmailMultiAlternatives, "send", refuse_carla)
    mail_alert(alert.pk)
    assert receivers() == ["rita@greengrid.example"] and jobs("mail_alert") == 2
    monkeypatch.undo()
    mail_alert(alert.pk)
    assert receivers() == ["carla@north.example", "rita@greengrid.example"] and jobs("mail_alert") == 2
    assert len({each.extra_headers["Message-ID"] for each in mail.outbox}) == 2


def test_what_could_not_be_mailed_for_two_days_is_left_to_the_portal(world, monkeypatch):
    choose(world.carla, "at_once")
    alert = alert_of(world, came=at(7, days=-3))
    monkeypatch.setattr(mail.EmailMultiAlternatives, "send", lambda self: 1 / 0)
    mail_alert(alert.pk)
    assert jobs("mail_alert") == 1
    choose(world.carla, "daily")
    StaffAlert.objects.update(mail="daily")
    monkeypatch.undo()
    mail_digests(at(7))
    assert mail.outbox == []
