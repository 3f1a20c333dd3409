"""The one field that names a tariff: name and price as stated, those in use first, the same in every form."""

import re
from decimal import Decimal
from html import unescape

import pytest
from django.urls import reverse

from changes.models import Draft
from chargegroups.models import CustomerException
from tariffs.forms import tariff_picker
from tariffs.models import TariffElement
from tariffs.writes import add_version
from tests import factories as make
from tests.portal.sent import preview_of

pytestmark = pytest.mark.django_db
LIST = "/chargegroups/chargegroup/"
USED = ["Standard (STANDARD): 0.35 EUR/kWh, VAT not stated"]
UNUSED = ["Alpha (ALPHA): 0.50 EUR/kWh, incl. 21% VAT", "Cheap (CHEAP): 0.20 EUR/kWh, VAT not stated"]


@pytest.fixture
def world(world):
    """As ever, and a tariff that is stated including VAT and that nobody uses."""
    alpha = make.TariffFactory(provider=world.greengrid, code="ALPHA", name="Alpha", per_kwh=None)
    element = TariffElement(energy_price=Decimal("0.50"), energy_vat=Decimal(21))
    add_version(alpha, [element], tax_included=True)
    return world


def offered(response, name="tariff"):
    """Headings and words of the field, in their order."""
    assert response.status_code == 200
    field = re.search(rf'<select name="{name}".*?</select>', response.content.decode(), re.DOTALL)
    return [unescape(" ".join(each.split())) for each in re.findall(r'<optgroup label="(.*?)"|<option.*?>(.*?)</option>', field[0], re.DOTALL) for each in each if each]  # fmt: skip


def forms(world, browser):
    """Answers of each form in which a tariff is named."""
    group = world.leusden.pk
    yield browser.get(reverse("admin:chargegroups_chargegroup_add"))
    yield browser.get(reverse("admin:chargegroups_chargegroup_terms", args=[group]))
    many = {"action": "terms-of-many", "index": "0", "_selected_action": [group, world.other.pk]}
    yield browser.post(LIST, many)
    customers = reverse("admin:chargegroups_chargegroup_customers", args=[group])
    yield browser.get(f"{customers}?access=all&edit={world.jansen.pk}")
    yield browser.post(reverse("admin:chargegroups_chargegroup_exceptions", args=[group]), {"customer": world.jansen.pk})  # fmt: skip


def test_every_form_offers_the_same_with_prices_and_those_in_use_first(world, signed_in):
    world.other = make.ChargeGroupFactory(user_group=world.north, terms={"tariff": world.standard})
    for answer in forms(world, signed_in(world.anna)):
        assert offered(answer)[-5:] == ["In use", *USED, "Not in use", *UNUSED], answer.request["PATH_INFO"]


def test_what_charge_groups_out_of_sight_use_is_no_use(world, signed_in):
    """Carla runs North: that South uses what is offered to North is none of hers to read."""
    make.ChargeGroupFactory(user_group=world.south, terms={"tariff": world.cheap})
    world.cheap.offers.create(provider=world.greengrid, user_group=world.north)
    terms = reverse("admin:chargegroups_chargegroup_terms", args=[world.leusden.pk])
    assert offered(signed_in(world.anna).get(terms))[:3] == ["In use", UNUSED[1], *USED]
    assert offered(signed_in(world.carla).get(terms))[-4:] == ["In use", *USED, "Not in use", UNUSED[1]]


def test_where_there_are_more_the_rest_is_found_by_typing_in_the_same_words(world, signed_in, monkeypatch):
    monkeypatch.setattr(tariff_picker, "LISTED", 1)
    anna, otto = signed_in(world.anna), signed_in(world.otto)
    page = anna.get(reverse("admin:chargegroups_chargegroup_terms", args=[world.leusden.pk]))
    assert offered(page) == ["In use", *USED]
    (address,) = set(re.findall(r'data-ajax--url="(.*?)"', page.content.decode()))
    asked = {"app_label": "chargegroups", "model_name": "terms", "field_name": "tariff", "term": ""}
    found = anna.get(address, asked | {"by": "code"}).json()["results"]
    assert [(each["id"], each["text"]) for each in found] == [
        ("STANDARD", USED[0]), ("ALPHA", UNUSED[0]), ("CHEAP", UNUSED[1]),
    ]  # fmt: skip
    assert [each["id"] for each in otto.get(address, asked).json()["results"]] == [str(world.foreign.pk)]
    terms = {"tariff": "CHEAP", "own_user_group": "on", "step": "edit"}
    again = anna.post(reverse("admin:chargegroups_chargegroup_terms", args=[world.leusden.pk]), terms)
    assert UNUSED[1] in offered(again)


def test_many_tariffs_are_found_by_their_code(world, signed_in, monkeypatch):
    """Without a script: what is typed beside the drop-down counts, in forms of codes and of ids, and reaches as far."""
    monkeypatch.setattr(tariff_picker, "LISTED", 1)
    anna = signed_in(world.anna)
    terms = reverse("admin:chargegroups_chargegroup_terms", args=[world.leusden.pk])
    assert preview_of(anna, terms, **{"tariff-by-code": " CHEAP "}).context["counts"]["pays_less"] == 1
    exception = reverse("admin:chargegroups_chargegroup_customers", args=[world.leusden.pk])
    exception += f"?access=all&edit={world.jansen.pk}"
    assert 'name="tariff-by-code"' in anna.get(exception).content.decode()
    assert "0.20 EUR/kWh" in anna.post(exception, {"access": "policy", "tariff-by-code": "CHEAP"}).content.decode()
    for code in ("NOWHERE", world.foreign.code, str(world.cheap.pk), "\0"):
        typed = {"tariff-by-code": code}
        for again in (preview_of(anna, terms, **typed), anna.post(exception, {"access": "policy"} | typed)):
            assert "There is no such tariff here" in again.content.decode(), code
            assert UNUSED[1] not in offered(again), code
    assert Draft.objects.count() == 1 and not CustomerException.objects.exists()
