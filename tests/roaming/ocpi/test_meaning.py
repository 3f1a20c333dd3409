"""Of the demo: what a partner is served is what its tokens are told, point by point, in access and in price."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.utils import timezone

from chargepoints.authorization import authorize
from chargepoints.models import ChargePoint
from evcnet.codes import uid_key
from roaming.models import Partner, PartnerToken
from roaming.ocpi.partner_view import PartnerView
from tariffs.ocpi.families import TariffCodes

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(tmp_path, monkeypatch):
    monkeypatch.setenv("EVCNET_VAR", str(tmp_path))
    call_command("demo")


def a_token_of(partner):
    """A valid one that nobody else vouches for."""
    taken = {uid_key(each) for each in PartnerToken.objects.exclude(partner=partner).values_list("uid", flat=True)}
    rows = PartnerToken.objects.filter(partner=partner, valid=True).order_by("pk")
    return next((each for each in rows if uid_key(each.uid) not in taken), None)


def test_the_tariff_of_every_connector_is_the_one_that_the_explainer_names(demo):
    now, compared, partners = timezone.now(), 0, 0
    for partner in Partner.objects.select_related("provider"):
        token = a_token_of(partner)
        if token is None:
            continue
        partners += 1
        view = PartnerView(partner, "2.2.1")
        served = view.write_locations(list(view.locations()))
        tariffs = {each["id"] for each in view.export_tariffs().objects}
        codes = TariffCodes(tariffs)
        evses = {each["uid"]: each for location in served for each in location["evses"]}
        for point in ChargePoint.objects.filter(provider=partner.provider, status="active").select_related("location"):
            answer = authorize(token.uid, point.identity, now)
            evse = evses.get(point.evse_uid)
            if evse is None:
                assert not (answer.verdict == "ALLOWED" and point.location.published and point.connectors.exists())
                continue
            assert (answer.verdict, answer.reason) == ("ALLOWED", "roaming_partner"), point
            for connector in evse["connectors"]:
                assert {codes.code_of(each) for each in connector["tariff_ids"]} == {answer.decision.tariff.code}
                assert set(connector["tariff_ids"]) <= tariffs
                compared += 1
    assert partners >= 2 and compared > 200
