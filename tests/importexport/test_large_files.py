"""Large files: what is said of a row is the same among a few and among very many, and memory and statements stay few."""

import errno
import os
import subprocess
import sys
import tracemalloc

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.customer_import import HEADER, rows
from bench.import_errors import missed, spoiled
from customers.models import ChargeCard, Customer
from evcnet.history import event_model
from evcnet.importexport import sheet_rows, sheet_stream
from evcnet.importexport.csv_file import read_csv
from evcnet.importexport.plain_rows import PlainBatch, PlainColumn, PlainRows
from evcnet.importexport.registry import RESOURCES, resource_named
from evcnet.importexport.row_errors import UnreadableFile
from evcnet.importexport.row_reader import RowReader
from evcnet.importexport.scope import FileScope
from evcnet.importexport.sheet_stream import SheetStream
from evcnet.importexport.storages import UploadStorage
from tests import factories as make
from tests.importexport.files import csv_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_batches")]
CUSTOMERS = "user_group,number,name,email,status,payment"
CARDS = "uid,customer,visual_number,type,roaming,status,valid_from,valid_until"
BOTH = "user_group,number,name,payment,card_uid,card_visual_number,card_roaming,card_valid_from"
STAGED = [kind for kind in RESOURCES if resource_named(kind).stages_rows]


def customers(count: int, first: int = 10_000) -> list[str]:
    return [f"NORTH,{number},Person {number},p{number}@example.org,active," for number in range(first, first + count)]


def cards(count: int) -> list[str]:
    return [f"04F0{number:06},1001,P{number % 90},RFID,,,2026-01-01," for number in range(count)]


def locations(count: int) -> list[str]:
    return [f"PLACE{number},Place {number},Street {number},NL,52.{number:05},5.2," for number in range(count)]


def points(count: int) -> list[str]:
    """Some are attached, and so part of a change."""
    groups = {0: "CG-LEUSDEN", 1: ""}
    return [f"NLGRGE5{number:03},Point {number},{groups.get(number % 9, '')},,22,," for number in range(count)]


def customers_with_cards(count: int) -> list[str]:
    """Three cards a customer; the second row repeats who it is, the third says it by standing below."""
    shapes = (
        "NORTH,{customer},Person {customer},,04F1{row:06},V{row},{roams},2026-01-01",
        ",{customer},Person {customer},,04F1{row:06},,,",
        ",,,,04F1{row:06},V{row},,",
    )
    facts = [{"row": row, "customer": 20_000 + row // 3, "roams": "true" if row % 2 else ""} for row in range(count)]
    return [shapes[row % 3].format(**facts[row]) for row in range(count)]


@pytest.fixture
def small_batches(monkeypatch):
    """As if a file had many times as many rows as it has."""
    for module in (sheet_stream, sheet_rows):
        monkeypatch.setattr(module, "TOGETHER", 100)
    for module in ("evcnet.importexport.staged_import", "customers.resources.customer_runs"):
        monkeypatch.setattr(f"{module}.MAX_ROWS", 10)


def without_plain_rows(monkeypatch) -> None:
    monkeypatch.setattr(PlainRows, "read", lambda self, rows, may_add: PlainBatch(odd=set(range(len(rows)))))


def with_rows(good: list[str], bad: dict[int, str]) -> list[str]:
    return [bad.get(place, row) for place, row in enumerate(good)]


BAD_CUSTOMERS = {
    3: "NORTH,1001,Jansen,,blocked,",
    40: "EAST,1900,Nobody's group,,active,",
    130: "NORTH,10003,Twice,,active,",
    131: "NORTH,1902,,no.name@example.org,active,",
    170: "NORTH,1903,Wrong address,wrong@,active,",
    210: "NORTH,1904,Wrong status,,closed,",
    211: 'NORTH,="1905",Formula,,active,',
    250: "NORTH,4.17574E+12,Short number,,active,",
    251: "NORTH,19\u200b06,Zero width,,active,",
    252: f"NORTH,{'9' * 40},Too long,,active,",
    253: "SOUTH,1002,Moves,,active,",
    254: "NORTH,1907,Too long,,active,,,",
    260: "NORTH,'-1908,Escaped,,active,",
    290: "NORTH,10004,Twice as well,,active,",
}
BAD_CARDS = {
    3: "04AA11,1002,,,,,,",
    30: "04DD01,9999,,,,,,",
    110: "04:F0:000002,1001,,,,,,",
    120: "4F0000003,1001,,,,,,",
    130: "04DD02,1001,,RFID,,,2026-05-01,2026-04-01",
    140: "04DD03,,,,,active,,",
    150: "04DD04,1001,,,maybe,,,",
    160: "04DD05,1001,,,,,31-12-2026,",
    170: "04DÄ06,1001,,,,,,",
    180: "04DD07,,X-1,,,,,2026-12-31",
    190: "04DD08,1003,,,true,,,",
    250: "04F0000004,1001,,,,,,",
}
BAD_CUSTOMERS_WITH_CARDS = {
    30: "EAST,20010,Nobody's group,,04F1000030,,,",
    61: ",20020,Another name,,04F1000061,,,",
    92: ",,,,04:F1:000062,,,",
    120: "NORTH,20011,Twice,,04F1000120,,,",
    151: ",20050,,,,,,",
    180: "NORTH,20060,Prepaid,prepaid,04F1000180,,true,",
    211: ",,,,04AA11,,,",
    240: "NORTH,20080,Unknown payment,cash,04F1000240,,,",
    250: ",,,,4F1000003,,,",
    254: ",,Somebody new,,04F1000254,,,",
    260: ",,,,04DD01,,perhaps,",
    269: ",,,,04DD02,,,,,,",
    280: ",,,,,V-1,,",
    288: "NORTH,1002,Bakker,,04F1000288,,,",
    297: 'NORTH,="20099",Formula,,04F1000297,,,',
}
BAD_LOCATIONS = {
    3: "PLACE2,Twice,,NL,,,",
    40: "LX1,,,NL,,,",
    130: "LX2,Nowhere,,XX,,,",
    150: "LX3,Too far north,,NL,91,5,",
    170: 'LX4,A comma,,NL,"52,1",5,',
    190: "LX5,Published,,NL,,,perhaps",
    250: f"LX6,{'n' * 201},,NL,,,",
    260: "PLACE9 ,Twice with a blank,,NL,,,",
}
BAD_POINTS = {
    3: "NLGRGE5002,Twice,,,,,",
    40: "nlgrge-5041,Twice by another spelling,,,,,",
    130: "NOBLVE0001,Of another provider,,,,,",
    140: "NLGRGE0001,Market,CG-OSLO,,,,",
    150: "NLGRGX01,No such group,CG-NOWHERE,,,,",
    170: "NLGRGX02,Too strong,,,1001,,",
    180: "NLGRGX03,Active without a group,,,,active,",
    190: "NLGRGX04,No such owner,,,,,9999",
    200: "NLGRGX05,Wrong status,,,,broken,",
    250: f"NLGRGX06,{'n' * 101},,,,,",
    260: "4.17574E+12,Short number,,,,,",
}
LOCATIONS = "code,name,address,country,latitude,longitude,published"
POINTS = "identity,name,charge_group,evse_id,max_power_kw,status,owner"
FILES = {
    "customers": (CUSTOMERS, customers(300), BAD_CUSTOMERS),
    "charge_cards": (CARDS, cards(300), BAD_CARDS),
    "locations": (LOCATIONS, locations(300), BAD_LOCATIONS),
    "charge_points": (POINTS, points(300), BAD_POINTS),
    "customers_with_cards": (BOTH, customers_with_cards(300), BAD_CUSTOMERS_WITH_CARDS),
}


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("is_corrected", [False, True], ids=["with bad rows", "corrected"])
def test_rows_taken_together_and_one_by_one_come_to_the_same(kind, is_corrected, world, take, monkeypatch):
    make.CustomerFactory(user_group=world.north, number="1003", payment="prepaid")
    header, good, bad = FILES[kind]
    lines = [header, *(good if is_corrected else with_rows(good, bad))]
    together = take(kind, *lines, dry_run=True).said
    with monkeypatch.context() as patch:
        without_plain_rows(patch)
        one_by_one = take(kind, *lines, dry_run=True).said
    assert together == one_by_one
    assert bool(together["errors"]) != is_corrected


@pytest.mark.parametrize("kind", FILES)
def test_what_was_written_together_is_unchanged_when_it_comes_again(kind, world, take):
    header, good, _ = FILES[kind]
    assert take(kind, header, *good).counts == (300, 0, 0, 0)
    assert take(kind, header, *good).counts == (0, 0, 300, 0)


def test_cards_taken_together_with_their_customers_hang_on_them(world, take):
    lines = customers_with_cards(300)
    lines[150:152] = ['NORTH,1001,"Jansen, T.",,04F1000150,,,', ",1001,,,04F1000151,,,"]
    take("customers_with_cards", BOTH, *lines)
    owners = dict(ChargeCard.objects.filter(uid__startswith="04F1").values_list("uid", "customer__number"))
    expected = {f"04F1{row:06}": str(20_000 + row // 3) for row in range(300)}
    assert owners == expected | {f"04F1{row:06}": "1001" for row in (150, 151, 152)}


def test_a_customer_who_appears_meanwhile_refuses_the_file_and_its_cards(world, take, monkeypatch):
    make.CustomerFactory(user_group=world.north, number="20040")
    monkeypatch.setattr(PlainRows, "_stored", lambda self, keys: {})
    answer = take("customers_with_cards", BOTH, *customers_with_cards(300))
    assert answer.errors[0] == (122, "number") and not answer.said["written"]
    assert not ChargeCard.objects.filter(uid__startswith="04F1").exists()


def test_a_key_that_comes_again_much_later_names_the_row_that_had_it_first(world, take):
    lines = with_rows(customers(300), {290: "NORTH,10004,Twice,,active,"})
    answer = take("customers", CUSTOMERS, *lines)
    assert answer.counts == (299, 0, 0, 1)
    assert "stands in row 6 already" in answer.messages and answer.errors == [(292, "number")]
    assert not Customer.objects.filter(number="10000").exists()


def test_a_card_of_another_provider_refuses_the_row_that_has_its_uid(world, take):
    taken = make.ChargeCardFactory(customer__user_group__provider=world.bluevolt, uid="04F0000250")
    answer = take("charge_cards", CARDS, *cards(300))
    assert answer.counts == (299, 0, 0, 1) and answer.errors == [(252, "uid")]
    assert list(ChargeCard.objects.filter(uid__startswith="04F0")) == [taken]


def test_the_history_says_of_every_row_which_file_brought_it(world, take):
    take("customers", CUSTOMERS, *customers(250))
    events = event_model(Customer).objects.filter(number__regex="^10...$")
    assert events.count() == 250  # and nothing says that one was changed at once
    assert {each.pgh_context.metadata["file"] for each in events.select_related("pgh_context")} == {"rows.csv"}


def test_the_first_of_very_many_new_rows_are_shown(world, monkeypatch):
    monkeypatch.setattr("evcnet.importexport.results.MAX_ROWS", 10)
    resource = resource_named("customers")(FileScope(), world.greengrid)
    result = resource.import_data(read_csv(csv_of(CUSTOMERS, *customers(150))), dry_run=True)
    assert result.new == 150 and [each.number for each in result.rows] == list(range(2, 12))


def test_the_summary_counts_rows_that_were_taken_together(world, take):
    lines = [f"NORTH,{number},Somebody,,pending," for number in range(10_000, 10_250)]
    assert take("customers", CUSTOMERS, *lines, dry_run=True).said["summary"] == ["250 new customers are pending."]
    said = take("charge_cards", CARDS, *cards(250), dry_run=True).said["summary"]
    assert said == ["160 new charge cards bear a visual number that exists."]


def test_each_provider_of_a_file_has_its_rows_written_once(world, take):
    make.UserGroupFactory(provider=world.bluevolt, code="NORTH")
    lines = [f"{'BLV' if place % 2 else 'GRG'},{row}" for place, row in enumerate(customers(300))]
    answer = take("customers", f"provider,{CUSTOMERS}", *lines, provider=None)
    assert answer.counts == (300, 0, 0, 0)
    assert Customer.objects.filter(provider=world.bluevolt, number__startswith="10").count() == 150


def test_a_row_that_appears_meanwhile_refuses_the_file(world, take, monkeypatch):
    """Between the look at what is stored and the insertion somebody else adds the customer."""
    make.CustomerFactory(user_group=world.north, number="10250")
    monkeypatch.setattr(PlainRows, "_stored", lambda self, keys: {})
    answer = take("customers", CUSTOMERS, *customers(300))
    assert answer.counts == (299, 0, 0, 1) and answer.errors == [(252, "number")]
    assert not Customer.objects.filter(number="10000").exists()


ROWS_OF = {
    "customers": (CUSTOMERS, customers),
    "charge_cards": (CARDS, cards),
    "customers_with_cards": (BOTH, customers_with_cards),
    "locations": (LOCATIONS, locations),
    "charge_points": (POINTS, points),
}


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("dry_run", [True, False], ids=["preview", "write"])
def test_very_many_rows_take_a_few_statements_for_each_batch(kind, dry_run, world, take):
    counts, (header, rows_of) = [], ROWS_OF[kind]
    for count in (200, 1_200):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            take(kind, header, *rows_of(count), dry_run=dry_run)
        counts.append(len(queries))
    assert counts[1] - counts[0] <= 10 * (18 if kind == "customers_with_cards" else 8)


@pytest.mark.parametrize("kind", ["customers", "customers_with_cards"])
def test_memory_does_not_grow_with_the_rows(kind, world, take, tmp_path):
    header, rows_of = ROWS_OF[kind]

    def peak(count: int) -> int:
        file = tmp_path / f"{count}.csv"
        file.write_bytes(csv_of(header, *rows_of(count)))
        resource = resource_named(kind)(FileScope(), world.greengrid)
        tracemalloc.start()
        resource.import_data(SheetStream(file), dry_run=True)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(300)
    assert peak(6_000) - peak(300) < 1_500_000


# What is plain


@pytest.mark.parametrize("kind", STAGED)
def test_a_plain_cell_is_what_all_rules_make_of_it(kind, world):
    resource = resource_named(kind)(FileScope(), world.greengrid)
    names = [each.column_name for each in resource.columns]
    reader = RowReader(resource, read_csv(csv_of(",".join(names), "," * (len(names) - 1) + "x")))
    for column in resource.columns:
        plain = PlainColumn(reader, column, world.greengrid)
        if plain._fits is not None:
            _hold_plain_cells_to_the_rules(reader, column, plain, world.greengrid)


def _hold_plain_cells_to_the_rules(reader, column, plain, provider) -> None:
    @settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.from_regex(column.widget.plain_cells(), fullmatch=True))
    def holds(cell):
        [value] = plain.values([cell])
        assert value == reader.plain_value(column, cell, provider)
        assert plain._most is None or value == cell or len(cell) > plain._most

    holds()


# Streams


SHAPES = {
    "mixed line ends": b"number,name\r\n1,A\n2,B\r3,C\r\n",
    "blank rows and a title row of commas": b"\n,,\nnumber,name\n\n1,A\n,\n  , \n2,B\n",
    "a separator line": b"sep=;\r\nnumber;name\r\n1;A,B\r\n",
    "a mark, and another": "\ufeff\ufeffnumber,name\n1,Zoë\n".encode(),
    "rows of another length": b"number,name,email\n1,A\n2,B,c,d\n3,C,,,,\n4,D,\n",
    "line ends within cells": b'number,name,email\n1,"A\nB",\n2,"C,x\n3,D",\n4,E,f\n',
    "a column without a name and cells": b"number,,name,\n1,,A,\n2,,B,\n",
    "a column without a name": b"number,,name\n1,x,A\n",
    "no row": b"number,name\n",
    "empty rows alone": b"number,name\n,\n\n",
    "nothing": b"",
    "a quotation mark left open": b'number,name\n1,A\n2,"B\n3,C\n',
    "Windows-1252": "number,name\n1,A\n2,Zoë\n".encode("cp1252"),
    "a workbook of old": b"\xd0\xcf\x11\xe0" + b"0" * 100,
    "tabs": b"number\tname\n1\tA\n",
    "a NUL": b"number,name\n1,A\x00B\n",
}


@pytest.mark.parametrize("what", SHAPES)
def test_a_stream_has_the_rows_of_the_file_or_says_the_same(what, tmp_path):
    def read(sheet):
        numbered = list(sheet_rows.numbered_rows(sheet))
        rows = [(number, list(row)) for number, row in numbered]
        return sheet.headers, rows, sheet.ragged, sheet.file_width, sheet.top, len(sheet)

    file = tmp_path / "rows.csv"
    file.write_bytes(SHAPES[what])
    try:
        expected = read(read_csv(SHAPES[what]))
    except UnreadableFile as error:
        with pytest.raises(UnreadableFile) as raised:
            SheetStream(file)
        assert raised.value.error == error.error
    else:
        assert read(SheetStream(file)) == expected


def test_a_stream_has_other_columns_whenever_it_is_read(tmp_path):
    file = tmp_path / "rows.csv"
    file.write_bytes(b"number,name\n1,A\n2,B\n")
    turned = SheetStream(file).mapped(["name", "number"], lambda row: [row[1], row[0]])
    assert [list(each) for each in turned] == [["A", "1"], ["B", "2"]] == [list(each) for each in turned]


def test_what_has_no_end_is_refused_before_it_is_read(world, take, monkeypatch):
    monkeypatch.setattr(sheet_stream, "CELL_MOST", 1_000)
    answer = take("customers", csv_of(CUSTOMERS, "NORTH,1,Good,,,") + b"x" * 5_000)
    assert answer.status == 2 and "more than 1,000 characters" in answer.messages


def test_ten_thousand_columns_are_refused_in_one_error(world, take):
    names = ",".join(f"c{place}" for place in range(10_000))
    answer = take("customers", csv_of(names, "1" + "," * 9_999))
    assert answer.status == 1 and "10,000 unknown columns" in answer.messages and len(answer.messages) < 5_000


# All that can be wrong


def test_twenty_ways_to_be_wrong_are_all_reported_and_corrected_the_file_comes_in(world, take):
    make.UserGroupFactory(provider=world.greengrid, code="EAST")
    good, wrong = list(rows(400)), list(spoiled(rows(400), 20))
    answer = take("customers", HEADER, *wrong)
    assert (answer.said["invalid"], answer.said["written"]) == (20, False)
    assert missed([[each["row"], each["column"], each["message"]] for each in answer.said["errors"]], 400, 20) == []
    assert not Customer.objects.filter(number__startswith="C0").exists()
    assert take("customers", HEADER, *good).counts == (400, 0, 0, 0)
    assert take("customers", HEADER, *good).counts == (0, 0, 400, 0)


def test_all_errors_can_be_had_and_a_thousand_are_kept(world):
    lines = [f"EAST,{number},Somebody,,," for number in range(2_500)]
    resource = resource_named("customers")(FileScope(), world.greengrid)
    result = resource.import_data(read_csv(csv_of(CUSTOMERS, *lines)))
    assert (result.invalid, len(result.errors), result.error_count) == (2_500, 1_000, 2_500)
    assert [each.row for each in result.all_errors()] == list(range(2, 2_502))
    header, first, *others = result.error_table()
    assert (header, first[:2], len(others)) == (["row", "column", "message"], ["2", "user_group"], 2_499)


# Bad luck


def test_a_full_disk_is_said_and_leaves_nothing(world, signed_in, tmp_path, monkeypatch):
    def fill_disk(self, file):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(UploadStorage, "save_notes", fill_disk)
    file = SimpleUploadedFile("rows.csv", csv_of(CUSTOMERS, *customers(3)))
    with override_settings(MEDIA_ROOT=tmp_path):
        answer = signed_in(world.anna).post(reverse("admin:customers_customer_import"), {"import_file": file})
    assert answer.status_code == 200 and "No space left on device" in answer.content.decode()
    assert not [each for each in tmp_path.rglob("*") if each.is_file()]


def test_a_database_that_gives_up_half_way_leaves_nothing(world, take):
    """Its disk is full for the fourth of the batches, as far as temporary tables go."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = 'disk_full'; END $$;"
            "CREATE TRIGGER no_room BEFORE INSERT ON customers_customer "
            "FOR EACH ROW WHEN (NEW.number = '10250') EXECUTE FUNCTION no_room()"
        )
    answer = take("customers", CUSTOMERS, *customers(300))
    assert answer.status == 2 and not answer.said["written"]
    assert "nothing was written: No space left on device" in answer.messages
    assert not Customer.objects.filter(number="10000").exists()


def test_the_same_rows_are_taken_one_by_one_in_every_process():
    """Else one process would call changed what another has previewed."""
    asked = (
        "from evcnet.importexport.possible_doubles import PossibleDoubles; doubles = PossibleDoubles(str, 1);"
        "keys = [f'K{number}' for number in range(3000)]; doubles.look_at(keys); print(sorted(doubles.positions_in(keys)))"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", asked], env=os.environ | {"PYTHONHASHSEED": seed}, stdout=subprocess.PIPE, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1 and len(answers.pop()) > 10
