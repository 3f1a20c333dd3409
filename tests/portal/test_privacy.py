"""What a customer may ask for: everything that is held about them, and to be erased. From the customer's page."""

import json

import pytest

from changes.apply import apply_now
from changes.models import Change, Way
from changes.proposals import ExceptionChanges, ProposedException
from customers.models import AuditEntry, Customer
from tests import factories as make_a
from tests.portal.forms import CONFIRMED
from tests.sessions import record as charge

pytestmark = pytest.mark.django_db

WHO_MAY_NOT = ["carla", "hugo", "rita", "otto"]


def page(customer, verb: str = "") -> str:
    return f"/customers/customer/{customer.pk}/{f'do/{verb}' if verb else 'overview'}/"


@pytest.fixture
def jansen(world):
    row = ProposedException(world.leusden, world.jansen, access="allowed", note="shift worker")
    apply_now(ExceptionChanges([row]), way=Way.COMMAND, by=world.ben)
    charge(world, "S1")
    charge(world, "S2", card=world.bakkers_card)
    return world.jansen


# Export


def taken(browser, customer):
    answer = browser.post(page(customer, "disclose"))
    assert answer["Content-Disposition"] == f'attachment; filename="customer-{customer.pk}.json"'
    return json.loads(b"".join(answer.streaming_content))


@pytest.mark.parametrize("who", ["anna", "ben"])
def test_everything_that_is_held_about_a_customer_comes_as_one_file(world, jansen, signed_in, who):
    told = taken(signed_in(getattr(world, who)), jansen)
    assert told["customer"]["name"] == "Jansen, T."
    assert (told["customer"]["user_group"], told["customer"]["email"]) == ("North", "jansen@example.org")
    assert [card["visual_number"] for card in told["cards"]] == ["NL-GRG-000001-A"]
    assert [(row["charge_group"], row["note"]) for row in told["exceptions"]] == [("CG-LEUSDEN", "shift worker")]
    (session,) = told["sessions"]
    assert (session["id"], session["card_uid"], session["tariff"]) == ("S1", "04AA11", "STANDARD")
    assert [(rating["session"], rating["excl_vat"]) for rating in told["ratings"]] == [("S1", "7.0000")]
    assert {entry["what"] for entry in told["history"]} >= {"customer added", "charge card added", "exception added"}


def test_it_holds_nothing_of_other_customers(world, jansen, signed_in):
    text = json.dumps(taken(signed_in(world.anna), jansen))
    assert "Bakker" not in text
    assert "04BB22" not in text
    assert "Ben" not in text, "who of the staff did what is theirs"


def test_past_exceptions_and_former_names_are_part_of_it(world, jansen, signed_in):
    Customer.objects.filter(pk=jansen.pk).update(name="Jansen-de Wit, T.")
    apply_now(
        ExceptionChanges([ProposedException(world.leusden, jansen, removed=True)]),
        way=Way.COMMAND,
        by=world.ben,
    )
    told = taken(signed_in(world.anna), jansen)
    assert told["exceptions"] == []
    changes = [change for entry in told["history"] for change in entry["changes"]]
    assert {"of": "name", "from": "Jansen, T.", "to": "Jansen-de Wit, T."} in changes
    assert "exception removed" in {entry["what"] for entry in told["history"]}


def test_what_a_card_was_called_before_it_came_to_the_customer_is_the_former_holders(world, jansen, signed_in):
    world.bakkers_card.visual_number = "Bakker's own"
    world.bakkers_card.save()
    world.bakkers_card.visual_number = "NL-7"
    world.bakkers_card.customer = jansen
    world.bakkers_card.save()
    told = taken(signed_in(world.anna), jansen)
    assert {card["visual_number"] for card in told["cards"]} == {"NL-GRG-000001-A", "NL-7"}
    assert "Bakker" not in json.dumps(told)


def test_the_record_says_who_took_it_and_how_many_rows(world, jansen, signed_in):
    told = taken(signed_in(world.ben), jansen)
    entry = AuditEntry.objects.get(event="customer_exported")
    assert (entry.login, entry.provider, entry.about) == (world.ben, world.greengrid, "customer 1001")
    counted = {name: len(rows) for name, rows in told.items() if name != "customer"}
    assert entry.details == counted | {"customer": 1}
    assert entry.rows == sum(counted.values()) + 1


@pytest.mark.parametrize("who", WHO_MAY_NOT)
def test_who_may_not_take_it_away_gets_nothing_and_finds_no_button(world, jansen, signed_in, who):
    browser = signed_in(getattr(world, who))
    assert browser.post(page(jansen, "disclose")).status_code == 404
    assert b"Export this customer" not in browser.get(page(jansen)).content
    assert not AuditEntry.objects.filter(event="customer_exported").exists()


# Erasure


def test_the_page_says_first_what_goes_and_what_stays(world, jansen, signed_in):
    browser = signed_in(world.ben)
    assert b"Erase the person" in browser.get(page(jansen)).content
    said = browser.get(page(jansen, "erase")).content.decode()
    for words in ("There is no way back", "1 charge card", "1 exception", "1 session", "Nothing has been written yet"):
        assert words in said
    jansen.refresh_from_db()
    assert jansen.name == "Jansen, T."


@pytest.mark.parametrize("typed", ["", "1002", "Jansen"])
def test_without_the_customers_number_nobody_is_erased(world, jansen, signed_in, typed):
    answer = signed_in(world.anna).post(page(jansen, "erase"), CONFIRMED | {"number": typed})
    assert answer.status_code == 200
    jansen.refresh_from_db()
    assert (jansen.name, jansen.erased_at) == ("Jansen, T.", None)


def test_with_it_the_person_is_erased_and_the_page_says_so(world, jansen, signed_in):
    browser = signed_in(world.ben)
    answer = browser.post(page(jansen, "erase"), CONFIRMED | {"number": "1001"}, follow=True)
    said = answer.content.decode()
    assert "The person behind customer 1001 is erased" in said
    assert "Jansen" not in said
    assert "The person was erased on" in said
    assert AuditEntry.objects.get(event="customer_erased").login == world.ben
    for gone in ("Let back in", "Erase the person", "Export this customer", "Add a card", "Move to another"):
        assert gone not in said


def test_the_password_is_asked_again_and_what_was_typed_is_kept(world, jansen, signed_in):
    browser = signed_in(world.ben)
    session = browser.session
    session["proved_at"] = 0
    session.save()
    asked = browser.post(page(jansen, "erase"), CONFIRMED | {"number": "1001"})
    assert asked.status_code == 302
    assert asked["Location"].startswith("/confirm/")
    jansen.refresh_from_db()
    assert jansen.erased_at is None
    assert ["number", "1001"] in [list(each) for each in browser.session["interrupted"]["fields"]]


def test_a_customer_who_was_erased_is_read_and_never_edited(world, jansen, signed_in):
    browser = signed_in(world.anna)
    browser.post(page(jansen, "erase"), CONFIRMED | {"number": "1001"})
    assert (
        browser.post(f"/customers/customer/{jansen.pk}/change/", {"name": "Jansen, T.", "number": "1001"}).status_code
        == 403
    )
    assert b"Erased customer" in browser.get("/customers/customer/").content
    history = browser.get(f"/customers/customer/{jansen.pk}/history/").content.decode()
    assert "Erased customer" in history
    assert "Jansen" not in history


@pytest.mark.parametrize("who", WHO_MAY_NOT)
def test_who_may_not_erase_finds_no_page(world, jansen, signed_in, who):
    browser = signed_in(getattr(world, who))
    assert browser.get(page(jansen, "erase")).status_code == 404
    assert browser.post(page(jansen, "erase"), CONFIRMED | {"number": "1001"}).status_code == 404
    jansen.refresh_from_db()
    assert (jansen.name, jansen.erased_at) == ("Jansen, T.", None)


def test_two_who_erase_at_once_erase_once(world, signed_in):
    customer = make_a.CustomerFactory(user_group=world.north, number="1500")
    first, second = signed_in(world.anna), signed_in(world.ben)
    assert first.get(page(customer, "erase")).status_code == second.get(page(customer, "erase")).status_code == 200
    first.post(page(customer, "erase"), CONFIRMED | {"number": "1500"})
    late = second.post(page(customer, "erase"), CONFIRMED | {"number": "1500"}, follow=True)
    assert "does not apply to" in late.content.decode()
    assert AuditEntry.objects.filter(event="customer_erased").count() == 1


def test_what_would_bring_an_erased_person_back_is_not_undone(world, jansen, signed_in):
    """Erasing takes the exception away: that change, undone, would tie one to the erased customer again."""
    browser = signed_in(world.anna)
    browser.post(page(jansen, "erase"), CONFIRMED | {"number": "1001"})
    changes = Change.objects.count()
    taken_away = Change.objects.latest("pk")
    told = browser.get(f"/changes/change/{taken_away.pk}/undo/", follow=True)
    assert told.redirect_chain[0][0] == f"/changes/change/{taken_away.pk}/change/"
    assert "erased" in str(next(iter(told.context["messages"])))
    assert not jansen.exceptions.exists()
    assert Change.objects.count() == changes
