"""Scope of logins: whether one reaches further than the admin who manages it."""

from __future__ import annotations

from customers.models import StaffMember


def admin_of(login: StaffMember) -> frozenset[int]:
    """The providers whose logins this login manages."""
    providers: frozenset[int] = login.scope("customers.change_staffmember").providers
    return providers


def managed_by(admin: StaffMember, login: StaffMember) -> bool:
    """Only a login whose every role is at the admin's own providers is the admin's to rename or to lock out."""
    elsewhere = login.memberships.exclude(provider_id__in=admin_of(admin))
    return not login.is_operator and not elsewhere.exists()
