"""User groups and providers: who sees and changes them."""

import pytest

from customers.models import Provider, StaffMember, UserGroup
from tests import factories as make
from tests.portal.forms import page_form
from tests.portal.test_logins import STRONG, edit, page

pytestmark = pytest.mark.django_db
GROUPS = "/customers/usergroup/"


class TestUserGroups:
    @pytest.mark.parametrize("who", ["anna", "ben", "carla", "hugo", "rita"])
    def test_each_role_sees_its_user_groups_and_none_of_another_provider(self, world, signed_in, who):
        browser = signed_in(getattr(world, who))
        for url in (GROUPS, page(world.north)):
            text = browser.get(url).content.decode()
            assert "North" in text and "Fjord" not in text

    def test_the_list_counts_customers_and_charge_groups(self, world, signed_in):
        changelist = signed_in(world.anna).get(GROUPS).context["cl"]
        admin = changelist.model_admin
        counted = {
            group.code: (admin.customer_counts[group.pk], admin.charge_group_counts[group.pk])
            for group in changelist.result_list
        }
        assert counted == {"NORTH": ("1", "1"), "SOUTH": ("1", "0")}

    def test_a_user_group_is_not_put_below_itself(self, world, signed_in):
        below = make.UserGroupFactory(provider=world.greengrid, code="CENTRE", name="Centre", parent=world.north)
        browser = signed_in(world.anna)
        assert "North › Centre" in browser.get(GROUPS).content.decode()
        refused = edit(browser, world.north, parent=below.pk)
        assert "can&#x27;t be below itself" in refused.content.decode()
        assert UserGroup.objects.get(pk=world.north.pk).parent is None

    def test_no_parent_of_another_provider_is_chosen(self, world, signed_in):
        edit(signed_in(world.anna), world.north, parent=world.fjord.pk)
        assert UserGroup.objects.get(pk=world.north.pk).parent is None

    @pytest.mark.parametrize("who", ["carla", "hugo", "rita", "otto"])
    def test_who_only_reads_renames_nothing(self, world, signed_in, who):
        signed_in(getattr(world, who)).post(page(world.north), {"code": "NORTH", "name": "Mine"})
        assert UserGroup.objects.get(pk=world.north.pk).name == "North"


class TestProviders:
    def test_an_admin_changes_the_own_provider_and_sees_no_other(self, world, signed_in):
        browser = signed_in(world.anna)
        assert "BlueVolt" not in browser.get("/customers/provider/").content.decode()
        edit(browser, world.greengrid, minimum_seconds="60")
        assert Provider.objects.get(pk=world.greengrid.pk).minimum_seconds == 60
        assert browser.get(page(world.bluevolt)).status_code == 302

    def test_the_operator_adds_a_provider(self, world, signed_in):
        operator = StaffMember.objects.create_superuser("op@example.org", STRONG, name="Op")
        browser = signed_in(operator)
        sent = page_form(browser.get("/customers/provider/add/"))
        sent |= {"code": "NEW", "name": "New", "country_code": "BE", "party_id": "NEW"}
        assert browser.post("/customers/provider/add/", sent).status_code == 302
        assert Provider.objects.filter(code="NEW").exists()
        assert signed_in(operator).get("/customers/customer/").status_code == 403
