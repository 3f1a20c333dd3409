"""Alerts in the portal: the bell of the frame, the list, the page of one, marking as read, and each login's own choice."""

import pytest
from django.urls import reverse

from changes.proposals import NewTerms
from customers.models import Membership, StaffAlert, StaffMember
from tests.queries.test_change_signals import applied

pytestmark = pytest.mark.django_db
LIST = "/customers/staffalert/"


@pytest.fixture
def change(world):
    return applied(NewTerms(world.leusden, {"tariff": world.cheap}), by=world.anna)


def text(response):
    return " ".join(response.content.decode().split())


def own(login):
    return StaffAlert.objects.get(login=login)


def page(copy, view="change"):
    return reverse(f"admin:customers_staffalert_{view}", args=[copy.pk])


def test_the_bell_counts_what_is_unread_on_every_page(world, change, signed_in):
    carla = signed_in(world.carla)
    for address in ("/", LIST, "/customers/customer/", f"/chargegroups/chargegroup/{world.leusden.pk}/access/"):
        assert 'aria-label="Alerts, 1 unread"' in text(carla.get(address)), address
    assert 'aria-label="Alerts, none unread"' in text(signed_in(world.anna).get("/"))


def test_many_unread_alerts_are_counted_to_99(world, change, signed_in):
    alert = own(world.carla).alert
    for number in range(100):
        alert.pk, alert.change = None, 10_000 + number
        alert.save()
        StaffAlert.objects.create(provider=world.greengrid, alert=alert, login=world.carla)
    assert 'aria-label="Alerts, 99+ unread"' in text(signed_in(world.carla).get("/"))


def test_a_login_without_a_role_and_the_operator_have_no_bell(world, change, signed_in):
    for login in (
        StaffMember.objects.create_user("nobody@example.org", name="Nobody"),
        StaffMember.objects.create_superuser("operator@example.org", name="Operator"),
    ):
        browser = signed_in(login)
        assert "evc-bell" not in text(browser.get("/"))
        assert browser.get(LIST).status_code == 403
        assert browser.post(f"{LIST}read-all/").status_code == 403


def test_the_list_says_what_changed_for_the_login_s_own_part(world, change, signed_in):
    shown = text(signed_in(world.carla).get(LIST))
    assert "New terms: Leusden centre" in shown and "1 pays less" in shown and "by Anna" in shown
    assert "Terms of" in text(signed_in(world.ben).get(LIST))


def test_an_empty_list_teaches(world, signed_in):
    assert "You are not told of what you change yourself" in text(signed_in(world.carla).get(LIST))


def test_opening_one_marks_it_as_read_and_leads_to_the_change(world, change, signed_in):
    carla = signed_in(world.carla)
    answer = carla.post(page(own(world.carla), "open"))
    assert answer.headers["Location"] == reverse("admin:changes_change_change", args=[change.pk])
    assert own(world.carla).read_at is not None and own(world.hugo).read_at is None
    assert 'aria-label="Alerts, none unread"' in text(carla.get("/"))


def test_who_sees_no_charge_group_of_the_change_is_led_to_its_own_part(world, signed_in):
    Membership.objects.filter(staff_member=world.hugo).update(user_group=world.south)
    applied(NewTerms(world.leusden, {"other_user_groups": True}), by=world.anna)
    hugo = signed_in(StaffMember.objects.get(pk=world.hugo.pk))
    copy = own(world.hugo)
    answer = hugo.post(page(copy, "open"), follow=True)
    assert answer.redirect_chain[-1][0] == page(copy)
    shown = text(answer)
    assert "1 gains access" in shown and "Leusden" not in shown and "Anna" not in shown


def test_looking_marks_nothing_as_read(world, change, signed_in):
    carla, copy = signed_in(world.carla), own(world.carla)
    for address in (LIST, page(copy), page(copy, "open"), page(copy, "read"), f"{LIST}read-all/"):
        carla.get(address)
    assert own(world.carla).read_at is None


def test_marking_one_as_read_comes_back_to_the_list_as_it_was(world, change, signed_in):
    answer = signed_in(world.carla).post(page(own(world.carla), "read") + "?read=no")
    assert answer.headers["Location"] == f"{LIST}?read=no"
    assert own(world.carla).read_at is not None


def test_marking_all_as_read_marks_one_s_own_alone(world, change, signed_in):
    applied(NewTerms(world.leusden, {"tariff": world.standard}), by=world.anna)
    answer = signed_in(world.carla).post(f"{LIST}read-all/", follow=True)
    assert "2 alerts marked as read." in text(answer)
    assert not StaffAlert.objects.filter(login=world.carla, read_at=None).exists()
    assert StaffAlert.objects.filter(login=world.ben, read_at=None).count() == 2


def test_the_alert_of_another_looks_like_none(world, change, signed_in):
    copy = own(world.carla)
    for login in (world.ben, world.hugo, world.otto):
        browser = signed_in(login)
        for answer in (browser.get(page(copy)), browser.post(page(copy, "open")), browser.post(page(copy, "read"))):
            assert answer.status_code == 404
    assert own(world.carla).read_at is None


def test_the_filters_narrow_by_read_state_effect_and_event(world, change, signed_in):
    carla = signed_in(world.carla)
    listed = lambda query: len(carla.get(LIST + query).context["cl"].result_list)
    assert [listed("?read=no"), listed("?read=yes"), listed("?read=maybe")] == [1, 0, 1]
    assert [listed("?effect=pays_less"), listed("?effect=pays_more"), listed("?effect=x")] == [1, 0, 1]
    assert [listed("?alert__event__exact=applied"), listed("?alert__event__exact=undone")] == [1, 0]


def test_each_login_chooses_for_itself_whether_alerts_are_mailed(world, signed_in):
    carla = signed_in(world.carla)
    assert "Alerts by mail" in text(carla.get("/account/alerts/"))
    carla.post("/account/alerts/", {"alert_mail": "daily", "name": "Queen"})
    carla.post("/account/alerts/", {"alert_mail": "hourly"})
    world.carla.refresh_from_db()
    assert (world.carla.alert_mail, world.carla.name) == ("daily", "Carla")
    assert StaffMember.objects.exclude(alert_mail="none").count() == 1


def test_signed_out_nobody_chooses(client, world):
    assert client.post("/account/alerts/", {"alert_mail": "daily"}).status_code == 403
    assert not StaffMember.objects.exclude(alert_mail="none").exists()
