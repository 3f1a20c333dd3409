"""Home pages by role: thirty days in figures, a helpdesk's day, first steps of a provider, and the operator's platform."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from chargepoints.decision_log import LOG
from chargepoints.models import DecisionEntry, Rating, Session
from customers.models import ApiKey, StaffMember
from customers.permissions import Role
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(db):
    return StaffMember.objects.create_superuser("olga@platform.example", "correct horse battery staple", name="Olga")


def home(browser):
    answer = browser.get("/")
    assert answer.status_code == 200
    return answer


def words(answer) -> str:
    return " ".join(answer.content.decode().split())


def totals(answer) -> dict[str, str]:
    return {measure.label: measure.total for measure in answer.context["measures"]}


def rated(session, excl_vat, number=1, **columns) -> Rating:
    return Rating.objects.create(
        provider=session.provider,
        session=session,
        number=number,
        tariff_version=columns.pop("version"),
        ended_at=session.ended_at,
        kwh=session.kwh,
        currency=columns.pop("currency", "EUR"),
        excl_vat=Decimal(excl_vat),
        incl_vat=Decimal(excl_vat),
        reason="" if number == 1 else "The meter was wrong.",
    )


def session_of(customer, point, code, days=1) -> Session:
    start = timezone.now() - timedelta(days=days)
    return Session.objects.create(
        provider=point.provider,
        code=code,
        charge_point=point,
        customer=customer,
        started_at=start,
        ended_at=start + timedelta(minutes=30),
        kwh=Decimal("12.5"),
    )


def test_energy_and_money_are_summed_by_the_rating_that_counts(world, signed_in):
    version = world.standard.versions.get()
    session = session_of(world.jansen, world.market, "S1")
    rated(session, "9.00", version=version)
    rated(session, "4.25", number=2, version=version)
    rated(session_of(world.jansen, world.market, "S2", days=45), "7.00", version=version)
    shown = totals(home(signed_in(world.anna)))
    assert shown["Sessions"] == "1"
    assert shown["Energy"] == "12"  # kWh without decimals
    assert shown["Income"] == "4.25"
    assert totals(home(signed_in(world.otto)))["Income"] == "0.00"


def test_two_currencies_are_never_added(world, signed_in):
    version = world.standard.versions.get()
    rated(session_of(world.jansen, world.market, "S1"), "9.00", version=version)
    rated(session_of(world.jansen, world.market, "S2"), "80.00", version=version, currency="SEK")
    money = [each for each in home(signed_in(world.anna)).context["measures"] if each.label == "Income"]
    assert [(each.total, each.unit) for each in money] == [("9.00", "EUR excl. VAT"), ("80.00", "SEK excl. VAT")]


def test_a_sub_provider_reads_what_its_own_customers_pay(world, signed_in):
    version = world.standard.versions.get()
    rated(session_of(world.jansen, world.market, "S1"), "9.00", version=version)
    rated(session_of(world.bakker, world.market, "S2"), "5.00", version=version)
    page = home(signed_in(world.carla))
    assert totals(page)["Paid by your customers"] == "9.00"
    assert page.context["title"] == "North"
    assert "Income" not in totals(page)


@pytest.fixture
def asked(world, signed_in, client):
    """A colleague tries a card out on the page, and then it is held to the reader."""
    key = ApiKey.make(provider=world.greengrid, name="backend")[1]

    def ask(card, login) -> None:
        question = {"card": card.uid, "charge_point": world.market.identity}
        signed_in(login).get("/may-this-card-charge/", question)
        headers = {"Authorization": f"Token {key}"}
        client.post("/api/v1/authorize", json.dumps(question), content_type="application/json", headers=headers)
        LOG.flush()

    return ask


def test_refusals_at_charge_points_are_counted_and_what_staff_tried_is_not(world, signed_in, asked):
    asked(world.bakkers_card, world.anna)
    asked(world.jansens_card, world.anna)
    assert DecisionEntry.objects.count() == 4
    assert totals(home(signed_in(world.anna)))["Refused"] == "1"
    assert totals(home(signed_in(world.otto)))["Refused"] == "0"


def test_the_days_stand_in_a_table_too(world, signed_in):
    session_of(world.jansen, world.market, "S1", days=2)
    page = home(signed_in(world.anna))
    day, texts = page.context["by_day"].rows[2]
    assert day == timezone.localdate(timezone.now() - timedelta(days=2)) and texts[:2] == ("1", "12")
    assert "The same as a table" in words(page)


def test_a_helpdesk_begins_with_the_question_its_answers_and_who_waits(world, signed_in, asked):
    asked(world.jansens_card, world.hugo)
    asked(world.jansens_card, world.anna)
    make.CustomerFactory(user_group=world.north, status="pending", name="Nieuw, N.")
    make.CustomerFactory(user_group=world.south, status="pending", name="Zuid, Z.")
    page = home(signed_in(world.hugo))
    desk = page.context["helpdesk"]
    assert [each.entry.login_id for each in desk.answers] == [world.hugo.pk]
    assert [each.name for each in desk.waiting] == ["Nieuw, N."]
    assert 'action="/may-this-card-charge/"' in words(page) and "Zuid, Z." not in words(page)


def test_who_does_more_than_a_helpdesk_has_the_usual_home(world, signed_in):
    make.StaffMemberFactory(name="Dina", email="dina@north.example", role=Role.HELPDESK, user_group=world.north)
    dina = StaffMember.objects.get(name="Dina")
    dina.memberships.create(provider=world.greengrid, role=Role.READ_ONLY)
    assert home(signed_in(dina)).context["helpdesk"] is None
    assert home(signed_in(world.anna)).context["helpdesk"] is None


def test_a_new_provider_is_led_through_five_steps_that_tick_themselves(db, signed_in):
    provider = make.ProviderFactory(code="NEW", name="New Power", party_id="NEW")
    nora = make.StaffMemberFactory(name="Nora", email="nora@new.example", role=Role.PROVIDER_ADMIN, at=provider)
    browser = signed_in(nora)

    def steps():
        return [(each.done, each.is_next) for each in home(browser).context["steps"]]

    assert steps() == [(False, True), *[(False, False)] * 4]
    tariff = make.TariffFactory(provider=provider)
    assert steps()[:2] == [(True, False), (False, True)]
    users = make.UserGroupFactory(provider=provider)
    group = make.ChargeGroupFactory(user_group=users, terms={"tariff": tariff, "own_user_group": True})
    make.CustomerFactory(user_group=users)
    assert [done for done, _ in steps()] == [True, True, False, True, False]
    make.ChargePointFactory(charge_group=group)
    assert steps() == []
    assert "First steps" not in words(home(browser))


def test_steps_are_not_ticked_by_what_another_provider_has(world, signed_in):
    provider = make.ProviderFactory(code="NEW", name="New Power", party_id="NEW")
    nora = make.StaffMemberFactory(name="Nora", email="nora@new.example", role=Role.PROVIDER_ADMIN, at=provider)
    assert not any(each.done for each in home(signed_in(nora)).context["steps"])
    assert home(signed_in(world.rita)).context["steps"] == []


def test_the_operator_reads_how_the_platform_does_and_nothing_of_customers(world, operator, signed_in):
    bare = make.ProviderFactory(code="NEW", name="New Power", party_id="NEW")
    page = home(signed_in(operator))
    platform = page.context["platform"]
    assert [part.name for part in platform.parts] == ["Jobs", "Mail", "Gateway", "Database", "Versions"]
    assert {line.provider: line.logins for line in platform.providers} == {
        world.greengrid: 5,
        world.bluevolt: 1,
        bare: 0,
    }
    shown = words(page)
    assert "no worker" in shown and "no provider admin yet" in shown
    for secret in ("Jansen", "Leusden", "Market square", "Standard"):
        assert secret not in shown


def test_who_is_no_operator_reads_nothing_of_the_platform(world, signed_in):
    page = home(signed_in(world.anna))
    assert "platform" not in page.context and "BlueVolt" not in words(page)


def test_an_operator_with_a_role_has_both_homes(world, operator, signed_in):
    operator.memberships.create(provider=world.greengrid, role=Role.READ_ONLY)
    page = home(signed_in(operator))
    assert page.context["platform"] and "Charge points" in {each.label for each in page.context["numbers"]}
