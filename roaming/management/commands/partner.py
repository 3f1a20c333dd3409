"""The command `partner`: adds an e-MSP with an agreement, gives it a new token A, ends it, lists all of them."""

from __future__ import annotations

import json
from typing import Any

import pghistory
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from customers.models import Provider
from customers.provider_lookup import ProviderRequired, get_provider
from evcnet.datetimes import database_clock
from roaming import connections
from roaming.models import Partner
from roaming.partner_list import partner_list
from roaming.partners import NoSuchPartner, add_partner, end_partner, get_partner


class Command(BaseCommand):
    help = (
        "Add a roaming partner with an agreement from now on, make a new token A for it, end it, or list the partners."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["add", "token", "list", "end"])
        parser.add_argument("--provider", metavar="CODE", help="whose partner; default: the only provider there is")
        parser.add_argument("--country", metavar="CC", help="country code of the partner, two letters")
        parser.add_argument("--party", metavar="PID", help="party id of the partner, three letters or digits")
        parser.add_argument("--name", help="of a partner that is added")
        parser.add_argument("--role", choices=Partner.Role.values, default=Partner.Role.EMSP.value)
        parser.add_argument("--json", action="store_true", help="one object on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            provider = get_provider(options["provider"])
            with pghistory.context(command=f"partner {options['action']}"):
                answer = getattr(self, f"_{options['action']}")(provider, options)
        except (ProviderRequired, NoSuchPartner) as wrong:
            raise CommandError(str(wrong), returncode=2) from wrong
        except ValidationError as wrong:
            raise CommandError("; ".join(wrong.messages), returncode=2) from wrong
        self.stdout.write(json.dumps(answer, ensure_ascii=False) if options["json"] else _in_words(answer))

    def _add(self, provider: Provider, options: dict[str, Any]) -> dict[str, Any]:
        country, party = _party(options)
        if not options["name"]:
            raise CommandError("Say how the partner is called, with --name.", returncode=2)
        partner = Partner(
            provider=provider, country_code=country, party_id=party, name=options["name"], role=options["role"]
        )
        token = add_partner(partner, database_clock())
        return {"partner": partner.code, "token": token}

    def _token(self, provider: Provider, options: dict[str, Any]) -> dict[str, Any]:
        partner = get_partner(provider, "-".join(_party(options)))
        return {"partner": partner.code, "token": connections.invite(partner)}

    def _end(self, provider: Provider, options: dict[str, Any]) -> dict[str, Any]:
        partner = get_partner(provider, "-".join(_party(options)))
        end_partner(partner, database_clock())
        return {"partner": partner.code, "ended": True}

    def _list(self, provider: Provider, options: dict[str, Any]) -> dict[str, Any]:
        return {"partners": partner_list(provider, database_clock())}


def _party(options: dict[str, Any]) -> tuple[str, str]:
    if not options["country"] or not options["party"]:
        raise CommandError("Say which partner, with --country CC --party PID.", returncode=2)
    return options["country"].upper(), options["party"].upper()


def _in_words(answer: dict[str, Any]) -> str:
    if "partners" in answer:
        lines = [f"{each['partner']}  {each['name']}: {_state(each)}" for each in answer["partners"]]
        return "\n".join(lines) or "There is no partner yet: add one with partner add."
    if "token" in answer:
        return f"Token A of {answer['partner']}, which is shown once: {answer['token']}"
    return f"{answer['partner']} is ended: its customers charge no more, and it is not connected."


def _state(partner: dict[str, Any]) -> str:
    agreed = f"an agreement since {partner['agreement_from']}" if partner["agreement_from"] else "no agreement"
    return f"{agreed}, {partner['tokens']:,} tokens, {partner['connection'] or 'not connected'}"
