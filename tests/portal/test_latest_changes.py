"""The latest changes on the home page: which, to whom, and with whom they affect."""

from datetime import timedelta
from decimal import Decimal

import pytest

from changes.apply import apply_change, preview_change
from changes.proposals import NewTerms, NewVersion
from evcnet.datetimes import database_clock
from tariffs.pricing import read_tariff
from tests import factories as make

pytestmark = pytest.mark.django_db


def made(proposal, by, at=None):
    seen = preview_change(proposal, at)
    return apply_change(proposal, fingerprint=seen.impact.fingerprint, by=by, at=at).change


def dearer(tariff):
    energy = {"type": "ENERGY", "price": Decimal("0.40"), "step_size": 1}
    return NewVersion(tariff, read_tariff({"currency": "EUR", "elements": [{"price_components": [energy]}]}))


def told(browser):
    return [(each.state, each.change, each.affected) for each in browser.get("/").context["changes"]]


def test_what_is_to_come_stands_before_what_was_made(world, signed_in):
    now = made(dearer(world.standard), world.ben)
    later = made(NewTerms(world.leusden, {"roaming": True}), world.ben, database_clock() + timedelta(days=3))
    found = told(signed_in(world.anna))
    assert found == [("scheduled", later, "nobody notices anything"), ("applied", now, "1 pays more")]


def test_who_sees_some_of_the_charge_groups_only_is_not_told_how_many(world, signed_in):
    make.ChargeGroupFactory(user_group=world.south, terms={"tariff": world.standard, "own_user_group": True})
    change = made(dearer(world.standard), world.ben)
    assert told(signed_in(world.anna)) == [("applied", change, "2 pay more")]
    assert told(signed_in(world.carla)) == [("applied", change, "")]


def test_nothing_is_told_to_another_provider(world, signed_in):
    made(dearer(world.standard), world.ben)
    browser = signed_in(world.otto)
    assert told(browser) == []
    assert "Prices and access" not in browser.get("/").content.decode()
