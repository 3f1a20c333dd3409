"""The command `charge_point_password`: a new password for the device of a charge point."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from gateway.devices import point_of, set_password


class Command(BaseCommand):
    help = (
        "Make a new password for the device of a charge point and print it, once. The old one is refused from now on."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("identity", help="what the device calls itself")

    def handle(self, identity: str, **options: Any) -> None:
        point = point_of(identity)
        if point is None:
            raise CommandError(f"No charge point has the identity {identity}.")
        self.stdout.write(set_password(point))
