"""The home page: what there is to do, what there is, and what changed; of one's own provider alone."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from changes.apply import apply_change, preview_change
from changes.proposals import NewTerms, NewVersion
from chargepoints.models import Session
from customers.models import StaffMember
from evcnet.datetimes import database_clock
from evcnet.history import events_of, read
from evcnet.site.home.days import Measure
from tariffs.models import TariffVersion
from tariffs.pricing import read_tariff
from tests import factories as make

pytestmark = pytest.mark.django_db


def text(response) -> str:
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def tasks(response) -> dict[str, int]:
    return {task.text: task.count for task in response.context["tasks"]}


def measures(response) -> dict[str, Measure]:
    return {measure.label: measure for measure in response.context["measures"]}


def numbers(response) -> dict[str, int]:
    return {number.label: number.count for number in response.context["numbers"]}


def test_it_greets_by_name_and_provider(world, signed_in):
    shown = text(signed_in(world.anna).get("/"))
    assert "Anna – GreenGrid" in shown
    assert "BlueVolt" not in shown


def test_what_waits_is_counted_within_ones_own_provider(world, signed_in):
    for provider in (world.greengrid, world.bluevolt, world.bluevolt):
        make.ChargePointFactory(charge_group=None, provider=provider, location__provider=provider, status="inactive")
    make.CustomerFactory(user_group=world.north, status="pending")
    make.CustomerFactory(user_group=world.fjord, status="pending")
    response = signed_in(world.anna).get("/")
    assert tasks(response) == {"without a charge group": 1, "waiting for approval": 1}
    assert numbers(response)["Charge points"] == 2


def test_a_group_that_is_free_and_one_without_a_price_are_told(world, signed_in):
    free = make.TariffFactory(provider=world.greengrid, per_kwh="0")
    ended = make.TariffFactory(provider=world.greengrid, valid_until=timezone.now())
    for tariff in (free, ended):
        make.ChargeGroupFactory(user_group=world.north, terms={"tariff": tariff, "own_user_group": True})
    make.ChargeGroupFactory(user_group=world.north, terms=None)
    browser = signed_in(world.anna)
    found = tasks(browser.get("/"))
    assert found["free of charge for everyone"] == 1
    assert found["where nobody can charge: no price in force"] == 2
    assert len(browser.get("/chargegroups/chargegroup/?price=none").context["cl"].result_list) == 2
    assert len(browser.get("/chargegroups/chargegroup/?price=free").context["cl"].result_list) == 1


def test_nothing_to_do_is_said(world, signed_in):
    assert "Nothing waits for you" in text(signed_in(world.anna).get("/"))


def test_sessions_of_thirty_days_are_drawn_and_told(world, signed_in):
    now = timezone.now()
    for number, ago in enumerate((0, 1, 1, 40)):
        begun = now - timedelta(days=ago, minutes=1)
        Session.objects.create(
            provider=world.greengrid,
            code=f"S{number}",
            charge_point=world.market,
            started_at=begun,
            ended_at=now,
            kwh=1,
        )
    response = signed_in(world.anna).get("/")
    assert sum(day.amount for day in measures(response)["Sessions"].days) == 3
    assert measures(response)["Energy"].total == "3"
    assert 'aria-label="Sessions: 3 in 30 days' in text(response)


def test_recent_changes_name_who_and_what(world, signed_in):
    browser = signed_in(world.anna)
    url = f"/customers/customer/{world.jansen.pk}/change/"
    form = browser.get(url).context["adminform"].form
    sent = {name: form[name].value() or "" for name in form.fields}
    browser.post(url, sent | {"name": "Jansen-de Wit, T."})
    shown = text(browser.get("/"))
    assert "Anna" in shown and "Jansen-de Wit" in shown
    assert "Jansen" not in text(signed_in(world.otto).get("/"))


def test_a_version_is_called_by_its_tariff(world):
    make.reprice(world.cheap, timezone.now() + timedelta(days=9), energy_price="0.22")
    events = events_of(TariffVersion, world.cheap.versions.values("pk"))
    assert {entry.name for entry in read(TariffVersion, list(events), world.anna)} == {"Cheap (CHEAP)"}


@pytest.mark.parametrize("login", ["carla", "hugo", "rita", "otto"])
def test_every_role_has_a_home(world, signed_in, login):
    assert signed_in(getattr(world, login)).get("/").status_code == 200


def test_a_sub_provider_counts_its_own(world, signed_in):
    assert numbers(signed_in(world.carla).get("/"))["Customers"] == 1


def test_only_customers_in_sight_with_an_exception_in_force_are_counted(world, signed_in):
    past = timezone.now() - timedelta(days=1)
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.bakker, access="allowed")
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.jansen, valid_until=past)
    assert ">0 exceptions in force" in text(signed_in(world.carla).get("/"))
    assert ">1 exception in force" in text(signed_in(world.anna).get("/"))


def test_a_login_without_a_role_is_told_so(db, signed_in):
    login = StaffMember.objects.create_user("nobody@example.org", "correct horse battery staple", name="Nobody")
    assert "has no role" in text(signed_in(login).get("/"))


def test_an_operator_is_led_to_the_providers_and_told_of_no_role(db, signed_in):
    operator = StaffMember.objects.create_superuser("root@example.org", "correct horse battery staple", name="Root")
    page = text(signed_in(operator).get("/"))
    assert "has no role" not in page
    assert 'href="/customers/provider/"' in page and 'href="/customers/provider/add/"' in page


MOST_STATEMENTS = 10
"""Four of the sign-in and one of the bell; findings take the most steps, with a statement each for owners and tokens."""


def test_the_home_page_costs_as_few_statements_for_much_as_for_little(world, signed_in, django_assert_max_num_queries):
    make.PartnerFactory.create_batch(2, provider=world.greengrid)
    make.ChargePointFactory(charge_group=world.leusden, location=world.market.location, owner=world.jansen)
    free = make.TariffFactory(provider=world.greengrid, per_kwh="0")
    make.ChargeGroupFactory(user_group=world.north, terms={"tariff": free, "own_user_group": True})
    change = made(NewTerms(world.leusden, {"roaming": True}), world.ben, database_clock() + timedelta(days=3))
    for cents in (40, 41):
        made(dearer(world.standard, cents), world.ben)
    browser = signed_in(world.anna)
    browser.get("/")
    with django_assert_max_num_queries(MOST_STATEMENTS) as little:
        found = browser.get("/").context
    assert len(found["changes"]) == 3 and any("to look at" in task.text for task in found["tasks"])
    make.CustomerFactory.create_batch(20, user_group=world.north, status="pending")
    make.ChargePointFactory.create_batch(20, charge_group=world.leusden, location=world.market.location)
    for _ in range(27):
        change.pk = None
        change.save(force_insert=True)
        change.groups.add(world.leusden)
    with django_assert_max_num_queries(len(little)):
        browser.get("/")


# The latest changes on the home page


def made(proposal, by, at=None):
    seen = preview_change(proposal, at)
    return apply_change(proposal, fingerprint=seen.impact.fingerprint, by=by, at=at).change


def dearer(tariff, cents=40):
    energy = {"type": "ENERGY", "price": Decimal(cents) / 100, "step_size": 1}
    return NewVersion(tariff, read_tariff({"currency": "EUR", "elements": [{"price_components": [energy]}]}))


def told(browser):
    return [(each.state, each.change, each.affected) for each in browser.get("/").context["changes"]]


def test_what_is_to_come_stands_before_what_was_made(world, signed_in):
    now = made(dearer(world.standard), world.ben)
    later = made(NewTerms(world.leusden, {"roaming": True}), world.ben, database_clock() + timedelta(days=3))
    found = told(signed_in(world.anna))
    assert found == [("scheduled", later, "nobody notices anything"), ("applied", now, "1 pays more")]


def test_who_sees_some_of_the_charge_groups_only_is_not_told_how_many(world, signed_in):
    make.ChargeGroupFactory(user_group=world.south, terms={"tariff": world.standard, "own_user_group": True})
    change = made(dearer(world.standard), world.ben)
    assert told(signed_in(world.anna)) == [("applied", change, "2 pay more")]
    assert told(signed_in(world.carla)) == [("applied", change, "")]


def test_nothing_is_told_to_another_provider(world, signed_in):
    made(dearer(world.standard), world.ben)
    browser = signed_in(world.otto)
    assert told(browser) == []
    assert "Prices and access" not in browser.get("/").content.decode()
