"""Guards of the database: what it refuses, whatever writes to it."""

import pytest
from django.db import IntegrityError, transaction

from chargegroups.models import ChargeGroup, CustomerException, Terms
from chargepoints.models import ChargePoint
from tariffs import writes as tariff_writes
from tests import factories as make

pytestmark = pytest.mark.django_db


def refused(constraint: str):
    return pytest.raises(IntegrityError, match=constraint)


def test_a_customer_of_another_provider_gets_no_exception(world):
    with refused("exception_customer_of_same_provider"), transaction.atomic():
        make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.olsen)
    assert not CustomerException.objects.exists()


def test_an_active_charge_point_does_not_lose_its_group(world):
    with refused("charge_point_active_is_complete"), transaction.atomic():
        ChargePoint.objects.filter(pk=world.market.pk).update(charge_group=None)
    world.market.refresh_from_db()
    assert world.market.charge_group == world.leusden


def test_terms_are_written_through_the_door_only(world):
    with pytest.raises(IntegrityError, match="change modules alone"), transaction.atomic():
        Terms.objects.filter(charge_group=world.leusden).update(roaming=True)
    assert not Terms.objects.filter(roaming=True).exists()


def test_terms_in_force_are_not_changed_even_by_the_door(world):
    with pytest.raises(IntegrityError, match="append new ones"), tariff_writes.allow_terms_write():
        Terms.objects.filter(charge_group=world.leusden).update(roaming=True)
    assert not Terms.objects.filter(roaming=True).exists()


def test_a_home_group_is_not_accessible_for_roaming(world):
    with pytest.raises(IntegrityError, match="not accessible for roaming"), transaction.atomic():
        make.ChargeGroupFactory(user_group=world.north, code="HOME", type="home", terms={"roaming": True})
    assert not ChargeGroup.objects.filter(code="HOME").exists()


def test_a_prepaid_customer_keeps_roaming_off(world):
    prepaid = make.CustomerFactory(user_group=world.north, payment="prepaid")
    with pytest.raises(IntegrityError, match="roaming off"), transaction.atomic():
        make.ChargeCardFactory(customer=prepaid, roaming=True)
    assert not prepaid.chargecard_set.exists()


def test_every_login_sees_its_own_customers_only(world):
    def seen(login):
        return set(type(world.jansen).objects.visible_to(login))

    assert seen(world.anna) == seen(world.rita) == {world.jansen, world.bakker}
    assert seen(world.carla) == seen(world.hugo) == {world.jansen}
    assert seen(world.otto) == {world.olsen}
