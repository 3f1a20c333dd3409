"""Command: hold the counts of customers and exceptions against the rows."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chargegroups.recount import mend, recount

MOST_NAMED = 20


class Command(BaseCommand):
    help = "Hold the counts that totals and previews read against the rows of all providers; exit 1 where they differ."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--mend", action="store_true", help="add what is missing, and take off what is too much")

    def handle(self, *args: Any, **options: Any) -> None:
        result = recount()
        for line in result.lines(MOST_NAMED):
            self.stdout.write(line)
        if result and options["mend"]:
            mend()
            self.stdout.write("Mended.")
        elif result:
            raise CommandError(f"{len(result):,} counts differ from the rows: run it again with --mend.", returncode=1)
        else:
            self.stdout.write("All counts are those of the rows.")
