"""The box: what it finds for each login, in how many statements, and the answer for a card at a charge point."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from changes.proposals import NewTerms
from chargepoints.models import ChargePoint, DecisionEntry, Location
from customers.models import Job, StaffMember
from tests import factories as make
from tests.queries.test_change_signals import applied
from tests.tables import for_each

pytestmark = pytest.mark.django_db
LINES = re.compile(r'<a class="evc-box-line(?: is-\w+)?"\s+role="option".*?href="(.*?)">(.*?)</a>', re.DOTALL)


def shown(browser, text=""):
    """The lines of the box: [(words, link)]."""
    answer = browser.get("/search/", {"s": text, "extended": "1"})
    assert answer.status_code == 200
    lines = LINES.findall(answer.content.decode())
    return [(" ".join(unescape(re.sub(r"<[^>]*>", " ", words)).split()), unescape(link)) for link, words in lines]


def words_of(browser, text=""):
    return " / ".join(words for words, _ in shown(browser, text))


@pytest.fixture
def street(world):
    """Maria Stuartlaan, where the market square's point stands."""
    place = Location.objects.get(pk=world.market.location_id)
    place.name, place.address, place.city, place.postal_code = "Stuart", "María Stuartlaan 2a", "Leusden", "3831 AB"
    place.save()
    ChargePoint.objects.filter(pk=world.market.pk).update(evse_id="NL*GRG*E148*2")
    return place


@for_each(
    ("typed", "line"),
    [
        ("jansen", "Jansen, T. (1001)"),
        ("T. JANSEN", "Jansen, T. (1001)"),
        ("1001", "Jansen, T. (1001)"),
        ("jansen@ex", "Jansen, T. (1001)"),
        ("04:aa:11", "04AA11 ● Active NL-GRG-000001-A · Jansen, T. (1001)"),
        ("nl grg 000001 a", "04AA11 ● Active NL-GRG-000001-A · Jansen, T. (1001)"),
        ("NLGRG-e0001", "Market square ● Active NLGRGE0001"),
        ("nl grg e148*2", "Market square ● Active NLGRGE0001"),
        ("maria stuart", "María Stuartlaan 2a, Leusden"),
        ("3831ab", "María Stuartlaan 2a, Leusden"),
        ("stuartlaan 2a", "Market square"),
        ("leusden centre", "CG-LEUSDEN Leusden centre"),
        ("cheap", "Cheap"),
        ("north", "North"),
        ("add customer", "Add customer"),
        ("import cust", "Import customers"),
        ("prices", "Tariffs"),
    ],
)
def test_anything_is_found_by_any_part_of_it_however_it_is_spelled(typed, line, world, street, signed_in):
    assert line in words_of(signed_in(world.anna), typed)


def test_a_card_comes_before_the_customer_who_is_found_by_its_uid(world, signed_in):
    first, second = [words for words, _ in shown(signed_in(world.anna), "04AA11")][:2]
    assert first.startswith("04AA11") and second.startswith("Jansen, T.")


@for_each("typed", ["jansen", "04aa11", "1001", "nlgrge0001", "maria stuartlaan", "leusden centre", "cheap"])
def test_an_outsider_finds_nothing_of_it(typed, world, street, signed_in):
    assert shown(signed_in(world.otto), typed) == []


def test_a_login_of_a_user_group_finds_what_is_within_it_alone(world, signed_in):
    carla = signed_in(world.carla)
    assert "Jansen" in words_of(carla, "jansen")
    assert shown(carla, "bakker") == shown(carla, "04bb22") == []


def test_an_operator_finds_providers_and_no_customers(world, signed_in):
    operator = signed_in(StaffMember.objects.create_superuser("op@platform.example", "x"))
    assert "GreenGrid" in words_of(operator, "greengrid")
    assert "Add provider" in words_of(operator, "add provider")
    assert shown(operator, "jansen") == shown(operator, "leusden") == shown(operator, "add customer") == []


def test_who_only_reads_is_offered_nothing_to_add(world, signed_in):
    assert "Add customer" not in words_of(signed_in(world.rita), "add customer")
    assert "Export customers" in words_of(signed_in(world.rita), "export customers")


def test_changes_are_found_by_what_they_say_and_by_their_number(world, signed_in):
    change = applied(NewTerms(world.leusden, {"tariff": world.cheap}), by=world.anna)
    anna = signed_in(world.anna)
    for typed in ("terms leusden", f"change {change.pk}", f"#{change.pk}"):
        assert f"/changes/change/{change.pk}/change/" in [link for _, link in shown(anna, typed)], typed
    assert shown(signed_in(world.otto), f"change {change.pk}") == []


def test_a_card_and_a_charge_point_are_answered_in_place(world, street, signed_in):
    anna = signed_in(world.anna)
    for typed in (
        "04:AA:11 at NLGRGE0001",
        "NLGRGE0001 04 aa 11",
        "jansen at stuartlaan",
        "1001 @ market",
        "NL-GRG-000001-A maria stuartlaan 2a",
        "NL*GRG*E148*2 jansen",
    ):
        words, link = shown(anna, typed)[0]
        assert words.startswith("YES: 04AA11 of Jansen, T. (1001) at Market square"), typed
        assert "0.35 EUR/kWh" in words
        assert "YES, this card may charge here" in anna.get(link).content.decode()


def test_a_refusal_gives_its_reason_as_the_page_does(world, signed_in):
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.jansen, access="denied")
    anna = signed_in(world.anna)
    words, link = shown(anna, "04aa11 nlgrge0001")[0]
    assert words.startswith("NO: 04AA11")
    assert anna.get(link).context["decided"]["text"] in words


def test_where_several_are_meant_the_page_asks_which(world, signed_in):
    for number in range(4):
        make.ChargeCardFactory(customer=world.jansen, uid=f"04DD0{number}")
    words, link = shown(signed_in(world.anna), "jansen at market")[0]
    assert words.startswith("Choose card and charge point")
    assert "Which card?" in signed_in(world.anna).get(link).content.decode()


def test_of_a_card_that_is_not_ones_own_the_box_tells_nothing(world, signed_in):
    anna = signed_in(world.anna)
    own, nobodys = (shown(anna, f"{uid} at NLGRGE0001")[0][0] for uid in (world.olsens_card.uid, "04EE55"))
    assert own.replace("04CC33", "") == nobodys.replace("04EE55", "")
    assert "YES" not in own


def test_what_is_answered_while_somebody_types_is_no_entry_of_the_decision_log(world, signed_in):
    shown(signed_in(world.anna), "04aa11 nlgrge0001")
    assert not DecisionEntry.objects.exists()


def test_however_much_there_is_the_box_reads_it_in_few_statements(world, street, signed_in):
    anna = signed_in(world.anna)
    shown(anna, "leusden")

    def statements(typed):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            shown(anna, typed)
        return len(queries)

    before = {typed: statements(typed) for typed in ("zznothing", "jansen", "leusden market", "04aa11 at market")}
    for number in range(30):
        customer = make.CustomerFactory(user_group=world.north, name=f"Jansen {number}")
        make.ChargeCardFactory(customer=customer)
    assert {typed: statements(typed) for typed in before} == before
    alone = statements("zznothing")
    assert before["jansen"] == alone
    assert before["04aa11 at market"] <= alone + 8


@pytest.mark.parametrize("role", ["anna", "ben", "carla", "hugo", "rita"])
def test_every_line_leads_to_a_page_that_opens(role, world, street, signed_in):
    applied(NewTerms(world.leusden, {"tariff": world.cheap}), by=world.anna)
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.jansen)
    Job.objects.create(provider=world.greengrid, login=world.anna, kind="export", title="Export of customers", reach="")
    browser, links = signed_in(getattr(world, role)), set()
    for typed in (
        "jansen",
        "04",
        "nl",
        "market",
        "leusden",
        "standard",
        "north",
        "add",
        "import",
        "export",
        "a",
        "green",
        "04aa11 market",
        "change",
        "se",
        "pa",
        "customers",
        "your",
        "where",
        "ch",
        "jo",
        "lo",
        "an",
        "la",
    ):
        links |= {link for _, link in shown(browser, typed)}
    assert len(links) > 25
    assert {link: code for link in links if (code := browser.get(link).status_code) != 200} == {}


def test_what_was_opened_lately_comes_first_for_this_login_alone(world, signed_in):
    anna = signed_in(world.anna)
    assert shown(anna) == []
    for path in (
        f"/customers/customer/{world.jansen.pk}/change/",
        f"/chargegroups/chargegroup/{world.leusden.pk}/access/",
    ):
        assert anna.get(path).status_code == 200
    assert [words.split(" ")[0] for words, _ in shown(anna)] == ["CG-LEUSDEN", "Jansen,"]
    anna.force_login(world.otto)
    assert shown(anna) == []


def test_nothing_found_says_what_was_searched_and_where_to_go_on(world, signed_in):
    page = " ".join(signed_in(world.carla).get("/search/", {"s": "zzz", "extended": "1"}).content.decode().split())
    assert "Nothing found for “zzz”" in page
    assert "Of North were searched: customers, cards, charge points" in page
    assert "/may-this-card-charge/?card=zzz" in page


def test_without_scripts_the_box_is_a_page(world, signed_in):
    anna = signed_in(world.anna)
    page = anna.get("/search/", {"s": "jansen"}).content.decode()
    assert f'href="/customers/customer/{world.jansen.pk}/overview/"' in page
    assert 'href="/search/"' in anna.get("/").content.decode()


@for_each("typed", ["'", "%", "_", "\\", "\0", "-", "a" * 500, "at at at", "1 at", "(((", "%s %s"])
def test_odd_signs_break_nothing(typed, world, signed_in):
    shown(signed_in(world.anna), typed)
