"""Every preview as every role: whom it counts, and whom its letters reach, are within the reach of the login."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from customers.models import Customer, Notice
from evcnet.tenancy import visible_rows
from tests import factories as make
from tests.portal.sent import sent as form_of
from tests.tenancy.asking import ROLES, address, forms_of, reaches, taken_back
from tests.tenancy.conftest import signed_in
from tests.tenancy.pages import Page, pages
from tests.tenancy.world import World

pytestmark = pytest.mark.django_db

PREVIEWED = ("terms", "exceptions", "close", "undo", "cancel")
SWITCHES = ("own_user_group", "other_user_groups", "roaming")


@pytest.fixture
def crowd(marked: World) -> World:
    """Four customers of North's and as many of South's, all of whom a change of North's group may affect."""
    for tenant in (marked.north, marked.south):
        for number in range(4):
            row = make.CustomerFactory(user_group=tenant.user_group, number=f"crowd-{tenant.user_group.pk}-{number}")
            make.ChargeCardFactory(customer=row, uid=f"crowd-{tenant.user_group.pk}-{number}")
    return marked


def previews(world: World, role: str, browser: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Where, and what is sent, for each preview that the role may ask for."""
    for page in (each for each in pages() if each.of_row and each.name.rpartition("_")[2] in PREVIEWED):
        yield from _of_page(page, world, role, browser)


def _of_page(page: Page, world: World, role: str, browser: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    where = address(page, world.north)
    typed = forms_of(browser, where) if reaches(role, page, "own") else {}
    if not typed:
        return
    for name in SWITCHES if page.name.endswith("terms") else ("",):
        rest = {key: value for key, value in typed.items() if key not in (name, "at", "fingerprint")}
        yield where, rest | {"step": ["preview"]} | ({name: ["on"]} if name and name not in typed else {})


@pytest.mark.parametrize("role", [role for role in ROLES if role not in ("signed out", "no role", "outsider")])
def test_a_preview_counts_and_tells_nobody_out_of_reach(role, crowd, record_property):
    browser, login = signed_in(crowd, role), crowd.logins[role]
    within = set(visible_rows(Customer, login).values_list("pk", flat=True))
    count = told = 0
    for where, sent in previews(crowd, role, browser):
        with taken_back():
            answer = browser.post(where, sent, follow=True)
            audiences = (answer.context or {}).get("audiences")
            if answer.status_code != 200 or not audiences:
                continue
            count += 1
            most = max(each.count for each in audiences)
            assert most <= len(within), f"{where} counts {most}, the login reaches {len(within)}"
            before = set(Notice.objects.values_list("pk", flat=True))
            name = answer.context["safeguard"].names[0]
            shown = getattr(answer.context.get("wizard"), "address", where)
            browser.post(shown, form_of(answer, shown, step="confirm", notify="all", reason="agreed", named=name))
            letters = Notice.objects.exclude(pk__in=before)
            assert {each.customer_id for each in letters} <= within, where
            told += len(letters)
    record_property("previews", count)
    assert (count and told) or not login.has_perm("chargegroups.add_terms")
