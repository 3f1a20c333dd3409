"""The notices to customers, as staff see them."""

import pytest
from django.db import connection
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from changes.apply import apply_change, preview_change
from changes.models import Change
from changes.proposals import NewTerms
from customers.models import Customer, Notice

pytestmark = pytest.mark.django_db
LIST = "/customers/notice/"


@pytest.fixture
def notices(world):
    """Jansen of North and Bakker of South are told that Leusden changes."""
    proposal = NewTerms(world.leusden, {"tariff": world.cheap, "other_user_groups": True})
    shown = preview_change(proposal).impact
    apply_change(proposal, fingerprint=shown.fingerprint, notify=Change.Notify.ALL)
    return Notice.objects.order_by("customer__number")


def page(notice, view="change"):
    return reverse(f"admin:customers_notice_{view}", args=[notice.pk])


def text(response):
    assert response.status_code == 200
    return response.content.decode()


def test_the_list_says_who_is_told_and_whether_it_reached_them(world, signed_in, notices):
    shown = text(signed_in(world.anna).get(LIST))
    assert "Jansen" in shown and "Bakker" in shown and "Waits to be mailed" in shown
    assert "Jansen" not in text(signed_in(world.anna).get(LIST + "?q=bakker"))


def test_the_page_of_a_change_leads_to_its_notices(world, signed_in, notices):
    change = Change.objects.get()
    told = signed_in(world.anna).get(reverse("admin:changes_change_change", args=[change.pk]))
    link = told.context["announcements"][0]["link"]
    assert link in text(told).replace("&amp;", "&")
    assert "Jansen" in text(signed_in(world.anna).get(link))


def test_a_notice_shows_the_mail_as_it_is_sent(world, signed_in, notices):
    Customer.objects.filter(pk=world.jansen.pk).update(language="nl", name="<b>Jansen</b>")
    shown = text(signed_in(world.anna).get(page(notices[0])))
    assert "laden verandert vanaf" in shown and "Beste &lt;b&gt;Jansen" in shown
    assert "<b>Jansen" not in shown


def test_a_failed_notice_is_mailed_again_from_its_page_and_from_the_list(world, signed_in, notices):
    Notice.objects.update(state="failed", attempts=5, error="mailbox is full")
    browser = signed_in(world.ben)
    assert "mailbox is full" in text(browser.get(page(notices[0])))
    browser.post(reverse("admin:customers_notice_action", args=[notices[0].pk, "mail-again"]))
    assert Notice.objects.get(pk=notices[0].pk).state == "queued"
    browser.post(LIST, {"action": "mail-again", "_selected_action": [each.pk for each in notices], "index": 0})
    assert set(Notice.objects.values_list("state", flat=True)) == {"queued"}


def test_everything_on_all_pages_is_mailed_again_only_once_its_number_was_shown(world, signed_in, notices):
    Notice.objects.update(state="failed")
    browser = signed_in(world.ben)
    sent = {"action": "mail-again", "_selected_action": notices[0].pk, "index": 0, "select_across": 1}
    assert "Mail again 2 notices" in text(browser.post(LIST, sent))
    assert set(Notice.objects.values_list("state", flat=True)) == {"failed"}
    browser.post(LIST, sent | {"confirmed": "yes"})
    assert set(Notice.objects.values_list("state", flat=True)) == {"queued"}


def test_a_mailing_that_is_stuck_is_resumed_from_the_page_of_a_notice(world, signed_in, notices):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    browser = signed_in(world.ben)
    assert "Resume mailing" in text(browser.get(page(notices[0])))
    url = reverse("admin:customers_notice_action", args=[notices[0].pk, "resume-mailing"])
    assert "handed to the worker" in text(browser.post(url, follow=True))
    assert [job.args for job in ProcrastinateJob.objects.all()] == [{"announcement": notices[0].announcement_id}]


def test_a_sub_provider_sees_the_notices_of_its_own_customers(world, signed_in, notices):
    carla = signed_in(world.carla)
    assert "Bakker" not in text(carla.get(LIST))
    assert "Jansen" in text(carla.get(LIST))
    assert carla.get(page(notices[1])).status_code == 404


def test_another_provider_sees_none(world, signed_in, notices):
    otto = signed_in(world.otto)
    assert "Jansen" not in text(otto.get(LIST))
    assert otto.get(page(notices[0])).status_code == 404


@pytest.mark.parametrize("who", ["hugo", "rita"])
def test_who_only_reads_resumes_no_mailing(world, signed_in, notices, who):
    before = ProcrastinateJob.objects.count()
    browser = signed_in(getattr(world, who))
    assert "Resume mailing" not in text(browser.get(page(notices[0])))
    url = reverse("admin:customers_notice_action", args=[notices[0].pk, "resume-mailing"])
    assert browser.post(url).status_code == 404
    assert ProcrastinateJob.objects.count() == before


@pytest.mark.parametrize("who", ["hugo", "rita"])
def test_who_only_reads_mails_nothing_again(world, signed_in, notices, who):
    Notice.objects.update(state="failed")
    browser = signed_in(getattr(world, who))
    assert "Mail again" not in text(browser.get(page(notices[0])))
    assert browser.post(reverse("admin:customers_notice_action", args=[notices[0].pk, "mail-again"])).status_code == 404
    assert set(Notice.objects.values_list("state", flat=True)) == {"failed"}


@pytest.mark.parametrize("query", ["?state__exact=x", "?announcement__id__exact=x", "?q=%00", "?o=99"])
def test_nonsense_in_the_address_never_fails(world, signed_in, notices, query):
    assert signed_in(world.anna).get(LIST + query).status_code in (200, 302)
