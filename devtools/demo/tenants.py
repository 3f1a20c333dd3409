"""Providers, user groups and logins of the demo."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from customers.models import Membership, Provider, StaffMember, UserGroup
from customers.permissions import Role

LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
"""Without those that are taken for one another."""
DUTCH = {"country_code": "NL", "mfa_required_for": "nobody"}
"""And to be tried: a password is enough."""


@dataclass(frozen=True)
class Tenants:
    """GreenGrid with its user groups North, South and Waterland, a company; and BlueVolt, which must see none of it."""

    greengrid: Provider
    north: UserGroup
    south: UserGroup
    waterland: UserGroup
    bluevolt: Provider
    harbour: UserGroup


def make_tenants() -> Tenants:
    greengrid = Provider.objects.create(code="greengrid", name="GreenGrid", party_id="GRG", vat_percent=21, **DUTCH)
    bluevolt = Provider.objects.create(code="bluevolt", name="BlueVolt", party_id="BLV", **DUTCH)
    north = UserGroup.objects.create(provider=greengrid, code="north", name="North")
    return Tenants(
        greengrid=greengrid,
        north=north,
        south=UserGroup.objects.create(provider=greengrid, code="south", name="South"),
        waterland=UserGroup.objects.create(provider=greengrid, code="waterland", name="Waterland", parent=north),
        bluevolt=bluevolt,
        harbour=UserGroup.objects.create(provider=bluevolt, code="harbour", name="Harbour"),
    )


@dataclass(frozen=True)
class DemoLogin:
    """A login and a line with its role, address and password, which nobody can read again later."""

    staff_member: StaffMember
    line: str


def make_logins(tenants: Tenants) -> list[DemoLogin]:
    """The first is GreenGrid's provider admin."""
    logins = [
        _login("provider", "Anna", "provider@greengrid.example", Role.PROVIDER_ADMIN, tenants.greengrid),
        _login(
            "sub provider",
            "Carla",
            "subprovider@waterland.example",
            Role.SUB_PROVIDER,
            tenants.greengrid,
            tenants.waterland,
        ),
        _login("helpdesk", "Hugo", "helpdesk@greengrid.example", Role.HELPDESK, tenants.greengrid),
        _login("other provider", "Otto", "provider@bluevolt.example", Role.PROVIDER_ADMIN, tenants.bluevolt),
        _operator(),
    ]
    Membership.objects.filter(role=Role.SUB_PROVIDER).update(may_make_tariffs=True, may_add_locations=True)
    return logins


def make_colleague(tenants: Tenants) -> StaffMember:
    """Ben, who schedules changes, so that the other logins are alerted of them; nobody knows his password."""
    ben = StaffMember.objects.create_user("staff@greengrid.example", name="Ben")
    Membership.objects.create(staff_member=ben, provider=tenants.greengrid, role=Role.PROVIDER_STAFF)
    return ben


def _login(
    title: str, name: str, email: str, role: Role, provider: Provider, user_group: UserGroup | None = None
) -> DemoLogin:
    password = _password()
    login = StaffMember.objects.create_user(email, password, name=name)
    Membership.objects.create(staff_member=login, provider=provider, user_group=user_group, role=role)
    return DemoLogin(login, _line(title, email, password))


def _operator() -> DemoLogin:
    """Manages the providers of the platform, and sees no customer data."""
    email, password = "operator@platform.example", _password()
    login = StaffMember.objects.create_superuser(email, password, name="Olga")
    return DemoLogin(login, _line("operator", email, password))


def _password() -> str:
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))


def _line(title: str, email: str, password: str) -> str:
    return f"{title + ':':16}{email:32}{password}"
