"""The front page, which is the sign-in form or the home page; where a login is signed in, and its alerts by mail."""

from __future__ import annotations

from typing import Any

from allauth.account.views import LoginView
from allauth.usersessions.models import UserSession
from allauth.usersessions.views import ListUserSessionsView
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache

from customers.models import StaffMember
from evcnet.accounts.reauthentication import asks_password_again
from evcnet.admin.requests import StaffRequest
from evcnet.primary_keys import parse_pk


def front(request: HttpRequest) -> Any:
    """The portal's home page, or the form to sign in."""
    if request.user.is_authenticated:
        return admin.site.admin_view(admin.site.index)(request)
    return LoginView.as_view(http_method_names=["get", "head"])(request)


@never_cache
def session_state(request: HttpRequest) -> HttpResponse:
    """204 while somebody is signed in here, else 403: asked by a page with a form before it is sent."""
    return HttpResponse(status=204 if request.user.is_authenticated else 403)


class SessionsView(ListUserSessionsView):
    """Lists where this login is signed in; ends one session, or all but this one."""

    def post(self, request: StaffRequest, *args: Any, **kwargs: Any) -> Any:
        if "end" not in request.POST:
            return super().post(request, *args, **kwargs)
        session = UserSession.objects.filter(user=request.user, pk=parse_pk(request.POST["end"])).first()
        if session is not None and not session.is_current():
            session.end()
            messages.success(request, "That session was ended.")
        return HttpResponseRedirect(self.get_success_url())


sessions = asks_password_again(SessionsView.as_view())


class AlertMailForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = StaffMember
        fields = ["alert_mail"]
        widgets = {"alert_mail": forms.RadioSelect}


@login_required
def alerts_by_mail(request: StaffRequest) -> HttpResponse:
    """Whether the login's own alerts are mailed to it: nobody chooses that for somebody else."""
    login = StaffMember.objects.get(pk=request.user.pk)
    form = AlertMailForm(request.POST if request.method == "POST" else None, instance=login)
    if form.is_valid():
        login.save(update_fields=["alert_mail"])
        messages.success(request, f"Alerts by mail: {login.get_alert_mail_display()}.")
        return HttpResponseRedirect(request.path)
    return TemplateResponse(request, "accounts/alerts.html", {"form": form})
