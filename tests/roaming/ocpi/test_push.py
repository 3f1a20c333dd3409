"""Partners that want it are sent what they see, when it changes; what fails is tried again, and nothing is sent twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from changes.apply import apply_now
from changes.models import Way
from changes.proposals import NewTerms
from chargepoints.models import Location
from roaming.connections import confirm, invite
from roaming.models import PartnerConnection, PushedObject, PushState
from roaming.ocpi.push import push_changes
from roaming.ocpi.tasks import push_changes_of_partner
from tests import factories as make
from tests.roaming.ocpi.conftest import connected, put_on_map

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(roaming_world, partner_server):
    """GreenGrid's partner takes locations and tariffs: ``receiver()`` is what one run sends to it."""
    w = roaming_world
    modules = ("locations", "tariffs")
    endpoints = [{"identifier": each, "role": "RECEIVER", "url": partner_server.url(f"/{each}")} for each in modules]
    confirm(w.partner, partner_token="B", versions_url=partner_server.url("/"), version="2.2.1", endpoints=endpoints)

    class Anything(dict):
        def get(self, key, default=None):
            return super().get(key, {})

    partner_server.answers = Anything()

    def run():
        partner_server.asked.clear()
        push_changes(PartnerConnection.objects.get(partner=w.partner))
        return [(each["method"], each["path"]) for each in partner_server.asked]

    run.server = partner_server
    return run


def path_of(location, below=""):
    return f"/locations/NL/GRG/{location.code}{below}"


def state(world):
    return PushState.objects.get(partner=world.partner)


def test_all_is_sent_once_tariffs_first(roaming_world, receiver):
    w = roaming_world
    assert receiver() == [("PUT", "/tariffs/NL/GRG/ROAM"), ("PUT", path_of(w.plaza.location))]
    assert receiver.server.asked[1]["body"] == w.emp.get("/ocpi/2.2.1/locations").data[0]
    assert receiver() == []


def test_what_changed_is_sent_and_nothing_else(roaming_world, receiver):
    w = roaming_world
    other = put_on_map(connected(make.ChargePointFactory(charge_group=w.street)).location)
    receiver()
    Location.objects.filter(pk=other.pk).update(name="Harbour")
    assert receiver() == [("PUT", path_of(other))]
    apply_now(NewTerms(w.street, {"roaming_tariff": w.cheap}), way=Way.COMMAND)
    sent = receiver()
    assert set(sent) == {
        ("PUT", "/tariffs/NL/GRG/CHEAP"), ("DELETE", "/tariffs/NL/GRG/ROAM"), ("PUT", path_of(other)), ("PUT", path_of(w.plaza.location)),
    }  # fmt: skip


def test_what_is_not_published_any_more_is_removed(roaming_world, receiver):
    w = roaming_world
    receiver()
    Location.objects.filter(pk=w.plaza.location.pk).update(published=False)
    assert receiver() == [("PATCH", path_of(w.plaza.location, "/NLGRGE0100"))]
    assert receiver.server.asked[0]["body"]["status"] == "REMOVED"
    assert receiver() == [] and not PushedObject.objects.filter(kind="locations").exists()


def test_a_partner_that_fails_is_tried_again_later_and_gets_what_it_lacks(roaming_world, receiver):
    w = roaming_world
    receiver.server.answers["PUT", path_of(w.plaza.location)] = 503
    receiver()
    first = state(w)
    assert first.failures == 1 and first.next_at > timezone.now() and "503" in first.error
    push_changes_of_partner(first.connection_id)
    assert state(w).failures == 1
    receiver()
    assert (state(w).failures, state(w).next_at - timezone.now() > timedelta(seconds=50)) == (2, True)
    del receiver.server.answers["PUT", path_of(w.plaza.location)]
    assert receiver() == [("PUT", path_of(w.plaza.location))]
    assert (state(w).failures, state(w).error, state(w).next_at) == (0, "", None)


def test_a_partner_that_asks_to_wait_is_left_alone_so_long(roaming_world, receiver):
    w = roaming_world
    receiver.server.answers["PUT", "/tariffs/NL/GRG/ROAM"] = 429
    receiver()
    assert state(w).failures == 1 and len(receiver.server.asked) == 1


def test_an_object_that_is_refused_stops_no_other(roaming_world, receiver):
    w = roaming_world
    receiver.server.answers["PUT", "/tariffs/NL/GRG/ROAM"] = 400
    assert ("PUT", path_of(w.plaza.location)) in receiver()
    assert state(w).failures == 0


def test_a_change_of_terms_asks_for_a_push_when_it_takes_effect(roaming_world, receiver):
    w = roaming_world
    apply_now(NewTerms(w.street, {"roaming_tariff": w.cheap}), way=Way.COMMAND)
    jobs = ProcrastinateJob.objects.filter(task_name="push_changes_of_partner")
    assert jobs.get().args == {"connection": PartnerConnection.objects.get(partner=w.partner).pk}


def test_who_registers_anew_is_sent_everything(roaming_world, receiver):
    w = roaming_world
    receiver()
    invite(w.partner)
    assert not PushedObject.objects.exists() and not PushState.objects.exists()
