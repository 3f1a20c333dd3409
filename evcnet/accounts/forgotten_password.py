"""Forgotten passwords. The request looks nobody up: a job does, so that no answer tells whether there is a login."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import get_adapter
from allauth.account.forms import ResetPasswordForm, default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.http import HttpRequest
from django.urls import reverse
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from customers.models import StaffMember

AGAIN = RetryStrategy(max_attempts=5, exponential_wait=5)
URGENT = 100
"""Somebody waits for this mail: it goes before whatever else is queued."""


class ForgottenForm(ResetPasswordForm):
    """Whatever the address: one job, one answer, the same queries."""

    def clean_email(self) -> str:
        email: str = get_adapter().clean_email(self.cleaned_data["email"].lower())
        return email

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        email: str = self.cleaned_data["email"]
        mail_way_back.defer(email=email, portal=request.build_absolute_uri("/"))
        return email


@app.task(name="mail_way_back", retry=AGAIN, priority=URGENT)
def mail_way_back(email: str, portal: str) -> None:
    """Mail a link that sets a new password, or that there is no login with this address. ``portal``: where it is."""
    login = StaffMember.objects.filter(email=email, is_active=True).first()
    if login is None:
        _mail("account/email/unknown_account", email, portal)
        return
    key = f"{user_pk_to_url_str(login)}-{default_token_generator.make_token(login)}"
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"}).replace("UID-KEY", key)
    _mail("account/email/password_reset_key", email, portal, password_reset_url=portal.rstrip("/") + path)


def _mail(template: str, email: str, portal: str, **context: str) -> None:
    site = {"domain": urlsplit(portal).netloc}
    get_adapter().render_mail(template, email, {"email": email, "current_site": site} | context).send()
