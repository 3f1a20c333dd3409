"""The command `database`: starts, stops or describes the private PostgreSQL."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from devtools.postgresql.cluster import Cluster
from devtools.postgresql.errors import NotAvailable
from devtools.postgresql.replica import Replica
from evcnet import database, var_dir


class Command(BaseCommand):
    help = "Starts, stops or describes the private PostgreSQL (the one that is used without DATABASE_URL), or a replica of it."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["start", "stop", "status"])
        parser.add_argument(
            "--replica",
            action="store_true",
            help="the replica; it is made by its first start, which says what REPLICA_URL has to be",
        )

    def handle(self, *, action: str, replica: bool, **options: Any) -> None:
        if not database.is_private(settings.DATABASES["default"]):
            raise CommandError("DATABASE_URL names the database: there is no private one to start or stop.")
        primary = Cluster(var_dir.var())
        cluster = Replica(primary) if replica else primary
        try:
            cluster.check_access()
            if action == "start":
                cluster.ensure_up()
                if isinstance(cluster, Replica):
                    self.stdout.write(f"REPLICA_URL={cluster.url()}")
            if action == "stop":
                self.stderr.write("Stopped." if cluster.stop() else "It was not up.")
            else:
                self.describe(cluster)
        except NotAvailable as refused:
            raise CommandError(str(refused)) from refused

    def describe(self, cluster: Cluster) -> None:
        state = f"up, process {cluster.pid()}" if cluster.is_up() else "not up"
        version = f"PostgreSQL {cluster.version}" if cluster.version else "not made yet"
        for name, value in (
            ("state", state),
            ("version", version),
            ("folder", cluster.home),
            ("socket", cluster.socket_folder),
            ("log", cluster.log),
            ("account", cluster.account.name),
        ):
            self.stdout.write(f"{name:8} {value}")
