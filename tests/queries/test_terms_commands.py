"""The commands preview_terms and change_terms: what they print, and what they write."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from changes.models import Change
from chargegroups.models import Terms
from customers.models import Customer
from tests import factories as make

pytestmark = pytest.mark.django_db
WHERE = ("--charge-group", "CG-LEUSDEN", "--provider", "GRG", "--json")


def run(command, *args):
    out = StringIO()
    call_command(command, *WHERE, *args, stdout=out, stderr=StringIO())
    return json.loads(out.getvalue())


def printed_then_failed(command, *args):
    out = StringIO()
    with pytest.raises(CommandError) as failure:
        call_command(command, *WHERE, *args, stdout=out, stderr=StringIO())
    return failure.value.returncode, out.getvalue(), str(failure.value)


def test_a_preview_prints_counts_and_a_fingerprint_and_writes_nothing(world):
    told = run("preview_terms", "--set", "tariff=CHEAP")
    assert list(told) == ["charge_group", "at", "counts", "regulars", "points", "fingerprint", "warnings"]
    assert told["counts"] == {
        "loses_access": 0,
        "gains_access": 0,
        "pays_more": 0,
        "pays_less": 1,
        "differs": 0,
        "renamed": 0,
        "unchanged": 1,
    }
    assert Terms.objects.filter(charge_group=world.leusden).count() == 1


def test_a_change_with_the_previews_fingerprint_is_applied(world):
    shown = run("preview_terms", "--set", "tariff=CHEAP", "--set", "roaming=true")
    done = run("change_terms", "--set", "tariff=CHEAP", "--set", "roaming=true", "--confirm", shown["fingerprint"])
    assert done["applied"] is True
    assert Change.objects.get().pk == done["change"]


def test_a_fingerprint_that_no_longer_fits_prints_the_new_preview_and_exits_3(world):
    shown = run("preview_terms", "--set", "tariff=CHEAP")
    make.CustomerFactory(user_group=world.north)
    status, out, _ = printed_then_failed("change_terms", "--set", "tariff=CHEAP", "--confirm", shown["fingerprint"])
    assert status == 3
    assert json.loads(out)["counts"]["pays_less"] == 2
    assert not Change.objects.exists()


def test_terms_that_hold_already_are_told_and_not_written(world):
    told = run("change_terms", "--set", "tariff=STANDARD", "--confirm", "whatever")
    assert (told["applied"], told["change"], told["counts"]["unchanged"]) == (False, None, 2)
    assert not Change.objects.exists()


def test_odd_prices_are_among_the_warnings(world):
    fine = make.TariffFactory(provider=world.greengrid, code="FINE", per_kwh="0.3333")
    shown = run("preview_terms", "--set", f"tariff={fine.code}")
    assert "decimals" in " ".join(shown["warnings"])
    done = run("change_terms", "--set", f"tariff={fine.code}", "--confirm", shown["fingerprint"])
    assert done["warnings"] == shown["warnings"]


def test_a_free_tariff_for_everyone_is_among_the_warnings(world):
    free = make.TariffFactory(provider=world.greengrid, code="FREE", per_kwh="0")
    assert "free" in " ".join(run("preview_terms", "--set", f"tariff={free.code}")["warnings"]).lower()


def test_a_switch_is_true_or_false_in_any_letter_case(world):
    assert run("preview_terms", "--set", "own_user_group=FALSE")["counts"]["loses_access"] == 1


def test_an_empty_value_empties_a_slot(world):
    make.TermsFactory(
        charge_group=world.leusden,
        tariff=world.standard,
        own_user_group=True,
        prepaid_tariff=world.cheap,
        valid_from=make.LONG_AGO.replace(year=2021),
    )
    Customer.objects.filter(pk=world.jansen.pk).update(payment="prepaid")
    assert run("preview_terms", "--set", "prepaid_tariff=")["counts"]["pays_more"] == 1


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--set", "tariff=FJORDPRICE"), "no tariff FJORDPRICE"),
        (("--set", "tariff="), "Every charge group has a tariff"),
        (("--set", "roaming=perhaps"), "roaming=true"),
        (("--set", "colour=red"), "one of the keys"),
        (("--set", "tariff"), "KEY=VALUE"),
        (("--set", "tariff=CHEAP", "--set", "tariff=STANDARD"), "given twice"),
        (("--set", "tariff=CHEAP", "--at", "2020-01-01T00:00"), "passed"),
        (("--set", "tariff=CHEAP", "--at", "soon"), "ISO 8601"),
    ],
)
def test_what_makes_no_sense_exits_2_and_says_why(world, args, said):
    status, out, text = printed_then_failed("preview_terms", *args)
    assert (status, out) == (2, "")
    assert said in text


def test_a_code_of_another_provider_is_no_code(world):
    with pytest.raises(CommandError, match="no charge group CG-OSLO") as refusal:
        call_command("preview_terms", "--charge-group", "CG-OSLO", "--provider", "GRG", "--set", "roaming=true")
    assert refusal.value.returncode == 2


def test_with_several_providers_one_has_to_be_named(world):
    with pytest.raises(CommandError, match="--provider") as refusal:
        call_command("preview_terms", "--charge-group", "CG-LEUSDEN", "--set", "roaming=true")
    assert refusal.value.returncode == 2


def test_a_guard_rule_of_the_database_is_a_refusal_in_words(world):
    abroad = make.LocationFactory(provider=world.greengrid, country="BE")
    world.market.location = abroad
    world.market.save()
    status, _, text = printed_then_failed("preview_terms", "--set", "social_charging=true")
    assert status == 2
    assert "Netherlands: place them there, or" in text
    assert not Change.objects.exists()
