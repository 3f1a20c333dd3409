"""What import_ocpi makes of locations, and what it refuses."""

from decimal import Decimal

import pytest

from changes.models import Change
from chargepoints.models import ChargePoint, Connector, Location
from tests import factories as make
from tests.ocpi.objects import connector, evse, location
from tests.tables import for_each

pytestmark = pytest.mark.django_db


def counts(report):
    return report.new, report.updated, report.unchanged, report.invalid


def messages(report):
    return {(each["id"], each["column"]): each["message"] for each in report.errors}


def test_a_location_arrives_with_its_charge_points_and_connectors(world, import_ocpi):
    report = import_ocpi("locations", location("M1", evse("NL*GRG*E1"), evse("NL*GRG*E2")))
    assert (report.status, report.rows, counts(report), report.written) == (0, 3, (3, 0, 0, 0), True)
    stored = Location.objects.get(provider=world.greengrid, code="M1")
    assert (stored.country, stored.published, stored.latitude) == ("NL", True, Decimal("52.13094"))
    point = ChargePoint.objects.get(identity="NLGRGE1")
    assert (point.evse_id, point.ocpi_uid, point.location) == ("NL*GRG*E1", "uid of NL*GRG*E1", stored)
    assert point.connectors.get().standard == "IEC_62196_T2"


def test_without_a_charge_group_new_charge_points_are_inactive_and_unattached(world, import_ocpi):
    import_ocpi("locations", location("M1", evse("NL*GRG*E1")))
    point = ChargePoint.objects.get(identity="NLGRGE1")
    assert (point.status, point.charge_group) == ("inactive", None)


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("AVAILABLE", "active"),
        ("CHARGING", "active"),
        ("BLOCKED", "active"),
        ("RESERVED", "active"),
        ("INOPERATIVE", "inactive"),
        ("OUTOFORDER", "inactive"),
        ("PLANNED", "inactive"),
        ("UNKNOWN", "inactive"),
        ("REMOVED", "out_of_service"),
    ],
)
def test_a_charge_group_takes_new_charge_points_and_activates_those_that_work(world, import_ocpi, state, status):
    import_ocpi("locations", location("M1", evse("NL*GRG*E1", status=state)), charge_group="CG-LEUSDEN")
    point = ChargePoint.objects.get(identity="NLGRGE1")
    assert (point.status, point.charge_group) == (status, world.leusden)


def test_points_that_come_into_a_charge_group_are_a_change_on_the_record(world, import_ocpi):
    import_ocpi("locations", location("M1", evse("NL*GRG*E1"), evse("NL*GRG*E2")), charge_group="CG-LEUSDEN")
    change = Change.objects.get()
    assert (change.kind, change.impact["points"], change.reason) == ("points", 2, "import_ocpi feed.json")
    assert change.impact["counts"]["gains_access"] == 1
    import_ocpi("locations", location("M1", evse("NL*GRG*E1"), evse("NL*GRG*E2")), charge_group="CG-LEUSDEN")
    assert Change.objects.count() == 1


def test_points_that_the_charge_group_does_not_take_are_no_part_of_the_change(world, import_ocpi):
    make.ChargeGroupFactory(user_group=world.north, code="HOME", type="home")
    feed = [location("M1", evse("NL*GRG*E1")), location("M2", evse("NL*GRG*E2"), publish=False)]
    import_ocpi("locations", *feed, charge_group="HOME", skip_bad=True)
    assert Change.objects.get().proposal["moves"] == [["NLGRGE2", "HOME"]]


def test_a_second_import_writes_nothing(world, import_ocpi, django_assert_num_queries):
    feed = [location("M1", evse("NL*GRG*E1"), evse(None, uid="294")), location("M2", evses=None)]
    import_ocpi("locations", *feed, charge_group="CG-LEUSDEN")
    before = list(ChargePoint.objects.values()), list(Connector.objects.values()), list(Location.objects.values())
    report = import_ocpi("locations", *feed)
    assert counts(report) == (0, 0, 4, 0)
    after = list(ChargePoint.objects.values()), list(Connector.objects.values()), list(Location.objects.values())
    assert after == before


def test_what_changed_is_updated_by_its_key(world, import_ocpi):
    import_ocpi("locations", location("M1", evse("NL*GRG*E1", connector(id="1"), connector(id="2"))))
    changed = evse("nl*grg*e1", connector(id="2", max_amperage=32), connector(id="3"), uid="other")
    report = import_ocpi("locations", location("M1", changed, city="Hamersveld"))
    assert counts(report) == (0, 2, 0, 0)
    point = ChargePoint.objects.get(identity="NLGRGE1")
    assert (point.location.city, point.ocpi_uid, point.max_power_kw) == ("Hamersveld", "other", Decimal("22.08"))
    assert set(point.connectors.values_list("ocpi_id", "max_amperage")) == {("2", 32), ("3", 16)}


def test_an_update_leaves_group_and_status_as_they_are(world, import_ocpi):
    world.market.evse_id = "NL*GRG*E0001"
    world.market.save()
    report = import_ocpi("locations", location("M1", evse("NL*GRG*E0001", status="OUTOFORDER")))
    world.market.refresh_from_db()
    assert counts(report) == (1, 1, 0, 0)
    assert (world.market.status, world.market.charge_group) == ("active", world.leusden)


def test_a_removed_charge_point_goes_out_of_service(world, import_ocpi):
    report = import_ocpi("locations", location("M1", evse("NL*GRG*E0001", status="REMOVED")))
    world.market.refresh_from_db()
    assert (counts(report), world.market.status) == ((1, 1, 0, 0), "out_of_service")


def test_a_charge_point_is_found_by_its_evse_id_too(world, import_ocpi):
    point = make.ChargePointFactory(charge_group=world.leusden, identity="CP-7", evse_id="NL*GRG*E7")
    report = import_ocpi("locations", location("M1", evse("NLGRGE7")))
    point.refresh_from_db()
    assert (counts(report), point.location.code) == ((1, 1, 0, 0), "M1")
    assert not ChargePoint.objects.filter(identity="NLGRGE7").exists()


def test_the_second_of_two_keys_is_refused_and_all_else_stays_good(world, import_ocpi):
    feed = [
        location("M1", evse("NL*GRG*E1"), evse("NLGRG*E1"), evse("NL*GRG*E2")),
        location("M2", evse("nl*grg*e2"), evse("NL*GRG*E3")),
        location("M1", evse("NL*GRG*E4")),
    ]
    report = import_ocpi("locations", *feed, skip_bad=True)
    assert (report.status, report.rows, counts(report)) == (0, 9, (5, 0, 0, 4))
    assert messages(report)["NLGRG*E1", "evse_id"].startswith("occurred earlier in the file")
    assert messages(report)["M1", "id"].startswith("occurred earlier in the file")
    assert messages(report)["NL*GRG*E4", ""].startswith("its location M1 can't be taken")
    assert {each.identity for each in ChargePoint.objects.filter(location__code__in=["M1", "M2"])} == {
        "NLGRGE1",
        "NLGRGE2",
        "NLGRGE3",
    }


def test_one_bad_row_and_nothing_is_written(world, import_ocpi):
    report = import_ocpi("locations", location("M1", evse("NL*GRG*E1"), evse("NL*GRG*E1")), location("M2"))
    assert (report.status, counts(report), report.written) == (1, (3, 0, 0, 1), False)
    assert not Location.objects.filter(code__in=["M1", "M2"]).exists()


def test_a_dry_run_says_the_same_and_writes_nothing(world, import_ocpi):
    report = import_ocpi("locations", location("M1", evse("NL*GRG*E1")), dry_run=True, skip_bad=True)
    assert (report.status, counts(report), report.written) == (0, (2, 0, 0, 0), False)
    assert not Location.objects.filter(code="M1").exists()


@for_each(
    ("given", "column", "says"),
    [
        ({"max_electric_power": 7_360_000}, "max_electric_power", "7,360,000 W is a power that no connector has"),
        ({"max_electric_power": "7360000"}, "max_electric_power", "7,360,000 W is a power that no connector has"),
        ({"max_voltage": 50_000}, "max_voltage", "1,385,640 W is a power that no connector has"),
        ({"max_electric_power": -1}, "max_electric_power", "-1 W is negative"),
        ({"max_electric_power": 7.5}, "max_electric_power", "7.5 is not a whole number"),
        ({"max_voltage": None}, "max_voltage", "is absent"),
        ({"max_amperage": "1,5"}, "max_amperage", "'1,5' is not a number"),
        ({"standard": "TYPE2"}, "standard", "“TYPE2” is no connector type of OCPI"),
        ({"format": "PLUG"}, "format", "'PLUG' is unknown; use one of SOCKET, CABLE"),
        ({"power_type": None}, "power_type", "use one of AC_1_PHASE"),
        ({"id": None}, "id", "is absent"),
        ({"tariff_ids": "T1"}, "tariff_ids", "is not a list of texts"),
    ],
)
def test_a_connector_that_makes_no_sense_is_an_error_of_its_evse(world, import_ocpi, given, column, says):
    bad, good = evse("NL*GRG*E1", connector(**given)), evse("NL*GRG*E2")
    report = import_ocpi("locations", location("M1", bad, good), skip_bad=True)
    assert counts(report) == (2, 0, 0, 1)
    assert says in messages(report)["NL*GRG*E1", f"evses[0].connectors[0].{column}"]
    assert not ChargePoint.objects.filter(identity="NLGRGE1").exists()


@for_each(
    ("given", "column", "says"),
    [
        ({"id": None}, "id", "is absent"),
        ({"id": 7}, "id", "is not a text"),
        ({"id": "x" * 37}, "id", "longer than 36 characters"),
        ({"name": "A\u0000B"}, "name", "control characters"),
        ({"name": "\ud800"}, "name", "broken letters"),
        ({"country": "XXX"}, "country", "“XXX” is no country"),
        ({"country": None}, "country", "is absent"),
        ({"time_zone": "Europe/Leusden"}, "time_zone", "is no time zone"),
        ({"publish": "yes"}, "publish", "neither true nor false"),
        ({"coordinates": {"latitude": "91", "longitude": "5"}}, "coordinates.latitude", "is more than 90"),
        ({"coordinates": {"latitude": None, "longitude": "5"}}, "coordinates.latitude", "is absent"),
        ({"coordinates": "52,5"}, "coordinates", "is not an object"),
        ({"evses": {}}, "evses", "is not a list"),
    ],
)
def test_a_location_that_makes_no_sense_is_refused_with_its_charge_points(world, import_ocpi, given, column, says):
    fields = location("M1", evse("NL*GRG*E1")) | given
    report = import_ocpi("locations", fields, location("M2"), skip_bad=True)
    assert (report.new, report.status) == (1, 0)
    assert says in next(each["message"] for each in report.errors if each["column"] == column)
    assert not ChargePoint.objects.filter(identity="NLGRGE1").exists()
    assert Location.objects.filter(provider=world.greengrid).exclude(pk=world.market.location_id).get().code == "M2"


@pytest.mark.parametrize("value", ["a text", 7, None, []])
def test_what_is_no_object_is_refused_by_its_place_in_the_file(world, import_ocpi, value):
    report = import_ocpi("locations", value, location("M1", value))
    assert (report.status, [each["id"] for each in report.errors]) == (1, ["#1", "M1 evses[0]"])
    assert not Location.objects.filter(code="M1").exists()


def test_an_evse_without_any_id_is_refused_and_one_with_a_uid_is_known_by_it(world, import_ocpi):
    report = import_ocpi("locations", location("M1", evse(None, uid=None), evse(None, uid="A*294")), skip_bad=True)
    assert messages(report)["M1 evses[0]", "evses[0].uid"].startswith("is absent, and so is evse_id")
    assert ChargePoint.objects.get(location__code="M1").identity == "A*294"


def test_an_identity_of_another_provider_cannot_be_used(world, import_ocpi):
    report = import_ocpi("locations", location("M1", evse("NO*BLV*E0001")), skip_bad=True)
    assert messages(report) == {("NO*BLV*E0001", "evse_id"): "its identity cannot be used; check the EVSE ID"}
    world.quay.refresh_from_db()
    assert (world.quay.provider, world.quay.location.code != "M1") == (world.bluevolt, True)


def test_a_published_location_is_kept_out_of_a_home_group(world, import_ocpi):
    make.ChargeGroupFactory(user_group=world.north, code="HOME", type="home")
    feed = [location("M1", evse("NL*GRG*E1")), location("M2", evse("NL*GRG*E2"), publish=False)]
    report = import_ocpi("locations", *feed, charge_group="HOME", skip_bad=True)
    assert messages(report)["NL*GRG*E1", "published"].startswith("The locations of a Home group are not published")
    assert counts(report) == (3, 0, 0, 1)
    assert ChargePoint.objects.get(charge_group__code="HOME").identity == "NLGRGE2"


def test_a_location_of_home_chargers_is_not_published_by_a_feed(world, import_ocpi):
    home = make.ChargeGroupFactory(user_group=world.north, code="HOME", type="home")
    import_ocpi("locations", location("M1", evse("NL*GRG*E1"), publish=False), charge_group="HOME")
    report = import_ocpi("locations", location("M1", evse("NL*GRG*E1")), location("M2"), skip_bad=True)
    assert counts(report) == (1, 0, 0, 2)
    assert not Location.objects.get(code="M1").published
    assert home.chargepoint_set.count() == 1


def test_a_tariff_id_that_points_at_nothing_is_a_warning(world, import_ocpi):
    feed = location("M1", evse("NL*GRG*E1", connector(tariff_ids=["STANDARD", "GONE"])))
    report = import_ocpi("locations", feed)
    assert (report.status, counts(report)) == (0, (2, 0, 0, 0))
    assert [(each["id"], each["column"]) for each in report.warnings] == [("NL*GRG*E1", "tariff_ids")]
    assert "GONE" in report.warnings[0]["message"]
    assert "STANDARD" not in report.warnings[0]["message"]


def test_an_evse_without_connectors_is_taken_with_a_warning(world, import_ocpi):
    report = import_ocpi("locations", location("M1", evse("NL*GRG*E1", connectors=None)))
    assert (counts(report), report.warnings[0]["column"]) == ((2, 0, 0, 0), "connectors")


@pytest.mark.parametrize(
    ("given", "kilowatts"),
    [
        ({"max_electric_power": 17_300}, "17.3"),
        ({"power_type": "AC_1_PHASE", "max_amperage": 32}, "7.36"),
        ({"power_type": "AC_3_PHASE", "max_amperage": 16}, "11.04"),
        ({"power_type": "AC_3_PHASE", "max_voltage": 400, "max_amperage": 32}, "22.17"),
        ({"power_type": "DC", "max_voltage": 500, "max_amperage": 300}, "150"),
    ],
)
def test_the_power_is_the_one_given_or_follows_from_volts_and_amps(world, import_ocpi, given, kilowatts):
    import_ocpi("locations", location("M1", evse("NL*GRG*E1", connector(**given))))
    assert round(ChargePoint.objects.get(identity="NLGRGE1").max_power_kw, 2) == Decimal(kilowatts)


@pytest.mark.parametrize("options", [{"provider": "GONE"}, {"provider": None}, {"charge_group": "CG-OSLO"}])
def test_who_or_where_it_is_must_be_known(world, import_ocpi, options):
    report = import_ocpi("locations", location("M1"), **options)
    assert report.status == 2
    assert not Location.objects.filter(code="M1").exists()
