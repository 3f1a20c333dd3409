"""The pages of charge cards."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from customers.models import ChargeCard
from tests import factories as make
from tests.portal.forms import CONFIRMED, page_form
from tests.tables import for_each

pytestmark = pytest.mark.django_db

LIST = "/customers/chargecard/"


@pytest.fixture
def spare(world):
    """A card of GreenGrid that nobody has yet."""
    return ChargeCard.objects.create(provider=world.greengrid, uid="04DD44", visual_number="NL-GRG-000004-D")


def page(card) -> str:
    return reverse("admin:customers_chargecard_overview", args=[card.pk])


def form_of(card) -> str:
    return reverse("admin:customers_chargecard_change", args=[card.pk])


def edit(browser, card, **typed):
    return browser.post(form_of(card), page_form(browser.get(form_of(card))) | CONFIRMED | typed, follow=True)


def add(browser, **typed):
    return browser.post(LIST + "add/", page_form(browser.get(LIST + "add/")) | typed, follow=True)


def do(browser, name, card):
    return browser.post(reverse("admin:customers_chargecard_action", args=[card.pk, name]), CONFIRMED, follow=True)


def in_bulk(browser, name, cards):
    return browser.post(
        LIST, {"action": name, "_selected_action": [c.pk for c in cards], "index": 0} | CONFIRMED, follow=True
    )


def said(response) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def now(card):
    return ChargeCard.objects.get(pk=card.pk)


@pytest.mark.parametrize("who", ["anna", "ben", "carla", "hugo", "rita"])
def test_each_role_sees_its_cards_and_none_of_another_provider(world, signed_in, who):
    browser = signed_in(getattr(world, who))
    for url in (LIST, LIST + "?q=Jansen", page(world.jansens_card)):
        text = browser.get(url).content.decode()
        assert "04AA11" in text
        assert not any(name in text for name in ("04CC33", "Olsen", "BlueVolt"))


@pytest.mark.parametrize("typed", ["04aa11", "000001-A", "jansen", "1001"])
def test_cards_are_found_by_uid_visual_number_and_customer(world, signed_in, typed):
    text = signed_in(world.anna).get(LIST, {"q": typed}).content.decode()
    assert "04AA11" in text and "04BB22" not in text


def test_a_card_that_has_expired_says_so_where_it_is_listed(world, signed_in):
    lists, browser = (LIST, f"/customers/customer/{world.jansen.pk}/overview/"), signed_in(world.hugo)
    marks = [browser.get(each).content.decode().count('<span class="evc-below">expired</span>') for each in lists]
    ChargeCard.objects.filter(pk=world.jansens_card.pk).update(valid_until=timezone.now() - timedelta(minutes=1))
    assert marks == [0, 0]
    assert all('<span class="evc-below">expired</span>' in browser.get(each).content.decode() for each in lists)


def test_attaching_a_customer_activates_the_card(world, signed_in, spare):
    done = edit(signed_in(world.ben), spare, customer=world.jansen.pk)
    assert "is active now" in said(done)
    assert (now(spare).customer, now(spare).status) == (world.jansen, "active")


def test_a_status_given_with_the_customer_counts(world, signed_in, spare):
    edit(signed_in(world.ben), spare, customer=world.jansen.pk, status="deactivated")
    assert (now(spare).customer, now(spare).status) == (world.jansen, "deactivated")


def test_a_blocked_card_stays_blocked_when_it_gets_a_customer(world, signed_in, spare):
    ChargeCard.objects.filter(pk=spare.pk).update(status="deactivated")
    edit(signed_in(world.ben), spare, customer=world.jansen.pk)
    assert now(spare).status == "deactivated"


def test_a_card_that_loses_its_customer_becomes_inactive(world, signed_in):
    done = edit(signed_in(world.ben), world.jansens_card, customer="")
    assert "inactive now" in said(done)
    assert (now(world.jansens_card).customer, now(world.jansens_card).status) == (None, "inactive")


def test_a_card_without_a_customer_is_not_activated(world, signed_in, spare):
    response = edit(signed_in(world.ben), spare, status="active")
    assert "choose a customer first" in response.content.decode()
    assert now(spare).status == "inactive"


@pytest.mark.parametrize(("customer", "given", "status"), [(True, "", "active"), (True, "inactive", "inactive"),
                                                           (False, "", "inactive")])  # fmt: skip
def test_a_new_card_is_active_once_it_has_a_customer(world, signed_in, customer, given, status):
    typed = {"uid": "04EE55", "status": given, "customer": world.jansen.pk if customer else ""}
    add(signed_in(world.ben), **typed)
    assert ChargeCard.objects.get(uid="04EE55").status == status


def test_a_prepaid_customers_card_does_not_roam(world, signed_in):
    prepaid = make.CustomerFactory(user_group=world.north, payment="prepaid")
    response = add(signed_in(world.ben), uid="04EE55", customer=prepaid.pk, roaming="on")
    assert "A prepaid customer&#x27;s card has roaming off." in response.content.decode()
    assert not ChargeCard.objects.filter(uid="04EE55").exists()


@pytest.mark.parametrize("uid", ["04CC33", "04cc33", "04bb22"])
def test_a_uid_that_is_taken_cannot_be_used_and_no_more_is_said(world, signed_in, uid):
    response = add(signed_in(world.ben), uid=uid, customer=world.jansen.pk)
    assert response.context["adminform"].form.errors == {"uid": ["This uid cannot be used."]}
    assert "Olsen" not in response.content.decode()
    assert ChargeCard.objects.filter(uid__iexact=uid).count() == 1


def test_no_card_goes_to_a_customer_of_another_provider(world, signed_in, spare):
    response = edit(signed_in(world.anna), spare, customer=world.olsen.pk)
    assert "Olsen" not in response.content.decode()
    assert now(spare).customer is None


@pytest.mark.parametrize("who", ["anna", "ben", "carla", "hugo"])
def test_a_lost_card_is_blocked_and_let_back(world, signed_in, who):
    browser = signed_in(getattr(world, who))
    assert "1 charge card blocked" in said(do(browser, "block", world.jansens_card))
    assert now(world.jansens_card).status == "deactivated"
    do(browser, "unblock", world.jansens_card)
    assert now(world.jansens_card).status == "active"


@pytest.mark.parametrize("who", ["rita", "otto"])
def test_who_only_reads_or_is_elsewhere_blocks_no_card(world, signed_in, who):
    browser = signed_in(getattr(world, who))
    do(browser, "block", world.jansens_card)
    in_bulk(browser, "block", [world.jansens_card])
    assert now(world.jansens_card).status == "active"


def test_cards_are_blocked_in_bulk_and_the_rest_is_told(world, signed_in, spare):
    ChargeCard.objects.filter(pk=spare.pk).update(status="deactivated")
    done = in_bulk(signed_in(world.ben), "block", [world.jansens_card, world.bakkers_card, spare])
    assert "2 charge cards blocked" in said(done) and "blocked already: NL-GRG-000004-D" in said(done)
    assert {now(world.jansens_card).status, now(world.bakkers_card).status} == {"deactivated"}


def test_the_helpdesk_of_one_user_group_blocks_no_card_of_another(world, signed_in):
    in_bulk(signed_in(world.hugo), "block", [world.bakkers_card])
    assert now(world.bakkers_card).status == "active"


@for_each("who", ["anna", "rita"])
def test_a_card_of_nobody_says_who_gives_it_to_a_customer(world, signed_in, spare, who):
    html = " ".join(signed_in(getattr(world, who)).get(page(spare)).content.decode().split())
    assert ("Give it to one: that activates it." in html) == (who == "anna")
    assert ("Who may change cards gives it to one" in html) == (who == "rita")


def test_the_card_asks_where_it_may_charge(world, signed_in):
    assert "?card=04AA11" in signed_in(world.hugo).get(page(world.jansens_card)).content.decode()


def test_no_address_puts_the_name_of_a_customer_out_of_sight_into_a_form(world, signed_in):
    browser = signed_in(world.anna)
    for address in (f"{LIST}add/?customer={world.olsen.pk}", f"{LIST}?customer__id__exact={world.olsen.pk}"):
        assert "Olsen" not in browser.get(address, follow=True).content.decode()
    assert "Jansen" in browser.get(f"{LIST}add/?customer={world.jansen.pk}").content.decode()


@pytest.mark.parametrize(("who", "found"), [("anna", ["Jansen, T. (1001)"]), ("otto", [])])
def test_the_search_box_for_a_customer_offers_ones_own_only(world, signed_in, who, found):
    asked = {"app_label": "customers", "model_name": "chargecard", "field_name": "customer", "term": "Jansen"}
    answer = signed_in(getattr(world, who)).get("/autocomplete/", asked).json()
    assert [each["text"] for each in answer["results"]] == found


@pytest.mark.parametrize("uid", ["04:aa:11", "04 AA 11", "04aa11"])
def test_a_form_never_changes_how_a_uid_is_spelled(world, signed_in, uid):
    edit(signed_in(world.anna), world.jansens_card, uid=uid, visual_number="NEW-1")
    world.jansens_card.refresh_from_db()
    assert (world.jansens_card.uid, world.jansens_card.visual_number) == ("04AA11", "NEW-1")


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ({"uid": "04AD\u200b"}, "U+200B, a zero-width space, at place 5"),
        ({"uid": "\uff10\uff14AD"}, "U+FF10, a fullwidth digit zero, at place 1"),
        ({"uid": "04\u0410D"}, "U+0410, a Cyrillic capital letter a, at place 3"),
        ({"uid": "--"}, "write at least one"),
        ({"uid": "04EE55", "visual_number": "NL\u20111"}, "U+2011, a non-breaking hyphen, at place 3"),
        ({"uid": "04:bb:22"}, "This uid cannot be used"),
        ({"uid": "04-cc-33"}, "This uid cannot be used"),
        ({"uid": "4BB22"}, "the card “04BB22” only by leading zeros"),
        ({"uid": "00:04BB22"}, "the card “04BB22” only by leading zeros"),
    ],
)
def test_a_uid_that_is_spoiled_or_taken_is_refused_with_the_reason(world, signed_in, typed, why):
    for shown in (
        add(signed_in(world.anna), **typed),
        edit(signed_in(world.anna), world.jansens_card, **typed),
    ):
        assert why in shown.content.decode()
    assert set(ChargeCard.objects.values_list("uid", flat=True)) == {"04AA11", "04BB22", "04CC33"}


def test_zeros_name_no_card_out_of_sight(world, signed_in):
    """Carla sees North's cards: Bakker's of South is not named; of Olsen's card of BlueVolt Anna hears nothing."""
    shown = add(signed_in(world.carla), uid="4BB22", customer=world.jansen.pk).content.decode()
    assert "a card that you don&#x27;t see" in shown
    assert "04BB22" not in shown
    add(signed_in(world.anna), uid="4CC33")
    assert ChargeCard.objects.filter(uid="4CC33").exists()
