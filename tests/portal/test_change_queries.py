"""Statements of a change: how many SQL statements the preview and the confirmation of one take."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from changes.models import Change
from customers.models import Notice
from evcnet.datetimes import database_clock
from tests import factories as make
from tests.portal.sent import sent
from tests.sessions import record

pytestmark = pytest.mark.django_db
MOST = 50
OF_TRANSACTIONS = re.compile(
    r"(SELECT set_config\(.*?\);)?\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE SAVEPOINT)\b", re.DOTALL
)


@pytest.fixture
def anna(world, signed_in):
    """Sessions in the last year, an exception with a price, and regulars who are told: nothing is spared."""
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.jansen, access="allowed")
    record(world, "S1", at=(database_clock() - timedelta(days=7)).strftime("%Y-%m-%dT%H:%M"))
    browser = signed_in(world.anna)
    browser.get(reverse("admin:index"))  # what is loaded once is loaded
    return browser


def statements(ask):
    """The answer, and the statements that it cost beside those that begin and end transactions."""
    with CaptureQueriesContext(connection) as queries:
        answer = ask()
    ran = [each["sql"] for each in queries.captured_queries]
    return answer, [sql for sql in ran if not OF_TRANSACTIONS.match(sql)]


def preview_and_confirm(browser, page, **typed):
    form = browser.get(page)
    saved, of_saving = statements(lambda: browser.post(page, sent(form, page, step="preview", **typed)))
    preview, of_preview = statements(lambda: browser.get(saved["Location"]))
    name = ["CG-LEUSDEN", "STANDARD"]["version" in page]
    sure = sent(preview, saved["Location"], step="confirm", reason="dearer grid", notify="all", named=name)
    confirmed, of_confirmation = statements(lambda: browser.post(saved["Location"], sure))
    assert len(of_saving) <= MOST, listed(of_saving)
    assert confirmed.status_code == 302, confirmed.content.decode()
    assert preview.context["replay"] is not None
    return of_preview, of_confirmation


def listed(statements):
    return "\n".join([f"{len(statements)} statements:", *(sql[:300] for sql in statements)])


def test_one_price_of_one_group_costs_at_most_50_statements_to_preview_and_to_confirm(world, anna):
    page = reverse("admin:tariffs_tariff_version", args=[world.standard.pk])
    of_preview, of_confirmation = preview_and_confirm(anna, page, **{"elements-0-energy_price": "0.36"})
    assert Change.objects.get().kind == "version" and Notice.objects.filter(customer=world.jansen).exists()
    assert len(of_preview) <= MOST, listed(of_preview)
    assert len(of_confirmation) <= MOST, listed(of_confirmation)


def test_new_terms_of_one_group_cost_at_most_50_statements_to_preview_and_to_confirm(world, anna):
    page = reverse("admin:chargegroups_chargegroup_terms", args=[world.leusden.pk])
    of_preview, of_confirmation = preview_and_confirm(anna, page, tariff="CHEAP")
    assert Change.objects.get().kind == "terms" and Notice.objects.filter(customer=world.jansen).exists()
    assert len(of_preview) <= MOST, listed(of_preview)
    assert len(of_confirmation) <= MOST, listed(of_confirmation)
