"""Views by which an admin lets a login in: an invitation to a first password, removal of a lost second factor."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from customers.audit import record
from customers.invitations import VALID_FOR, waits_for_first_password
from customers.models import AuditEntry, StaffMember
from evcnet.accounts import invitation, second_factor
from evcnet.accounts.attempts import address_of
from evcnet.accounts.reauthentication import asks_password_again
from evcnet.accounts.scope import managed_by
from evcnet.admin.requests import StaffRequest
from evcnet.errors import DomainError


class LoginAccessMixin:
    """For the admin of logins; what it posts to is offered in templates/customers/login.html."""

    def get_urls(self) -> list[Any]:
        views = {"invite": self.invite_view, "second-factor": self.second_factor_view}
        own = [
            self.object_path(segment, require_POST(asks_password_again(view)))  # type: ignore[attr-defined]
            for segment, view in views.items()
        ]
        return [*own, *super().get_urls()]  # type: ignore[misc]

    def access_urls(self, login: StaffMember) -> dict[str, str]:
        page: Any = self.page  # type: ignore[attr-defined]
        offered = {"invite_url": page(login.pk, "invite")} if waits_for_first_password(login) else {}
        if second_factor.has_one(login):
            offered["second_factor_url"] = page(login.pk, "second-factor")
        return offered

    def invite(self, request: StaffRequest, login: StaffMember) -> None:
        invitation.send(request, StaffMember.objects.get(pk=login.pk))
        messages.success(request, f"An invitation is on its way to {login.email}. It holds for {VALID_FOR.days} days.")

    def invite_view(self, request: StaffRequest, object_id: str) -> HttpResponse:
        login = self._managed(request, object_id)
        try:
            self.invite(request, login)
        except DomainError as refused:
            messages.error(request, str(refused))
        return self._back(login)

    def second_factor_view(self, request: StaffRequest, object_id: str) -> HttpResponse:
        """Takes away the app, the passkeys and the recovery codes of who lost them; the next sign-in sets up new ones."""
        login = self._managed(request, object_id)
        if login.pk == request.user.pk:
            raise PermissionDenied
        if second_factor.remove_all(login):
            about, address = f"all of {login.name} <{login.email}>", address_of(request)
            record(AuditEntry.Event.FACTOR_REMOVED, request.user, login.providers, about=about, address=address)
            messages.success(request, f"{login} has no second factor now, and sets up a new one at the next sign-in.")
        return self._back(login)

    def _managed(self, request: StaffRequest, object_id: str) -> StaffMember:
        login: StaffMember = self.get_object_or_404(request, object_id, "change")  # type: ignore[attr-defined]
        if not managed_by(request.user, login):
            raise PermissionDenied
        return login

    def _back(self, login: StaffMember) -> HttpResponse:
        return HttpResponseRedirect(self.page(login.pk))  # type: ignore[attr-defined]
