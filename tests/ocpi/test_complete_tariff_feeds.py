"""Complete files of tariffs: what one lacks ends, within bounds (docs/feeds.md)."""

import pytest
from django.urls import reverse

from changes.apply import apply_now
from changes.models import Change, Way
from changes.undo import undo_proposal
from tariffs import writes as tariff_writes
from tariffs.models import FeedTariff, Tariff, TariffElement
from tests import factories as make
from tests.ocpi.objects import tariff
from tests.ocpi.test_tariff_feeds import JUNE, counts, price_at, scheduled_changes

pytestmark = pytest.mark.django_db


@pytest.fixture
def ten(world, import_ocpi):
    """Ten tariffs in use: STANDARD, and U1 to U9, which the feed says."""
    feed = [tariff(f"U{number}", 0.30) for number in range(1, 10)]
    import_ocpi("tariffs", *feed)
    for number in range(1, 10):
        used = Tariff.objects.get(code=f"U{number}")
        make.ChargeGroupFactory(user_group=world.north, terms={"tariff": used, "own_user_group": True})
    return feed


def in_force():
    return {code for code in (f"U{number}" for number in range(1, 10)) if price_at(None, code) is not None}


def test_a_file_may_be_partial(ten, import_ocpi):
    assert (counts(import_ocpi("tariffs", ten[0])), len(in_force())) == ((0, 0, 1, 0), 9)


def test_what_a_complete_file_lacks_ends_and_its_past_stays(ten, world, import_ocpi, signed_in):
    report = import_ocpi("tariffs", *ten[1:], complete=True)
    assert (report.status, counts(report), len(in_force())) == (0, (0, 1, 8, 0), 8)
    assert [(each["id"], each["message"]) for each in report.warnings] == [
        ("U1", "The file lacks it: no price is in force any more.")
    ]
    assert price_at("2026-01-01T00:00:00Z", "U1") == 0.30
    change = Change.objects.get(tariff__code="U1")
    assert (change.sentence, change.impact["counts"]["loses_access"]) == ("U1 ended", 1)
    page = signed_in(world.anna).get(reverse("admin:changes_change_change", args=[change.pk]))
    assert "no price is in force" in page.content.decode()
    again = import_ocpi("tariffs", *ten[1:], complete=True)
    assert (counts(again), again.warnings, Change.objects.count()) == ((0, 0, 8, 0), [], 1)


def test_what_ended_comes_back_with_the_file_that_has_it(ten, import_ocpi):
    import_ocpi("tariffs", *ten[1:], complete=True)
    report = import_ocpi("tariffs", *ten, complete=True)
    assert (counts(report), len(in_force())) == ((0, 1, 8, 0), 9)


def test_the_end_of_a_tariff_can_be_undone(ten, import_ocpi):
    import_ocpi("tariffs", *ten[1:], complete=True)
    apply_now(undo_proposal(Change.objects.get(tariff__code="U1")), way=Way.COMMAND)
    assert len(in_force()) == 9


def test_what_the_feed_announced_of_a_tariff_that_it_lacks_is_cancelled(ten, import_ocpi):
    import_ocpi("tariffs", tariff("U1", 0.4, start_date_time=JUNE))
    import_ocpi("tariffs", *ten[1:], complete=True)
    assert (price_at(JUNE, "U1"), scheduled_changes()) == (None, [])


def test_more_than_a_tenth_of_the_tariffs_in_use_is_not_removed(ten, import_ocpi):
    report = import_ocpi("tariffs", *ten[3:], tariff("U3", 0.33), complete=True)
    assert (report.status, report.written, len(in_force())) == (1, False, 9)
    assert "lacks 2 of 10 tariffs in use" in report.errors[0]["message"]
    assert price_at(None, "U3") == 0.30


def test_with_skip_bad_the_rest_is_written_and_no_tariff_removed(ten, import_ocpi):
    report = import_ocpi("tariffs", *ten[3:], tariff("U3", 0.33), complete=True, skip_bad=True)
    assert (report.status, report.written, len(in_force()), price_at(None, "U3")) == (0, True, 9, 0.33)


def test_a_file_that_empties_itself_is_refused_unless_that_is_meant(ten, import_ocpi):
    assert (import_ocpi("tariffs", complete=True).status, len(in_force())) == (1, 9)
    report = import_ocpi("tariffs", complete=True, allow_removal=True)
    assert (report.status, report.updated, in_force()) == (0, 9, set())


def test_tariffs_that_nothing_uses_end_without_a_change_however_many(world, import_ocpi):
    import_ocpi("tariffs", tariff("T1"), tariff("T2"))
    report = import_ocpi("tariffs", complete=True)
    assert (report.status, report.updated, price_at(None, "T1")) == (0, 2, None)
    assert not Change.objects.exists()


def test_tariffs_of_staff_and_of_other_feeds_are_not_removed(ten, world, import_ocpi):
    import_ocpi("tariffs", ten[0], feed="second")
    report = import_ocpi("tariffs", *ten[1:], complete=True)
    assert (counts(report), len(in_force()), price_at(None)) == ((0, 0, 8, 0), 9, 0.35)
    assert not FeedTariff.objects.filter(feed="default", tariff__code="U1").exists()


def test_a_price_that_staff_set_is_left_with_a_warning(ten, import_ocpi):
    used = Tariff.objects.get(code="U1")
    tariff_writes.add_version(used, [TariffElement(energy_price="0.50")])
    report = import_ocpi("tariffs", *ten[1:], complete=True)
    assert (counts(report), price_at(None, "U1")) == ((0, 0, 8, 0), 0.50)
    assert "staff set the price" in report.warnings[0]["message"]


def test_a_tariff_that_can_not_be_taken_is_not_missing(ten, import_ocpi):
    report = import_ocpi("tariffs", tariff("U1", -1), *ten[1:], complete=True, skip_bad=True)
    assert (counts(report), len(in_force())) == ((0, 0, 8, 1), 9)


def test_nothing_is_removed_while_an_id_is_missing(ten, import_ocpi):
    report = import_ocpi("tariffs", tariff(None), *ten[1:], complete=True, skip_bad=True)
    assert (counts(report), len(in_force())) == ((0, 0, 8, 1), 9)
    assert "Nothing is removed" in report.warnings[0]["message"]
