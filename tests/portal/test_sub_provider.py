"""A sub provider does its job: it sees its prices, makes tariffs, locations and logins of its own, and is told whom to ask."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from chargegroups import writes
from chargegroups.models import CustomerException, Terms
from chargegroups.resources import ExceptionResource
from chargepoints.models import Location
from customers.models import Membership, StaffMember
from customers.permissions import Role
from evcnet.importexport.scope import FileScope
from evcnet.tenancy import visible_order
from tariffs.models import Tariff, TariffOffer
from tests import factories as make
from tests.portal.forms import page_form
from tests.portal.test_logins import LOGINS, edit, new_login, page, roles

pytestmark = pytest.mark.django_db

TARIFFS, LOCATIONS = "/tariffs/tariff/", "/chargepoints/location/"


def body(response) -> str:
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def allow(world, *settings):
    world.carla.memberships.update(**dict.fromkeys(settings, True))
    world.carla = StaffMember.objects.get(pk=world.carla.pk)


@pytest.fixture
def east(world):
    """A user group below North."""
    return make.UserGroupFactory(provider=world.greengrid, code="EAST", name="East", parent=world.north)


@pytest.fixture
def group_of_south(world):
    return make.ChargeGroupFactory(user_group=world.south, code="CG-SOUTH", terms={"tariff": world.standard})


class TestTariffsInSight:
    @pytest.mark.parametrize("slot", ["tariff", "prepaid_tariff", "roaming_tariff"])
    def test_a_tariff_that_terms_name_is_seen_with_prices_versions_and_calculator(self, world, signed_in, slot):
        make.ChargeGroupFactory(user_group=world.north, terms={"tariff": world.standard} | {slot: world.cheap})
        make.reprice(world.cheap, timezone.now() + timedelta(days=9), energy_price="0.9191")
        carla = signed_in(world.carla)
        assert "0.20" in body(carla.get(TARIFFS))
        assert "0.9191" in body(carla.get(f"{TARIFFS}{world.cheap.pk}/prices/"))
        assert carla.get(f"{TARIFFS}{world.cheap.pk}/calculator/").status_code == 200

    def test_so_is_one_that_is_scheduled_and_one_that_is_left_is_not_any_more(self, world):
        later = timezone.now() + timedelta(days=9)
        make.TermsFactory(charge_group=world.leusden, valid_from=later, tariff=world.cheap)
        assert world.cheap in Tariff.objects.visible_to(world.carla)
        make.TermsFactory(
            charge_group=world.leusden, valid_from=timezone.now() - timedelta(minutes=1), tariff=world.cheap
        )
        assert world.standard not in Tariff.objects.visible_to(world.carla)

    def test_so_is_that_of_an_exception_until_it_has_ended(self, world):
        row = make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.bakker, tariff=world.cheap)
        assert world.cheap in Tariff.objects.visible_to(world.carla)
        row.valid_until = timezone.now() - timedelta(minutes=1)
        writes.save_exception(row)
        assert world.cheap not in Tariff.objects.visible_to(world.carla)

    def test_those_of_other_user_groups_are_not(self, world, signed_in, group_of_south):
        make.CustomerExceptionFactory(charge_group=group_of_south, customer=world.jansen, tariff=world.cheap)
        assert set(Tariff.objects.visible_to(world.carla)) == {world.standard}
        assert signed_in(world.carla).get(f"{TARIFFS}{world.cheap.pk}/prices/").status_code == 404

    def test_however_many_groups_use_it_it_is_listed_once(self, world):
        TariffOffer.objects.create(provider=world.greengrid, tariff=world.standard, user_group=world.north)
        for _ in range(3):
            make.ChargeGroupFactory(user_group=world.north, terms={"tariff": world.standard})
        assert list(Tariff.objects.visible_to(world.carla)) == [world.standard]

    def test_whose_exceptions_name_it_is_told_of_customers_in_sight_alone(self, world, signed_in):
        make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.bakker, tariff=world.cheap)
        page = f"{TARIFFS}{world.cheap.pk}/uses/"
        shown = body(signed_in(world.carla).get(page))
        assert "0 exceptions of single customers" in shown and "Bakker" not in shown
        make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.jansen, tariff=world.cheap)
        shown = body(signed_in(world.carla).get(page))
        assert "1 exception of single customers" in shown and "Jansen, T." in shown and "Bakker" not in shown
        assert "Bakker" in body(signed_in(world.anna).get(page))

    def test_what_is_in_use_but_not_offered_is_chosen_nowhere_else(self, world, signed_in):
        make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.jansen, tariff=world.cheap)
        assert world.cheap not in Tariff.objects.visible_to(world.carla, "use")
        typed = {"tariff": "CHEAP", "own_user_group": "on", "step": "preview"}
        answer = signed_in(world.carla).post(f"/chargegroups/chargegroup/{world.leusden.pk}/terms/", typed)
        assert "There is no such tariff here that you may use" in body(answer)
        assert not Terms.objects.filter(tariff=world.cheap).exists()
        query = {"app_label": "chargegroups", "model_name": "customerexception", "field_name": "tariff"}
        assert signed_in(world.carla).get("/autocomplete/", query).json()["results"] == []


class TestOwnTariffs:
    def add(self, browser, **typed):
        sent = {"code": "OWN", "name": "Own", "currency": "EUR", "step": "save"}
        sent |= {"elements-TOTAL_FORMS": "1", "elements-INITIAL_FORMS": "0", "elements-0-energy_price": "0.40"}
        sent |= {f"elements-0-{each}_step": "1" for each in ("energy", "time", "parking")}
        return browser.post(f"{TARIFFS}add/", sent | typed)

    def test_without_the_setting_there_is_no_button_and_no_form(self, world, signed_in):
        carla = signed_in(world.carla)
        assert "tariff/add/" not in body(carla.get(TARIFFS))
        assert self.add(carla, user_group=world.north.pk).status_code in (302, 403)
        assert not Tariff.objects.filter(code="OWN").exists()

    def test_with_it_a_tariff_is_made_for_the_user_group(self, world, signed_in):
        allow(world, "may_make_tariffs")
        carla = signed_in(world.carla)
        assert "tariff/add/" in body(carla.get(TARIFFS))
        assert self.add(carla, user_group=world.north.pk).status_code == 302
        tariff = Tariff.objects.get(code="OWN")
        assert tariff.user_group == world.north
        world.anna = StaffMember.objects.get(pk=world.anna.pk)
        for login, sees in ((world.carla, True), (world.anna, True), (world.otto, False)):
            assert (tariff in Tariff.objects.visible_to(login, "use")) == sees

    @pytest.mark.parametrize("whose", ["south", "fjord", None])
    def test_for_nobody_else(self, world, signed_in, whose):
        allow(world, "may_make_tariffs")
        self.add(signed_in(world.carla), user_group=getattr(world, whose).pk if whose else "")
        assert not Tariff.objects.filter(code="OWN").exists()

    def test_the_providers_tariffs_are_not_edited(self, world, signed_in):
        allow(world, "may_make_tariffs")
        carla = signed_in(world.carla)
        assert not world.carla.has_perm("tariffs.change_tariff", world.standard)
        for view in ("prices/add/", "prices/edit/", "simple/", "version/"):
            assert carla.get(f"{TARIFFS}{world.standard.pk}/{view}").status_code in (302, 403)
        carla.post(f"{TARIFFS}{world.standard.pk}/change/", {"code": "MINE", "name": "Mine", "currency": "EUR"})
        assert Tariff.objects.get(pk=world.standard.pk).code == "STANDARD"

    def test_those_below_see_and_use_it_and_do_not_edit_it(self, world, east):
        own = make.TariffFactory(provider=world.greengrid, user_group=world.north)
        below = make.StaffMemberFactory(role=Role.SUB_PROVIDER, user_group=east)
        below.memberships.update(may_make_tariffs=True)
        assert own in Tariff.objects.visible_to(below) and own in Tariff.objects.visible_to(below, "use")
        assert own not in Tariff.objects.visible_to(below, "change")
        assert make.ChargeGroupFactory(user_group=east, terms={"tariff": own}).terms.get().tariff == own

    def test_charge_groups_of_others_can_not_name_it(self, world, east, group_of_south):
        own = make.TariffFactory(provider=world.greengrid, user_group=east)
        for group in (group_of_south, world.leusden):
            with pytest.raises(IntegrityError, match="own tariff"), transaction.atomic():
                make.TermsFactory(charge_group=group, valid_from=timezone.now(), tariff=own)
            with pytest.raises(IntegrityError, match="own tariff"), transaction.atomic():
                make.CustomerExceptionFactory(charge_group=group, customer=world.bakker, tariff=own)

    @pytest.mark.parametrize("moved", ["group", "tariff", "parent"])
    def test_nor_do_they_come_to_by_being_moved(self, world, east, moved):
        own = make.TariffFactory(provider=world.greengrid, user_group=world.north)
        group = make.ChargeGroupFactory(user_group=east, terms={"tariff": own})
        row, values = {
            "group": (group, {"user_group": world.south}),
            "tariff": (own, {"user_group": world.south}),
            "parent": (east, {"parent": world.south}),
        }[moved]
        with pytest.raises(IntegrityError, match="own tariff"), transaction.atomic():
            type(row).objects.filter(pk=row.pk).update(**values)

    def test_the_provider_is_offered_it_only_where_it_may_be_named(self, world, signed_in, group_of_south):
        make.TariffFactory(provider=world.greengrid, user_group=world.north, code="OFNORTH")
        anna = signed_in(world.anna)
        assert "OFNORTH" in body(anna.get(f"/chargegroups/chargegroup/{world.leusden.pk}/terms/"))
        assert "OFNORTH" not in body(anna.get(f"/chargegroups/chargegroup/{group_of_south.pk}/terms/"))


class TestLocations:
    def add(self, browser, **typed):
        sent = {"code": "NEW", "name": "New square", "country": "NL", "time_zone": "Europe/Amsterdam"}
        return browser.post(f"{LOCATIONS}add/", sent | typed)

    def test_without_the_setting_no_location_is_added(self, world, signed_in):
        carla = signed_in(world.carla)
        assert "location/add/" not in body(carla.get(LOCATIONS))
        assert self.add(carla, user_group=world.north.pk).status_code in (302, 403)
        assert not Location.objects.filter(code="NEW").exists()

    def test_with_it_one_is_added_and_not_published(self, world, signed_in):
        allow(world, "may_add_locations")
        carla = signed_in(world.carla)
        assert self.add(carla, user_group=world.north.pk, published="on").status_code == 302
        location = Location.objects.get(code="NEW")
        assert (location.user_group, location.published) == (world.north, False)
        where = f"{LOCATIONS}{location.pk}/change/"
        assert carla.post(where, page_form(carla.get(where)) | {"name": "Newer", "published": "on"}).status_code == 302
        location.refresh_from_db()
        assert (location.name, location.published) == ("Newer", False)

    def test_whoever_edits_the_providers_locations_publishes_it(self, world, signed_in):
        location = make.LocationFactory(provider=world.greengrid, user_group=world.north)
        where, ben = f"{LOCATIONS}{location.pk}/change/", signed_in(world.ben)
        assert ben.post(where, page_form(ben.get(where)) | {"published": "on", "confirmed": "1"}).status_code == 302
        location.refresh_from_db()
        assert location.published and location.user_group == world.north

    def test_the_providers_locations_stay_as_they_are(self, world, signed_in):
        allow(world, "may_add_locations")
        where = f"{LOCATIONS}{world.market.location.pk}/change/"
        carla = signed_in(world.carla)
        assert 'name="_save"' not in body(carla.get(where))
        assert carla.post(where, {"name": "Mine"}).status_code == 403

    @pytest.mark.parametrize("whose", ["south", "fjord"])
    def test_none_is_added_for_others(self, world, signed_in, whose):
        allow(world, "may_add_locations")
        self.add(signed_in(world.carla), user_group=getattr(world, whose).pk)
        assert not Location.objects.filter(code="NEW").exists()


class TestLogins:
    def test_a_sub_provider_invites_a_login_of_its_user_group(self, world, signed_in, mailoutbox):
        shown = new_login(signed_in(world.carla), world, password="", password_again="")
        assert "An invitation is on its way" in body(shown)
        assert roles(StaffMember.objects.get(email="dirk@greengrid.example")) == {"helpdesk at North"}
        assert [mail.to for mail in mailoutbox] == [["dirk@greengrid.example"]]

    def test_and_ends_it(self, world, signed_in):
        sent = page_form(signed_in(world.carla).get(page(world.hugo)))
        sent.pop("is_active", None)
        signed_in(world.carla).post(page(world.hugo), sent | {"confirmed": "1", "reason": "left"})
        assert not StaffMember.objects.get(pk=world.hugo.pk).is_active

    @pytest.mark.parametrize("role", [Role.PROVIDER_ADMIN, Role.PROVIDER_STAFF, Role.HELPDESK, Role.READ_ONLY])
    def test_it_gives_no_role_of_the_whole_provider(self, world, signed_in, role):
        typed = {"memberships-0-role": role, "memberships-0-user_group": ""}
        new_login(signed_in(world.carla), world, **typed)
        assert not StaffMember.objects.filter(name="Dirk").exists()

    @pytest.mark.parametrize("whose", ["south", "fjord"])
    def test_nor_one_elsewhere(self, world, signed_in, whose):
        new_login(signed_in(world.carla), world, **{"memberships-0-user_group": getattr(world, whose).pk})
        assert not StaffMember.objects.filter(name="Dirk").exists()

    def test_nor_above_it(self, world, signed_in, east):
        below = make.StaffMemberFactory(role=Role.SUB_PROVIDER, user_group=east)
        new_login(signed_in(below), world)
        assert not StaffMember.objects.filter(name="Dirk").exists()

    @pytest.mark.parametrize("setting", ["may_make_tariffs", "may_add_locations"])
    def test_it_passes_on_the_settings_that_it_has_and_no_others(self, world, signed_in, setting):
        typed = {"memberships-0-role": Role.SUB_PROVIDER, f"memberships-0-{setting}": "on"}
        shown = body(signed_in(world.carla).get(LOGINS + "add/"))
        assert f"memberships-0-{setting}" not in shown
        new_login(signed_in(world.carla), world, **typed)
        assert not Membership.objects.filter(**{setting: True}).exists()
        StaffMember.objects.filter(name="Dirk").delete()
        allow(world, setting)
        new_login(signed_in(world.carla), world, **typed)
        assert Membership.objects.filter(staff_member__name="Dirk", **{setting: True}).exists()

    def test_who_may_do_more_at_the_user_group_is_not_its_to_change(self, world, signed_in):
        eva = make.StaffMemberFactory(name="Eva", role=Role.SUB_PROVIDER, user_group=world.north)
        eva.memberships.update(may_make_tariffs=True)
        carla = signed_in(world.carla)
        shown = body(carla.get(page(eva)))
        assert "may do more than yours" in shown and "Ask a provider admin of GreenGrid." in shown
        assert 'name="_save"' not in shown and "Set a new password" not in shown
        assert carla.post(page(eva), {"name": "Mine"}).status_code == 403
        assert carla.get(f"{LOGINS}{eva.pk}/password/").status_code == 404

    def test_a_login_that_holds_a_role_elsewhere_is_not_there(self, world, signed_in):
        both = make.StaffMemberFactory(name="Both", role=Role.HELPDESK, user_group=world.north)
        elsewhere = {"provider": world.greengrid, "user_group": world.south, "role": Role.HELPDESK}
        Membership.objects.create(staff_member=both, **elsewhere)
        operator = make.StaffMemberFactory(name="Olga", role=Role.HELPDESK, user_group=world.north, is_operator=True)
        carla = signed_in(world.carla)
        assert set(StaffMember.objects.visible_to(world.carla)) == {world.carla, world.hugo}
        for login in (both, operator, world.anna, world.ben, world.rita, world.otto):
            assert login.email not in body(carla.get(LOGINS))
            assert carla.get(page(login)).status_code == 302
            assert carla.get(f"{LOGINS}{login.pk}/password/").status_code == 404

    def test_nobody_gives_up_the_right_to_manage_logins(self, world, signed_in):
        edit(signed_in(world.carla), world.carla, **{"memberships-0-role": Role.HELPDESK})
        assert roles(world.carla) == {"sub provider at North"}

    def test_provider_admins_give_the_settings(self, world, signed_in):
        settings = {"memberships-0-may_make_tariffs": "on", "memberships-0-may_add_locations": "on"}
        edit(signed_in(world.anna), world.carla, **settings)
        assert world.carla.memberships.get().settings == ["may_make_tariffs", "may_add_locations"]
        refused = edit(signed_in(world.anna), world.hugo, **settings)
        assert "a setting of sub providers" in body(refused)
        assert world.hugo.memberships.get().settings == []


class TestHome:
    def test_the_user_group_is_its_home(self, world, signed_in):
        shown = body(signed_in(world.carla).get("/"))
        assert "<title> North |" in shown
        assert "Carla – North, GreenGrid" in shown
        assert "Home, North" in shown
        assert "<title> Home |" in body(signed_in(world.anna).get("/"))

    def test_an_empty_list_says_whom_to_ask(self, world, signed_in, east):
        below = make.StaffMemberFactory(role=Role.SUB_PROVIDER, user_group=east)
        for url in (TARIFFS, LOCATIONS, "/chargepoints/chargepoint/", "/chargepoints/session/"):
            shown = body(signed_in(below).get(url))
            assert "Ask a provider admin of GreenGrid." in shown
            assert "Add them one by one" not in shown and "Make a tariff" not in shown
        assert "Ask a provider admin" not in body(signed_in(below).get("/customers/customer/"))


def test_customers_are_moved_only_where_there_is_another_user_group(world, signed_in):
    page = f"/customers/customer/{world.jansen.pk}/overview/"
    carla = signed_in(world.carla)
    for address in (page, "/customers/customer/"):
        assert "Move to another user group" not in body(carla.get(address))
    make.UserGroupFactory(provider=world.greengrid, parent=world.north)
    for address in (page, "/customers/customer/"):
        assert "Move to another user group" in body(carla.get(address))


def test_the_one_user_group_there_is_stands_chosen_in_new_rows(world, signed_in):
    chosen = f'<option value="{world.north.pk}" selected>North</option>'
    for address in ("/chargegroups/chargegroup/add/", "/customers/customer/add/"):
        assert chosen in body(signed_in(world.carla).get(address))
        assert chosen not in body(signed_in(world.anna).get(address))


def test_the_order_of_exported_exceptions_tells_no_number_that_is_hidden(world, signed_in):
    for customer in (world.bakker, world.jansen):
        make.CustomerExceptionFactory(charge_group=world.leusden, customer=customer)
    orders = []
    for number in ("0001", "9999"):
        type(world.bakker).objects.filter(pk=world.bakker.pk).update(number=number)
        scope = FileScope(world.carla)
        orders.append([row.customer_id for row in ExceptionResource(scope).get_queryset()])
    assert orders == [[world.jansen.pk, world.bakker.pk]] * 2


def test_an_order_by_a_customer_that_is_hidden_is_an_order_by_nothing(world):
    for customer in (world.bakker, world.jansen):
        make.CustomerExceptionFactory(charge_group=world.leusden, customer=customer)
    rows = CustomerException.objects.filter(charge_group=world.leusden)
    for order in ("customer__name", "-customer__name", "customer"):
        orders = []
        for name in ("Aa", "Zz"):
            type(world.bakker).objects.filter(pk=world.bakker.pk).update(name=name)
            by_customer = visible_order(world.carla, CustomerException, (), order)
            orders.append(list(rows.order_by(by_customer, "pk").values_list("customer", flat=True)))
        assert orders == [[world.jansen.pk, world.bakker.pk]] * 2, order
    assert visible_order(world.anna, CustomerException, (), "-customer__name") == "-customer__name"
