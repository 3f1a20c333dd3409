"""Personal links to the driver's page: made for a customer, opened by their token, counted, withdrawn."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from django.db.models import Case, F, Value, When

from customers.models import Customer, StaffMember
from evcnet.errors import DomainError
from socialcharging.models import DriverLink

VALID_FOR = timedelta(days=90)
REQUESTS_A_MINUTE = 60


def _digest(token: str) -> str:
    """A token is 256 random bits, so one round keeps it."""
    return sha256(token.encode()).hexdigest()


def make_link(customer: Customer, by: StaffMember | None, now: datetime) -> tuple[DriverLink, str]:
    """A new link and its token, which nobody can read again. Raises DomainError for whoever is not active."""
    if customer.status != Customer.Status.ACTIVE:
        raise DomainError(f"{customer} is not active: a link to the driver's page is made for active customers.")
    token = secrets.token_urlsafe(32)
    link = DriverLink.objects.create(
        provider_id=customer.provider_id, customer=customer, token_hash=_digest(token), created_at=now,
        expires_at=now + VALID_FOR, made_by=by,
    )  # fmt: skip
    return link, token


def open_link(token: str, now: datetime) -> DriverLink | None:
    """The link, if it opens still."""
    rows = DriverLink.objects.filter(token_hash=_digest(token), withdrawn_at=None, expires_at__gt=now)
    link: DriverLink | None = rows.select_related("customer__provider", "customer__user_group").first()
    return link


def count_request(link: DriverLink, now: datetime) -> bool:
    """Count it; False where the link was asked too often within this minute."""
    minute = now.replace(second=0, microsecond=0)
    DriverLink.objects.filter(pk=link.pk).update(
        used_at=now, minute=minute, requests=Case(When(minute=minute, then=F("requests") + 1), default=Value(1))
    )
    link.refresh_from_db(fields=["requests"])
    return link.requests <= REQUESTS_A_MINUTE


def withdraw_links(customer: Customer, now: datetime) -> int:
    """All that open still; how many."""
    return DriverLink.objects.filter(customer=customer, withdrawn_at=None, expires_at__gt=now).update(withdrawn_at=now)
