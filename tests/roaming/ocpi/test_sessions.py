"""A partner gets the sessions and CDRs of its own tokens, with what they cost, and nobody else's."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from chargepoints.models import Rating, Session
from chargepoints.session_recorder import Recorder
from gateway.models import Transaction
from gateway.transactions import End, Start, begin, end, note_connector
from tests import factories as make

pytestmark = pytest.mark.django_db
START = timezone.now().replace(microsecond=0) - timedelta(hours=5)


def recorded(world, code, uid, **columns):
    """A session of an hour and 10 kWh, half of the hour parked."""
    values = {"ended_at": START + timedelta(hours=1), "kwh": Decimal(10), "parking_seconds": 1800} | columns
    session = Session(
        provider=world.greengrid, code=code, charge_point=world.plaza, card_uid=uid, started_at=START, **values
    )
    rating = Recorder(world.greengrid).record(session)
    session.save()
    if rating is not None:
        rating.session = session
        rating.save()
    return session


@pytest.fixture
def charged(roaming_world):
    """A session of the partner's token, and one of a card of the platform."""
    w = roaming_world
    make.PartnerTokenFactory(partner=w.partner, uid="04DE01", contract_id="DE-EMP-C1")
    make.PartnerTokenFactory(partner=w.odd, uid="04DE01")
    w.session = recorded(w, "S-1", "04:de:01")
    recorded(w, "S-2", "04AA11")
    return w


def corrected(session, **columns):
    first = session.ratings.get(number=1)
    values = {
        name: getattr(first, name)
        for name in ("provider", "session", "tariff_version", "ended_at", "currency", "parking_seconds")
    }
    values |= {"number": 2, "reason": "The meter was wrong.", "lines": [], "kwh": Decimal(5)}
    return Rating.objects.create(**values | {"excl_vat": Decimal("2.95"), "incl_vat": Decimal("2.95")} | columns)


def test_a_session_is_served_with_what_it_cost(charged):
    page = charged.emp.get("/ocpi/2.2.1/sessions")
    (session,) = page.data
    assert (session["id"], session["status"], session["kwh"], session["currency"]) == ("S-1", "COMPLETED", 10, "EUR")
    assert session["cdr_token"] == {
        "country_code": "DE", "party_id": "EMP", "uid": "04DE01", "type": "RFID", "contract_id": "DE-EMP-C1",
    }  # fmt: skip
    assert session["total_cost"]["excl_vat"] == 5.9
    assert [each["dimensions"][-1]["type"] for each in session["charging_periods"]] == ["TIME", "PARKING_TIME"]
    later = charged.emp.get("/ocpi/2.3.0/sessions").data[0]["total_cost"]
    assert later["before_taxes"] == 5.9 and later["taxes"][0]["name"] == "VAT"


def test_a_cdr_says_where_when_and_at_which_tariff(charged):
    page = charged.emp.get("/ocpi/2.2.1/cdrs")
    assert page.headers["X-Total-Count"] == "1"
    (cdr,) = page.data
    assert (cdr["id"], cdr["session_id"], cdr["total_energy"], cdr["total_time"]) == ("S-1", "S-1", 10, 1)
    assert (cdr["total_cost"]["excl_vat"], cdr["total_energy_cost"]["excl_vat"]) == (5.9, 5.9)
    assert (cdr["cdr_location"]["evse_id"], cdr["tariffs"][0]["id"]) == ("NL*GRG*E0100", "ROAM")
    assert "credit" not in cdr


def test_a_correction_credits_the_former_cdr(charged):
    corrected(charged.session)
    first, credit, second = charged.emp.get("/ocpi/2.2.1/cdrs").data
    assert (credit["id"], credit["credit"], credit["credit_reference_id"]) == ("S-1-1C", True, first["id"])
    assert credit["total_cost"]["excl_vat"] == -first["total_cost"]["excl_vat"]
    assert (second["id"], second["total_cost"]["excl_vat"], second["remark"]) == ("S-1-2", 2.95, "The meter was wrong.")
    assert [each["id"] for each in charged.emp.get("/ocpi/2.2.1/cdrs?offset=1&limit=1").data] == ["S-1-1C"]
    assert charged.emp.get("/ocpi/2.2.1/sessions").data[0]["total_cost"]["excl_vat"] == 2.95


def test_a_session_that_runs_is_active(charged):
    row, _ = begin(Start(charged.plaza.pk, "04DE01", timezone.now() - timedelta(minutes=3), meter=Decimal(1000)))
    Transaction.objects.filter(pk=row.pk).update(meter_latest=3500)
    running = charged.emp.get("/ocpi/2.2.1/sessions").data[-1]
    assert (running["id"], running["status"], running["kwh"]) == (f"OCPP-{row.pk}", "ACTIVE", 2.5)
    assert "end_date_time" not in running


def test_the_connector_is_told_that_the_device_said(charged):
    connector = {"connector_id": "2"}
    began = begin(Start(charged.plaza.pk, "04DE01", timezone.now() - timedelta(minutes=3), evse=2, code="A"))[0]
    assert connector.items() <= charged.emp.get("/ocpi/2.2.1/sessions").data[-1].items()
    end(End(charged.plaza.pk, "A", timezone.now()))
    session, cdr = (charged.emp.get(f"/ocpi/2.2.1/{module}").data[-1] for module in ("sessions", "cdrs"))
    assert session["id"] == cdr["session_id"] == f"OCPP-{began.pk}"
    assert connector.items() <= session.items() and connector.items() <= cdr["cdr_location"].items()
    # At a station of OCPP 2.0.1 with one EVSE it is the connector of that; where nobody said it, the first is named.
    began = begin(Start(charged.plaza.pk, "04DE01", timezone.now(), code="B"))[0]
    assert charged.emp.get("/ocpi/2.2.1/sessions").data[-1]["connector_id"] == "1"
    note_connector(charged.plaza.pk, "B", 1, 2)
    assert charged.emp.get("/ocpi/2.2.1/sessions").data[-1]["connector_id"] == "2"


@pytest.mark.parametrize("module", ["sessions", "cdrs"])
def test_the_links_of_pages_lead_once_through_all(charged, module):
    for number in range(3, 6):
        corrected(recorded(charged, f"S-{number}", "04DE01"))
    for number in range(2):
        begin(Start(charged.plaza.pk, "04DE01", timezone.now(), evse=number + 1, code=f"T-{number}"))
    whole = [each["id"] for each in charged.emp.get(f"/ocpi/2.2.1/{module}").data]
    assert len(whole) == len(set(whole)) == {"sessions": 6, "cdrs": 10}[module]
    for limit in (1, 2, 3):
        ids, path = [], f"/ocpi/2.2.1/{module}?limit={limit}"
        while path:
            page = charged.emp.get(path)
            ids += [each["id"] for each in page.data]
            assert page.headers["X-Total-Count"] == str(len(whole)) and len(page.data) <= limit
            path = page.headers.get("Link", "")[1:].partition(">")[0].removeprefix("http://testserver")
        assert ids == whole
        by_offsets = [charged.emp.get(f"/ocpi/2.2.1/{module}?limit={limit}&offset={at}").data for at in range(11)]
        assert [page[0]["id"] for page in by_offsets if page] == whole


def test_nobody_elses_sessions_are_served(charged):
    for module in ("sessions", "cdrs"):
        assert charged.odd_client.get(f"/ocpi/2.2.1/{module}").data == []
        tomorrow = (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        assert charged.emp.get(f"/ocpi/2.2.1/{module}?date_from={tomorrow}").data == []
        assert len(charged.emp.get(f"/ocpi/2.2.1/{module}?date_to={tomorrow}").data) == 1
