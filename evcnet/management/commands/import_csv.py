"""Import the rows of a CSV file: all or none."""

import json
from pathlib import Path
from typing import Any

import pghistory
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

from customers.provider_lookup import ProviderRequired
from evcnet.importexport.column_names import ColumnNames
from evcnet.importexport.column_options import sheet_with_header, sheet_without_header
from evcnet.importexport.csv_file import Sheet, write_csv
from evcnet.importexport.formats import sheet_at
from evcnet.importexport.registry import RESOURCES, resource_named
from evcnet.importexport.resource import BulkResource
from evcnet.importexport.results import LISTED, ImportResult
from evcnet.importexport.row_errors import RowError, UnreadableFile
from evcnet.importexport.scope import FileScope, the_provider
from evcnet.text import counted

ROW_ERRORS, NOT_READ = 1, 2
NOTIFY = ("none", "regulars", "all")


class Command(BaseCommand):
    help = "Import a CSV file: existing rows are updated by their natural key, others are created, all or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=RESOURCES, metavar="KIND", help=f"one of {', '.join(RESOURCES)}")
        parser.add_argument(
            "file", type=Path, metavar="FILE", nargs="?", help="CSV in UTF-8 with commas or semicolons, or XLSX"
        )
        parser.add_argument("--template", action="store_true", help="print the header with all columns of the kind")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="FILE_COLUMN=COLUMN",
            help="what a column of the file is here; repeatable",
        )
        parser.add_argument("--ignore-unknown", action="store_true", help="leave unknown columns out, and say which")
        parser.add_argument(
            "--no-header",
            metavar="COLUMN[,COLUMN]",
            help="the columns of a file whose first row holds values; nothing between two commas leaves one out",
        )
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
        if options["template"]:
            names = [each.column_name for each in resource_named(options["kind"])(FileScope()).columns]
            self.stdout.write("".join(write_csv([names])), ending="")
            return
        if options["file"] is None:
            raise CommandError("Name the file, or ask for --template.", returncode=NOT_READ)
        try:
            resource, result = self._import(options)
        except (UnreadableFile, ProviderRequired, OSError) as error:
            self._give_up(options, error)
        except OperationalError as error:
            reason = str(error).strip().splitlines()[0]
            self._give_up(options, UnreadableFile(f"The database gave up, so nothing was written: {reason}."))
        if not result.has_validation_errors():
            for line in [*result.summary, *result.remarks, *resource.change_summaries()]:
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
        resource = resource_named(kind)(scope, provider, notify=options["notify"], reason=f"import_csv {file.name}")
        dataset = self._sheet(file, ColumnNames(resource), options)
        with pghistory.context(command=f"import_csv {kind}", file=file.name):
            return resource, resource.import_data(dataset, dry_run=options["dry_run"])

    def _sheet(self, file: Path, names: ColumnNames, options: dict[str, Any]) -> Sheet:
        """The rows of the file with our columns. Raises UnreadableFile for options that don't fit it."""
        if options["no_header"] is not None:
            if options["map"]:
                raise UnreadableFile("--map names columns of a header: leave it out, or leave --no-header out.")
            return sheet_without_header(file.read_bytes(), names, options["no_header"])
        sheet, left_out = sheet_with_header(
            sheet_at(file), names, options["map"], ignore_unknown=options["ignore_unknown"]
        )
        if left_out:
            self.stderr.write(f"Left out, {counted(len(left_out), 'unknown column')}: {', '.join(left_out)}.")
        return sheet

    def _print(self, result: ImportResult, dry_run: bool) -> None:
        errors = result.errors
        for error in errors[:LISTED]:
            self.stdout.write(str(error))
        if result.error_count > LISTED:
            self.stdout.write(f"... and {result.error_count - LISTED:,} more errors")
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
