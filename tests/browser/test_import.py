"""An import in a browser: it goes through, and everybody can use its pages."""

from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone
from playwright.sync_api import expect

from customers.jobs import run
from customers.models import Customer, Job
from evcnet.importexport import large_files

pytestmark = pytest.mark.django_db(transaction=True)
HEADER = "user_group,number,name,email"
CHANGES = f'{HEADER}\nNORTH,1001,Jansen and son,jansen@example.org\nNORTH,1003,Visser,\nSOUTH,1002,"Bakker, M.",bakker@example.org\n'
ERRORS = f"{HEADER}\nNORTH,1003,Visser,visser@\nEAST,1004,,\n"


def test_a_file_is_uploaded_corrected_and_confirmed(world, portal, tmp_path):
    wrong, right = tmp_path / "wrong.csv", tmp_path / "right.csv"
    wrong.write_text(ERRORS)
    right.write_text(CHANGES)
    with override_settings(MEDIA_ROOT=tmp_path):
        page = portal.sign_in(world.anna)
        portal.open("/customers/customer/")
        page.get_by_role("link", name="Import").click()
        assert portal.accessible() == []
        page.set_input_files("input[type=file]", wrong)
        page.get_by_role("button", name="Show what it would change").click()
        expect(page.get_by_role("cell", name="write it like name@example.org")).to_be_visible()
        expect(page.get_by_role("button", name="Errors as CSV")).to_be_visible()
        assert portal.accessible() == []
        page.set_input_files("input[type=file]", right)
        page.get_by_role("button", name="Show what it would change").click()
        expect(page.get_by_text("from “Jansen, T.” to “Jansen and son”")).to_be_visible()
        assert portal.accessible() == []
        page.get_by_role("button", name="Import 2 rows").click()
        page.get_by_text("1 new, 1 changed, 1 unchanged").first.wait_for()
    assert Customer.objects.filter(number="1003").exists()


def test_an_export_is_downloaded(world, portal):
    page = portal.sign_in(world.anna)
    portal.open("/customers/customer/?q=bakker")
    page.get_by_role("link", name="Export").click()
    assert portal.accessible() == []
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert text.splitlines()[1].startswith("SOUTH,1002")
    assert "1001" not in text


FOREIGN = (
    "Kundennr.;Vorname;Nachname;E-Mail-Adresse;Lieblingsfarbe;Eine Spalte mit einem sehr langen Namen, der nirgends endet\n"
    "1900;Jo;de Vries;jo@example.org;rot;x\n1901;Al;Visser;al@example.org;;y\n"
)


@pytest.mark.parametrize("width", [400, 1280])
def test_a_foreign_file_is_taken_by_keyboard_and_the_back_button_keeps_the_choices(world, portal, tmp_path, width):
    file = tmp_path / "kunden.csv"
    file.write_text(FOREIGN)
    with override_settings(MEDIA_ROOT=tmp_path):
        page = portal.sign_in(world.anna)
        page.set_viewport_size({"width": width, "height": 900})
        portal.open("/customers/customer/import/")
        page.set_input_files("input[type=file]", file)
        page.get_by_role("button", name="Show what it would change").press("Enter")
        field = page.get_by_label("E-Mail-Adresse")
        assert field.input_value() == "email"
        assert portal.accessible() == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.get_by_label("User group of all rows").select_option("NORTH")
        page.get_by_label("Lieblingsfarbe").select_option("language")
        page.get_by_role("button", name="Show what it would change").press("Enter")
        expect(page.get_by_text("“Lieblingsfarbe” in the file")).to_be_visible()
        assert portal.accessible() == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.go_back()
        assert page.get_by_label("User group of all rows").input_value() == "NORTH"
        page.reload()
        assert page.get_by_label("Lieblingsfarbe").input_value() == "language"
        page.get_by_label("Lieblingsfarbe").select_option("")
        page.get_by_role("button", name="Show what it would change").press("Enter")
        page.get_by_role("button", name="Import 2 rows").click()
        page.get_by_text("2 new, 0 changed, 0 unchanged").first.wait_for()
    assert Customer.objects.get(number="1901").name == "Al Visser"


def test_a_foreign_file_is_taken_without_a_script(world, portal, tmp_path):
    file = tmp_path / "uids.csv"
    file.write_text("7194107897, 3548205164, 9877325121\n")
    context = portal.browser.new_context(java_script_enabled=False)
    portal.contexts.append(context)
    page = context.new_page()
    with override_settings(MEDIA_ROOT=tmp_path):
        portal.sign_in(world.anna, page)
        page.goto(portal.base + "/customers/chargecard/import/")
        page.set_input_files("input[type=file]", file)
        page.get_by_role("button", name="Show what it would change").click()
        assert page.get_by_label("The first row holds values").is_checked()
        page.get_by_label("The first row holds values").uncheck()
        page.get_by_role("button", name="Read the file again").click()
        page.get_by_label("The first row holds values").check()
        page.get_by_role("button", name="Read the file again").click()
        assert page.get_by_label("Column 3").input_value() == "uid"
        page.get_by_role("button", name="Show what it would change").click()
        page.get_by_role("button", name="Import 3 rows").click()
        page.get_by_text("3 new, 0 changed, 0 unchanged").first.wait_for()


def test_a_large_file_is_followed_on_the_page_of_its_job(world, portal, tmp_path, monkeypatch):
    """The page itself finds out how far the job is, and that it ended; no click is lost by leaving it."""
    monkeypatch.setattr(large_files, "MOST_ROWS", 5)
    file = tmp_path / "large.csv"
    file.write_text(CHANGES + "".join(f"NORTH,{number},Visser {number},\n" for number in range(2000, 2300)))
    with override_settings(MEDIA_ROOT=tmp_path):
        page = portal.sign_in(world.anna)
        portal.open("/customers/customer/import/")
        page.set_input_files("input[type=file]", file)
        page.get_by_role("button", name="Show what it would change").click()
        bar = page.get_by_role("progressbar")
        expect(bar).to_be_visible()
        assert portal.accessible() == []
        half = {"rows_done": 150, "rows_in_all": 303, "started_at": timezone.now() - timedelta(minutes=2)}
        Job.objects.update(state="running", heard_at=timezone.now(), **half)
        expect(bar).to_have_attribute("aria-valuenow", "49")
        expect(page.get_by_role("status").filter(has_text="running, 40 %")).to_have_count(1)
        run(Job.objects.get().pk)
        expect(page.get_by_text("301 new · 1 changed · 1 unchanged")).to_be_visible()
        assert portal.accessible() == []
        portal.open("/customers/job/")
        page.get_by_role("link", name="Customers: large.csv").click()
        page.get_by_role("button", name="Import 301 new rows and 1 changed row").click()
        page.get_by_role("button", name="Cancel").wait_for()
        run(Job.objects.latest("pk").pk)
        expect(page.get_by_text("All of it is written.")).to_be_visible()
    assert Customer.objects.filter(number="2299").exists()
