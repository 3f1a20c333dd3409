"""An hour of trying to see another tenant: notices, uploads, keys and the history."""

from __future__ import annotations

import pytest

from chargegroups.models import ChargeGroup
from chargepoints.models import ChargePoint
from customers.models import ApiKey, Customer, Notice
from customers.permissions import Role
from evcnet.importexport.storages import UploadStorage
from tests import factories as make
from tests.portal.forms import page_form
from tests.tenancy.asking import ask, unseen
from tests.tenancy.attacking import IN_USE, asked_by, out_of_reach, says, url
from tests.tenancy.conftest import signed_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", IN_USE)
def test_the_notices_of_another_tenants_announcement_are_not_listed(marked, role):
    browser = signed_in(marked, role)
    for tenant in out_of_reach(role, marked):
        announcement = tenant[Notice].announcement_id
        answer = ask(browser, "GET", f"{url(Notice)}?announcement__id__exact={announcement}")
        assert not says(answer, unseen(role, marked))


def test_an_upload_of_another_login_is_not_there(marked, browser, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    storage = UploadStorage(marked.logins["other admin"])
    storage.save(b"user_group,number,name\nzqfjord-group,1,zqfjord\n")
    stored = storage.name
    for name in (stored, "0" * 32, f"../{marked.logins['other admin'].pk}/{stored}"):
        names = {"import_file_name": name, "original_file_name": "rows.csv"}
        sent = {"resource": "", "provider": "", "fingerprint": ""} | names
        response = browser("provider admin").post("/customers/customer/process_import/", sent, follow=True)
        assert "The file is no longer here" in response.content.decode()
        assert b"zqfjord" not in response.content.lower()


@pytest.mark.parametrize("query", ["", "?explain=1"])
def test_a_key_learns_nothing_of_another_providers_points_and_cards(marked, query):
    key, own = marked.north.keys["secret"], marked.north[ChargePoint].identity
    theirs = asked_by(key, {"card": "zqnorthuid", "charge_point": "zqfjordidentity"}, query)
    nobodys = asked_by(key, {"card": "zqnorthuid", "charge_point": "zzznobodys"}, query)
    assert (theirs.status_code, theirs.content) == (nobodys.status_code, nobodys.content) == (404, nobodys.content)
    card = asked_by(key, {"card": "zqfjorduid", "charge_point": own}, query)
    said = card.content.lower().replace(b"zqfjorduid", b"")
    assert card.status_code == 200 and b"zqfjord" not in said and b"7.7713" not in said
    Customer.objects.filter(pk=marked.fjord[Customer].pk).update(status="blocked")
    assert asked_by(key, {"card": "zqfjorduid", "charge_point": own}, query).json()["reason"] == "card_not_accepted"


def test_a_key_is_refused_alike_whoever_it_was_made_for(marked):
    ApiKey.objects.filter(pk=marked.fjord[ApiKey].pk).update(active=False)
    dead = asked_by(marked.fjord.keys["secret"], {"card": "x", "charge_point": "zqfjordidentity"})
    wrong = asked_by("evc_nobodys", {"card": "x", "charge_point": "zqfjordidentity"})
    assert (dead.status_code, dead.content) == (wrong.status_code, wrong.content) == (401, wrong.content)


@pytest.mark.parametrize("role", ["sub provider", "helpdesk"])
def test_a_row_that_is_tied_to_one_out_of_sight_does_not_name_it(marked, role):
    """The owner of a point, the customer of an exception and of a session: tied to North, but customers of South."""
    browser, marks = signed_in(marked, role), unseen(role, marked)
    point = ChargePoint.objects.get(identity="north-second")
    session = point.provider.session_set.get(code="north-guest")
    group = marked.north[ChargeGroup]
    pages = [url(ChargePoint, view, point.pk) for view in ("change", "history", "delete")]
    pages += [url(type(session), view, session.pk) for view in ("change", "history")]
    pages += [url(ChargeGroup, view, group.pk) for view in ("customers", "history", "access", "points", "close")]
    pages += [url(ChargePoint, "action", point.pk, "free-for-owner"), url(type(session)), url(ChargePoint), "/"]
    wrong = [(page, found) for page in pages if (found := says(ask(browser, "GET", page), marks))]
    assert not wrong


def test_the_history_names_only_who_did_something_to_this_very_row(marked, browser):
    """Somebody of BlueVolt who once had a role here is named for what they did here; nobody else is."""
    guest = make.StaffMemberFactory(name="Gerda", role=Role.PROVIDER_STAFF, at=marked.north.provider)
    marked.logins["guest"] = guest
    customer = marked.north[Customer]
    where = url(Customer, "change", customer.pk)
    page = signed_in(marked, "guest")
    page.post(where, page_form(page.get(where)) | {"name": "zqnorth renamed"})
    guest.memberships.all().delete()
    text = browser("provider admin").get(url(Customer, "history", customer.pk)).content.decode()
    assert "Gerda" in text and "zqfjord" not in text.lower()
