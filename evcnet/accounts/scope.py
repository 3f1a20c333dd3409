"""Scope of logins: whether one reaches further than the login that manages it."""

from __future__ import annotations

from customers.models import StaffMember
from evcnet.tenancy import Scope

MANAGES_LOGINS = "customers.change_staffmember"


def admin_of(login: StaffMember) -> frozenset[int]:
    """The providers whose logins this login manages."""
    providers: frozenset[int] = login.scope(MANAGES_LOGINS).providers
    return providers


def managed_by(admin: StaffMember, login: StaffMember) -> bool:
    """Only a login whose every role the admin could give is the admin's to rename or to lock out."""
    return not login.is_operator and all(admin.gives(role) for role in login.memberships.all())


def gives_up_logins(before: Scope, after: Scope) -> bool:
    """Does a login manage fewer logins after a change of its own roles?"""
    return not (before.providers <= after.providers and before.user_groups <= after.user_groups)
