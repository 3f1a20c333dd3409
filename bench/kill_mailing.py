"""Kills the worker again and again while it mails: everybody gets the letter. `python -m bench.kill_mailing`

A mailing of 500 letters is mailed by a worker that is killed (SIGKILL) 20 times at random moments and started again. Only
heartbeats tell that it is gone, so that a run takes some ten minutes. The moments follow from --seed. A private PostgreSQL and a
mail server of its own are used, and removed again.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.mail_server import MailServer, mail_server

LETTERS, KILLS = 500, 20
WINDOW = 0.05
"""Seconds after a letter within which the worker is killed: longer than the next one takes."""
PATIENCE = 60.0
"""Seconds within which a worker takes up what a killed one has left."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=2026)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="evcnet-kill-"))
    folder.chmod(0o711)
    os.environ |= {"EVCNET_VAR": str(folder), "DATABASE_URL": "", "DJANGO_SETTINGS_MODULE": "evcnet.settings"}
    try:
        with mail_server() as post:
            os.environ["EMAIL_URL"] = post.url
            return _run(random.Random(asked.seed), asked.seed, post)
    finally:
        subprocess.run([sys.executable, "manage.py", "database", "stop"], check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


def _run(chance: random.Random, seed: int, post: MailServer) -> int:
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], check=True)
    _announce()
    from customers.models import Notice
    from customers.notices import PERHAPS_TWICE

    print(f"seed {seed}: {KILLS} kills within a mailing of {LETTERS} letters")
    print("kill   taken up after s   letters then   of them twice")
    for kill in range(1, KILLS + 1):
        pause = _mail_and_kill(post, LETTERS * kill // (KILLS + 1) + chance.randrange(-8, 9), chance.uniform(0, WINDOW))
        print(f"{kill:4} {pause:18.1f} {len(post.letters):14} {_twice(post):15}", flush=True)
    _mail_the_rest(post)
    reached = len({letter["To"] for letter in post.letters})
    print(f"in the end {reached} of {LETTERS} have it, {_twice(post)} of them twice with one Message-ID")
    print(f"{Notice.objects.filter(error=PERHAPS_TWICE).count()} notices say that they may have arrived twice")
    return 0 if reached == LETTERS and _twice(post) <= KILLS else 1


def _mail_and_kill(post: MailServer, letters: int, moment: float) -> float:
    """So many seconds after so many letters. Seconds from the start of the worker to its first letter."""
    before, started_at = len(post.letters), time.monotonic()
    worker = subprocess.Popen([sys.executable, "manage.py", "worker"], stderr=subprocess.DEVNULL)
    _wait(lambda: len(post.letters) > before)
    pause = time.monotonic() - started_at
    _wait(lambda: len(post.letters) >= min(letters, LETTERS))
    time.sleep(moment)
    worker.kill()
    worker.wait()
    return pause


def _mail_the_rest(post: MailServer) -> None:
    from customers.models import Notice

    worker = subprocess.Popen([sys.executable, "manage.py", "worker"], stderr=subprocess.DEVNULL)
    _wait(lambda: not Notice.objects.filter(state=Notice.State.QUEUED).exists())
    worker.terminate()
    worker.wait()


def _wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"Nothing was mailed for {PATIENCE:.0f} seconds.")
        time.sleep(0.002)


def _twice(post: MailServer) -> int:
    return sum(times > 1 for times in Counter(post.message_ids()).values())


def _announce() -> None:
    import django

    django.setup()
    from customers.models import Announcement, Customer, Notice, Provider, UserGroup
    from customers.notices import queue_mail

    provider = Provider.objects.create(code="KILL", name="Kill", country_code="NL", party_id="KIL")
    users = UserGroup.objects.create(provider=provider, code="ALL", name="All")
    people = [
        Customer(provider=provider, user_group=users, number=str(n), name=str(n), email=f"{n}@example.org")
        for n in range(LETTERS)
    ]
    Customer.objects.bulk_create(people)
    context = {"groups": ["Streets"], "takes_effect_at": "2030-01-01T00:00:00+00:00", "scheduled": True}
    announcement = Announcement.objects.create(
        provider=provider, key="kill", template=Announcement.Template.CHANGED, context=context
    )
    notices = [
        Notice(
            provider=provider, announcement=announcement, customer=each, effect="pays_more", before="0.35", after="0.36"
        )
        for each in people
    ]
    Notice.objects.bulk_create(notices)
    queue_mail(announcement)


if __name__ == "__main__":
    raise SystemExit(main())
