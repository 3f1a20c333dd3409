"""Known devices: a signed cookie by which a browser shows that a login signed in there before.

It opens nothing. It only keeps wrong passwords of strangers from locking the device of the owner.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import constant_time_compare, salted_hmac

from customers.models import StaffMember

LIFETIME = timedelta(days=180)
MOST_LOGINS = 5
SALT = "accounts.devices"


def device_of(request: HttpRequest, email: str) -> str | None:
    """What this browser is called for the login with the address; None where it never signed in here, or not since
    its password was set."""
    marks = _marks(request)
    login = StaffMember.objects.filter(email=email).first() if marks else None
    mark = marks.get(str(login.pk)) if login else None
    return mark[0] if mark and login and constant_time_compare(mark[1], _state(login)) else None


def remember_device(request: HttpRequest, response: HttpResponseBase, login: StaffMember) -> None:
    """Knows this browser by a new name, from now on."""
    others = {pk: mark for pk, mark in _marks(request).items() if pk != str(login.pk)}
    marks = dict(list(others.items())[1 - MOST_LOGINS :]) | {str(login.pk): [secrets.token_hex(16), _state(login)]}
    response.set_cookie(
        settings.DEVICES_COOKIE_NAME,
        signing.dumps(marks, salt=SALT),
        max_age=LIFETIME,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _marks(request: HttpRequest) -> dict[str, Any]:
    try:
        marks: dict[str, Any] = signing.loads(
            request.COOKIES.get(settings.DEVICES_COOKIE_NAME, ""), salt=SALT, max_age=LIFETIME
        )
    except signing.BadSignature:
        return {}
    return marks


def _state(login: StaffMember) -> str:
    """Changes with the password."""
    return salted_hmac(SALT, f"{login.pk}|{login.password}").hexdigest()[:32]
