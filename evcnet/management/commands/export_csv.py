"""Export rows as a CSV file that import_csv takes back unchanged."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from customers.provider_lookup import ProviderRequired
from evcnet.importexport.csv_stream import csv_pieces
from evcnet.importexport.registry import EXPORTS, resource_named
from evcnet.importexport.scope import FileScope, the_provider


class Command(BaseCommand):
    help = "Export rows as CSV, with the columns that import_csv reads; of all providers with a column that names each."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=EXPORTS, metavar="KIND", help=f"one of {', '.join(EXPORTS)}")
        parser.add_argument("--provider", metavar="CODE", help="only this provider's rows")
        parser.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        scope = FileScope()
        try:
            provider = the_provider(scope.providers, options["provider"])
        except ProviderRequired as error:
            raise CommandError(str(error), returncode=2) from error
        resource = resource_named(options["kind"])(scope, provider)
        pieces = csv_pieces(resource)
        if options["output"]:
            self._save(options["output"], pieces)
        else:
            for piece in pieces:
                self.stdout.write(piece.decode(), ending="")
        resource.record_export(f"{resource.get_display_name()}, by manage.py")
        for reason, count in resource.left_out.items():
            if count:
                self.stderr.write(f"Left out: {count:,} x {reason}, which no row can hold.")

    def _save(self, output: Path, pieces: Iterable[bytes]) -> None:
        try:
            with output.open("wb") as file:
                file.writelines(pieces)
        except OSError as error:
            raise CommandError(f"{output} can't be written: {error.strerror or error}.", returncode=2) from error
