"""Forgotten passwords: the request, the mail and the page behind its link.

The request looks nobody up: a job does, so that no answer tells whether there is a login.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import get_adapter
from allauth.account.forms import ResetPasswordForm, ResetPasswordKeyForm, default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.account.views import PasswordResetFromKeyView
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from customers.models import StaffMember
from evcnet.accounts.devices import remember_device

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


class SetPasswordView(PasswordResetFromKeyView):
    """The page behind the link. The link works once, also if it is sent twice at the same moment."""

    reset_user: StaffMember

    def form_valid(self, form: ResetPasswordKeyForm) -> HttpResponse:
        with transaction.atomic():
            login = StaffMember.objects.select_for_update().get(pk=self.reset_user.pk)
            if not default_token_generator.check_token(login, self.key):
                gone: HttpResponse = self.render_to_response(self.get_context_data(token_fail=True))
                return gone
            form.user = self.reset_user = login
            response: HttpResponse = super().form_valid(form)
        remember_device(self.request, response, login)
        return response


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
