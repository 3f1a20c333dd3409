"""What a feed of tariffs says replaces what it said before: withdrawn, postponed, moved, corrected (docs/feeds.md)."""

import itertools
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from changes.models import Change
from customers.models import Announcement, LetterSettings, Notice, StaffAlert
from tariffs import writes as tariff_writes
from tariffs.models import FeedTariff, Tariff, TariffElement, TariffVersion
from tests import factories as make
from tests.ocpi.objects import tariff

pytestmark = pytest.mark.django_db
JUNE, JULY, MAY = "2190-06-01T00:00:00Z", "2190-07-01T00:00:00Z", "2190-05-01T00:00:00Z"


def counts(report):
    return report.new, report.updated, report.unchanged, report.invalid


def price_at(moment, code="STANDARD"):
    """EUR per kWh that is in force then, or None."""
    at = datetime.fromisoformat(moment) if moment else timezone.now() + timedelta(minutes=1)
    version = TariffVersion.objects.in_force(at).filter(tariff__code=code).first()
    return version and float(version.elements.get().energy_price)


def schedule(tariff, price, moment):
    """What staff does in the portal, without the pages."""
    at = datetime.fromisoformat(moment)
    return tariff_writes.add_version(tariff, [TariffElement(energy_price=Decimal(price), energy_vat=21)], valid_from=at)


@pytest.fixture
def announced(world, import_ocpi):
    """STANDARD, in use, at 0.30; the feed has announced 0.40 for June."""
    import_ocpi("tariffs", tariff("STANDARD", 0.30))
    report = import_ocpi("tariffs", tariff("STANDARD", 0.40, start_date_time=JUNE))
    assert (counts(report), price_at(None), price_at(JUNE)) == ((0, 1, 0, 0), 0.30, 0.40)
    return import_ocpi


def scheduled_changes():
    """When those that are not cancelled take effect."""
    changes = Change.objects.filter(scheduled=True, cancelled_at=None).order_by("takes_effect_at")
    return [each.takes_effect_at.isoformat().replace("+00:00", "Z") for each in changes]


def test_the_same_again_is_unchanged(announced):
    assert counts(announced("tariffs", tariff("STANDARD", 0.40, start_date_time=JUNE))) == (0, 0, 1, 0)
    assert (price_at(None), price_at(JUNE), scheduled_changes()) == (0.30, 0.40, [JUNE])


def test_a_rise_that_is_withdrawn_is_cancelled(announced):
    report = announced("tariffs", tariff("STANDARD", 0.30))
    assert (counts(report), price_at(JUNE), scheduled_changes()) == ((0, 1, 0, 0), 0.30, [])
    assert Change.objects.filter(cancelled_at__isnull=False).get().tariff.code == "STANDARD"
    assert counts(announced("tariffs", tariff("STANDARD", 0.30))) == (0, 0, 1, 0)


@pytest.mark.parametrize(("start", "before"), [(JULY, JUNE), (MAY, None)])
def test_a_rise_that_is_postponed_or_moved_earlier_begins_then_and_only_then(announced, start, before):
    moved = tariff("STANDARD", 0.40, start_date_time=start)
    assert counts(announced("tariffs", moved)) == (0, 1, 0, 0)
    assert (price_at(before), price_at(start), scheduled_changes()) == (0.30, 0.40, [start])
    assert counts(announced("tariffs", moved)) == (0, 0, 1, 0)


def test_a_rise_that_is_corrected_for_the_same_day_has_the_new_price(announced):
    corrected = tariff("STANDARD", 0.41, start_date_time=JUNE)
    assert counts(announced("tariffs", corrected)) == (0, 1, 0, 0)
    assert (price_at(None), price_at(JUNE), scheduled_changes()) == (0.30, 0.41, [JUNE])
    assert counts(announced("tariffs", corrected)) == (0, 0, 1, 0)


def test_another_price_from_now_on_takes_the_place_of_the_rise(announced):
    assert counts(announced("tariffs", tariff("STANDARD", 0.35))) == (0, 1, 0, 0)
    assert (price_at(None), price_at(JUNE), scheduled_changes()) == (0.35, 0.35, [])
    assert counts(announced("tariffs", tariff("STANDARD", 0.35))) == (0, 0, 1, 0)


def test_staff_are_alerted_of_what_a_feed_announces_and_takes_back(world, announced):
    announced("tariffs", tariff("STANDARD", 0.30))
    of_carla = StaffAlert.objects.filter(login=world.carla).order_by("pk")
    events = list(of_carla.values_list("alert__event", flat=True))
    assert events[-2:] == ["scheduled", "cancelled"]


def test_a_rise_of_a_tariff_that_nothing_uses_is_taken_back_without_a_change(world, import_ocpi):
    import_ocpi("tariffs", tariff("T1", 0.30))
    import_ocpi("tariffs", tariff("T1", 0.40, start_date_time=JUNE))
    assert counts(import_ocpi("tariffs", tariff("T1", 0.30))) == (0, 1, 0, 0)
    assert (price_at(JUNE, "T1"), Change.objects.count()) == (0.30, 0)


def test_a_dry_run_cancels_nothing(announced):
    report = announced("tariffs", tariff("STANDARD", 0.30), dry_run=True)
    assert (counts(report), report.written, price_at(JUNE), scheduled_changes()) == ((0, 1, 0, 0), False, 0.40, [JUNE])


def test_a_bad_object_beside_it_cancels_nothing(announced):
    report = announced("tariffs", tariff("STANDARD", 0.30), tariff("T1", -1))
    assert (report.status, report.written, price_at(JUNE), scheduled_changes()) == (1, False, 0.40, [JUNE])


# what staff scheduled


def test_what_staff_scheduled_is_left_with_a_warning_that_names_it(world, import_ocpi):
    import_ocpi("tariffs", tariff("STANDARD", 0.30))
    schedule(world.standard, "0.50", JUNE)
    report = import_ocpi("tariffs", tariff("STANDARD", 0.31), tariff("T1"))
    assert (report.status, counts(report)) == (0, (1, 1, 0, 0))
    (warning,) = report.warnings
    assert (warning["id"], warning["column"]) == ("STANDARD", "start_date_time")
    assert warning["message"] == "The version from 2190-06-01 00:00 UTC on, which staff scheduled, is left as it is."
    assert (price_at(None), price_at(JUNE)) == (0.31, 0.50)


def test_a_nightly_feed_does_not_stop_where_staff_scheduled_the_same_moment(world, import_ocpi):
    import_ocpi("tariffs", tariff("STANDARD", 0.30))
    schedule(world.standard, "0.50", JUNE)
    for _ in range(2):
        report = import_ocpi("tariffs", tariff("STANDARD", 0.40, start_date_time=JUNE), tariff("T1"))
        assert (report.status, report.invalid, len(report.warnings)) == (0, 0, 1)
    assert (counts(report), price_at(JUNE)) == ((0, 0, 2, 0), 0.50)


def test_what_staff_scheduled_stays_theirs_though_the_feed_says_the_same(world, import_ocpi):
    import_ocpi("tariffs", tariff("STANDARD", 0.30))
    schedule(world.standard, "0.40", JUNE)
    report = import_ocpi("tariffs", tariff("STANDARD", 0.40, start_date_time=JUNE))
    assert (counts(report), report.warnings) == ((0, 0, 1, 0), [])
    report = import_ocpi("tariffs", tariff("STANDARD", 0.30))
    assert (counts(report), len(report.warnings), price_at(JUNE)) == ((0, 0, 1, 0), 1, 0.40)


def test_what_staff_set_for_now_gives_way_to_the_feed(world, import_ocpi):
    import_ocpi("tariffs", tariff("STANDARD", 0.30))
    tariff_writes.add_version(world.standard, [TariffElement(energy_price="0.50", energy_vat=21)])
    assert counts(import_ocpi("tariffs", tariff("STANDARD", 0.30))) == (0, 1, 0, 0)
    assert price_at(None) == 0.30


def test_a_start_at_which_no_session_can_be_priced_is_refused_for_a_tariff_in_use(world, import_ocpi):
    report = import_ocpi("tariffs", tariff("STANDARD", 0.40, start_date_time="2199-06-01T00:00:00Z"))
    assert (report.status, report.errors[0]["column"]) == (1, "start_date_time")
    assert not Change.objects.exists()


def test_an_object_that_has_ended_says_nothing_of_what_staff_set_since(world, import_ocpi):
    ended = tariff("T1", 0.30, end_date_time="2026-01-01T00:00:00Z")
    import_ocpi("tariffs", ended)
    tariff_writes.add_version(Tariff.objects.get(code="T1"), [TariffElement(energy_price="0.50")])
    report = import_ocpi("tariffs", ended)
    assert (report.status, counts(report), price_at(None, "T1")) == (0, (0, 0, 1, 0), 0.50)


# several feeds


def test_two_feeds_of_a_provider_do_not_withdraw_what_the_other_said(announced):
    report = announced("tariffs", tariff("STANDARD", 0.30), feed="second")
    assert (counts(report), price_at(JUNE)) == ((0, 0, 1, 0), 0.40)
    assert "which the feed “default” said, is left" in report.warnings[0]["message"]
    assert set(FeedTariff.objects.values_list("feed", "tariff__code")) == {
        ("default", "STANDARD"),
        ("second", "STANDARD"),
    }


def test_a_version_that_two_feeds_said_stays_until_both_have_withdrawn_it(announced):
    announced("tariffs", tariff("STANDARD", 0.40, start_date_time=JUNE), feed="second")
    report = announced("tariffs", tariff("STANDARD", 0.30))
    assert (counts(report), len(report.warnings), price_at(JUNE)) == ((0, 0, 1, 0), 1, 0.40)
    assert counts(announced("tariffs", tariff("STANDARD", 0.30), feed="second")) == (0, 1, 0, 0)
    assert price_at(JUNE) == 0.30


@pytest.mark.parametrize("name", ["", "  ", "x" * 37, "a\nb"])
def test_a_feed_without_a_name_that_can_be_kept_is_refused(world, tmp_path, name):
    from django.core.management import CommandError, call_command

    with pytest.raises(CommandError, match="a feed has a name of at most 36 characters"):
        call_command("import_ocpi", "tariffs", str(tmp_path / "feed.json"), f"--feed={name}", provider="GRG")


# several objects of one tariff

STEPS = (
    tariff("STANDARD", 0.30, end_date_time=JUNE),
    tariff("STANDARD@21900601T0000", 0.40, start_date_time=JUNE, end_date_time=JULY),
    tariff("STANDARD@21900701T0000", 0.45, start_date_time=JULY),
)
SAME_ID = tuple(each | {"id": "STANDARD"} for each in STEPS)


@pytest.mark.parametrize("steps", [STEPS, SAME_ID])
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_two_steps_are_announced_at_once_in_whatever_order(world, import_ocpi, steps, order):
    import_ocpi("tariffs", tariff("STANDARD", 0.30))
    shuffled = [steps[index] for index in order]
    report = import_ocpi("tariffs", *shuffled)
    assert (report.rows, counts(report), report.warnings) == (3, (0, 3, 0, 0), [])
    assert (price_at(None), price_at(JUNE), price_at(JULY)) == (0.30, 0.40, 0.45)
    assert scheduled_changes() == [JUNE, JULY]
    assert counts(import_ocpi("tariffs", *reversed(shuffled))) == (0, 0, 3, 0)


def test_a_step_that_is_withdrawn_is_cancelled_alone(world, import_ocpi):
    import_ocpi("tariffs", *STEPS)
    first, second = STEPS[0], STEPS[1] | {"end_date_time": None}
    assert counts(import_ocpi("tariffs", first, second)) == (0, 2, 0, 0)
    assert (price_at(JUNE), price_at(JULY), scheduled_changes()) == (0.40, 0.40, [JUNE])


def test_a_new_tariff_arrives_with_all_its_versions_the_past_ones_too(world, import_ocpi):
    past = tariff("T1", 0.20, end_date_time="2025-01-01T00:00:00Z")
    present = tariff("T1", 0.30, start_date_time="2025-01-01T00:00:00Z")
    report = import_ocpi("tariffs", present, past)
    assert (counts(report), price_at("2024-01-01T00:00:00Z", "T1"), price_at(None, "T1")) == ((2, 0, 0, 0), 0.20, 0.30)
    assert counts(import_ocpi("tariffs", past, present)) == (0, 0, 2, 0)


def test_a_gap_between_two_versions_is_a_time_without_a_price(world, import_ocpi):
    import_ocpi("tariffs", STEPS[0] | {"id": "T1"}, tariff("T1", 0.45, start_date_time=JULY))
    assert [price_at(each, "T1") for each in (MAY, JUNE, JULY)] == [0.30, None, 0.45]


def test_objects_whose_periods_overlap_are_refused_from_the_second_on(world, import_ocpi):
    report = import_ocpi("tariffs", STEPS[1], tariff("STANDARD", 0.30), skip_bad=True)
    assert (counts(report), price_at(JUNE)) == ((0, 1, 0, 1), 0.40)
    assert (report.errors[0]["id"], report.errors[0]["column"]) == ("STANDARD", "id")
    assert report.errors[0]["message"].startswith("occurred earlier in the file")


def test_a_family_is_taken_whole_or_not_at_all(world, import_ocpi):
    bad = STEPS[1] | {"elements": []}
    report = import_ocpi("tariffs", STEPS[0], bad, STEPS[2], tariff("T1"), skip_bad=True)
    assert (counts(report), price_at(None), scheduled_changes()) == ((1, 0, 0, 3), 0.35, [])
    assert {each["id"] for each in report.errors} == {each["id"] for each in STEPS}


def test_an_id_that_only_looks_like_a_version_is_a_tariff_of_its_own(world, import_ocpi):
    names = ["T1@21900601T0000", "T2@21900601T0000"]
    import_ocpi("tariffs", tariff(names[0]), tariff(names[1], start_date_time=JULY))
    assert [price_at(JULY, name) for name in names] == [0.35, 0.35]


def test_a_long_code_is_known_by_its_first_22_characters(world, import_ocpi):
    code = "A-CODE-OF-THIRTY-AND-SIX-CHARACTERS!"
    step = tariff("A-CODE-OF-THIRTY-AND-S@21900601T0000", 0.40, start_date_time=JUNE)
    assert len(code) == len(step["id"]) == 36
    import_ocpi("tariffs", tariff(code, 0.30, end_date_time=JUNE), step)
    assert (price_at(None, code), price_at(JUNE, code)) == (0.30, 0.40)
    assert counts(import_ocpi("tariffs", step)) == (0, 0, 1, 0)


# who is told


@pytest.mark.parametrize(("notify", "kinds"), [("none", []), ("all", ["changed", "cancelled"])])
def test_whoever_was_told_of_a_rise_is_told_that_it_is_withdrawn(world, import_ocpi, notify, kinds):
    import_ocpi("tariffs", tariff("STANDARD", 0.30))
    import_ocpi("tariffs", tariff("STANDARD", 0.40, start_date_time=JUNE), notify=notify)
    Notice.objects.update(state="sent")
    import_ocpi("tariffs", tariff("STANDARD", 0.30))
    told = Announcement.objects.order_by("pk").values_list("key", flat=True)
    assert [key.rpartition("-")[2] for key in told] == kinds


def test_regulars_are_told_where_that_is_asked_for(world, import_ocpi):
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.jansen)
    import_ocpi("tariffs", tariff("STANDARD", 0.50), notify="regulars")
    assert list(Announcement.objects.get().notices.values_list("customer", flat=True)) == [world.jansen.pk]
    assert Change.objects.get().notify == "regulars"


@pytest.mark.parametrize(("price", "warned"), [(0.50, True), (0.20, False)])
def test_a_feed_that_raises_a_price_on_short_notice_is_warned_of(world, import_ocpi, price, warned):
    LetterSettings.objects.create(provider=world.greengrid, price_rise_days=14)
    report = import_ocpi("tariffs", tariff("STANDARD", price))
    assert report.written
    assert any("announces a rise 14 days ahead" in each["message"] for each in report.warnings) == warned
