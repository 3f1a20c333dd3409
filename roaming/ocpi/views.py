"""Base of all OCPI endpoints: who asks, in which version, the envelope around the answer, and its place in the message log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import resolve
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from roaming.message_log import Exchange, keep_message
from roaming.models import Partner, PartnerConnection
from roaming.ocpi.authentication import AuthenticatedPartner, PartnerAuthentication
from roaming.ocpi.envelope import SUCCESS, OcpiParser, OcpiRenderer, envelope
from roaming.ocpi.errors import handle_error

ECHOED = ("X-Request-ID", "X-Correlation-ID")


class JsonAlways(DefaultContentNegotiation):
    """OCPI is JSON, whatever a client says that it accepts."""

    def select_renderer(self, request: Request, renderers: Any, *_: Any) -> tuple[Any, str]:
        return renderers[0], renderers[0].media_type


class OcpiView(APIView):
    """``version`` is that of the address. Views return data, or a Response where there are headers to set."""

    authentication_classes = [PartnerAuthentication]
    permission_classes: list[Any] = []
    throttle_classes: list[Any] = []
    renderer_classes = [OcpiRenderer]
    parser_classes = [OcpiParser]
    content_negotiation_class = JsonAlways
    metadata_class = None

    began: datetime
    version: str = ""

    def get_exception_handler(self) -> Any:
        return handle_error

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.version = kwargs.pop("version", "")
        self.kwargs.pop("version", None)
        super().initial(request, *args, **kwargs)

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        self.began = timezone.now()
        return super().initialize_request(request, *args, **kwargs)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Also of errors: what the partner asked and was answered is kept, and its ids go back with the answer."""
        response = super().finalize_response(request, response, *args, **kwargs)
        for name in ECHOED:
            if given := request.headers.get(name, ""):
                response[name] = given[:100] if given.isprintable() else ""
        asking = request.__dict__.get("_auth")
        if isinstance(asking, AuthenticatedPartner):
            body = request.__dict__.get("_data")
            keep_message(
                asking.connection,
                Exchange(
                    "in",
                    str(request.method),
                    request.get_full_path(),
                    response.status_code,
                    self.began,
                    body if isinstance(body, dict | list) and body else None,
                    response.data,
                ),
            )
        return response

    @property
    def connection(self) -> PartnerConnection:
        asking: AuthenticatedPartner = self.request.auth
        return asking.connection

    @property
    def token_sent(self) -> str:
        """The token by which the request came."""
        asking: AuthenticatedPartner = self.request.auth
        return asking.token

    @property
    def partner(self) -> Partner:
        return self.connection.partner

    def answer(self, data: Any = None, *, status: int = SUCCESS, message: str = "Success") -> Response:
        return Response(envelope(data, status, message))


@csrf_exempt
def without_slash(request: HttpRequest, path: str) -> HttpResponseBase:
    """An address that ends with a slash is answered like the one without it: partners build theirs in either way."""
    match = resolve(request.path_info[:-1])
    answer: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
    return answer
