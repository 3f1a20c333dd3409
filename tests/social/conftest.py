"""A street with social charging, its point at work, and three drivers of North with a card each."""

from types import SimpleNamespace

import pytest
from django.utils import timezone

from gateway.models import Device
from gateway.state_reports import report_state
from gateway.transactions import End, Start, begin, end
from tests import factories as make


def connect(point):
    """Its device is connected, and says nothing yet."""
    values = {"connected_at": timezone.now(), "connection": "0" * 8 + "-0000-4000-8000-" + f"{point.pk:012d}"}
    Device.objects.update_or_create(charge_point=point, defaults=values)


def say(point, state):
    report_state(point.pk, 1, 1, state, state.capitalize(), timezone.now())


def start(point, card, **more):
    return begin(Start(point.pk, card.uid, timezone.now(), evse=1, meter=None, **more))


def stop(point, transaction):
    return end(End(point.pk, transaction.code, timezone.now()))


def make_social(world):
    """A street of North with social charging, in the place of Leusden, and its point in the place of the market's."""
    terms = {"tariff": world.standard, "own_user_group": True, "social_charging": True}
    world.leusden = make.ChargeGroupFactory(user_group=world.north, code="CG-STREET", name="Street", terms=terms)
    world.market = make.ChargePointFactory(charge_group=world.leusden, identity="NLGRGE0002", name="Station road")


@pytest.fixture
def street(world) -> SimpleNamespace:
    """Jansen, Visser and Smit may charge at the station road, where Jansen charges just now."""
    make_social(world)
    for number, name in ((1003, "Visser"), (1004, "Smit")):
        customer = make.CustomerFactory(
            user_group=world.north, number=str(number), name=name, email=f"{name.lower()}@example.org"
        )
        setattr(world, name.lower(), customer)
        setattr(world, f"{name.lower()}s_card", make.ChargeCardFactory(customer=customer, uid=f"04DD{number}"))
    connect(world.market)
    say(world.market, "available")
    world.running, _ = start(world.market, world.jansens_card)
    say(world.market, "charging")
    return world
