"""What a feed of locations says again: EVSEs that are removed, live again, move, get another EVSE ID (docs/feeds.md)."""

from datetime import timedelta

import pytest
from django.db.models import F

from chargepoints.models import ChargePoint, FeedPoint
from tests import factories as make
from tests.ocpi.objects import evse, location

pytestmark = pytest.mark.django_db


def counts(report):
    return report.new, report.updated, report.unchanged, report.invalid


def status(identity="NLGRGE1"):
    return ChargePoint.objects.get(identity=identity).status


def removed(evse_id="NL*GRG*E1", **fields):
    return evse(evse_id, status="REMOVED", **fields)


@pytest.fixture
def arrived(world, import_ocpi):
    """NLGRGE1 stands at OLD, active in a charge group."""
    import_ocpi("locations", location("OLD", evse("NL*GRG*E1")), charge_group="CG-LEUSDEN")
    assert status() == "active"
    return import_ocpi


# a device that moved


@pytest.mark.parametrize("order", [1, -1])
def test_a_device_that_moved_lives_where_its_living_entry_stands(arrived, order):
    moved = [location("OLD", removed()), location("NEW", evse("NL*GRG*E1"))][::order]
    report = arrived("locations", *moved)
    assert (report.status, report.rows, counts(report)) == (0, 4, (1, 1, 2, 0))
    point = ChargePoint.objects.get(identity="NLGRGE1")
    assert (point.location.code, point.status, point.charge_group.code) == ("NEW", "active", "CG-LEUSDEN")
    assert counts(arrived("locations", *moved)) == (0, 0, 4, 0)


def test_removed_entries_do_not_count_as_occurrences(arrived):
    feed = location("OLD", removed(), removed("NLGRG*E1"), evse("nl*grg*e1"))
    assert (counts(arrived("locations", feed)), status()) == ((0, 1, 3, 0), "active")


def test_two_living_entries_are_one_too_many_still(arrived):
    report = arrived("locations", location("OLD", removed(), evse("NL*GRG*E1"), evse("NLGRG*E1")), skip_bad=True)
    assert (report.invalid, [each["id"] for each in report.errors]) == (1, ["NLGRG*E1"])


def test_several_removed_entries_of_one_device_take_it_out_of_service_once(arrived):
    report = arrived("locations", location("OLD", removed()), location("NEW", removed()))
    assert (counts(report), status()) == ((1, 1, 2, 0), "out_of_service")


def test_a_removed_entry_of_its_former_place_takes_it_out_of_service_where_it_is(arrived):
    arrived("locations", location("OLD", removed()), location("NEW", evse("NL*GRG*E1")))
    arrived("locations", location("OLD", removed()))
    point = ChargePoint.objects.get(identity="NLGRGE1")
    assert (point.location.code, point.status) == ("NEW", "out_of_service")


# removed, and alive again


def test_what_the_feed_removed_comes_back_as_it_was(arrived):
    arrived("locations", location("OLD", removed()))
    assert status() == "out_of_service"
    assert counts(arrived("locations", location("OLD", removed()))) == (0, 0, 2, 0)
    report = arrived("locations", location("OLD", evse("NL*GRG*E1")))
    assert (counts(report), status()) == ((0, 1, 1, 0), "active")
    assert counts(arrived("locations", location("OLD", evse("NL*GRG*E1")))) == (0, 0, 2, 0)


def test_a_point_that_was_inactive_comes_back_inactive(arrived):
    ChargePoint.objects.filter(identity="NLGRGE1").update(status="inactive")
    arrived("locations", location("OLD", removed()))
    arrived("locations", location("OLD", evse("NL*GRG*E1")))
    assert status() == "inactive"


@pytest.mark.parametrize("steps", [["inactive"], ["active", "out_of_service"]])
def test_a_status_that_staff_gave_since_stays(arrived, steps):
    arrived("locations", location("OLD", removed()))
    for each in steps:
        ChargePoint.objects.filter(identity="NLGRGE1").update(status=each)
    later_than_removed()
    arrived("locations", location("OLD", evse("NL*GRG*E1")))
    assert status() == steps[-1]


def later_than_removed():
    """Events bear the time of their transaction, which is one for a whole test: let staff come after the feed."""
    FeedPoint.objects.update(removed_at=F("removed_at") - timedelta(days=1))


def test_without_a_charge_group_it_comes_back_inactive(arrived):
    arrived("locations", location("OLD", removed()))
    ChargePoint.objects.filter(identity="NLGRGE1").update(charge_group=None)
    report = arrived("locations", location("OLD", evse("NL*GRG*E1")))
    assert (report.status, status()) == (0, "inactive")


@pytest.mark.parametrize(("state", "expected"), [("AVAILABLE", "active"), ("UNKNOWN", "inactive")])
def test_a_point_that_arrived_removed_is_activated_as_a_new_one_is(world, import_ocpi, state, expected):
    import_ocpi("locations", location("OLD", removed()), charge_group="CG-LEUSDEN")
    assert status() == "out_of_service"
    import_ocpi("locations", location("OLD", evse("NL*GRG*E1", status=state)))
    assert status() == expected


def test_another_feed_does_not_bring_back_what_this_one_removed(arrived):
    arrived("locations", location("OLD", removed()))
    arrived("locations", location("OLD", evse("NL*GRG*E1")), feed="second")
    assert status() == "out_of_service"


def test_what_staff_took_out_of_service_is_not_brought_back(arrived):
    ChargePoint.objects.filter(identity="NLGRGE1").update(status="out_of_service")
    report = arrived("locations", location("OLD", evse("NL*GRG*E1")))
    assert (counts(report), status()) == ((0, 0, 2, 0), "out_of_service")


def test_a_dry_run_removes_nothing(arrived):
    report = arrived("locations", location("OLD", removed()), dry_run=True)
    assert (counts(report), report.written, status()) == ((0, 1, 1, 0), False, "active")
    arrived("locations", location("OLD", evse("NL*GRG*E1")))
    assert status() == "active"


# another EVSE ID under the same uid


def test_another_evse_id_under_the_same_uid_updates_the_charge_point_with_a_warning(arrived):
    renamed = evse("NL*GRG*E9", uid="uid of NL*GRG*E1")
    report = arrived("locations", location("OLD", renamed))
    point = ChargePoint.objects.get(location__code="OLD")
    assert (counts(report), point.identity, point.evse_id) == ((0, 1, 1, 0), "NLGRGE1", "NL*GRG*E9")
    (warning,) = report.warnings
    assert (warning["id"], warning["column"]) == ("NL*GRG*E9", "evse_id")
    assert warning["message"] == "Its EVSE ID was NL*GRG*E1: the charge point NLGRGE1 has the new one."
    again = arrived("locations", location("OLD", renamed))
    assert (counts(again), again.warnings) == ((0, 0, 2, 0), [])


def test_its_old_evse_id_as_removed_beside_it_does_no_harm(arrived):
    renamed = evse("NL*GRG*E9", uid="uid of NL*GRG*E1")
    report = arrived("locations", location("OLD", removed(), renamed))
    assert (report.status, counts(report), status()) == (0, (0, 1, 2, 0), "active")


def test_a_uid_that_two_evses_share_says_nothing(arrived):
    shared = [evse(f"NL*GRG*E{number}", uid="uid of NL*GRG*E1") for number in (8, 9)]
    report = arrived("locations", location("OLD", *shared))
    assert (counts(report), report.warnings) == ((2, 0, 1, 0), [])


def test_a_uid_of_another_feed_says_nothing(arrived):
    report = arrived("locations", location("OLD", evse("NL*GRG*E9", uid="uid of NL*GRG*E1")), feed="second")
    assert (report.new, report.warnings) == (1, [])
    assert ChargePoint.objects.filter(identity="NLGRGE9").exists()


def test_a_uid_whose_own_evse_id_is_in_the_file_says_nothing(arrived):
    feed = location("OLD", evse("NL*GRG*E1", uid="other"), evse("NL*GRG*E9", uid="uid of NL*GRG*E1"))
    report = arrived("locations", feed)
    assert (report.new, report.warnings) == (1, [])


def test_a_point_known_by_its_uid_alone_gets_the_evse_id_that_it_has_now(world, import_ocpi):
    import_ocpi("locations", location("M1", evse(None, uid="294")))
    report = import_ocpi("locations", location("M1", evse("NL*GRG*E294", uid="294")))
    assert (counts(report), len(report.warnings)) == ((0, 1, 1, 0), 1)
    assert ChargePoint.objects.get(location__code="M1").evse_id == "NL*GRG*E294"


# complete files


@pytest.fixture
def ten(world, import_ocpi):
    """Nine charge points of the feed, active beside the one that the world has."""
    evses = [evse(f"NL*GRG*C{number}") for number in range(9)]
    import_ocpi("locations", location("M1", *evses), charge_group="CG-LEUSDEN")
    assert ChargePoint.objects.filter(provider=world.greengrid, status="active").count() == 10
    return evses


def active():
    return ChargePoint.objects.filter(location__code="M1", status="active").count()


def test_a_file_may_be_partial(ten, import_ocpi):
    report = import_ocpi("locations", location("M1", *ten[:1]))
    assert (counts(report), active()) == ((0, 0, 2, 0), 9)


def test_what_a_complete_file_lacks_goes_out_of_service_and_comes_back_with_it(ten, import_ocpi):
    report = import_ocpi("locations", location("M1", *ten[1:]), complete=True)
    assert (counts(report), status("NLGRGC0"), active()) == ((0, 1, 9, 0), "out_of_service", 8)
    assert [each["id"] for each in report.warnings] == ["NLGRGC0"]
    assert counts(import_ocpi("locations", location("M1", *ten[1:]), complete=True)) == (0, 0, 9, 0)
    import_ocpi("locations", location("M1", *ten), complete=True)
    assert active() == 9


def test_more_than_a_tenth_of_the_active_points_is_not_removed(ten, import_ocpi):
    report = import_ocpi("locations", location("M1", *ten[2:], city="Hamersveld"), complete=True)
    assert (report.status, report.written, active()) == (1, False, 9)
    assert "lacks 2 of 10 active charge points" in report.errors[0]["message"]
    assert ChargePoint.objects.get(identity="NLGRGC2").location.city == "Leusden"


def test_with_skip_bad_the_rest_is_written_and_nothing_removed(ten, import_ocpi):
    report = import_ocpi("locations", location("M1", *ten[2:], city="Hamersveld"), complete=True, skip_bad=True)
    assert (report.status, report.written, report.invalid, active()) == (0, True, 1, 9)
    assert ChargePoint.objects.get(identity="NLGRGC2").location.city == "Hamersveld"


def test_a_file_that_empties_itself_is_refused_unless_that_is_meant(ten, import_ocpi):
    assert (import_ocpi("locations", complete=True).status, active()) == (1, 9)
    report = import_ocpi("locations", complete=True, allow_removal=True)
    assert (report.status, report.updated, active()) == (0, 9, 0)


def test_points_of_other_feeds_and_of_staff_are_not_removed(ten, world, import_ocpi):
    make.ChargePointFactory(charge_group=world.leusden, identity="BY-HAND", location__code="M9")
    report = import_ocpi("locations", location("M2"), complete=True, allow_removal=True, feed="second")
    assert (report.updated, active(), status("BY-HAND")) == (0, 9, "active")


def test_an_evse_that_can_not_be_taken_is_not_missing(ten, import_ocpi):
    bad = ten[0] | {"connectors": "none"}
    report = import_ocpi("locations", location("M1", bad, *ten[1:]), complete=True, skip_bad=True)
    assert (report.invalid, report.updated, active()) == (1, 0, 9)


def test_nothing_is_removed_while_an_id_is_missing(ten, import_ocpi):
    nameless = evse(None, uid=None)
    report = import_ocpi("locations", location("M1", nameless, *ten[1:]), complete=True, skip_bad=True)
    assert (report.updated, active()) == (0, 9)
    assert "Nothing is removed" in report.warnings[0]["message"]
