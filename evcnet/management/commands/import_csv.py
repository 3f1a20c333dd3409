"""Take the rows of a file in, all or none."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from changes.file_changes import FileChanges, summary
from changes.models import Change
from evcnet.importexport.importer import Import
from evcnet.importexport.outcomes import LISTED, Outcome
from evcnet.importexport.problems import Problem, Undecided, Unreadable
from evcnet.importexport.registry import KINDS, kind_named
from evcnet.importexport.scope import Reach, the_provider
from evcnet.importexport.sheets import read_sheet

ROW_ERRORS, NOT_READ = 1, 2


class Command(BaseCommand):
    help = "Import a CSV file: existing rows are updated by their natural key, others are created, all or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=KINDS, metavar="KIND", help=f"one of {', '.join(KINDS)}")
        parser.add_argument("file", type=Path, metavar="FILE", help="UTF-8, comma or semicolon")
        parser.add_argument("--provider", metavar="CODE", help="whose rows these are, where the file doesn't say it")
        parser.add_argument(
            "--notify",
            choices=Change.Notify.values,
            default=Change.Notify.NONE.value,
            help="which customers are told of changes; default: %(default)s",
        )
        parser.add_argument("--dry-run", action="store_true", help="check everything, write nothing")
        parser.add_argument("--json", action="store_true", help="one object on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            outcome = self._run(options)
        except (Unreadable, Undecided, OSError) as error:
            self._give_up(options, error)
        for remark in [*outcome.remarks, *map(summary, outcome.changes)] if not outcome.problems else ():
            self.stderr.write(remark)
        if options["json"]:
            self.stdout.write(json.dumps(outcome.as_json(), ensure_ascii=False))
        else:
            self._tell(outcome, options["dry_run"])
        if outcome.problems:
            raise CommandError("Nothing was written: correct the rows with errors first.", returncode=ROW_ERRORS)

    def _run(self, options: dict[str, Any]) -> Outcome:
        reach, kind, file = Reach(), kind_named(options["kind"]), options["file"]
        provider = the_provider(reach.providers, options["provider"])
        provenance = {"command": f"import_csv {kind.name}", "file": file.name}
        file_changes = FileChanges(reason=f"import_csv {file.name}", notify=options["notify"])
        taken = Import(kind, read_sheet(file.read_bytes()), reach, provider, provenance, file_changes)
        return taken.run(write=not options["dry_run"])

    def _tell(self, outcome: Outcome, dry_run: bool) -> None:
        for problem in outcome.problems[:LISTED]:
            self.stdout.write(str(problem))
        if len(outcome.problems) > LISTED:
            self.stdout.write(f"... and {len(outcome.problems) - LISTED:,} more errors")
        end = "" if outcome.problems else " Nothing was written (dry run)." if dry_run else " Written."
        self.stdout.write(f"{outcome}.{end}")

    def _give_up(self, options: dict[str, Any], error: Exception) -> None:
        if isinstance(error, Unreadable):
            problem = error.problem
        elif isinstance(error, OSError):
            problem = Problem(1, "", f"The file {options['file']} can't be read: {error.strerror or error}.")
        else:
            problem = Problem(1, "provider", str(error))
        if options["json"]:
            outcome = Outcome(options["kind"], invalid=1, problems=[problem])
            self.stdout.write(json.dumps(outcome.as_json(), ensure_ascii=False))
        raise CommandError(f"{problem}", returncode=NOT_READ) from error
