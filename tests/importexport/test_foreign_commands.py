"""Files of other programs by command: --map, --ignore-unknown, --no-header and --template."""

import io

import pytest
from django.core.management import CommandError, call_command

from customers.models import ChargeCard, Customer
from evcnet.importexport.registry import RESOURCES, resource_named
from evcnet.importexport.scope import FileScope

pytestmark = pytest.mark.django_db
FOREIGN = ("Groep;Klantnr;Vorname;Nachname;Mail;Kleur", "NORTH;1900;Jo;de Vries;jo@example.org;rood")
MAP = ["Groep=user_group", "klantnr=Customer number", "Vorname=first_name", "Nachname=last_name", "Mail=E-mail address"]


def test_columns_of_the_file_get_our_names_and_unknown_ones_are_left_out_by_name(world, take, capsys):
    assert take("customers", *FOREIGN, map=MAP, ignore_unknown=True).counts == (1, 0, 0, 0)
    customer = Customer.objects.get(number="1900")
    assert (customer.name, customer.email, customer.user_group) == ("Jo de Vries", "jo@example.org", world.north)
    assert "Left out, 1 unknown column: “Kleur”." in capsys.readouterr().err


def test_unknown_columns_are_refused_unless_they_are_ignored(world, take):
    answer = take("customers", *FOREIGN, map=MAP)
    assert (answer.status, (1, "Kleur") in answer.errors) == (1, True)
    assert not Customer.objects.filter(number="1900").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"map": ["Nothing=name"]}, "the file has no such column; it has Groep, Klantnr"),
        ({"map": ["Groep=usr_group"]}, "there is no column “usr_group” here, nearest is user_group"),
        ({"map": ["Groep"]}, "the file has no such column"),
        ({"map": ["Groep="]}, "there is no column “” here"),
        ({"no_header": "uid", "map": MAP}, "leave --no-header out"),
        ({"no_header": "user_group,colour"}, "there is no column “colour” here"),
        ({"no_header": "user_group,number"}, "The file has 6 columns, --no-header names 2"),
    ],
)
def test_an_option_that_does_not_fit_the_file_says_why_and_nothing_is_written(world, take, options, message):
    answer = take("customers", *FOREIGN, **options)
    assert (answer.status, message in answer.messages) == (2, True)
    assert not Customer.objects.filter(number="1900").exists()


@pytest.mark.parametrize(
    ("lines", "columns", "uids"),
    [
        (["04AA22", "04:AA:33"], "uid", {"04AA22", "04:AA:33"}),
        (["7194107897, 3548205164, 9877325121"], "uid", {"7194107897", "3548205164", "9877325121"}),
        (["7194107897, 3548205164", "9877325121,1,2,3"], "uid", {"7194107897", "3548205164", "9877325121", "1", "2", "3"}),
        (["User1 00112233445566778899", "User2 99887766554433221100"], "visual_number,uid",
         {"00112233445566778899", "99887766554433221100"}),
        (["one,04AA22,x", "two,04AA33,y"], "visual_number,uid,", {"04AA22", "04AA33"}),
        (["04 AA 22", "04 AA 33"], "uid", {"04 AA 22", "04 AA 33"}),
    ],
)  # fmt: skip
def test_a_list_without_a_header_is_named_by_the_command(world, take, lines, columns, uids):
    assert take("charge_cards", *lines, no_header=columns).counts == (len(uids), 0, 0, 0)
    assert uids <= set(ChargeCard.objects.values_list("uid", flat=True))


def test_the_first_row_of_a_list_is_row_1(world, take):
    answer = take("charge_cards", "04AA22,nobody", "04AA33,1001", no_header="uid,customer")
    assert answer.errors == [(1, "customer")]
    assert not ChargeCard.objects.filter(uid="04AA33").exists()


@pytest.mark.parametrize("kind", RESOURCES)
def test_a_template_names_all_columns_of_the_kind(db, kind):
    out = io.StringIO()
    call_command("import_csv", kind, template=True, stdout=out)
    columns = [each.column_name for each in resource_named(kind)(FileScope()).columns]
    assert out.getvalue() == f"{','.join(columns)}\r\n"


def test_neither_a_file_nor_a_template_is_refused(db):
    with pytest.raises(CommandError, match="--template") as refused:
        call_command("import_csv", "customers")
    assert refused.value.returncode == 2
