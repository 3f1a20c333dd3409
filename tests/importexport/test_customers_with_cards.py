"""Customers and their charge cards in one file: a row a card, a customer in the first of its rows."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from changes.models import Change, Way
from customers.models import ChargeCard, Customer
from customers.resources import ChargeCardResource, CustomerResource, CustomersWithCardsResource
from evcnet.importexport.scope import FileScope
from tests import factories as make
from tests.importexport.files import csv_of, export_csv

pytestmark = pytest.mark.django_db

KIND = "customers_with_cards"
HEADER = "user_group,number,name,email,card_uid,card_visual_number"
GOOD = ["NORTH,1003,Visser,v@x.nl,04DD44,A-1", ",1003,,,04DD45,A-2", ",,,,04DD46,", "SOUTH,1004,Smit,,,"]
COLUMNS = (
    "user_group,number,kind,name,email,language,payment,status,"
    "card_uid,card_visual_number,card_type,card_roaming,card_status,card_valid_from,card_valid_until"
)


def card(uid):
    return ChargeCard.objects.get(uid=uid)


def stored():
    """All that a file of this kind could change."""
    return list(Customer.objects.order_by("pk").values()), list(ChargeCard.objects.order_by("pk").values())


@pytest.fixture
def refused(take):
    """The errors of a file, of which nothing was written."""

    def of(*lines, **options):
        before = stored()
        answer = take(KIND, *lines, **options)
        assert (answer.status, answer.said["written"]) == (1, False)
        assert stored() == before
        return answer

    return of


# The columns


def test_the_columns_are_those_of_both_kinds_in_their_order():
    names = [each.column_name for each in CustomersWithCardsResource(FileScope()).columns]
    customers = [each.column_name for each in CustomerResource(FileScope()).columns]
    cards = [each.column_name for each in ChargeCardResource(FileScope()).columns]
    assert names == [*customers, *(f"card_{each}" for each in cards if each != "customer")] == COLUMNS.split(",")


def test_the_template_is_the_header_with_all_columns():
    out = io.StringIO()
    call_command("import_csv", KIND, template=True, stdout=out)
    assert out.getvalue().strip() == COLUMNS


def test_both_keys_are_needed_in_the_header(world, refused):
    assert refused("user_group,number,name", "NORTH,1003,Visser").errors == [(1, "card_uid")]
    assert refused("user_group,name,card_uid", "NORTH,Visser,04DD44").errors == [(1, "number")]


def test_a_new_customer_needs_what_customers_need(world, refused):
    assert refused("number,card_uid", "1003,04DD44").errors == [(1, "name"), (1, "user_group")]


# Rows of customers and rows of cards


def test_a_row_is_a_card_and_its_customers_columns_may_stand_in_the_first_row_only(world, take):
    assert take(KIND, HEADER, *GOOD).counts == (4, 0, 0, 0)
    visser = Customer.objects.get(number="1003")
    assert (visser.name, visser.user_group, visser.status) == ("Visser", world.north, "active")
    cards = {each.uid: (each.customer, each.status) for each in ChargeCard.objects.filter(uid__startswith="04DD")}
    assert cards == dict.fromkeys(["04DD44", "04DD45", "04DD46"], (visser, "active"))
    assert not Customer.objects.get(number="1004").chargecard_set.exists()


def test_the_same_file_again_changes_nothing(world, take):
    take(KIND, HEADER, *GOOD)
    assert take(KIND, HEADER, *GOOD).counts == (0, 0, 4, 0)


def test_each_row_is_counted_once_by_its_customer_and_its_card(world, take):
    lines = [
        "NORTH,1001,Jansen and son,jansen@example.org,04AA11,NL-GRG-000001-A",  # the customer changes
        ",1001,,,04DD44,",  # a new card
        'SOUTH,1002,"Bakker, M.",bakker@example.org,04BB22,B',  # the card changes
        "NORTH,1003,Visser,,,",  # a new customer
    ]
    answer = take(KIND, HEADER, *lines)
    assert (answer.said["rows"], answer.counts) == (4, (2, 2, 0, 0))
    assert (Customer.objects.get(number="1001").name, card("04BB22").visual_number) == ("Jansen and son", "B")


def test_rows_of_a_customer_need_not_stand_together(world, take):
    lines = ["NORTH,1003,Visser,,04DD44,", "NORTH,1004,Smit,,04DD45,", ",1003,,,04DD46,"]
    assert take(KIND, HEADER, *lines).counts == (3, 0, 0, 0)
    assert card("04DD46").customer.number == "1003"


def test_a_later_row_may_repeat_the_same_values_however_they_are_written(world, take):
    lines = ["NORTH,1003,Visser,subscription,04DD44", "NORTH,1003,Visser,Subscription,04DD45"]
    assert take(KIND, "user_group,number,name,payment,card_uid", *lines).counts == (2, 0, 0, 0)


def test_a_later_row_that_says_something_else_names_the_first(world, refused):
    answer = refused(HEADER, "NORTH,1003,Visser,,04DD44,", "SOUTH,1003,Smit,s@x.nl,04DD45,")
    assert answer.errors == [(3, "email"), (3, "name"), (3, "user_group")]
    said = answer.messages
    assert "Row 2 has “Visser” for this customer: write the same, or leave it empty." in said
    assert "Row 2 leaves it empty for this customer" in said


def test_a_new_name_without_a_number_is_no_card_of_the_customer_above(world, refused):
    answer = refused(HEADER, "NORTH,1003,Visser,,04DD44,", "NORTH,,Smit,,04DD45,")
    assert answer.errors == [(3, "name")]
    assert "or write the number of another customer" in answer.messages


def test_a_first_row_without_a_number_is_refused(world, refused):
    assert refused(HEADER, "NORTH,,Visser,,04DD44,").errors == [(2, "number")]


def test_a_later_row_without_a_card_is_refused(world, refused):
    answer = refused(HEADER, "NORTH,1003,Visser,,,", "NORTH,1003,Visser,,,")
    assert answer.errors == [(3, "number")]
    assert "stands in row 2 already" in answer.messages


def test_a_card_without_its_uid_is_refused(world, refused):
    assert refused(HEADER, "NORTH,1003,Visser,,,A-1").errors == [(2, "card_uid")]


def test_one_uid_in_two_rows_is_refused_however_it_is_spelled(world, refused):
    answer = refused(HEADER, "NORTH,1003,Visser,,04DD44,", "NORTH,1004,Smit,,04:dd:44,")
    assert answer.errors == [(3, "card_uid")]
    assert "stands in row 2 already" in answer.messages


def test_every_bad_row_is_told_with_its_column_as_the_file_calls_it(world, refused):
    header = "user_group,number,name,email,card_uid,card_type,card_roaming,card_valid_from,card_valid_until"
    lines = [
        "EAST,1003,Visser,visser@,04DD44,RFID,,,",
        ",1003,,,04DD45,PAPER,perhaps,,",
        "NORTH,1004,Smit,,04DD46,,,2027-01-02,2027-01-01",
        "NORTH,1005,Vos,,04DD47,,,,",
    ]
    answer = refused(header, *lines)
    assert answer.errors == [
        (2, "email"),
        (2, "user_group"),
        (3, "card_roaming"),
        (3, "card_type"),
        (4, "card_valid_until"),
    ]
    assert answer.counts == (1, 0, 0, 3)
    assert "card_valid_until has to be later than card_valid_from" in answer.messages


def test_the_cards_of_a_refused_customer_have_no_errors_of_their_own_for_it(world, refused):
    answer = refused(HEADER, "NORTH,1003,Visser,visser@,04DD44,", ",1003,,,04DD45,")
    assert (answer.errors, answer.counts) == ([(2, "email")], (1, 0, 0, 1))


def test_a_dry_run_says_the_same_and_writes_nothing(world, take):
    before = stored()
    answer = take(KIND, HEADER, *GOOD, dry_run=True)
    assert (answer.counts, answer.said["written"]) == ((4, 0, 0, 0), False)
    assert stored() == before


def test_rows_keep_their_numbers_below_blank_rows(world, refused):
    data = csv_of(HEADER, "", "NORTH,1003,Visser,,04DD44,", "", ",1003,,,=,")
    assert [row for row, _ in refused(data).errors] == [5]


def test_a_file_may_name_the_provider_of_each_row(world, take):
    lines = ["GRG,NORTH,1003,Visser,04DD44", "BLV,FJORD,1003,Hansen,04DD45", ",,,,04DD46"]
    assert take(KIND, "provider,user_group,number,name,card_uid", *lines, provider=None).counts == (3, 0, 0, 0)
    assert [card(uid).provider.code for uid in ("04DD44", "04DD45", "04DD46")] == ["GRG", "BLV", "BLV"]


# The rules of both kinds


def test_a_prepaid_customers_card_does_not_roam(world, refused):
    answer = refused("user_group,number,name,payment,card_uid,card_roaming", "NORTH,1003,Visser,prepaid,04DD44,true")
    assert answer.errors == [(2, "card_roaming")]


def test_a_customer_with_a_roaming_card_does_not_become_prepaid(world, refused):
    ChargeCard.objects.filter(uid="04AA11").update(roaming=True)
    assert refused("number,payment,card_uid", "1001,prepaid,").errors == [(2, "payment")]


def test_the_first_customer_activates_a_card_that_waited_for_one(world, take):
    for uid in ("SPARE1", "SPARE2"):
        make.ChargeCardFactory(customer=None, provider=world.greengrid, uid=uid, status="inactive")
    take(KIND, "user_group,number,name,card_uid,card_status", "NORTH,1003,Visser,SPARE1,", ",1003,,SPARE2,inactive")
    assert (card("SPARE1").status, card("SPARE2").status) == ("active", "inactive")


@pytest.mark.parametrize(
    ("kind", "header", "line"),
    [("charge_cards", "uid,customer", "OLD1,{}"), (KIND, "card_uid,number", "OLD1,{}")],
)
@pytest.mark.parametrize("customer", ["1001", "1002"])
def test_a_deactivated_card_stays_so_whoever_gets_it(world, take, kind, header, line, customer):
    for held in (None, world.jansen):
        ChargeCard.objects.filter(uid="OLD1").delete()
        make.ChargeCardFactory(customer=held, provider=world.greengrid, uid="OLD1", status="deactivated")
        assert take(kind, header, line.format(customer)).status == 0
        assert (card("OLD1").status, card("OLD1").customer.number) == ("deactivated", customer)


def test_a_uid_that_differs_by_leading_zeros_is_refused_with_the_other(world, refused):
    answer = refused(HEADER, "NORTH,1003,Visser,,4AA11,", "NORTH,1004,Smit,,77,", ",1004,,,077,")
    assert answer.errors == [(2, "card_uid"), (4, "card_uid")]
    assert "“77” in row 3" in answer.messages


def test_empty_cells_leave_status_and_payment_as_they_are_and_empty_the_others(world, take):
    Customer.objects.filter(number="1001").update(status="blocked", payment="prepaid")
    take(KIND, "number,email,payment,status,card_uid,card_visual_number,card_status", "1001,,,,04AA11,,")
    jansen = Customer.objects.get(number="1001")
    assert (jansen.status, jansen.payment, jansen.email) == ("blocked", "prepaid", "")
    assert (card("04AA11").status, card("04AA11").visual_number) == ("active", "")


def test_the_summary_counts_both_kinds(world, take):
    for number in range(14):
        make.CustomerFactory(user_group=world.north, number=f"P{number}", status="pending")
    make.ChargeCardFactory(customer=None, provider=world.greengrid, uid="SPARE1", status="inactive")
    lines = [f"P{number},active,{'SPARE1' if number == 3 else ''}" for number in range(14)]
    assert take(KIND, "number,status,card_uid", *lines, dry_run=True).said["summary"] == [
        "14 customers become active.",
        "1 charge card becomes active.",
    ]


def test_a_uid_of_another_provider_cannot_be_used_and_no_more_is_said(world, refused):
    answer = refused(HEADER, "NORTH,1003,Visser,,04cc33,")
    assert (answer.errors, answer.messages) == ([(2, "card_uid")], "This uid cannot be used.")


def test_another_providers_number_is_a_new_customer_here(world, take):
    assert take(KIND, HEADER, "NORTH,9001,Visser,,04DD44,").counts == (1, 0, 0, 0)
    assert Customer.objects.get(number="9001", provider=world.bluevolt).name == "Olsen, K."


def test_customers_who_come_into_another_user_group_are_one_change_on_the_record(world, take):
    assert take(KIND, "user_group,number,card_uid", "SOUTH,1001,04AA11", ",1001,04DD44").counts == (1, 1, 0, 0)
    assert Customer.objects.get(number="1001").user_group == world.south
    assert Change.objects.get().way == Way.FILE


def test_nor_is_a_change_on_the_record_whose_file_is_refused_for_a_card(world, refused):
    assert refused("user_group,number,card_uid", "SOUTH,1001,04AA11", ",1001,04cc33").errors == [(3, "card_uid")]
    assert not Change.objects.exists()


# What goes out


def test_each_row_of_an_export_says_whose_it_is(world):
    make.ChargeCardFactory(customer=world.jansen, uid="04AA12")
    make.CustomerFactory(user_group=world.north, number="1003")
    rows = list(csv.DictReader(io.StringIO(export_csv(KIND, provider="GRG")[0])))
    assert [(row["number"], row["card_uid"]) for row in rows] == [
        ("1001", "04AA11"),
        ("1001", "04AA12"),
        ("1002", "04BB22"),
        ("1003", ""),
    ]
    assert {cell for name, cell in rows[3].items() if name.startswith("card_")} == {""}


def test_cards_without_a_customer_are_left_out_and_counted(world):
    make.ChargeCardFactory(customer=None, provider=world.greengrid, uid="SPARE1", status="inactive")
    text, told = export_csv(KIND, provider="GRG")
    assert "SPARE1" not in text
    assert "1 x a charge card without a customer" in told


def test_an_empty_provider_is_filled_from_the_export(world, take):
    make.ChargeCardFactory(customer=world.jansen, uid="04AA12", valid_from=timezone.now(), status="deactivated")
    text, _ = export_csv(KIND, provider="GRG")
    ChargeCard.objects.filter(provider=world.greengrid).delete()
    Customer.objects.filter(provider=world.greengrid).delete()
    assert take(KIND, text.encode()).counts == (3, 0, 0, 0)
    assert export_csv(KIND, provider="GRG")[0] == text


# The pages


@pytest.fixture
def upload(world, signed_in, tmp_path):
    """A login's browser, and the preview of a file on the import page of customers."""

    def on_page(login, *lines):
        browser, file = signed_in(login), SimpleUploadedFile("rows.csv", csv_of(*lines))
        asked = {"import_file": file, "resource": "1", "provider": ""}
        return browser, browser.post(reverse("admin:customers_customer_import"), asked)

    with override_settings(MEDIA_ROOT=tmp_path):
        yield on_page


def test_the_page_previews_and_writes_what_the_command_would(world, upload):
    browser, preview = upload(world.anna, HEADER, *GOOD)
    result = preview.context["result"]
    assert (result.kind, result.new, result.written) == (KIND, 4, False)
    assert "04DD45" in preview.content.decode()
    assert not Customer.objects.filter(number="1003").exists()
    browser.post(reverse("admin:customers_customer_process_import"), preview.context["hidden"], follow=True)
    assert Customer.objects.get(number="1003").chargecard_set.count() == 3


def test_the_page_has_the_same_rows_and_columns_for_errors(world, upload, refused):
    lines = [HEADER, "NORTH,1003,Visser,visser@,04DD44,", ",1003,Smit,,04cc33,"]
    before = stored()
    _, preview = upload(world.anna, *lines)
    assert [(each.row, each.column) for each in preview.context["result"].errors] == refused(*lines).errors
    assert stored() == before


def test_a_foreign_header_is_asked_about_and_one_value_counts_for_all_rows(world, upload):
    header = "Klantnummer;Naam;E-mailadres;Pas;Pasnummer"
    lines = ["1003;Visser;;04DD44;A-1", ";;;04DD45;A-2", "1004;Smit;;;"]
    browser, asked = upload(world.anna, header, *lines)
    assert asked.status_code == 302
    form = browser.get(asked["Location"]).context["form"]
    names = {"number", "name", "email", "card_uid", "card_visual_number"}
    assert names <= set(map(str, form.initial.values()))
    chosen = {name: value for name, value in form.initial.items() if value} | {
        "value_user_group": "NORTH",
        "value_card_type": "OTHER",
    }
    result = browser.post(asked["Location"], chosen).context["result"]
    assert (result.new, result.errors) == (3, [])


def test_a_sub_provider_takes_neither_a_siblings_customer_nor_a_siblings_card(world, upload):
    for line in ("NORTH,1002,Visser,,04DD44,", "NORTH,1003,Visser,,04BB22,"):
        _, preview = upload(world.carla, HEADER, line)
        result = preview.context["result"]
        assert result.invalid and "Bakker" not in "".join(each.message for each in result.errors)
    assert card("04BB22").customer == world.bakker


def test_the_list_exports_its_customers_with_their_cards(world, signed_in):
    asked = {"format": "0", "resource": "1", "provider": ""}
    response = signed_in(world.carla).post(reverse("admin:customers_customer_export") + "?q=Jansen", asked)
    text = response.getvalue().decode("utf-8-sig")
    assert text.startswith(COLUMNS)
    assert "04AA11" in text and "04BB22" not in text
