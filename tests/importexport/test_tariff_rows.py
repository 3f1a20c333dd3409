"""The columns of tariffs: a row is one version with one element."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tariffs import writes as tariff_writes
from tariffs.models import Tariff, TariffElement, TariffVersion

pytestmark = pytest.mark.django_db
LATER = "2100-01-01T00:00:00Z"


def test_a_row_is_a_version_with_one_element(world, take):
    answer = take(
        "tariffs",
        "code,name,valid_from,energy_per_kwh,flat_fee,vat_percent,min_price",
        "NIGHT,Night,2026-01-01,0.25,0.5,21,1",
    )
    assert answer.counts == (1, 0, 0, 0)
    version = TariffVersion.objects.get(tariff__code="NIGHT")
    element = version.elements.get()
    assert (version.tariff.currency, version.min_price_excl, element.energy_vat) == ("EUR", 1, 21)
    assert (element.energy_price, element.flat_price, element.time_price) == (Decimal("0.25"), Decimal("0.5"), None)


def test_a_limit_may_be_given_with_its_vat(world, take):
    header = "code,name,valid_from,energy_per_kwh,vat_percent,min_price,min_price_incl,max_price,max_price_incl"
    answer = take("tariffs", header, "NIGHT,Night,2026-01-01,0.25,21,1,1.21,30,")
    assert answer.counts == (1, 0, 0, 0)
    version = TariffVersion.objects.get(tariff__code="NIGHT")
    assert (version.min_price_excl, version.min_price_incl) == (1, Decimal("1.21"))
    assert (version.max_price_excl, version.max_price_incl) == (30, None)
    assert take("tariffs", header, "NIGHT,Night,2026-01-01,0.25,21,1,1.21,30,").counts == (0, 0, 1, 0)


def test_a_row_with_numbers_that_were_hardly_meant_is_told_of(world, take, capsys):
    header = "code,name,valid_from,energy_per_kwh,vat_percent"
    take(
        "tariffs", header, "NIGHT,Night,2026-01-01,25,0.21", "DAY,Day,2026-01-01,3.5,21", "NOON,Noon,2026-01-01,0.39,21"
    )
    remarks = capsys.readouterr().err
    assert "Row 2: 25.00 EUR per kWh" in remarks and "Row 2: VAT of 0.21 %" in remarks
    assert (
        "Row 3: 3.50 EUR per kWh is 10 times the median of 0.275 or more. Check the decimal sign: write 0.35 "
        in remarks
        and "Row 4" not in remarks
    )


def test_a_row_without_the_vat_of_the_version_before_is_told_of(world, take, capsys):
    header = "code,name,valid_from,energy_per_kwh,vat_percent"
    take("tariffs", header, "NIGHT,Night,2026-03-01,0.27,0", "NIGHT,Night,2026-01-01,0.25,21")
    assert "Row 2: The prices before have VAT" in capsys.readouterr().err
    take("tariffs", header, "NIGHT,Night,2026-04-01,0.28,21", "NIGHT,Night,2026-05-01,0.29,21")
    assert "have VAT" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("limits", "column", "words"),
    [
        (",1.21,,", "min_price", "Give the limit without VAT as well"),
        ("1.21,1,,", "min_price_incl", "less than the one without"),
        ("9,,3,", "min_price", "The minimum is more than the maximum"),
        ("1,9,2,8", "min_price_incl", "The minimum is more than the maximum"),
    ],
)
def test_limits_that_make_no_sense_are_refused(world, take, limits, column, words):
    header = "code,name,valid_from,energy_per_kwh,min_price,min_price_incl,max_price,max_price_incl"
    answer = take("tariffs", header, f"NIGHT,Night,2026-01-01,0.25,{limits}")
    assert (answer.status, answer.errors) == (1, [(2, column)]) and words in answer.messages
    assert not TariffVersion.objects.filter(tariff__code="NIGHT").exists()


def test_a_version_in_force_stays_as_it_is(world, take):
    answer = take("tariffs", "code,name,valid_from,energy_per_kwh", "STANDARD,Standard,2020-01-01T00:00Z,0.36")
    assert (answer.status, answer.errors) == (1, [(2, "energy_per_kwh")])
    assert "later valid_from" in answer.messages
    assert TariffElement.objects.get(version__tariff=world.standard).energy_price == Decimal("0.35")


def test_the_name_of_a_tariff_in_force_may_change(world, take):
    answer = take("tariffs", "code,name,valid_from,energy_per_kwh", "STANDARD,Street,2020-01-01T00:00Z,0.35")
    assert answer.counts == (0, 1, 0, 0)
    world.standard.refresh_from_db()
    assert world.standard.name == "Street"


def test_a_version_that_is_not_in_force_yet_may_change(world, take):
    take("tariffs", "code,name,valid_from,energy_per_kwh", f"STANDARD,Standard,{LATER},0.40")
    answer = take("tariffs", "code,name,valid_from,energy_per_kwh,flat_fee", f"STANDARD,Standard,{LATER},0.41,0.5")
    assert answer.counts == (0, 1, 0, 0)
    element = TariffElement.objects.get(version__tariff=world.standard, version__valid_from=LATER)
    assert (element.energy_price, element.flat_price) == (Decimal("0.41"), Decimal("0.5"))


def test_a_new_version_in_the_past_of_a_tariff_in_use_is_refused(world, take):
    answer = take("tariffs", "code,name,valid_from,energy_per_kwh", "STANDARD,Standard,2021-01-01,0.40")
    assert (answer.status, answer.errors) == (1, [(2, "valid_from")])
    assert world.standard.versions.count() == 1


@pytest.mark.parametrize(
    ("prices", "column"),
    [
        (",,", "energy_per_kwh"),
        ("0,,", "energy_per_kwh"),
        ("0,0,", "energy_per_kwh"),
        (",0,0", "time_per_hour"),
        ("0.12345,,", "energy_per_kwh"),
        ("-1,,", "energy_per_kwh"),
        ("1e3,,", "energy_per_kwh"),
    ],
)
def test_prices_that_make_no_sense_are_refused(world, take, prices, column):
    answer = take(
        "tariffs", "code,name,valid_from,energy_per_kwh,flat_fee,time_per_hour", f"ODD,Odd,2026-01-01,{prices}"
    )
    assert (answer.status, answer.errors) == (1, [(2, column)])
    assert not Tariff.objects.filter(code="ODD").exists()


def test_free_of_charge_is_a_flat_fee_of_zero_alone(world, take):
    assert take("tariffs", "code,name,valid_from,flat_fee", "FREE,Free,2026-01-01,0").status == 0
    assert TariffElement.objects.get(version__tariff__code="FREE").flat_price == 0


def test_rows_of_one_tariff_say_the_same_name_and_currency(world, take):
    header = "code,name,valid_from,currency,energy_per_kwh"
    answer = take("tariffs", header, "NIGHT,Night,2026-01-01,EUR,0.2", "NIGHT,Nacht,2026-02-01,EUR,0.3")
    assert answer.errors == [(3, "name")]
    assert not Tariff.objects.filter(code="NIGHT").exists()


def test_the_currency_of_a_tariff_with_versions_stays(world, take):
    answer = take("tariffs", "code,name,valid_from,currency,energy_per_kwh", f"STANDARD,Standard,{LATER},NOK,4")
    assert answer.errors == [(2, "currency")]
    assert world.standard.versions.count() == 1


def test_a_stored_version_that_no_row_can_hold_is_not_overwritten(world, take):
    elements = [TariffElement(energy_price=1, max_kwh=10), TariffElement(energy_price=2)]
    tariff_writes.add_version(world.cheap, elements, valid_from=datetime(2100, 1, 1, tzinfo=UTC))
    answer = take("tariffs", "code,name,valid_from,energy_per_kwh", f"CHEAP,Cheap,{LATER},0.40")
    assert (answer.status, answer.errors) == (1, [(2, "valid_from")])
    assert TariffElement.objects.filter(version__valid_from=LATER).count() == 2
