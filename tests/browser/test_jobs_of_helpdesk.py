"""The jobs of a helpdesk, as docs/roles.md has them: Hugo answers the drivers of North."""

import pytest

from chargepoints import decision_log
from customers.models import ChargeCard, Customer
from socialcharging.models import DriverLink
from tests import factories as make
from tests.browser.walking import Jobs
from tests.sessions import record

pytestmark = pytest.mark.django_db(transaction=True)
job = Jobs("Helpdesk")


def test_a_helpdesk_does_its_ten_jobs_after_one_sign_in(subtests, world, portal):
    job.walk_all(subtests, portal, world, world.hugo)


@job
def answer_a_driver(walk, world):
    walk.menu("Check a card")
    walk.fill("Card", "04:aa:11")
    walk.fill("At charge point", "Market square")
    walk.press("Check")
    walk.reads("YES, this card may charge here", "Pays 0.35 EUR/kWh")


@job
def explain_a_refusal(walk, world):
    make.ChargeCardFactory(customer=make.CustomerFactory(user_group=world.north, name="De Boer, S.", status="blocked"))
    walk.menu("Customers")
    walk.search("boer")
    walk.choose("De Boer, S.")
    walk.follow("May this customer charge somewhere?")
    walk.fill("At charge point", "NL-GRG-E0001")
    walk.press("Check")
    walk.reads("NO, this card may not charge here")


@job
def block_a_lost_card(walk, world):
    walk.menu("Cards")
    walk.search("nl grg 000001 a")
    walk.choose("NL-GRG-000001-A")
    walk.follow("Block")
    walk.fill("Reason", "lost on the train")
    walk.press("Block")
    assert ChargeCard.objects.get(uid="04AA11").status == ChargeCard.Status.DEACTIVATED


@job
def unblock_a_card(walk, world):
    walk.menu("Cards")
    walk.choose("NL-GRG-000001-A")
    walk.follow("Unblock")
    walk.press("Unblock")
    assert ChargeCard.objects.get(uid="04AA11").status == ChargeCard.Status.ACTIVE


@job
def approve_a_customer(walk, world):
    visser = make.CustomerFactory(user_group=world.north, name="Visser, P.", status="pending")
    walk.page.reload()
    walk.choose("customer waiting for approval")
    walk.choose("Visser, P.")
    walk.follow("Approve")
    walk.press("Approve")
    assert Customer.objects.get(pk=visser.pk).status == Customer.Status.ACTIVE


@job
def reject_a_customer(walk, world):
    prank = make.CustomerFactory(user_group=world.north, name="Mouse, M.", status="pending")
    walk.page.reload()
    walk.choose("customer waiting for approval")
    walk.choose("Mouse, M.")
    walk.open_menu()
    walk.follow("Reject")
    walk.fill("Reason", "a prank")
    walk.press("Reject")
    assert Customer.objects.get(pk=prank.pk).status == Customer.Status.DEACTIVATED


@job
def give_a_link(walk, world):
    walk.menu("Customers")
    walk.choose("Jansen, T.")
    walk.follow("Driver's page")
    walk.press("Make a link to copy")
    assert "/my/" in walk.page.get_by_label("Link").input_value()
    assert DriverLink.objects.get().customer == world.jansen


@job
def explain_a_session(walk, world):
    record(world, "S1", kwh="20")
    walk.menu("Customers")
    walk.choose("Jansen, T.")
    walk.follow("See the sessions")
    walk.choose("2 Mar 2026 09:00")
    walk.reads("7.00")


@job
def read_a_decision(walk, world):
    decision_log.LOG.flush()
    walk.menu("Decisions")
    walk.search("04aa11")
    walk.open_row("04AA11")
    walk.reads("0.35 EUR/kWh")


@job
def look_at_a_charge_point(walk, world):
    walk.menu("Charge points")
    walk.choose("NLGRGE0001")
    walk.follow("Connection")
    walk.reads("never")
