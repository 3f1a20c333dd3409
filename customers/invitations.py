"""Invitations of new logins: a mailed link to a first password, which works once and expires."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from smtplib import SMTPException

from django.core import signing
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.crypto import salted_hmac

from customers.audit import record
from customers.models import AuditEntry, StaffMember
from evcnet.errors import DomainError

VALID_FOR = timedelta(days=7)
SALT = "customers.invitation"
NO_MORE = "This invitation has expired or was used already."


class NotValid(Exception):
    """The link opens nothing: expired, used, replaced by a change of the login, or never one of ours."""


def waits_for_first_password(login: StaffMember) -> bool:
    return bool(login.is_active and not login.has_usable_password())


@transaction.atomic
def invite(login: StaffMember, by: StaffMember, address: Callable[[str], str]) -> None:
    """Mail the link. ``address`` makes an address of a token; DomainError where the mail could not be sent."""
    if not waits_for_first_password(login):
        raise DomainError(
            f"{login} has a password already: whoever forgot theirs sets a new one from the sign-in page."
        )
    providers = [each for each in login.providers if each in by.providers] or login.providers
    record(AuditEntry.Event.INVITED, by, providers, about=f"{login.name} <{login.email}>")
    context = {
        "login": login,
        "by": by,
        "provider": ", ".join(each.name for each in providers),
        "address": address(token_of(login)),
        "days": VALID_FOR.days,
    }
    _send(login, render_to_string("customers/invitation.txt", context))


def _send(login: StaffMember, body: str) -> None:
    try:
        EmailMessage("evcnet: you are invited", body, to=[login.email]).send()
    except (OSError, SMTPException) as error:
        raise DomainError(
            f"The invitation could not be mailed, so nothing was saved. Try again later. ({error})"
        ) from error


def token_of(login: StaffMember) -> str:
    return signing.dumps([login.pk, _state(login)], salt=SALT)


def login_of(token: str) -> StaffMember:
    """The login that the link invites; NotValid if it does so no more."""
    try:
        pk, state = signing.loads(token, salt=SALT, max_age=VALID_FOR)
    except (signing.BadSignature, ValueError) as error:
        raise NotValid(NO_MORE) from error
    login: StaffMember | None = StaffMember.objects.filter(pk=pk).first()
    if login is None or not waits_for_first_password(login) or state != _state(login):
        raise NotValid(NO_MORE)
    return login


@transaction.atomic
def accept_invitation(token: str, password: str) -> StaffMember:
    """Set the first password; NotValid where another acceptance of the same link was faster."""
    StaffMember.objects.select_for_update().filter(pk=login_of(token).pk).get()
    login = login_of(token)
    login.set_password(password)
    login.save(update_fields=["password"])
    return login


def _state(login: StaffMember) -> str:
    """Changes with the password, so that a link works once, and with the address, so that it proves that one."""
    return salted_hmac(SALT, f"{login.pk}|{login.password}|{login.email}").hexdigest()[:32]
