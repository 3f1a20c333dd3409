"""The worker: no mail is lost when it is killed, the running one is finished when it is asked to end."""

from __future__ import annotations

import signal
import time
from collections import Counter

import pytest
from django.db import connection

from changes.apply import apply_change, preview_change
from changes.models import Change
from changes.proposals import NewTerms
from customers.jobs import run
from customers.models import Announcement, Customer, Job, Notice
from customers.resources import CustomerResource
from evcnet.accounts.forgotten_password import mail_way_back
from evcnet.history import event_model
from evcnet.importexport.jobs import Upload, confirm, start_preview
from tests import factories as make
from tests.launch.production import a_minute_passes, environment, running, until
from tests.mail_server import MailServer, mail_server

pytestmark = pytest.mark.django_db(transaction=True)
LETTERS, KILLS = 60, 3
IMPORTED = 6_000


@pytest.fixture
def post():
    with mail_server() as server:
        yield server


@pytest.fixture
def worker(var, post):
    """Starts a worker whose mails go to ``post``."""
    return lambda: running("evcnet-worker", environment(var, EMAIL_URL=post.url))


def announce(world, customers: int) -> None:
    for number in range(customers - 1):
        make.CustomerFactory(user_group=world.north, email=f"{number}@example.org")
    proposal = NewTerms(world.leusden, {"tariff": world.cheap})
    shown = preview_change(proposal).impact
    apply_change(proposal, fingerprint=shown.fingerprint, notify=Change.Notify.ALL)
    the_grace_ends()


def the_grace_ends() -> None:
    Announcement.objects.update(due_at=None)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL")


def statuses() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT status FROM procrastinate_jobs WHERE task_name IN ('mail_announcement', 'mail_way_back')"
        )
        return [status for (status,) in cursor.fetchall()]


def test_a_mailing_whose_worker_is_killed_three_times_reaches_everyone(world, worker, post: MailServer):
    """At the worst moment: the mail server has the letter, and the worker has not written it down."""
    announce(world, LETTERS)
    for kill in range(1, KILLS + 1):
        with worker() as killed:
            due = LETTERS * kill // (KILLS + 1)
            post.before_answer = lambda letter, due=due, killed=killed: len(post.letters) >= due and killed.kill()
            killed.wait(60)
        assert Notice.objects.filter(state="queued").exists()
        assert statuses() == ["doing"], "nobody knows yet that its worker is gone"
        a_minute_passes()
    post.before_answer = lambda letter: None
    with worker():
        until(lambda: set(Notice.objects.values_list("state", flat=True)) == {"sent"})
        until(lambda: statuses() == [])
    assert len({letter["To"] for letter in post.letters}) == LETTERS
    twice = [key for key, times in Counter(post.message_ids()).items() if times > 1]
    assert len(post.letters) == LETTERS + len(twice)
    assert len(twice) <= KILLS, "one for each kill at most"


def test_a_worker_takes_up_the_jobs_of_one_that_died_beside_it(world, worker, post, var):
    mail_way_back.defer(email=world.anna.email, portal="http://localhost/")
    with worker() as killed:
        post.before_answer = lambda letter: killed.kill()
        killed.wait(60)
    with worker():
        until(lambda: workers_alive() == 2)
        assert statuses() == ["doing"]
        post.before_answer = lambda letter: None
        a_minute_passes()
        until(lambda: statuses() == [])
    assert [letter["To"] for letter in post.letters] == [world.anna.email] * 2
    log = (var / "evcnet-worker.log").read_text()
    assert "is taken up again" in log and world.anna.email not in log, "who asks for a password is nobody's business"


def workers_alive() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_workers")
        return cursor.fetchone()[0]


def test_a_worker_that_is_asked_to_end_finishes_its_letter_and_leaves_the_rest_queued(world, worker, post):
    announce(world, 20)
    with worker() as asked:

        def ask(letter):
            if len(post.letters) >= 5:
                asked.send_signal(signal.SIGTERM)
                time.sleep(0.4)

        post.before_answer = ask
        assert asked.wait(60) == 0
    assert 5 <= len(post.letters) < 20
    assert Notice.objects.filter(state="sent").count() == len(post.letters)
    assert statuses() == ["todo"]
    post.before_answer = lambda letter: None
    with worker():
        until(lambda: set(Notice.objects.values_list("state", flat=True)) == {"sent"})
    assert len(post.letters) == len(set(post.message_ids())) == 20


def test_an_import_whose_worker_is_killed_twice_ends_complete_and_once(world, worker, var, settings, tmp_path):
    """In the middle of its rows: nothing of it is there, until another worker has written all of it."""
    settings.MEDIA_ROOT = var / "uploads"
    file = tmp_path / "customers.csv"
    rows = [f"NORTH,{number},Visser {number}" for number in range(10_000, 10_000 + IMPORTED)]
    file.write_text("\n".join(["user_group,number,name", *rows]))
    preview = start_preview(world.anna, Upload(file, file.name, CustomerResource, world.greengrid))
    run(preview.pk)
    job = confirm(preview)
    imported = Customer.objects.filter(number__gte="10000", number__regex="^1[0-9]{4}$")
    for kill in (1, 2):
        with worker() as killed:
            until(lambda kill=kill: Job.objects.filter(pk=job.pk, attempts=kill, rows_done__gt=0).exists(), seconds=240)
            killed.kill()
            killed.wait(60)
        assert not imported.exists()
        a_minute_passes()
    with worker():
        until(lambda: Job.objects.filter(pk=job.pk, state__in=Job.OVER).exists(), seconds=240)
    job.refresh_from_db()
    assert (job.state, job.message) == ("done", "")
    assert (job.attempts, job.result["new"], imported.count()) == (3, IMPORTED, IMPORTED)
    assert event_model(Customer)._base_manager.filter(number="10000").count() == 1
