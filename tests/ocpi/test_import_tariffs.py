"""What import_ocpi makes of tariffs, and from when a changed one counts."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from changes.models import Change
from tariffs.models import Tariff, TariffVersion
from tests import factories as make
from tests.ocpi.objects import tariff
from tests.tables import for_each

pytestmark = pytest.mark.django_db
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def counts(report):
    return report.new, report.updated, report.unchanged, report.invalid


def prices(code="T1"):
    versions = TariffVersion.objects.filter(tariff__code=code).order_by("valid_from")
    return [each.elements.get().energy_price for each in versions]


def test_a_tariff_arrives_with_one_version_restrictions_and_all(world, import_ocpi):
    elements = [
        {
            "price_components": [{"type": "ENERGY", "price": 0.3912, "vat": 21, "step_size": 100}],
            "restrictions": {
                "start_time": "08:00",
                "end_time": "00:00",
                "day_of_week": ["MONDAY", "TUESDAY"],
                "max_kwh": 30.5,
                "min_power": None,
            },
        },
        {"price_components": [{"type": "FLAT", "price": 0.5, "step_size": 0}], "restrictions": None},
    ]
    report = import_ocpi("tariffs", tariff("T1", elements=elements, min_price={"excl_vat": 0.5}))
    assert (report.status, report.kind, counts(report), report.written) == (0, "tariffs", (1, 0, 0, 0), True)
    version = Tariff.objects.get(provider=world.greengrid, code="T1").versions.get()
    first, second = version.elements.all()
    assert (version.valid_from, version.min_price_excl) == (BEGINNING, Decimal("0.5"))
    assert (first.energy_price, first.energy_step, first.max_kwh) == (Decimal("0.3912"), 100, Decimal("30.5"))
    assert (first.day_of_week, f"{first.start_time:%H:%M}") == (["MONDAY", "TUESDAY"], "08:00")
    assert second.flat_price == Decimal("0.5")


def test_a_version_without_the_vat_of_the_one_before_is_warned_of(world, import_ocpi):
    without = [{"price_components": [{"type": "ENERGY", "price": 0.39, "step_size": 1}]}]
    assert import_ocpi("tariffs", tariff("T1")).warnings == []
    report = import_ocpi("tariffs", tariff("T1", elements=without))
    assert counts(report) == (0, 1, 0, 0)
    (warning,) = report.warnings
    assert warning["id"] == "T1" and "The prices before have VAT" in warning["message"]
    assert import_ocpi("tariffs", tariff("T1", elements=without)).warnings == []


def test_numbers_that_were_hardly_meant_are_warned_of(world, import_ocpi):
    report = import_ocpi("tariffs", tariff("T1", 39))
    assert counts(report) == (1, 0, 0, 0)
    (warning,) = report.warnings
    assert warning["id"] == "T1" and "write 0.39 if that is meant" in warning["message"]
    assert import_ocpi("tariffs", tariff("T1", 39)).warnings == []


def test_it_counts_from_its_start_and_until_its_end(world, import_ocpi):
    import_ocpi("tariffs", tariff(start_date_time="2026-01-01T00:00:00", end_date_time="2026-02-01T01:00:00+01:00"))
    version = TariffVersion.objects.get(tariff__code="T1")
    assert version.valid_from == datetime(2026, 1, 1, tzinfo=UTC)
    assert version.valid_until == datetime(2026, 2, 1, tzinfo=UTC)


def test_a_second_import_writes_nothing(world, import_ocpi):
    feed = [tariff("T1"), tariff("T2", start_date_time="2026-01-01T00:00:00Z", type="REGULAR")]
    import_ocpi("tariffs", *feed)
    report = import_ocpi("tariffs", *feed)
    assert counts(report) == (0, 0, 2, 0)
    assert TariffVersion.objects.filter(tariff__code__in=["T1", "T2"]).count() == 2


def test_a_changed_tariff_is_a_new_version_from_the_import(world, import_ocpi):
    import_ocpi("tariffs", tariff(price=0.35))
    before = timezone.now()
    report = import_ocpi("tariffs", tariff(price=0.39))
    assert (counts(report), prices()) == ((0, 1, 0, 0), [Decimal("0.35"), Decimal("0.39")])
    latest = TariffVersion.objects.filter(tariff__code="T1").latest("valid_from")
    assert latest.valid_from > before - timedelta(minutes=1)
    assert counts(import_ocpi("tariffs", tariff(price=0.39))) == (0, 0, 1, 0)


def test_a_changed_tariff_whose_start_is_past_counts_from_the_import(world, import_ocpi):
    before = timezone.now()
    import_ocpi("tariffs", tariff(price=0.35))
    import_ocpi("tariffs", tariff(price=0.39, start_date_time="2026-01-01T00:00:00Z"))
    latest = TariffVersion.objects.filter(tariff__code="T1").latest("valid_from")
    assert latest.valid_from > before - timedelta(minutes=1)


def test_the_past_of_a_tariff_in_use_is_not_rewritten(world, import_ocpi):
    before = timezone.now()
    report = import_ocpi("tariffs", tariff("STANDARD", price=0.39, start_date_time="2026-01-01T00:00:00Z"))
    assert (report.status, counts(report)) == (0, (0, 1, 0, 0))
    latest = TariffVersion.objects.filter(tariff=world.standard).latest("valid_from")
    assert latest.valid_from > before - timedelta(minutes=1)


def test_a_changed_price_of_a_tariff_in_use_is_a_change_on_the_record(world, import_ocpi):
    import_ocpi("tariffs", tariff("STANDARD", 0.5))
    change = Change.objects.get()
    assert (change.kind, change.tariff, change.made_by) == ("version", world.standard, None)
    assert change.preview_note == "not shown: feed"
    assert change.reason == "import_ocpi feed.json"
    assert sum(change.impact["counts"].values()) == 2
    assert TariffVersion.objects.get(changes=change).tariff == world.standard


def test_a_changed_price_of_a_tariff_that_nothing_uses_is_none(world, import_ocpi):
    import_ocpi("tariffs", tariff("T1"))
    import_ocpi("tariffs", tariff("T1", 0.5))
    assert not Change.objects.exists()


def test_a_price_to_come_is_scheduled_and_recognised(world, import_ocpi):
    import_ocpi("tariffs", tariff(price=0.35))
    to_come = tariff(price=0.39, start_date_time="2199-01-01T00:00:00Z")
    assert counts(import_ocpi("tariffs", to_come)) == (0, 1, 0, 0)
    assert counts(import_ocpi("tariffs", to_come)) == (0, 0, 1, 0)
    assert prices() == [Decimal("0.35"), Decimal("0.39")]


def test_an_earlier_price_that_returns_is_a_new_version(world, import_ocpi):
    for price in (0.35, 0.39, 0.35):
        import_ocpi("tariffs", tariff(price=price))
    assert prices() == [Decimal("0.35"), Decimal("0.39"), Decimal("0.35")]


def test_the_name_that_staff_gave_stays(world, import_ocpi):
    report = import_ocpi("tariffs", tariff("STANDARD", price=0.39))
    world.standard.refresh_from_db()
    assert (report.updated, world.standard.name) == (1, "Standard")


def test_another_provider_may_have_a_tariff_of_the_same_id(world, import_ocpi):
    report = import_ocpi("tariffs", tariff("FJORDPRICE", price=0.10))
    assert counts(report) == (1, 0, 0, 0)
    assert world.foreign.versions.count() == 1


@for_each(
    ("given", "column", "says"),
    [
        ({"id": None}, "id", "is absent"),
        ({"id": "x" * 37}, "id", "longer than 36 characters"),
        ({"currency": "EURO"}, "currency", "is not a currency"),
        ({"elements": []}, "elements", "is empty"),
        ({"type": "CHEAP"}, "type", "'CHEAP' is unknown"),
        ({"start_date_time": "tomorrow"}, "start_date_time", "“tomorrow” is no time"),
        ({"start_date_time": "0001-01-01T00:00:00+14:00"}, "start_date_time", "is no time"),
        ({"end_date_time": "1969-01-01T00:00:00Z"}, "end_date_time", "is not after start_date_time"),
        ({"tariff_alt_url": "not a page"}, "tariff_alt_url", "is no web address"),
        ({"tariff_alt_text": [{"language": "dutch", "text": "x"}]}, "tariff_alt_text[0].language", "longer than 2"),
        ({"tariff_alt_text": "cheap"}, "tariff_alt_text", "is not a list"),
        ({"min_price": {"excl_vat": 100_000_000}}, "min_price.excl_vat", "is more than 99,999,999"),
    ],
)
def test_a_tariff_that_makes_no_sense_is_refused_and_the_others_can_be_taken(world, import_ocpi, given, column, says):
    report = import_ocpi("tariffs", tariff("T1") | given, tariff("T2"), skip_bad=True)
    assert (report.status, counts(report)) == (0, (1, 0, 0, 1))
    assert says in next(each["message"] for each in report.errors if each["column"] == column)
    assert set(Tariff.objects.filter(provider=world.greengrid).values_list("code", flat=True)) == {
        "STANDARD",
        "CHEAP",
        "T2",
    }


@pytest.mark.parametrize("price", [-0.1, "1,5", None, 0.12345, 10**8])
def test_a_price_that_can_not_be_kept_exactly_is_refused(world, import_ocpi, price):
    report = import_ocpi("tariffs", tariff("T1", price=price))
    assert (report.status, report.invalid, report.written) == (1, 1, False)
    assert "elements[0]" in report.errors[0]["column"]
    assert not Tariff.objects.filter(code="T1").exists()


def test_an_id_that_occurs_twice_is_refused_the_second_time(world, import_ocpi):
    report = import_ocpi("tariffs", tariff("T1", price=0.35), tariff("T1", price=0.39), skip_bad=True)
    assert (counts(report), prices()) == ((1, 0, 0, 1), [Decimal("0.35")])


def test_the_currency_of_a_tariff_stays(world, import_ocpi):
    report = import_ocpi("tariffs", tariff("STANDARD", currency="SEK"))
    assert (report.status, report.errors[0]["column"]) == (1, "currency")
    assert world.standard.versions.count() == 1


def test_a_tariff_is_not_ended_in_the_past(world, import_ocpi):
    import_ocpi("tariffs", tariff("T1"))
    report = import_ocpi("tariffs", tariff("T1", end_date_time="2026-01-01T00:00:00Z"))
    assert (report.status, report.errors[0]["column"]) == (1, "end_date_time")
    assert TariffVersion.objects.filter(tariff__code="T1").count() == 1


def test_many_bad_rows_are_counted_and_a_thousand_listed(world, import_ocpi):
    report = import_ocpi("tariffs", *(tariff(f"T{number}", price=-1) for number in range(1_005)))
    assert (report.invalid, len(report.errors)) == (1_005, 1_000)


def test_only_the_rows_that_the_database_refuses_are_refused(world):
    """Halving finds the one among many that breaks a constraint, and the others are written."""
    from evcnet.importexport.report import Report, write_rows

    rows = [make.TariffFactory.build(provider=world.greengrid, code=code) for code in ("A", "STANDARD", "B", "C")]
    for row in rows:
        row.id = None
    named = [type("Row", (), {"id": row.code, "tariff": row})() for row in rows]
    report = Report("tariffs")
    kept = write_rows(named, lambda some: Tariff.objects.bulk_create([each.tariff for each in some]), report)
    assert [each.id for each in kept] == ["A", "B", "C"]
    assert [(each.row, each.message) for each in report.errors] == [("STANDARD", "Another tariff has this code.")]
