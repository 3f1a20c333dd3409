"""Charge points that are attached, detached, activated and deactivated."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chargegroups.models import ChargeGroup
from chargepoints import attach_detach
from chargepoints.models import ChargePoint, Location
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def spare(world):
    """A charge point of GreenGrid that nobody uses yet: no group, inactive."""
    location = make.LocationFactory(provider=world.greengrid, country="NL")
    return ChargePoint.objects.create(provider=world.greengrid, identity="NLGRGE0002", location=location)


def now(point):
    return ChargePoint.objects.get(pk=point.pk)


def group(world, code="CG-2", **fields):
    terms = {"tariff": world.standard} | fields.pop("terms", {})
    return make.ChargeGroupFactory(user_group=world.north, code=code, terms=terms, **fields)


def only_reason(outcome):
    assert not outcome.changed
    (refusal,) = outcome.refusals
    return refusal.text


def test_a_spare_point_is_attached_and_stays_inactive(world, spare):
    assert attach_detach.attach([spare], world.leusden).changed == (spare,)
    assert (now(spare).charge_group, now(spare).status) == (world.leusden, "inactive")


def test_an_active_point_moves_to_another_group_and_stays_active(world):
    attach_detach.attach([world.market.pk], group(world))
    assert (now(world.market).charge_group.code, now(world.market).status) == ("CG-2", "active")


def test_attaching_where_it_is_already_changes_nothing(world):
    assert attach_detach.attach([world.market], world.leusden).unchanged == (world.market,)


def test_a_detached_active_point_becomes_inactive_and_is_noted(world):
    outcome = attach_detach.detach([world.market])
    assert outcome.changed == (world.market,)
    assert [remark.row for remark in outcome.notes] == [world.market]
    assert (now(world.market).charge_group, now(world.market).status) == (None, "inactive")


def test_a_detached_point_that_is_out_of_service_stays_so(world):
    ChargePoint.objects.filter(pk=world.market.pk).update(status="out_of_service")
    outcome = attach_detach.detach([world.market])
    assert (now(world.market).charge_group, now(world.market).status) == (None, "out_of_service")
    assert not outcome.notes


def test_detaching_what_has_no_group_changes_nothing(spare):
    assert attach_detach.detach([spare]).unchanged == (spare,)


def test_sql_can_take_the_group_from_an_active_point_only_together_with_its_status(world):
    with pytest.raises(IntegrityError, match="charge_point_active_is_complete"), transaction.atomic():
        ChargePoint.objects.filter(pk=world.market.pk).update(charge_group=None)
    assert (now(world.market).charge_group, now(world.market).status) == (world.leusden, "active")


def test_a_complete_point_is_activated(world, spare):
    attach_detach.attach([spare], world.leusden)
    assert attach_detach.activate([spare]).changed == (spare,)
    assert now(spare).status == "active"


def test_a_point_without_a_group_is_not_activated(spare):
    assert "no charge group" in only_reason(attach_detach.activate([spare]))
    assert now(spare).status == "inactive"


def test_a_point_without_a_location_is_not_activated(world, spare):
    ChargePoint.objects.filter(pk=spare.pk).update(charge_group=world.leusden, location=None)
    assert "no location" in only_reason(attach_detach.activate([spare]))
    assert now(spare).status == "inactive"


def test_a_point_with_neither_is_told_both(spare):
    ChargePoint.objects.filter(pk=spare.pk).update(location=None)
    assert "neither a charge group nor a location" in only_reason(attach_detach.activate([spare]))


def test_deactivating_leaves_alone_what_is_out_of_service(world, spare):
    ChargePoint.objects.filter(pk=spare.pk).update(status="out_of_service")
    outcome = attach_detach.deactivate([world.market, spare])
    assert (outcome.changed, outcome.unchanged) == ((world.market,), (spare,))
    assert (now(world.market).status, now(spare).status) == ("inactive", "out_of_service")


def test_a_closed_group_takes_no_points(world, spare):
    closed = group(world)
    ChargeGroup.objects.filter(pk=closed.pk).update(closed_at=timezone.now())
    assert "closed" in only_reason(attach_detach.attach([spare], closed))
    assert now(spare).charge_group is None


def test_a_home_group_takes_no_point_of_a_published_location(world, spare):
    Location.objects.filter(pk=spare.location_id).update(published=True)
    assert "unpublish" in only_reason(attach_detach.attach([spare], group(world, type="home")))
    assert now(spare).charge_group is None


@pytest.mark.parametrize(("country", "words"), [("BE", "Belgium"), (None, "no location")])
def test_a_group_with_social_charging_takes_points_of_the_netherlands_only(world, spare, country, words):
    social = group(world, terms={"social_charging": True})
    if country:
        Location.objects.filter(pk=spare.location_id).update(country=country)
    else:
        ChargePoint.objects.filter(pk=spare.pk).update(location=None)
    assert words in only_reason(attach_detach.attach([spare], social))
    assert now(spare).charge_group is None


def test_social_charging_that_is_scheduled_counts_too(world, spare):
    social = group(world)
    make.TermsFactory(
        charge_group=social,
        tariff=world.standard,
        social_charging=True,
        valid_from=timezone.now() + timezone.timedelta(days=1),
    )
    Location.objects.filter(pk=spare.location_id).update(country="DE")
    assert "Germany" in only_reason(attach_detach.attach([spare], social))


def test_a_point_of_another_provider_is_not_attached(world):
    assert "another provider" in only_reason(attach_detach.attach([world.quay], world.leusden))
    assert now(world.quay).charge_group == world.oslo


def test_one_bad_point_among_many_is_refused_alone(world, spare):
    published = make.LocationFactory(provider=world.greengrid, published=True)
    bad = ChargePoint.objects.create(provider=world.greengrid, identity="BAD", location=published)
    outcome = attach_detach.attach([bad, spare], group(world, type="home"))
    assert outcome.changed == (spare,)
    assert [refusal.row for refusal in outcome.refusals] == [bad]


def test_what_only_the_database_refuses_is_found_row_by_row(world, spare, monkeypatch):
    """As when a location is published between the look and the write."""
    published = make.LocationFactory(provider=world.greengrid, published=True)
    bad = ChargePoint.objects.create(provider=world.greengrid, identity="BAD", location=published)
    monkeypatch.setattr(attach_detach, "why_not_attach", lambda *args, **kwargs: "")
    outcome = attach_detach.attach([bad, spare], group(world, type="home"))
    assert outcome.changed == (spare,)
    assert [refusal.text for refusal in outcome.refusals] == [
        "The locations of a Home group are not published: unpublish the location first."
    ]
    assert now(bad).charge_group is None


def test_many_points_take_no_more_statements_than_one(world):
    points = [make.ChargePointFactory(charge_group=world.leusden) for _ in range(20)]

    def statements(some):
        with CaptureQueriesContext(connection) as queries:
            assert len(attach_detach.detach(some).changed) == len(some)
        return len(queries)

    assert statements(points[:1]) == statements(points[1:])


def test_the_reasons_told_agree_with_what_the_database_refuses(world):
    """Every kind of group x every kind of location: refused with a reason exactly where the database refuses."""
    groups = [
        group(world, "PLAIN"),
        group(world, "HOME", type="home"),
        group(world, "SOCIAL", terms={"social_charging": True}),
        group(world, "CLOSED"),
        world.oslo,
    ]
    ChargeGroup.objects.filter(code="CLOSED").update(closed_at=timezone.now())
    places = [None] + [
        make.LocationFactory(provider=world.greengrid, country=country, published=published)
        for country in ("NL", "BE")
        for published in (True, False)
    ]
    for target in ChargeGroup.objects.filter(pk__in=[some.pk for some in groups]):
        for number, place in enumerate(places):
            identity = f"{target.code}-{number}"
            point = ChargePoint.objects.create(provider=world.greengrid, identity=identity, location=place)
            refused = bool(attach_detach.attach([point], target).refusals)
            ChargePoint.objects.filter(pk=point.pk).update(charge_group=None)
            assert refused == _database_refuses(point, target), identity


def _database_refuses(point, target):
    try:
        with transaction.atomic():
            ChargePoint.objects.filter(pk=point.pk).update(charge_group=target)
    except IntegrityError:
        return True
    return False
