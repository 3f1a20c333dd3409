"""The pages of devices: the tab "Connection" of a charge point, passwords, commands, and devices that knock."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from chargepoints.models import ChargePoint
from gateway.devices import password_hash
from gateway.models import ConnectorState, Device, DeviceCommand, GatewayProcess, Message, Transaction, UnknownDevice

pytestmark = pytest.mark.django_db

TAB = "admin:chargepoints_chargepoint_connection"


@pytest.fixture
def connected(world):
    """The device of Market square is connected and accepted, and its connector is occupied."""
    now = timezone.now()
    process = GatewayProcess.objects.create(id=uuid4())
    device = Device.objects.create(
        charge_point=world.market, password_hash="x", password_set_at=now, process=process, connection=uuid4(),
        protocol="ocpp1.6", connected_at=now, last_message_at=now, vendor="Acme", model="One",
        registration="accepted", booted_at=now,
    )  # fmt: skip
    ConnectorState.objects.create(
        charge_point=world.market, evse=1, state="charging", reported="Charging", since=now, reported_at=now
    )
    return device


@pytest.fixture
def running(world):
    return Transaction.objects.create(
        provider=world.greengrid, charge_point=world.market, code="7", evse=1, card_uid="04AA11",
        card=world.jansens_card, customer=world.jansen, started_at=timezone.now(), last_message_at=timezone.now(),
        verdict="ALLOWED",
    )  # fmt: skip


def tab(browser, point):
    return browser.get(reverse(TAB, args=[point.pk]))


def post(browser, point, what, **data):
    return browser.post(reverse(f"{TAB}_{what}", args=[point.pk]), data, follow=True)


def test_the_tab_says_why_a_device_is_not_accepted_step_by_step(world, signed_in):
    browser, point = signed_in(world.ben), world.market
    assert "has no password yet" in tab(browser, point).content.decode()
    device = Device.objects.create(charge_point=point, password_hash="x")
    assert "has never connected" in tab(browser, point).content.decode()
    device.connected_at, device.connection = timezone.now(), uuid4()
    device.save()
    assert "no BootNotification yet" in tab(browser, point).content.decode()
    device.booted_at, device.registration = timezone.now(), "accepted"
    device.save()
    assert "connected and accepted" in tab(browser, point).content.decode()
    ChargePoint.objects.filter(pk=point.pk).update(status="out_of_service")
    assert "out of service: activate it" in tab(browser, point).content.decode()


def test_the_tab_shows_state_transaction_and_redacted_messages(world, signed_in, connected, running):
    Message.objects.create(
        at=timezone.now(), charge_point=world.market, direction="in", kind="call", action="Authorize", unique_id="1",
        payload={"idTag": "•••"},
    )  # fmt: skip
    page = tab(signed_in(world.ben), world.market).content.decode()
    for text in ("Charging", "04AA11", "ends no running session", "Authorize call", "•••", "Acme One"):
        assert text in page, text


def test_the_tab_leads_to_who_charges_for_those_who_see_them(world, signed_in, connected, running):
    link = f'/customers/customer/{world.jansen.pk}/overview/">{world.jansen}</a>'
    for login in (world.ben, world.hugo, world.rita):
        assert link in tab(signed_in(login), world.market).content.decode()
    Transaction.objects.filter(pk=running.pk).update(card=world.bakkers_card, customer=world.bakker)
    page = tab(signed_in(world.hugo), world.market).content.decode()
    assert "one out of sight" in page and "Bakker" not in page


def test_a_password_is_made_and_shown_once(world, signed_in):
    browser = signed_in(world.ben)
    response = post(browser, world.market, "password")
    (password,) = re.findall(r'class="evc-secret">(\w{20})<', response.content.decode())
    assert "no-store" in response["Cache-Control"]
    assert Device.objects.get().password_hash == password_hash(password)
    assert password not in tab(browser, world.market).content.decode()


def test_a_password_is_made_only_after_ones_own_was_typed_again(world, signed_in):
    browser = signed_in(world.ben)
    session = browser.session
    session["proved_at"] = 0
    session.save()
    response = browser.post(reverse(f"{TAB}_password", args=[world.market.pk]))
    assert response.status_code == 302
    assert "confirm" in response["Location"]
    assert not Device.objects.exists()


def test_commands_are_queued_in_the_name_of_who_asked(world, signed_in, connected, running):
    browser = signed_in(world.carla)
    post(browser, world.market, "command", kind="reset")
    post(browser, world.market, "command", kind="unlock", evse="1")
    post(browser, world.market, "command", kind="remote_stop", transaction=str(running.pk))
    rows = DeviceCommand.objects.order_by("pk").values_list("kind", "parameters", "login", "state")
    assert list(rows) == [
        ("reset", {}, world.carla.pk, "queued"),
        ("unlock", {"evse": 1}, world.carla.pk, "queued"),
        ("remote_stop", {"transaction": "7"}, world.carla.pk, "queued"),
    ]


def test_nothing_is_sent_to_a_device_that_is_offline_or_for_a_transaction_that_is_over(world, signed_in, connected):
    browser = signed_in(world.ben)
    for data in ({"kind": "remote_stop", "transaction": "1"}, {"kind": "dance"}, {}, {"kind": "remote_stop"}):
        assert "nothing was sent" in post(browser, world.market, "command", **data).content.decode(), data
    Device.objects.update(connection=None)
    assert "is not connected" in post(browser, world.market, "command", kind="reset").content.decode()
    assert not DeviceCommand.objects.exists()


@pytest.mark.parametrize(("login", "status"), [("hugo", 403), ("rita", 403), ("otto", 404)])
def test_who_may_not_change_devices_makes_no_password_and_sends_nothing(world, signed_in, connected, login, status):
    browser = signed_in(getattr(world, login))
    for what, data in (("password", {}), ("command", {"kind": "reset"})):
        assert post(browser, world.market, what, **data).status_code == status
    assert Device.objects.get().password_hash == "x"
    assert not DeviceCommand.objects.exists()
    assert tab(browser, world.market).status_code == (404 if login == "otto" else 200)


def test_the_list_and_the_home_page_show_states(world, signed_in, connected):
    browser = signed_in(world.ben)
    address = reverse("admin:chargepoints_chargepoint_changelist")
    assert "Charging" in browser.get(address).content.decode()
    assert "1 connected, 1 of them charging" in browser.get("/").content.decode()
    Device.objects.update(connection=None, disconnected_at=timezone.now() - timedelta(minutes=1))
    assert "Offline" in browser.get(address).content.decode()
    assert "offline" in browser.get("/").content.decode()
    rows = {kind: browser.get(f"{address}?connection={kind}").context["cl"].result_count
            for kind in ("connected", "offline", "never")}  # fmt: skip
    assert rows == {"connected": 0, "offline": 1, "never": 0}


def test_a_device_that_knocks_is_added_by_a_button_and_gone_then(world, signed_in):
    UnknownDevice.objects.create(identity="NL*GRG*E9", provider=world.greengrid, vendor="Acme")
    row = UnknownDevice.objects.create(identity="NEW-1", vendor="Acme")
    browser = signed_in(world.ben)
    assert "2</strong> <span>devices that nobody knows" in browser.get("/").content.decode()
    listed = browser.get(reverse("admin:gateway_unknowndevice_changelist")).content.decode()
    assert "identity=NEW-1" in listed
    page = browser.get(reverse("admin:gateway_unknowndevice_change", args=[row.pk])).content.decode()
    assert "Add this charge point" in page
    add = reverse("admin:chargepoints_chargepoint_add")
    form = browser.get(f"{add}?identity=NEW-1")
    assert form.context["adminform"].form.initial["identity"] == "NEW-1"
    data = {"identity": "new-1", "status": "inactive", "connectors-TOTAL_FORMS": 0, "connectors-INITIAL_FORMS": 0}
    assert browser.post(add, data).status_code == 302
    assert list(UnknownDevice.objects.values_list("identity", flat=True)) == ["NL*GRG*E9"]


def test_otto_sees_no_device_that_has_greengrids_name(world, signed_in):
    row = UnknownDevice.objects.create(identity="NL*GRG*E9", provider=world.greengrid)
    browser = signed_in(world.otto)
    assert "GRG" not in browser.get(reverse("admin:gateway_unknowndevice_changelist")).content.decode()
    assert browser.get(reverse("admin:gateway_unknowndevice_change", args=[row.pk])).status_code == 404
    assert browser.get(reverse("admin:gateway_unknowndevice_change", args=[row.pk])).status_code == 404
