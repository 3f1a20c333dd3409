"""Page on which the platform's operator invites the first admin of a provider, and no other login."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminTextInputWidget

from customers.first_login import HAS_ACTIVE_ADMIN, first_admin, has_active_admin, invited_admins
from customers.invitations import VALID_FOR
from customers.models import Provider, StaffMember
from evcnet.accounts import invitation
from evcnet.accounts.reauthentication import asks_password_again
from evcnet.admin.requests import StaffRequest
from evcnet.errors import REFUSALS, refusal_of


class FirstLoginForm(forms.Form):
    name = forms.CharField(max_length=100, widget=UnfoldAdminTextInputWidget)
    email = forms.EmailField(label="E-mail address", widget=UnfoldAdminEmailInputWidget)

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        return email


class FirstLogin:
    """For the admin of providers."""

    def get_urls(self) -> list[Any]:
        view = asks_password_again(self.first_login_view)
        return [self.object_path("first-login", view), *super().get_urls()]  # type: ignore[misc, attr-defined]

    def first_login_view(self, request: StaffRequest, object_id: str) -> HttpResponse:
        provider: Provider = self.get_object_or_404(request, object_id, "invite")  # type: ignore[attr-defined]
        form = FirstLoginForm(request.POST if "email" in request.POST else None)
        if request.method == "POST" and self._invited(request, provider, form):
            return HttpResponseRedirect(request.path)
        context = self.page_context(request, provider, f"First login of {provider}")  # type: ignore[attr-defined]
        context |= {"provider": provider, "form": form, "back": self.page(provider.pk)}  # type: ignore[attr-defined]
        context |= {
            "refused": HAS_ACTIVE_ADMIN if has_active_admin(provider) else "",
            "waiting": invited_admins(provider),
        }
        return TemplateResponse(request, "customers/first_login.html", context)

    def _invited(self, request: StaffRequest, provider: Provider, form: FirstLoginForm) -> bool:
        """Invite who was typed, or again who was invited before. What fails leaves nothing behind."""
        again = "again" in request.POST
        if not again and not form.is_valid():
            return False
        try:
            with transaction.atomic():
                logins = invited_admins(provider) if again else [first_admin(provider, **form.cleaned_data)]
                for login in logins:
                    invitation.send(request, StaffMember.objects.get(pk=login.pk))
        except REFUSALS as error:
            if again:
                messages.error(request, refusal_of(error).message)
            else:
                form.add_error(None, refusal_of(error).message)
            return again
        for login in logins:
            message = f"An invitation is on its way to {login.email}. It holds for {VALID_FOR.days} days."
            messages.success(request, message)
        return True
