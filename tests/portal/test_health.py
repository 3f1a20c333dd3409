"""Health checks: what a probe and a monitor are told, of jobs above all."""

import pytest
from django.db import connection

from evcnet.accounts.forgotten_password import mail_way_back

pytestmark = pytest.mark.django_db


@pytest.fixture
def job():
    """A mail that waits for two minutes."""
    job = mail_way_back.defer(email="anna@greengrid.example", portal="http://localhost/")
    age("2 minutes")
    return job


def age(interval: str) -> None:
    execute("UPDATE procrastinate_events SET at = now() - %s::interval", interval)


def execute(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def add_worker(beat: str) -> int:
    """A worker whose heart has beaten so long ago."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s::interval) RETURNING id", [beat]
        )
        return cursor.fetchone()[0]


def ready(client) -> tuple[int, str]:
    answer = client.get("/readyz")
    return answer.status_code, answer.json()["status"]


def test_without_jobs_it_is_ready(client):
    assert ready(client) == (200, "ok")


def test_jobs_that_wait_without_a_living_worker_are_counted(client, job):
    add_worker("5 minutes")
    assert ready(client) == (503, "1 jobs wait and no worker lives: is manage.py worker running?")


def test_a_job_that_has_just_been_queued_needs_no_worker_yet(client, job):
    age("10 seconds")
    assert ready(client) == (200, "ok")


def test_a_job_for_later_needs_no_worker_yet(client, job):
    execute("UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 hour'")
    assert ready(client) == (200, "ok")


def test_jobs_wait_while_a_worker_lives_but_not_for_ever(client, job):
    add_worker("5 seconds")
    assert ready(client) == (200, "ok")
    age("20 minutes")
    assert ready(client) == (503, "1 jobs wait for longer than 15 minutes")


@pytest.mark.parametrize("beat", ["5 minutes", None])
def test_a_job_whose_worker_is_gone_is_counted_also_while_another_lives(client, job, beat):
    add_worker("5 seconds")
    gone = add_worker(beat) if beat else None
    execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", gone)
    age("2 minutes")
    assert ready(client) == (503, "1 jobs have lost their worker: no other one has taken them up")


def test_a_long_job_of_a_living_worker_is_fine(client, job):
    execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", add_worker("5 seconds"))
    age("2 hours")
    assert ready(client) == (200, "ok")
