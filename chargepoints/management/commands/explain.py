"""Command: explain why a card may, or may not, charge at a charge point."""

import json
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from chargepoints.authorization import authorize_at
from chargepoints.models import Session
from chargepoints.search import zone_of
from chargepoints.session_recorder import explain_session
from customers.provider_lookup import ProviderRequired, get_provider
from evcnet.datetimes import NotAMoment, read_moment


class Command(BaseCommand):
    help = "Explain the decision on one card at one charge point: verdict, reason, price list, and the lines passed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--card", metavar="UID")
        parser.add_argument("--charge-point", metavar="IDENTITY")
        parser.add_argument("--session", metavar="ID", help="what was decided when this session was recorded, as kept")
        parser.add_argument("--provider", metavar="CODE", help="whose session it is")
        parser.add_argument("--at", metavar="ISO8601", help="default: now; without an offset in the provider's zone")
        parser.add_argument("--json", action="store_true", help="one object on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        output = self._session(options) if options["session"] else self._card(options)
        self.stdout.write(json.dumps(output, ensure_ascii=False) if options["json"] else "\n".join(_lines(output)))

    def _card(self, options: dict[str, Any]) -> dict[str, Any]:
        if not options["card"] or not options["charge_point"]:
            raise CommandError("Give --card and --charge-point, or --session.", returncode=2)
        now = timezone.now()
        answer = authorize_at(options["card"], options["charge_point"], self._moment(options, now), now=now)
        return answer.as_json(steps=True)

    def _session(self, options: dict[str, Any]) -> dict[str, Any]:
        try:
            provider = get_provider(options["provider"])
        except ProviderRequired as wrong:
            raise CommandError(str(wrong), returncode=2) from wrong
        session = Session.objects.select_related("customer").filter(provider=provider, code=options["session"]).first()
        if session is None:
            raise CommandError(f"{provider.code} has no session with the id “{options['session']}”.", returncode=2)
        return explain_session(session)

    def _moment(self, options: dict[str, Any], now: datetime) -> datetime:
        if not options["at"]:
            return now
        try:
            return read_moment(options["at"], lambda: zone_of(options["charge_point"]))
        except NotAMoment as wrong:
            raise CommandError(f"--at: {wrong}", returncode=2) from wrong


def _lines(output: dict[str, Any]) -> list[str]:
    lines = [
        f"{output['verdict']} ({output['reason']})",
        *(f"  {step['outcome']}: {step['text']}" for step in output.get("steps", [])),
    ]
    if output.get("tariff"):
        lines.append(f"Tariff {output['tariff']} ({output['tariff_source']}): {output['price_text']}")
    if output.get("known_from") and datetime.fromisoformat(output["at"]) < datetime.fromisoformat(output["known_from"]):
        lines.append(f"Not known before {output['known_from']}: the earliest known state of what is younger counts.")
    elif output.get("known_from", "") is None and output["reason"] != "charge_point_unknown":
        lines.append("Not everything is known by record: what has no entry in the history counts as it stands today.")
    if "ocpi" in output:
        lines.append(f"OCPI {output['ocpi']}, OCPP 1.6 {output['ocpp16']}, OCPP 2.0.1 {output['ocpp201']}")
    if price := output.get("price"):
        lines.append(f"Priced {price['incl_vat']} {price['currency']} including VAT, {price['excl_vat']} excluding")
        lines += [f"Energy is {note}." for note in price.get("notes", [])]
    return lines
