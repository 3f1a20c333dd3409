"""Foreign files on the pages: between upload and preview stands what each column is."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from customers.models import ChargeCard, Customer, ImportMapping, Membership
from customers.permissions import Role
from evcnet.importexport.registry import resource_named
from evcnet.importexport.scope import FileScope
from tests import factories as make
from tests.importexport.files import csv_of, workbook_of
from tests.tables import for_each

pytestmark = pytest.mark.django_db
GERMAN = ("Kundennr.;Vorname;Nachname;E-Mail-Adresse;Lieblingsfarbe", "1900;Jo;de Vries;jo@example.org;rot")


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def at(world, signed_in):
    """A login's browser: ``at(world.anna).upload("customer", ...)``."""
    return lambda login: Browser(signed_in(login))


class Browser:
    def __init__(self, client):
        self.client = client

    def upload(self, model, *lines):
        data = lines[0] if isinstance(lines[0], bytes) else csv_of(*lines)
        sent = {"import_file": SimpleUploadedFile("rows.csv", data), "resource": "", "provider": ""}
        answer = self.client.post(reverse(f"admin:customers_{model}_import"), sent)
        self.address = answer["Location"] if answer.status_code == 302 else answer.context["columns_url"]
        return answer

    def columns(self):
        """What the page of columns opens with: the choice of each field."""
        page = self.client.get(self.address)
        assert page.status_code == 200
        return {name: value for name, value in page.context["form"].initial.items() if value}

    def choose(self, **choices):
        return self.client.post(self.address, {**self.columns(), **choices})

    def confirm(self, preview, model):
        address = reverse(f"admin:customers_{model}_process_import")
        return self.client.post(address, preview.context["hidden"], follow=True)


def test_columns_are_guessed_and_what_is_missing_is_the_same_for_all_rows(at, world):
    anna = at(world.anna)
    assert anna.upload("customer", *GERMAN).status_code == 302
    assert anna.columns() == {
        "column_0": "number",
        "column_1": "first_name",
        "column_2": "last_name",
        "column_3": "email",
    }
    preview = anna.choose(value_user_group="NORTH")
    assert (preview.context["result"].new, preview.context["result"].errors) == (1, [])
    assert not Customer.objects.filter(number="1900").exists()
    anna.confirm(preview, "customer")
    customer = Customer.objects.get(number="1900")
    assert (customer.name, customer.email, customer.user_group) == ("Jo de Vries", "jo@example.org", world.north)


def test_a_workbook_is_asked_in_the_same_way(at, world):
    anna = at(world.anna)
    anna.upload("customer", workbook_of(*(line.split(";") for line in GERMAN)))
    anna.confirm(anna.choose(value_user_group="NORTH"), "customer")
    assert Customer.objects.get(number="1900").name == "Jo de Vries"


@for_each(
    ("header", "columns"),
    [
        ("Customer group,Client ID,Full name,Mail", ["user_group", "number", "name", "email"]),
        ("Klantgroep,Klantnummer,Voornaam,Tussenvoegsel,Achternaam,Taal",
         ["user_group", "number", "first_name", "name_prefix", "last_name", "language"]),
        ("Kundengruppe,Kunden-Nr,Name,Sprache,Zahlungsart", ["user_group", "number", "name", "language", "payment"]),
        ("Groupe,N° client,Prénom,NOM,Courriel,Langue", ["user_group", "number", "first_name", "last_name", "email", "language"]),
        ("USER GROUP,customer NUMBER,name,E-mail Address", ["user_group", "number", "name", "email"]),
        ("user grup,custmer number,nmae,emial", ["user_group", "number", None, "email"]),
        ("Klantnr,Nom", ["number", "name"]),
        ("Personeelsnr.,Voornaam,Achternaam,E-mail", ["number", "first_name", "last_name", "email"]),
        ("Employee ID,Full name", ["number", "name"]), ("Personal-Nr,Name", ["number", "name"]),
    ],
)  # fmt: skip
def test_names_of_four_languages_and_misspelt_ones_are_guessed(at, world, header, columns):
    anna = at(world.anna)
    anna.upload("customer", f"{header},zzz", ",".join("x" for _ in range(header.count(",") + 2)))
    chosen = anna.columns()
    assert [chosen.get(f"column_{place}") for place in range(len(columns) + 1)] == [*columns, None]


def test_a_header_that_fits_leads_to_the_preview_with_a_link_to_the_columns(at, world):
    anna = at(world.anna)
    preview = anna.upload("customer", "User group,Customer number,name", "NORTH,1900,Jo")
    assert preview.status_code == 200
    assert f'href="{anna.address}"' in preview.content.decode()
    assert anna.columns() == {"column_0": "user_group", "column_1": "number", "column_2": "name"}
    changed = anna.choose(column_2="", value_name="Unknown")
    anna.confirm(changed, "customer")
    assert Customer.objects.get(number="1900").name == "Unknown"


def test_a_reload_and_the_back_button_find_what_was_chosen(at, world):
    anna = at(world.anna)
    anna.upload("customer", *GERMAN)
    anna.choose(value_user_group="SOUTH", column_4="name", column_1="", column_2="")
    assert anna.columns() == {
        "column_0": "number",
        "column_3": "email",
        "column_4": "name",
        "value_user_group": "SOUTH",
    }


def test_the_first_cells_stand_beside_each_column(at, world):
    anna = at(world.anna)
    anna.upload("customer", "Klantnr,Kleur", "1,rood", "2,", "3,<b>", "4,groen", "5,geel")
    page = anna.client.get(anna.address).content.decode()
    for text in ("rood", "&lt;b&gt;", "groen"):
        assert text in page
    assert "geel" not in page


@for_each(
    ("choices", "text"),
    [
        ({"column_3": "number"}, "“Kundennr.” is that already: leave one of the two out."),
        ({"column_0": ""}, "No column is the customer number: choose the one that has it."),
        ({"column_0": "password"}, "Select a valid choice"),
    ],
)
def test_a_choice_that_makes_no_sense_is_refused_where_it_stands(at, world, choices, text):
    anna = at(world.anna)
    anna.upload("customer", *GERMAN)
    answer = anna.choose(**choices)
    assert text in answer.content.decode()
    assert not answer.context.get("result") and not ImportMapping.objects.exists()


def test_data_on_another_sheet_is_named_where_the_columns_are_asked(at, world):
    book = Workbook()
    book.active.append(["Read me"])
    book.active.append(["first"])
    data = book.create_sheet("Customers")
    data.append(["User group", "Customer number", "Name"])
    data.append(["NORTH", "1900", "Jo"])
    file = io.BytesIO()
    book.save(file)
    anna = at(world.anna)
    anna.upload("customer", file.getvalue())
    assert "“Customers” has the columns user_group, number and name" in anna.client.get(anna.address).content.decode()


# What was chosen last time


def test_the_next_file_is_guessed_by_what_was_chosen_last_time(at, world):
    anna = at(world.anna)
    anna.upload("customer", "Wer,Was,Kundennr", "Jo,x,1900")
    anna.choose(column_0="name", value_user_group="NORTH")
    ben = at(world.ben)
    ben.upload("customer", "KUNDENNR,wer,Was", "1901,Al,y")
    assert ben.columns() == {"column_0": "number", "column_1": "name", "value_user_group": "NORTH"}


@pytest.mark.parametrize("login", ["otto", "carla"])
def test_what_was_chosen_elsewhere_guesses_nothing_here(at, world, login):
    anna = at(world.anna)
    anna.upload("customer", "Wer,Kundennr", "Jo,1900")
    anna.choose(column_0="name", value_user_group="SOUTH")
    other = at(getattr(world, login))
    other.upload("customer", "Wer,Kundennr", "Jo,1900")
    assert other.columns() == {"column_1": "number"}
    assert "SOUTH" not in other.client.get(other.address).content.decode()
    other.choose(column_0="name")
    assert ImportMapping.objects.filter(kind="customers").count() == 2
    assert ImportMapping.objects.visible_to(getattr(world, login)).count() <= 1


def test_nothing_of_the_rows_is_remembered(at, world):
    anna = at(world.anna)
    anna.upload("customer", "jo@example.org,1900,Jo", "al@example.org,1901,Al")
    anna.choose(column_1="number", column_2="name", value_user_group="NORTH")
    anna.upload("customer", "Klantnr,Groep", "1900,")
    anna.choose(column_1="", value_name="Jo de Vries", value_user_group="NORTH")
    kept = ImportMapping.objects.get()
    assert kept.names == {"klantnr": "number", "groep": ""}
    assert (kept.positions, kept.values) == (["email", "number", "name"], {"user_group": "NORTH"})


# One value for the whole file


def test_only_what_the_login_reaches_is_offered_and_taken(at, world):
    carla = at(world.carla)
    carla.upload("customer", *GERMAN)
    choices = dict(carla.client.get(carla.address).context["form"].fields["value_user_group"].choices)
    assert set(choices) == {"", "NORTH"}
    assert "Select a valid choice" in carla.choose(value_user_group="SOUTH").content.decode()
    assert not Customer.objects.filter(number="1900").exists()


def test_a_column_of_the_file_wins_over_the_value_for_all_rows(at, world):
    anna = at(world.anna)
    anna.upload("customer", "Groep,Klantnr,Naam,x", "SOUTH,1900,Jo,")
    anna.confirm(anna.choose(value_user_group="NORTH"), "customer")
    assert Customer.objects.get(number="1900").user_group == world.south


# Numbers


def test_numbers_are_made_that_nobody_has(at, world):
    make.CustomerFactory(user_group=world.south, number="1003")
    make.CustomerFactory(user_group=make.UserGroupFactory(provider=world.bluevolt), number="1004")
    anna = at(world.anna)
    anna.upload("customer", "Naam,Klantnr", "Jo,", "Al,1005", "Bo,")
    preview = anna.choose(numbered="on", value_user_group="NORTH")
    anna.confirm(preview, "customer")
    numbers = dict(Customer.objects.filter(provider=world.greengrid).values_list("name", "number"))
    assert (numbers["Jo"], numbers["Al"], numbers["Bo"]) == ("1004", "1005", "1006")


def test_a_sub_provider_gets_numbers_that_others_do_not_have(at, world):
    make.CustomerFactory(user_group=world.south, number="1003")
    carla = at(world.carla)
    carla.upload("customer", "Naam,x", "Jo,")
    carla.confirm(carla.choose(numbered="on", value_user_group="NORTH"), "customer")
    assert Customer.objects.get(name="Jo").number == "1004"
    assert Customer.objects.filter(provider=world.greengrid, number="1003").get().user_group == world.south


def test_a_number_that_is_taken_meanwhile_is_not_overwritten(at, world):
    anna = at(world.anna)
    anna.upload("customer", "Naam,x", "Jo,")
    preview = anna.choose(numbered="on", value_user_group="NORTH")
    make.CustomerFactory(user_group=world.north, number="1003", name="Somebody else")
    again = anna.confirm(preview, "customer")
    assert "Something changed since the preview" in again.content.decode()
    assert Customer.objects.get(number="1003").name == "Somebody else"
    anna.confirm(again, "customer")
    assert Customer.objects.get(name="Jo").number == "1004"


# Without a header


@for_each(
    ("lines", "columns", "uids"),
    [
        (["7194107897, 3548205164, 9877325121"], ["uid"] * 3, ["7194107897", "3548205164", "9877325121"]),
        (["User1 00112233445566778899", "User2 99887766554433221100"], [None, "uid"],
         ["00112233445566778899", "99887766554433221100"]),
        (["04:38:6B:4D", "04:AA:22:33"], ["uid"], ["04:38:6B:4D", "04:AA:22:33"]),
    ],
)  # fmt: skip
def test_a_list_of_uids_is_known_as_such(at, world, lines, columns, uids):
    anna = at(world.anna)
    anna.upload("chargecard", *lines)
    chosen = anna.columns()
    assert [chosen.get(f"column_{place}") for place in range(len(columns))] == columns
    assert chosen["headless"] is True
    anna.confirm(anna.choose(), "chargecard")
    assert set(uids) <= set(ChargeCard.objects.values_list("uid", flat=True))


def test_whether_there_is_a_header_can_be_said(at, world):
    anna = at(world.anna)
    anna.upload("chargecard", "A1,x", "B2,y")
    assert "headless" not in anna.columns()
    again = anna.choose(headless="on")
    assert (again.status_code, again["Location"]) == (302, anna.address)
    assert anna.columns() == {"headless": True}
    preview = anna.choose(column_0="uid")
    assert [row.number for row in preview.context["result"].rows] == [1, 2]


# Errors


def test_errors_of_one_kind_stand_together_with_their_rows(at, world):
    anna = at(world.anna)
    rows = [f"NRTH,{number},Jo,jo@" for number in range(2000, 2040)] + ["NRTH,3000,Jo,al@", "NORTH,3001,,"]
    preview = anna.upload("customer", "user_group,number,name,email", *rows)
    kinds = preview.context["error_kinds"]
    assert [(kind.column, kind.count) for kind in kinds] == [("email", 41), ("user_group", 41), ("name", 1)]
    assert [(message.places) for message in kinds[1].messages] == ["41 rows: 2–42"]
    assert "“NRTH” here (did you mean NORTH?)" in kinds[1].messages[0].text
    assert [len(message.rows) for message in kinds[0].messages] == [40, 1]
    assert "41 rows" in preview.content.decode()


def test_an_error_names_the_column_as_the_file_does(at, world):
    anna = at(world.anna)
    anna.upload("customer", "Klantnr,Naam,Mailadres", "1900,Jo,jo@")
    preview = anna.choose(value_user_group="NORTH")
    assert [(kind.column, kind.source) for kind in preview.context["error_kinds"]] == [("email", "Mailadres")]


# Templates


@pytest.mark.parametrize("kind", ["customers", "charge_cards"])
def test_a_template_has_all_columns_and_those_of_a_workbook_are_text(at, world, kind):
    model = {"customers": "customer", "charge_cards": "chargecard"}[kind]
    address = reverse(f"admin:customers_{model}_import_template")
    client = at(world.anna).client
    columns = [each.column_name for each in resource_named(kind)(FileScope()).columns]
    text = client.get(f"{address}?kind={kind}&format=csv").content.decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text))) == [columns]
    sheet = load_workbook(io.BytesIO(client.get(f"{address}?kind={kind}&format=xlsx").content)).active
    assert [cell.value for cell in sheet[1]] == columns
    assert {sheet.column_dimensions[cell.column_letter].number_format for cell in sheet[1]} == {"@"}
    assert address in client.get(reverse(f"admin:customers_{model}_import")).content.decode()


def test_a_template_is_for_those_who_import(at, world):
    address = reverse("admin:customers_customer_import_template")
    assert at(world.hugo).client.get(address).status_code == 403
    assert at(world.anna).client.get(f"{address}?kind=nothing").status_code == 404


# Who may


def test_an_upload_is_worth_nothing_to_another_login(at, world):
    anna, ben = at(world.anna), at(world.ben)
    anna.upload("customer", *GERMAN)
    answer = ben.client.get(anna.address, follow=True)
    assert "no longer here" in answer.content.decode()
    assert "Lieblingsfarbe" not in answer.content.decode()
    assert at(world.hugo).client.get(anna.address).status_code == 403


def test_what_was_chosen_goes_with_the_upload(at, world, folder):
    anna = at(world.anna)
    anna.upload("customer", *GERMAN)
    anna.confirm(anna.choose(value_user_group="NORTH"), "customer")
    assert not list(folder.glob("imports/*/*"))


def test_a_login_of_two_providers_has_its_choice_remembered_at_the_one_it_names(at, world):
    tessa = make.StaffMemberFactory(name="Tessa", role=Role.PROVIDER_STAFF, at=world.greengrid)
    Membership.objects.create(staff_member=tessa, role=Role.PROVIDER_STAFF, provider=world.bluevolt)
    browser = at(tessa)
    browser.upload("customer", "provider,Wer,Klantnr", "GRG,Jo,1900")
    preview = browser.choose(column_1="name", value_user_group="NORTH")
    assert preview.context["result"].errors == []
    assert not ImportMapping.objects.exists()


# A header that does not stand first


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (
            ("Klantenlijst;;", "", "Klantnr;Naam;Groep", "1900;Jo;NORTH"),
            "Row 3 seems to name the columns, with “Klantnr”",
        ),
        (("Klantenlijst 2027", "Klantnr;Naam;Groep", "1900;Jo;NORTH"), "Row 2 seems to name the columns"),
        (('"Klantnr;Naam"', '"1900;Jo"'), "The first row has “Klantnr” and “Naam” in one cell"),
    ],
)
def test_the_page_says_where_the_names_of_the_columns_are_and_what_to_do(at, world, lines, told):
    browser = at(world.anna)
    browser.upload("customer", *lines)
    assert told in browser.client.get(browser.address).context["remarks"][0]


def test_a_file_of_values_alone_is_told_nothing_of_a_header(at, world):
    browser = at(world.anna)
    browser.upload("customer", "1900,Jo,jo@example.org", "1901,Al,al@example.org")
    assert browser.client.get(browser.address).context["remarks"] == []


def test_reading_the_file_again_asks_nothing_and_keeps_what_was_chosen(at, world):
    browser = at(world.anna)
    browser.upload("customer", "Colour,Naam", "red,Jo")
    answer = browser.choose(column_0="email", value_user_group="NORTH", again="1")
    assert answer.status_code == 302
    chosen = browser.columns()
    assert (chosen["column_0"], chosen["column_1"], chosen["value_user_group"]) == ("email", "name", "NORTH")
    assert not Customer.objects.filter(name="Jo").exists()


def test_who_has_no_number_is_told_that_one_can_be_made(at, world):
    browser = at(world.anna)
    browser.upload("customer", "Naam,Groep", "Jo,NORTH")
    assert "Or have numbers made, below the columns." in browser.choose().content.decode()
    assert not Customer.objects.filter(name="Jo").exists()
