"""Logins and their roles: who manages them, and how far that reaches."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from customers.models import Membership, StaffMember
from customers.permissions import Role
from tests import factories as make
from tests.portal.forms import CONFIRMED, page_form

pytestmark = pytest.mark.django_db

LOGINS = "/customers/staffmember/"
STRONG = "a meadow full of quiet transformers"


def page(row) -> str:
    return reverse(f"admin:customers_{row._meta.model_name}_change", args=[row.pk])


def edit(browser, row, **typed):
    return browser.post(page(row), page_form(browser.get(page(row))) | typed, follow=True)


def new_login(browser, world, **typed):
    sent = page_form(browser.get(LOGINS + "add/"))
    sent |= {"name": "Dirk", "email": "dirk@greengrid.example", "password": STRONG, "password_again": STRONG}
    sent |= {"memberships-0-role": Role.HELPDESK, "memberships-0-user_group": world.north.pk}
    return browser.post(LOGINS + "add/", sent | typed, follow=True)


def roles(login) -> set[str]:
    return {str(role) for role in Membership.objects.filter(staff_member=login)}


class TestLogins:
    @pytest.mark.parametrize("who", ["ben", "hugo", "rita", "otto"])
    def test_only_provider_admins_and_sub_providers_see_logins(self, world, signed_in, who):
        browser = signed_in(getattr(world, who))
        for url in (LOGINS, LOGINS + "add/", page(world.anna)):
            assert browser.get(url).status_code in (302, 403)

    def test_an_admin_sees_the_logins_of_the_own_provider_alone(self, world, signed_in):
        browser = signed_in(world.anna)
        text = browser.get(LOGINS).content.decode()
        assert "carla@north.example" in text and "helpdesk at North" in text
        assert "otto@" not in text and "Otto" not in text
        assert browser.get(page(world.otto)).status_code == 302

    def test_a_new_login_signs_in_with_the_password_that_was_set(self, world, signed_in, client):
        new_login(signed_in(world.anna), world)
        dirk = StaffMember.objects.get(email="dirk@greengrid.example")
        assert dirk.check_password(STRONG)
        assert roles(dirk) == {"helpdesk at North"}

    def test_a_login_is_made_with_a_role_or_not_at_all(self, world, signed_in):
        refused = new_login(signed_in(world.anna), world, **{"memberships-0-role": "", "memberships-0-user_group": ""})
        assert "at least one role" in refused.content.decode()
        assert not StaffMember.objects.filter(name="Dirk").exists()

    @pytest.mark.parametrize(
        ("password", "again"), [("short", "short"), ("123456789012", "123456789012"), (STRONG, "other")]
    )
    def test_a_weak_or_mistyped_password_is_refused(self, world, signed_in, password, again):
        refused = new_login(signed_in(world.anna), world, password=password, password_again=again)
        assert refused.context["adminform"].form.errors
        assert not StaffMember.objects.filter(name="Dirk").exists()

    def test_an_address_that_is_taken_elsewhere_cannot_be_used(self, world, signed_in):
        refused = new_login(signed_in(world.anna), world, email="OTTO@bluevolt.example")
        assert refused.context["adminform"].form.errors == {"email": ["This e-mail address cannot be used."]}
        assert not StaffMember.objects.filter(name="Dirk").exists()

    def test_no_role_is_given_at_another_provider(self, world, signed_in):
        new_login(signed_in(world.anna), world, **{"memberships-0-user_group": world.fjord.pk})
        new_login(signed_in(world.anna), world, **{"memberships-0-provider": world.bluevolt.pk})
        assert not Membership.objects.filter(provider=world.bluevolt).exclude(staff_member=world.otto).exists()

    def test_nobody_takes_away_ones_own_admin_role(self, world, signed_in):
        (role,) = world.anna.memberships.all()
        for typed in ({"memberships-0-role": Role.READ_ONLY}, {"is_active": ""}):
            browser = signed_in(world.anna)
            sent = page_form(browser.get(page(world.anna))) | typed
            browser.post(page(world.anna), {key: value for key, value in sent.items() if value != ""})
        role.refresh_from_db()
        assert role.role == Role.PROVIDER_ADMIN
        assert StaffMember.objects.get(pk=world.anna.pk).is_active

    def test_an_admin_takes_the_role_of_another_admin(self, world, signed_in):
        other = make.StaffMemberFactory(name="Eva", role=Role.PROVIDER_ADMIN, at=world.greengrid)
        edit(signed_in(world.anna), other, **{"memberships-0-role": Role.READ_ONLY})
        assert roles(other) == {"read only at GreenGrid"}

    def test_the_last_role_is_not_taken_the_login_is_deactivated_instead(self, world, signed_in):
        refused = edit(signed_in(world.anna), world.hugo, **{"memberships-0-DELETE": "on"})
        assert "deactivate it instead" in refused.content.decode()
        assert roles(world.hugo) == {"helpdesk at North"}

    def test_a_new_password_is_set_on_a_page_of_its_own(self, world, signed_in):
        browser = signed_in(world.anna)
        address = reverse("admin:customers_staffmember_password", args=[world.hugo.pk])
        assert browser.get(address).status_code == 200
        browser.post(address, {"password": "short", "password_again": "short"})
        assert not StaffMember.objects.get(pk=world.hugo.pk).check_password("short")
        browser.post(address, {"password": STRONG, "password_again": STRONG})
        assert StaffMember.objects.get(pk=world.hugo.pk).check_password(STRONG)

    @pytest.mark.parametrize("who", ["ben", "carla", "hugo", "rita", "otto"])
    def test_nobody_else_sets_a_password(self, world, signed_in, who):
        address = reverse("admin:customers_staffmember_password", args=[world.anna.pk])
        response = signed_in(getattr(world, who)).post(address, {"password": STRONG, "password_again": STRONG})
        assert response.status_code in (403, 404)
        assert not StaffMember.objects.get(pk=world.anna.pk).check_password(STRONG)

    def test_a_login_that_is_also_elsewhere_keeps_its_name_and_password(self, world, signed_in):
        Membership.objects.create(staff_member=world.otto, provider=world.greengrid, role=Role.READ_ONLY)
        browser = signed_in(world.anna)
        text = edit(browser, world.otto, name="Owned", email="mine@example.org").content.decode()
        assert "BlueVolt" not in text
        address = reverse("admin:customers_staffmember_password", args=[world.otto.pk])
        assert browser.post(address, {"password": STRONG, "password_again": STRONG}).status_code == 403
        stored = StaffMember.objects.get(pk=world.otto.pk)
        assert (stored.name, stored.email, stored.check_password(STRONG)) == ("Otto", "otto@bluevolt.example", False)

    def test_its_roles_at_ones_own_provider_are_ones_own_to_change(self, world, signed_in):
        Membership.objects.create(staff_member=world.otto, provider=world.greengrid, role=Role.READ_ONLY)
        edit(signed_in(world.anna), world.otto, **{"memberships-0-role": Role.PROVIDER_STAFF})
        assert roles(world.otto) == {"provider staff at GreenGrid", "provider staff at BlueVolt"}


class TestSeveralRoles:
    """Carla runs North and answers for South's helpdesk as well: two roles at one provider."""

    @pytest.fixture
    def carla(self, world):
        more = {"provider": world.greengrid, "user_group": world.south, "role": Role.HELPDESK}
        Membership.objects.create(staff_member=world.carla, **more)
        return world.carla

    def test_the_list_has_each_login_once(self, world, signed_in, carla):
        (rows,) = [signed_in(world.anna).get(LOGINS).context["cl"]]
        assert [login.email for login in rows.result_list].count(carla.email) == 1
        assert rows.result_count == len(rows.result_list)

    def test_it_is_opened_changed_and_deactivated(self, world, signed_in, carla):
        browser = signed_in(world.anna)
        assert browser.get(page(carla)).status_code == 200
        assert edit(browser, carla, name="Carla Cohen").status_code == 200
        assert StaffMember.objects.get(pk=carla.pk).name == "Carla Cohen"
        sent = {
            key: value for key, value in page_form(browser.get(page(carla))).items() if key != "is_active"
        } | CONFIRMED
        browser.post(page(carla), sent)
        assert not StaffMember.objects.get(pk=carla.pk).is_active

    def test_one_of_its_roles_is_taken(self, world, signed_in, carla):
        edit(signed_in(world.anna), carla, **{"memberships-0-DELETE": "on"})
        assert len(roles(carla)) == 1


class TestLastAdmin:
    """A provider that has an active admin keeps one."""

    @pytest.fixture
    def eva(self, world):
        return make.StaffMemberFactory(name="Eva", role=Role.PROVIDER_ADMIN, at=world.greengrid)

    def demote(self, login) -> None:
        Membership.objects.filter(staff_member=login).update(role=Role.READ_ONLY)

    def deactivate(self, login) -> None:
        StaffMember.objects.filter(pk=login.pk).update(is_active=False)

    def remove(self, login) -> None:
        Membership.objects.filter(staff_member=login).delete()

    @pytest.mark.parametrize("way", ["demote", "deactivate", "remove"])
    def test_the_last_one_stays_by_whatever_way_it_would_go(self, world, way):
        with pytest.raises(IntegrityError, match="GreenGrid would be left without"), transaction.atomic():
            getattr(self, way)(world.anna)
            check_deferred()
        assert roles(world.anna) == {"provider admin at GreenGrid"}
        assert StaffMember.objects.get(pk=world.anna.pk).is_active

    @pytest.mark.parametrize("way", ["demote", "deactivate", "remove"])
    def test_one_of_two_may_go(self, world, eva, way):
        getattr(self, way)(world.anna)
        check_deferred()

    def test_the_role_may_move_to_another_login(self, world):
        self.demote(world.anna)
        self.promote(world.ben)
        check_deferred()

    def promote(self, login) -> None:
        Membership.objects.filter(staff_member=login).update(role=Role.PROVIDER_ADMIN)

    @pytest.mark.django_db(transaction=True)
    def test_of_two_admins_who_switch_each_other_off_at_once_one_is_refused(self, world, signed_in, eva):
        browsers = [signed_in(world.anna), signed_in(eva)]
        forms = [page_form(browsers[0].get(page(eva))), page_form(browsers[1].get(page(world.anna)))]
        with ThreadPoolExecutor(2) as both:
            answers = list(both.map(send_together(browsers, [eva, world.anna], forms), range(2)))
        assert StaffMember.objects.filter(pk__in=[world.anna.pk, eva.pk], is_active=True).count() == 1
        assert sorted(answer.status_code for answer in answers) == [200, 302]
        (refused,) = [answer.content.decode() for answer in answers if answer.status_code == 200]
        assert "make another login a provider admin first" in refused


def check_deferred() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def send_together(browsers, logins, forms):
    """Each of two browsers switches a login off, and holds its transaction open until the other has written too."""
    meet = Barrier(2, timeout=20)

    def send(number):
        sent = {key: value for key, value in forms[number].items() if key != "is_active"} | CONFIRMED
        try:
            with before_the_check(meet):
                return browsers[number].post(page(logins[number]), sent)
        finally:
            connection.close()

    return send


@contextmanager
def before_the_check(meet):
    """Waits for the other just before the deferred constraints are checked, once."""
    passed = []

    def wait(execute, sql, *args):
        if "SET CONSTRAINTS" in sql and not passed:
            passed.append(sql)
            meet.wait()
        return execute(sql, *args)

    with connection.execute_wrapper(wait):
        yield


def test_the_history_of_a_login_tells_its_roles(world, signed_in):
    browser = signed_in(world.anna)
    edit(browser, world.hugo, **{"memberships-0-role": Role.READ_ONLY})
    text = browser.get(reverse("admin:customers_staffmember_history", args=[world.hugo.pk])).content.decode()
    assert "Anna" in text and "helpdesk" in text and "read only" in text


def test_the_history_of_a_login_that_is_also_elsewhere_stays_closed(world, signed_in):
    Membership.objects.create(staff_member=world.otto, provider=world.greengrid, role=Role.READ_ONLY)
    address = reverse("admin:customers_staffmember_history", args=[world.otto.pk])
    assert signed_in(world.anna).get(address).status_code == 403
