"""The jobs of who only reads, as docs/roles.md has them: Rita answers questions about GreenGrid, and changes nothing."""

import csv

import pytest

from chargepoints import decision_log
from tests.browser.walking import Jobs, downloaded
from tests.sessions import record

pytestmark = pytest.mark.django_db(transaction=True)
job = Jobs("Read only")


def test_who_only_reads_does_ten_jobs_after_one_sign_in(subtests, world, portal):
    job.walk_all(subtests, portal, world, world.rita)


@job
def read_a_price_list(walk, world):
    walk.menu("Tariffs")
    walk.choose("STANDARD")
    walk.follow("Prices")
    walk.reads("How it reads to a driver", "0.35 EUR/kWh")


@job
def calculate_a_session(walk, world):
    walk.menu("Tariffs")
    walk.choose("STANDARD")
    walk.follow("Calculator")
    walk.press("Calculate")
    walk.reads("7.70 EUR")


@job
def read_who_may_charge(walk, world):
    walk.menu("Charge groups")
    walk.choose("CG-LEUSDEN")
    walk.follow("Tariff and access")
    walk.reads("Customers of North", "Publicly accessible within own user group")


@job
def read_why_a_customer_may_charge(walk, world):
    walk.menu("Charge groups")
    walk.choose("CG-LEUSDEN")
    walk.follow("Customers and tariffs")
    walk.reads("Jansen, T.", "own user group")


@job
def read_the_past(walk, world):
    walk.menu("Charge groups")
    walk.choose("CG-LEUSDEN")
    walk.follow("Tariff and access")
    walk.follow("Who had access at a past moment?")
    walk.page.locator("#at").fill("2024-05-01")
    walk.press("Show")
    walk.reads("Who had access on 1 May 2024", "0.35 EUR/kWh")


@job
def ask_whether_a_card_may_charge(walk, world):
    walk.menu("Check a card")
    walk.fill("Card", "NL-GRG-000002-B")
    walk.fill("At charge point", "NLGRGE0001")
    walk.press("Check")
    walk.reads("NO, this card may not charge here")


@job
def read_a_decision(walk, world):
    decision_log.LOG.flush()
    walk.menu("Decisions")
    walk.open_row("04BB22")
    walk.reads("Bakker, M.", "NLGRGE0001")


@job
def explain_an_invoice(walk, world):
    record(world, "S1", kwh="20")
    walk.menu("Sessions")
    walk.open_row("04AA11")
    walk.reads("7.00")


@job
def download_the_sessions(walk, world):
    walk.menu("Sessions")
    walk.follow("Export")
    rows = csv.DictReader(downloaded(walk, "Download"))
    assert [row["id"] for row in rows] == ["S1"]


@job
def read_who_changed_a_card(walk, world):
    world.jansens_card.roaming = True
    world.jansens_card.save()
    walk.menu("Cards")
    walk.search("04aa11")
    walk.open_row("04AA11")
    walk.follow("History")
    walk.reads("roaming")
