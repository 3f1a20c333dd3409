"""An import in a browser: it goes through, and everybody can use its pages."""

import pytest
from django.test import override_settings
from playwright.sync_api import expect

from customers.models import Customer

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
