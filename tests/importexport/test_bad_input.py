"""Bad files: refused with row, column and remedy, by command and on the page alike; nothing is written."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.urls import reverse
from django.utils.html import escape

from chargegroups.models import ChargeGroup, CustomerException
from chargepoints.models import ChargePoint, Location
from evcnet.importexport import forms
from evcnet.importexport.registry import RESOURCES, resource_named
from tests import factories as make
from tests.importexport.bad_files import FILES, Bad
from tests.tables import for_each

pytestmark = pytest.mark.django_db
PAGES = {
    "customers": ("customers_customer", "0"),
    "charge_cards": ("customers_chargecard", "0"),
    "customers_with_cards": ("customers_customer", "1"),
    "tariffs": ("tariffs_tariff", "0"),
    "charge_groups": ("chargegroups_chargegroup", "0"),
    "exceptions": ("chargegroups_chargegroup", "1"),
    "locations": ("chargepoints_location", "0"),
    "charge_points": ("chargepoints_chargepoint", "0"),
}
"""The page that takes each kind, and which of its choices that is."""


def by_command(bad: Bad, world, take, **others) -> None:
    answer = take(bad.kind, bad.data)
    assert answer.status == (2 if bad.whole_file else 1)
    assert (bad.row, bad.column) in answer.errors
    assert any(remedy in answer.messages for remedy in bad.remedy.split("|"))
    assert "Traceback" not in answer.messages + answer.told
    assert not answer.said["written"]


def on_the_page(bad: Bad, world, signed_in, tmp_path, **others) -> None:
    browser, page = signed_in(world.anna), PAGES[bad.kind][0]
    file = SimpleUploadedFile("rows.csv", bad.data)
    with override_settings(MEDIA_ROOT=tmp_path):
        shown = browser.post(
            reverse(f"admin:{page}_import"), {"import_file": file, "resource": PAGES[bad.kind][1], "provider": ""}
        )
        if shown.status_code == 302:
            return columns_are_asked(bad, browser, shown["Location"])
        text = shown.content.decode()
        assert shown.status_code == 200
        assert any(escape(remedy) in text for remedy in bad.remedy.split("|"))
        assert "Traceback" not in text
        outcome = shown.context.get("result")
        if bad.whole_file:
            assert outcome is None
            assert not bad.data or f"Row {bad.row}" in text
            return
        assert (bad.row, bad.column) in [(each.row, each.column) for each in outcome.errors]
        confirmed = browser.post(reverse(f"admin:{page}_process_import"), shown.context["hidden"])
        assert confirmed.status_code == 200
        assert "Nothing is written while there are errors" in confirmed.content.decode()


def columns_are_asked(bad: Bad, browser, address: str) -> None:
    """A header that doesn't fit is no error yet: the page asks what each column is. Taken as it stands, it is refused."""
    columns = browser.get(address)
    assert (columns.status_code, bad.row) == (200, 1)
    form = columns.context["form"]
    preview = browser.post(address, {name: value for name, value in form.initial.items() if value})
    outcome = preview.context.get("result")
    assert outcome is None or not outcome.written


WAYS = {"command": by_command, "page": on_the_page}


def everything() -> dict[str, int]:
    return {kind: resource_named(kind)._meta.model.objects.count() for kind in RESOURCES}


@pytest.mark.parametrize("way", WAYS)
@for_each("bad", FILES)
def test_a_bad_file_is_refused_with_row_column_and_remedy(way, bad, world, take, signed_in, tmp_path):
    before = everything()
    WAYS[way](bad, world=world, take=take, signed_in=signed_in, tmp_path=tmp_path)
    assert everything() == before


def test_the_table_is_whole():
    assert len({bad.what for bad in FILES}) == len(FILES) == 95


# What only a page refuses


@pytest.mark.parametrize(
    ("data", "remedy"),
    [
        (bytes(2 * forms.MEGABYTE), "larger than 1 MB: split it"),
        (None, "Choose a file first"),
    ],
    ids=["too large", "no file"],
)
def test_a_page_takes_files_up_to_a_size(world, signed_in, tmp_path, monkeypatch, data, remedy):
    monkeypatch.setattr(forms, "UPLOAD_MOST", forms.MEGABYTE)
    said = {"resource": ""} | ({} if data is None else {"import_file": SimpleUploadedFile("rows.csv", data)})
    with override_settings(MEDIA_ROOT=tmp_path):
        shown = signed_in(world.anna).post(reverse("admin:customers_customer_import"), said)
    assert remedy in shown.content.decode()
    assert not list(tmp_path.glob("imports/*/*"))


# Rules over several tables


GROUPS = "user_group,code,name,type"


@pytest.fixture
def home(world):
    return make.ChargeGroupFactory(user_group=world.north, code="HOME", type="home", terms={"tariff": world.standard})


@pytest.fixture
def social(world):
    """Leusden's neighbours queue; so all of their charge points are in the Netherlands."""
    terms = {"tariff": world.standard, "social_charging": True}
    group = make.ChargeGroupFactory(user_group=world.north, code="SOCIAL", terms=terms)
    make.ChargePointFactory(charge_group=group, location=make.LocationFactory(provider=world.greengrid, code="NEAR"))
    make.LocationFactory(provider=world.greengrid, code="KLEVE", country="DE")
    return group


def test_a_home_charger_at_a_published_location_is_refused_at_the_location(world, home, take):
    make.LocationFactory(provider=world.greengrid, code="SHOWN", published=True)
    answer = take("charge_points", "identity,location,charge_group", "CP1,SHOWN,HOME")
    assert (answer.status, answer.errors) == (1, [(2, "location")])
    assert "unpublish the location" in answer.messages
    assert not ChargePoint.objects.filter(identity="CP1").exists()


def test_a_group_that_roams_is_not_made_a_home_group(world, take):
    make.ChargeGroupFactory(
        user_group=world.north, code="ROAMS", type="other", terms={"tariff": world.standard, "roaming": True}
    )
    answer = take("charge_groups", GROUPS, "NORTH,ROAMS,Roams,home")
    assert (answer.status, answer.errors) == (1, [(2, "type")])
    assert "choose type Other" in answer.messages
    assert ChargeGroup.objects.get(code="ROAMS").type == "other"


def test_a_group_with_a_published_location_is_not_made_a_home_group(world, take):
    Location.objects.filter(pk=world.market.location_id).update(published=True)
    answer = take("charge_groups", GROUPS, "NORTH,CG-LEUSDEN,Leusden centre,home")
    assert (answer.status, answer.errors) == (1, [(2, "type")])
    assert "unpublish the location" in answer.messages
    assert ChargeGroup.objects.get(code="CG-LEUSDEN").type == "other"


def test_a_charge_point_abroad_is_kept_out_of_a_group_with_social_charging(world, social, take):
    answer = take("charge_points", "identity,location,charge_group", "CP1,KLEVE,SOCIAL")
    assert (answer.status, answer.errors) == (1, [(2, "location")])
    assert "place them there" in answer.messages
    assert not ChargePoint.objects.filter(identity="CP1").exists()


def test_a_location_with_social_charging_does_not_move_abroad(world, social, take):
    answer = take("locations", "code,name,country", "NEAR,Near,DE")
    assert (answer.status, answer.errors) == (1, [(2, "country")])
    assert "social charging off" in answer.messages
    assert Location.objects.get(code="NEAR").country.code == "NL"


def test_an_exception_in_another_currency_says_which_to_choose(world, take):
    make.TariffFactory(provider=world.greengrid, code="KRONE", currency="NOK")
    answer = take("exceptions", "charge_group,customer,tariff", "CG-LEUSDEN,1002,KRONE")
    assert (answer.status, answer.errors) == (1, [(2, "tariff")])
    assert "choose a tariff in the currency" in answer.messages
    assert not CustomerException.objects.exists()


def test_a_currency_that_there_is_not_is_refused_at_the_provider(world, take):
    answer = take("providers", "code,name,country_code,party_id,currency", "NEW,New,NL,NEW,XYZ", provider=None)
    assert (answer.status, answer.errors) == (1, [(2, "currency")])
    assert "such as EUR" in answer.messages
