"""The tab "Connection" of a charge point: is its device there, in which state, what it said, and what it can be told."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_POST

from chargepoints.models import ChargePoint
from customers.models import Customer
from evcnet.accounts.reauthentication import asks_password_again
from evcnet.admin.base import ModelAdmin
from evcnet.admin.requests import StaffRequest
from evcnet.errors import DomainError
from gateway import commands
from gateway.devices import set_password
from gateway.models import Device, DeviceCommand, Message, Transaction
from gateway.registration import why_pending
from gateway.states import point_state

MESSAGES, COMMANDS = 50, 10
MAY_COMMAND, MAY_SET_PASSWORD = "gateway.add_devicecommand", "gateway.change_device"
Kind = DeviceCommand.Kind


def missing_steps(point: ChargePoint, device: Device | None) -> list[str]:
    """Why the device is not accepted, in the order in which things must be there; empty where it is."""
    missing = []
    if device is None or not device.password_hash:
        missing.append("The charge point has no password yet: make one and type it into the device.")
    elif device.connected_at is None:
        missing.append("The device has never connected with this password.")
    elif device.connection is None:
        missing.append("The device is not connected.")
    elif device.booted_at is None:
        missing.append("The device is connected and has sent no BootNotification yet.")
    if reason := why_pending(point):
        missing.append(reason)
    elif device is not None and device.registration == Device.Registration.PENDING:
        missing.append("It was pending when it asked last, and is accepted when it asks again, within a minute.")
    return missing


class CommandForm(forms.Form):
    """What a button of the tab sends."""

    kind = forms.ChoiceField(choices=[each for each in Kind.choices if each[0] != Kind.REMOTE_START])  # a partner's
    transaction = forms.IntegerField(required=False)
    evse = forms.IntegerField(required=False, min_value=1, max_value=1_000)


def connection_view(admin: ModelAdmin[ChargePoint], request: StaffRequest, point: ChargePoint) -> HttpResponse:
    """The tab."""
    login = request.user
    device = Device.objects.visible_to(login).filter(charge_point=point).first()
    rows = Message.objects.visible_to(login).filter(charge_point=point)
    running = Transaction.objects.visible_to(login).filter(charge_point=point, session=None, started_at__isnull=False)
    customers = Customer.objects.visible_to(login).in_bulk({row.customer_id for row in running} - {None})
    asked = DeviceCommand.objects.visible_to(login).filter(charge_point=point).select_related("login")
    context = admin.page_context(request, point, str(point)) | {
        "point": point,
        "device": device,
        "state": point_state(point.pk),
        "missing": missing_steps(point, device),
        "running": [(row, customers.get(row.customer_id)) for row in running],
        "orphans": Transaction.objects.visible_to(login).filter(charge_point=point, started_at=None)[:COMMANDS],
        "rows": [(row, json.dumps(row.payload, ensure_ascii=False)) for row in rows[:MESSAGES]],
        "commands": asked[:COMMANDS],
        "command_url": admin.page(point.pk, "connection_command"),
        "may_command": login.has_perm(MAY_COMMAND, point),
        "may_set_password": login.has_perm(MAY_SET_PASSWORD, point),
    }
    return TemplateResponse(request, "gateway/connection.html", context)


def posts(admin: ModelAdmin[ChargePoint]) -> list[URLPattern]:
    """The addresses of what the tab posts to."""

    def password(request: StaffRequest, object_id: str) -> HttpResponseBase:
        return _make_password(admin, request, _allowed(admin, request, object_id, MAY_SET_PASSWORD))

    def command(request: StaffRequest, object_id: str) -> HttpResponseBase:
        return _command(admin, request, _allowed(admin, request, object_id, MAY_COMMAND))

    return [
        admin.object_path("connection/password", require_POST(asks_password_again(password))),
        admin.object_path("connection/command", require_POST(command)),
    ]


def _allowed(admin: ModelAdmin[ChargePoint], request: StaffRequest, object_id: str, permission: str) -> ChargePoint:
    point = admin.get_object_or_404(request, object_id)
    if not request.user.has_perm(permission, point):
        raise PermissionDenied
    return point


def _make_password(admin: ModelAdmin[ChargePoint], request: StaffRequest, point: ChargePoint) -> HttpResponse:
    """The one time that the password is shown."""
    context = admin.page_context(request, point, f"{point.identity}: copy the password now") | {
        "secret": set_password(point),
        "identity": point.identity,
        "back": admin.page(point.pk, "connection"),
        "tab_of": admin.page(point.pk, "connection"),
    }
    response = TemplateResponse(request, "gateway/password.html", context)
    add_never_cache_headers(response)
    return response


def _command(admin: ModelAdmin[ChargePoint], request: StaffRequest, point: ChargePoint) -> HttpResponse:
    form = CommandForm(request.POST)
    try:
        if not form.is_valid():
            raise DomainError("Choose a button of this page: nothing was sent.")
        command = commands.ask(point, form.cleaned_data["kind"], request.user, **_parameters(point, form))
        messages.success(request, f"{point} is told: {command}. The answer is in the list below in a moment.")
    except DomainError as refused:
        messages.error(request, str(refused))
    return HttpResponseRedirect(admin.page(point.pk, "connection"))


def _parameters(point: ChargePoint, form: CommandForm) -> dict[str, Any]:
    """What the command says beside its kind. Raises DomainError where the transaction is over."""
    if form.cleaned_data["kind"] == Kind.REMOTE_STOP:
        pk = form.cleaned_data["transaction"]
        row = Transaction.objects.filter(charge_point=point, session=None, pk=pk).first()
        if row is None:
            raise DomainError("The transaction is over already: nothing was sent.")
        return {"transaction": row.code}
    return {"evse": form.cleaned_data["evse"]} if form.cleaned_data["evse"] else {}
