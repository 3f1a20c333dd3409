"""Command: import OCPI locations, tariffs, or tokens of a partner."""

import json
from argparse import ArgumentTypeError
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import pghistory
from django.core.management.base import BaseCommand, CommandError, CommandParser

from changes.audience import short_notice
from changes.file_changes import FileChanges, summary
from changes.models import Change, Way
from chargegroups.models import ChargeGroup
from chargepoints.ocpi.import_locations import import_locations
from customers.models import Provider
from customers.provider_lookup import ProviderRequired, get_provider
from evcnet.importexport.json_file import read_objects
from evcnet.importexport.report import Report, all_or_nothing
from evcnet.importexport.row_errors import UnreadableFile
from roaming.models import Partner
from roaming.ocpi.import_tokens import import_tokens
from roaming.partners import NoSuchPartner, get_partner
from tariffs.ocpi.feed import LONGEST_NAME, Feed
from tariffs.ocpi.import_tariffs import import_tariffs
from tariffs.ocpi.ocpi_211 import is_ocpi_211

FEW = 20


class Command(BaseCommand):
    help = "Import OCPI 2.2.1 or 2.3.0 locations, tariffs or tokens: all or nothing, or with --skip-bad what is good."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=["locations", "tariffs", "tokens"])
        parser.add_argument("file", type=Path, metavar="FILE.json[.xz]")
        parser.add_argument("--provider", metavar="CODE", help="whose they are; default: the only provider there is")
        parser.add_argument("--charge-group", metavar="CODE", help="attaches new charge points, and activates them")
        parser.add_argument("--partner", metavar="CC-PID", help="whose tokens they are")
        parser.add_argument(
            "--feed",
            metavar="NAME",
            type=_feed_name,
            default=Feed.name,
            help="which feed this is; default: %(default)s",
        )
        parser.add_argument(
            "--complete", action="store_true", help="remove what the feed said before and the file lacks"
        )
        parser.add_argument("--allow-removal", action="store_true", help="... also where that is more than a tenth")
        parser.add_argument(
            "--notify",
            choices=Change.Notify.values,
            default=Change.Notify.NONE.value,
            help="which customers are told of changes; default: %(default)s",
        )
        parser.add_argument("--skip-bad", action="store_true", help="write what is good, list what is bad")
        parser.add_argument("--dry-run", action="store_true", help="write nothing")
        parser.add_argument("--json", action="store_true", help="one object on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            bring = self._importer(options)
            objects = read_objects(options["file"])
            if is_ocpi_211(options["kind"], objects):
                raise UnreadableFile(f"{options['file']} is OCPI 2.1.1: ask for a file of OCPI 2.2.1 or 2.3.0.")
        except (UnreadableFile, ProviderRequired, NoSuchPartner) as wrong:
            self._give_up(options, wrong)
        with pghistory.context(command=f"import_ocpi {options['kind']}", file=options["file"].name):
            report = all_or_nothing(partial(bring, objects), skip_bad=options["skip_bad"], dry_run=options["dry_run"])
        for preview in self.file_changes.previews:
            for words in short_notice(preview):
                report.warn(preview.proposal.sentence(), "", words)
        self._tell(report, as_json=options["json"])
        if report.invalid and not options["skip_bad"]:
            raise CommandError(_nothing_written(report), returncode=1)

    def _give_up(self, options: dict[str, Any], wrong: Exception) -> NoReturn:
        if options["json"]:
            report = Report(options["kind"])
            report.refuse_for("", "", str(wrong))
            self.stdout.write(json.dumps(report.as_json() | {"rows": 0}, ensure_ascii=False))
        raise CommandError(str(wrong), returncode=2) from wrong

    def _importer(self, options: dict[str, Any]) -> Callable[[Sequence[Any]], Report]:
        provider = get_provider(options["provider"])
        reason = f"import_ocpi {options['file'].name}"
        self.file_changes = FileChanges(way=Way.FEED, reason=reason, notify=options["notify"])
        if options["kind"] == "tokens":
            return partial(import_tokens, _partner(provider, options))
        if options["partner"]:
            raise CommandError("--partner is for tokens: locations and tariffs are the provider's.", returncode=2)
        feed = Feed(options["feed"], options["complete"], options["allow_removal"])
        if options["kind"] == "locations":
            group = _charge_group(provider, options["charge_group"])
            return partial(import_locations, provider, charge_group=group, file_changes=self.file_changes, feed=feed)
        if options["charge_group"]:
            raise CommandError("--charge-group is for locations: tariffs are not in charge groups.", returncode=2)
        return partial(import_tariffs, provider, file_changes=self.file_changes, feed=feed)

    def _tell(self, report: Report, *, as_json: bool) -> None:
        for word, remarks in (("error", report.errors), ("warning", report.warnings)):
            for each in remarks[:FEW]:
                place = f"{each.row}: {each.column}" if each.column else each.row
                self.stderr.write(f"{word}: {place}: {each.message}")
            if len(remarks) > FEW:
                self.stderr.write(f"... and {len(remarks) - FEW:,} more; --json lists up to 1,000")
        for preview in self.file_changes.previews if report.written or not report.invalid else ():
            self.stderr.write(summary(preview))
        self.stdout.write(json.dumps(report.as_json(), ensure_ascii=False) if as_json else _summary(report))


def _feed_name(text: str) -> str:
    if not text.strip() or not text.isprintable() or len(text) > LONGEST_NAME:
        raise ArgumentTypeError(f"a feed has a name of at most {LONGEST_NAME} characters")
    return text.strip()


def _partner(provider: Provider, options: dict[str, Any]) -> Partner:
    if not options["partner"]:
        raise CommandError("Say whose tokens they are, with --partner CC-PID.", returncode=2)
    wrong = [f"--{name.replace('_', '-')}" for name in ("charge_group", "complete", "allow_removal") if options[name]]
    if wrong:
        raise CommandError(f"{wrong[0]} is not for tokens: a file of them is never complete.", returncode=2)
    return get_partner(provider, options["partner"])


def _charge_group(provider: Provider, code: str | None) -> ChargeGroup | None:
    if not code:
        return None
    group: ChargeGroup | None = ChargeGroup.objects.filter(provider=provider, code=code).first()
    if group is None:
        raise CommandError(f"{provider} has no charge group “{code}”: check --charge-group.", returncode=2)
    if group.closed_at is not None:
        raise CommandError(f"The charge group {group} is closed: choose another.", returncode=2)
    return group


def _summary(report: Report) -> str:
    written = "written" if report.written else "nothing written"
    return (
        f"{report.rows:,} {report.kind}: {report.new:,} new, {report.updated:,} updated, "
        f"{report.unchanged:,} unchanged, {report.invalid:,} invalid; {written}"
    )


def _nothing_written(report: Report) -> str:
    return (
        f"{report.invalid:,} of {report.rows:,} rows are invalid, so nothing was written; --skip-bad writes the others."
    )
