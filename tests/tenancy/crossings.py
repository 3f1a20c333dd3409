"""Rows that legally tie North to South, whose name a login of North must not learn by them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from changes.apply import apply_change, preview_change
from changes.proposals import NewVersion
from chargegroups import models as groups
from chargepoints import models as points
from customers import models as people
from tariffs.conversion import price_list
from tariffs.models import TariffOffer
from tests import factories as make
from tests.tenancy.world import LATER, World, session

SHARED_PRICE, GUESTS_PRICE = Decimal("0.4400"), Decimal("0.4500")
"""Prices of tariffs that North may know: one is offered to it, by the other its own customer was charged."""


def tie(world: World) -> None:
    _of_north(world)
    _of_south(world)
    _above(world)
    _of_both(world)


def _of_north(world: World) -> None:
    """At North's: a point that a customer of South owns, an exception for them, and what they charged."""
    north, south = world.north, world.south
    group = north[groups.ChargeGroup]
    make.ChargePointFactory(
        charge_group=group, location=north[points.Location], identity="north-second", owner=south[people.Customer]
    )
    make.CustomerExceptionFactory(charge_group=group, customer=south[people.Customer], note="guest")
    # What a reader read is its charge point's to know; whose card that is, is not.
    card = make.ChargeCardFactory(customer=south[people.Customer], uid="guestuid", visual_number="zqsouth-guest")
    session(north, "north-guest", card, datetime(2026, 3, 3, 9, tzinfo=UTC))


def _of_south(world: World) -> None:
    """At South's: a point of a customer of North, at a location of both, and what they charged there."""
    north, south = world.north, world.south
    group = south[groups.ChargeGroup]
    make.ChargePointFactory(
        charge_group=group, location=north[points.Location], identity="zqsouth-second", owner=north[people.Customer]
    )
    guests = make.TariffFactory(
        provider=south.provider, code="zqsouth-guests", name="zqsouth guests", per_kwh=GUESTS_PRICE
    )
    make.CustomerExceptionFactory(
        charge_group=group, customer=north[people.Customer], note="zqsouth host", tariff=guests
    )
    session(south, "north-away", north[people.ChargeCard], datetime(2026, 3, 4, 9, tzinfo=UTC))


def _above(world: World) -> None:
    """A user group of which North is a part, and what is kept for it."""
    group = make.UserGroupFactory(provider=world.north.provider, code="zqabove-group", name="zqabove group")
    people.UserGroup.objects.filter(pk=world.north.user_group.pk).update(parent=group)
    make.CustomerFactory(user_group=group, number="zqabove-1001", name="zqabove Smit", email="zqabove@example.org")


def _of_both(world: World) -> None:
    """A tariff that is offered to both and used by both, and its next prices, which one change announces."""
    tariff = make.TariffFactory(
        provider=world.north.provider, code="zqgreen-shared", name="zqgreen shared", per_kwh=SHARED_PRICE
    )
    for tenant, said in ((world.north, "north"), (world.south, "zqsouth")):
        TariffOffer.objects.create(provider=tenant.provider, tariff=tariff, user_group=tenant.user_group)
        group = make.ChargeGroupFactory(
            user_group=tenant.user_group, code=f"{said}-shared", name=f"{said} shared quay",
            terms={"tariff": tariff, "own_user_group": True},
        )  # fmt: skip
        make.ChargePointFactory(charge_group=group, identity=f"{said}-shared-point")
    _announced(tariff)


def _announced(tariff: Any) -> None:
    dearer = make.TariffFactory(provider=tariff.provider, code="zqgreen-dearer", name="zqgreen", per_kwh="0.4600")
    proposal = NewVersion(tariff, price_list(dearer.versions.get()))
    shown = preview_change(proposal, LATER).impact
    apply_change(
        proposal, fingerprint=shown.fingerprint, at=LATER, notify="all",
        reason="dearer current",
    )  # fmt: skip
