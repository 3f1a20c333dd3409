"""The status of an EVSE towards partners is what its device says, where it has ever been connected; else the portal's own."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from chargepoints.models import ChargePoint, Hold
from gateway.devices import connect, disconnect
from gateway.models import Device
from gateway.state_reports import report_state
from gateway.states import STATES
from roaming.models import PartnerConnection, PushState
from roaming.ocpi.tasks import push_statuses_of_partner
from tests import factories as make
from tests.roaming.ocpi.conftest import connected, put_on_map
from tests.roaming.ocpi.test_push import path_of, receiver  # noqa: F401
from tests.tables import for_each

pytestmark = pytest.mark.django_db
LOCATIONS = "/ocpi/2.2.1/locations"


def plug_in(point):
    """Its device connects; gives back its connection."""
    connection_id = uuid.uuid4()
    connect(point.pk, connection_id, uuid.uuid4(), "ocpp1.6")
    return connection_id


def say(point, word, connector=1):
    report_state(point.pk, connector, 1, STATES[word], word, timezone.now())


def served(world):
    (location,) = world.emp.get(LOCATIONS).data
    return location


def status(world):
    return served(world)["evses"][0]["status"]


@for_each(
    ("words", "told"),
    [
        (["Available"], "AVAILABLE"), (["Preparing"], "BLOCKED"), (["Finishing"], "BLOCKED"), (["Occupied"], "BLOCKED"),
        (["Charging"], "CHARGING"), (["SuspendedEV"], "CHARGING"), (["SuspendedEVSE"], "CHARGING"), (["Reserved"], "RESERVED"),
        (["Unavailable"], "INOPERATIVE"), (["Faulted"], "OUTOFORDER"), ([], "UNKNOWN"), (["Charging", "Available"], "AVAILABLE"),
        (["Reserved", "Preparing"], "BLOCKED"), (["SuspendedEV", "Preparing"], "CHARGING"), (["Faulted", "Charging"], "CHARGING"),
    ],
)  # fmt: skip
def test_each_word_of_a_device_is_told_as_ocpi_means_it(roaming_world, words, told):
    plug_in(roaming_world.plaza)
    for number, word in enumerate(words, start=1):
        say(roaming_world.plaza, word, number)
    assert status(roaming_world) == told


def test_a_device_that_is_offline_is_unknown_and_one_that_never_came_is_what_the_portal_says(roaming_world):
    w = roaming_world
    assert status(w) == "AVAILABLE"
    Device.objects.create(charge_point=w.plaza, password_hash="x")
    assert status(w) == "AVAILABLE"
    connection_id = plug_in(w.plaza)
    say(w.plaza, "Charging")
    disconnect(w.plaza.pk, connection_id)
    assert status(w) == "UNKNOWN"


def test_out_of_service_counts_whatever_the_device_says(roaming_world):
    w = roaming_world
    plug_in(w.plaza)
    say(w.plaza, "Available")
    for own, told in (("out_of_service", "OUTOFORDER"), ("inactive", "INOPERATIVE")):
        ChargePoint.objects.filter(pk=w.plaza.pk).update(status=own)
        assert status(w) == told


def test_last_updated_of_evse_and_location_moves_with_the_state_and_that_of_connectors_does_not(roaming_world):
    w = roaming_world
    hour = timedelta(hours=1)
    since = (timezone.now() + hour - timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def moved(happen):
        """Seen an hour ahead, so that it is later than everything else that the test has written."""
        Device.objects.update(state_changed_at=None)
        before = served(w)
        happen()
        Device.objects.update(state_changed_at=F("state_changed_at") + hour)
        after = served(w)
        assert after["evses"][0]["connectors"][0] == before["evses"][0]["connectors"][0]
        found = bool(w.emp.get(f"{LOCATIONS}?date_from={since}").data)
        assert found == (after["last_updated"] != before["last_updated"])
        assert (after["last_updated"] == after["evses"][0]["last_updated"]) or not found
        return found

    connections = []
    assert moved(lambda: connections.append(plug_in(w.plaza)))
    for word, is_new in (
        ("Available", True),
        ("Available", False),
        ("Preparing", True),
        ("SuspendedEV", True),
        ("Charging", True),
    ):
        assert moved(lambda word=word: say(w.plaza, word)) is is_new, word
    assert moved(lambda: disconnect(w.plaza.pk, connections[0]))


def test_a_new_state_is_sent_of_the_evse_alone_and_once(roaming_world, receiver):  # noqa: F811
    w, path = roaming_world, path_of(roaming_world.plaza.location)
    receiver()
    plug_in(w.plaza)
    say(w.plaza, "Charging")
    assert receiver() == [("PATCH", f"{path}/NLGRGE0100")]
    say(w.plaza, "Charging")
    assert receiver() == []
    say(w.plaza, "Available")
    assert receiver() == [("PATCH", f"{path}/NLGRGE0100")]
    (evse,) = served(w)["evses"]
    assert receiver.server.asked[0]["body"] == {"status": "AVAILABLE", "last_updated": evse["last_updated"]}
    assert receiver() == []


def test_a_point_that_is_held_for_a_driver_is_reserved_while_it_is_free(roaming_world, receiver):  # noqa: F811
    w, path = roaming_world, f"{path_of(roaming_world.plaza.location)}/NLGRGE0100"
    plug_in(w.plaza)
    say(w.plaza, "Available")
    receiver()
    now = timezone.now()
    hold = Hold.objects.create(
        provider=w.greengrid, charge_point=w.plaza, customer=w.jansen, begins_at=now, until=now + timedelta(minutes=15)
    )
    assert status(w) == "RESERVED" and receiver() == [("PATCH", path)]
    say(w.plaza, "Preparing")
    assert status(w) == "BLOCKED"
    say(w.plaza, "Available")
    before = served(w)["last_updated"]
    later = now + timedelta(minutes=10)
    Hold.objects.filter(pk=hold.pk).update(ended_at=later, outcome="left")
    assert status(w) == "AVAILABLE" and served(w)["last_updated"] > before
    Device.objects.update(state_changed_at=now - timedelta(days=1))
    since, after = (
        moment.strftime("%Y-%m-%dT%H:%M:%SZ") for moment in (later - timedelta(minutes=1), later + timedelta(minutes=1))
    )
    assert [len(w.emp.get(f"{LOCATIONS}?date_from={each}").data) for each in (since, after)] == [1, 0]


def test_new_statuses_are_sent_soon_by_one_job_after_the_first_whole_run(
    roaming_world,
    receiver,  # noqa: F811
    django_capture_on_commit_callbacks,
):
    w, path = roaming_world, f"{path_of(roaming_world.plaza.location)}/NLGRGE0100"
    asked = PartnerConnection.objects.get(partner=w.partner)
    with django_capture_on_commit_callbacks(execute=True):
        plug_in(w.plaza)
        say(w.plaza, "Available")
        say(w.plaza, "Charging")
    jobs = ProcrastinateJob.objects.filter(task_name="push_statuses_of_partner")
    assert [each.args for each in jobs] == [{"connection": asked.pk}]
    push_statuses_of_partner(asked.pk)
    assert receiver.server.asked == []
    receiver()
    say(w.plaza, "Faulted")
    done = PushState.objects.get().done_until
    receiver.server.asked.clear()
    push_statuses_of_partner(asked.pk)
    assert [(each["method"], each["path"], each["body"]["status"]) for each in receiver.server.asked] == [
        ("PATCH", path, "OUTOFORDER")
    ]
    assert PushState.objects.get().done_until == done and receiver() == []


def test_a_partner_that_takes_no_part_of_a_location_is_sent_all_of_it(roaming_world, receiver):  # noqa: F811
    w, path = roaming_world, path_of(roaming_world.plaza.location)
    receiver()
    plug_in(w.plaza)
    for refusal in (404, 405):
        receiver.server.answers["PATCH", f"{path}/NLGRGE0100"] = refusal
        say(w.plaza, {404: "Charging", 405: "Faulted"}[refusal])
        assert receiver() == [("PATCH", f"{path}/NLGRGE0100"), ("PUT", path)]
        assert receiver() == []


def test_a_status_that_a_partner_could_not_take_is_sent_the_next_time(roaming_world, receiver):  # noqa: F811
    w, path = roaming_world, path_of(roaming_world.plaza.location)
    receiver()
    plug_in(w.plaza)
    receiver.server.answers["PATCH", f"{path}/NLGRGE0100"] = 503
    assert receiver() == [("PATCH", f"{path}/NLGRGE0100")]
    del receiver.server.answers["PATCH", f"{path}/NLGRGE0100"]
    assert receiver() == [("PATCH", f"{path}/NLGRGE0100")]


def test_states_of_a_page_cost_two_queries_however_many_points_it_has(roaming_world):
    w, counts = roaming_world, []
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            w.emp.get(LOCATIONS)
        counts.append((len(captured), sum("gateway_" in each["sql"] for each in captured)))
        for _ in range(5):
            point = connected(make.ChargePointFactory(charge_group=w.street))
            put_on_map(point.location)
            plug_in(point)
            say(point, "Available")
    assert counts[0] == counts[1] and counts[0][1] == 2


def test_the_export_for_a_partner_tells_the_same_and_that_without_one_the_portals_own(roaming_world, capsys):
    w = roaming_world
    plug_in(w.plaza)
    say(w.plaza, "Faulted")
    told = {}
    for partner in ("DE-EMP", None):
        capsys.readouterr()
        call_command("export_ocpi", "locations", provider="GRG", **({"for": partner} if partner else {}))
        evses = [evse for each in json.loads(capsys.readouterr().out) for evse in each["evses"]]
        told[partner] = next(each["status"] for each in evses if each["uid"] == "NLGRGE0100")
    assert told == {"DE-EMP": "OUTOFORDER", None: "AVAILABLE"}
