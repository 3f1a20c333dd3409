"""The demo provider: what it consists of, and that it is made once only."""

import stat

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from changes.models import Change
from chargegroups.models import ChargeGroup, CustomerException, Terms
from chargepoints.models import ChargePoint, Location, Session
from customers.models import ChargeCard, Customer, LetterSettings, Notice, Provider, StaffAlert, StaffMember
from roaming.models import Agreement, Partner, PartnerToken
from tariffs.models import TariffVersion

pytestmark = pytest.mark.django_db
MODELS = (
    Change,
    ChargeCard,
    ChargeGroup,
    ChargePoint,
    Customer,
    CustomerException,
    LetterSettings,
    Location,
    Notice,
    Partner,
    PartnerToken,
    Session,
    StaffMember,
    Terms,
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("EVCNET_VAR", str(tmp_path))
    return tmp_path


def everything():
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in (*MODELS, TariffVersion)}


def test_the_demo_has_something_of_each_kind_and_a_second_run_changes_nothing(folder):
    call_command("demo")
    greengrid = Provider.objects.get(code="greengrid")
    points = ChargePoint.objects.filter(provider=greengrid)
    assert points.filter(status="active").count() > 300
    assert points.filter(charge_group=None).exists()
    assert {*ChargeGroup.objects.filter(provider=greengrid).values_list("type", flat=True)} == {"home", "other"}
    assert Terms.objects.filter(provider=greengrid, roaming=True).exists()
    assert {*CustomerException.objects.values_list("access", flat=True)} == {"policy", "allowed", "denied"}
    assert Customer.objects.filter(provider=greengrid, status="pending").exists()
    assert Session.objects.filter(verdict="ALLOWED").exclude(tariff_version=None).count() == 2_100
    assert Session.objects.filter(reason="roaming_partner", tariff_source__in=["agreement", "roaming"]).count() > 60
    assert {*Agreement.objects.values_list("partner__name", "tariff__code")} > {
        ("ChargeAll", "CHARGEALL"),
        ("Wattfinder", None),
    }
    assert Change.objects.filter(provider=greengrid, scheduled=True, cancelled_at=None).count() == 2
    assert {*Notice.objects.values_list("state", flat=True)} == {"sent", "withdrawn"}
    assert mail.outbox == []
    alerted = {"provider@greengrid.example", "subprovider@waterland.example", "helpdesk@greengrid.example"}
    assert set(StaffAlert.objects.values_list("login__email", flat=True)) == alerted
    before, logins = everything(), (folder / "logins.txt").read_text()
    call_command("demo")
    assert everything() == before
    assert (folder / "logins.txt").read_text() == logins


def test_the_logins_are_for_the_starter_alone_and_let_in(folder, client, capsys):
    call_command("demo")
    path = folder / "logins.txt"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().strip() in capsys.readouterr().out
    titles = [line.partition(":")[0] for line in path.read_text().splitlines()]
    assert titles[:3] == ["provider", "sub provider", "helpdesk"]
    for line in path.read_text().splitlines():
        email, password = line.partition(":")[2].split()
        assert StaffMember.objects.get(email=email).check_password(password)


def test_production_gets_no_demo(folder, settings):
    settings.MODE = "production"
    with pytest.raises(CommandError, match="this is production"):
        call_command("demo")
    assert not Provider.objects.exists()
