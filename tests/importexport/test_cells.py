"""Cells as spreadsheets leave them: numbers that were texts, formats that show more than is held, and rows out of sight."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from openpyxl import Workbook

from chargegroups.models import CustomerException
from customers.models import ChargeCard, Customer
from tariffs.models import TariffVersion
from tests.importexport.files import saved, workbook_of

pytestmark = pytest.mark.django_db


def book_of(*rows, formats=None):
    """A workbook; ``formats`` are number formats by the name of a cell."""
    book = Workbook()
    for row in rows:
        book.active.append(row)
    for name, number_format in (formats or {}).items():
        book.active[name].number_format = number_format
    return book


# Numbers that a spreadsheet spoiled

SPOILED = ["4.17574E+12", "4,17574E+12", "1e+15", "417.574E+10", "+4.1E+012", "1.5E-05"]
WORDS = {
    "charge_cards": [("uid", "uid", "{}"), ("customer", "uid,customer", "NEW1,{}")],
    "customers": [
        ("number", "user_group,number,name", "NORTH,{},Visser"),
        ("user_group", "user_group,number,name", "{},1003,V"),
    ],
    "charge_points": [("identity", "identity", "{}"), ("evse_id", "identity,evse_id", "NEW1,{}")],
    "locations": [("code", "code,name,country", "{},Place,NL")],
    "exceptions": [("customer", "charge_group,customer", "CG-LEUSDEN,{}")],
    "sessions": [
        ("id", "id,charge_point,started_at,ended_at,kwh", "{},NLGRGE0001,2026-01-05T10:00,2026-01-05T11:00,3"),
        (
            "card_uid",
            "id,charge_point,card_uid,started_at,ended_at,kwh",
            "S1,NLGRGE0001,{},2026-01-05T10:00,2026-01-05T11:00,3",
        ),
    ],
}
PLACES = [(kind, *place) for kind, places in WORDS.items() for place in places]


@pytest.mark.parametrize(("kind", "column", "header", "row"), PLACES)
def test_a_shortened_number_is_refused_wherever_a_word_is_expected(world, take, kind, column, header, row):
    for spoiled in SPOILED:
        answer = take(kind, header, row.format(f'"{spoiled}"'))
        assert answer.counts == (0, 0, 0, 1), spoiled
        assert (2, column) in answer.errors and "format the column as text" in answer.messages


def test_a_printed_number_is_refused_as_well(world, take):
    answer = take("charge_cards", "uid,visual_number", "NEW1,1.23457E+13")
    assert answer.errors == [(2, "visual_number")] and not ChargeCard.objects.filter(uid="NEW1").exists()


@pytest.mark.parametrize("uid", ["4E10", "123456E7", "04E1F2", "E+10", "12.5E10", "4E-10"])
def test_a_hexadecimal_uid_with_an_e_is_none(world, take, uid):
    assert take("charge_cards", "uid", uid).counts == (1, 0, 0, 0)


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        (12345678901234567890, "more than 15 digits"),
        (1.234567890123457e19, "more than 15 digits"),
        (4.563732654e75, "more than 15 digits"),
        (datetime(2026, 5, 4), "is a date"),
        (date(2026, 5, 4), "is a date"),
    ],
)
def test_a_cell_that_is_no_text_is_refused_with_row_and_column(world, take, cell, why):
    answer = take("charge_cards", workbook_of(["uid", "customer"], ["GOOD", "1001"], [cell, "1001"]))
    assert answer.status == 1 and answer.errors == [(3, "uid")], "the whole file was called damaged"
    assert why in answer.messages and "format the column as text" in answer.messages
    assert not ChargeCard.objects.filter(uid="GOOD").exists()


def test_the_same_cell_is_refused_where_it_points_at_a_row(world, take):
    answer = take("exceptions", workbook_of(["charge_group", "customer"], ["CG-LEUSDEN", 1e20]))
    assert answer.errors == [(2, "customer")] and "more than 15 digits" in answer.messages
    assert not CustomerException.objects.exists()


def test_a_number_of_fifteen_digits_is_a_uid(world, take):
    assert take("charge_cards", workbook_of(["uid"], [123456789012345])).counts == (1, 0, 0, 0)
    assert ChargeCard.objects.filter(uid="123456789012345").exists()


def test_a_number_with_a_format_of_zeros_counts_as_it_is_shown(world, take):
    book = book_of(["uid", "customer"], [4031, 1001], formats={"A2": "00000000", "B2": "000000"})
    answer = take("charge_cards", saved(book))
    assert answer.errors == [(2, "customer")], "1001 is shown as 001001, which nobody is"
    take("charge_cards", saved(book_of(["uid", "customer"], [4031, 1001], formats={"A2": "00000000"})))
    assert ChargeCard.objects.get(customer=world.jansen, uid="00004031")


# Percentages


@pytest.mark.parametrize("number_format", ["0%", "0.00%", '0.0 "percent" %'])
def test_a_percent_cell_counts_as_what_it_shows(world, take, number_format):
    rows = ["code", "name", "valid_from", "energy_per_kwh", "vat_percent"], ["NEW", "New", "2027-01-01", 0.35, 0.21]
    assert take("tariffs", saved(book_of(*rows, formats={"E2": number_format}))).counts == (1, 0, 0, 0)
    assert TariffVersion.objects.get(tariff__code="NEW").elements.get().energy_vat == Decimal(21)


@pytest.mark.parametrize("cell", ["21%", "21 %", "21.0%"])
def test_a_percentage_in_a_csv_is_the_number_before_its_sign(world, take, cell):
    header = "code,name,valid_from,energy_per_kwh,vat_percent"
    assert take("tariffs", header, f"NEW,New,2027-01-01,0.35,{cell}").counts == (1, 0, 0, 0)
    assert TariffVersion.objects.get(tariff__code="NEW").elements.get().energy_vat == Decimal(21)


def test_a_percentage_is_no_price(world, take):
    rows = ["code", "name", "valid_from", "energy_per_kwh"], ["NEW", "New", "2027-01-01", 0.35]
    answer = take("tariffs", saved(book_of(*rows, formats={"D2": "0%"})))
    assert answer.errors == [(2, "energy_per_kwh")] and "percentage" in answer.messages


# Numbers with marks


@pytest.mark.parametrize(
    ("cell", "remedy"),
    [
        ("1.000,35", "write 1000.35."),
        ("1,000.35", "write 1000.35."),
        ("1 000,35", "write 1000.35."),
        ("1.000.000", "write 1000000."),
        ("€ 0.35", "write 0.35."),
        ("0,35 EUR", "write 0.35."),
        (".35", "write 0.35."),
        (",35", "write 0.35."),
        ("0,35", "write 0.35."),
        ("1,000", "may set off thousands or decimals"),
        ("€ 1.000", "may set off thousands or decimals"),
        ("1.000.5", "write digits"),
        ("35 cents", "write digits"),
    ],
)
def test_a_number_with_marks_is_refused_with_what_it_can_only_mean(world, take, cell, remedy):
    answer = take("tariffs", "code,name,valid_from,energy_per_kwh", f'NEW,New,2027-01-01,"{cell}"')
    assert answer.errors == [(2, "energy_per_kwh")] and remedy in answer.messages, answer.messages
    assert not TariffVersion.objects.filter(tariff__code="NEW").exists()


# Dates of workbooks


@pytest.mark.parametrize("cell", [date(2027, 12, 31), datetime(2027, 12, 31)])
def test_a_cell_that_shows_a_day_alone_is_that_day(world, take, cell):
    book = book_of(["uid", "customer", "valid_until"], ["NEW1", "1001", cell], formats={"C2": "dd-mm-yyyy"})
    take("charge_cards", saved(book))
    assert ChargeCard.objects.get(uid="NEW1").valid_until.isoformat() == "2027-12-31T23:00:00+00:00"


def test_a_cell_that_shows_midnight_is_that_moment(world, take):
    row = ["NEW1", "1001", datetime(2027, 12, 31)]
    take("charge_cards", saved(book_of(["uid", "customer", "valid_until"], row, formats={"C2": "dd-mm-yyyy\\ hh:mm"})))
    assert ChargeCard.objects.get(uid="NEW1").valid_until.isoformat() == "2027-12-30T23:00:00+00:00"


# What is out of sight


def test_hidden_and_filtered_rows_are_imported_and_counted(world, take, capsys):
    book = book_of(["uid", "customer"], ["NEW1", "1001"], ["NEW2", "1001"], ["NEW3", "1002"])
    book.active.auto_filter.ref = "A1:B4"
    book.active.row_dimensions[3].hidden = book.active.row_dimensions[4].hidden = True
    answer = take("charge_cards", saved(book))
    assert answer.counts == (3, 0, 0, 0)
    assert any("2 hidden or filtered rows are imported" in line for line in answer.said["warnings"])


def test_the_page_says_of_hidden_rows_too(world, signed_in):
    from django.core.files.uploadedfile import SimpleUploadedFile

    book = book_of(["uid", "customer"], ["NEW1", "1001"])
    book.active.row_dimensions[2].hidden = True
    upload = SimpleUploadedFile("cards.xlsx", saved(book))
    page = signed_in(world.ben).post("/customers/chargecard/import/", {"resource": "0", "import_file": upload})
    assert "1 hidden or filtered row is imported" in page.content.decode()


def test_data_on_another_sheet_is_named(world, take):
    book = book_of(["hello"])
    data = book.create_sheet("Data")
    data.append(["uid", "customer"])
    data.append(["NEW1", "1001"])
    answer = take("charge_cards", saved(book))
    assert answer.status == 1 and "“Data” has the column uid: put that one in front" in answer.messages
    assert not ChargeCard.objects.filter(uid="NEW1").exists()


def test_data_behind_an_empty_sheet_is_named(world, take):
    book = Workbook()
    book.create_sheet("Cards").append(["uid"])
    answer = take("charge_cards", saved(book))
    assert answer.status == 2 and "“Cards”" in answer.messages


def test_a_second_sheet_with_rows_is_named_where_the_first_is_imported(world, take):
    book = book_of(["uid"], ["NEW1"])
    book.create_sheet("More").append(["NEW2"])
    answer = take("charge_cards", saved(book))
    assert answer.counts == (1, 0, 0, 0)
    assert any("Not read: “More”" in line for line in answer.said["warnings"])


# Names


@pytest.mark.parametrize("name", ["\u200b", "\u2060\u200d", "\u202e", "\ufeff\u00ad"])
def test_a_name_has_a_sign_that_can_be_seen(world, take, name):
    answer = take("customers", "user_group,number,name", f"NORTH,1003,{name}")
    assert answer.errors == [(2, "name")] and not Customer.objects.filter(number="1003").exists()


# Cells of several lines


def test_a_cell_that_swallowed_rows_is_refused_wherever_it_stands(world, take):
    header = "user_group,number,name,email"
    for lines in (
        ('NORTH,1900,"Jo,', "NORTH,1901,Al,", 'NORTH,1902,Bo",'),
        ('NORTH,1900,Jo,"', 'NORTH,1901,Al,a@x.org"'),
    ):
        answer = take("customers", header, *lines)
        assert answer.status == 1 and "close the quotation mark" in answer.messages, lines
    assert not Customer.objects.filter(number="1900").exists()


def test_a_text_of_several_lines_is_none_of_these(world, take):
    assert take("customers", "user_group,number,name", 'NORTH,1900,"Jo', 'de Vries, junior"').counts == (1, 0, 0, 0)
    assert Customer.objects.get(number="1900").name == "Jo\nde Vries, junior"
