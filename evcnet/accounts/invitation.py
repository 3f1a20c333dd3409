"""The page behind the link of an invitation, and the mail that holds the link."""

from __future__ import annotations

from allauth.account.forms import SetPasswordForm
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from customers.audit import record
from customers.invitations import NotValid, accept_invitation, invite, login_of
from customers.models import AuditEntry, StaffMember
from evcnet.accounts.attempts import address_of
from evcnet.accounts.devices import remember_device
from evcnet.admin.requests import StaffRequest


def send(request: StaffRequest, login: StaffMember) -> None:
    """Mail an invitation in the name of who is signed in; DomainError where that can't be."""
    invite(login, request.user, lambda token: request.build_absolute_uri(reverse("invitation", args=[token])))


@sensitive_post_parameters()
@never_cache
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Asks for the first password, then leads to the sign-in: the link alone opens no session."""
    try:
        login = login_of(token)
        form = SetPasswordForm(user=login, data=request.POST or None)
        if not form.is_valid():
            return TemplateResponse(request, "accounts/invitation.html", {"form": form, "login": login})
        login = accept_invitation(token, form.cleaned_data["password1"])
    except NotValid:
        return TemplateResponse(request, "accounts/invitation_over.html", status=410)
    logout(request)
    record(AuditEntry.Event.PASSWORD_SET, login, about="first, by invitation", address=address_of(request))
    messages.success(request, f"Your password is set. Sign in with {login.email}.")
    response = HttpResponseRedirect(reverse("account_login"))
    remember_device(request, response, login)
    return response
