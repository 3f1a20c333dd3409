"""An hour of trying to see another user group: by changes that concern both, as they are listed, shown and taken back."""

from __future__ import annotations

from typing import Any

import pytest

from changes.apply import apply_now
from changes.models import Change, Way
from changes.proposals import CustomerMoves, ExceptionChanges, ProposedException
from changes.proposals.points import PointMoves
from chargegroups.models import ChargeGroup
from chargepoints.models import ChargePoint, Session
from customers.models import Customer, Notice
from tariffs.models import Tariff
from tests import factories as make
from tests.tenancy.asking import ask, taken_back, unseen
from tests.tenancy.attacking import says, url
from tests.tenancy.conftest import signed_in

pytestmark = pytest.mark.django_db

OF_NORTH = ("sub provider", "helpdesk")


def shared(marked: Any) -> Change:
    return Change.objects.get(tariff__code="zqgreen-shared")


def moved_points(marked: Any) -> Change:
    """A point of North goes to South, one of South comes to North."""
    leaving = make.ChargePointFactory(charge_group=marked.north[ChargeGroup], identity="north-leaving")
    apply_now(PointMoves.to([leaving], marked.south[ChargeGroup]), way=Way.COMMAND, by=None)
    return Change.objects.latest("pk")


def moved_customers(marked: Any) -> Change:
    leaving = make.CustomerFactory(user_group=marked.north.user_group, number="north-leaving", name="north leaving")
    apply_now(CustomerMoves.to([leaving], marked.south.user_group), way=Way.COMMAND, by=None)
    return Change.objects.latest("pk")


def exceptions_of_both(marked: Any) -> Change:
    rows = [
        ProposedException(tenant[ChargeGroup], make.CustomerFactory(user_group=tenant.user_group, number=f"{said}-x"),
                          access="denied", note=f"{said} note")
        for tenant, said in ((marked.north, "north"), (marked.south, "zqsouth"))
    ]  # fmt: skip
    apply_now(ExceptionChanges(rows), way=Way.COMMAND, by=None)
    return Change.objects.latest("pk")


BOTH = {
    "next prices of a tariff": shared,
    "points that moved": moved_points,
    "customers who moved": moved_customers,
    "exceptions of both": exceptions_of_both,
}


@pytest.mark.parametrize("what", BOTH)
@pytest.mark.parametrize("role", OF_NORTH)
def test_a_change_of_both_names_and_counts_nothing_of_the_other(marked, role, what):
    """On its page, in the list, where it is taken back, in the files, on the home page and in every history."""
    change, browser, marks = BOTH[what](marked), signed_in(marked, role), unseen(role, marked)
    pages = ["/", url(Change), *(url(Change, view, change.pk) for view in ("change", "undo", "cancel", "affected"))]
    pages += [f"{url(Change, 'affected', change.pk)}?step=csv", url(Notice), url(ChargePoint), url(Customer)]
    pages += [
        url(ChargeGroup, view, marked.north[ChargeGroup].pk) for view in ("history", "access", "customers", "points")
    ]
    wrong = [(page, found) for page in pages if (found := says(ask(browser, "GET", page), marks))]
    assert not wrong
    shown = browser.get(url(Change, "change", change.pk))
    if shown.status_code == 200:
        assert shown.context["recorded"] is None and shown.context["today"] is None
        assert b"others that you do not see" in shown.content


@pytest.mark.parametrize("what", BOTH)
def test_the_provider_sees_the_whole_of_a_change_of_both(marked, what):
    """What is hidden from one side is not lost to those who reach both."""
    shown = signed_in(marked, "provider admin").get(url(Change, "change", BOTH[what](marked).pk))
    assert shown.context["recorded"] and not shown.context["other_groups"]
    assert b"others that you do not see" not in shown.content


@pytest.mark.parametrize("what", BOTH)
@pytest.mark.parametrize("view", ["undo", "cancel"])
@pytest.mark.parametrize("role", OF_NORTH)
def test_one_side_takes_no_change_of_both_back(marked, role, view, what):
    change, browser = BOTH[what](marked), signed_in(marked, role)
    shown = {"step": "confirm", "shown": change.fingerprint, "named": "zqgreen", "notify": "none"}
    with taken_back() as kept:
        answer = ask(browser, "POST", url(Change, view, change.pk), shown)
    change.refresh_from_db()
    assert answer.status in (302, 403, 404) and not kept.writes
    assert change.cancelled_at is None and not change.undone_by.exists()


@pytest.mark.parametrize("role", ["provider admin", "sub provider"])
def test_a_fingerprint_of_another_tenants_preview_confirms_nothing(marked, role):
    """Nor the token of what was shown there."""
    browser, group = signed_in(marked, role), marked.north[ChargeGroup]
    theirs = signed_in(marked, "other admin")
    sent = {"tariff": "zqfjord-second", "own_user_group": "on", "step": "preview"}
    shown = theirs.post(url(ChargeGroup, "terms", marked.fjord[ChargeGroup].pk), sent, follow=True)
    token, fingerprint = shown.context["seen_token"], shown.context["impact"].fingerprint
    sent = {"tariff": "zqnorth-tariff", "step": "confirm", "shown": fingerprint, "seen": token, "named": "zqnorth quay"}
    before = group.terms.count(), Change.objects.count()
    answer = ask(browser, "POST", url(ChargeGroup, "terms", group.pk), sent)
    assert (group.terms.count(), Change.objects.count()) == before and answer.status == 200
    assert not says(answer, unseen(role, marked))


def test_a_session_of_ones_own_customer_elsewhere_names_no_tariff_and_no_point(marked):
    """North's customer charged at South's: what it cost is told, where and by which price list is not."""
    session = Session.objects.get(code="north-away")
    for role in OF_NORTH:
        for page in (url(Session, "change", session.pk), url(Session), url(Session, "history", session.pk)):
            assert not says(ask(signed_in(marked, role), "GET", page), unseen(role, marked)), page
    assert Session.objects.visible_to(marked.logins["helpdesk"]).filter(pk=session.pk).exists()


def test_the_uses_of_a_shared_tariff_are_those_in_sight(marked):
    """Who else uses it is neither named nor counted, and to whom else it is offered is not told."""
    browser, tariff = signed_in(marked, "sub provider"), Tariff.objects.get(code="zqgreen-shared")
    for view in ("uses", "change", "prices", "history", "calculator"):
        assert not says(ask(browser, "GET", url(Tariff, view, tariff.pk)), unseen("sub provider", marked)), view
    assert browser.get(url(Tariff, "uses", tariff.pk)).context["group_count"] == 1
    assert browser.get(url(Tariff)).context["cl"].model_admin.group_counts[tariff.pk] == 1


def test_a_customer_is_told_of_the_groups_that_they_know(marked):
    """The notice of a change of both names to North's customers what is North's, to staff and in the mail."""
    from customers.letters import build_mail

    change = shared(marked)
    notices = Notice.objects.filter(announcement__key=f"change-{change.pk}-changed")
    assert notices.filter(customer__user_group=marked.north.user_group).exists()
    for notice in notices.filter(customer__user_group=marked.north.user_group):
        mail = build_mail(notice)
        assert "north shared quay" in mail.body and "zqsouth" not in mail.body + str(mail.alternatives)
