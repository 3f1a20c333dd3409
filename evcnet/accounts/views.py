"""What does somebody see who is not signed in yet, and where is a login signed in?"""

from __future__ import annotations

from typing import Any

from allauth.account.views import LoginView
from allauth.usersessions.models import UserSession
from allauth.usersessions.views import ListUserSessionsView
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from evcnet.accounts.reauthentication import asks_password_again


def front(request: HttpRequest) -> HttpResponse:
    """The portal's home page, or the form to sign in."""
    if request.user.is_authenticated:
        return admin.site.admin_view(admin.site.index)(request)
    return LoginView.as_view(http_method_names=["get", "head"])(request)


class SessionsView(ListUserSessionsView):
    """Lists where this login is signed in; ends one session, or all but this one."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "end" not in request.POST:
            return super().post(request, *args, **kwargs)
        chosen = request.POST["end"]
        found = UserSession.objects.filter(user=request.user, pk=chosen if chosen.isdecimal() else None).first()
        if found is not None and not found.is_current():
            found.end()
            messages.success(request, "That session was ended.")
        return HttpResponseRedirect(self.get_success_url())


sessions = asks_password_again(SessionsView.as_view())
