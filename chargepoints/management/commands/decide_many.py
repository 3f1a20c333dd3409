"""Command: decide on many cards at charge points at once, from a CSV file to CSV on standard output."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from chargepoints.authorization import Authorization, authorize_many
from chargepoints.authorization_facts import Question
from chargepoints.search import zone_of
from customers.models import Provider
from customers.provider_lookup import ProviderRequired, get_provider
from evcnet.datetimes import NotAMoment, read_moment
from evcnet.importexport.csv_file import Sheet, read_csv, write_csv
from evcnet.importexport.formulas import escaped, unescaped
from evcnet.importexport.results import LISTED
from evcnet.importexport.row_errors import RowError, UnreadableFile

COLUMNS = ("card", "charge_point", "at")
ANSWER = ["card", "charge_point", "at", "verdict", "reason", "tariff"]
AT_ONCE = 1_000
ROW_ERRORS, NOT_READ = 1, 2


class Command(BaseCommand):
    help = "Decide on each row of a CSV file (card, charge_point, at) and write the verdicts as CSV. Nothing is kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", type=Path, metavar="FILE", help="UTF-8, comma or semicolon; at may be left out: now"
        )
        parser.add_argument("--provider", metavar="CODE", help="only its charge points are known; its time zone counts")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        try:
            provider = get_provider(options["provider"]) if options["provider"] else None
            sheet = _named(read_csv(options["file"].read_bytes()))
        except (ProviderRequired, UnreadableFile) as error:
            raise CommandError(str(getattr(error, "error", error)), returncode=NOT_READ) from error
        except OSError as error:
            reason = f"The file {options['file']} can't be read: {error.strerror or error}."
            raise CommandError(reason, returncode=NOT_READ) from error
        questions, errors = _questions(sheet, provider, now)
        if errors:
            self._refuse(errors)
        for line in write_csv(_answers(questions, provider, now)):
            self.stdout.write(line, ending="")

    def _refuse(self, errors: list[RowError]) -> None:
        for error in errors[:LISTED]:
            self.stderr.write(str(error))
        if len(errors) > LISTED:
            self.stderr.write(f"... and {len(errors) - LISTED:,} more errors")
        raise CommandError("Nothing was decided: correct the rows with errors first.", returncode=ROW_ERRORS)


def _named(sheet: Sheet) -> Sheet:
    """The sheet, once its header has the columns. Raises UnreadableFile."""
    names = [name.lower() for name in sheet.headers or []]
    missing = [name for name in COLUMNS[:2] if name not in names]
    unknown = [name for name in names if name not in COLUMNS]
    if missing or unknown or len(set(names)) < len(names):
        raise UnreadableFile(
            f"The columns have to be card, charge_point and, if need be, at; they are {', '.join(names)}."
        )
    sheet.headers = names
    return sheet


def _questions(sheet: Sheet, provider: Provider | None, now: datetime) -> tuple[list[Question], list[RowError]]:
    questions, errors = [], []
    zone_at = (lambda _: provider.zone) if provider else cache(zone_of)
    for number, cells in zip(sheet.numbers, sheet, strict=True):
        row = {name: unescaped(str(cell).strip()) for name, cell in zip(sheet.headers or [], cells, strict=True)}
        empty = [RowError(number, name, "Required.") for name in COLUMNS[:2] if not row[name]]
        if number in sheet.ragged:
            empty = [RowError(number, "", f"{sheet.ragged[number]} cells where the header has {sheet.file_width}.")]
        errors += empty
        try:
            typed = row.get("at")
            at = read_moment(typed, lambda: zone_at(row["charge_point"])) if typed else now  # noqa: B023
        except NotAMoment as wrong:
            errors.append(RowError(number, "at", str(wrong)))
        else:
            questions.append((row["card"], row["charge_point"], at))
    return questions, errors


def _answers(questions: list[Question], provider: Provider | None, now: datetime) -> Iterator[list[str]]:
    yield ANSWER
    for start in range(0, len(questions), AT_ONCE):
        batch = questions[start : start + AT_ONCE]
        for question, answer in zip(batch, authorize_many(batch, now=now), strict=True):
            cells = [*question[:2], answer.at.isoformat(), *_verdict(answer, provider)]
            yield [escaped(cell) for cell in cells]


def _verdict(answer: Authorization, provider: Provider | None) -> list[str]:
    """To a provider the charge point of another one looks like none."""
    if provider and answer.facts.row["point_provider"] != provider.pk:
        return ["NOT_ALLOWED", "charge_point_unknown", ""]
    tariff = answer.decision.tariff
    if provider:
        return [answer.verdict, answer.as_provider_json(steps=False)["reason"], tariff.code if tariff else ""]
    return [answer.verdict, answer.reason, tariff.code if tariff else ""]
