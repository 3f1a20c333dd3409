"""Command: hold the counts of customers and exceptions against the rows."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chargegroups.counts import LEDGERS
from customers.counts import mend_roaming, wrongly_roaming

MOST_NAMED = 20


class Command(BaseCommand):
    help = "Hold the counts that totals and previews read against the rows of all providers; exit 1 where they differ."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--mend", action="store_true", help="add what is missing, and take off what is too much")

    def handle(self, *args: Any, **options: Any) -> None:
        count = self._say()
        if count and options["mend"]:
            mend_roaming()
            for ledger in LEDGERS:
                ledger.mend()
            self.stdout.write("Mended.")
        elif count:
            raise CommandError(f"{count:,} counts differ from the rows: run it again with --mend.", returncode=1)
        else:
            self.stdout.write("All counts are those of the rows.")

    def _say(self) -> int:
        """Each count that differs, in a line; returns how many do."""
        roaming = wrongly_roaming()
        if roaming:
            named = ", ".join(map(str, roaming[:MOST_NAMED])) + (", ..." if len(roaming) > MOST_NAMED else "")
            self.stdout.write(f"roaming customers: {len(roaming):,} are not as their cards say: {named}")
        differences = [(ledger, each) for ledger in LEDGERS for each in ledger.differences()]
        for ledger, each in differences:
            self.stdout.write(f"{ledger.name}: {each}")
        return len(roaming) + len(differences)
