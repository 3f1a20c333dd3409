"""Kills the process that makes a change at any moment: the change is whole or absent. `python -m bench.kill_changes`

Twenty changes, each with a notice to every customer, are made by a process that is killed (SIGKILL) ten times at random
moments and started again. The moments follow from --seed. A private PostgreSQL of its own is used, and removed again.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHANGES, KILLS, CUSTOMERS = 20, 10, 200
WINDOW = 0.15
"""Seconds after a change was made within which the process is killed: about as long as the next one takes."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--make", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.make:
        return _make()
    folder = Path(tempfile.mkdtemp(prefix="evcnet-kill-"))
    folder.chmod(0o711)
    os.environ |= {"EVCNET_VAR": str(folder), "DATABASE_URL": "", "DJANGO_SETTINGS_MODULE": "evcnet.settings"}
    try:
        return _run(random.Random(asked.seed), asked.seed)
    finally:
        subprocess.run([sys.executable, "manage.py", "database", "stop"], check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


# The process that is killed


def _make() -> int:
    """Make the changes that are not there yet, one after the other. Says when it begins."""
    _set_up()
    from changes.apply import apply_change, preview_change
    from changes.models import Change
    from changes.proposals import NewTerms
    from chargegroups.models import ChargeGroup
    from tariffs.models import Tariff

    group = ChargeGroup.objects.get()
    tariffs = list(Tariff.objects.order_by("code"))
    print("ready", flush=True)
    for number in range(Change.objects.count(), CHANGES):
        proposal = NewTerms(group, {"tariff": tariffs[(number + 1) % 2]})
        preview = preview_change(proposal)
        fingerprint = preview.impact.fingerprint
        apply_change(proposal, fingerprint=fingerprint, notify="all", reason=f"change {number}")
        print(number, flush=True)
    return 0


# The process that kills


def _run(chance: random.Random, seed: int) -> int:
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], check=True)
    _set_up()
    _fill()
    print(f"seed {seed}: {KILLS} kills within {CHANGES} changes of {CUSTOMERS} notices each")
    print("kill   after so many changes   and s   changes then")
    wrong: list[str] = []
    for kill in range(1, KILLS + 1):
        first, moment = chance.randrange(3), chance.uniform(0, WINDOW)
        _kill_at(first, moment)
        change_count = _check(wrong)
        print(f"{kill:4} {first:23} {moment:7.3f} {change_count:14}", flush=True)
    subprocess.run([sys.executable, "-m", "bench.kill_changes", "--make"], check=True, capture_output=True)
    change_count = _check(wrong)
    print(
        f"in the end {change_count} changes; {'all whole, each notice once' if not wrong else 'WRONG: ' + '; '.join(wrong)}"
    )
    return 1 if wrong or change_count != CHANGES else 0


def _kill_at(first: int, moment: float) -> None:
    """So many seconds after it has made its first few changes; at once where it has made the last of all."""
    command = [sys.executable, "-m", "bench.kill_changes", "--make"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(1 + first):
        process.stdout.readline()
    time.sleep(moment)
    process.send_signal(signal.SIGKILL)
    process.wait()


def _check(wrong: list[str]) -> int:
    """How many changes there are; what is not whole about one of them is added to ``wrong``."""
    from django.db import connection

    from changes.models import Change
    from chargegroups.models import Terms
    from customers.models import Announcement, Notice

    with connection.cursor() as cursor:
        # Whatever the killed process had begun has ended once its lock is free.
        cursor.execute(
            "SELECT pg_advisory_lock(hashtext('evcnet.terms_write'), provider_id::int) FROM chargegroups_chargegroup"
        )
        cursor.execute("SELECT pg_advisory_unlock_all()")
        cursor.execute("SELECT args->>'announcement', count(*) FROM procrastinate_jobs GROUP BY 1")
        jobs = {int(announcement): count for announcement, count in cursor.fetchall()}
    changes = list(Change.objects.order_by("pk"))
    for change in changes:
        announcements = Announcement.objects.filter(key=f"change-{change.pk}-changed")
        notices = Notice.objects.filter(announcement__in=announcements)
        parts = {
            "terms": change.terms.count() == 1,
            "group": change.groups.count() == 1,
            "announcement": announcements.count() == 1,
            "notices": notices.count() == notices.values("customer").distinct().count() == CUSTOMERS,
            "job": [jobs.get(each.pk) for each in announcements] == [1],
        }
        wrong += [f"{change.reason} lacks its {part}" for part, whole in parts.items() if not whole]
    if Terms.objects.count() != 1 + len(changes) or Announcement.objects.count() != len(changes):
        wrong.append("something is there without its change")
    if [change.reason for change in changes] != [f"change {number}" for number in range(len(changes))]:
        wrong.append("a change was made twice or left out")
    return len(changes)


def _fill() -> None:
    from chargegroups.models import ChargeGroup
    from chargegroups.writes import create_group
    from customers.models import Customer, Provider, UserGroup
    from tariffs.models import Tariff, TariffElement
    from tariffs.writes import add_version

    provider = Provider.objects.create(code="KILL", name="Kill", country_code="NL", party_id="KIL")
    users = UserGroup.objects.create(provider=provider, code="ALL", name="All")
    tariffs = []
    for code, price in (("A", "0.35"), ("B", "0.36")):
        tariffs.append(Tariff.objects.create(provider=provider, code=code, name=code))
        add_version(tariffs[-1], [TariffElement(energy_price=price)])
    create_group(
        ChargeGroup(provider=provider, user_group=users, code="G", name="G"), tariff=tariffs[0], own_user_group=True
    )
    people = (Customer(provider=provider, user_group=users, number=str(n), name=str(n)) for n in range(CUSTOMERS))
    Customer.objects.bulk_create(people)


def _set_up() -> None:
    import django

    django.setup()


if __name__ == "__main__":
    raise SystemExit(main())
