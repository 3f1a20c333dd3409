"""The pages of customers."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from chargepoints.models import ChargePoint, Connector
from customers.models import ApiKey, Customer
from customers.permissions import Role
from tests import factories as make
from tests.portal.forms import CONFIRMED, page_form

pytestmark = pytest.mark.django_db

LIST = "/customers/customer/"


@pytest.fixture
def waiting(world):
    return make.CustomerFactory(user_group=world.north, number="1003", name="Visser, A.", status="pending")


def page(customer) -> str:
    return reverse("admin:customers_customer_overview", args=[customer.pk])


def edit(customer) -> str:
    return reverse("admin:customers_customer_change", args=[customer.pk])


def do(browser, name, customer):
    return browser.post(reverse("admin:customers_customer_action", args=[customer.pk, name]), CONFIRMED, follow=True)


def in_bulk(browser, name, customers):
    sent = {"action": name, "_selected_action": [each.pk for each in customers], "index": 0} | CONFIRMED
    return browser.post(LIST, sent, follow=True)


def said(response) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def status(customer) -> str:
    return Customer.objects.get(pk=customer.pk).status


@pytest.mark.parametrize("who", ["anna", "ben", "carla", "hugo", "rita"])
def test_each_role_sees_its_customers_and_none_of_another_provider(world, signed_in, who):
    browser = signed_in(getattr(world, who))
    for url in (LIST, LIST + "?q=Jansen", LIST + "?status__exact=active", page(world.jansen)):
        text = browser.get(url).content.decode()
        assert "Jansen, T." in text
        assert not any(name in text for name in ("Olsen", "Fjord", "BlueVolt", "NO-BLV"))


@pytest.mark.parametrize("who", ["carla", "hugo"])
def test_a_login_of_one_user_group_sees_nothing_of_its_sibling(world, signed_in, who):
    browser = signed_in(getattr(world, who))
    assert "Bakker" not in browser.get(LIST).content.decode()
    assert browser.get(page(world.bakker)).status_code == 404
    assert "Bakker" not in browser.get(LIST + "?q=04BB22").content.decode()


@pytest.mark.parametrize("typed", ["jansen", "1001", "jansen@example.org", "04aa11", "NL-GRG-000001-A", "jansen 04AA"])
def test_customers_are_found_by_name_number_address_and_card(world, signed_in, typed):
    text = signed_in(world.anna).get(LIST, {"q": typed}).content.decode()
    assert "Jansen, T." in text and "Bakker" not in text


def test_the_page_shows_cards_exceptions_and_what_may_be_charged(world, signed_in):
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.jansen, tariff=world.cheap, note="loyal")
    text = signed_in(world.hugo).get(page(world.jansen)).content.decode()
    assert "NL-GRG-000001-A" in text
    assert "Leusden centre" in text and "0.20 EUR/kWh" in text and "loyal" in text
    assert "?customer=1001" in text


def test_that_there_is_no_exception_is_said_of_charge_groups_in_sight_alone(world, signed_in):
    elsewhere = make.ChargeGroupFactory(user_group=world.south, terms={"tariff": world.standard})
    make.CustomerExceptionFactory(charge_group=elsewhere, customer=world.jansen, tariff=world.cheap)
    text = signed_in(world.carla).get(page(world.jansen)).content.decode()
    assert "None at the charge groups that you see" in text
    assert elsewhere.name not in text and "0.20 EUR/kWh" not in text


@pytest.mark.parametrize(("who", "may"), [("anna", True), ("hugo", False), ("rita", False)])
def test_where_an_exception_is_made_is_said_to_those_who_may_make_one(world, signed_in, who, may):
    text = signed_in(getattr(world, who)).get(page(world.jansen)).content.decode()
    assert ("An exception is made in “Customers and tariffs”" in text) == may


def test_the_helpdesk_approves_without_being_able_to_change(world, signed_in, waiting):
    done = do(signed_in(world.hugo), "approve", waiting)
    assert "1 customer approved" in said(done)
    assert status(waiting) == "active"


def test_rejecting_needs_no_approval_first(world, signed_in, waiting):
    do(signed_in(world.hugo), "reject", waiting)
    assert status(waiting) == "deactivated"


def test_a_bulk_approval_tells_row_by_row(world, signed_in, waiting):
    blocked = make.CustomerFactory(user_group=world.north, name="De Wit, J.", status="blocked")
    done = in_bulk(signed_in(world.ben), "approve", [waiting, world.jansen, blocked])
    assert "1 customer approved: Visser, A. (1003)" in said(done)
    assert "approved already" in said(done)
    assert "The customer is blocked and does not wait for approval." in said(done)
    assert (status(waiting), status(blocked)) == ("active", "blocked")


@pytest.mark.parametrize("name", ["block", "deactivate", "unblock"])
@pytest.mark.parametrize("who", ["hugo", "rita", "otto"])
def test_who_may_not_change_customers_blocks_nobody(world, signed_in, who, name):
    browser = signed_in(getattr(world, who))
    do(browser, name, world.jansen)
    in_bulk(browser, name, [world.jansen])
    assert status(world.jansen) == "active"


@pytest.mark.parametrize("name", ["approve", "reject"])
@pytest.mark.parametrize("who", ["rita", "otto"])
def test_who_only_reads_or_is_elsewhere_approves_nobody(world, signed_in, waiting, who, name):
    browser = signed_in(getattr(world, who))
    do(browser, name, waiting)
    in_bulk(browser, name, [waiting])
    assert status(waiting) == "pending"


def test_a_customer_is_blocked_and_let_back(world, signed_in):
    browser = signed_in(world.carla)
    do(browser, "block", world.jansen)
    assert status(world.jansen) == "blocked"
    assert "None of the cards is accepted anywhere" in browser.get(page(world.jansen)).content.decode()
    do(browser, "unblock", world.jansen)
    assert status(world.jansen) == "active"


def test_the_second_of_two_editors_is_refused_and_loses_nothing(world, signed_in):
    anna, ben = signed_in(world.anna), signed_in(world.ben)
    annas, bens = page_form(anna.get(edit(world.jansen))), page_form(ben.get(edit(world.jansen)))
    assert anna.post(edit(world.jansen), annas | {"email": "new@example.org"}).status_code == 302
    refused = ben.post(edit(world.jansen), bens | {"name": "Jansen, Theo"})
    text = refused.content.decode()
    assert refused.status_code == 200
    assert "Anna" in text and "new@example.org" in text and "Jansen, Theo" in text
    stored = Customer.objects.get(pk=world.jansen.pk)
    assert (stored.name, stored.email) == ("Jansen, T.", "new@example.org")
    assert ben.post(edit(world.jansen), page_form(refused)).status_code == 302
    stored.refresh_from_db()
    assert (stored.name, stored.email) == ("Jansen, Theo", "new@example.org")


def test_a_block_meanwhile_is_not_overwritten_by_a_form(world, signed_in):
    anna, ben = signed_in(world.anna), signed_in(world.ben)
    bens = page_form(ben.get(edit(world.jansen)))
    do(anna, "block", world.jansen)
    assert ben.post(edit(world.jansen), bens | {"name": "Jansen, Theo"}).status_code == 200
    assert status(world.jansen) == "blocked"


def test_a_customer_with_a_roaming_card_does_not_become_prepaid(world, signed_in):
    world.jansens_card.roaming = True
    world.jansens_card.save()
    browser = signed_in(world.ben)
    sent = page_form(browser.get(edit(world.jansen))) | {"payment": "prepaid"}
    assert "roaming off" in browser.post(edit(world.jansen), sent).content.decode()
    assert Customer.objects.get(pk=world.jansen.pk).payment == "subscription"


def test_a_new_customer_belongs_to_the_provider_of_its_user_group(world, signed_in):
    browser = signed_in(world.carla)
    sent = page_form(browser.get(LIST + "add/"))
    sent |= {"number": "1100", "name": "Smit, P.", "user_group": world.north.pk}
    assert browser.post(LIST + "add/", sent).status_code == 302
    assert Customer.objects.get(number="1100").provider == world.greengrid


def test_no_customer_is_moved_to_a_user_group_out_of_reach(world, signed_in):
    browser = signed_in(world.carla)
    for group in (world.south, world.fjord):
        sent = page_form(browser.get(edit(world.jansen))) | {"user_group": group.pk}
        assert browser.post(edit(world.jansen), sent).status_code == 200
    assert Customer.objects.get(pk=world.jansen.pk).user_group == world.north


def test_a_customer_with_cards_is_not_removed(world, signed_in):
    browser = signed_in(world.ben)
    browser.post(reverse("admin:customers_customer_delete", args=[world.jansen.pk]), {"post": "yes"})
    assert Customer.objects.filter(pk=world.jansen.pk).exists()


# Lists of customers


MANY = 60

LISTS = {
    "/chargepoints/chargepoint/": lambda world: make.ChargePointFactory(charge_group=world.leusden),
    "/chargepoints/location/": lambda world: make.LocationFactory(provider=world.greengrid),
    "/customers/customer/": lambda world: make.CustomerFactory(user_group=world.north),
    "/customers/chargecard/": lambda world: make.ChargeCardFactory(
        customer=make.CustomerFactory(user_group=world.north)
    ),
    "/customers/usergroup/": lambda world: make.UserGroupFactory(provider=world.greengrid, parent=world.north),
    "/customers/staffmember/": lambda world: make.StaffMemberFactory(role=Role.HELPDESK, user_group=world.north),
    "/customers/apikey/": lambda world: ApiKey.make(provider=world.greengrid, name="key"),
}


@pytest.mark.parametrize("address", LISTS)
def test_a_list_takes_no_more_queries_with_many_rows_than_with_few(world, signed_in, address):
    browser = signed_in(world.anna)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(address).status_code == 200
        return len(captured)

    for _ in range(3):
        LISTS[address](world)
    few = queries()
    for _ in range(MANY):
        LISTS[address](world)
    assert queries() <= few


# The page before a row is removed


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
