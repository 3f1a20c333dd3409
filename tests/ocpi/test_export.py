"""export_ocpi writes valid OCPI 2.2.1 that reads back as it was."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from chargepoints.models import ChargePoint
from tariffs import writes as tariff_writes
from tariffs.models import Tariff, TariffElement, TariffVersion
from tests import factories as make
from tests.ocpi.objects import connector, evse, location, tariff

pytestmark = pytest.mark.django_db
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z")


@pytest.fixture
def export_ocpi(capsys):
    """Runs the command: the objects and what it says on standard error."""

    def run(kind, provider="GRG"):
        capsys.readouterr()
        call_command("export_ocpi", kind, provider=provider)
        out, err = capsys.readouterr()
        return json.loads(out), err

    return run


def test_locations_read_back_unchanged(world, import_ocpi, export_ocpi):
    feed = [
        location("M1", evse("NL*GRG*E1", connector(id="1"), connector(id="2")), evse("NL*GRG*E2", status="REMOVED")),
        location("M2", evse(None, uid="294"), publish=False, name=None, postal_code=None),
    ]
    import_ocpi("locations", *feed, charge_group="CG-LEUSDEN")
    make.ChargePointFactory(charge_group=world.leusden, identity="CP-7", evse_id="NL*GRG*E7").connectors.create(
        ocpi_id="1", **{name: value for name, value in connector().items() if name not in ("id", "last_updated")}
    )
    ChargePoint.objects.filter(identity="NLGRGE1").update(max_power_kw="7.4")
    objects, _ = export_ocpi("locations")
    assert [each["id"] for each in objects] == ["M1", "M2"]
    report = import_ocpi("locations", *objects)
    assert (report.rows, report.unchanged, report.warnings) == (5, 5, [])


def test_a_location_is_written_as_ocpi_wants_it(world, import_ocpi, export_ocpi):
    import_ocpi("locations", location("M1", evse("NL*GRG*E1")), charge_group="CG-LEUSDEN")
    objects, _ = export_ocpi("locations")
    (written,) = objects
    assert (written["country_code"], written["party_id"], written["country"]) == ("NL", "GRG", "NLD")
    assert written["coordinates"] == {"latitude": "52.1309400", "longitude": "5.4323300"}
    assert DATE_TIME.fullmatch(written["last_updated"])
    (point,) = written["evses"]
    assert (point["uid"], point["evse_id"], point["status"]) == ("uid of NL*GRG*E1", "NL*GRG*E1", "AVAILABLE")
    assert point["connectors"][0]["tariff_ids"] == ["STANDARD"]
    assert "max_electric_power" not in point["connectors"][0]


def test_what_a_feed_removed_is_removed_here_too_and_stays_so_when_read_back(world, import_ocpi, export_ocpi):
    import_ocpi("locations", location("M1", evse("NL*GRG*E1"), evse("NL*GRG*E2")), charge_group="CG-LEUSDEN")
    import_ocpi("locations", location("M1", evse("NL*GRG*E1", status="REMOVED")))
    ChargePoint.objects.filter(identity="NLGRGE2").update(status="out_of_service")
    objects, _ = export_ocpi("locations")
    assert [each["status"] for each in objects[0]["evses"]] == ["REMOVED", "OUTOFORDER"]
    report = import_ocpi("locations", *objects)
    assert (report.unchanged, ChargePoint.objects.get(identity="NLGRGE1").status) == (3, "out_of_service")


def test_what_can_not_be_valid_is_left_out_and_listed(world, export_ocpi, import_ocpi):
    import_ocpi("locations", location("M1", evse("NL*GRG*E1"), evse("NL*GRG*E2", connectors=[])))
    import_ocpi(
        "locations", location("M2", coordinates=None), location("M3", city=None), location("M4", address="x" * 46)
    )
    import_ocpi("locations", location("M5", evse("NL*GRG*E5", connector(standard="MCS"))))
    objects, err = export_ocpi("locations")
    assert [each["id"] for each in objects] == ["M1", "M5"]
    assert [each["evse_id"] for each in objects[0]["evses"]] == ["NL*GRG*E1"]
    assert "left out: NLGRGE2: It has no connector." in err
    assert "left out: M2: It has no coordinates." in err
    assert "left out: M3: It has no city." in err
    assert "left out: M4: OCPI allows 45 characters for address" in err
    assert "left out: NLGRGE5: OCPI 2.2.1 has no word for its connector 1." in err


def test_tariffs_read_back_unchanged(world, import_ocpi, export_ocpi):
    restricted = [
        {
            "price_components": [
                {"type": "ENERGY", "price": 0.1234, "vat": 21, "step_size": 1},
                {"type": "PARKING_TIME", "price": 3, "step_size": 60},
            ],
            "restrictions": {"start_time": "22:00", "end_time": "06:00", "min_duration": 600, "max_current": 16.5},
        },
        {
            "price_components": [{"type": "FLAT", "price": 1, "step_size": 0}],
            "restrictions": {"reservation": "RESERVATION"},
        },
    ]
    feed = [
        tariff("T1", elements=restricted, max_price={"excl_vat": 20, "incl_vat": 24.2}),
        tariff("T2", start_date_time="2199-01-01T00:00:00Z"),
        tariff(
            "T3", start_date_time="2020-01-01T00:00:00Z", end_date_time="2021-01-01T00:00:00Z", type="AD_HOC_PAYMENT"
        ),
        tariff("T4", tariff_alt_text=[{"language": "nl", "text": "goedkoop"}], tariff_alt_url="https://example.org/t4"),
    ]
    import_ocpi("tariffs", *feed)
    tariff_writes.add_version(world.standard, [TariffElement(energy_price="0.39")])
    tariff_writes.add_version(
        world.standard, [TariffElement(energy_price="0.42")], valid_from=timezone.now() + timedelta(9)
    )
    objects, err = export_ocpi("tariffs")
    at = TariffVersion.objects.filter(tariff=world.standard).latest("valid_from").valid_from
    ids = {"T1", "T2@21990101T0000", "T3", "T4", "STANDARD", f"STANDARD@{at:%Y%m%dT%H%M}", "CHEAP"}
    assert {each["id"] for each in objects} == ids
    assert "7 tariffs written, 0 left out" in err
    report = import_ocpi("tariffs", *objects)
    assert (report.rows, report.unchanged, report.warnings) == (7, 7, [])


def test_a_version_to_come_is_an_object_of_its_own_and_the_one_before_ends_where_it_begins(
    world, import_ocpi, export_ocpi
):
    june = datetime(2190, 6, 1, tzinfo=UTC)
    tariff_writes.add_version(world.standard, [TariffElement(energy_price="0.42")], valid_from=june)
    objects, _ = export_ocpi("tariffs")
    family = [each for each in objects if each["id"].startswith("STANDARD")]
    assert [each["id"] for each in family] == ["STANDARD", "STANDARD@21900601T0000"]
    assert [each.get("end_date_time") for each in family] == ["2190-06-01T00:00:00Z", None]
    assert family[1]["start_date_time"] == "2190-06-01T00:00:00Z"


def test_a_family_reads_back_elsewhere_as_the_versions_of_one_tariff(world, import_ocpi, export_ocpi):
    june = datetime(2190, 6, 1, 12, 30, tzinfo=UTC)
    long = make.TariffFactory(provider=world.greengrid, code="A-CODE-OF-THIRTY-AND-SIX-CHARACTERS!", per_kwh="0.30")
    for each in (world.standard, long):
        tariff_writes.add_version(each, [TariffElement(energy_price="0.42")], valid_from=june)
    objects, _ = export_ocpi("tariffs")
    report = import_ocpi("tariffs", *objects, provider="BLV")
    assert (report.new, report.errors) == (5, [])
    assert Tariff.objects.filter(provider=world.bluevolt).count() == 4
    assert Tariff.objects.get(provider=world.bluevolt, code=long.code).versions.count() == 2
    again, _ = export_ocpi("tariffs", provider="BLV")
    assert {each["id"] for each in objects} < {each["id"] for each in again}


def test_versions_that_would_have_one_id_are_left_out_from_the_second_on(world, export_ocpi):
    june = datetime(2190, 6, 1, tzinfo=UTC)
    for seconds in (0, 30):
        element = TariffElement(energy_price="0.42")
        tariff_writes.add_version(world.standard, [element], valid_from=june + timedelta(seconds=seconds))
    objects, err = export_ocpi("tariffs")
    assert [each["id"] for each in objects].count("STANDARD@21900601T0000") == 1
    assert "left out: STANDARD@21900601T0000: Another version has this id" in err


def test_a_connector_names_one_tariff_in_force_and_its_versions_to_come(world, import_ocpi, export_ocpi):
    june = datetime(2190, 6, 1, tzinfo=UTC)
    make.TermsFactory(
        charge_group=world.leusden, tariff=world.standard, roaming=True, roaming_tariff=world.cheap, own_user_group=True,
        valid_from=make.LONG_AGO + timedelta(days=1),
    )  # fmt: skip
    for each in (world.standard, world.cheap):
        tariff_writes.add_version(each, [TariffElement(energy_price="0.42")], valid_from=june)
    import_ocpi("locations", location("M1", evse("NL*GRG*E1")), charge_group="CG-LEUSDEN")
    objects, _ = export_ocpi("locations")
    (point,) = objects[0]["evses"]
    assert point["connectors"][0]["tariff_ids"] == ["CHEAP", "CHEAP@21900601T0000"]
    report = import_ocpi("locations", *objects)
    assert (report.unchanged, report.warnings) == (2, [])


def test_without_roaming_a_connector_names_the_tariff_of_the_group(world, import_ocpi, export_ocpi):
    make.TermsFactory(
        charge_group=world.leusden, tariff=world.standard, roaming_tariff=world.cheap, own_user_group=True,
        valid_from=make.LONG_AGO + timedelta(days=1),
    )  # fmt: skip
    import_ocpi("locations", location("M1", evse("NL*GRG*E1")), charge_group="CG-LEUSDEN")
    objects, _ = export_ocpi("locations")
    assert objects[0]["evses"][0]["connectors"][0]["tariff_ids"] == ["STANDARD"]


def test_a_tariff_is_written_as_ocpi_wants_it(world, export_ocpi):
    tariff_writes.add_version(world.cheap, [TariffElement(energy_price="0.2500", energy_vat=21)])
    objects, _ = export_ocpi("tariffs")
    written = next(each for each in objects if each["id"] == "CHEAP")
    component = {"type": "ENERGY", "price": 0.25, "step_size": 1, "vat": 21}
    assert written["elements"] == [{"price_components": [component]}]
    assert DATE_TIME.fullmatch(written["start_date_time"])
    assert DATE_TIME.fullmatch(written["last_updated"])
    assert "type" not in written


def test_a_tariff_that_ocpi_can_not_say_is_left_out(world, import_ocpi, export_ocpi):
    Tariff.objects.create(provider=world.greengrid, code="EMPTY", name="Without a version")
    import_ocpi("tariffs", tariff("TAXED", tax_included="YES"))
    objects, err = export_ocpi("tariffs")
    assert {each["id"] for each in objects} == {"STANDARD", "CHEAP"}
    assert "left out: EMPTY: It has no version." in err
    assert "left out: TAXED: Its prices include VAT" in err


def test_only_the_provider_s_own_are_written(world, export_ocpi):
    objects, _ = export_ocpi("tariffs", provider="BLV")
    assert [each["id"] for each in objects] == ["FJORDPRICE"]
