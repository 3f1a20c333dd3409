"""Which changes of terms does a file make: what is shown, what goes on the record, who is told?"""

import io
from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from changes.apply import apply_change, preview_change
from changes.models import Change
from changes.undo import undo_proposal
from chargegroups.models import CustomerException
from chargepoints.authorization import authorize
from chargepoints.models import ChargePoint
from customers.models import Customer, LetterSettings, Notice, StaffAlert
from evcnet import datetimes
from tariffs import writes as tariff_writes
from tariffs.models import TariffElement
from tests import factories as make
from tests.importexport.files import csv_of

pytestmark = pytest.mark.django_db
LATER = "2100-01-01T00:00:00Z"
THEN = datetime(2100, 1, 1, tzinfo=UTC)
EXCEPTIONS = "charge_group,customer,access,tariff"


def only_change():
    return Change.objects.get()


def counts(change):
    return {effect: count for effect, count in change.impact["counts"].items() if count}


def undo(change):
    proposal = undo_proposal(change)
    shown = preview_change(proposal).impact.fingerprint
    return apply_change(proposal, fingerprint=shown, undoes=change).change


def asked(card="04AA11"):
    return authorize(card, "NLGRGE0001", datetimes.database_clock())


def test_exceptions_of_a_file_are_one_change_with_its_counts_and_reason(world, take):
    answer = take("exceptions", EXCEPTIONS, "CG-LEUSDEN,1001,denied,", "CG-LEUSDEN,1002,allowed,CHEAP")
    assert answer.counts == (2, 0, 0, 0)
    change = only_change()
    assert (change.kind, change.made_by, change.reason) == ("exceptions", None, "import_csv rows.csv")
    assert change.preview_note == "not shown: file"
    assert counts(change) == {"loses_access": 1, "gains_access": 1}
    assert list(change.groups.all()) == [world.leusden]
    assert (asked().reason, asked("04BB22").reason) == ("exception_denied", "exception_allowed")


@pytest.mark.parametrize(("options", "numbers"), [({}, set()), ({"notify": "all"}, {"1001", "1002"})])
def test_customers_are_told_where_the_command_says_so(world, take, options, numbers):
    take("exceptions", EXCEPTIONS, "CG-LEUSDEN,1001,denied,", "CG-LEUSDEN,1002,allowed,CHEAP", **options)
    assert set(Notice.objects.values_list("customer__number", flat=True)) == numbers
    assert only_change().notify == options.get("notify", "none")


def test_staff_are_alerted_of_a_file_once_for_each_change_whatever_customers_are_told(world, take):
    take("exceptions", EXCEPTIONS, "CG-LEUSDEN,1001,denied,", "CG-LEUSDEN,1002,allowed,CHEAP")
    alerts = StaffAlert.objects.order_by("login__name")
    assert list(alerts.values_list("login__name", flat=True)) == ["Anna", "Ben", "Carla", "Hugo", "Rita"]
    part = alerts.get(login=world.carla).alert.part([world.north.pk])
    assert (part.counts["loses_access"], part.counts["gains_access"]) == (1, 0)


def test_nobody_is_alerted_where_nothing_is_written(world, take):
    take("exceptions", EXCEPTIONS, "CG-LEUSDEN,1001,denied,", "CG-LEUSDEN,1002,perhaps,")
    take("exceptions", EXCEPTIONS, "CG-LEUSDEN,1001,denied,", dry_run=True)
    assert not StaffAlert.objects.exists()


def test_a_file_of_exceptions_is_undone_whole(world, take):
    take("exceptions", EXCEPTIONS, "CG-LEUSDEN,1001,allowed,CHEAP")
    earlier = only_change()
    take("exceptions", EXCEPTIONS, "CG-LEUSDEN,1001,denied,", "CG-LEUSDEN,1002,allowed,")
    undo(Change.objects.exclude(pk=earlier.pk).get())
    [kept] = CustomerException.objects.all()
    assert (kept.customer, kept.access, kept.tariff) == (world.jansen, "allowed", world.cheap)


def test_rows_that_change_nothing_are_no_change(world, take):
    take("exceptions", EXCEPTIONS, "CG-LEUSDEN,1001,denied,")
    assert take("exceptions", EXCEPTIONS, "CG-LEUSDEN,1001,denied,").counts == (0, 0, 1, 0)
    assert Change.objects.count() == 1


@pytest.mark.parametrize("options", [{"dry_run": True}, {}])
def test_nothing_is_on_the_record_where_nothing_is_written(world, take, options):
    bad = [] if options else ["CG-LEUSDEN,1002,perhaps,"]
    take("exceptions", EXCEPTIONS, "CG-LEUSDEN,1001,denied,", *bad, **options)
    assert not Change.objects.exists()
    assert not CustomerException.objects.exists()


def test_the_command_says_on_standard_error_whom_it_affects_and_tells_nobody(world, tmp_path):
    file = tmp_path / "rows.csv"
    file.write_bytes(csv_of(EXCEPTIONS, "CG-LEUSDEN,1001,denied,"))
    said = io.StringIO()
    call_command("import_csv", "exceptions", str(file), provider="GRG", stdout=io.StringIO(), stderr=said)
    assert "1 exception at CG-LEUSDEN Leusden centre: 1 loses access." in said.getvalue()
    assert only_change().notify == "none"
    assert not Notice.objects.exists()


def test_a_file_that_raises_a_price_on_short_notice_is_warned_of_on_standard_error(world, tmp_path):
    LetterSettings.objects.create(provider=world.greengrid, price_rise_days=14)
    make.TariffFactory(provider=world.greengrid, code="DEAR", per_kwh="0.90")
    file = tmp_path / "rows.csv"
    file.write_bytes(csv_of(EXCEPTIONS, "CG-LEUSDEN,1001,allowed,DEAR"))
    output = io.StringIO()
    call_command("import_csv", "exceptions", str(file), provider="GRG", stdout=io.StringIO(), stderr=output)
    assert "The price rises for 1 customer, and GreenGrid announces a rise 14 days ahead" in output.getvalue()


def test_points_of_a_file_that_are_detached_and_moved_are_one_change_and_are_undone(world, take):
    second = make.ChargeGroupFactory(user_group=world.south, code="CG-2", terms={"tariff": world.standard})
    other = make.ChargePointFactory(charge_group=second, provider=world.greengrid, identity="NLGRGE0002")
    rows = ["NLGRGE0001,,", "NLGRGE0002,CG-LEUSDEN,out_of_service"]
    assert take("charge_points", "identity,charge_group,status", *rows).counts == (0, 2, 0, 0)
    change = only_change()
    assert (change.kind, counts(change)) == ("points", {"loses_access": 1, "unchanged": 1})
    other.refresh_from_db()
    assert (other.charge_group, other.status) == (world.leusden, "out_of_service")
    undo(change)
    other.refresh_from_db()
    world.market.refresh_from_db()
    assert (other.charge_group, other.status) == (second, "active")
    assert (world.market.charge_group, world.market.status) == (world.leusden, "active")


def test_new_points_of_a_file_come_into_their_groups_by_a_change(world, take):
    location = make.LocationFactory(provider=world.greengrid, code="L-NEW")
    header = "identity,location,charge_group,status"
    assert take("charge_points", header, f"NEW1,{location.code},CG-LEUSDEN,active", "NEW2,,,").counts == (2, 0, 0, 0)
    change = only_change()
    assert (change.impact["points"], change.proposal["moves"]) == (1, [["NEW1", "CG-LEUSDEN"]])
    undo(change)
    point = ChargePoint.objects.get(identity="NEW1")
    assert (point.charge_group, point.status) == (None, "inactive")


def test_points_that_stay_in_their_groups_are_no_change(world, take):
    take("charge_points", "identity,name,status", "NLGRGE0001,Market square,inactive")
    assert not Change.objects.exists()


def test_customers_of_a_file_go_to_several_user_groups_by_one_change_and_back(world, take):
    header = "user_group,number,name,status"
    rows = ["SOUTH,1001,Jansen,active", 'NORTH,1002,"Bakker, M.",active', "NORTH,1003,New,active"]
    assert take("customers", header, *rows).counts == (1, 2, 0, 0)
    change = only_change()
    assert (change.kind, counts(change)) == ("customers", {"loses_access": 1, "gains_access": 1})
    assert str(change) == "2 customers moved to 2 user groups"
    undo(change)
    assert dict(Customer.objects.filter(provider=world.greengrid).values_list("number", "user_group__code")) == {
        "1001": "NORTH",
        "1002": "SOUTH",
        "1003": "NORTH",
    }


def test_a_blocked_customer_is_no_change_of_terms(world, take):
    take("customers", "user_group,number,name,status", "NORTH,1001,Jansen,blocked")
    assert not Change.objects.exists()


def test_a_later_version_of_a_tariff_in_use_is_a_scheduled_change(world, take):
    header = "code,name,valid_from,energy_per_kwh"
    assert take("tariffs", header, f"STANDARD,Standard,{LATER},0.50").counts == (1, 0, 0, 0)
    change = only_change()
    assert (change.kind, change.scheduled, change.takes_effect_at) == ("version", True, THEN)
    assert counts(change) == {"pays_more": 1, "unchanged": 1}
    assert world.standard.versions.get(changes=change).valid_from == THEN


def test_a_version_of_a_file_without_the_vat_of_the_one_before_is_warned_of(world, take):
    make.reprice(world.standard, energy_price="0.35", energy_vat=21)
    header = "code,name,valid_from,energy_per_kwh,vat_percent"
    take("tariffs", header, f"STANDARD,Standard,{LATER},0.50,21", "STANDARD,Standard,2101-01-01T00:00:00Z,0.50,0")
    with_vat, without = Change.objects.order_by("takes_effect_at")
    assert with_vat.impact["warnings"] == []
    assert "The prices before have VAT" in without.impact["warnings"][0]


def test_each_version_is_judged_on_those_before_it_in_the_file(world, take):
    header = "code,name,valid_from,energy_per_kwh"
    rows = ["STANDARD,Standard,2101-01-01T00:00:00Z,0.40", f"STANDARD,Standard,{LATER},0.50"]
    take("tariffs", header, *rows)
    first, second = Change.objects.order_by("takes_effect_at")
    assert (counts(first)["pays_more"], counts(second)["pays_less"]) == (1, 1)


def test_a_scheduled_version_that_a_file_changes_is_cancelled_and_made_anew(world, take):
    header = "code,name,valid_from,energy_per_kwh"
    take("tariffs", header, f"STANDARD,Standard,{LATER},0.50")
    assert take("tariffs", header, f"STANDARD,Standard,{LATER},0.20").counts == (0, 1, 0, 0)
    first, second = Change.objects.order_by("pk")
    assert first.cancelled_at is not None and second.cancelled_at is None
    assert counts(second) == {"pays_less": 1, "unchanged": 1}
    assert "0.20" in authorize("04AA11", "NLGRGE0001", THEN).price_text


def test_a_new_tariff_and_versions_of_one_that_nothing_uses_are_no_change(world, take):
    tariff_writes.add_version(world.cheap, [TariffElement(energy_price="0.21")], valid_from=THEN)
    header = "code,name,valid_from,energy_per_kwh"
    take("tariffs", header, "NEW,New,2026-01-01,0.30", f"NEW,New,{LATER},0.40", f"CHEAP,Cheap,{LATER},0.22")
    assert not Change.objects.exists()


@pytest.mark.parametrize("many", [20, 200])
def test_many_exceptions_are_judged_by_their_facts_and_not_one_by_one(world, take, many):
    people = [
        make.CustomerFactory.build(user_group=world.north, provider=world.greengrid, number=f"C{n}")
        for n in range(many)
    ]
    Customer.objects.bulk_create(people)
    with CaptureQueriesContext(connection) as queries:
        take("exceptions", EXCEPTIONS, *[f"CG-LEUSDEN,C{n},denied," for n in range(many)])
    assert counts(only_change())["loses_access"] == many
    assert len(queries) < 80
