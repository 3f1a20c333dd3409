"""Write rows to a file that import_csv takes back unchanged."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from customers.audit import record
from customers.models import AuditEntry
from evcnet.importexport.exporter import Export
from evcnet.importexport.forms import titled
from evcnet.importexport.problems import Undecided
from evcnet.importexport.registry import KINDS, kind_named
from evcnet.importexport.scope import Reach, the_provider
from evcnet.importexport.sheets import write_csv


class Command(BaseCommand):
    help = "Export rows as CSV, with the columns that import_csv reads; of all providers with a column that names each."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=KINDS, metavar="KIND", help=f"one of {', '.join(KINDS)}")
        parser.add_argument("--provider", metavar="CODE", help="only this provider's rows")
        parser.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        reach = Reach()
        try:
            provider = the_provider(reach.providers, options["provider"])
        except Undecided as error:
            raise CommandError(str(error), returncode=2) from error
        export = Export(kind_named(options["kind"]), reach, provider)
        lines = write_csv(export.rows())
        if options["output"]:
            self._save(options["output"], "".join(lines))
        else:
            for line in lines:
                self.stdout.write(line, ending="")
        for owner, rows in export.taken.items():
            record(AuditEntry.Event.EXPORTED, None, owner, about=f"{titled(export.kind.name)}, by manage.py", rows=rows)
        for reason, count in export.left_out.items():
            if count:
                self.stderr.write(f"Left out: {count:,} x {reason}, which no row can hold.")

    def _save(self, output: Path, text: str) -> None:
        try:
            output.write_bytes(text.encode())
        except OSError as error:
            raise CommandError(f"{output} can't be written: {error.strerror or error}.", returncode=2) from error
