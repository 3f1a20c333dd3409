"""The pages of sessions, and the correction of a price."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from chargepoints.models import Rating, Session
from tests import factories as make
from tests.sessions import record
from tests.tables import for_each

pytestmark = pytest.mark.django_db
LIST = "/chargepoints/session/"


@pytest.fixture
def charged(world):
    """Jansen charged for 7.00 in March, Bakker was refused in April; at Oslo's quay Olsen charged."""
    world.first = record(world, "S1", at="2026-03-02T09:00", kwh="20", parking=1800)
    world.second = record(world, "S2", at="2026-04-02T23:30", card=world.bakkers_card)
    world.foreign_session = record(world, "F1", card=world.olsens_card, point=world.quay)
    return world


def page(session):
    return f"{LIST}{session.pk}/change/"


def listed(client, query=""):
    html = client.get(LIST + query).content.decode()
    return [code for code in ("S1", "S2", "F1") if f"/{Session.objects.get(code=code).pk}/change/" in html]


def correction(**changes):
    return {"confirmed": "yes", "minutes": "120", "kwh": "20", "parking_seconds": "1800", "reason": "why"} | changes


# The list


def test_the_list_says_when_where_who_how_much_and_whether_it_was_allowed(charged, signed_in):
    html = signed_in(charged.anna).get(LIST).content.decode()
    for words in ("NLGRGE0001", "Jansen, T.", "04AA11", "20.00", "2 h 00 min", "7.00 EUR", "Not allowed"):
        assert words in html
    assert "Olsen" not in html


@for_each(
    ("query", "found"),
    [
        ("?started_at_from=2026-04-01", ["S2"]),
        ("?started_at_to=2026-04-01", ["S1"]),
        ("?started_at_from=2026-04-02&started_at_to=2026-04-02", ["S2"]),
        ("?started_at_from=2026-04-03&started_at_to=", []),
        ("?verdict=allowed", ["S1"]),
        ("?verdict=refused", ["S2"]),
        ("?verdict=no_access", ["S2"]),
        ("?verdict=corrected", []),
        ("?q=jansen", ["S1"]),
        ("?q=04bb22", ["S2"]),
        ("?q=s1", ["S1"]),
        ("?q=NLGRGE0001", ["S1", "S2"]),
        ("?q=nobody", []),
        ("?q=%00", ["S1", "S2"]),
    ],
)
def test_the_list_is_narrowed_by_days_verdict_and_words(charged, signed_in, query, found):
    assert listed(signed_in(charged.anna), query) == found


def test_the_list_is_narrowed_by_charge_group(charged, signed_in):
    other = make.ChargeGroupFactory(user_group=charged.north)
    client = signed_in(charged.anna)
    assert listed(client, f"?charge_point__charge_group__id__exact={charged.leusden.pk}") == ["S1", "S2"]
    assert listed(client, f"?charge_point__charge_group__id__exact={other.pk}") == []


@for_each(
    ("who", "path", "found"),
    [
        ("anna", "/customers/customer/{jansen}/overview/", ["S1"]),
        ("anna", "/customers/customer/{bakker}/overview/", ["S2"]),
        ("hugo", "/customers/customer/{jansen}/overview/", ["S1"]),
        ("anna", "/chargepoints/chargepoint/{market}/overview/", ["S1", "S2"]),
        ("otto", "/chargepoints/chargepoint/{quay}/overview/", ["F1"]),
    ],
)
def test_the_pages_of_customers_and_charge_points_lead_to_their_sessions(charged, signed_in, who, path, found):
    client = signed_in(getattr(charged, who))
    html = client.get(
        path.format(**{name: getattr(charged, name).pk for name in ("jansen", "bakker", "market", "quay")})
    )
    (query,) = re.findall(rf'href="{LIST}(\?[^"]+)">See the sessions', " ".join(html.content.decode().split()))
    assert listed(client, query) == found


def test_of_whom_the_login_does_not_see_no_session_is_listed(charged, signed_in):
    for name in ("customer__id__exact", "charge_point__id__exact"):
        assert (
            listed(signed_in(charged.anna), f"?{name}={charged.olsen.pk if 'customer' in name else charged.quay.pk}")
            == []
        )


def test_a_day_that_is_none_shows_all(charged, signed_in):
    answer = signed_in(charged.anna).get(f"{LIST}?started_at_from=soon", follow=True)
    assert "That filter makes no sense here" in answer.content.decode()


def test_providers_never_meet(charged, signed_in):
    assert listed(signed_in(charged.otto)) == ["F1"]
    assert signed_in(charged.otto).get(page(charged.first)).status_code == 404


def test_a_user_group_sees_the_sessions_at_its_points_and_those_of_its_customers(charged, signed_in):
    souths = make.ChargeGroupFactory(
        user_group=charged.south, terms={"tariff": charged.cheap, "other_user_groups": True}
    )
    point = make.ChargePointFactory(charge_group=souths, identity="NLGRGE0077")
    elsewhere = record(charged, "S3", at="2026-05-02T09:00", point=point)
    south_alone = record(charged, "S4", at="2026-05-03T09:00", point=point, card="04BB22")
    html = signed_in(charged.carla).get(LIST).content.decode()
    assert page(charged.first) in html and page(elsewhere) in html
    assert page(south_alone) not in html
    assert "NLGRGE0077" not in html and "Bakker" not in html
    shown = signed_in(charged.carla).get(page(elsewhere)).content.decode()
    assert "NLGRGE0077" not in shown and "not one of yours" in shown


def test_the_lists_queries_do_not_grow_with_its_rows(charged, signed_in, django_assert_max_num_queries):
    for number in range(30):
        record(charged, f"M{number}", at=f"2026-05-{number % 28 + 1:02d}T{number % 20:02d}:00")
    client = signed_in(charged.anna)
    client.get(LIST)
    with django_assert_max_num_queries(20):
        client.get(LIST)


# The page


def test_the_page_says_what_it_cost_by_which_version_and_why_the_card_was_allowed(charged, signed_in):
    html = signed_in(charged.anna).get(page(charged.first)).content.decode()
    for words in ("7.00 EUR including VAT", "Energy", "20 kWh", "0.35 EUR/kWh", "own user group, which may charge",
                  "30 min parked", "the tariff of the charge group", "Jansen, T."):  # fmt: skip
        assert words in html


def test_the_page_tells_the_hours_of_a_price_by_time_of_day_and_which_row_counted(charged, signed_in):
    tariff = make.TariffFactory(provider=charged.greengrid, code="NIGHT", per_kwh=None)
    make.by_night(tariff, valid_from=make.LONG_AGO)
    make.CustomerExceptionFactory(charge_group=charged.leusden, customer=charged.jansen, tariff=tariff)
    session = record(charged, "S9", at="2026-03-03T12:00", kwh="10")
    for login in (charged.anna, charged.hugo):
        html = " ".join(signed_in(login).get(page(session)).content.decode().split())
        for words in ("Row 1: 0.20 EUR/kWh 23:00-07:00", "Row 2: 0.40 EUR/kWh otherwise", ">2</td>"):
            assert words in html, words


def test_the_page_of_a_refused_session_says_why_and_that_nothing_is_charged(charged, signed_in):
    html = signed_in(charged.anna).get(page(charged.second)).content.decode()
    assert "No price" in html
    assert "Nothing gives this card access to this charge group." in html


def test_of_another_providers_card_the_page_shows_the_uid_alone(charged, signed_in):
    blocked = make.CustomerFactory(user_group=charged.fjord, status="blocked", name="Olsen, L.")
    card = make.ChargeCardFactory(customer=blocked, uid="04CC44", visual_number="NO-BLV-000004-C")
    session = record(charged, "S5", card=card)
    html = signed_in(charged.anna).get(page(session)).content.decode()
    assert "04CC44" in html and "does not accept it" in html
    assert (
        "Olsen" not in html and "NO-BLV" not in html and "blocked" not in html.lower().split('id="why-title"')[1][:400]
    )


def test_the_page_says_what_it_would_have_cost_under_another_tariff(charged, signed_in):
    html = " ".join(
        signed_in(charged.anna).get(f"{page(charged.first)}?tariff={charged.cheap.pk}").content.decode().split()
    )
    assert "4.00 EUR including VAT" in html and "-3.00 EUR" in html


def test_a_tariff_without_a_version_at_the_time_is_taken_as_it_is_today(charged, signed_in):
    new = make.TariffFactory(provider=charged.greengrid, per_kwh="1", valid_from=timezone.now())
    html = " ".join(signed_in(charged.anna).get(f"{page(charged.first)}?tariff={new.pk}").content.decode().split())
    assert "20.00 EUR including VAT" in html and "since it had none at the time" in html
    empty = make.TariffFactory(provider=charged.greengrid, per_kwh=None)
    assert (
        "no version in force and none to come"
        in signed_in(charged.anna).get(f"{page(charged.first)}?tariff={empty.pk}").content.decode()
    )


@pytest.mark.parametrize("tariff", ["foreign", "x", "99999999999999999999", ""])
def test_another_providers_tariff_is_no_choice(charged, signed_in, tariff):
    wanted = charged.foreign.pk if tariff == "foreign" else tariff
    answer = signed_in(charged.anna).get(f"{page(charged.first)}?tariff={wanted}")
    assert answer.status_code == 200
    assert "evc-error" in answer.content.decode() and "Fjordprice" not in answer.content.decode()


def test_sessions_are_neither_added_nor_removed_by_hand(charged, signed_in):
    client = signed_in(charged.anna)
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{charged.first.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(page(charged.first), {"kwh": "1"})
    assert Session.objects.get(code="S1").kwh == 20


# Corrections


def test_a_correction_counts_and_the_earlier_rating_stays_readable(charged, signed_in):
    client = signed_in(charged.anna)
    data = correction(tariff=charged.cheap.pk, reason="booked on the wrong tariff")
    answer = client.post(f"{LIST}{charged.first.pk}/do/correct/", data, follow=True)
    html = answer.content.decode()
    assert "4.00 EUR including VAT" in html and "7.00 EUR" in html
    assert html.count("booked on the wrong tariff") == 2 and "Anna" in html
    assert list(Rating.objects.filter(session=charged.first).values_list("number", "incl_vat")) == [(2, 4), (1, 7)]
    assert listed(client, "?verdict=corrected") == ["S1"]
    assert "4.00 EUR" in client.get(LIST).content.decode()


def test_what_the_meter_should_have_said_can_be_corrected_too(charged, signed_in):
    data = correction(tariff=charged.standard.pk, kwh="2", minutes="90", parking_seconds="0")
    signed_in(charged.anna).post(f"{LIST}{charged.first.pk}/do/correct/", data)
    rating = Rating.objects.get(number=2)
    assert (rating.incl_vat, rating.ended_at - charged.first.started_at) == (Decimal("0.70"), timedelta(minutes=90))
    assert "The meter said" in signed_in(charged.anna).get(page(charged.first)).content.decode()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"reason": ""}, "This field is required"),
        ({"kwh": "3000"}, "more than a charge point delivers"),
        ({"kwh": "-1"}, "greater than or equal to 0"),
        ({"parking_seconds": "7201"}, "Parking is the last part"),
        ({"minutes": "99999999"}, "would not have ended yet"),
        ({"tariff": "foreign"}, "There is no such tariff here that you may use"),
        ({"tariff": "new"}, "no version in force when the session started"),
        ({}, "Nothing would change"),
    ],
)
def test_a_correction_that_makes_no_sense_says_so_and_writes_nothing(charged, signed_in, changes, says):
    charged.new = make.TariffFactory(provider=charged.greengrid, per_kwh="1", valid_from=timezone.now())
    wanted = getattr(charged, changes.get("tariff", "standard")).pk
    data = correction(**(changes | {"tariff": wanted}))
    answer = signed_in(charged.anna).post(f"{LIST}{charged.first.pk}/do/correct/", data, follow=True)
    assert says in answer.content.decode()
    assert Rating.objects.filter(session=charged.first).count() == 1


@pytest.mark.parametrize("who", ["carla", "hugo", "rita", "otto"])
def test_only_staff_of_the_provider_correct_prices(charged, signed_in, who):
    client = signed_in(getattr(charged, who))
    assert "Correct the price" not in client.get(page(charged.first)).content.decode()
    data = correction(tariff=charged.cheap.pk)
    assert client.post(f"{LIST}{charged.first.pk}/do/correct/", data).status_code in (403, 404)
    assert Rating.objects.filter(session=charged.first).count() == 1


# In and out


@pytest.mark.parametrize(
    ("who", "may"), [("anna", True), ("ben", True), ("carla", False), ("hugo", False), ("rita", False)]
)
def test_only_staff_of_the_provider_import_sessions(charged, signed_in, who, may):
    client = signed_in(getattr(charged, who))
    assert (client.get(f"{LIST}import/").status_code == 200) is may
    assert client.get(f"{LIST}export/").status_code == 200


def test_the_history_of_a_session_can_be_read(charged, signed_in):
    assert signed_in(charged.anna).get(f"{LIST}{charged.first.pk}/history/").status_code == 200
