"""What would seem to end a running session says first that it does not, and how many run, in the login's reach."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from chargepoints.models import ChargePoint
from customers.models import ChargeCard, Customer
from gateway.models import Transaction
from tests import factories as make
from tests.portal.forms import page_form

pytestmark = pytest.mark.django_db

POINTS = "/chargepoints/chargepoint/"
ONE = "This ends no running session: 1 runs now and keeps the price of the start, at Market square."
NONE = "This ends no running session; none that you see runs now."


def running(world, card, point):
    return Transaction.objects.create(
        provider=point.provider, charge_point=point, code=f"T{Transaction.objects.count()}", evse=1, card_uid=card.uid,
        card=card, customer=card.customer, started_at=timezone.now(), last_message_at=timezone.now(),
    )  # fmt: skip


def action(row, name) -> str:
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_action", args=[row.pk, name])


def text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


@pytest.fixture
def charging(world):
    """Jansen charges at the Market square."""
    return running(world, world.jansens_card, world.market)


def pages_of(world):
    yield from (
        action(world.jansens_card, "block"),
        action(world.jansen, "block"),
        action(world.jansen, "deactivate"),
        action(world.jansen, "erase"),
        action(world.market, "deactivate"),
        reverse("admin:chargegroups_chargegroup_close", args=[world.leusden.pk]),
    )


def test_every_page_that_takes_access_away_says_what_runs_on(world, signed_in, charging):
    browser = signed_in(world.anna)
    for address in pages_of(world):
        assert ONE in text(browser.get(address)), address
    Transaction.objects.update(ended_at=timezone.now())
    for address in pages_of(world):
        assert NONE in text(browser.get(address)), address
    assert (Customer.objects.get(pk=world.jansen.pk).status, ChargePoint.objects.get(pk=world.market.pk).status) == (
        "active", "active",
    )  # fmt: skip


def test_a_form_that_takes_a_point_out_of_service_says_it_too(world, signed_in, charging):
    page = reverse("admin:chargepoints_chargepoint_change", args=[world.market.pk])
    browser = signed_in(world.ben)
    assert ONE in text(browser.post(page, page_form(browser.get(page)) | {"status": "out_of_service"}))
    assert ChargePoint.objects.get(pk=world.market.pk).status == "active"


def test_detaching_and_moving_points_say_it_too(world, signed_in, charging):
    other = make.ChargeGroupFactory(user_group=world.north, terms={"tariff": world.standard, "own_user_group": True})
    browser = signed_in(world.ben)
    for name, data in (("detach", {}), ("attach", {"charge_group": other.pk, "confirmed": "yes"})):
        chosen = {"action": name, "_selected_action": [world.market.pk], "index": 0}
        assert ONE in text(browser.post(POINTS, chosen | data, follow=True)), name
    assert ChargePoint.objects.get(pk=world.market.pk).charge_group == world.leusden


def test_several_are_counted_and_named_where_the_login_sees_them(world, signed_in, charging):
    closed = make.ChargeGroupFactory(
        user_group=world.south, terms={"tariff": world.standard, "other_user_groups": True}
    )
    quays = [make.ChargePointFactory(charge_group=closed, identity=f"SOUTH-{n}", name=f"Dock {n}") for n in range(3)]
    for point in quays:
        running(world, world.jansens_card, point)
    address = action(world.jansens_card, "block")
    said = "4 run now and keep the price of the start, at Market square, Dock 0, Dock 1 and 1 more charge point."
    assert said in text(signed_in(world.anna).get(address))
    hugo = text(signed_in(world.hugo).get(address))
    assert "4 run now and keep the price of the start, at Market square and 3 more charge points." in hugo
    assert "Dock" not in hugo


def test_sessions_of_others_are_neither_counted_nor_named(world, signed_in):
    running(world, world.olsens_card, world.quay)
    cards = ChargeCard.objects.values_list("pk", flat=True)
    data = {"action": "block", "_selected_action": list(cards), "index": 0}
    shown = text(signed_in(world.anna).post("/customers/chargecard/", data))
    assert NONE in shown and "Quay" not in shown


def test_what_gives_access_says_nothing_of_running_sessions(world, signed_in, charging):
    Customer.objects.filter(pk=world.jansen.pk).update(status="blocked")
    assert "running session" not in text(signed_in(world.anna).get(action(world.jansen, "unblock")))
