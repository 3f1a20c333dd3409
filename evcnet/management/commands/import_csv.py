"""Import the rows of a CSV file: all or none."""

import json
from pathlib import Path
from typing import Any

import pghistory
from django.core.management.base import BaseCommand, CommandError, CommandParser

from customers.provider_lookup import ProviderRequired
from evcnet.importexport.formats import format_of
from evcnet.importexport.registry import RESOURCES, resource_named
from evcnet.importexport.resource import BulkResource
from evcnet.importexport.results import LISTED, ImportResult
from evcnet.importexport.row_errors import RowError, UnreadableFile
from evcnet.importexport.scope import FileScope, the_provider

ROW_ERRORS, NOT_READ = 1, 2
NOTIFY = ("none", "regulars", "all")


class Command(BaseCommand):
    help = "Import a CSV file: existing rows are updated by their natural key, others are created, all or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=RESOURCES, metavar="KIND", help=f"one of {', '.join(RESOURCES)}")
        parser.add_argument("file", type=Path, metavar="FILE", help="UTF-8, comma or semicolon")
        parser.add_argument("--provider", metavar="CODE", help="whose rows these are, where the file doesn't say it")
        parser.add_argument(
            "--notify",
            choices=NOTIFY,
            default=NOTIFY[0],
            help="which customers are told of changes; default: %(default)s",
        )
        parser.add_argument("--dry-run", action="store_true", help="check everything, write nothing")
        parser.add_argument("--json", action="store_true", help="one object on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            resource, result = self._import(options)
        except (UnreadableFile, ProviderRequired, OSError) as error:
            self._give_up(options, error)
        if not result.has_validation_errors():
            for line in [*result.remarks, *resource.change_summaries()]:
                self.stderr.write(line)
        if options["json"]:
            self.stdout.write(json.dumps(result.as_json(), ensure_ascii=False))
        else:
            self._print(result, options["dry_run"])
        if result.has_validation_errors():
            raise CommandError("Nothing was written: correct the rows with errors first.", returncode=ROW_ERRORS)

    def _import(self, options: dict[str, Any]) -> tuple[BulkResource, ImportResult]:
        scope, kind, file = FileScope(), options["kind"], options["file"]
        provider = the_provider(scope.providers, options["provider"])
        content = file.read_bytes()
        dataset = format_of(content).create_dataset(content)
        resource = resource_named(kind)(scope, provider, notify=options["notify"], reason=f"import_csv {file.name}")
        with pghistory.context(command=f"import_csv {kind}", file=file.name):
            return resource, resource.import_data(dataset, dry_run=options["dry_run"])

    def _print(self, result: ImportResult, dry_run: bool) -> None:
        errors = result.errors
        for error in errors[:LISTED]:
            self.stdout.write(str(error))
        if len(errors) > LISTED:
            self.stdout.write(f"... and {len(errors) - LISTED:,} more errors")
        end = "" if errors else " Nothing was written (dry run)." if dry_run else " Written."
        self.stdout.write(f"{result}.{end}")

    def _give_up(self, options: dict[str, Any], error: Exception) -> None:
        if isinstance(error, UnreadableFile):
            row_error = error.error
        elif isinstance(error, OSError):
            row_error = RowError(1, "", f"The file {options['file']} can't be read: {error.strerror or error}.")
        else:
            row_error = RowError(1, "provider", str(error))
        if options["json"]:
            result = ImportResult(options["kind"])
            result.refuse([row_error])
            self.stdout.write(json.dumps(result.as_json(), ensure_ascii=False))
        raise CommandError(f"{row_error}", returncode=NOT_READ) from error
