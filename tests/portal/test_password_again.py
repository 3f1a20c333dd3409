"""Which actions ask for the password again: erasing, logins, API keys and changes of terms; approving and blocking don't."""

import pytest
from django.contrib import admin
from django.urls import reverse

from chargegroups.models import CustomerException
from customers.models import ApiKey, Customer
from evcnet.accounts.reauthentication import AsksPasswordAgain
from evcnet.admin.actions import Action, ActionsAdmin
from tests import factories as make
from tests.portal.forms import CONFIRMED, page_form

pytestmark = pytest.mark.django_db

WIZARD = "once the change that it previews is confirmed"
ASKS: dict[str, bool | str] = {
    "customers.customer approve": False,
    "customers.customer reject": False,
    "customers.customer block": False,
    "customers.customer unblock": False,
    "customers.customer deactivate": False,
    "customers.customer move": WIZARD,
    "customers.customer exception": False,  # leads to the charge group's page
    "customers.customer disclose": False,
    "customers.customer erase": True,
    "customers.chargecard block": False,
    "customers.chargecard unblock": False,
    "customers.apikey deactivate": True,
    "customers.apikey activate": True,
    "customers.notice mail-again": False,
    "customers.notice resume-mailing": False,
    "chargegroups.chargegroup terms-of-many": WIZARD,
    "chargepoints.chargepoint attach": WIZARD,
    "chargepoints.chargepoint move": WIZARD,
    "chargepoints.chargepoint detach": WIZARD,
    "chargepoints.chargepoint activate": False,
    "chargepoints.chargepoint deactivate": False,
    "chargepoints.chargepoint free-for-owner": True,
    "chargepoints.location publish": False,
    "chargepoints.location unpublish": False,
    "chargepoints.session correct": False,
}
"""Every action of a list or of a row's page."""
FORMS_THAT_ASK = {"customers.staffmember", "customers.apikey", "customers.provider"}
"""Whose forms, lists and removals ask as well. A provider says which roles need a second factor."""


def actions() -> dict[str, tuple[ActionsAdmin, Action]]:
    return {
        f"{model._meta.label_lower} {action.name}": (page, action)
        for model, page in admin.site._registry.items()
        if isinstance(page, ActionsAdmin)
        for action in (*page.bulk_actions, *page.object_actions)
    }


@pytest.fixture
def asked(world, signed_in):
    """Anna, who proved an hour ago who she is, posts: is she asked for the password?"""
    browser = signed_in(world.anna)
    session = browser.session
    session["proved_at"] -= 3600
    session.save()

    def post(address: str, **typed) -> bool:
        answer = browser.post(address, CONFIRMED | typed)
        return answer.status_code == 302 and answer["Location"].startswith("/confirm/")

    post.browser = browser
    return post


def address(row, name) -> str:
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_action", args=[row.pk, name])


def test_every_action_says_whether_it_asks():
    said = {}
    for label, (page, action) in actions().items():
        asks = action.asks_password or isinstance(page, AsksPasswordAgain)
        said[label] = WIZARD if action.view is not None and not asks and ASKS.get(label) == WIZARD else asks
    assert said == ASKS
    assert FORMS_THAT_ASK == {
        model._meta.label_lower for model, page in admin.site._registry.items() if isinstance(page, AsksPasswordAgain)
    }


def test_what_changes_the_status_of_customers_cards_points_and_locations_does_not_ask(world, asked):
    waiting = make.CustomerFactory.create_batch(2, user_group=world.north, status="pending")
    rows = {
        "approve": waiting[0],
        "reject": waiting[1],
        "block": world.jansens_card,
        "unblock": world.jansens_card,
        "deactivate": world.market,
        "activate": world.market,
        "publish": world.market.location,
        "unpublish": world.market.location,
    }
    before = {name: type(row).objects.filter(pk=row.pk).values().get() for name, row in rows.items()}
    assert [name for name, row in rows.items() if asked(address(row, name))] == []
    assert all(
        type(waiting[0]).objects.get(pk=row.pk).status != before[name]["status"]
        for name, row in rows.items()
        if row in waiting
    )


def test_many_at_once_do_not_ask_either(world, asked):
    customers = make.CustomerFactory.create_batch(11, user_group=world.north, status="pending")
    chosen = {"action": "approve", "_selected_action": [each.pk for each in customers], "index": 0}
    assert not asked("/customers/customer/", **chosen)
    assert Customer.objects.filter(status="active", pk__in=[each.pk for each in customers]).count() == 11


def test_erasing_asks_and_erases_nobody_before(world, asked):
    assert asked(address(world.jansen, "erase"), number="1001")
    assert Customer.objects.get(pk=world.jansen.pk).erased_at is None


def test_api_keys_ask_from_the_row_the_list_and_the_form(world, asked):
    key, _ = ApiKey.make(provider=world.greengrid, name="program")
    assert asked(address(key, "deactivate"))
    assert asked("/customers/apikey/", action="deactivate", _selected_action=key.pk, index=0)
    assert asked("/customers/apikey/add/", name="another")
    assert ApiKey.objects.get().active


def test_logins_ask_from_the_form(world, asked):
    page = reverse("admin:customers_staffmember_change", args=[world.hugo.pk])
    typed = {name: value for name, value in page_form(asked.browser.get(page)).items() if name != "is_active"}
    assert asked(page, **typed)
    world.hugo.refresh_from_db()
    assert world.hugo.is_active


def test_an_exception_for_the_owner_is_a_change_of_terms_and_asks(world, asked):
    world.market.owner = world.jansen
    world.market.save()
    assert asked(address(world.market, "free-for-owner"))
    assert not CustomerException.objects.exists()
