"""Endpoint of commands: a partner starts and ends sessions of its own tokens, through the gateway."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from chargepoints.authorization import authorize
from chargepoints.models import ChargePoint
from evcnet.datetimes import database_clock
from evcnet.errors import DomainError
from gateway import commands
from gateway.models import DeviceCommand, Transaction
from roaming.addresses import AddressRefused, target_of
from roaming.ocpi.descriptions import described
from roaming.ocpi.errors import GENERIC, NOT_ENOUGH, UNKNOWN_LOCATION, OcpiError
from roaming.ocpi.partner_sessions import running
from roaming.ocpi.partner_view import PartnerView
from roaming.ocpi.serializers.commands import (
    CommandResponseSerializer,
    StartSessionSerializer,
    StopSessionSerializer,
)
from roaming.ocpi.session_object import session_id
from roaming.ocpi.tasks import tell_result_of_command
from roaming.ocpi.token_object import parse_token
from roaming.ocpi.views import OcpiView
from roaming.token_intake import IncomingToken, take_tokens

UNSUPPORTED = ("CANCEL_RESERVATION", "RESERVE_NOW", "UNLOCK_CONNECTOR")
SECONDS = int(commands.EXPIRES_AFTER.total_seconds())
SENT = PolymorphicProxySerializer(
    component_name="SentCommand",
    serializers=[StartSessionSerializer, StopSessionSerializer],
    resource_type_field_name=None,
)


class CommandEndpoint(OcpiView):
    @extend_schema(request=SENT, responses=described(CommandResponseSerializer))
    def post(self, request: Request, command: str) -> Response:
        """START_SESSION and STOP_SESSION are sent to the device, whose answer goes to the response_url."""
        if command in UNSUPPORTED:
            return self._result("NOT_SUPPORTED")
        if command == "START_SESSION":
            return self._start(request)
        if command == "STOP_SESSION":
            return self._stop(request)
        raise OcpiError(f"There is no command {command[:30]}.", GENERIC, status.HTTP_404_NOT_FOUND)

    def _start(self, request: Request) -> Response:
        sent = _read(StartSessionSerializer(data=request.data))
        token = parse_token(sent["token"], 1, self.partner)
        if token.problems:
            raise OcpiError(" ".join(f"token.{each}." for each in token.problems))
        point = self._point(sent)
        take_tokens(self.partner, [IncomingToken(token.values)], database_clock())
        answer = authorize(token.values["uid"], point.identity, timezone.now())
        if answer.reason != "roaming_partner" or answer.facts.row["partner"] != self.partner.pk:
            return self._result("REJECTED")
        parameters = {"uid": token.values["uid"]}
        if sent.get("connector_id", "").isdecimal():
            parameters["evse"] = sent["connector_id"][:4]
        return self._send(point, DeviceCommand.Kind.REMOTE_START, sent["response_url"], **parameters)

    def _stop(self, request: Request) -> Response:
        sent = _read(StopSessionSerializer(data=request.data))
        rows = running(self.partner).select_related("charge_point")
        row: Transaction | None = next((each for each in rows if session_id(each) == sent["session_id"]), None)
        if row is None:
            return self._result("UNKNOWN_SESSION")
        kind = DeviceCommand.Kind.REMOTE_STOP
        return self._send(row.charge_point, kind, sent["response_url"], transaction=row.code)

    def _point(self, sent: dict[str, Any]) -> ChargePoint:
        """The EVSE, among those that the partner sees; it need not be named where it is the only one of its location."""
        points = PartnerView(self.partner, self.version).points_at(sent["location_id"])
        named = sent.get("evse_uid")
        if named is None and len(points) != 1:
            raise OcpiError("evse_uid: say at which EVSE.", NOT_ENOUGH)
        point = next((each for each in points if named is None or each.evse_uid.lower() == named.lower()), None)
        if point is None:
            raise OcpiError("There is no such EVSE.", UNKNOWN_LOCATION, status.HTTP_404_NOT_FOUND)
        return point

    def _send(self, point: ChargePoint, kind: str, response_url: str, **parameters: Any) -> Response:
        try:
            command = commands.ask(point, kind, None, **parameters)
        except DomainError:
            return self._result("REJECTED")
        tell_result_of_command.defer(command=command.pk, connection=self.connection.pk, url=response_url)
        return self._result("ACCEPTED")

    def _result(self, result: str) -> Response:
        return self.answer({"result": result, "timeout": SECONDS if result == "ACCEPTED" else 0})


def _read(serializer: Any) -> dict[str, Any]:
    """What was sent; an address to which the result can't go is refused at once."""
    serializer.is_valid(raise_exception=True)
    sent: dict[str, Any] = serializer.validated_data
    try:
        target_of(sent["response_url"])
    except AddressRefused as refused:
        raise OcpiError(f"response_url: {refused}") from refused
    return sent
