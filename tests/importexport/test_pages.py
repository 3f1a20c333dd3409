"""The pages of import and export: what they show before, while and after rows come in, and what they hand out."""

import csv
import io
import os

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.urls import reverse
from pghistory.models import Context

from customers.models import Customer, Membership, Provider, UserGroup
from customers.permissions import Role
from tests import factories as make
from tests.importexport.files import csv_of, workbook_of
from tests.tables import for_each

pytestmark = pytest.mark.django_db
HEADER = "user_group,number,name,email"


@pytest.fixture(autouse=True)
def folder(tmp_path):
    """Uploads of a test go with it."""
    with override_settings(MEDIA_ROOT=tmp_path):
        yield tmp_path


@pytest.fixture
def page(world, signed_in):
    """A login's import page: ``page(world.anna).upload("customers", HEADER, "NORTH,...")``."""
    return lambda login: Page(signed_in(login))


class Page:
    def __init__(self, client):
        self.client = client

    def upload(self, model, *lines, name="rows.csv", **said):
        data = lines[0] if isinstance(lines[0], bytes) else csv_of(*lines)
        file = SimpleUploadedFile(name, data)
        return self.client.post(address(model, "import"), {"import_file": file, "resource": "", "provider": ""} | said)

    def confirm(self, model, preview, **said):
        return self.client.post(address(model, "process_import"), preview.context["hidden"] | said, follow=True)

    def export(self, model, query="", **said):
        asked = {"format": "0", "resource": "", "provider": ""} | said
        return self.client.post(address(model, "export") + query, asked)


def address(model, view):
    app = {"customer": "customers", "chargecard": "customers", "usergroup": "customers", "provider": "customers"}
    app |= {"chargegroup": "chargegroups", "tariff": "tariffs"}
    app |= {"location": "chargepoints", "chargepoint": "chargepoints"}
    return reverse(f"admin:{app[model]}_{model}_{view}")


def rows_of(response):
    return list(csv.reader(io.StringIO(response.getvalue().decode("utf-8-sig"), newline="")))


ALL = ["customer", "chargecard", "usergroup", "provider", "chargegroup", "tariff", "location", "chargepoint"]


@pytest.mark.parametrize("model", ALL)
def test_every_list_leads_to_its_import_and_export(page, world, model):
    anna = page(world.anna)
    listing = anna.client.get(address(model, "changelist"))
    for view in ("import", "export"):
        assert address(model, view) in listing.content.decode()
        assert anna.client.get(address(model, view)).status_code == 200


def test_the_preview_says_what_would_change_and_nothing_is_written(page, world):
    lines = (
        "NORTH,1001,Jansen and son,jansen@example.org",
        "NORTH,1003,Visser,",
        'SOUTH,1002,"Bakker, M.",bakker@example.org',
    )
    preview = page(world.anna).upload("customer", HEADER, *lines)
    text = preview.content.decode()
    assert "Nothing has been written yet" in text
    assert "“Jansen, T.”" in text
    assert "“Jansen and son”" in text
    assert (preview.context["result"].new, preview.context["result"].updated) == (1, 1)
    assert not Customer.objects.filter(number="1003").exists()


def test_the_confirmation_writes_what_was_shown(page, world, folder):
    anna = page(world.anna)
    preview = anna.upload("customer", HEADER, "NORTH,1003,Visser,")
    done = anna.confirm("customer", preview)
    assert "1 new" in done.content.decode()
    assert Customer.objects.get(number="1003").name == "Visser"
    assert not list(folder.glob("imports/*/*"))


def test_what_changed_since_the_preview_is_shown_again_and_nothing_is_written(page, world):
    anna = page(world.anna)
    preview = anna.upload("customer", HEADER, "NORTH,1003,Visser,")
    make.CustomerFactory(user_group=world.north, number="1003", name="Somebody else")
    again = anna.confirm("customer", preview)
    assert "Something changed since the preview" in again.content.decode()
    assert Customer.objects.get(number="1003").name == "Somebody else"
    anna.confirm("customer", again)
    assert Customer.objects.get(number="1003").name == "Visser"


def test_a_confirmation_without_its_fingerprint_writes_nothing(page, world):
    anna = page(world.anna)
    preview = anna.upload("customer", HEADER, "NORTH,1003,Visser,")
    anna.confirm("customer", preview, fingerprint="")
    assert not Customer.objects.filter(number="1003").exists()


def test_errors_are_listed_with_row_column_and_remedy_and_as_a_file(page, world):
    anna = page(world.anna)
    preview = anna.upload("customer", HEADER, "NORTH,1003,Visser,visser@", "EAST,1004,,")
    text = preview.content.decode()
    assert "Nothing is written while there are errors" in text
    assert "write it like name@example.org" in text
    file = anna.client.post(address("customer", "process_import"), preview.context["hidden"] | {"errors": "1"})
    rows = rows_of(file)
    assert rows[0] == ["row", "column", "message"]
    assert [row[:2] for row in rows[1:]] == [["2", "email"], ["3", "name"], ["3", "user_group"]]
    assert "1 row" not in anna.confirm("customer", preview).content.decode() or not Customer.objects.filter(
        number="1003"
    )


def test_errors_are_not_written_even_by_a_forged_confirmation(page, world):
    anna = page(world.anna)
    preview = anna.upload("customer", HEADER, "NORTH,1003,Visser,", "NORTH,1004,,")
    anna.confirm("customer", preview)
    assert not Customer.objects.filter(number="1003").exists()


def test_an_upload_is_worth_nothing_to_another_login(page, world):
    preview = page(world.anna).upload("customer", HEADER, "NORTH,1003,Visser,")
    answer = page(world.ben).confirm("customer", preview)
    assert "no longer here" in answer.content.decode()
    assert not Customer.objects.filter(number="1003").exists()


def test_an_upload_is_readable_for_the_portal_alone_and_goes_after_a_day(page, world, folder):
    anna = page(world.anna)
    anna.upload("customer", HEADER, "NORTH,1003,Visser,")
    files = list(folder.glob("imports/*/*"))
    assert len(files) == 2  # the upload, and what was chosen for it
    for file in files:
        assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
        yesterday = file.stat().st_mtime - 25 * 3600
        os.utime(file, (yesterday, yesterday))
    anna.upload("customer", HEADER, "NORTH,1004,Visser,")
    assert len(list(folder.glob("imports/*/*"))) == 2
    assert not any(file.exists() for file in files)


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "0" * 32])
def test_a_stored_name_that_is_none_leads_back_to_the_upload(page, world, name):
    anna = page(world.anna)
    preview = anna.upload("customer", HEADER, "NORTH,1003,Visser,")
    answer = anna.confirm("customer", preview, import_file_name=name)
    assert answer.redirect_chain[-1][0] == address("customer", "import")
    assert not Customer.objects.filter(number="1003").exists()


def test_a_workbook_is_taken_too(page, world):
    anna = page(world.anna)
    data = workbook_of(["user_group", "number", "name"], ["NORTH", 1003, "Visser"])
    anna.confirm("customer", anna.upload("customer", data, name="rows.xlsx"))
    assert Customer.objects.filter(number="1003").exists()


def test_exceptions_are_imported_beside_charge_groups(page, world):
    anna = page(world.anna)
    preview = anna.upload("chargegroup", "charge_group,customer,access", "CG-LEUSDEN,1002,allowed", resource="1")
    anna.confirm("chargegroup", preview)
    assert world.leusden.exceptions.get().customer == world.bakker


def test_the_history_names_the_login_and_the_file(page, world):
    anna = page(world.anna)
    anna.confirm("customer", anna.upload("customer", HEADER, "NORTH,1003,Visser,", name="march.csv"))
    assert Context.objects.filter(metadata__user=world.anna.pk, metadata__file="march.csv").exists()


# Who may


@pytest.mark.parametrize("login", ["hugo", "rita"])
def test_a_login_that_only_reads_has_an_export_and_no_import(page, world, login):
    reader = page(getattr(world, login))
    assert reader.client.get(address("customer", "import")).status_code == 403
    assert reader.upload("customer", HEADER, "NORTH,1003,Visser,").status_code == 403
    assert address("customer", "import") not in reader.client.get(address("customer", "changelist")).content.decode()
    assert reader.export("customer").status_code == 200
    assert not Customer.objects.filter(number="1003").exists()


@pytest.mark.parametrize(
    ("login", "model", "may"),
    [("anna", "customer", True), ("hugo", "customer", False), ("rita", "customer", False)],
)
def test_an_export_speaks_of_the_import_to_those_who_have_one(page, world, login, model, may):
    html = page(getattr(world, login)).client.get(address(model, "export")).content.decode()
    assert ("edited and uploaded again" in html) == ("which the import takes off" in html) == may
    assert "begin with an apostrophe" in html


def test_the_export_of_decisions_speaks_of_no_import(page, world):
    html = page(world.anna).client.get("/chargepoints/decisionentry/export/").content.decode()
    assert "begin with an apostrophe." in html and "edited and uploaded again" not in html


def test_a_sub_provider_imports_into_its_own_user_group(page, world):
    carla = page(world.carla)
    carla.confirm("customer", carla.upload("customer", HEADER, "NORTH,1003,Visser,"))
    assert Customer.objects.get(number="1003").user_group == world.north


@pytest.mark.parametrize("group", ["SOUTH", "FJORD", "NOWHERE"])
def test_a_sub_provider_knows_no_other_user_group(page, world, group):
    preview = page(world.carla).upload("customer", HEADER, f"{group},1003,Visser,")
    [problem] = preview.context["result"].errors
    way_out = "correct the code, or import the user group first."
    assert problem.message == f"There is no user group “{group}” here (there is NORTH): {way_out}"
    assert not Customer.objects.filter(number="1003").exists()


def test_a_sub_provider_changes_no_customer_of_another_user_group(page, world):
    carla = page(world.carla)
    preview = carla.upload("customer", HEADER, "NORTH,1002,Mine now,")
    assert [problem.column for problem in preview.context["result"].errors] == ["number"]
    carla.confirm("customer", preview)
    world.bakker.refresh_from_db()
    assert (world.bakker.name, world.bakker.user_group) == ("Bakker, M.", world.south)


def test_a_sub_provider_makes_no_card_without_a_customer(page, world):
    preview = page(world.carla).upload("chargecard", "uid,customer", "NEW1,")
    assert "outside of what your role reaches" in preview.content.decode()


def test_a_sub_provider_adds_no_charge_points(page, world):
    preview = page(world.carla).upload("chargepoint", "identity,name", "CP1,New", "NLGRGE0001,Market")
    assert [problem.row for problem in preview.context["result"].errors] == [2]
    assert "adds no charge points" in preview.content.decode()


def test_another_providers_login_imports_into_its_own_alone(page, world):
    otto = page(world.otto)
    otto.confirm("customer", otto.upload("customer", HEADER, "FJORD,1001,Olsen,"))
    assert Customer.objects.get(number="1001", provider=world.bluevolt).name == "Olsen"
    world.jansen.refresh_from_db()
    assert world.jansen.name == "Jansen, T."
    preview = otto.upload("customer", f"provider,{HEADER}", "GRG,NORTH,1009,Spy,")
    assert preview.context["result"].errors[0].column == "provider"


# Out


def test_an_export_holds_what_the_login_sees(page, world):
    numbers = {
        login: [row[1] for row in rows_of(page(getattr(world, login)).export("customer"))[1:]]
        for login in ("anna", "carla", "otto")
    }
    assert numbers == {"anna": ["1001", "1002"], "carla": ["1001"], "otto": ["9001"]}


def test_an_export_follows_the_search_of_the_list(page, world):
    assert [row[1] for row in rows_of(page(world.anna).export("customer", "?q=bakker"))[1:]] == ["1002"]


def test_rows_that_a_login_does_not_see_are_not_named_in_its_export(page, world):
    world.market.owner = world.bakker
    world.market.save()
    world.north.parent = world.south
    world.north.save()
    carla = page(world.carla)
    [point] = rows_of(carla.export("chargepoint"))[1:]
    [group] = rows_of(carla.export("usergroup"))[1:]
    assert ("1002" in point, group) == (False, ["NORTH", "North", ""])
    header = "identity,name,location,charge_group,owner,evse_id,maker,model,max_power_kw,status"
    preview = carla.upload("chargepoint", header, ",".join(point))
    assert preview.context["result"].unchanged == 1


@pytest.mark.parametrize(("format", "choice"), [("csv", "0"), ("xlsx", "1")])
@for_each("model", ALL)
def test_what_a_page_hands_out_it_takes_back_unchanged(page, world, model, format, choice):
    make.CustomerFactory(user_group=world.north, number="=1", name="=1+1")
    anna = page(world.anna)
    asked = {"resource": "0"} if model == "chargegroup" else {}
    file = anna.export(model, format=choice, **asked)
    assert f".{format}" in file["Content-Disposition"]
    outcome = anna.upload(model, file.getvalue(), name=f"rows.{format}", **asked).context["result"]
    assert (outcome.errors, outcome.new, outcome.updated) == ([], 0, 0)
    assert outcome.unchanged == outcome.total_rows > 0


def test_exceptions_are_exported_from_the_list_of_groups(page, world):
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.jansen)
    rows = rows_of(page(world.anna).export("chargegroup", resource="1"))
    assert [row[:3] for row in rows[1:]] == [["CG-LEUSDEN", "1001", "allowed"]]


# Several providers, and the operator


@pytest.fixture
def tessa(world):
    """Staff of GreenGrid and of BlueVolt."""
    login = make.StaffMemberFactory(name="Tessa", role=Role.PROVIDER_STAFF, at=world.greengrid)
    Membership.objects.create(staff_member=login, role=Role.PROVIDER_STAFF, provider=world.bluevolt)
    return login


def test_a_login_of_two_providers_says_whose_rows_they_are(page, tessa):
    browser = page(tessa)
    unsaid = browser.upload("usergroup", "code,name", "EAST,East")
    assert "Say whose rows these are" in unsaid.content.decode()
    browser.confirm("usergroup", browser.upload("usergroup", "code,name", "EAST,East", provider="BLV"))
    browser.confirm("usergroup", browser.upload("usergroup", "provider,code,name", "GRG,EAST,East"))
    assert set(UserGroup.objects.filter(code="EAST").values_list("provider__code", flat=True)) == {"BLV", "GRG"}


def test_an_export_of_two_providers_says_whose_each_row_is(page, tessa):
    rows = rows_of(page(tessa).export("usergroup"))
    assert rows[0][0] == "provider"
    assert {row[0] for row in rows[1:]} == {"GRG", "BLV"}
    rows = rows_of(page(tessa).export("usergroup", provider="BLV"))
    assert rows == [["code", "name", "parent"], ["FJORD", "Fjord", ""]]


def test_the_operator_imports_providers_and_nobody_elses_customers(page, world):
    otis = make.StaffMemberFactory(name="Otis", is_operator=True)
    browser = page(otis)
    header = "code,name,country_code,party_id"
    browser.confirm("provider", browser.upload("provider", header, "NEW,New,NL,NEW"))
    assert Provider.objects.filter(code="NEW").exists()
    assert browser.client.get(address("customer", "import")).status_code == 403


def test_a_provider_admin_changes_its_own_provider_alone(page, world):
    anna = page(world.anna)
    header = "code,name,country_code,party_id"
    anna.confirm("provider", anna.upload("provider", header, "GRG,Greener Grid,NL,GRG"))
    world.greengrid.refresh_from_db()
    assert world.greengrid.name == "Greener Grid"
    for row in ("NEW,New,NL,NEW", "BLV,Mine,NL,BLV"):
        preview = anna.upload("provider", header, row)
        assert [problem.column for problem in preview.context["result"].errors] == ["code"]
    world.bluevolt.refresh_from_db()
    assert world.bluevolt.name == "BlueVolt"


# Time


@pytest.mark.parametrize("said", [{}, {"errors": "1"}])
def test_a_file_that_takes_too_long_is_given_up_and_nothing_is_written(page, world, monkeypatch, said):
    anna = page(world.anna)
    preview = anna.upload("customer", HEADER, "NORTH,1003,Visser,")
    monkeypatch.setattr("evcnet.importexport.admin.TIME_LIMIT", 0)
    assert "takes too long" in anna.confirm("customer", preview, **said).content.decode()
    assert not Customer.objects.filter(number="1003").exists()


def test_an_upload_that_would_take_too_long_says_so(page, world, monkeypatch):
    monkeypatch.setattr("evcnet.importexport.admin.TIME_LIMIT", 0)
    preview = page(world.anna).upload("customer", HEADER, "NORTH,1003,Visser,")
    assert "takes too long" in preview.content.decode()
