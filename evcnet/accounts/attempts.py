"""Attempts to sign in: how many wrong ones are looked at, from where, and how long a further one waits.

An attempt is written down before its secret is looked at, and taken away if that was right: so guesses at the same
moment are not more than guesses one by one, and a refused attempt, which is not looked at, spends nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from evcnet.accounts.devices import device_of
from evcnet.accounts.models import FailedAttempt

Kind = FailedAttempt.Kind


@dataclass(frozen=True)
class Limit:
    """At most ``most`` wrong attempts within ``window`` whose columns ``same`` equal those of the next one."""

    most: int
    window: timedelta
    same: tuple[str, ...]


QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
ONE_CLIENT = Limit(10, QUARTER, ("kind", "login", "client"))
STRANGERS = {
    Kind.PASSWORD: (
        ONE_CLIENT,
        Limit(100, HOUR, ("kind", "login", "known")),
        Limit(60, timedelta(minutes=1), ("client",)),
    ),
    Kind.CODE: (Limit(10, QUARTER, ("kind", "login", "known")),),
}
"""What counts for an attempt from an unknown device. A known one is counted by itself, so that nobody else locks it."""
LONGEST_WINDOW = HOUR


@dataclass(frozen=True)
class Client:
    """From where an attempt comes: a device or session in which the login signed in before, else an address."""

    name: str
    known: bool


class TooManyAttempts(Exception):
    """Further attempts are not looked at for ``wait``."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(wait)
        self.wait = wait

    @property
    def seconds(self) -> int:
        return math.ceil(self.wait.total_seconds())

    def __str__(self) -> str:
        if self.seconds < 60:
            return f"{self.seconds} seconds" if self.seconds > 1 else "1 second"
        minutes = math.ceil(self.seconds / 60)
        return f"{minutes} minutes" if minutes > 1 else "1 minute"


@contextmanager
def counted(kind: Kind, request: HttpRequest, login: str) -> Iterator[None]:
    """For the lines that look at a secret, and raise where it is wrong. ValidationError where it is not looked at."""
    try:
        attempt = begin_attempt(kind, login, client_of(request, login))
    except TooManyAttempts as error:
        raise ValidationError(f"Too many failed attempts. Try again in {error}.") from error
    yield
    succeed(attempt)


def begin_attempt(kind: Kind, login: str, client: Client) -> FailedAttempt:
    """Counts as wrong until ``succeed`` says otherwise; raises TooManyAttempts, and writes nothing, where one is not looked at."""
    attempt = FailedAttempt(
        kind=kind,
        login=_digest(login),
        client=_digest(client.name if client.known else f"address {client.name}"),
        known=client.known,
        at=timezone.now(),
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [attempt.login])
        check_limits(attempt)
        attempt.save()
    return attempt


def check_limits(attempt: FailedAttempt) -> None:
    """Raises TooManyAttempts where one more like this would have to wait."""
    limits = (ONE_CLIENT,) if attempt.known else STRANGERS[Kind(attempt.kind)]
    wait = max(_wait(attempt, limit) for limit in limits)
    if wait > timedelta():
        raise TooManyAttempts(wait)


def succeed(attempt: FailedAttempt) -> None:
    """The secret was right: forgets this attempt and the wrong ones before it, of this login and from there."""
    FailedAttempt.objects.filter(kind=attempt.kind, login=attempt.login, client=attempt.client).delete()


def _wait(attempt: FailedAttempt, limit: Limit) -> timedelta:
    """Until the oldest of the ``most`` latest attempts leaves the window."""
    alike: QuerySet[FailedAttempt] = FailedAttempt.objects.filter(
        at__gt=timezone.now() - limit.window, **{name: getattr(attempt, name) for name in limit.same}
    )
    oldest = alike.order_by("-at").values_list("at", flat=True)[limit.most - 1 : limit.most].first()
    return oldest + limit.window - timezone.now() if oldest else timedelta()


def _digest(name: str) -> str:
    return salted_hmac("accounts.attempts", name).hexdigest()[:32]


def client_of(request: HttpRequest, login: str) -> Client:
    """From where the request tries to be the login with this e-mail address."""
    if request.user.is_authenticated and request.user.email == login:
        return Client(f"session {request.session.session_key}", known=True)
    device = device_of(request, login)
    return Client(f"device {device}", known=True) if device else Client(address_of(request) or "", known=False)


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
