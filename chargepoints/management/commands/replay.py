"""Command: price past sessions under another tariff."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import models
from django.utils import timezone

from chargegroups.models import ChargeGroup
from chargepoints.replay import Replayed, replay, sessions_at, sessions_by, started_within, version_to_replay
from customers.models import Provider
from customers.provider_lookup import ProviderRequired, get_provider
from evcnet import replica
from evcnet.datetimes import NotAMoment, read_moment
from evcnet.errors import DomainError
from tariffs.models import Tariff
from tariffs.pricing.currencies import MINOR_UNITS

R = TypeVar("R", bound=models.Model)

UNUSABLE = 2
BAR = 40


class Command(BaseCommand):
    help = "Price past sessions again under another tariff: totals, differences, and the customers most concerned."

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--charge-group", metavar="CODE", help="sessions at the charge points that are in it now")
        which.add_argument("--tariff", metavar="CODE", help="sessions that were priced by this tariff")
        parser.add_argument(
            "--against", required=True, metavar="TARIFF", help="its version in force, else its next one"
        )
        parser.add_argument("--from", dest="begin", metavar="ISO8601", help="sessions that started then or later")
        parser.add_argument("--until", dest="end", metavar="ISO8601", help="sessions that started before then")
        parser.add_argument("--provider", metavar="CODE", help="whose codes these are")
        parser.add_argument("--json", action="store_true", help="one object on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = replica.read(lambda: self._run(options))
        except DomainError as wrong:
            raise CommandError(wrong.refusal.message, returncode=UNUSABLE) from wrong
        except (NotAMoment, ProviderRequired, NotThere) as wrong:
            raise CommandError(str(wrong), returncode=UNUSABLE) from wrong
        self.stdout.write(json.dumps(_object(done), ensure_ascii=False) if options["json"] else "\n".join(_lines(done)))

    def _run(self, options: dict[str, Any]) -> Replayed:
        provider = get_provider(options["provider"])
        if options["charge_group"]:
            sessions = sessions_at(_get_by_code(ChargeGroup, provider, options["charge_group"]))
        else:
            sessions = sessions_by(_get_by_code(Tariff, provider, options["tariff"]))
        begin, end = (_moment(provider, name, options[key]) for name, key in (("from", "begin"), ("until", "end")))
        against = version_to_replay(_get_by_code(Tariff, provider, options["against"]), timezone.now())
        chosen = started_within(sessions, begin, end)
        count = chosen.count()
        return replay(chosen, against, lambda done: self.stderr.write(f"{done:,} of {count:,} sessions"))


class NotThere(ValueError):
    """No such row of the provider."""


def _get_by_code(model: type[R], provider: Provider, code: str) -> R:
    row = model._default_manager.filter(provider=provider, code=code).first()
    if row is None:
        raise NotThere(f"{provider.code} has no {model._meta.verbose_name} with the code “{code}”: check it.")
    return row


def _moment(provider: Provider, name: str, text: str | None) -> datetime | None:
    try:
        return read_moment(text, lambda: provider.zone) if text else None
    except NotAMoment as wrong:
        raise NotAMoment(f"--{name}: {wrong}") from wrong


def _object(done: Replayed) -> dict[str, Any]:
    """Amounts include VAT, as text with the decimals of the currency."""
    total, decimals = done.total, MINOR_UNITS[done.total.currency]
    return {
        "against": done.against.tariff.code,
        "against_valid_from": done.against.valid_from.isoformat(),
        "currency": total.currency,
        "sessions": total.sessions,
        "unrated": done.unrated,
        "before": f"{total.before:.{decimals}f}",
        "after": f"{total.after:.{decimals}f}",
        "difference": f"{total.difference:.{decimals}f}",
        "dearer": total.dearer,
        "cheaper": total.cheaper,
        "unchanged": total.unchanged,
        "histogram": [
            {"above": None if low is None else str(low), "up_to": None if high is None else str(high), "sessions": many}
            for low, high, many in done.histogram
        ],
        "customers": [
            {
                "customer": each.customer.number if each.customer else None,
                "difference": f"{each.difference:.{decimals}f}",
            }
            for each in done.largest
        ],
    }


def _lines(done: Replayed) -> Iterator[str]:
    total, decimals = done.total, MINOR_UNITS[done.total.currency]
    share = "" if done.percent is None else f", {done.percent:+.1f} %"
    yield f"{total.sessions:,} sessions under {done.against}, in {total.currency} including VAT"
    yield f"  {total.before:,.{decimals}f} before, {total.after:,.{decimals}f} after: {total.difference:+,.{decimals}f}{share}"
    yield f"  {total.dearer:,} dearer, {total.cheaper:,} cheaper, {total.unchanged:,} unchanged"
    if done.unrated:
        yield f"  {done.unrated:,} more were not allowed and have no price"
    yield from _bars(done)
    if done.largest:
        yield "Customers with the largest difference"
    for each in done.largest:
        yield f"  {each.difference:>+14,.{decimals}f}  {each.customer or 'cards of other providers'}"


def _bars(done: Replayed) -> Iterator[str]:
    if not done.bars:
        return
    yield "Sessions by difference"
    most = max(many for _, many in done.bars)
    for label, many in done.bars:
        yield f"  {label:>16}  {many:>9,}  {'#' * round(BAR * many / most)}".rstrip()
