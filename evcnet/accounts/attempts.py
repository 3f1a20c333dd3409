"""Login and address of an attempt to sign in, for whoever counts the failed ones."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


def login_of(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """The e-mail address that was typed, in lower case: guesses at ANNA@ and anna@ are guesses at one login."""
    typed = (credentials or {}).get("email") or request.POST.get("login", "")
    return str(typed).strip().lower()[:254]


def address_of(request: HttpRequest) -> str | None:
    """The client's IP address; behind a proxy (BEHIND_PROXY) the one that the proxy saw. None where nobody saw one."""
    try:
        return str(get_adapter(request).get_client_ip(request))
    except PermissionDenied:
        return None
