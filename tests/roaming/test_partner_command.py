"""The command `partner`: adds, lists, gives new tokens, ends."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from chargepoints.authorization import authorize
from customers.models.api_keys import digest
from roaming.models import Agreement, Partner, PartnerConnection
from tests import factories as make

pytestmark = pytest.mark.django_db


def partner(action, **options):
    output = StringIO()
    call_command("partner", action, provider="GRG", json=True, stdout=output, **options)
    return json.loads(output.getvalue())


def refused(action, **options):
    with pytest.raises(CommandError) as error:
        partner(action, **options)
    assert error.value.returncode == 2
    return str(error.value)


CHARGEALL = {"country": "de", "party": "cha"}


def test_a_partner_is_added_with_an_agreement_from_now_on_and_its_token_is_shown(roaming):
    answer = partner("add", country="be", party="new", name="Neu & Nieuw")
    row = Partner.objects.get(name="Neu & Nieuw")
    assert (answer["partner"], row.code, row.role, row.provider) == ("BE-NEW", "BE-NEW", "EMSP", roaming.greengrid)
    assert PartnerConnection.objects.get(partner=row).token_hash == digest(answer["token"])
    make.PartnerTokenFactory(partner=row, uid="04FEED01")
    now = timezone.now()
    assert authorize("04FEED01", roaming.market.identity, now).reason == "roaming_partner"
    assert authorize("04FEED01", roaming.market.identity, now - timedelta(hours=1)).reason == "card_unknown"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (CHARGEALL | {"name": "Again"}, "this country and party id"),
        ({"country": "NL", "party": "ABC"}, "--name"),
        ({"country": "NL", "name": "Half"}, "--party"),
        ({"country": "NL", "party": "TOOLONG", "name": "Long"}, "party id"),
        ({"country": "QQ", "party": "ABC", "name": "Nowhere"}, "QQ"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(roaming, options, words):
    before = Partner.objects.count(), Agreement.objects.count()
    assert words in refused("add", **options)
    assert (Partner.objects.count(), Agreement.objects.count()) == before
    assert not PartnerConnection.objects.exists()


def test_a_new_token_takes_the_place_of_the_former(roaming):
    first = partner("token", **CHARGEALL)["token"]
    second = partner("token", **CHARGEALL)["token"]
    assert first != second
    assert PartnerConnection.objects.get().token_hash == digest(second)


def test_an_ended_partner_s_customers_charge_no_more(roaming):
    make.PartnerTokenFactory(partner=roaming.chargeall, uid="04FEED01")
    partner("token", **CHARGEALL)
    assert partner("end", **CHARGEALL) == {"partner": "DE-CHA", "ended": True}
    assert authorize("04FEED01", roaming.market.identity, timezone.now()).reason == "card_unknown"
    assert PartnerConnection.objects.get().token_hash is None
    assert Agreement.objects.get(partner=roaming.chargeall).valid_until <= timezone.now()


def test_a_partner_that_has_ended_comes_back_as_it_was_with_a_new_agreement_and_token(roaming):
    make.PartnerTokenFactory(partner=roaming.chargeall, uid="04FEED01")
    before = partner("token", **CHARGEALL)["token"]
    partner("end", **CHARGEALL)
    token = partner("add", **CHARGEALL, name="ChargeAll SE")["token"]
    row = Partner.objects.get(party_id="CHA")
    assert (row.pk, row.name) == (roaming.chargeall.pk, "ChargeAll SE")
    assert PartnerConnection.objects.get(partner=row).token_hash == digest(token) != digest(before)
    assert authorize("04FEED01", roaming.market.identity, timezone.now()).reason == "roaming_partner"
    ended, current = Agreement.objects.filter(partner=row).order_by("valid_from")
    assert ended.valid_until <= current.valid_from and (current.valid_until, current.tariff) == (None, None)


def test_what_was_agreed_for_later_goes_with_the_partner(roaming):
    soon = timezone.now() + timedelta(days=1)
    Agreement.objects.filter(partner=roaming.chargeall).update(valid_until=soon)
    make.AgreementFactory(partner=roaming.chargeall, valid_from=soon)
    partner("end", **CHARGEALL)
    assert not Agreement.objects.filter(partner=roaming.chargeall, valid_from__gte=soon).exists()


def test_the_list_says_what_was_agreed_and_how_many_tokens_there_are(roaming):
    make.PartnerTokenFactory.create_batch(2, partner=roaming.chargeall)
    partner("token", **CHARGEALL)
    make.PartnerFactory(provider=roaming.greengrid, country_code="NL", party_id="ODD", name="Odd", agreed=False)
    first, second, third = partner("list")["partners"]
    assert (first["partner"], first["tariff"], first["tokens"], first["connection"]) == (
        "DE-CHA",
        "AGREED",
        2,
        "invited",
    )
    assert (second["partner"], second["tariff"], second["connection"]) == ("FR-WAT", None, None)
    assert third["agreement_from"] is None
    output = StringIO()
    call_command("partner", "list", provider="GRG", stdout=output)
    assert "DE-CHA  ChargeAll: an agreement since 2020" in output.getvalue()


def test_another_providers_partner_is_not_found(roaming):
    make.PartnerFactory(provider=roaming.bluevolt, country_code="NO", party_id="FJO")
    assert "no partner NO-FJO" in refused("end", country="NO", party="FJO")
    assert "no partner NO-FJO" in refused("token", country="NO", party="FJO")
    assert Agreement.objects.in_force(timezone.now()).filter(partner__party_id="FJO").exists()
