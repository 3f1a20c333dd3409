"""The command `demo`: makes the demo provider GreenGrid, once."""

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError, connection, transaction

from customers.models import Provider
from devtools.demo.exceptions import make_exceptions
from devtools.demo.partners import make_partners
from devtools.demo.people import make_people
from devtools.demo.places import make_charge_points, make_homes
from devtools.demo.queues import make_queues
from devtools.demo.scheduled import schedule_changes
from devtools.demo.sessions import make_sessions
from devtools.demo.tenants import make_colleague, make_logins, make_tenants
from devtools.demo.terms import make_charge_groups, make_tariffs
from evcnet import var_dir
from evcnet.errors import refusal_of

ONE_AT_A_TIME = 0x6465_6D6F
"""The key of the database's lock: two that start at once make one demo provider."""


class Command(BaseCommand):
    help = (
        "Make the demo provider: real Dutch charge points and tariffs, made-up people. Run again, it changes nothing."
    )

    def handle(self, **options: Any) -> None:
        if settings.MODE == "production":
            raise CommandError("The demo provider is for trying the portal, and this is production: nothing was made.")
        try:
            with transaction.atomic():
                summary = self.make_once()
        except IntegrityError as error:
            raise CommandError(f"The demo provider was not made. {refusal_of(error).message}") from error
        if summary:
            self.stdout.write(f"Logins, kept in {_logins()}:\n" + _logins().read_text().rstrip())

    def make_once(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        if Provider.objects.filter(code="greengrid").exists():
            self.tell("The demo provider is there already: nothing was changed.")
            if not _logins().exists():
                self.tell("Its passwords are not kept here: manage.py changepassword EMAIL sets a new one.")
            return False
        self.make()
        return True

    def make(self) -> None:
        self.tell("Making the demo provider GreenGrid")
        tenants = make_tenants()
        tariffs = make_tariffs(tenants)
        groups = make_charge_groups(tenants)
        self.tell(f"  {tariffs.new} real tariffs, {len(groups)} charge groups")
        make_people(tenants)
        places = make_charge_points(tenants, groups)
        homes = make_homes(tenants, groups["home"])
        self.tell(f"  {sum(each.new for each in places)} real locations and charge points, {len(homes)} home chargers")
        make_exceptions(tenants, groups, homes)
        partners = make_partners(tenants)
        self.tell(f"  {partners} roaming partners with tokens of their customers")
        sessions = make_sessions(
            {part: group.pk for part, group in groups.items()}, lambda many: self.tell(f"  {many:,} sessions")
        )
        self.tell(f"  {sessions:,} sessions of the last 90 days")
        driver = make_queues(groups["waterland"])
        logins = make_logins(tenants)
        changes = schedule_changes(tenants, groups, by=make_colleague(tenants))
        self.tell(f"  {len(changes)} changes to come")
        _keep([login.line for login in logins])
        self.tell(f"  a driver's page, without a login, at the portal's address and {driver}")

    def tell(self, message: str) -> None:
        self.stderr.write(message)
        self.stderr.flush()


def _logins() -> Path:
    return var_dir.var() / "logins.txt"


def _keep(lines: list[str]) -> None:
    """Only the starter can read it, from its first byte on."""
    path = _logins()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("\n".join(lines) + "\n")
