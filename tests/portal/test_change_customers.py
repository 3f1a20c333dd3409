"""The page that moves customers to another user group."""

import pytest
from django.urls import reverse

from changes.models import Change
from chargepoints.authorization import authorize
from customers.models import Customer
from customers.permissions import Role
from evcnet.datetimes import database_clock
from tests import factories as make
from tests.portal.forms import page_form
from tests.portal.sent import sent

pytestmark = pytest.mark.django_db
LIST = "/customers/customer/"


def page(customer, view="change"):
    return reverse(f"admin:customers_customer_{view}", args=[customer.pk])


def now(customer):
    return Customer.objects.get(pk=customer.pk)


def asked(card="04AA11"):
    return authorize(card, "NLGRGE0001", database_clock())


def test_the_form_saves_the_rest_and_leads_to_the_preview(world, signed_in):
    browser = signed_in(world.ben)
    typed = page_form(browser.get(page(world.jansen))) | {"user_group": world.south.pk, "name": "Jansen, Tom"}
    shown = browser.post(page(world.jansen), typed, follow=True)
    assert shown.context["counts"]["loses_access"] == 1
    assert (now(world.jansen).name, now(world.jansen).user_group) == ("Jansen, Tom", world.north)
    url = shown.redirect_chain[-1][0]
    done = browser.post(url, sent(shown, url, step="confirm", named="south"))
    assert done["Location"] == page(world.jansen, "overview")
    assert asked().reason == "no_access"
    assert Change.objects.get().sentence == "1 customer moved to another user group"


def test_many_are_moved_from_the_list(world, signed_in):
    browser = signed_in(world.ben)
    chosen = {"action": "move", "_selected_action": [world.jansen.pk, world.bakker.pk], "index": 0}
    assert "Charge groups that are open to a user group" in browser.post(LIST, chosen).content.decode()
    shown = browser.post(LIST, chosen | {"confirmed": "yes", "user_group": world.north.pk})
    assert shown.context["counts"]["gains_access"] == 1
    browser.post(LIST, sent(shown, LIST, step="confirm"))
    assert now(world.bakker).user_group == world.north
    assert asked("04BB22").verdict == "ALLOWED"


def test_a_user_group_that_nobody_leaves_or_joins_hears_nothing_of_it(world, signed_in):
    west = make.UserGroupFactory(provider=world.greengrid, code="WEST", name="West")
    make.ChargeGroupFactory(user_group=west, code="CG-WEST", terms={"tariff": world.standard})
    wim = make.StaffMemberFactory(name="Wim", role=Role.SUB_PROVIDER, user_group=west)
    browser = signed_in(world.ben)
    url = f"{page(world.jansen, 'regroup')}?to={world.south.pk}"
    browser.post(url, sent(browser.get(url), url, step="confirm", named="south"))
    assert list(Change.objects.get().groups.all()) == [world.leusden]
    assert Change.objects.visible_to(world.carla).exists()
    assert not Change.objects.visible_to(wim).exists()


def test_a_new_customer_arises_in_its_user_group_without_a_preview(world, signed_in):
    browser = signed_in(world.ben)
    typed = page_form(browser.get(LIST + "add/")) | {"number": "1100", "name": "Smit", "user_group": world.south.pk}
    assert browser.post(LIST + "add/", typed).status_code == 302
    assert Customer.objects.get(number="1100").user_group == world.south
    assert not Change.objects.exists()


def test_a_sub_provider_moves_within_its_reach_only(world, signed_in):
    below = make.UserGroupFactory(provider=world.greengrid, parent=world.north)
    carla, url = signed_in(world.carla), page(world.jansen, "regroup")
    for group in (world.south, world.fjord):
        assert carla.get(url, {"to": group.pk}).status_code == 404
    shown = carla.get(url, {"to": below.pk})
    action = f"{url}?to={below.pk}"
    assert carla.post(action, sent(shown, action, step="confirm", named=below.name)).status_code == 302
    assert now(world.jansen).user_group == below


@pytest.mark.parametrize("to", ["", "x", "0", "99999999999999999999"])
def test_a_user_group_that_is_none_is_a_missing_page(world, signed_in, to):
    assert signed_in(world.ben).get(page(world.jansen, "regroup"), {"to": to}).status_code == 404


@pytest.mark.parametrize(("who", "status"), [("hugo", 404), ("rita", 403), ("otto", 404)])
def test_who_may_not_change_customers_moves_nobody(world, signed_in, who, status):
    browser = signed_in(getattr(world, who))
    assert browser.post(page(world.jansen, "regroup"), {"to": world.south.pk}).status_code == status
    assert now(world.jansen).user_group == world.north
