"""Actions on the status of rows: what they mean is said first, a reason is kept, and ten minutes long there is an undo."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from chargepoints.models import ChargePoint, Location
from customers.models import ApiKey, AuditEntry, ChargeCard, Customer, StaffMember, StatusChange
from customers.permissions import Role
from customers.privacy.erase import erase
from tests import factories as make
from tests.portal.forms import CONFIRMED, page_form
from tests.portal.sent import sent

pytestmark = pytest.mark.django_db

CUSTOMERS, CARDS = "/customers/customer/", "/customers/chargecard/"
POINTS, LOCATIONS = "/chargepoints/chargepoint/", "/chargepoints/location/"


def action(row, name) -> str:
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_action", args=[row.pk, name])


def page(row, view="change") -> str:
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{view}", args=[row.pk])


def chosen(name, rows, **more):
    return {"action": name, "_selected_action": [row.pk for row in rows], "index": 0, **more}


def text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def undo_in(response) -> str:
    """The address that the message of success links to."""
    said = " ".join(str(message) for message in response.context["messages"])
    (address,) = re.findall(r'href="(/undo/[0-9a-f-]+/)"', said)
    return address


def now(row):
    return type(row).objects.get(pk=row.pk)


@pytest.fixture
def waiting(world):
    return make.CustomerFactory(user_group=world.north, number="1003", name="Visser, A.", status="pending")


# What it means, before it is done


def test_blocking_a_card_says_at_how_many_points_it_stops_working(world, signed_in):
    make.ChargePointFactory(charge_group=world.leusden)
    shown = text(signed_in(world.hugo).get(action(world.jansens_card, "block")))
    assert "1 card stops working at 2 charge points" in shown
    assert now(world.jansens_card).status == "active"


def test_blocking_cards_names_whose_they_are_and_counts_those_that_change(world, signed_in):
    browser = signed_in(world.anna)
    assert f"{world.jansens_card} of {world.jansen}" in text(browser.get(action(world.jansens_card, "block")))
    ChargeCard.objects.filter(pk=world.bakkers_card.pk).update(status="deactivated")
    both = text(browser.post(CARDS, chosen("block", [world.jansens_card, world.bakkers_card])))
    assert f"{world.jansens_card} of {world.jansen}" in both and f"of {world.bakker}" not in both
    assert "Block 1 charge card<" in both
    one = text(browser.get(action(world.jansen, "block")))
    assert one.count("Jansen, T. (1001)</p>") == 0  # the title says it


def test_blocking_customers_says_how_many_can_no_longer_charge(world, signed_in):
    make.ChargeCardFactory(customer=world.jansen)
    shown = text(signed_in(world.ben).post(CUSTOMERS, chosen("block", [world.jansen, world.bakker])))
    assert "2 customers become blocked." in shown
    assert "1 customer can no longer charge: 2 cards stop working at 1 charge point." in shown
    assert not Customer.objects.filter(status="blocked").exists()


def test_approving_says_which_cards_start_working(world, signed_in, waiting):
    make.ChargeCardFactory(customer=waiting)
    bare = make.CustomerFactory(user_group=world.north, status="pending")
    shown = text(signed_in(world.hugo).post(CUSTOMERS, chosen("approve", [waiting, bare])))
    assert "2 customers become active: 1 card starts working at 1 charge point that you see." in shown
    assert "1 customer has no card that starts working." in shown
    assert now(waiting).status == "pending"


def test_the_access_rules_count_an_exception_and_a_card_that_expired(world, signed_in):
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.jansen, access="denied")
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.bakker, access="allowed")
    old = make.ChargeCardFactory(customer=world.bakker, valid_until=timezone.now() - timedelta(days=1))
    cards = [world.jansens_card, world.bakkers_card, old]
    shown = text(signed_in(world.ben).post(CARDS, chosen("block", cards)))
    assert "1 card stops working at 1 charge point." in shown
    assert "2 cards do not stop working anywhere" in shown


def test_a_roaming_card_stops_at_points_of_other_providers_too_which_are_not_counted(world, signed_in):
    ChargeCard.objects.filter(pk=world.jansens_card.pk).update(roaming=True)
    shown = text(signed_in(world.ben).get(action(world.jansens_card, "block")))
    assert "1 card stops working at 1 charge point." in shown
    assert "1 card that may roam stops working at charge points of other providers too." in shown


def test_deactivating_points_says_who_can_no_longer_charge_there(world, signed_in):
    home = make.ChargePointFactory(charge_group=world.leusden, status="inactive")
    shown = text(signed_in(world.ben).post(POINTS, chosen("deactivate", [world.market, home])))
    assert "1 charge point stops working: 1 customer can no longer charge there." in shown
    assert "1 charge point is inactive and stays so." in shown


def test_activating_points_says_which_are_refused(world, signed_in):
    spare = ChargePoint.objects.create(provider=world.greengrid, identity="SPARE")
    ready = make.ChargePointFactory(charge_group=world.leusden, status="inactive")
    shown = text(signed_in(world.ben).post(POINTS, chosen("activate", [spare, ready])))
    assert "1 charge point starts working: 1 customer can charge there." in shown
    assert "1 charge point will be refused. It has neither a charge group nor a location" in shown


def test_publishing_says_who_sees_the_locations(world, signed_in):
    places = [world.market.location, make.LocationFactory(provider=world.greengrid)]
    shown = text(signed_in(world.ben).post(LOCATIONS, chosen("publish", places)))
    assert "2 locations become visible to third-party apps, with 1 charge point." in shown
    assert "At 1 location nobody can charge: drivers will come in vain." in shown
    signed_in(world.ben).post(LOCATIONS, chosen("publish", places) | {"confirmed": "yes"})
    assert Location.objects.filter(published=True).count() == 2


def test_counts_are_those_of_the_logins_reach(world, signed_in):
    """South's points and customers are not Carla's, who runs North."""
    southern = make.ChargeGroupFactory(
        user_group=world.south, terms={"tariff": world.standard, "own_user_group": True, "other_user_groups": True}
    )
    make.ChargePointFactory(charge_group=southern)
    ChargeCard.objects.filter(pk=world.jansens_card.pk).update(roaming=True)
    carlas = text(signed_in(world.carla).get(action(world.jansens_card, "block")))
    bens = text(signed_in(world.ben).get(action(world.jansens_card, "block")))
    assert "1 card stops working at 1 charge point that you see." in carlas
    assert "1 card stops working at 2 charge points." in bens


def test_a_page_takes_no_more_queries_for_many_rows(world, signed_in):
    browser = signed_in(world.ben)

    def queries(status) -> int:
        with CaptureQueriesContext(connection) as captured:
            answer = browser.post(
                f"{CUSTOMERS}?status__exact={status}", chosen("block", [world.jansen], select_across=1)
            )
        assert answer.status_code == 200 and "can no longer charge" in text(answer)
        return len(captured)

    few = queries("active")
    for _ in range(40):
        make.ChargeCardFactory(customer=make.CustomerFactory(user_group=world.north))
    assert queries("active") <= few


# The ordinary form


def test_a_form_that_changes_the_status_shows_the_same_step(world, signed_in):
    browser = signed_in(world.ben)
    typed = page_form(browser.get(page(world.jansen))) | {"status": "blocked", "email": "new@example.org"}
    shown = browser.post(page(world.jansen), typed)
    assert "1 customer can no longer charge: 1 card stops working at 1 charge point." in text(shown)
    assert (now(world.jansen).status, now(world.jansen).email) == ("active", "jansen@example.org")
    step = sent(shown, page(world.jansen), reason="unpaid")
    step.pop("_edit", None)
    done = browser.post(page(world.jansen), step, follow=True)
    assert (now(world.jansen).status, now(world.jansen).email) == ("blocked", "new@example.org")
    browser.post(undo_in(done))
    assert (now(world.jansen).status, now(world.jansen).email) == ("active", "new@example.org")


def test_back_to_editing_keeps_what_was_typed(world, signed_in):
    browser = signed_in(world.ben)
    typed = page_form(browser.get(page(world.jansen))) | {"status": "blocked", "email": "new@example.org"}
    step = sent(browser.post(page(world.jansen), typed), page(world.jansen))
    edited = browser.post(page(world.jansen), step | {"_edit": "yes"})
    assert page_form(edited)["email"] == "new@example.org" and page_form(edited)["status"] == "blocked"
    assert now(world.jansen).status == "active"


def test_the_step_counts_by_the_customer_that_is_typed_with_the_status(world, signed_in):
    spare = ChargeCard.objects.create(provider=world.greengrid, uid="04DD44")
    browser = signed_in(world.ben)
    typed = page_form(browser.get(page(spare))) | {"customer": world.jansen.pk}
    assert "1 card starts working at 1 charge point." in text(browser.post(page(spare), typed))
    assert (now(spare).customer, now(spare).status) == (None, "inactive")


def test_a_login_that_is_switched_off_is_asked_for_a_reason(world, signed_in):
    browser = signed_in(world.anna)
    typed = {key: value for key, value in page_form(browser.get(page(world.hugo))).items() if key != "is_active"}
    shown = browser.post(page(world.hugo), typed)
    assert "1 login can no longer sign in, and is signed out everywhere." in text(shown)
    assert now(world.hugo).is_active
    done = browser.post(page(world.hugo), typed | CONFIRMED, follow=True)
    assert not now(world.hugo).is_active
    browser.post(undo_in(done))
    assert now(world.hugo).is_active


# A reason that is kept


@pytest.mark.parametrize(
    ("name", "needed"),
    [("block", True), ("deactivate", True), ("reject", True), ("approve", False), ("unblock", False)],
)
def test_a_reason_is_asked_for_before_something_ends(world, signed_in, name, needed):
    status = {"approve": "pending", "reject": "pending", "unblock": "blocked"}.get(name, "active")
    Customer.objects.filter(pk=world.jansen.pk).update(status=status)
    answer = signed_in(world.ben).post(action(world.jansen, name), {"confirmed": "yes", "reason": " "})
    assert (answer.status_code == 200) is needed
    assert (now(world.jansen).status == status) is needed


def test_the_reason_stands_in_the_history_of_the_row_and_in_the_record(world, signed_in):
    signed_in(world.ben).post(action(world.jansen, "block"), {"confirmed": "yes", "reason": "three unpaid bills"})
    assert "three unpaid bills" in text(signed_in(world.rita).get(page(world.jansen, "history")))
    assert "three unpaid bills" not in text(signed_in(world.rita).get(page(world.bakker, "history")))
    record = text(signed_in(world.anna).get("/customers/auditentry/?event__exact=status_changed"))
    assert "1 customer blocked: 1001" in record and "three unpaid bills" in record
    assert "three unpaid bills" not in text(signed_in(world.otto).get(page(world.jansen, "history"), follow=True))


def test_an_erasure_keeps_its_reason_and_takes_the_name_out_of_every_reason(world, signed_in):
    signed_in(world.ben).post(action(world.jansen, "block"), {"confirmed": "yes", "reason": "Jansen, T. owes money"})
    erase(now(world.jansen), by=world.anna, reason="asked for by Jansen, T. on the phone")
    reasons = set(StatusChange.objects.values_list("reason", flat=True))
    assert reasons == {"(erased) owes money", "asked for by (erased) on the phone"}
    assert "asked for by (erased) on the phone" in text(signed_in(world.anna).get("/customers/auditentry/"))


def test_erasing_says_what_stops_working_and_asks_for_a_reason(world, signed_in):
    browser = signed_in(world.anna)
    assert "1 card stops working at 1 charge point" in text(browser.get(action(world.jansen, "erase")))
    browser.post(action(world.jansen, "erase"), {"confirmed": "yes", "number": "1001"})
    assert now(world.jansen).erased_at is None


# Undo


def test_an_undo_sets_back_what_the_action_set_and_is_recorded(world, signed_in):
    inactive = make.ChargeCardFactory(customer=world.jansen, status="inactive")
    browser = signed_in(world.hugo)
    done = browser.post(CARDS, chosen("block", [world.jansens_card, inactive]) | CONFIRMED, follow=True)
    shown = text(browser.get(undo_in(done)))
    assert "1 card starts working at 1 charge point that you see." in shown
    assert {now(world.jansens_card).status, now(inactive).status} == {"deactivated"}
    browser.post(undo_in(done))
    assert (now(world.jansens_card).status, now(inactive).status) == ("active", "inactive")
    entry = AuditEntry.objects.get(event="status_undone")
    assert (entry.login, entry.provider, entry.rows) == (world.hugo, world.greengrid, 2)
    assert "Undone: 2 charge cards blocked" in text(browser.get(page(world.jansens_card, "history")))


def test_the_page_of_the_row_offers_the_undo_after_a_reload_to_who_did_it(world, signed_in):
    hugo, ben = signed_in(world.hugo), signed_in(world.ben)
    address = undo_in(hugo.post(action(world.jansens_card, "block"), CONFIRMED, follow=True))
    assert address in text(hugo.get(page(world.jansens_card, "overview")))
    assert "/undo/" not in text(hugo.get(page(make.ChargeCardFactory(customer=world.jansen), "overview")))
    assert "/undo/" not in text(ben.get(page(world.jansens_card, "overview")))
    for browser in (ben, signed_in(world.otto)):
        assert browser.get(address).status_code == browser.post(address).status_code == 404
    assert now(world.jansens_card).status == "deactivated"
    hugo.post(address)
    assert "/undo/" not in text(hugo.get(page(world.jansens_card, "overview")))


def test_a_row_that_somebody_changed_since_is_left_and_named(world, signed_in):
    browser = signed_in(world.ben)
    address = undo_in(browser.post(CUSTOMERS, chosen("block", [world.jansen, world.bakker]) | CONFIRMED, follow=True))
    anna = signed_in(world.anna)
    anna.post(action(world.bakker, "unblock"), CONFIRMED)
    anna.post(action(world.bakker, "block"), CONFIRMED)
    shown = text(browser.get(address))
    assert "Bakker, M. (1002)</strong>: Anna changed it since" in shown
    said = text(browser.post(address, follow=True))
    assert "Anna changed it since" in said
    assert (now(world.jansen).status, now(world.bakker).status) == ("active", "blocked")


def test_what_else_somebody_changed_since_stays(world, signed_in):
    browser = signed_in(world.ben)
    address = undo_in(browser.post(action(world.jansen, "block"), CONFIRMED, follow=True))
    Customer.objects.filter(pk=world.jansen.pk).update(email="later@example.org")
    browser.post(address)
    assert (now(world.jansen).status, now(world.jansen).email) == ("active", "later@example.org")


def test_a_second_click_undoes_nothing_more(world, signed_in):
    browser = signed_in(world.ben)
    address = undo_in(browser.post(action(world.jansen, "block"), CONFIRMED, follow=True))
    browser.post(address)
    Customer.objects.filter(pk=world.jansen.pk).update(status="blocked")
    assert "undone already" in text(browser.post(address, follow=True))
    assert now(world.jansen).status == "blocked"
    assert AuditEntry.objects.filter(event="status_undone").count() == 1


def test_after_ten_minutes_there_is_no_undo(world, signed_in):
    browser = signed_in(world.ben)
    address = undo_in(browser.post(action(world.jansen, "block"), CONFIRMED, follow=True))
    StatusChange.objects.update(made_at=timezone.now() - timedelta(minutes=10, seconds=1))
    assert "/undo/" not in text(browser.get(page(world.jansen, "overview")))
    assert "The ten minutes are over" in text(browser.get(address))
    assert "The ten minutes are over" in text(browser.post(address, follow=True))
    assert now(world.jansen).status == "blocked"


def test_who_lost_the_permission_meanwhile_undoes_nothing(world, signed_in):
    browser = signed_in(world.carla)
    address = undo_in(browser.post(action(world.jansen, "block"), CONFIRMED, follow=True))
    world.carla.memberships.update(role=Role.READ_ONLY)
    browser.post(address)
    assert now(world.jansen).status == "blocked"


def test_an_erased_customer_is_not_brought_back_and_an_erasure_has_no_undo(world, signed_in):
    browser = signed_in(world.ben)
    address = undo_in(browser.post(action(world.jansen, "deactivate"), CONFIRMED, follow=True))
    erase(now(world.jansen), by=world.ben)
    assert text(browser.get(page(world.jansen, "overview"))).count("/undo/") <= 1
    browser.post(address)
    assert now(world.jansen).status == "deactivated"
    assert not StatusChange.objects.get(action="erase").undoable


def test_a_point_that_can_no_longer_be_active_is_refused_by_name(world, signed_in):
    browser = signed_in(world.ben)
    address = undo_in(browser.post(action(world.market, "deactivate"), CONFIRMED, follow=True))
    ChargePoint.objects.filter(pk=world.market.pk).update(location=None)
    said = text(browser.post(address, follow=True))
    assert "not set back" in said and "Market square" in said
    assert now(world.market).status == "inactive"


# Everything on all pages


def test_a_whole_selection_is_confirmed_with_its_number(world, signed_in):
    make.CustomerFactory.create_batch(60, user_group=world.north)
    browser = signed_in(world.ben)
    address = f"{CUSTOMERS}?user_group__id__exact={world.north.pk}"
    shown = browser.post(address, chosen("block", [world.jansen], select_across=1))
    assert "Block 61 customers" in text(shown)
    done = browser.post(address, sent(shown, address, reason="closed"), follow=True)
    assert "61 customers blocked" in text(done)
    assert Customer.objects.filter(status="blocked").count() == 61
    assert now(world.bakker).status == "active"


def test_a_selection_that_changed_since_is_shown_again(world, signed_in):
    browser = signed_in(world.ben)
    address = f"{CUSTOMERS}?status__exact=active"
    shown = browser.post(address, chosen("block", [world.jansen], select_across=1))
    make.CustomerFactory(user_group=world.north)
    again = browser.post(address, sent(shown, address, reason="closed"))
    assert "The selection has changed since you looked at it: it is 3 customers now, and was 2." in text(again)
    assert not Customer.objects.filter(status="blocked").exists()


@pytest.mark.parametrize("who", ["hugo", "rita", "otto"])
def test_no_button_stands_where_nothing_may_be_done(world, signed_in, who, waiting):
    browser = signed_in(getattr(world, who))
    for row, names in ((world.jansen, ["block"]), (world.market, ["deactivate"]), (world.market.location, ["publish"])):
        shown = text(browser.get(page(row), follow=True))
        for name in names:
            assert action(row, name) not in shown
            assert browser.get(action(row, name)).status_code == 404
            assert browser.post(action(row, name), CONFIRMED).status_code == 404
    assert (now(world.jansen).status, now(world.market).status) == ("active", "active")


def test_an_api_key_that_is_switched_off_is_set_back(world, signed_in):
    key, _ = ApiKey.make(provider=world.greengrid, name="program")
    browser = signed_in(world.anna)
    done = browser.post(action(key, "deactivate"), CONFIRMED, follow=True)
    assert not now(key).active
    browser.post(undo_in(done))
    assert now(key).active
    assert StaffMember.objects.filter(is_active=True).count() == 6
