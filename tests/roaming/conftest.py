"""Leusden is open to roaming; ChargeAll (DE-CHA) and Wattfinder (FR-WAT) are partners of GreenGrid."""

import pytest

from tests import factories as make


@pytest.fixture
def roaming(world):
    """The roaming tariff costs 0.20 (CHEAP); ChargeAll has agreed on a price list of its own (AGREED, 0.29), Wattfinder on none."""
    make.TermsFactory(
        charge_group=world.leusden, tariff=world.standard, roaming_tariff=world.cheap, own_user_group=True, roaming=True,
        valid_from=make.LONG_AGO.replace(year=2021),
    )  # fmt: skip
    world.agreed = make.TariffFactory(provider=world.greengrid, code="AGREED", name="Agreed", per_kwh="0.29")
    world.chargeall = make.PartnerFactory(
        provider=world.greengrid, country_code="DE", party_id="CHA", name="ChargeAll", tariff=world.agreed
    )
    world.wattfinder = make.PartnerFactory(
        provider=world.greengrid, country_code="FR", party_id="WAT", name="Wattfinder"
    )
    return world
