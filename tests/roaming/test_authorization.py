"""Tokens of partners held to a reader: line 15 of the access rules and what stands around it, now and in the past."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from chargepoints import decision_log
from chargepoints.authorization import authorize, authorize_at, authorize_past
from chargepoints.models import DecisionEntry, Session
from chargepoints.session_recorder import Recorder
from customers.models import ApiKey
from roaming.models import Agreement, PartnerToken
from tests import factories as make

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
UID = "04FEED01"


@pytest.fixture
def token(roaming):
    return make.PartnerTokenFactory(partner=roaming.chargeall, uid=UID)


def asked(world, uid=UID, at=None, point=None):
    now = timezone.now()
    return authorize_at(uid, point or world.market.identity, at or now, now=now)


def told(world, uid=UID, **more):
    answer = asked(world, uid, **more).as_json(steps=False)
    return answer["verdict"], answer["reason"], answer["tariff"], answer["tariff_source"]


def test_a_partners_customer_pays_the_price_list_of_the_agreement(roaming, token):
    assert told(roaming) == ("ALLOWED", "roaming_partner", "AGREED", "agreement")
    assert "0.29 EUR" in asked(roaming).price_text


def test_without_a_price_list_of_the_agreement_the_roaming_tariff_counts(roaming):
    make.PartnerTokenFactory(partner=roaming.wattfinder, uid=UID)
    assert told(roaming) == ("ALLOWED", "roaming_partner", "CHEAP", "roaming")


def test_the_price_list_of_an_agreement_without_a_version_in_force_is_never_replaced_in_silence(roaming, token):
    empty = make.TariffFactory(provider=roaming.greengrid, per_kwh=None)
    Agreement.objects.filter(partner=roaming.chargeall).update(tariff=empty)
    assert told(roaming) == ("NOT_ALLOWED", "no_terms_in_force", None, None)


def test_one_decision_on_a_token_is_one_query(roaming, token, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert authorize(UID, roaming.market.identity, timezone.now()).verdict == "ALLOWED"


def test_a_token_is_found_however_it_is_spelled(roaming, token):
    assert told(roaming, "04:fe:ed:01")[1] == "roaming_partner"


def test_a_group_that_is_not_accessible_for_roaming_is_closed_to_partners(roaming, token):
    closed = make.ChargeGroupFactory(
        user_group=roaming.north, terms={"tariff": roaming.standard, "own_user_group": True}
    )
    point = make.ChargePointFactory(charge_group=closed)
    assert told(roaming, point=point.identity)[:2] == ("NOT_ALLOWED", "no_access")


def test_a_token_counts_for_the_provider_whose_partner_it_is(roaming, token):
    make.TermsFactory(
        charge_group=roaming.oslo, tariff=roaming.foreign, roaming=True, valid_from=make.LONG_AGO.replace(year=2021)
    )
    assert told(roaming, point=roaming.quay.identity)[:2] == ("UNKNOWN", "card_unknown")
    theirs = make.PartnerFactory(provider=roaming.bluevolt, country_code="DE", party_id="CHA")
    make.PartnerTokenFactory(partner=theirs, uid=UID)
    assert told(roaming, point=roaming.quay.identity)[1:3] == ("roaming_partner", "FJORDPRICE")
    assert told(roaming)[1:3] == ("roaming_partner", "AGREED")


@pytest.mark.parametrize("window", [{"valid_until": timezone.now() - HOUR}, {"valid_from": timezone.now() + HOUR}])
def test_without_an_agreement_in_force_nobody_knows_the_token(roaming, token, window):
    Agreement.objects.filter(partner=roaming.chargeall).update(**window)
    assert told(roaming)[:2] == ("UNKNOWN", "card_unknown")


def test_an_agreement_holds_until_before_its_end(roaming, token):
    at = timezone.now() + HOUR
    Agreement.objects.filter(partner=roaming.chargeall).update(valid_until=at)
    assert told(roaming, at=at - timedelta(microseconds=1))[1] == "roaming_partner"
    assert told(roaming, at=at)[1] == "card_unknown"


def test_a_token_that_is_not_valid_is_blocked(roaming, token):
    PartnerToken.objects.update(valid=False)
    assert told(roaming)[:2] == ("BLOCKED", "card_not_active")


def test_a_card_of_the_platform_wins_over_a_token(roaming):
    for uid in ("04AA11", "04BB22", "04CC33"):
        make.PartnerTokenFactory(partner=roaming.chargeall, uid=uid)
    assert told(roaming, "04AA11")[1:3] == ("own_user_group", "STANDARD")
    assert told(roaming, "04BB22")[1] == "no_access"
    assert told(roaming, "04CC33")[1] == "no_access"


def test_one_uid_of_two_partners_is_nobodys(roaming, token):
    make.PartnerTokenFactory(partner=roaming.wattfinder, uid="04fe ed01", valid=False)
    assert told(roaming) == ("UNKNOWN", "card_ambiguous", None, None)
    assert "Several roaming partners" in asked(roaming).decision.access.steps[-1].text


def test_of_two_partners_the_one_with_an_agreement_counts(roaming, token):
    make.PartnerTokenFactory(partner=make.PartnerFactory(provider=roaming.greengrid, agreed=False), uid=UID)
    make.PartnerTokenFactory(partner=make.PartnerFactory(provider=roaming.bluevolt), uid=UID)
    assert told(roaming)[1] == "roaming_partner"


def test_of_several_tokens_of_one_partner_the_card_counts(roaming):
    for kind, valid in (("APP_USER", False), ("RFID", True), ("AD_HOC_USER", False)):
        make.PartnerTokenFactory(partner=roaming.chargeall, uid=UID, type=kind, valid=valid)
    assert told(roaming)[1] == "roaming_partner"
    PartnerToken.objects.filter(type="RFID").update(valid=False)
    assert told(roaming)[1] == "card_not_active"


# What is told, and kept


def test_the_provider_is_told_no_more_of_a_token_than_the_verdict(roaming, token):
    PartnerToken.objects.update(valid=False)
    answer = asked(roaming).as_provider_json(steps=True)
    assert (answer["verdict"], answer["reason"]) == ("BLOCKED", "card_not_accepted")
    assert answer["customer"] is None
    assert answer["card"] == UID
    assert "card_not_active" not in [step["rule"] for step in answer["steps"]]


def test_the_api_decides_on_a_token_and_keeps_it(roaming, token, client):
    _, key = ApiKey.make(provider=roaming.greengrid, name="Back end")
    body = {"card": UID, "charge_point": roaming.market.identity}
    answer = client.post(
        "/api/v1/authorize", body, content_type="application/json", headers={"Authorization": f"Token {key}"}
    ).json()
    assert (answer["verdict"], answer["reason"]) == ("ALLOWED", "roaming_partner")
    assert (answer["tariff"], answer["tariff_source"]) == ("AGREED", "agreement")
    decision_log.LOG.flush()
    entry = DecisionEntry.objects.get()
    assert (entry.reason, entry.tariff_source, entry.card_uid) == ("roaming_partner", "agreement", UID)
    assert entry.facts["partner_vouches"] is True


def test_the_command_explains_a_token(roaming, token):
    output = StringIO()
    call_command("explain", card=UID, charge_point=roaming.market.identity, stdout=output)
    assert "roaming_partner" in output.getvalue()
    assert "AGREED (agreement)" in output.getvalue()


def test_a_session_of_a_partners_customer_is_rated_by_the_agreement(roaming, token):
    history("UPDATE roaming_partnertokenevent SET pgh_created_at = %s", make.LONG_AGO)
    history("UPDATE roaming_agreementevent SET pgh_created_at = %s", make.LONG_AGO)
    at = timezone.now() - 2 * HOUR
    session = Session(
        provider=roaming.greengrid, code="S1", charge_point=roaming.market, card_uid=UID, started_at=at,
        ended_at=at + HOUR, kwh=10,
    )  # fmt: skip
    rating = Recorder(roaming.greengrid).record(session)
    assert (session.reason, session.tariff_source) == ("roaming_partner", "agreement")
    assert (session.card, session.customer, session.card_uid) == (None, None, UID)
    assert str(rating.excl_vat) == "2.90"


# The past


def history(statement, *params):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, params)
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_a_token_counts_as_it_stood_then(roaming, token):
    now = timezone.now()
    for table in ("roaming_partnertokenevent", "roaming_agreementevent", "chargepoints_chargepointevent"):
        history(f"UPDATE {table} SET pgh_created_at = %s", now - 5 * HOUR)
    history("UPDATE chargegroups_chargegroupevent SET pgh_created_at = %s", now - 5 * HOUR)
    PartnerToken.objects.update(valid=False)
    history("UPDATE roaming_partnertokenevent SET pgh_created_at = %s WHERE pgh_label = 'update'", now - HOUR)
    assert told(roaming, at=now - 2 * HOUR)[1:3] == ("roaming_partner", "AGREED")
    assert told(roaming, at=now - HOUR / 2)[1] == "card_not_active"
    assert asked(roaming, at=now - 2 * HOUR).facts.known_from == now - 5 * HOUR


def test_an_agreement_that_was_made_since_did_not_exist_then(roaming, token):
    now = timezone.now()
    for table in ("roaming_partnertokenevent", "chargepoints_chargepointevent", "chargegroups_chargegroupevent"):
        history(f"UPDATE {table} SET pgh_created_at = %s", now - 5 * HOUR)
    assert told(roaming, at=now - 2 * HOUR)[1] == "card_unknown"
    assert told(roaming, at=now - 9 * HOUR)[1] == "roaming_partner"  # before the token was known: as it was first known


def test_a_token_that_came_later_makes_no_earlier_one_ambiguous(roaming, token):
    now = timezone.now()
    for table in ("roaming_partnertokenevent", "roaming_agreementevent", "chargepoints_chargepointevent"):
        history(f"UPDATE {table} SET pgh_created_at = %s", now - 5 * HOUR)
    history("UPDATE chargegroups_chargegroupevent SET pgh_created_at = %s", now - 5 * HOUR)
    make.PartnerTokenFactory(partner=roaming.wattfinder, uid=UID)
    assert told(roaming, at=now - HOUR)[1] == "roaming_partner"
    assert told(roaming)[1] == "card_ambiguous"
    [many] = authorize_past([(UID, roaming.market.identity, now - HOUR)])
    assert many.reason == "roaming_partner"
