"""Requests of signed-in staff, as views and admin pages get them: ``request.user`` is a StaffMember."""

from __future__ import annotations

from django.http import HttpRequest

from customers.models import StaffMember


class StaffRequest(HttpRequest):
    """A request behind the sign-in. For annotations: Django makes plain HttpRequests."""

    user: StaffMember
