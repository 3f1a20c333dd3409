"""Whoever loses access while holding loses the turn with the commit, and not only when the minute's job looks."""

import pytest

from changes.proposals.customers import CustomerMoves
from changes.proposals.terms import NewTerms
from chargepoints import attach_detach
from customers import customer_status
from socialcharging.models import QueueMail
from socialcharging.queues import advance_all, join
from tests.importexport.files import csv_of, import_csv
from tests.queries.test_change_signals import applied
from tests.social.test_queues import MINUTE, free, holder, now, outcomes

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(street):
    """Visser holds the station road, Smit is next."""
    join(street.visser, street.market, now())
    join(street.smit, street.market, now())
    free(street)
    assert holder() == "Visser"
    return street


LOSSES = {
    "blocked": lambda w, _: customer_status.block([w.visser.pk]),
    "deactivated": lambda w, _: customer_status.deactivate([w.visser.pk]),
    "the card blocked": lambda w, _: customer_status.block_cards([w.vissers_card.pk]),
    "blocked in a form": lambda w, _: (setattr(w.visser, "status", "blocked"), w.visser.save()),
    "moved away": lambda w, _: applied(CustomerMoves.to([w.visser], w.south), by=w.anna),
    "blocked by a file": lambda _, file: file(
        "customers", "user_group,number,name,status", "NORTH,1003,Visser,blocked"
    ),
    "denied by a file": lambda _, file: file("exceptions", "charge_group,customer,access", "CG-STREET,1003,denied"),
}


@pytest.mark.parametrize("name", LOSSES)
def test_the_turn_passes_on_at_once_when_the_holder_loses_access(
    held, name, tmp_path, django_capture_on_commit_callbacks
):
    def file(kind, *lines):
        return import_csv(kind, csv_of(*lines), tmp_path, provider="GRG")

    with django_capture_on_commit_callbacks(execute=True):
        LOSSES[name](held, file)
    assert holder() == "Smit"
    assert outcomes() == {"Visser": "lost_access", "Smit": ""}
    assert QueueMail.objects.filter(kind="turn", customer=held.smit).count() == 1


def test_whoever_is_blocked_and_let_back_in_has_no_place_any_more(held, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        customer_status.block([held.visser.pk])
        customer_status.unblock([held.visser.pk])
    assert holder() == "Visser"  # both in one transaction: nothing had become true in between
    for change in (customer_status.block, customer_status.unblock):
        with django_capture_on_commit_callbacks(execute=True):
            change([held.visser.pk])
    assert holder() == "Smit"


def test_a_group_without_social_charging_any_more_closes_its_queues_at_once(held, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        applied(NewTerms(held.leusden, {"social_charging": False}), by=held.anna)
    assert holder() is None
    assert outcomes() == {"Visser": "closed", "Smit": "closed"}


def test_a_point_that_goes_out_of_service_keeps_its_hold_and_begins_no_other(held, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        attach_detach.deactivate([held.market])
    assert outcomes() == {"Visser": "", "Smit": ""}
    advance_all(now() + 16 * MINUTE)
    assert holder() is None
    with django_capture_on_commit_callbacks(execute=True):
        attach_detach.activate([held.market])
    assert holder() == "Smit"
