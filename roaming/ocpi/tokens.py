"""Endpoint of tokens, receiver: GET, PUT and PATCH of the partner's own tokens."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from evcnet.codes import uid_key
from evcnet.datetimes import database_clock
from roaming.models import PartnerToken
from roaming.ocpi.descriptions import described
from roaming.ocpi.errors import UNKNOWN_TOKEN, OcpiError
from roaming.ocpi.serializers.tokens import TokenChangeSerializer, TokenSerializer
from roaming.ocpi.token_object import TYPES, parse_token
from roaming.ocpi.views import OcpiView
from roaming.token_intake import GIVEN, IncomingToken, take_tokens
from tariffs.ocpi.fields import format_moment

TYPE = [OpenApiParameter("type", {"type": "string", "enum": list(TYPES), "default": "RFID"})]


class TokenObjectView(OcpiView):
    @extend_schema(parameters=TYPE, responses=described(TokenSerializer))
    def get(self, request: Request, country: str, party: str, uid: str) -> Response:
        """A token of the partner's own, as it is stored."""
        self._check_own(country, party)
        return self.answer(token_object(self._stored(uid)))

    @extend_schema(parameters=TYPE, request=TokenSerializer, responses=described(also=(201,)))
    def put(self, request: Request, country: str, party: str, uid: str) -> Response:
        """A new token, or all of a stored one anew. An older message changes nothing."""
        self._check_own(country, party)
        return self._take(request.data, uid)

    @extend_schema(parameters=TYPE, request=TokenChangeSerializer, responses=described())
    def patch(self, request: Request, country: str, party: str, uid: str) -> Response:
        """Some fields of a stored token, and when they changed."""
        self._check_own(country, party)
        if not isinstance(request.data, dict) or request.data.get("last_updated") is None:
            raise OcpiError("last_updated is absent; give it.")
        with transaction.atomic():
            stored = token_object(self._stored(uid, lock=True))
            return self._take(stored | request.data, uid)

    def _take(self, sent: Any, uid: str) -> Response:
        parsed = parse_token(sent, 1, self.partner)
        if parsed.problems:
            raise OcpiError(" ".join(f"{each}." for each in parsed.problems))
        if uid_key(parsed.values["uid"]) != uid_key(uid):
            raise OcpiError("uid: is another one than in the address.")
        if "type" in self.request.query_params and parsed.values["type"] != self.type:
            raise OcpiError("type: is another one than in the address.")
        (outcome,) = take_tokens(self.partner, [IncomingToken(parsed.values)], database_clock())
        message = "The stored token is newer: nothing was changed." if outcome == "outdated" else "Success"
        response = self.answer(message=message)
        response.status_code = status.HTTP_201_CREATED if outcome == "new" else status.HTTP_200_OK
        return response

    @property
    def type(self) -> str:
        given = str(self.request.query_params.get("type") or "RFID")
        if given not in TYPES:
            raise OcpiError(f"type: there is no type of token “{given[:20]}”; there are {', '.join(TYPES)}.")
        return given

    def _check_own(self, country: str, party: str) -> None:
        if (country.upper(), party.upper()) != (self.partner.country_code.code, self.partner.party_id):
            raise OcpiError("These are not your tokens.", UNKNOWN_TOKEN, status.HTTP_404_NOT_FOUND)

    def _stored(self, uid: str, *, lock: bool = False) -> PartnerToken:
        rows = PartnerToken.objects.select_for_update() if lock else PartnerToken.objects.all()
        key = uid_key(uid.replace("\x00", " "))
        stored: PartnerToken | None = rows.filter(partner=self.partner, uid__uid_key=key, type=self.type).first()
        if stored is None:
            raise OcpiError("There is no such token.", UNKNOWN_TOKEN, status.HTTP_404_NOT_FOUND)
        return stored


def token_object(token: PartnerToken) -> dict[str, Any]:
    """A stored token as OCPI has it."""
    partner = token.partner
    values = {name: getattr(token, name) for name in ("uid", "type", *GIVEN)}
    contract = {"supplier_name": values.pop("energy_supplier"), "contract_id": values.pop("energy_contract")}
    if contract["supplier_name"]:
        values["energy_contract"] = {name: value for name, value in contract.items() if value}
    return {
        "country_code": partner.country_code.code,
        "party_id": partner.party_id,
        **{name: value for name, value in values.items() if value != ""},
        "last_updated": format_moment(token.last_updated),
    }
