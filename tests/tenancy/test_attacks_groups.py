"""An hour of trying to see or touch another tenant: the pages of charge groups, and terms."""

from __future__ import annotations

import pytest

from changes.models import Change
from chargegroups.models import ChargeGroup
from chargepoints.models import ChargePoint
from customers.models import Customer
from tariffs.models import Tariff
from tests.tables import for_each
from tests.tenancy.asking import ask, taken_back, unseen
from tests.tenancy.attacking import WRITERS, out_of_reach, said, says, url
from tests.tenancy.conftest import signed_in
from tests.tenancy.world import MISSING

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", WRITERS)
def test_a_customer_of_another_tenant_is_not_edited_in_ones_own_group(marked, role):
    browser, group = signed_in(marked, role), marked.north[ChargeGroup]
    for tenant in out_of_reach(role, marked):
        for method in ("GET", "POST"):
            answers = []
            with taken_back() as kept:
                for pk in (tenant[Customer].pk, MISSING):
                    where = f"{url(ChargeGroup, 'customers', group.pk)}?edit={pk}"
                    answers.append(ask(browser, method, where, {"access": "allowed"}, [f"edit={pk}".encode()]))
            assert answers[0] == answers[1] and not kept.writes


@pytest.mark.parametrize("role", WRITERS)
@pytest.mark.parametrize("page", ["points", "points_detach"])
def test_no_charge_point_of_another_tenant_is_attached_or_detached(marked, role, page):
    browser, group = signed_in(marked, role), marked.north[ChargeGroup]
    for tenant in out_of_reach(role, marked):
        with taken_back() as kept:
            answer = ask(
                browser, "POST", url(ChargeGroup, page, group.pk), {"point": tenant[ChargePoint].pk, "confirm": "1"}
            )
        assert answer.status < 500 and not kept.writes
        found = ask(browser, "GET", f"{url(ChargeGroup, 'points', group.pk)}?find={said(tenant)}&q={said(tenant)}")
        assert not [
            mark for mark in unseen(role, marked) if mark in found.body.lower().replace(said(tenant).encode(), b"")
        ]


@pytest.mark.parametrize("role", WRITERS)
@pytest.mark.parametrize("slot", ["tariff", "prepaid_tariff", "roaming_tariff"])
@for_each("step", ["", "preview", "confirm", "list", "csv"])
def test_terms_take_no_tariff_of_another_tenant(marked, role, slot, step):
    """Its code is as unknown as one that nobody has; nothing is written."""
    browser, group = signed_in(marked, role), marked.north[ChargeGroup]
    where = url(ChargeGroup, "terms", group.pk)
    for tenant in out_of_reach(role, marked):
        answers = []
        for code in (tenant[Tariff].code, "z" * len(tenant[Tariff].code)):
            sent = {
                "tariff": marked.north[Tariff].code,
                "own_user_group": "on",
                "step": step,
                "effect": "all",
                slot: code,
            }
            with taken_back() as kept:
                answers.append(ask(browser, "POST", where, sent, [code.encode()]))
            assert not kept.writes
        assert answers[0] == answers[1]


@pytest.mark.parametrize("role", WRITERS)
def test_terms_are_not_compared_with_the_terms_or_changes_of_another_tenant(marked, role):
    """The hidden fields ``base`` and ``undoes`` of the form."""
    browser, group = signed_in(marked, role), marked.north[ChargeGroup]
    for tenant in out_of_reach(role, marked):
        terms, change = tenant[ChargeGroup].terms.first(), tenant[Change]
        for forged in ({"base": terms.pk}, {"undoes": change.pk}):
            sent = {"tariff": marked.north[Tariff].code, "own_user_group": "on", "step": "preview"} | forged
            answer = ask(browser, "POST", url(ChargeGroup, "terms", group.pk), sent)
            assert answer.status < 500 and not says(answer, unseen(role, marked))
