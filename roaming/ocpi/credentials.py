"""Endpoint of credentials: registration by token A, rotation, and the end of a registration."""

from __future__ import annotations

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from roaming import connections
from roaming.handshake import HandshakeRefused, accept_credentials, own_address, own_credentials
from roaming.models import Partner, PartnerConnection
from roaming.ocpi.descriptions import described
from roaming.ocpi.errors import GENERIC, OcpiError
from roaming.ocpi.serializers import CredentialsSerializer
from roaming.ocpi.views import OcpiView


class CredentialsEndpoint(OcpiView):
    @extend_schema(responses=described(CredentialsSerializer))
    def get(self, request: Request) -> Response:
        """The provider's credentials, with the token by which they were asked for."""
        return self.answer(own_credentials(self.connection.provider, self.token_sent, self._versions_url()))

    @extend_schema(request=CredentialsSerializer, responses=described(CredentialsSerializer))
    def post(self, request: Request) -> Response:
        """Register: the portal fetches the versions of the partner with the token in the body, and answers with token C."""
        if self.is_registered:
            raise OcpiError("You are registered: use PUT.", GENERIC, status.HTTP_405_METHOD_NOT_ALLOWED)
        return self._accept(request)

    @extend_schema(request=CredentialsSerializer, responses=described(CredentialsSerializer))
    def put(self, request: Request) -> Response:
        """Rotate: as POST, for a partner that is registered. The former token ends."""
        self._check_registered()
        return self._accept(request)

    @extend_schema(request=None, responses=described())
    def delete(self, request: Request) -> Response:
        """Unregister: no token opens anything any more."""
        self._check_registered()
        connections.end(self.partner)
        return self.answer()

    @property
    def is_registered(self) -> bool:
        return self.connection.state == PartnerConnection.State.REGISTERED

    def _check_registered(self) -> None:
        if not self.is_registered:
            raise OcpiError("You are not registered: use POST.", GENERIC, status.HTTP_405_METHOD_NOT_ALLOWED)

    def _accept(self, request: Request) -> Response:
        sent = CredentialsSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        _check_roles(sent.validated_data["roles"], self.partner)
        try:
            credentials = accept_credentials(
                self.connection, sent.validated_data, version=self.version, versions_url=self._versions_url()
            )
        except HandshakeRefused as refused:
            raise OcpiError(str(refused), refused.status) from refused
        return self.answer(credentials)

    def _versions_url(self) -> str:
        return own_address(reverse("ocpi:versions"), self.request.build_absolute_uri)


def _check_roles(roles: list[dict[str, str]], partner: Partner) -> None:
    """The connection is that of one party; another's credentials are refused."""
    parties = {(each["country_code"].upper(), each["party_id"].upper()) for each in roles}
    if (partner.country_code.code, partner.party_id) not in parties:
        raise OcpiError(f"The token was given to {partner.code}, and none of the roles is.")
