"""Command: export OCPI locations or tariffs."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chargepoints.ocpi.export_locations import export_locations
from customers.audit import record
from customers.models import AuditEntry, Provider
from customers.provider_lookup import ProviderRequired, get_provider
from evcnet.importexport.json_file import write_objects
from evcnet.importexport.report import Exported
from roaming.ocpi.partner_view import PartnerView
from roaming.partners import NoSuchPartner, get_partner
from tariffs.ocpi.export_tariffs import FIRST, export_tariffs


class Command(BaseCommand):
    help = (
        "Export locations or tariffs as an array of OCPI 2.2.1; what can't be said in it is listed on standard error."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=["locations", "tariffs"])
        parser.add_argument("--provider", metavar="CODE", help="whose they are; default: the only provider there is")
        parser.add_argument(
            "--for",
            dest="partner",
            metavar="CC-PID",
            help="what this partner of the provider sees, at what its tokens pay",
        )
        parser.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            provider = get_provider(options["provider"])
        except ProviderRequired as wrong:
            raise CommandError(str(wrong), returncode=2) from wrong
        exported = _exported(provider, options["kind"], options["partner"])
        self._write(write_objects(exported.objects), options["output"])
        about = f"OCPI {options['kind']}, by manage.py"
        record(AuditEntry.Event.EXPORTED, None, provider, about=about, rows=len(exported.objects))
        for row_id, why in exported.left_out:
            self.stderr.write(f"left out: {row_id}: {why}")
        self.stderr.write(f"{len(exported.objects):,} {options['kind']} written, {len(exported.left_out):,} left out")

    def _write(self, text: str, output: Path | None) -> None:
        if output is None:
            self.stdout.write(text, ending="")
            return
        try:
            output.write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{output} can't be written: {error.strerror}.", returncode=2) from error


def _exported(provider: Provider, kind: str, party: str | None) -> Exported:
    """Everything, or what a partner sees. Raises CommandError where the provider has no such partner."""
    if party is None:
        return export_locations(provider) if kind == "locations" else export_tariffs(provider)
    try:
        view = PartnerView(get_partner(provider, party), FIRST)
    except NoSuchPartner as wrong:
        raise CommandError(str(wrong), returncode=2) from wrong
    return view.export_locations() if kind == "locations" else view.export_tariffs()
