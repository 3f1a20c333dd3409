"""What staff see of queues: the tabs of group and point, settings, removal on the record, and links of customers."""

import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.models import AuditEntry
from socialcharging.models import DriverLink, QueueEntry, SocialSettings
from socialcharging.queues import join

pytestmark = pytest.mark.django_db


def tab(street):
    return reverse("admin:chargegroups_chargegroup_social", args=[street.leusden.pk])


def remove_url(street):
    return reverse("admin:chargegroups_chargegroup_social_remove", args=[street.leusden.pk])


def link_page(customer):
    return reverse("admin:customers_customer_driver", args=[customer.pk])


@pytest.fixture
def queue(street):
    join(street.visser, street.market, timezone.now())
    join(street.smit, street.market, timezone.now())
    return street


def test_the_tab_shows_who_waits_where_and_the_figures(queue, signed_in):
    for page in (tab(queue), reverse("admin:chargepoints_chargepoint_queue", args=[queue.market.pk])):
        shown = signed_in(queue.anna).get(page).content.decode()
        assert "Visser (1003)" in shown and "Station road" in shown
    assert "Social charging is on" in signed_in(queue.anna).get(tab(queue)).content.decode()


def test_a_queue_leads_to_who_waits(queue, signed_in):
    shown = signed_in(queue.hugo).get(tab(queue)).content.decode()
    assert f'/customers/customer/{queue.visser.pk}/overview/">{queue.visser}</a>' in shown


def test_a_driver_is_removed_and_that_is_on_the_record(queue, signed_in):
    entry = QueueEntry.objects.get(customer=queue.visser)
    signed_in(queue.ben).post(remove_url(queue), {"entry": entry.pk})
    entry.refresh_from_db()
    assert (entry.outcome, entry.removed_by) == ("removed", queue.ben)
    assert AuditEntry.objects.get(event="queue_entry_removed").about == "customer 1003 at NLGRGE0002"
    assert "removed by staff (Ben)" in " ".join(signed_in(queue.anna).get(tab(queue)).content.decode().split())


@pytest.mark.parametrize("who", ["hugo", "rita", "otto"])
def test_whoever_only_reads_or_is_an_outsider_removes_nobody(queue, signed_in, who):
    login = getattr(queue, who)
    answer = signed_in(login).post(remove_url(queue), {"entry": QueueEntry.objects.first().pk})
    assert answer.status_code in (403, 404)
    assert QueueEntry.objects.filter(left_at=None).count() == 2
    page = signed_in(login).get(tab(queue))
    assert page.status_code == 404 if who == "otto" else "Remove number" not in page.content.decode()


def test_the_hold_time_and_the_words_are_set_and_a_bad_one_is_said(street, signed_in):
    url = reverse("admin:chargegroups_chargegroup_social_settings", args=[street.leusden.pk])
    words = {f"words_{language}": "" for language in ("en", "nl", "de", "fr")} | {"words_nl": "Parkeer recht."}
    assert "5" in signed_in(street.anna).post(url, {"hold_minutes": 4, **words}).content.decode()
    assert not SocialSettings.objects.exists()
    signed_in(street.anna).post(url, {"hold_minutes": 20, **words})
    stored = SocialSettings.objects.get()
    assert (stored.hold_minutes, stored.words_nl, stored.provider) == (20, "Parkeer recht.", street.greengrid)
    assert signed_in(street.hugo).post(url, {"hold_minutes": 30, **words}).status_code == 403


def test_a_link_is_made_to_copy_shown_once_and_opens_the_page(street, signed_in):
    browser = signed_in(street.hugo)
    shown = browser.post(link_page(street.visser), {"action": "copy"}).content.decode()
    address = re.search(r"/my/[\w-]+/", shown)[0]
    assert Client().get(address).status_code == 200
    assert address not in browser.get(link_page(street.visser)).content.decode()
    assert AuditEntry.objects.filter(event="link_made", about="customer 1003").count() == 1


def test_a_link_is_mailed_in_the_customers_language_and_withdrawn(street, signed_in):
    street.visser.language = "fr"
    street.visser.save()
    browser = signed_in(street.anna)
    browser.post(link_page(street.visser), {"action": "mail"})
    [letter] = mail.outbox
    assert letter.to == ["visser@example.org"] and "points de charge" in letter.subject
    browser.post(link_page(street.visser), {"action": "withdraw"})
    assert Client().get(re.search(r"/my/[\w-]+/", letter.body)[0]).status_code == 410


def test_links_are_withdrawn_where_one_opens_still_and_counted(street, signed_in):
    browser = signed_in(street.hugo)
    assert "Withdraw all links" not in browser.get(link_page(street.visser)).content.decode()
    assert "Withdraw all links" in browser.post(link_page(street.visser), {"action": "copy"}).content.decode()
    page = browser.post(link_page(street.visser), {"action": "withdraw"}, follow=True).content.decode()
    assert "1 link withdrawn: it opens nothing any more." in page and "Withdraw all links" not in page


def test_outsiders_and_readers_make_no_link(street, signed_in):
    for login in (street.otto, street.rita):
        assert signed_in(login).post(link_page(street.visser), {"action": "copy"}).status_code in (403, 404)
    assert signed_in(street.carla).get(link_page(street.bakker)).status_code == 404
    assert not DriverLink.objects.exists()
