"""One small world with names: GreenGrid with its user groups North and South, and BlueVolt, the outsider."""

from types import SimpleNamespace
from unittest import mock

import pytest
from django.test import Client, TransactionTestCase

from chargepoints import decision_log
from customers import api_authentication
from customers.permissions import Role
from tests import factories as make
from tests.database import Kept, Migrated, create_clone, drop_clone


def make_world() -> SimpleNamespace:
    """GreenGrid: Anna is its admin, Ben staff, Carla runs sub provider North, Hugo is North's helpdesk, Rita only reads.

    Leusden is a street group of North, open to North, at 0.35 EUR per kWh. Jansen of North and Bakker of South have a
    card each. Otto is staff of BlueVolt, Olsen its customer, and Oslo its group.
    """
    greengrid = make.ProviderFactory(code="GRG", name="GreenGrid", party_id="GRG")
    north = make.UserGroupFactory(provider=greengrid, code="NORTH", name="North")
    south = make.UserGroupFactory(provider=greengrid, code="SOUTH", name="South")
    bluevolt = make.ProviderFactory(code="BLV", name="BlueVolt", party_id="BLV")
    oslo_users = make.UserGroupFactory(provider=bluevolt, code="FJORD", name="Fjord")
    standard = make.TariffFactory(provider=greengrid, code="STANDARD", name="Standard", per_kwh="0.35")
    cheap = make.TariffFactory(provider=greengrid, code="CHEAP", name="Cheap", per_kwh="0.20")
    foreign = make.TariffFactory(provider=bluevolt, code="FJORDPRICE", name="Fjordprice", per_kwh="0.77")
    leusden = make.ChargeGroupFactory(
        user_group=north, code="CG-LEUSDEN", name="Leusden centre", terms={"tariff": standard, "own_user_group": True}
    )
    oslo = make.ChargeGroupFactory(
        user_group=oslo_users, code="CG-OSLO", name="Oslo quay", terms={"tariff": foreign, "own_user_group": True}
    )
    jansen = make.CustomerFactory(user_group=north, number="1001", name="Jansen, T.", email="jansen@example.org")
    bakker = make.CustomerFactory(user_group=south, number="1002", name="Bakker, M.", email="bakker@example.org")
    olsen = make.CustomerFactory(user_group=oslo_users, number="9001", name="Olsen, K.", email="olsen@example.org")
    return SimpleNamespace(
        greengrid=greengrid,
        north=north,
        south=south,
        bluevolt=bluevolt,
        fjord=oslo_users,
        standard=standard,
        cheap=cheap,
        foreign=foreign,
        leusden=leusden,
        oslo=oslo,
        jansen=jansen,
        bakker=bakker,
        olsen=olsen,
        jansens_card=make.ChargeCardFactory(customer=jansen, uid="04AA11", visual_number="NL-GRG-000001-A"),
        bakkers_card=make.ChargeCardFactory(customer=bakker, uid="04BB22", visual_number="NL-GRG-000002-B"),
        olsens_card=make.ChargeCardFactory(customer=olsen, uid="04CC33", visual_number="NO-BLV-000003-C"),
        market=make.ChargePointFactory(charge_group=leusden, identity="NLGRGE0001", name="Market square"),
        quay=make.ChargePointFactory(charge_group=oslo, identity="NOBLVE0001", name="Quay 1"),
        anna=make.StaffMemberFactory(
            name="Anna", email="anna@greengrid.example", role=Role.PROVIDER_ADMIN, at=greengrid
        ),
        ben=make.StaffMemberFactory(name="Ben", email="ben@greengrid.example", role=Role.PROVIDER_STAFF, at=greengrid),
        carla=make.StaffMemberFactory(
            name="Carla", email="carla@north.example", role=Role.SUB_PROVIDER, user_group=north
        ),
        hugo=make.StaffMemberFactory(name="Hugo", email="hugo@north.example", role=Role.HELPDESK, user_group=north),
        rita=make.StaffMemberFactory(name="Rita", email="rita@greengrid.example", role=Role.READ_ONLY, at=greengrid),
        otto=make.StaffMemberFactory(name="Otto", email="otto@bluevolt.example", role=Role.PROVIDER_STAFF, at=bluevolt),
    )


MIGRATED, WORLD = Migrated(), Kept(make_world)


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_modify_db_settings, django_db_blocker):
    """In place of pytest-django's: clones what was migrated before, also by another worker."""
    with django_db_blocker.unblock():
        create_clone()
        MIGRATED.read()
        WORLD.make()
    with mock.patch.object(TransactionTestCase, "_fixture_teardown", lambda case: MIGRATED.restore()):
        yield
    with django_db_blocker.unblock():
        drop_clone()


@pytest.fixture(autouse=True)
def no_decisions_wait():
    """What a test asked is not written by the next one."""
    yield
    decision_log.LOG.clear()


@pytest.fixture
def one_minute(monkeypatch):
    """No minute ends meanwhile: the first request of a key in each costs a statement more."""
    stands = api_authentication._KEY.replace("clock_timestamp()", "'2026-01-01 12:00:30+00'::timestamptz")
    assert stands != api_authentication._KEY
    monkeypatch.setattr(api_authentication, "_KEY", stands)


@pytest.fixture
def world(db) -> SimpleNamespace:
    """The world of ``make_world``."""
    return WORLD.place()


@pytest.fixture
def signed_in(db):
    """A browser in which somebody has signed in: ``signed_in(world.anna).get("/")``."""

    def sign_in(login) -> Client:
        client = Client()
        client.force_login(login)
        return client

    return sign_in
