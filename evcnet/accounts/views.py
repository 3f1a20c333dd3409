"""The front page, which is the sign-in form or the home page, and the sessions in which a login is signed in."""

from __future__ import annotations

from typing import Any

from allauth.account.views import LoginView
from allauth.usersessions.models import UserSession
from allauth.usersessions.views import ListUserSessionsView
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponseRedirect

from evcnet.accounts.reauthentication import asks_password_again
from evcnet.admin.requests import StaffRequest
from evcnet.primary_keys import parse_pk


def front(request: HttpRequest) -> Any:
    """The portal's home page, or the form to sign in."""
    if request.user.is_authenticated:
        return admin.site.admin_view(admin.site.index)(request)
    return LoginView.as_view(http_method_names=["get", "head"])(request)


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
