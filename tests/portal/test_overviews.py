"""Overview pages: what a charge group, tariff, charge point, location, customer or card opens on."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from chargepoints.models import DecisionEntry, Rating, Session
from tests import factories as make

MOST_STATEMENTS = 20


def overview(row):
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_overview", args=[row.pk])


def words(response):
    """The page's text on one line, so that a test reads sentences."""
    from html import unescape
    from re import sub

    return " ".join(unescape(sub(r"<[^>]+>", " ", response.content.decode())).split())


def charge(world, customer, point, kwh, *, cost, days=3, code="S-1", **more):
    """A session that was charged and rated some days ago."""
    begun = timezone.now() - timedelta(days=days)
    version = world.standard.versions.get()
    session = Session.objects.create(
        provider=point.provider, code=code, charge_point=point, customer=customer, started_at=begun,
        ended_at=begun + timedelta(hours=1), kwh=kwh, verdict="ALLOWED", reason="own_user_group", tariff_version=version,
        **more,
    )  # fmt: skip
    Rating.objects.create(
        provider=point.provider, session=session, tariff_version=version, ended_at=session.ended_at, kwh=kwh,
        currency="EUR", excl_vat=Decimal(cost), incl_vat=Decimal(cost) * Decimal("1.21"),
    )  # fmt: skip
    return session


def refuse(point, customer=None, card=None, *, reason="customer_denied", days=1):
    """A decision against a card, some days ago."""
    asked = timezone.now() - timedelta(days=days)
    return DecisionEntry.objects.create(
        asked_at=asked, at=asked, source="gateway", provider_id=point.provider_id, card_provider_id=point.provider_id,
        card_uid="04AA11", identity=point.identity, card=card, customer=customer, charge_point=point,
        charge_group_id=point.charge_group_id, verdict="NOT_ALLOWED", reason=reason, told=reason, facts={}, answer={},
    )  # fmt: skip


def statements(client, row):
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert client.get(overview(row)).status_code == 200
    return len(asked)


@pytest.mark.django_db
class TestChargeGroup:
    def test_a_list_opens_the_overview_and_saving_the_data_returns_to_it(self, world, signed_in):
        ben = signed_in(world.ben)
        listed = ben.get(reverse("admin:chargegroups_chargegroup_changelist"))
        assert overview(world.leusden) in listed.content.decode()

        edit = reverse("admin:chargegroups_chargegroup_change", args=[world.leusden.pk])
        form = ben.get(edit).context["adminform"].form
        typed = {name: form[name].value() or "" for name in form.fields} | {"name": "Leusden square"}
        saved = ben.post(f"{edit}?_changelist_filters=q%3Dleus", typed)

        assert saved.url == f"{overview(world.leusden)}?_changelist_filters=q%3Dleus"
        world.leusden.refresh_from_db()
        assert world.leusden.name == "Leusden square"

    def test_it_says_state_price_who_may_charge_energy_money_and_refusals(self, world, signed_in):
        charge(world, world.jansen, world.market, "20", cost="7.00")
        charge(world, world.jansen, world.market, "99", cost="99.00", days=40, code="S-OLD")
        refuse(world.market, world.bakker)
        refuse(world.market, world.bakker, days=9)

        page = words(signed_in(world.ben).get(overview(world.leusden)))

        assert "CG-LEUSDEN Leusden centre" in page
        assert "0.35 EUR/kWh" in page
        assert "1 charge point 1 active" in page
        assert "1 customer may charge here" in page
        assert "20 kWh 1 session in 30 days" in page
        assert "7.00 EUR excl. VAT in 30 days 8.47 EUR incl. VAT" in page
        assert "1 refused in 7 days" in page
        assert "NLGRGE0001" in page

    def test_each_entry_of_the_menu_begins_that_change_with_the_switch_flipped(self, world, signed_in):
        ben = signed_in(world.ben)
        menu = {entry.label: entry.url for entry in ben.get(overview(world.leusden)).context["overview"].menu}

        form = ben.get(menu["Roaming: switch on"].partition("#")[0]).context["form"]
        assert form["roaming"].value() is True
        assert form["social_charging"].value() is False
        assert form["own_user_group"].value() is True
        assert set(menu) >= {"Another tariff", "Who may charge", "Attach charge points", "Edit data", "Close"}

    def test_who_may_change_nothing_is_offered_no_change(self, world, signed_in):
        for login in (world.rita, world.hugo):
            assert signed_in(login).get(overview(world.leusden)).context["overview"].menu == []

    def test_a_sub_provider_reads_no_energy_or_money_of_other_user_groups(self, world, signed_in):
        south = make.ChargeGroupFactory(user_group=world.south, code="CG-SOUTH", terms={"tariff": world.standard})
        square = make.ChargePointFactory(charge_group=south, identity="NLGRGE0009")
        charge(world, world.bakker, square, "50", cost="50.00")
        carla = signed_in(world.carla)

        assert carla.get(overview(south)).status_code == 404
        assert "50.00 EUR" not in words(carla.get(overview(world.leusden)))

    def test_of_another_provider_it_is_not_there(self, world, signed_in):
        assert signed_in(world.otto).get(overview(world.leusden)).status_code == 404
        assert signed_in(world.ben).get(overview(world.oslo)).status_code == 404

    def test_it_costs_as_many_statements_with_many_points_and_customers(self, world, signed_in):
        ben = signed_in(world.ben)
        few = statements(ben, world.leusden)
        for number in range(8):
            make.ChargePointFactory(charge_group=world.leusden, identity=f"NLGRGE1{number:03}")
            charge(world, world.jansen, world.market, "1", cost="1.00", code=f"M-{number}")
        many = statements(ben, world.leusden)
        assert many == few <= MOST_STATEMENTS


@pytest.mark.django_db
class TestCustomer:
    def test_it_says_status_cards_energy_money_and_refusals(self, world, signed_in):
        charge(world, world.jansen, world.market, "20", cost="7.00")
        refuse(world.market, world.jansen, reason="card_expired")
        refuse(world.market, world.jansen, days=9)

        page = words(signed_in(world.ben).get(overview(world.jansen)))

        assert "1001 Jansen, T. ● Active" in page
        assert "1 card 1 active" in page
        assert "20 kWh 1 session in 30 days" in page
        assert "7.00 EUR excl. VAT in 30 days" in page
        assert "1 refused in 7 days" in page
        assert "NL-GRG-000001-A" in page

    def test_the_menu_holds_what_may_be_changed_and_the_first_stands_beside_it(self, world, signed_in):
        page = signed_in(world.ben).get(overview(world.jansen)).context["overview"]
        labels = {entry.label for entry in page.menu}
        assert labels >= {
            "Block…",
            "Move to another user group…",
            "Exception at a charge group…",
            "Add a card",
            "Edit data",
        }
        assert page.buttons[-1].label == "Block…"

    def test_an_exception_begins_here_and_goes_on_in_the_charge_group(self, world, signed_in):
        ben = signed_in(world.ben)
        (entry,) = [
            each for each in ben.get(overview(world.jansen)).context["overview"].menu if each.label.startswith("Exc")
        ]
        assert ben.get(entry.url).status_code == 200
        answer = ben.post(entry.url, {"confirmed": "yes", "charge_group": world.leusden.pk})
        assert answer.url.startswith(reverse("admin:chargegroups_chargegroup_customers", args=[world.leusden.pk]))
        assert f"edit={world.jansen.pk}" in answer.url
        foreign = ben.post(entry.url, {"confirmed": "yes", "charge_group": world.oslo.pk})
        assert foreign.status_code == 200

    def test_the_helpdesk_reads_and_is_offered_nothing_that_it_may_not_do(self, world, signed_in):
        page = signed_in(world.hugo).get(overview(world.jansen)).context["overview"]
        assert page.menu == []
        assert [entry.label for entry in page.buttons] == ["May this customer charge somewhere?", "Driver's page"]

    def test_a_sub_provider_and_another_provider_see_only_their_own(self, world, signed_in):
        assert signed_in(world.carla).get(overview(world.bakker)).status_code == 404
        assert signed_in(world.otto).get(overview(world.jansen)).status_code == 404

    def test_a_charge_point_out_of_reach_is_not_named_in_what_was_charged(self, world, signed_in):
        """Neither on the page of the customer nor on that of the card: who sees it reads its identity."""
        south = make.ChargeGroupFactory(user_group=world.south, code="CG-SOUTH", terms={"tariff": world.standard})
        square = make.ChargePointFactory(charge_group=south, identity="NLGRGE0009")
        charge(world, world.jansen, square, "20", cost="7.00", card=world.jansens_card, card_uid="04AA11")

        for row in (world.jansen, world.jansens_card):
            assert "20 kWh at NLGRGE0009" in words(signed_in(world.ben).get(overview(row)))
            page = words(signed_in(world.carla).get(overview(row)))
            assert "20 kWh at a charge point that is not one of yours" in page
            assert "NLGRGE0009" not in page

    def test_it_costs_few_statements(self, world, signed_in):
        refuse(world.market, world.jansen)
        make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.jansen, tariff=world.cheap)
        assert statements(signed_in(world.ben), world.jansen) <= MOST_STATEMENTS


@pytest.mark.django_db
class TestChargeCard:
    def test_it_says_whose_it_is_and_how_it_was_used(self, world, signed_in):
        charge(world, world.jansen, world.market, "20", cost="7.00", card=world.jansens_card, card_uid="04AA11")
        refuse(world.market, world.jansen, world.jansens_card)

        page = words(signed_in(world.hugo).get(overview(world.jansens_card)))

        assert "NL-GRG-000001-A 04AA11 ● Active" in page
        assert "20 kWh 1 session in 30 days" in page
        assert "1 refused in 7 days" in page
        assert "Jansen, T." in page

    def test_the_helpdesk_blocks_it_from_here_and_edits_nothing(self, world, signed_in):
        page = signed_in(world.hugo).get(overview(world.jansens_card)).context["overview"]
        assert [entry.label for entry in page.menu] == ["Block…"]
        ben = signed_in(world.ben).get(overview(world.jansens_card)).context["overview"]
        assert [entry.label for entry in ben.menu] == ["Block…", "Give to another customer", "Edit data"]

    def test_of_another_provider_it_is_not_there(self, world, signed_in):
        assert signed_in(world.otto).get(overview(world.jansens_card)).status_code == 404
        assert signed_in(world.carla).get(overview(world.bakkers_card)).status_code == 404

    def test_it_costs_few_statements(self, world, signed_in):
        refuse(world.market, world.jansen, world.jansens_card)
        assert statements(signed_in(world.ben), world.jansens_card) <= MOST_STATEMENTS


@pytest.mark.django_db
class TestChargePoint:
    def test_it_says_state_price_use_and_refusals(self, world, signed_in):
        charge(world, world.jansen, world.market, "20", cost="7.00")
        refuse(world.market, world.bakker)

        page = words(signed_in(world.hugo).get(overview(world.market)))

        assert "NLGRGE0001 Market square ● Active" in page
        assert "0.35 EUR/kWh" in page
        assert "20 kWh 1 session in 30 days" in page
        assert "1 refused in 7 days" in page

    def test_it_is_deactivated_moved_and_edited_from_here(self, world, signed_in):
        page = signed_in(world.ben).get(overview(world.market)).context["overview"]
        assert {"Deactivate…", "Move to another charge group…", "Edit data"} <= {each.label for each in page.menu}
        assert page.buttons[-1].label == "Deactivate…"
        assert signed_in(world.rita).get(overview(world.market)).context["overview"].menu == []

    def test_of_another_provider_it_is_not_there(self, world, signed_in):
        assert signed_in(world.otto).get(overview(world.market)).status_code == 404

    def test_it_costs_as_many_statements_however_much_was_charged(self, world, signed_in):
        ben = signed_in(world.ben)
        charge(world, world.jansen, world.market, "1", cost="1.00")
        refuse(world.market, world.bakker)
        few = statements(ben, world.market)
        for number in range(6):
            charge(world, world.jansen, world.market, "1", cost="1.00", code=f"M-{number}")
            refuse(world.market, world.bakker)
        assert statements(ben, world.market) == few <= MOST_OF_A_POINT


MOST_OF_A_POINT = 30
"""Its charge group, owner and device are looked at beside what every overview reads."""


@pytest.mark.django_db
class TestLocation:
    def test_it_says_what_stands_there_and_how_it_is_used(self, world, signed_in):
        charge(world, world.jansen, world.market, "20", cost="7.00")
        refuse(world.market, world.bakker)

        page = words(signed_in(world.ben).get(overview(world.market.location)))

        assert "1 charge point 1 active" in page
        assert "20 kWh 1 session in 30 days" in page
        assert "1 refused in 7 days" in page
        assert "NLGRGE0001" in page

    def test_charge_groups_out_of_reach_that_stand_there_too_are_not_named(self, world, signed_in):
        """That home chargers stand there is told: the location can't be published while they do."""
        place = world.market.location
        for code, kind in (("CG-SOUTH", "other"), ("CG-SOUTH-HOME", "home")):
            terms = {"tariff": world.standard, "roaming": kind == "other"}
            group = make.ChargeGroupFactory(user_group=world.south, code=code, terms=terms, type=kind)
            make.ChargePointFactory(charge_group=group, location=place, identity=f"NLGRGE-{code}")
        type(place).objects.filter(pk=place.pk).update(published=False)

        whole = words(signed_in(world.ben).get(overview(place)))
        assert "Open for roaming, and not published: CG-SOUTH" in whole and "Home chargers stand here (" in whole
        page = words(signed_in(world.carla).get(overview(place)))
        assert "CG-SOUTH" not in page and "Open for roaming" not in page
        assert "Home chargers stand here:" in page

    def test_of_another_provider_it_is_not_there(self, world, signed_in):
        assert signed_in(world.otto).get(overview(world.market.location)).status_code == 404

    def test_it_costs_few_statements(self, world, signed_in):
        refuse(world.market, world.jansen)
        assert statements(signed_in(world.ben), world.market.location) <= MOST_STATEMENTS


@pytest.mark.django_db
class TestTariff:
    def test_it_says_both_readings_where_it_is_used_and_what_comes_next(self, world, signed_in):
        charge(world, world.jansen, world.market, "20", cost="7.00")
        make.reprice(world.standard, timezone.now() + timedelta(days=9), energy_price=Decimal("0.42"))

        page = words(signed_in(world.ben).get(overview(world.standard)))

        assert "STANDARD Standard" in page
        assert "1 charge group uses it" in page
        assert "20 kWh 1 session in 30 days" in page
        assert "comes next 0.42 EUR/kWh" in page
        assert "CG-LEUSDEN" in page

    def test_its_price_is_changed_from_here_by_who_may(self, world, signed_in):
        page = signed_in(world.ben).get(overview(world.standard)).context["overview"]
        assert {"New price", "Edit data"} <= {each.label for each in page.menu}
        assert signed_in(world.rita).get(overview(world.standard)).context["overview"].menu == []

    def test_of_another_provider_it_is_not_there(self, world, signed_in):
        assert signed_in(world.otto).get(overview(world.standard)).status_code == 404

    def test_it_costs_few_statements(self, world, signed_in):
        assert statements(signed_in(world.ben), world.standard) <= MOST_STATEMENTS
