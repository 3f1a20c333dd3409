"""An hour of trying to see or touch another tenant's drafts: by their buttons, as the place to save, in what concerns both."""

from __future__ import annotations

from typing import Any

import pytest

from changes.apply import preview_change
from changes.drafts import SavedForm, save_draft
from changes.models import Draft
from changes.proposals import NewVersion
from chargegroups.models import ChargeGroup
from customers.models import StaffMember
from tariffs.conversion import price_list
from tariffs.models import Tariff
from tests.tenancy.asking import ask, taken_back, unseen
from tests.tenancy.attacking import WRITERS, out_of_reach, says, url
from tests.tenancy.conftest import signed_in
from tests.tenancy.world import MISSING

pytestmark = pytest.mark.django_db

BUTTONS = ("preview", "edit", "list", "csv", "confirm", "note", "discard", "take-up", "ask", "approve", "hand-back")


@pytest.mark.parametrize("role", WRITERS)
def test_no_button_of_a_draft_out_of_reach_does_or_tells_anything(marked, role):
    """Each is answered like that of a draft that is not there."""
    browser = signed_in(marked, role)
    for tenant in out_of_reach(role, marked):
        for step in BUTTONS:
            theirs, nobodys = (_pressed(browser, pk, step) for pk in (tenant[Draft].pk, MISSING))
            assert theirs == nobodys and theirs.status == 404, (tenant.mark, step)


def _pressed(browser: Any, pk: int, step: str) -> Any:
    sent = {"step": step, "confirmed": "yes", "reason": "mine", "notify": "none"}
    with taken_back() as kept:
        answer = ask(browser, "POST", url(Draft, "change", pk), sent, [str(pk).encode()])
    assert not kept.writes
    return answer


@pytest.mark.parametrize("role", WRITERS)
def test_a_preview_is_saved_in_no_draft_of_somebody_else(marked, role):
    """Neither of another tenant's nor of a colleague's: a new one begins."""
    browser, group = signed_in(marked, role), marked.north[ChargeGroup]
    for tenant in marked.tenants.values():
        before = Draft.objects.filter(pk=tenant[Draft].pk).values().get()
        sent = {"tariff": "zqnorth-tariff", "roaming": "on", "step": "preview", "draft": tenant[Draft].pk}
        answer = ask(browser, "POST", url(ChargeGroup, "terms", group.pk), sent)
        made = Draft.objects.latest("pk")
        assert answer.location == url(Draft, "change", made.pk) and made.author == marked.logins[role]
        assert Draft.objects.filter(pk=tenant[Draft].pk).values().get() == before


@pytest.mark.parametrize("role", ["sub provider", "several roles", "helpdesk"])
def test_a_draft_that_concerns_another_user_group_too_is_not_told_of(marked, role):
    """Prices of a tariff that North and South use: neither in the list, nor at its address, nor on the home page."""
    tariff = Tariff.objects.get(code="zqgreen-shared")
    proposal = NewVersion(tariff, price_list(Tariff.objects.get(code="zqgreen-dearer").versions.get()))
    typed = SavedForm(note="zqsouth wants it")
    draft = save_draft(preview_change(proposal), typed, marked.south[StaffMember])
    browser = signed_in(marked, role)
    assert ask(browser, "GET", url(Draft, "change", draft.pk)).refused
    for where in ("/", url(Draft), f"{url(Draft)}?q=zqgreen"):
        answer = ask(browser, "GET", where)
        assert b"zqsouth wants it" not in answer.body and str(draft.pk).encode() not in answer.body, where
        assert not says(answer, unseen(role, marked)), where
