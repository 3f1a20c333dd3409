"""Headers as other programs and spreadsheets leave them: read over, taken by their labels, or named all at once."""

import pytest

from customers.models import ChargeCard, Customer
from evcnet.importexport.column_names import ColumnNames
from evcnet.importexport.registry import RESOURCES
from evcnet.importexport.scope import FileScope
from evcnet.text import compact
from tests.importexport.files import csv_of, workbook_of

pytestmark = pytest.mark.django_db
HEADER = "user_group,number,name,email"
ROW = "NORTH,1900,Jo,jo@example.org"


@pytest.mark.parametrize(
    "lines",
    [
        ["sep=,", HEADER, ROW],
        ["SEP=;", HEADER.replace(",", ";"), ROW.replace(",", ";")],
        ['"sep=\t"', HEADER.replace(",", "\t"), ROW.replace(",", "\t")],
        ["", " ", HEADER, "", ROW, ",,,"],
        [",,,", HEADER, ROW],
        ["\ufeff" + HEADER, ROW],
        ["\ufeff\ufeff" + HEADER, ROW],
        ['\ufeff"""\ufeffuser_group""",number,name,email', ROW],
        ["user_group,number,na\u200bme\u200b,email", ROW],
        ["user_group,number,\u00a0name , e-mail", ROW],
        ["User Group,Customer Number,NAME,E-mail address", ROW],
        ["usergroup,NUMBER,Name,E-Mail", ROW],
        ["user_group,,number,name,,email", "NORTH,,1900,Jo,,jo@example.org"],
    ],
)
def test_a_header_is_taken_as_it_is_meant(world, take, lines):
    answer = take("customers", *lines)
    assert answer.counts == (1, 0, 0, 0)
    assert Customer.objects.get(number="1900").email == "jo@example.org"


def test_a_row_keeps_the_number_that_a_spreadsheet_shows(world, take):
    assert take("customers", "", "", HEADER, "NORTH,1900,,").errors == [(4, "name")]
    assert take("customers", "sep=,", HEADER, "NORTH,1900,,").errors == [(2, "name")]


def test_blank_rows_before_the_header_of_a_workbook_are_read_over(world, take):
    data = workbook_of([None, None], ["", "  "], ["User group", "Customer number", "Name"], ["NORTH", "1900", "Jo"])
    assert take("customers", data).counts == (1, 0, 0, 0)


def test_one_error_of_row_1_names_all_unknown_columns_each_with_the_nearest(world, take):
    answer = take("customers", "user_group,Klantnummer,name,Emial,colour", "NORTH,1900,Jo,jo@example.org,red")
    unknown = [error for error in answer.said["errors"] if "unknown columns" in error["message"]]
    assert [(error["row"], error["column"]) for error in unknown] == [(1, "")]
    assert unknown[0]["message"].startswith(
        "3 unknown columns: “Klantnummer” (nearest: number), “Emial” (nearest: email), “colour” (nearest: "
    )
    assert not Customer.objects.filter(number="1900").exists()


def test_a_name_and_its_label_are_one_column(world, take):
    answer = take("customers", "user_group,number,name,email,E-mail address", f"{ROW},jo@example.org")
    assert answer.errors == [(1, "email")]
    assert "stands there twice" in answer.messages
    assert not Customer.objects.filter(number="1900").exists()


def test_an_update_needs_the_key_alone_and_a_new_row_all_that_is_required(world, take):
    answer = take("customers", "number,email", "1001,new@example.org")
    assert answer.counts == (0, 1, 0, 0)
    world.jansen.refresh_from_db()
    assert (world.jansen.email, world.jansen.name) == ("new@example.org", "Jansen, T.")
    answer = take("customers", "number,email", "1001,other@example.org", "1900,jo@example.org")
    assert (answer.status, answer.errors) == (1, [(1, "name"), (1, "user_group")])
    assert "1 row is new and needs it" in answer.messages
    world.jansen.refresh_from_db()
    assert world.jansen.email == "new@example.org"


def test_a_file_whose_first_row_holds_values_is_told_so(world, take):
    assert "say that there is no header" in take("charge_cards", "04AA22", "04AA33").messages


def test_a_column_without_a_name_that_holds_something_is_refused(world, take):
    answer = take("customers", "user_group,,number,name", "NORTH,,1900,Jo", "NORTH,x,1901,Al")
    assert answer.errors == [(1, "")]
    assert not Customer.objects.filter(number="1900").exists()


@pytest.mark.parametrize("kind", RESOURCES)
def test_no_two_columns_of_a_kind_have_the_same_name_or_label(db, kind):
    names = ColumnNames(RESOURCES[kind](FileScope()))
    for column, label in names.labels.items():
        assert (names.column_named(column), names.column_named(label)) == (column, column)
        assert names.column_named(label.upper()) == column
    words = [compact(label) for label in names.labels.values()]
    assert len(words) == len(set(words))


@pytest.mark.parametrize(
    ("word", "roams"),
    [
        *[(word, True) for word in ("true", "YES", "1", "WAAR", "Ja", "WAHR", "VRAI", "oui")],
        *[(word, False) for word in ("FALSE", "no", "0", "ONWAAR", "nee", "FALSCH", "nein", "FAUX", "Non")],
    ],
)
def test_a_boolean_is_read_as_spreadsheets_of_four_languages_write_it(world, take, word, roams):
    assert take("charge_cards", "uid,customer,roaming", f"NEW,1001,{word}").counts == (1, 0, 0, 0)
    assert ChargeCard.objects.get(uid="NEW").roaming is roams


def test_the_bytes_of_a_file_with_two_marks_are_no_part_of_its_first_column(world, take):
    data = b"\xef\xbb\xbf" * 2 + csv_of(HEADER, ROW)
    assert take("customers", data).counts == (1, 0, 0, 0)


def test_of_many_unknown_columns_some_are_named_and_all_are_counted(world, take):
    many = ",".join(f"c{number}" for number in range(100))
    answer = take("customers", f"{HEADER},{many}", ROW + ",x" * 100)
    assert "100 unknown columns: “c0” (nearest: " in answer.messages and " and 70 more. They are" in answer.messages
    assert "“c30”" not in answer.messages
    assert not Customer.objects.filter(number="1900").exists()


def test_new_rows_without_a_column_hear_that_one_value_may_count_for_all(world, take):
    answer = take("customers", "number,name", "1900,Jo")
    assert answer.errors == [(1, "user_group")]
    assert "one value may count for all rows" in answer.messages
    assert not Customer.objects.filter(number="1900").exists()


HEADERS = {
    "sessions": "Transactie;Laadpaal;Pas;Start;Einde;kWh;Opmerking",
    "tariffs": "Tariefcode;Omschrijving;Ingangsdatum;Valuta;Prijs per kWh;BTW",
    "exceptions": "Laadgroep;Klant;Toegang;Tarief;Van;Tot;Notitie",
    "charge_groups": "Groep;Laadgroep;Naam;Soort;Tarief",
    "charge_points": "Laadpaal;Omschrijving;Locatie;Laadgroep;EVSE;Vermogen (kW);Status",
    "locations": "Locatiecode;Naam;Adres;Postcode;Plaats;Land;Gepubliceerd",
    "charge_cards": "Pas;Pasnummer;Klantnummer;Kaartsoort;Geldig tot",
    "customers": "Klantnr;Naam;Gruppe;Art;Zahlung;Status",
}


@pytest.mark.parametrize("kind", HEADERS)
def test_every_column_of_a_plain_list_of_another_program_is_guessed(db, kind):
    names = ColumnNames(RESOURCES[kind](FileScope()))
    header = HEADERS[kind].split(";")
    assert [name for name, guess in zip(header, names.guess(header, {}), strict=True) if not guess] == []
    assert set(names.key) <= set(names.guess(header, {}))
