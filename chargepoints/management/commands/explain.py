"""Command: explain why a card may, or may not, charge at a charge point."""

import json
from datetime import datetime, tzinfo
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from chargepoints.authorization import Authorization, authorize_at
from chargepoints.models import ChargePoint
from evcnet.datetimes import NotAMoment, read_moment


class Command(BaseCommand):
    help = "Explain the decision on one card at one charge point: verdict, reason, price list, and the lines passed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--card", required=True, metavar="UID")
        parser.add_argument("--charge-point", required=True, metavar="IDENTITY")
        parser.add_argument("--at", metavar="ISO8601", help="default: now; without an offset in the provider's zone")
        parser.add_argument("--json", action="store_true", help="one object on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        answer = authorize_at(options["card"], options["charge_point"], self._moment(options, now), now=now)
        if options["json"]:
            self.stdout.write(json.dumps(answer.as_json(steps=True), ensure_ascii=False))
        else:
            self.stdout.write("\n".join(_told(answer)))

    def _moment(self, options: dict[str, Any], now: datetime) -> datetime:
        if not options["at"]:
            return now
        try:
            return read_moment(options["at"], lambda: _zone(options["charge_point"]))
        except NotAMoment as wrong:
            raise CommandError(f"--at: {wrong}", returncode=2) from wrong


def _zone(identity: str) -> tzinfo:
    """The time zone of the charge point's provider."""
    identity = identity.strip().replace("\x00", "")
    point = ChargePoint.objects.select_related("provider").filter(identity__iexact=identity).first()
    return point.provider.zone if point else timezone.get_default_timezone()


def _told(answer: Authorization) -> list[str]:
    says = answer.as_json(steps=True)
    lines = [
        f"{says['verdict']} ({says['reason']})",
        *(f"  {step['outcome']}: {step['text']}" for step in says["steps"]),
    ]
    if says["tariff"]:
        lines.append(f"Tariff {says['tariff']} ({says['tariff_source']}): {says['price_text']}")
    if answer.not_known_yet:
        lines.append(f"Not known before {says['known_from']}: the earliest known state of what is younger counts.")
    lines.append(f"OCPI {says['ocpi']}, OCPP 1.6 {says['ocpp16']}, OCPP 2.0.1 {says['ocpp201']}")
    return lines
