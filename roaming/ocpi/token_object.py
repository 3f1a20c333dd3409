"""OCPI token objects: parsed into columns of tokens of partners, with all problems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from roaming.models import Partner, PartnerToken
from tariffs.ocpi.fields import NOT_AN_OBJECT, Fields
from tariffs.pricing.problems import Problem

TYPES = tuple(sorted(PartnerToken.Type.values))
PROFILES = tuple(sorted(PartnerToken.Profile.values))
WHITELISTS = tuple(sorted(PartnerToken.Whitelist.values))


@dataclass
class TokenObject:
    """``id`` names it to people; ``values`` are columns of PartnerToken. ``problems`` say why it can't be taken."""

    id: str
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def last_updated(self) -> datetime:
        moment: datetime = self.values["last_updated"]
        return moment


def parse_token(value: object, position: int, partner: Partner) -> TokenObject:
    """Fields that are not named here are left out: what else an e-MSP knows of its token opens nothing."""
    if not isinstance(value, Mapping):
        return TokenObject(f"#{position}", problems=[NOT_AN_OBJECT])
    fields = Fields(value)
    uid = fields.code("uid", 36, required=True)
    if uid and not any(map(str.isalnum, uid)):
        fields.refuse_field("uid", "has neither a letter nor a digit", "give what the reader reads")
    _check_party(fields, partner)
    values = {
        "uid": uid,
        "type": fields.choice(fields.path("type"), fields.text("type", 20), TYPES),
        "contract_id": fields.code("contract_id", 36, required=True),
        "visual_number": fields.text("visual_number", 64),
        "issuer": fields.text("issuer", 64, required=True),
        "group_id": fields.code("group_id", 36),
        "valid": fields.truth("valid"),
        "whitelist": fields.choice(fields.path("whitelist"), fields.text("whitelist", 20), WHITELISTS),
        "language": fields.code("language", 2).lower(),
        "default_profile_type": _profile(fields),
        **_energy_contract(fields),
        "last_updated": fields.moment("last_updated"),
    }
    for name in ("valid", "last_updated"):
        if name not in fields.present:
            fields.refuse_field(name, "is absent", "give it")
    return TokenObject(uid or f"#{position}", values, fields.problems)


def _profile(fields: Fields) -> str:
    name = "default_profile_type"
    return fields.choice(fields.path(name), fields.text(name, 20), PROFILES) or "" if name in fields.present else ""


def _energy_contract(fields: Fields) -> dict[str, str]:
    given = fields.present.get("energy_contract", {})
    if not isinstance(given, Mapping):
        fields.refuse_field("energy_contract", "is not an object", "give supplier_name and contract_id")
        given = {}
    contract = Fields(given, "energy_contract")
    supplier = contract.text("supplier_name", 64, required="energy_contract" in fields.present)
    number = contract.text("contract_id", 64)
    fields.problems += contract.problems
    return {"energy_supplier": supplier, "energy_contract": number}


def _check_party(fields: Fields, partner: Partner) -> None:
    """A hub passes on the tokens of others; everybody else vouches for its own."""
    party = f"{fields.code('country_code', 2, required=True)}-{fields.code('party_id', 3, required=True)}".upper()
    if len(party) == 6 and party != partner.code and partner.role != Partner.Role.HUB:
        fields.refuse_field("party_id", f"{party} is not {partner.code}", "give the tokens of this partner alone")
