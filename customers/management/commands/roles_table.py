"""Prints the table of roles and permissions: docs/permissions.md."""

from typing import Any

from django.core.management import BaseCommand

from customers.permissions_table import document


class Command(BaseCommand):
    help = "Print the table of roles and permissions, for docs/permissions.md."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(document(), ending="")
