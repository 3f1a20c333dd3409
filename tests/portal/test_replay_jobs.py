"""Replays and recounts as jobs: started on a page, by whom they concern alone, and done once whatever becomes of the worker."""

from __future__ import annotations

import pytest
from django.db import OperationalError
from django.urls import reverse

from chargegroups.counts import LEDGERS
from chargepoints.admin import replay_job
from chargepoints.admin.replay_job import run_replay
from customers import job_files
from customers.jobs import run
from customers.models import AuditEntry, CustomerCount, Job, StaffMember
from tariffs.pricing import replay as pricing_replay
from tests import factories as make
from tests.sessions import record

pytestmark = pytest.mark.django_db
REPLAY = reverse("admin:chargepoints_session_replay")
RECOUNT = reverse("admin:customers_job_recount")
LIST = reverse("admin:customers_job_changelist")


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def past(world):
    """Jansen charged 20 and 10 kWh at 0.35, and a third time nothing; Bakker was not allowed."""
    record(world, "S1", at="2026-03-02T09:00", kwh="20")
    record(world, "=S2", at="2026-04-02T09:00", kwh="10")
    record(world, "S3", at="2026-04-03T09:00", kwh="0", minutes=1)
    record(world, "S4", at="2026-04-04T09:00", card=world.bakkers_card)
    return world


@pytest.fixture
def operator(db):
    return StaffMember.objects.create_superuser("olga@platform.example", "correct horse battery staple", name="Olga")


def page(job, view="change"):
    return reverse(f"admin:customers_job_{view}", args=[job.pk])


def asked(world, **said):
    return {"charge_group": world.leusden.pk, "tariff": "", "against": world.cheap.pk, "begin": "", "end": ""} | said


def started(browser, world, **said):
    answer = browser.post(REPLAY, asked(world, **said))
    job = Job.objects.latest("pk")
    assert answer.headers["Location"] == page(job)
    return job


def done(job):
    run(job.pk)
    job.refresh_from_db()
    return job


def text_of(browser, address) -> str:
    return " ".join(browser.get(address).content.decode().split())


def file_of(browser, job) -> list[str]:
    return browser.get(page(job, "file")).getvalue().decode("utf-8-sig").splitlines()


class TestReplays:
    def test_a_replay_says_in_all_and_session_by_session_what_differs(self, past, signed_in):
        browser = signed_in(past.ben)
        assert REPLAY in browser.get(LIST).content.decode()
        job = done(started(browser, past))
        assert (job.state, job.result["rows"], job.result["differing"]) == ("done", 3, 2), job.message
        text = text_of(browser, page(job))
        assert "10.50 EUR" in text and "6.00 EUR" in text and "0 sessions dearer, 2 cheaper, 1 unchanged" in text
        assert file_of(browser, job) == [
            "session,started_at,customer,currency,before,after,difference",
            "S1,2026-03-02T09:00:00+01:00,1001,EUR,7.00,4.00,-3.00",
            "'=S2,2026-04-02T09:00:00+02:00,1001,EUR,3.50,2.00,-1.50",
        ]
        entry = AuditEntry.objects.get(event="exported")
        assert (entry.login, entry.provider, entry.rows) == (past.ben, past.greengrid, 2)

    def test_its_window_and_its_progress_are_those_of_the_command(self, past, signed_in, monkeypatch):
        monkeypatch.setattr(pricing_replay, "_TELL_EVERY", 1)
        told = []
        job = started(signed_in(past.ben), past, begin="2026-04-02", end="2026-04-02")
        assert run_replay(job, lambda *so_far: told.append(so_far)).result["rows"] == 1
        assert told == [(0, 1), (1, 1)]

    def test_what_is_in_it_is_shown_to_nobody_else(self, past, signed_in):
        job = done(started(signed_in(past.ben), past))
        colleague = signed_in(past.anna)
        assert "6.00 EUR" not in text_of(colleague, page(job))
        assert colleague.get(page(job, "file")).status_code == 302
        assert signed_in(past.otto).get(page(job)).status_code == 404

    def test_nobody_replays_what_is_another_providers_or_without_the_permission(self, past, signed_in):
        outsider = signed_in(past.otto)
        answer = outsider.post(REPLAY, asked(past, against=past.foreign.pk))
        assert answer.status_code == 200 and answer.context["form"].errors["charge_group"]
        answer = outsider.post(REPLAY, asked(past, charge_group=past.oslo.pk))
        assert answer.status_code == 200 and answer.context["form"].errors["against"]
        for login in (past.carla, past.rita):
            browser = signed_in(login)
            assert browser.post(REPLAY, asked(past)).status_code == 403
            assert REPLAY not in browser.get(LIST).content.decode()
        assert not Job.objects.exists()

    def test_what_makes_no_question_is_said_before_a_job_is_made(self, past, signed_in):
        unpriced = make.TariffFactory(provider=past.greengrid, code="BARE", per_kwh=None).pk
        wrong = (
            ("charge_group", {"tariff": past.standard.pk}),
            ("charge_group", {"charge_group": ""}),
            ("end", {"begin": "2026-04-02", "end": "2026-04-01"}),
            ("against", {"against": unpriced}),
        )
        browser = signed_in(past.ben)
        for field, said in wrong:
            assert list(browser.post(REPLAY, asked(past, **said)).context["form"].errors) == [field]
        assert not Job.objects.exists()

    def test_a_worker_that_is_lost_leaves_nothing_and_the_next_one_does_it_once(self, past, signed_in, monkeypatch):
        job = started(signed_in(past.ben), past)
        with monkeypatch.context() as failing:
            failing.setattr(replay_job, "_write_result", lambda *_: (_ for _ in ()).throw(OperationalError("gone")))
            with pytest.raises(OperationalError):
                run(job.pk)
        assert not AuditEntry.objects.filter(event="exported").exists()
        assert done(job).state == done(job).state == "done"
        assert AuditEntry.objects.filter(event="exported").count() == 1
        assert len(file_of(signed_in(past.ben), job)) == 3

    def test_the_same_under_way_is_named_and_a_cancelled_one_is_tried_again(self, past, signed_in):
        theirs, browser = started(signed_in(past.anna), past), signed_in(past.ben)
        other, same = started(browser, past, begin="2026-04-01"), started(browser, past)
        assert "The same is under way already" in text_of(browser, page(same))
        assert page(theirs) in text_of(browser, page(same)) and page(theirs) not in text_of(browser, page(other))
        browser.post(page(same, "cancel"))
        assert done(same).state == "cancelled" and not job_files.file_of(same, job_files.EXPORT).exists()
        browser.post(page(same, "retry"))
        assert done(same).state == "done"

    def test_roles_that_changed_meanwhile_stop_it(self, past, signed_in):
        job = started(signed_in(past.ben), past)
        past.ben.memberships.update(role="read_only")
        assert done(job).state == "failed" and not job_files.file_of(job, job_files.EXPORT).exists()


class TestRecounts:
    def test_it_says_what_differs_and_mends_only_where_it_was_asked_to(self, world, operator, signed_in):
        browser = signed_in(operator)
        assert RECOUNT in browser.get(LIST).content.decode()
        CustomerCount.objects.filter(user_group_id=world.north.pk).delete()
        browser.post(RECOUNT)
        job = done(Job.objects.get())
        assert (job.state, job.result["rows"], job.result["mended"]) == ("done", 1, False), job.message
        line = f"counts of customers: provider {world.greengrid.pk}, user_group {world.north.pk}, status active"
        assert line in text_of(browser, page(job)) and line in file_of(browser, job)[0]
        browser.post(RECOUNT, {"mend": "yes"})
        job = done(Job.objects.latest("pk"))
        assert (job.result["rows"], job.result["mended"]) == (1, True)
        assert [each for ledger in LEDGERS for each in ledger.differences()] == []

    def test_the_operators_home_tells_of_its_end_until_it_is_looked_at_and_no_other_home_does(
        self, world, operator, signed_in
    ):
        browser, home = signed_in(operator), reverse("admin:index")
        browser.post(RECOUNT)
        assert "have ended" not in browser.get(home).content.decode()
        job = done(Job.objects.get())
        assert page(job) in browser.get(home).content.decode()
        assert page(job) not in signed_in(world.otto).get(home).content.decode()
        browser.get(page(job))
        assert page(job) not in browser.get(home).content.decode()

    def test_a_running_one_that_is_cancelled_on_its_page_says_so_and_writes_nothing(self, world, operator, signed_in):
        browser = signed_in(operator)
        browser.post(RECOUNT, {"mend": "yes"})
        job = Job.objects.get()
        assert "Cancel" in browser.get(page(job)).content.decode()
        Job.objects.filter(pk=job.pk).update(state="running")
        browser.post(page(job, "cancel"))
        assert "It is being cancelled" in browser.get(page(job)).content.decode()
        assert done(job).state == "cancelled" and not job_files.file_of(job, job_files.EXPORT).exists()

    def test_it_is_the_operators_alone_who_sees_no_other_job(self, past, operator, signed_in):
        replayed = started(signed_in(past.ben), past)
        staff = signed_in(past.anna)
        assert staff.get(RECOUNT).status_code == staff.post(RECOUNT, {"mend": "yes"}).status_code == 403
        browser = signed_in(operator)
        browser.post(RECOUNT)
        recount = Job.objects.get(kind="recount")
        assert browser.post(REPLAY, asked(past)).status_code == browser.get(REPLAY).status_code == 403
        assert list(Job.objects.visible_to(operator)) == [recount]
        assert browser.get(page(replayed)).status_code == staff.get(page(recount)).status_code == 404
        assert RECOUNT not in staff.get(LIST).content.decode()

    def test_one_that_is_under_way_is_named_to_another_operator(self, world, operator, signed_in):
        signed_in(operator).post(RECOUNT)
        other = StaffMember.objects.create_superuser("oleg@platform.example", "correct horse battery staple")
        browser = signed_in(other)
        browser.post(RECOUNT, {"mend": "yes"})
        first, second = Job.objects.order_by("pk")
        assert page(first) in text_of(browser, page(second))
        other.is_operator = False
        other.save()
        assert done(second).state == "failed"
