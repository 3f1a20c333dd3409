"""Tab of a partner: its connection by OCPI. Staff make a token for the partner, or connect by the one that it gave."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_POST

from customers.audit import record
from customers.models import AuditEntry
from evcnet.accounts.reauthentication import asks_password_again
from evcnet.admin.base import ModelAdmin
from evcnet.admin.requests import StaffRequest
from roaming import connections
from roaming.handshake import HandshakeRefused, begin_handshake, own_address
from roaming.models import Partner, PartnerConnection, PartnerMessage

LISTED = 20
MAY_CONNECT = "roaming.change_partnerconnection"


class ConnectForm(forms.Form):
    """Where the partner's versions are, and the token A that it gave. The token is a secret, and is named like one."""

    url = forms.URLField(label="Address of its versions", max_length=255, assume_scheme="https")
    token_password = forms.CharField(
        label="Its token A", max_length=64, widget=forms.PasswordInput(attrs={"autocomplete": "off"})
    )


def connection_view(admin: ModelAdmin[Partner], request: StaffRequest, partner: Partner) -> HttpResponse:
    return _page(admin, request, partner, ConnectForm())


def _page(admin: ModelAdmin[Partner], request: StaffRequest, partner: Partner, form: ConnectForm) -> HttpResponse:
    log = PartnerMessage.objects.visible_to(request.user).filter(partner=partner)
    connection = PartnerConnection.objects.filter(partner=partner).select_related("use").first()
    context = admin.page_context(request, partner, str(partner)) | {
        "partner": partner,
        "tab_of": admin.page(partner.pk, "connection"),
        "connection": connection,
        "state": f"partner_{connection.state if connection else 'none'}",
        "versions_url": versions_url(request),
        "form": form,
        "may_connect": request.user.has_perm(MAY_CONNECT, partner),
        "invite": admin.page(partner.pk, "connection_invite"),
        "connect": admin.page(partner.pk, "connection_connect"),
        "end": admin.page(partner.pk, "connection_end"),
        "log": log.order_by("-at", "-pk")[:LISTED],
        "log_url": f"{reverse('admin:roaming_partnermessage_changelist')}?partner__id__exact={partner.pk}",
    }
    return TemplateResponse(request, "roaming/connection.html", context)


def versions_url(request: StaffRequest) -> str:
    """Ours, as partners reach it: by PUBLIC_URL, else by the address of this page."""
    return own_address(reverse("ocpi:versions"), request.build_absolute_uri)


def posts(admin: ModelAdmin[Partner]) -> list[URLPattern]:
    """The addresses of what the tab posts to."""
    views = {"invite": _invite, "connect": _connect, "end": _end}

    def address(name: str) -> URLPattern:
        def view(request: StaffRequest, object_id: str) -> HttpResponseBase:
            partner = admin.get_object_or_404(request, object_id)
            if not request.user.has_perm(MAY_CONNECT, partner):
                raise PermissionDenied
            return views[name](admin, request, partner)

        return admin.object_path(f"connection/{name}", require_POST(asks_password_again(view)))

    return [address(name) for name in views]


def _invite(admin: ModelAdmin[Partner], request: StaffRequest, partner: Partner) -> HttpResponse:
    """The one time that the token is shown."""
    context = admin.page_context(request, partner, f"{partner}: copy the token now") | {
        "secret": connections.invite(partner),
        "versions_url": versions_url(request),
        "back": admin.page(partner.pk, "connection"),
        "tab_of": admin.page(partner.pk, "connection"),
    }
    _record(request, partner, "a new token A was made")
    response = TemplateResponse(request, "roaming/token.html", context)
    add_never_cache_headers(response)
    return response


def _connect(admin: ModelAdmin[Partner], request: StaffRequest, partner: Partner) -> HttpResponse:
    form = ConnectForm(request.POST)
    if not form.is_valid():
        return _page(admin, request, partner, form)
    typed = form.cleaned_data
    try:
        connection = begin_handshake(
            _connection(partner), typed["url"], typed["token_password"], versions_url=versions_url(request)
        )
    except HandshakeRefused as refusal:
        form.add_error(None, f"Not connected. {refusal}")
        return _page(admin, request, partner, form)
    _record(request, partner, f"connected by OCPI {connection.version}")
    messages.success(request, f"{partner} is connected by OCPI {connection.version}.")
    return HttpResponseRedirect(admin.page(partner.pk, "connection"))


def _connection(partner: Partner) -> PartnerConnection:
    """That of the partner; a new one opens nothing until the handshake is over."""
    connection, _ = PartnerConnection.objects.get_or_create(
        partner=partner, defaults={"provider_id": partner.provider_id, "state": PartnerConnection.State.ENDED}
    )
    return connection


def _end(admin: ModelAdmin[Partner], request: StaffRequest, partner: Partner) -> HttpResponse:
    connections.end(partner)
    _record(request, partner, "the connection was ended")
    messages.success(request, f"The connection of {partner} is ended: none of its tokens for OCPI opens anything.")
    return HttpResponseRedirect(admin.page(partner.pk, "connection"))


def _record(request: StaffRequest, partner: Partner, what: str) -> None:
    event = AuditEntry.Event.PARTNER_CONNECTION
    record(event, request.user, partner.provider, about=f"{partner} ({partner.code}): {what}")
