"""The page "May this card charge here?"."""

import pytest
from django.urls import reverse

from chargepoints.admin.explainer import MOST
from customers.models import ChargeCard, Customer
from tests import factories as make

pytestmark = pytest.mark.django_db
PAGE = "/may-this-card-charge/"


def ask(client, **query):
    return client.get(PAGE, query)


def test_it_says_yes_and_the_price(world, signed_in):
    page = ask(signed_in(world.anna), card="04AA11", charge_point="NLGRGE0001").content.decode()
    assert "YES, this card may charge here" in page
    assert "0.35 EUR/kWh" in page
    assert "Jansen, T." in page
    assert str(world.market.location) in page[page.index("Asked and told") :]


@pytest.mark.parametrize(
    ("kind", "price"),
    [
        ("private", "Pays 0.39 EUR/kWh, incl. 21% VAT<"),
        ("employee", "Pays 0.39 EUR/kWh, incl. 21% VAT<"),
        ("company", "Pays 0.39 EUR/kWh, incl. 21% VAT (0.3223 EUR/kWh, excl. 21% VAT)<"),
    ],
)
def test_the_price_includes_vat_and_a_company_hears_both_readings(world, signed_in, kind, price):
    make.reprice(world.standard, energy_price="0.3223", energy_vat=21)
    Customer.objects.filter(pk=world.jansen.pk).update(kind=kind)
    page = ask(signed_in(world.anna), card="04AA11", charge_point="NLGRGE0001").content.decode()
    assert price in page


def test_it_says_no_names_the_exception_and_what_would_hold_without_it(world, signed_in):
    make.CustomerExceptionFactory(
        charge_group=world.leusden, customer=world.jansen, access="denied", note="unpaid invoices"
    )
    page = ask(signed_in(world.anna), card="04AA11", charge_point="NLGRGE0001").content.decode()
    assert "NO, this card may not charge here" in page
    assert "unpaid invoices" in page
    assert "Without the exception: yes." in " ".join(page.split())
    assert "NotAtThisLocation" in page


def test_a_refusal_links_to_the_exception_that_refuses(world, signed_in):
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.jansen, access="denied")
    client = signed_in(world.anna)
    remedies = ask(client, card="04AA11", charge_point="NLGRGE0001").context["remedies"]
    label, link = remedies[0]
    assert label == "Open the exception"
    assert "Jansen" in client.get(link).content.decode()


def test_who_may_end_a_refusal_does_it_from_the_verdict_and_nobody_else_is_offered_it(world, signed_in):
    ChargeCard.objects.filter(pk=world.jansens_card.pk).update(status="deactivated")
    query = {"card": "04AA11", "charge_point": "NLGRGE0001"}
    pages = [ask(signed_in(login), **query) for login in (world.anna, world.rita)]
    assert all("The card is blocked." in page.content.decode() for page in pages)
    anna, rita = (page.context["remedies"] for page in pages)
    card = f"/customers/chargecard/{world.jansens_card.pk}"
    assert anna[0] == ("Unblock…", f"{card}/do/unblock/")
    assert [label for label, _ in rita] == ["Open the card", "Open the customer"]
    assert anna[1:] == rita and rita[0][1] == f"{card}/overview/"
    Customer.objects.filter(pk=world.jansen.pk).update(status="pending")
    ChargeCard.objects.filter(pk=world.jansens_card.pk).update(status="active")
    waiting = ask(signed_in(world.anna), **query).context["remedies"]
    assert [label for label, _ in waiting] == ["Approve…", "Open the customer"]


@pytest.mark.parametrize("typed", ["04aa11", "NL-GRG-000001-A", "Jansen", "1001", "jansen@example.org"])
def test_a_card_is_found_by_uid_printed_number_or_customer(world, signed_in, typed):
    page = ask(signed_in(world.anna), card=typed, charge_point="Market square").content.decode()
    assert "YES, this card may charge here" in page


@pytest.mark.parametrize("typed", ["04:aa:11", "04 aa 11", "nl*grg*000001*a", "NLGRG000001A", "10-01"])
@pytest.mark.parametrize("point", ["nl*grg*e0001", "NL GRG E0001", "nl*grg*e148*2", "NLGRGE1482"])
def test_separators_and_case_make_no_difference(world, signed_in, typed, point):
    world.market.evse_id = "NL*GRG*E148*2"
    world.market.save()
    page = ask(signed_in(world.anna), card=typed, charge_point=point).content.decode()
    assert "YES, this card may charge here" in page


def test_an_unknown_card_is_no_refusal_and_similar_ones_are_offered(world, signed_in):
    page = ask(signed_in(world.anna), card="04:AA:12", charge_point="NLGRGE0001")
    text = page.content.decode()
    assert "No such card: “04:AA:12”" in text
    assert "NO, this card may not charge here" not in text
    assert page.context["similar_cards"] == [world.jansens_card]
    assert "?card=04AA11&amp;charge_point=NLGRGE0001" in text
    rules = text[text.index("<details") :]
    assert "card_unknown" in rules  # on demand, and nowhere else
    assert "card_unknown" not in text[: text.index("<details")]


def test_similar_cards_and_charge_points_are_the_logins_own(world, signed_in):
    make.ChargePointFactory(charge_group=world.oslo, identity="NLGRGE0002")
    otto = ask(signed_in(world.otto), card="04AA12", charge_point="NLGRGE0002")
    hugo = ask(signed_in(world.hugo), card="04BB23", charge_point="NLGRGE0001")
    assert [page.context["unknown_card"] for page in (otto, hugo)] == [True, True]
    assert [list(page.context["similar_cards"]) for page in (otto, hugo)] == [[], []]
    assert "None of your cards is similar" in hugo.content.decode()
    elsewhere = ask(signed_in(world.otto), card="04CC33", charge_point="NLGRGE0003")
    assert world.market not in elsewhere.context["similar_points"]


def test_an_unknown_charge_point_is_answered_with_similar_ones(world, signed_in):
    page = ask(signed_in(world.anna), card="04AA11", charge_point="NL*GRG*E0007")
    text = page.content.decode()
    assert "No such charge point: “NL*GRG*E0007”" in text
    assert page.context["similar_points"] == [world.market]
    assert "NO, this card" not in text
    foreign = ask(signed_in(world.anna), card="04AA11", charge_point="NOBLVE0001").context
    assert world.quay not in foreign["similar_points"]


def test_a_card_of_others_is_known_and_refused_as_before(world, signed_in):
    page = ask(signed_in(world.anna), card="04:cc:33", charge_point="NLGRGE0001")
    assert "NO, this card may not charge here" in page.content.decode()
    assert "similar_cards" not in page.context


def test_several_matches_are_offered_to_choose_from(world, signed_in):
    make.ChargeCardFactory(customer=world.jansen, uid="04AA12")
    page = ask(signed_in(world.anna), card="Jansen", charge_point="NLGRGE0001").content.decode()
    assert "Which card?" in page
    assert "card=04AA12" in page


def test_more_matches_than_are_offered_are_told_of(world, signed_in):
    for number in range(MOST):
        make.ChargeCardFactory(customer=world.jansen, uid=f"04CC{number:02}")
    browser = signed_in(world.anna)
    few = ask(browser, card="04CC", charge_point="NLGRGE0001")
    assert few.content.decode().count("Jansen, T.") >= MOST and "are shown: type more" not in few.content.decode()
    many = ask(browser, card="Jansen", charge_point="NLGRGE0001")
    assert "The first 12 are shown: type more of it." in many.content.decode()
    assert len(many.context["question"].cards) == MOST


def test_a_time_without_a_date_is_told_so(world, signed_in):
    page = ask(signed_in(world.anna), card="04AA11", charge_point="NLGRGE0001", at="", at_time="10:00").content.decode()
    assert "Give the date as well: a time alone is no moment." in page
    assert "this card may" not in page


@pytest.mark.parametrize("login", ["anna", "hugo", "rita"])
def test_a_price_by_time_of_day_is_told_with_its_hours(world, signed_in, login):
    make.by_night(world.standard)
    page = ask(signed_in(getattr(world, login)), card="04AA11", charge_point="NLGRGE0001").content.decode()
    for words in ("0.242 to 0.484 EUR/kWh", "0.242 EUR/kWh 23:00-07:00", "0.484 EUR/kWh otherwise, incl. 21% VAT"):
        assert words in page


def test_a_charge_point_of_another_provider_looks_like_none(world, signed_in):
    foreign = ask(signed_in(world.anna), card="04AA11", charge_point="NOBLVE0001").content.decode()
    assert "You have no charge point like this" in foreign
    assert "Quay" not in foreign
    assert "YES" not in foreign


def test_another_providers_card_shows_uid_and_verdict_only(world, signed_in):
    page = ask(signed_in(world.anna), card="04CC33", charge_point="NLGRGE0001").content.decode()
    assert "NO, this card may not charge here" in page
    assert "Olsen" not in page
    assert "NO-BLV" not in page


def test_a_helpdesk_is_told_no_more_of_a_sibling_groups_card(world, signed_in):
    world.bakker.status = "blocked"
    world.bakker.save()
    page = ask(signed_in(world.hugo), card="04BB22", charge_point="NLGRGE0001").content.decode()
    assert "card_not_accepted" in page
    assert "Bakker" not in page
    assert "customer_blocked" not in page


def test_suggestions_are_the_logins_own(world, signed_in):
    def offered(login, kind, words):
        answer = signed_in(login).get(f"{PAGE}suggest/", {"kind": kind, "q": words})
        return [match["value"] for match in answer.json()["matches"]]

    assert offered(world.anna, "card", "jans") == ["04AA11"]
    assert offered(world.otto, "card", "jans") == []
    assert offered(world.anna, "charge_point", "market") == ["NLGRGE0001"]
    assert offered(world.otto, "charge_point", "market") == []
    assert offered(world.hugo, "card", "bakker") == []


@pytest.mark.parametrize(
    "query",
    [
        {"card": "x" * 5000, "charge_point": "\x00"},
        {"card": "%", "charge_point": "_"},
        {"card": "04AA11", "charge_point": "NLGRGE0001", "at": "yesterday"},
        {"card": "04AA11", "charge_point": "NLGRGE0001", "at": "0001-01-01T00:00"},
        {"customer": "1001"},
    ],
)
def test_odd_questions_get_a_page(world, signed_in, query):
    assert ask(signed_in(world.anna), **query).status_code == 200


def test_a_stranger_is_asked_to_sign_in(world, client):
    assert client.get(PAGE).status_code == 302
    assert client.get(f"{PAGE}suggest/?q=jans").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_a_past_moment_names_the_holder_of_then_only_to_those_who_see_them(world, signed_in):
    ChargeCard.objects.filter(uid="04AA11").update(customer=world.bakker)
    ChargeCard.objects.filter(uid="04AA11").update(customer=world.jansen)
    second = ChargeCard.pgh_event_models["insert"].objects.filter(uid="04AA11").order_by("pgh_id")[1].pgh_created_at
    query = {"card": "04AA11", "charge_point": "NLGRGE0001", "at": second.isoformat()}
    anna, carla = (signed_in(login).get(reverse("admin:may_charge"), query) for login in (world.anna, world.carla))
    assert anna.context["answer"]["customer"] == "1002"
    assert carla.context["answer"]["customer"] is None
    assert "Bakker" not in carla.content.decode()
