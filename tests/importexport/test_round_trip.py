"""Round trips: what goes out comes in again unchanged."""

import csv
import io
from datetime import UTC, datetime

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as some

from chargepoints.models import ChargePoint, Location, Session
from customers.models import ChargeCard, Customer, Provider, UserGroup
from customers.privacy.erase import erase
from evcnet.importexport.formulas import escaped, unescaped
from evcnet.importexport.registry import RESOURCES
from tariffs import writes as tariff_writes
from tariffs.models import TariffElement, TariffVersion
from tests import factories as make
from tests.importexport.files import export_csv, workbook_of
from tests.sessions import record

HOSTILE = [
    "=1+1",
    "+31 6",
    "-2",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "'=1",
    "''quoted",
    'say "hi"; or, not',
    "two\nlines\r\nthree",
    " spaces ",
    "ünï😀",
    "null",
    "true",
    "1,5",
]


@pytest.fixture
def hostile_world(world):
    """The small world, with every text that could go wrong on its way through a file."""
    for number, text in enumerate(HOSTILE):
        customer = make.CustomerFactory(user_group=world.south, number=f"H{number}", name=text)
        printed = " ".join(text.split())  # no control sign
        make.ChargeCardFactory(customer=customer, uid=f"-UID{number}", visual_number=printed, roaming=bool(number % 2))
        make.LocationFactory(
            provider=world.greengrid, name=text, address=text, latitude="-5.25", longitude="-0.0000001"
        )
        group = make.ChargeGroupFactory(
            user_group=world.north,
            code=f"={number}",
            name=text,
            additional_information=text,
            terms={"tariff": world.cheap},
        )
        make.CustomerExceptionFactory(charge_group=group, customer=customer, note=text, tariff=world.standard)
        make.UserGroupFactory(provider=world.greengrid, code=f"+{number}", name=text, parent=world.north)
        make.TariffFactory(provider=world.greengrid, code=f"@{number}", name=text, per_kwh="0.1234")
        make.ProviderFactory(code=f"-{number}", name=text, minimum_kwh="0.125")
        make.ChargePointFactory(charge_group=world.leusden, identity=f"=CP{number}", name=text, owner=customer)
        session = record(world, f"=S{number}", minutes=60 + number, card=[None, f"+{number}"][number % 2])
        Session.objects.filter(pk=session.pk).update(note=text)
    in_winter = datetime(2026, 10, 25, 1, 30, 0, 123456, tzinfo=UTC)  # 02:30 in Amsterdam, for the second time
    ChargeCard.objects.filter(uid="-UID3").update(valid_from=in_winter)
    Location.objects.filter(pk=world.market.location_id).update(time_zone="Asia/Tokyo", country="BE")
    ChargePoint.objects.filter(pk=world.market.pk).update(
        max_power_kw="22.125", evse_id="NL*GRG*E1", maker="=Alfen", model="N'G9"
    )
    return world


@pytest.mark.django_db
@pytest.mark.parametrize("kind", RESOURCES)
def test_what_was_exported_is_unchanged(hostile_world, take, kind):
    text, told = export_csv(kind)
    answer = take(kind, text.encode(), provider=None)
    assert answer.status == 0, answer.said
    assert answer.counts[:2] == (0, 0)
    assert answer.said["unchanged"] == answer.said["rows"] >= len(HOSTILE)
    assert not told


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [kind for kind in RESOURCES if kind != "providers"])
def test_one_providers_export_has_no_column_for_it(hostile_world, take, kind):
    text, _ = export_csv(kind, provider="GRG")
    assert not text.startswith("provider")
    answer = take(kind, text.encode())
    assert answer.status == 0, answer.said
    assert answer.said["unchanged"] == answer.said["rows"] > 0


@pytest.mark.django_db
def test_no_exported_cell_begins_like_a_formula(hostile_world):
    for kind in RESOURCES:
        for row in csv.DictReader(io.StringIO(export_csv(kind)[0], newline="")):
            texts = [cell for name, cell in row.items() if name not in ("latitude", "longitude")]
            assert not [cell for cell in texts if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@pytest.mark.django_db
def test_a_negative_number_is_a_number_and_no_formula(hostile_world):
    rows = csv.DictReader(io.StringIO(export_csv("locations", provider="GRG")[0], newline=""))
    assert {(row["latitude"], row["longitude"]) for row in rows} >= {("-5.25", "-0.0000001")}


@pytest.mark.django_db
def test_an_empty_installation_is_filled_from_the_files_of_another(hostile_world, take):
    files = {
        kind: export_csv(kind)[0] for kind in RESOURCES if kind != "customers_with_cards"
    }  # two kinds that are there
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        tables = [
            model._meta.db_table for model in (Provider, UserGroup, Customer, TariffVersion, ChargePoint, Location)
        ]
        cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
    for kind, text in files.items():
        answer = take(kind, text.encode(), provider=None)
        assert answer.status == 0, (kind, answer.said["errors"][:3])
        assert answer.said["new"] == answer.said["rows"] > 0
    assert {kind: export_csv(kind)[0] for kind in files} == {
        kind: text.replace(" spaces ", "spaces") for kind, text in files.items()
    }


@pytest.mark.django_db
def test_versions_that_no_row_can_hold_are_left_out_and_counted(world):
    later = datetime(2100, 1, 1, tzinfo=UTC)
    tariff_writes.add_version(
        world.cheap, [TariffElement(energy_price=1), TariffElement(flat_price=1)], valid_from=later
    )
    tariff_writes.add_version(world.standard, [TariffElement(energy_price=1, energy_step=1000)], valid_from=later)
    tariff_writes.add_version(world.foreign, [TariffElement(energy_price=1, min_kwh=5)], valid_from=later)
    make.TariffFactory(provider=world.greengrid, code="EMPTY", per_kwh=None)
    text, told = export_csv("tariffs")
    assert len(text.splitlines()) == 4
    for reason in ("several elements", "other steps", "restrictions", "without a version"):
        assert f"1 x a {'tariff' if reason.startswith('without') else 'version'}" in told
        assert reason in told


@pytest.mark.django_db
def test_the_output_can_be_a_file(world, tmp_path, take):
    from django.core.management import call_command

    file = tmp_path / "out.csv"
    call_command("export_csv", "customers", output=file, provider="GRG")
    assert take("customers", file.read_bytes()).counts == (0, 0, 2, 0)


@given(some.text())
def test_an_escape_is_undone_exactly(text):
    assert unescaped(escaped(text)) == text
    assert not escaped(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.django_db
def test_a_workbook_is_read_like_a_file(world, take):
    data = workbook_of(
        ["user_group", "number", "name", "email"],
        ["NORTH", 1003, "'=Visser", None],
        [],
        ["SOUTH", 1002.0, "Bakker, M.", "b@x.nl"],
    )
    assert take("customers", data).counts == (1, 1, 0, 0)
    assert Customer.objects.get(number="1003").name == "=Visser"


@pytest.mark.django_db
def test_numbers_dates_and_switches_of_a_workbook_are_read_as_they_are_shown(world, take):
    data = workbook_of(["uid", "customer", "roaming", "valid_from"], ["NEW1", 1001, True, datetime(2026, 7, 1, 9)])
    assert take("charge_cards", data).counts == (1, 0, 0, 0)
    card = ChargeCard.objects.get(uid="NEW1")
    assert (card.roaming, card.valid_from) == (True, datetime(2026, 7, 1, 7, tzinfo=UTC))
    data = workbook_of(
        ["code", "name", "valid_from", "energy_per_kwh"], ["SUM", "Sum", datetime(2026, 1, 1), 0.1 + 0.2]
    )
    assert take("tariffs", data).status == 0


# Files and erased customers


@pytest.fixture
def erased(world):
    record(world, "S1")
    erase(world.jansen)
    return world


def test_a_file_from_before_does_not_bring_the_person_back(erased, take):
    answer = take("customers", "user_group,number,name,status", 'NORTH,1001,"Jansen, T.",active')
    assert (answer.status, answer.errors) == (1, [(2, "number")])
    assert "was erased and stays so" in answer.messages
    assert Customer.objects.get(number="1001").name == "Erased customer"


def test_nor_does_a_file_of_cards(erased, take):
    answer = take("charge_cards", "uid,customer", "04AA11,1001")
    assert (answer.status, answer.errors) == (1, [(2, "customer")])
    assert not ChargeCard.objects.filter(uid="04AA11").exists()


@pytest.mark.parametrize("kind", ["customers", "charge_cards", "customers_with_cards", "sessions"])
def test_what_is_exported_afterwards_comes_in_unchanged_and_names_nobody(erased, take, kind):
    file, _ = export_csv(kind, provider="GRG")
    assert "Jansen" not in file
    assert "04AA11" not in file
    answer = take(kind, file.encode())
    new, updated, unchanged, invalid = answer.counts
    assert (new, updated, invalid) == (0, 0, 0)
    assert unchanged > 0
