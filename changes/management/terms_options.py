"""Options that preview_terms and change_terms share: the proposal that they read, and the object that they print."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError

from changes.apply import preview_change
from changes.audience import short_notice
from changes.preview import Preview
from changes.proposals import Inapplicable, NewTerms, NothingToChange
from changes.proposals.later_terms import KEYS
from changes.reference_prices import price_findings
from chargegroups.models import ChargeGroup
from chargegroups.terms import SLOTS
from customers.models import Provider
from evcnet.booleans import BOOLEANS
from evcnet.datetimes import NotAMoment, read_moment
from evcnet.errors import refusal_of
from tariffs.models import Tariff


class TermsCommand(BaseCommand):
    """Exit status 2 for a proposal that makes no sense, with one line that says what is wrong."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--charge-group", required=True, metavar="CODE")
        parser.add_argument("--set", action="append", required=True, metavar="KEY=VALUE", help=", ".join(KEYS))
        parser.add_argument("--at", metavar="ISO8601", help="a moment in the future; default: when it is applied")
        parser.add_argument("--provider", metavar="CODE")
        parser.add_argument("--json", action="store_true", help="one object on standard output")

    def proposal(self, options: dict[str, Any]) -> tuple[NewTerms, datetime | None]:
        group = _group(options)
        values: dict[str, Tariff | bool | None] = {}
        for key, value in (_value(group, assignment) for assignment in options["set"]):
            if values.setdefault(key, value) != value:
                raise refusal(f"--set {key} is given twice, with two values: leave one of them.")
        try:
            at = read_moment(options["at"], lambda: group.provider.zone) if options["at"] else None
        except NotAMoment as wrong:
            raise refusal(f"--at: {wrong}") from wrong
        return NewTerms(group, values), at

    def preview(self, proposal: NewTerms, at: datetime | None) -> tuple[dict[str, Any], str]:
        """What would happen, and the words for it where that is nothing at all."""
        try:
            return preview_as_json(proposal, preview_change(proposal, at)), ""
        except NothingToChange as nothing:
            return preview_as_json(proposal, preview_change(proposal, at, even_nothing=True)), str(nothing)
        except (Inapplicable, IntegrityError) as error:
            raise refusal_from(error) from error

    def show(self, output: dict[str, Any], options: dict[str, Any]) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(output, ensure_ascii=False))
            return
        self.stdout.write(f"{output['charge_group']} at {output['at'] or 'the moment of applying'}")
        for effect, count in output["counts"].items():
            self.stdout.write(f"  {effect.replace('_', ' '):<14}{count:>10,}")
        self.stdout.write(f"  regulars      {output['regulars']:>10,}\n  charge points {output['points']:>10,}")
        for warning in output["warnings"]:
            self.stdout.write(f"  look out: {warning}")
        self.stdout.write(f"fingerprint {output['fingerprint']}")


def preview_as_json(proposal: NewTerms, preview: Preview) -> dict[str, Any]:
    """charge_group, at, counts, regulars, points, fingerprint, warnings: also of what is odd about the new prices."""
    at, output = preview.scheduled and preview.scheduled.isoformat(), preview.impact.as_json()
    output["warnings"] += [f"{each.why} {each.remedy}" for each in price_findings(preview.basis)]
    output["warnings"] += short_notice(preview)
    return {"charge_group": proposal.group.code, "at": at, **output}


def refusal(text: str) -> CommandError:
    return CommandError(text, returncode=2)


def refusal_from(error: Inapplicable | IntegrityError) -> CommandError:
    return refusal(refusal_of(error).message)


def _group(options: dict[str, Any]) -> ChargeGroup:
    groups = ChargeGroup.objects.filter(code=options["charge_group"]).select_related("provider")
    if options["provider"]:
        groups = groups.filter(provider__code=options["provider"])
    elif Provider.objects.count() > 1:
        raise refusal("Codes are unique within a provider, and there are several: say which with --provider CODE.")
    try:
        group: ChargeGroup = groups.get()
    except ObjectDoesNotExist:
        raise refusal(f"There is no charge group {options['charge_group']}: see manage.py export_csv charge_groups.")
    return group


def _value(group: ChargeGroup, assignment: str) -> tuple[str, Tariff | bool | None]:
    key, equals, value = assignment.partition("=")
    if not equals or key not in KEYS:
        raise refusal(f"--set {assignment}: write KEY=VALUE with one of the keys {', '.join(KEYS)}.")
    if key in SLOTS:
        return key, _tariff(group, key, value) if value else None
    if value.casefold() not in BOOLEANS:
        raise refusal(f"--set {assignment}: write {key}=true or {key}=false.")
    return key, BOOLEANS[value.casefold()]


def _tariff(group: ChargeGroup, key: str, code: str) -> Tariff:
    tariff: Tariff | None = Tariff.objects.filter(provider_id=group.provider_id, code=code).first()
    if tariff is None:
        raise refusal(f"--set {key}={code}: the provider has no tariff {code}.")
    return tariff
