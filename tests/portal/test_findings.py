"""What is odd, though nothing forbids it: is each thing told once, to those who may see it, with how to mend it?"""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chargepoints.findings import NAMED, FindingScope, findings_for
from chargepoints.models import ChargePoint, Dismissal, Location
from customers.models import AuditEntry
from tariffs import writes as tariff_writes
from tariffs.models import TariffElement
from tests import factories as make
from tests.sessions import record

pytestmark = pytest.mark.django_db
PAGE = "/findings/"


def told(login):
    """(code, subject) of everything that this login is told."""
    return [(each.code, each.subject) for each in findings_for(FindingScope.by(login), timezone.now())]


def codes(login):
    return {code for code, _ in told(login)}


def listed(tariff, *elements, **options):
    tariff_writes.add_version(tariff, list(elements), valid_from=options.pop("valid_from", make.LONG_AGO), **options)
    return tariff


def a_tariff(world, code, *elements):
    return listed(make.TariffFactory(provider=world.greengrid, code=code, per_kwh=None), *elements)


def a_group(world, tariff, **terms):
    return make.ChargeGroupFactory(user_group=world.north, terms={"tariff": tariff, "own_user_group": True} | terms)


def test_in_a_world_without_oddities_nothing_is_told(world, signed_in):
    assert told(world.anna) == []
    assert "Nothing odd was found" in signed_in(world.anna).get(PAGE).content.decode()


# Prices


def test_a_price_that_can_never_apply_is_told_with_its_row(world):
    hidden = a_tariff(world, "HIDDEN", TariffElement(energy_price=1), TariffElement(energy_price=2))
    a_group(world, hidden)
    (found,) = findings_for(FindingScope.by(world.anna), timezone.now())
    assert (found.code, found.subject, found.place, found.warning) == ("never_reached", hidden, "row 2", True)
    assert "an earlier element already does" in found.why
    assert found.remedy


def test_a_tariff_that_nobody_uses_is_not_told(world):
    a_tariff(world, "HIDDEN", TariffElement(energy_price=1), TariffElement(energy_price=2))
    assert told(world.anna) == []


def test_a_tariff_that_only_an_exception_names_is_used(world):
    hidden = a_tariff(world, "HIDDEN", TariffElement(energy_price=1), TariffElement(energy_price=2))
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.jansen, tariff=hidden)
    assert told(world.anna) == [("never_reached", hidden)]


def test_a_version_to_come_is_told_with_its_day(world):
    later = timezone.now() + timedelta(days=30)
    listed(world.standard, TariffElement(energy_price=1), TariffElement(energy_price=2), valid_from=later)
    (found,) = findings_for(FindingScope.by(world.anna), timezone.now())
    assert found.place == f"row 2, from {later:%Y-%m-%d} on"


def test_more_than_two_decimals_are_odd_outside_home_groups_only(world):
    fine = a_tariff(world, "FINE", TariffElement(energy_price=Decimal("0.3575")))
    make.ChargeGroupFactory(user_group=world.north, type="home", terms={"tariff": fine, "own_user_group": True})
    assert told(world.anna) == []
    a_group(world, fine)
    assert told(world.anna) == [("decimals", fine)]


def test_what_comes_to_a_fast_charger_by_roaming_is_held_against_afir(world):
    timed = a_tariff(world, "TIMED", TariffElement(time_price=6))
    group = a_group(world, timed, roaming=True)
    place = make.LocationFactory(provider=world.greengrid, published=True)
    point = make.ChargePointFactory(charge_group=group, location=place, max_power_kw=49)
    assert codes(world.anna) == set()
    ChargePoint.objects.filter(pk=point.pk).update(max_power_kw=50)
    assert codes(world.anna) == {"afir_energy", "afir_time"}


def test_the_roaming_tariff_is_the_ad_hoc_one_where_there_is_one(world):
    timed = a_tariff(world, "TIMED", TariffElement(time_price=6))
    group = a_group(world, timed, roaming=True, roaming_tariff=world.standard)
    place = make.LocationFactory(provider=world.greengrid, published=True)
    make.ChargePointFactory(charge_group=group, location=place, max_power_kw=150)
    assert told(world.anna) == []


def test_a_price_ten_times_the_median_may_be_a_typing_error(world):
    for code in ("A", "B", "C"):
        a_group(world, a_tariff(world, code, TariffElement(energy_price=Decimal("0.35"))))
    dear = a_tariff(world, "DEAR", TariffElement(energy_price=Decimal("3.50")))
    a_group(world, dear)
    assert told(world.anna) == [("dear", dear)]


def test_free_for_everyone_is_worth_knowing(world):
    free = a_tariff(world, "FREE", TariffElement(flat_price=0))
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.jansen, tariff=free)
    assert told(world.anna) == []
    a_group(world, free, own_user_group=False)
    assert told(world.anna) == []
    group = a_group(world, free)
    (found,) = findings_for(FindingScope.by(world.anna), timezone.now())
    assert (found.code, found.subject, found.warning) == ("free", group, False)
    assert free.name in found.why


def test_the_home_page_counts_as_many_groups_free_for_everyone_as_are_told_and_listed(world, signed_in):
    free = a_tariff(world, "FREE", TariffElement(flat_price=0))
    for terms in ({}, {"own_user_group": False}, {"own_user_group": False, "roaming": True}):
        a_group(world, free, **terms)
    client = signed_in(world.anna)
    told_here = [task.count for task in client.get("/").context["tasks"] if task.text == "free of charge for everyone"]
    kinds = {code: count for code, _, count in client.get(PAGE).context["kinds"]}
    listed_here = client.get("/chargegroups/chargegroup/?price=free").context["cl"].result_count
    assert told_here == [2] and kinds["free"] == 2 and listed_here == 2


def test_the_page_of_a_group_tells_what_concerns_it_and_nothing_of_others(world, signed_in):
    hidden = a_tariff(world, "HIDDEN", TariffElement(energy_price=1), TariffElement(energy_price=2))
    group, client = a_group(world, hidden), signed_in(world.anna)
    shown = client.get(f"/chargegroups/chargegroup/{group.pk}/access/")
    assert [(each.code, each.place) for each in shown.context["odd"]] == [("never_reached", "row 2")]
    assert "an earlier element already does" in shown.content.decode()
    assert client.get(f"/chargegroups/chargegroup/{world.leusden.pk}/access/").context["odd"] == []


def test_the_page_of_a_tariff_tells_what_is_odd_for_where_it_is_used(world, signed_in):
    timed = a_tariff(world, "TIMED", TariffElement(time_price=Decimal("6.125")))
    client, page = signed_in(world.anna), f"/tariffs/tariff/{timed.pk}/prices/"
    assert "AFIR" not in client.get(page).content.decode()
    make.ChargePointFactory(charge_group=a_group(world, timed, roaming=True), max_power_kw=150)
    (version,) = client.get(page).context["versions"]
    assert [each for each in version.remarks if "AFIR" in each] and [
        each for each in version.remarks if "decimals" in each
    ]


def test_prices_that_are_typed_are_held_against_the_median_of_the_provider(world, signed_in):
    for code in ("A", "B"):
        a_tariff(world, code, TariffElement(energy_price=Decimal("0.35")))
    shown = signed_in(world.anna).post(f"/tariffs/tariff/{world.standard.pk}/simple/", {"per_kwh": "3.9", "reads": "1"})
    assert "10 times the median of 0.35" in shown.content.decode()


# Owners


def owned(world, **options):
    point = make.ChargePointFactory(charge_group=options.pop("group", world.leusden), owner=world.jansen)
    if options:
        make.CustomerExceptionFactory(charge_group=point.charge_group, customer=world.jansen, **options)
    return point


def test_an_owner_who_pays_is_told_by_charge_point_and_price(world):
    point = owned(world)
    (found,) = findings_for(FindingScope.by(world.anna), timezone.now())
    assert (found.code, found.subject, found.warning) == ("owner_pays", point, True)
    assert "Jansen, T. (1001) owns it and pays" in found.why
    assert "0.35 EUR/kWh" in found.why and "They have no exception" in found.why


def test_an_owner_who_pays_by_their_own_exception_is_told(world):
    point = owned(world, tariff=world.cheap)
    (found,) = findings_for(FindingScope.by(world.anna), timezone.now())
    assert (found.code, found.subject) == ("owner_pays", point)
    assert "0.20 EUR/kWh" in found.why and "no exception" not in found.why


def test_an_owner_who_charges_for_free_is_not_told(world):
    owned(world, tariff=make.TariffFactory(provider=world.greengrid, per_kwh="0"))
    assert told(world.anna) == []


def test_an_owner_without_exception_and_without_access_is_worth_knowing(world):
    closed = make.ChargeGroupFactory(user_group=world.south, terms={"tariff": world.standard})
    point = owned(world, group=closed)
    (found,) = findings_for(FindingScope.by(world.anna), timezone.now())
    assert (found.code, found.subject, found.warning) == ("owner_without_exception", point, False)
    assert "may not charge there" in found.why


def test_many_owners_alike_are_one_finding_of_their_group(world):
    for _ in range(3):
        owned(world)
    (found,) = findings_for(FindingScope.by(world.anna), timezone.now())
    assert (found.subject, found.many) == (world.leusden, 3)


# Publication


def test_roaming_at_a_location_that_is_not_published_is_worth_knowing(world):
    group = a_group(world, world.standard, roaming=True)
    place = make.ChargePointFactory(charge_group=group).location
    (found,) = findings_for(FindingScope.by(world.anna), timezone.now())
    assert (found.code, found.subject, found.warning) == ("roaming_unpublished", group, False)
    Location.objects.filter(pk=place.pk).update(published=True)
    assert told(world.anna) == []


def test_a_location_that_is_published_while_nobody_can_charge_there_is_told(world):
    Location.objects.filter(pk=world.market.location_id).update(published=True)
    assert told(world.anna) == []
    ChargePoint.objects.filter(pk=world.market.pk).update(status="inactive")
    assert told(world.anna) == [("published_in_vain", world.market.location)]


def test_an_exception_that_allows_somebody_opens_a_location(world):
    group = make.ChargeGroupFactory(user_group=world.north, terms={"tariff": world.standard})
    place = make.LocationFactory(provider=world.greengrid, published=True)
    make.ChargePointFactory(charge_group=group, location=place)
    assert told(world.anna) == [("published_in_vain", place)]
    make.CustomerExceptionFactory(charge_group=group, customer=world.jansen)
    assert told(world.anna) == []


def test_of_very_many_locations_the_rest_is_counted(world):
    make.LocationFactory.create_batch(NAMED + 20, provider=world.greengrid, published=True)
    found = findings_for(FindingScope.by(world.anna), timezone.now())
    assert len(found) == NAMED + 1
    assert sum(each.many for each in found) == NAMED + 20


# Who sees what


def test_each_login_is_told_what_it_sees(world):
    hidden = a_tariff(world, "HIDDEN", TariffElement(energy_price=1), TariffElement(energy_price=2))
    a_group(world, hidden)
    souths = make.ChargeGroupFactory(user_group=world.south, terms={"tariff": world.cheap, "own_user_group": True})
    make.ChargePointFactory(charge_group=souths, owner=world.bakker)
    owned(world)
    assert codes(world.anna) == codes(world.rita) == {"never_reached", "owner_pays"}
    assert [code for code, _ in told(world.anna)].count("owner_pays") == 2
    assert codes(world.carla) == {"never_reached", "owner_pays"}, "a sub provider sees the tariffs that its groups use"
    assert codes(world.hugo) == {"owner_pays"}
    assert len(told(world.hugo)) == 1
    assert told(world.otto) == []


def test_a_login_without_a_role_has_no_such_page(world, signed_in):
    stranger = make.StaffMemberFactory()
    assert signed_in(stranger).get(PAGE).status_code == 403


# The page


def test_the_page_says_where_why_and_how_and_links_to_it(world, signed_in):
    hidden = a_tariff(world, "HIDDEN", TariffElement(energy_price=1), TariffElement(energy_price=2))
    a_group(world, hidden)
    owned(world)
    client = signed_in(world.anna)
    html = client.get(PAGE).content.decode()
    for words in (
        "2 warnings, 2 findings in all",
        "row 2",
        "Move it up, or take it out.",
        f"/tariff/{hidden.pk}/prices/",
    ):
        assert words in html
    narrowed = client.get(f"{PAGE}?kind=owner_pays").content.decode()
    assert "row 2" not in narrowed and "Jansen, T." in narrowed
    assert client.get(f"{PAGE}?kind=nonsense&p=x").status_code == 200


def test_the_home_page_and_the_menu_lead_to_it(world, signed_in):
    owned(world)
    html = signed_in(world.anna).get("/").content.decode()
    assert "to look at: 1 warning" in html
    assert html.count('href="/findings/"') >= 2


def test_its_queries_do_not_grow(world, django_assert_max_num_queries):
    for number in range(12):
        tariff = a_tariff(world, f"H{number}", TariffElement(energy_price=1), TariffElement(energy_price=2))
        group = a_group(world, tariff, roaming=True)
        make.ChargePointFactory(charge_group=group, owner=world.jansen, max_power_kw=150)
    with django_assert_max_num_queries(25):
        found = findings_for(FindingScope.by(world.anna), timezone.now())
    assert len(found) > 30


# Setting aside


def test_a_finding_is_set_aside_with_a_reason_until_what_it_says_changes(world, signed_in):
    owned(world)
    anna, ben = signed_in(world.anna), signed_in(world.ben)
    (line,) = anna.get(PAGE).context["lines"]
    anna.post(PAGE, {"finding": line["digest"]})
    assert not Dismissal.objects.exists(), "a reason is asked for"
    anna.post(PAGE, {"finding": line["digest"], "reason": "agreed with the owner"})
    assert ben.get(PAGE).context["lines"] == [] and "to look at" not in ben.get("/").content.decode()
    aside = ben.get(f"{PAGE}?aside=1").content.decode()
    assert "Set aside by Anna" in aside and "agreed with the owner" in aside
    tariff_writes.add_version(world.standard, [TariffElement(energy_price=Decimal("0.36"))])
    assert [each["found"].code for each in ben.get(PAGE).context["lines"]] == ["owner_pays"]


def test_all_of_a_kind_are_set_aside_and_brought_back(world, signed_in):
    hidden = a_tariff(world, "HIDDEN", TariffElement(energy_price=1), TariffElement(energy_price=2))
    a_group(world, hidden)
    for price in ("0.35", "0.40"):
        owned(world, group=make.ChargeGroupFactory(user_group=world.north, terms={"tariff": a_tariff(world, f"T{price[2:]}", TariffElement(energy_price=Decimal(price))), "own_user_group": True}))  # fmt: skip
    anna = signed_in(world.anna)
    anna.post(f"{PAGE}?kind=owner_pays", {"all_of": "owner_pays", "reason": "known"})
    assert Dismissal.objects.count() == 2
    assert [each["found"].code for each in anna.get(PAGE).context["lines"]] == ["never_reached"]
    lines = anna.get(f"{PAGE}?aside=1").context["lines"]
    anna.post(f"{PAGE}?aside=1", {"finding": [each["digest"] for each in lines], "back": "1"})
    assert not Dismissal.objects.exists()
    told = AuditEntry.objects.filter(event__startswith="finding").order_by("pk")
    assert [(each.event, each.login, each.rows, each.about) for each in told] == [
        ("finding_aside", world.anna, 2, "owner_pays"),
        ("finding_back", world.anna, 2, "owner_pays"),
    ]


def test_who_sees_a_part_sets_nothing_aside_and_misses_nothing(world, signed_in):
    owned(world)
    (line,) = signed_in(world.anna).get(PAGE).context["lines"]
    sent = {"finding": line["digest"], "reason": "mine"}
    assert [signed_in(login).post(PAGE, sent).status_code for login in (world.carla, world.rita)] == [403, 403]
    signed_in(world.otto).post(PAGE, sent)
    assert not Dismissal.objects.exists()
    signed_in(world.anna).post(PAGE, sent)
    assert [each["found"].code for each in signed_in(world.carla).get(PAGE).context["lines"]] == ["owner_pays"]


# Sessions


def test_sessions_that_overlap_at_a_charge_point_are_told_once_with_their_ids(world, signed_in):
    record(world, "S1")
    record(world, "S2", at="2026-03-02T10:00", card=world.bakkers_card)
    record(world, "S3", at="2026-03-02T10:30", card="")
    record(world, "S4", at="2026-03-02T12:30")
    (found,) = findings_for(FindingScope.by(world.anna), timezone.now())
    assert (found.code, found.subject, found.many, found.warning) == ("sessions_overlap", world.market, 2, True)
    assert found.why == "2 sessions began here before another was over: S3 and S2, S2 and S1."
    page = signed_in(world.anna).get(PAGE).content.decode()
    assert "Sessions that overlap" in page


@pytest.mark.parametrize(
    ("at", "minutes"),
    [("2026-03-02T11:00", 60), ("2026-03-02T08:00", 60), ("2026-03-02T09:00", 0), ("2026-03-02T11:00", 0)],
    ids=["right after", "right before", "of no length at its start", "of no length at its end"],
)
def test_sessions_that_only_touch_do_not_overlap(world, at, minutes):
    record(world, "S1")
    record(world, "S2", at=at, minutes=minutes, card="")
    assert told(world.anna) == []


def test_sessions_at_different_points_do_not_overlap(world):
    other = make.ChargePointFactory(charge_group=world.leusden, identity="NLGRGE0002")
    record(world, "S1")
    record(world, "S2", point=other, card=world.bakkers_card)
    assert told(world.anna) == []


def test_overlaps_are_told_to_those_alone_who_see_the_point_and_its_sessions(world):
    record(world, "S1", point=world.quay, card=world.olsens_card)
    record(world, "S2", point=world.quay, card=world.olsens_card, at="2026-03-02T10:00")
    record(world, "S3", point=world.quay, card=world.jansens_card, at="2026-03-02T10:30")
    assert [told(login) for login in (world.anna, world.carla, world.hugo)] == [[], [], []]
    assert told(world.otto) == [("sessions_overlap", world.quay)]


def test_the_number_of_queries_does_not_grow_with_the_overlaps(world, django_assert_num_queries):
    for minute in range(3):
        record(world, f"S{minute}", at=f"2026-03-02T10:0{minute}")
    told(world.anna)  # what she may see is asked once
    with CaptureQueriesContext(connection) as few:
        told(world.anna)
    points = [make.ChargePointFactory(charge_group=world.leusden) for _ in range(5)]
    for number, point in enumerate(points):
        for minute in range(4):
            record(world, f"T{number}{minute}", point=point, at=f"2026-03-02T10:0{minute}")
    with django_assert_num_queries(len(few)):
        assert len(told(world.anna)) == 6
