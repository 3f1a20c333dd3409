"""The database is away for a while: worker and web server go on as soon as it is back, and no mail is lost."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from django.db import connection

from evcnet.accounts.forgotten_password import mail_way_back
from tests.launch.production import a_minute_passes, environment, running, until
from tests.launch.test_portal import free_port
from tests.launch.wire import wire_to
from tests.mail_server import mail_server

pytestmark = pytest.mark.django_db(transaction=True)
AWAY = 8
"""Seconds. What is tried again after them is tried again after any time: at least every half minute."""


def ask(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=40) as answer:
            return answer.status, json.load(answer)["status"]
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)["status"]
    except OSError as nobody:
        return 0, str(nobody)


@pytest.fixture
def wire(var):
    var.parent.mkdir(exist_ok=True)
    with wire_to(Path(connection.get_connection_params()["host"]), var.parent) as wire:
        yield wire


def test_the_database_is_away_while_a_letter_is_mailed(world, var, wire):
    port = free_port()
    away_url = f"postgres:///{wire.socket.parent}/{connection.settings_dict['NAME']}"
    with mail_server() as post:
        env = environment(var, DATABASE_URL=away_url, EMAIL_URL=post.url, PORT=str(port), WEB_CONCURRENCY="1")
        with running("evcnet-worker", env) as worker, running("evcnet-web", env) as web:
            until(lambda: ask(port, "/readyz") == (200, "ok"))
            post.before_answer = lambda letter: wire.cut()
            mail_way_back.defer(email=world.anna.email, portal="http://localhost/")
            until(lambda: post.letters)
            mail_way_back.defer(email=world.ben.email, portal="http://localhost/")
            end = time.monotonic() + AWAY
            assert ask(port, "/healthz") == (200, "ok")
            until(lambda: ask(port, "/readyz") == (503, "the database does not answer"))
            time.sleep(max(0, end - time.monotonic()))
            post.before_answer = lambda letter: None
            a_minute_passes()
            wire.mend()
            until(lambda: {letter["To"] for letter in post.letters} == {world.anna.email, world.ben.email})
            until(lambda: ask(port, "/readyz") == (200, "ok"))
            assert (worker.poll(), web.poll()) == (None, None), "neither was started again"
    assert [letter["To"] for letter in post.letters].count(world.ben.email) == 1
