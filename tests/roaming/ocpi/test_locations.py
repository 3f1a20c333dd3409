"""A partner sees published locations whose charge groups are open to it, at what its tokens pay, and nothing else."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from changes.apply import apply_now
from changes.models import Way
from changes.proposals import NewTerms
from chargepoints.models import ChargePoint, Connector, Location
from evcnet.datetimes import database_clock
from roaming.models import Agreement
from tests import factories as make
from tests.roaming.ocpi.conftest import CONNECTOR, connected, put_on_map
from tests.tables import for_each

pytestmark = pytest.mark.django_db
LOCATIONS = "/ocpi/2.2.1/locations"


def codes(client, query="") -> list[str]:
    return [each["id"] for each in client.get(f"{LOCATIONS}{query}").data]


def follow(client, path) -> list[str]:
    """The ids on all pages from this one on, and how many pages."""
    found_ids, pages = [], 0
    while path:
        page = client.get(path)
        found_ids += [each["id"] for each in page.data]
        link = page.headers.get("Link", "")
        parts = urlsplit(link.partition(">")[0].lstrip("<"))
        path, pages = f"{parts.path}?{parts.query}" if link else "", pages + 1
    return found_ids, pages


def test_a_published_location_is_served_with_its_evses_and_what_tokens_pay(roaming_world):
    page = roaming_world.emp.get(LOCATIONS)
    assert (page.http, page.status_code, page.headers["X-Total-Count"], page.headers["X-Limit"]) == (
        200,
        1000,
        "1",
        "100",
    )
    assert "Link" not in page.headers
    (location,) = page.data
    assert (location["country_code"], location["party_id"], location["country"]) == ("NL", "GRG", "NLD")
    (evse,) = location["evses"]
    assert (evse["uid"], evse["evse_id"], evse["status"]) == ("NLGRGE0100", "NL*GRG*E0100", "AVAILABLE")
    assert [each["tariff_ids"] for each in evse["connectors"]] == [["ROAM"], ["ROAM"]]


def test_single_objects_are_found_by_their_ids(roaming_world):
    code = roaming_world.plaza.location.code
    assert roaming_world.emp.get(f"{LOCATIONS}/{code}").data["id"] == code
    assert roaming_world.emp.get(f"{LOCATIONS}/{code}/nlgrge0100").data["uid"] == "NLGRGE0100"
    assert roaming_world.emp.get(f"{LOCATIONS}/{code}/NLGRGE0100/2").data["id"] == "2"
    for path in ("nothing", f"{code}/nothing", f"{code}/NLGRGE0100/3", "%00", f"{code}/%F0%9F%98%80"):
        answer = roaming_world.emp.get(f"{LOCATIONS}/{path}")
        assert (answer.http, answer.status_code) == (404, 2003), path


def test_what_is_not_published_or_not_open_is_not_there(roaming_world):
    w, code = roaming_world, roaming_world.plaza.location.code
    closed = connected(make.ChargePointFactory(charge_group=w.leusden, location=w.plaza.location))
    (location,) = w.emp.get(LOCATIONS).data
    assert [each["uid"] for each in location["evses"]] == ["NLGRGE0100"]
    assert w.emp.get(f"{LOCATIONS}/{code}/{closed.identity}").http == 404
    put_on_map(w.market.location)
    assert codes(w.emp) == [code]
    Location.objects.filter(pk=w.plaza.location.pk).update(published=False)
    assert codes(w.emp) == [] and w.emp.get(f"{LOCATIONS}/{code}").http == 404


def test_another_providers_partner_sees_nothing(roaming_world):
    w, code = roaming_world, roaming_world.plaza.location.code
    assert codes(w.odd_client) == [] and w.odd_client.get(f"{LOCATIONS}/{code}").http == 404
    assert w.odd_client.get("/ocpi/2.2.1/tariffs").data == []


def test_without_an_agreement_in_force_nothing_is_open(roaming_world):
    Agreement.objects.filter(partner=roaming_world.partner).update(valid_until=timezone.now())
    assert codes(roaming_world.emp) == [] and roaming_world.emp.get("/ocpi/2.2.1/tariffs").data == []


def test_a_point_without_connectors_or_an_address_is_not_counted(roaming_world):
    w = roaming_world
    make.ChargePointFactory(charge_group=w.street)
    put_on_map(connected(make.ChargePointFactory(charge_group=w.street)).location, address="")
    page = w.emp.get(LOCATIONS)
    assert (len(page.data), page.headers["X-Total-Count"]) == (1, "1")


@pytest.fixture
def seven(roaming_world):
    """Seven locations, in the order in which they are served."""
    for _ in range(6):
        put_on_map(connected(make.ChargePointFactory(charge_group=roaming_world.street)).location)
    return list(Location.objects.filter(published=True).order_by("pk").values_list("code", flat=True))


def test_pages_follow_one_another_by_their_links(roaming_world, seven):
    assert follow(roaming_world.emp, f"{LOCATIONS}?limit=3") == (seven, 3)
    assert codes(roaming_world.emp, "?offset=5&limit=3") == seven[5:]
    page = roaming_world.emp.get(f"{LOCATIONS}?offset=700")
    assert (page.http, page.data, page.headers["X-Total-Count"]) == (200, [], "7")
    assert roaming_world.emp.get(f"{LOCATIONS}?limit=100000").headers["X-Limit"] == "100"


def test_the_last_page_costs_as_many_queries_as_the_first(roaming_world, seven, django_assert_num_queries):
    counts = []
    for query in ("?limit=2", "?limit=2&offset=6"):
        with CaptureQueriesContext(connection) as captured:
            codes(roaming_world.emp, query)
        counts.append(len(captured))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("query", ["", "&date_from=2020-01-01T00:00:00Z"])
def test_the_last_page_touches_as_many_blocks_as_the_first(roaming_world, query):
    w = roaming_world
    Location.objects.bulk_create(
        Location(provider=w.greengrid, code=f"LONG-{n}", name="Street", address="Street 1", city="Leusden", country="NL",
                 latitude="52.1", longitude="5.4", time_zone="Europe/Amsterdam", published=True)
        for n in range(400)
    )  # fmt: skip
    places = Location.objects.filter(code__startswith="LONG-")
    points = ChargePoint.objects.bulk_create(
        ChargePoint(provider=w.greengrid, identity=f"NLGRGX{each.code}", location=each, charge_group=w.street)
        for each in places
    )
    Connector.objects.bulk_create(Connector(charge_point=each, ocpi_id="1", **CONNECTOR) for each in points)
    with connection.cursor() as cursor:
        # As after ANALYZE, which would outlast the test.
        tables = "('chargepoints_location', 'chargepoints_chargepoint', 'chargepoints_connector')"
        cursor.execute(
            f"DELETE FROM pg_statistic WHERE starelid IN (SELECT oid FROM pg_class WHERE relname IN {tables})"
        )
        cursor.execute(f"UPDATE pg_class SET reltuples = 400, relpages = 8 WHERE relname IN {tables}")
    after = places.order_by("-pk")[10].pk

    def blocks(path):
        """Those of the statement that reads the rows of the page, by indexes, as a list of many has it."""
        with CaptureQueriesContext(connection) as captured:
            assert len(w.emp.get(path).data) == 10
        (rows,) = [
            each["sql"]
            for each in captured
            if 'FROM "chargepoints_location"' in each["sql"] and "LIMIT 10" in each["sql"]
        ]
        with connection.cursor() as cursor:
            for way in ("seqscan", "bitmapscan", "hashjoin", "mergejoin", "sort"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {rows}")
            (plan,) = cursor.fetchone()[0]
        return plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]

    first = blocks(f"{LOCATIONS}?limit=10{query}")
    assert blocks(f"{LOCATIONS}?limit=10&offset=391&after={after}{query}") < 1.5 * first


@for_each(
    "query",
    [
        "limit=0", "limit=-1", "limit=x", "offset=-1", "offset=1e3", "offset=9999999999999999999999", "date_from=yesterday",
        "date_to=2026-13-01", "date_from=%00", "limit=%D9%A3", "after=x", "date_from=99999-01-01T00:00:00Z",
    ],
)  # fmt: skip
def test_nonsense_in_a_query_is_refused(roaming_world, query):
    for module in ("locations", "tariffs"):
        answer = roaming_world.emp.get(f"/ocpi/2.2.1/{module}?{query}")
        assert (answer.http, answer.status_code) == (400, 2001), query


def test_dates_are_read_of_what_changed(roaming_world):
    w, code = roaming_world, roaming_world.plaza.location.code
    (location,) = w.emp.get(LOCATIONS).data
    assert codes(w.emp, f"?date_from={location['last_updated']}") == [code]
    soon = (database_clock() + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert codes(w.emp, f"?date_from={soon}") == []
    assert codes(w.emp, f"?date_to={soon}&unknown=1") == [code]
    assert codes(w.emp, "?date_to=2020-01-01T00:00:00") == []


def test_a_change_of_terms_moves_last_updated_of_what_it_touches(roaming_world):
    w = roaming_world
    (before,) = w.emp.get(LOCATIONS).data
    at = database_clock().replace(microsecond=0)
    apply_now(NewTerms(w.street, {"roaming_tariff": w.cheap}), way=Way.COMMAND)
    (after,) = w.emp.get(LOCATIONS).data
    connector = after["evses"][0]["connectors"][0]
    assert connector["tariff_ids"] == ["CHEAP"]
    assert after["last_updated"] == connector["last_updated"] >= before["last_updated"]
    assert codes(w.emp, f"?date_from={at.strftime('%Y-%m-%dT%H:%M:%SZ')}") == [after["id"]]


def test_tariffs_are_those_that_tokens_pay_with_the_versions_to_come(roaming_world):
    w = roaming_world
    page = w.emp.get("/ocpi/2.2.1/tariffs")
    assert [each["id"] for each in page.data] == ["ROAM"] and page.headers["X-Total-Count"] == "1"
    component = page.data[0]["elements"][0]["price_components"][0]
    assert (component["type"], component["price"]) == ("ENERGY", 0.59)
    assert "tax_included" not in page.data[0]
    assert w.emp.get("/ocpi/2.3.0/tariffs").data[0]["tax_included"] == "NO"


def test_the_price_list_of_an_agreement_goes_first(roaming_world):
    w = roaming_world
    Agreement.objects.filter(partner=w.partner).update(tariff=w.cheap)
    assert [each["id"] for each in w.emp.get("/ocpi/2.2.1/tariffs").data] == ["CHEAP"]
    assert w.emp.get(LOCATIONS).data[0]["evses"][0]["connectors"][0]["tariff_ids"] == ["CHEAP"]


def test_the_export_for_a_partner_is_what_it_is_served(roaming_world, capsys):
    w = roaming_world
    for kind in ("locations", "tariffs"):
        capsys.readouterr()
        call_command("export_ocpi", kind, "--for", "de-emp", provider="GRG")
        assert json.loads(capsys.readouterr().out) == w.emp.get(f"/ocpi/2.2.1/{kind}").data
    with pytest.raises(CommandError, match="no partner DE-ODD"):
        call_command("export_ocpi", "locations", "--for", "DE-ODD", provider="GRG")
