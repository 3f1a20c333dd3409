"""A price list that only an agreement names is in use: its prices change with a preview, which says so."""

from __future__ import annotations

import pytest
from django.urls import reverse

from changes.models import Change
from chargegroups.tariff_usage import is_used
from evcnet.datetimes import database_clock
from roaming.models import Agreement
from tests import factories as make
from tests.portal.sent import preview_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def partners_only(world):
    """A tariff of GreenGrid that no group and no exception names, and ChargeAll pays by it."""
    tariff = make.TariffFactory(provider=world.greengrid, code="PARTNERS", name="For partners", per_kwh="0.40")
    make.PartnerFactory(provider=world.greengrid, name="ChargeAll", tariff=tariff)
    return tariff


def test_its_new_prices_are_previewed_and_the_preview_names_the_agreement(world, signed_in, partners_only):
    page = reverse("admin:tariffs_tariff_version", args=[partners_only.pk])
    browser = signed_in(world.ben)
    assert browser.get(reverse("admin:tariffs_tariff_prices_add", args=[partners_only.pk])).headers["Location"] == page
    shown = preview_of(browser, page, **{"elements-0-energy_price": "0.45"})
    [warning] = [each for each in shown.context["impact"].warnings if "agreement" in each]
    assert warning.startswith("An agreement with a roaming partner has this price list")
    assert partners_only.versions.count() == 1 and not Change.objects.exists()


def test_one_that_only_an_agreement_names_that_is_over_is_free(world, partners_only):
    assert is_used(partners_only)
    Agreement.objects.filter(tariff=partners_only).update(valid_until=database_clock())
    assert not is_used(partners_only)
