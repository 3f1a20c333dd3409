"""The page before a row is removed: what it tells, and what it does not give away."""

import pytest
from django.urls import reverse

from chargepoints.models import ChargePoint, Connector
from customers.models import Customer
from tests import factories as make

pytestmark = pytest.mark.django_db


def removal(row) -> str:
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_delete", args=[row.pk])


def test_what_stands_in_the_way_is_counted(world, signed_in):
    make.ChargeCardFactory(customer=world.jansen)
    response = signed_in(world.ben).get(removal(world.jansen))
    assert "2 charge cards" in response.context["protected"]
    signed_in(world.ben).post(removal(world.jansen), {"post": "yes"})
    assert Customer.objects.filter(pk=world.jansen.pk).exists()


def test_no_row_out_of_reach_is_named(world, signed_in):
    """Carla runs North; the exception is in a charge group of South."""
    southern = make.ChargeGroupFactory(user_group=world.south, code="CG-SECRET", terms={"tariff": world.standard})
    make.CustomerExceptionFactory(charge_group=southern, customer=world.jansen)
    text = signed_in(world.carla).get(removal(world.jansen)).content.decode()
    assert "something that you do not see" in text and "1 exception" not in text and "CG-SECRET" not in text


def test_connectors_go_along_with_their_charge_point(world, signed_in):
    point = ChargePoint.objects.create(provider=world.greengrid, identity="OLD")
    Connector.objects.create(
        charge_point=point, ocpi_id="1", standard="IEC_62196_T2", format="SOCKET", power_type="AC_3_PHASE",
        max_voltage=230, max_amperage=32,
    )  # fmt: skip
    browser = signed_in(world.ben)
    assert "1 connector" in browser.get(removal(point)).content.decode()
    browser.post(removal(point), {"post": "yes"})
    assert not ChargePoint.objects.filter(identity="OLD").exists()


def test_a_free_customer_is_removed(world, signed_in):
    nobody = make.CustomerFactory(user_group=world.north)
    signed_in(world.carla).post(removal(nobody), {"post": "yes"})
    assert not Customer.objects.filter(pk=nobody.pk).exists()


@pytest.mark.parametrize("who", ["hugo", "rita", "otto"])
def test_who_may_not_change_customers_removes_none(world, signed_in, who):
    nobody = make.CustomerFactory(user_group=world.north)
    signed_in(getattr(world, who)).post(removal(nobody), {"post": "yes"})
    assert Customer.objects.filter(pk=nobody.pk).exists()
