"""First admin of a new provider: invited by the platform's operator, until one has chosen a password."""

from __future__ import annotations

from django.db import transaction

from customers.models import Membership, Provider, StaffMember
from customers.permissions import Role
from evcnet.errors import DomainError

HAS_ACTIVE_ADMIN = "This provider has an admin already, who invites whoever else is to sign in."


def invited_admins(provider: Provider) -> list[StaffMember]:
    """Who was invited and has chosen no password yet."""
    return [login for login in _admins(provider) if not login.has_usable_password()]


def has_active_admin(provider: Provider) -> bool:
    """Has an active admin of the provider chosen a password? Then its logins are the provider's own affair."""
    return any(login.is_active and login.has_usable_password() for login in _admins(provider))


def first_admin(provider: Provider, name: str, email: str) -> StaffMember:
    """A new login without a password, admin of the provider. Whoever was invited before, and did not come, is withdrawn.

    Raises DomainError where the provider runs itself, and IntegrityError where the address is taken on the platform.
    """
    with transaction.atomic():
        Provider.objects.select_for_update().get(pk=provider.pk)
        if has_active_admin(provider):
            raise DomainError(HAS_ACTIVE_ADMIN)
        for login in invited_admins(provider):
            if login.memberships.count() == 1:
                login.delete()
        login = StaffMember.objects.create_user(email, name=name)
        Membership.objects.create(staff_member=login, provider=provider, role=Role.PROVIDER_ADMIN)
        return login


def _admins(provider: Provider) -> list[StaffMember]:
    roles = Membership.objects.filter(provider=provider, role=Role.PROVIDER_ADMIN)
    return list(StaffMember.objects.filter(pk__in=roles.values("staff_member")).order_by("pk"))
