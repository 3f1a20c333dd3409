"""Mailings as jobs: how far the letters are, withdrawn and tried again by the page of the job, nobody's letter twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse

from changes.apply import apply_change, preview_change
from changes.cancel import cancel_change
from changes.models import Change
from changes.proposals import NewTerms
from customers import mailing_jobs
from customers.alerts import count_unread
from customers.models import Job, Notice
from customers.notices import MOST_ATTEMPTS, mail_waiting
from evcnet.datetimes import database_clock
from tests import factories as make
from tests.queries.test_notices import fail, grace_is_over, later

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def three_are_many(monkeypatch):
    monkeypatch.setattr(mailing_jobs, "MANY", 3)


@pytest.fixture
def change(world):
    """Carla of North raises a price, and three customers are told."""
    for number in ("1004", "1005"):
        customer = make.CustomerFactory(user_group=world.north, number=number, email=f"{number}@example.org")
        make.ChargeCardFactory(customer=customer)
    return announced(world, world.carla, world.cheap)


def announced(world, login, tariff, at=None):
    proposal = NewTerms(world.leusden, {"tariff": tariff})
    shown = preview_change(proposal, at, login=login).impact
    confirmed = {"fingerprint": shown.fingerprint, "at": at, "by": login, "notify": Change.Notify.ALL}
    return apply_change(proposal, **confirmed).change


def job() -> Job:
    return Job.objects.get()


def page(browser, view="change", **posted):
    address = reverse(f"admin:customers_job_{view}", args=[job().pk])
    return browser.post(address, follow=True) if posted else browser.get(address)


def run_queue() -> None:
    grace_is_over()
    mail_waiting(job().announcement_id)


def mail_some(letters: int) -> None:
    """By a worker that ends then."""
    grace_is_over()
    left = [True] * letters + [False]
    mail_waiting(job().announcement_id, may_go_on=lambda: left.pop(0))


def test_a_mailing_of_many_letters_is_a_job_of_who_made_the_change(world, change, signed_in):
    assert (job().login, job().user_group, job().state, job().rows_in_all) == (world.carla, world.north, "waiting", 3)
    assert "until its letters are due: 0 of 3 letters" in " ".join(
        page(signed_in(world.carla)).content.decode().split()
    )
    assert page(signed_in(world.otto)).status_code == 404


def test_few_letters_and_those_of_a_command_are_none(world):
    announced(world, world.anna, world.cheap)
    assert Notice.objects.exists() and not Job.objects.exists()


def test_it_counts_what_the_queue_has_mailed_and_tells_at_the_end(world, change, signed_in):
    before = count_unread(world.carla)
    run_queue()
    assert (job().state, job().rows_done) == ("done", 3) and len(mail.outbox) == 3
    assert count_unread(world.carla) == before + 1
    assert "3 letters: <span>3 mailed" in " ".join(page(signed_in(world.carla)).content.decode().split())


def test_a_worker_that_is_lost_between_two_letters_leaves_the_rest_and_no_letter_goes_twice(world, change):
    mail_some(2)
    assert (job().state, job().rows_done, len(mail.outbox)) == ("waiting", 2, 2)
    run_queue()
    run_queue()
    assert (job().state, job().rows_done, len(mail.outbox)) == ("done", 3, 3)
    assert len({to for each in mail.outbox for to in each.to}) == 3


def test_what_could_not_be_mailed_is_tried_again_alone(world, change, signed_in, monkeypatch):
    mail_some(1)
    with monkeypatch.context() as down:
        fail(down, ConnectionRefusedError("refused"))
        for _ in range(MOST_ATTEMPTS):
            run_queue()
            later()
    assert job().state == "failed" and "could not be mailed" in job().message
    assert len(mail.outbox) == 1
    page(signed_in(world.carla), "retry", again=True)
    assert job().state == "waiting" and job().message == ""
    run_queue()
    assert job().state == "done" and len(mail.outbox) == 3 == len({to for each in mail.outbox for to in each.to})


def test_cancelled_it_leaves_the_rest_unsent_and_the_change_as_it_is(world, change, signed_in):
    mail_some(1)
    page(signed_in(world.ben), "cancel", now=True)
    assert job().state == "waiting"
    page(signed_in(world.carla), "cancel", now=True)
    run_queue()
    assert job().state == "cancelled" and len(mail.outbox) == 1
    assert (job().result["sent"], job().result["withdrawn"]) == (1, 2)
    assert world.leusden.terms.in_force(database_clock()).get().tariff == world.cheap


def test_a_change_that_is_cancelled_ends_its_mailing(world):
    for number in ("1004", "1005"):
        make.ChargeCardFactory(customer=make.CustomerFactory(user_group=world.north, number=number))
    at = database_clock() + timedelta(days=30)
    scheduled = announced(world, world.anna, world.cheap, at=at)
    cancel_change(scheduled, by=world.anna)
    assert job().state == "cancelled" and not mail.outbox
