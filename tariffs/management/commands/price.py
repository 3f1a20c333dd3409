"""The command price: what a session costs by a tariff, with the lines that add up to it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from customers.provider_lookup import ProviderRequired, get_provider
from tariffs.conversion import price_list
from tariffs.models import TariffVersion
from tariffs.pricing import (
    Cost,
    InvalidSession,
    InvalidTariff,
    Session,
    Tariff,
    price_session,
    read_session,
    read_tariff,
)
from tariffs.pricing.json_text import NotJson, read_json
from tariffs.pricing.problems import Finding
from tariffs.pricing.restriction_lints import never_met

_FEW = 3


class Command(BaseCommand):
    help = "Price a session: the totals, and the lines that add up to them. Exit status 2 if anything makes no sense."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--tariff", required=True, metavar="FILE.json|CODE", help="an OCPI tariff object, or a stored tariff's code"
        )
        parser.add_argument("--session", required=True, metavar="FILE.json", help="start, time_zone and periods")
        parser.add_argument("--provider", metavar="CODE", help="whose tariff the code is")
        parser.add_argument("--json", action="store_true", help="one object on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            session = read_session(_content(options["session"]))
            tariff = _tariff(options["tariff"], options["provider"], session)
        except InvalidTariff as wrong:
            raise CommandError(f"The tariff makes no sense: {wrong}", returncode=2) from wrong
        except InvalidSession as wrong:
            raise CommandError(f"The session makes no sense: {wrong}", returncode=2) from wrong
        except (NotJson, NoTariff, ProviderRequired) as wrong:
            raise CommandError(str(wrong), returncode=2) from wrong
        self._warn(list(never_met(tariff)))
        cost = price_session(tariff, session)
        self.stdout.write(json.dumps(cost.as_dict()) if options["json"] else "\n".join(_table(cost)))

    def _warn(self, unmet: list[Finding]) -> None:
        """A restriction that no session meets is legal, and probably not meant."""
        for finding in unmet[:_FEW]:
            self.stderr.write(str(finding))
        if len(unmet) > _FEW:
            self.stderr.write(f"And {len(unmet) - _FEW} more like it.")


class NoTariff(ValueError):
    """No tariff of the provider has the code, or none of its versions is in force."""


def _content(name: str) -> object:
    try:
        return read_json(Path(name).read_bytes())
    except OSError as error:
        raise NotJson(f"{name} can't be read: {error.strerror}") from error
    except NotJson as wrong:
        raise NotJson(f"{name}: {wrong}") from wrong


def _tariff(name: str, provider: str | None, session: Session) -> Tariff:
    """A file's tariff; else the version of a stored one that is in force when the session starts."""
    if name.lower().endswith(".json") or Path(name).is_file():
        return read_tariff(_content(name))
    at = datetime.fromtimestamp(session.start, UTC)
    versions = TariffVersion.objects.in_force(at).select_related("tariff").prefetch_related("elements")
    version = versions.filter(tariff__provider=get_provider(provider), tariff__code=name).first()
    if version is None:
        raise NoTariff(f"No tariff with the code “{name}” has a version in force at {at:%Y-%m-%d %H:%M} UTC.")
    return price_list(version)


def _table(cost: Cost) -> list[str]:
    """A table for people."""
    heads = ("dimension", "element", "quantity", "unit", "price", "vat", "excl_vat", "incl_vat")
    rows = [["" if line[name] is None else str(line[name]) for name in heads] for line in cost.as_dict()["lines"]]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (heads, *rows)]
    total = f"{cost.excl_vat:f} {cost.currency} excl. VAT, {cost.incl_vat:f} {cost.currency} incl. VAT"
    return [*(row.rstrip() for row in table), total]
