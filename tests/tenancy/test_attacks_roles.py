"""An hour of trying to become more than one is: lifting one's own role, lending another's, leaving one's user group."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from chargegroups.models import ChargeGroup, CustomerException, Terms
from chargepoints.models import ChargePoint
from customers.models import ApiKey, ChargeCard, Customer, Membership, StaffMember, UserGroup
from customers.permissions import Role
from tariffs.models import Tariff
from tests import factories as make
from tests.portal.forms import CONFIRMED, page_form
from tests.tenancy.asking import ask, taken_back
from tests.tenancy.attacking import url
from tests.tenancy.conftest import signed_in
from tests.tenancy.world import MISSING

pytestmark = pytest.mark.django_db

BELOW = ("provider staff", "sub provider", "helpdesk", "read only", "several roles", "no role", "operator")


MANAGES_SOME = ("sub provider", "several roles")
"""Who manages logins of its own user groups."""


def roles_of(login: StaffMember) -> set[tuple[str, int, int | None]]:
    return set(Membership.objects.filter(staff_member=login).values_list("role", "provider", "user_group"))


# Logins and keys


@pytest.mark.parametrize("role", [role for role in BELOW if role not in MANAGES_SOME])
def test_nobody_but_a_provider_admin_touches_logins_and_keys(marked, role):
    """Their own login too: no role is lifted by the one who holds it."""
    browser, login = signed_in(marked, role), marked.logins[role]
    filled = page_form(
        signed_in(marked, "provider admin").get(url(StaffMember, "change", marked.logins["helpdesk"].pk))
    )
    lifted = filled | {"memberships-0-role": Role.PROVIDER_ADMIN, "memberships-0-user_group": ""}
    before = roles_of(login)
    for where in (
        url(StaffMember), url(StaffMember, "add"), url(StaffMember, "change", login.pk), url(ApiKey), url(ApiKey, "add"),
        url(StaffMember, "password", login.pk), url(StaffMember, "invite", login.pk), url(ApiKey, "change", MISSING),
        url(StaffMember, "second-factor", login.pk),
    ):  # fmt: skip
        with taken_back() as kept:
            answers = [ask(browser, method, where, lifted) for method in ("GET", "POST")]
        assert all(answer.refused for answer in answers) and not kept.writes, where
    assert roles_of(login) == before


@pytest.mark.parametrize("role", MANAGES_SOME)
def test_a_sub_provider_lifts_nobodys_role_and_touches_no_login_that_reaches_further(marked, role):
    """Its own, one of its user group, a new one: with roles of the provider, of a sibling, of what lies above."""
    browser, north = signed_in(marked, role), marked.north
    above = UserGroup.objects.get(code="zqabove-group").pk
    kept = set(Membership.objects.values_list("pk", "role", "user_group", "may_make_tariffs", "may_add_locations"))
    typed = page_form(browser.get(url(StaffMember, "add"))) | {"name": "New", "email": "new@example.org"}
    for lifted in (
        {"role": Role.PROVIDER_ADMIN, "user_group": ""},
        {"role": Role.PROVIDER_STAFF, "user_group": north.user_group.pk},
        {"role": Role.READ_ONLY, "user_group": ""},
        {"role": Role.HELPDESK, "user_group": marked.south.user_group.pk},
        {"role": Role.SUB_PROVIDER, "user_group": above},
        {"role": Role.SUB_PROVIDER, "user_group": north.user_group.pk, "may_make_tariffs": "on"},
    ):
        forged = {f"memberships-0-{name}": value for name, value in lifted.items()}
        for where in (url(StaffMember, "add"), url(StaffMember, "change", north[StaffMember].pk)):
            page = browser.get(where)
            ask(browser, "POST", where, (page_form(page) if "change" in where else typed) | forged)
        if "may_make_tariffs" not in lifted:  # which the form does not know, so that it is no more than the role
            assert not StaffMember.objects.filter(name="New").exists()
    now = set(Membership.objects.values_list("pk", "role", "user_group", "may_make_tariffs", "may_add_locations"))
    assert {each[1:] for each in now - kept} <= {(Role.SUB_PROVIDER, north.user_group.pk, False, False)}
    for other in ("provider admin", "provider staff", "read only", "several roles", "operator", "outsider"):
        login = marked.logins[other]
        for view in ("change", "password", "invite", "second-factor", "history"):
            answers = [ask(browser, method, url(StaffMember, view, login.pk), typed) for method in ("GET", "POST")]
            assert all(answer.refused for answer in answers)


@pytest.mark.parametrize("role", BELOW)
def test_the_roles_of_a_stronger_login_are_not_copied_by_a_weaker_one(marked, role):
    browser, where = signed_in(marked, role), url(StaffMember, "add")
    answer = ask(browser, "GET", f"{where}?like={marked.logins['provider admin'].pk}")
    assert answer.refused if role not in MANAGES_SOME else answer == ask(browser, "GET", f"{where}?like={MISSING}")


def test_an_admin_gives_no_role_at_another_provider(marked, browser):
    """By the provider's id, by a user group of it, by both: whatever is given is given at one's own."""
    admin, login = browser("provider admin"), marked.logins["helpdesk"]
    where, fjord = url(StaffMember, "change", login.pk), marked.fjord
    filled = page_form(admin.get(where)) | {"memberships-TOTAL_FORMS": "2", "memberships-1-role": Role.READ_ONLY}
    for forged in (
        {"memberships-1-provider": fjord.provider.pk},
        {"memberships-1-user_group": fjord.user_group.pk},
        {"memberships-1-provider": fjord.provider.pk, "memberships-1-user_group": fjord.user_group.pk},
        {"memberships-1-staff_member": marked.logins["outsider"].pk},
    ):
        with taken_back():
            ask(admin, "POST", where, filled | forged)
            assert not Membership.objects.filter(provider=fjord.provider, staff_member=login).exists()
            assert not Membership.objects.filter(
                provider=marked.north.provider, staff_member=marked.logins["outsider"]
            ).exists()


def test_an_admin_makes_nobody_an_operator(marked, browser):
    admin = browser("provider admin")
    for login in (marked.logins["provider admin"], marked.logins["helpdesk"]):
        where = url(StaffMember, "change", login.pk)
        admin.post(where, page_form(admin.get(where)) | {"is_operator": "on", "is_superuser": "on", "is_staff": "on"})
        login.refresh_from_db()
        assert not login.is_operator and not login.is_superuser


def test_an_admin_takes_over_no_login_that_reaches_further(marked, browser):
    """A guest of BlueVolt with a role here: neither renamed, locked out, given a password nor freed of the second factor."""
    guest = marked.logins["outsider"]
    Membership.objects.create(staff_member=guest, provider=marked.north.provider, role=Role.READ_ONLY)
    admin, where = browser("provider admin"), url(StaffMember, "change", guest.pk)
    before = StaffMember.objects.filter(pk=guest.pk).values().get()
    filled = page_form(admin.get(where))
    admin.post(where, filled | {"name": "taken over", "email": "mine@example.org", "is_active": ""})
    for view in ("password", "invite", "second-factor", "history"):
        typed = {"password": "a meadow full of transformers", "password_again": "a meadow full of transformers"}
        assert ask(admin, "POST", url(StaffMember, view, guest.pk), typed).refused
    assert StaffMember.objects.filter(pk=guest.pk).values().get() == before
    shown = ask(admin, "GET", where).body.lower()
    assert b"zqfjord" not in shown and b"bluevolt" not in shown


def test_a_role_that_was_taken_away_opens_nothing_at_the_next_click(marked, browser):
    carla = browser("sub provider")
    assert carla.get(url(Customer)).status_code == 200
    marked.logins["sub provider"].memberships.all().delete()
    assert carla.get(url(Customer)).status_code == 403
    assert b"zqnorth" not in carla.get("/").content


def test_a_login_that_was_deactivated_is_signed_out(marked, browser):
    ben = browser("provider staff")
    StaffMember.objects.filter(pk=marked.logins["provider staff"].pk).update(is_active=False)
    answer = ben.get(url(Customer))
    assert answer.status_code == 302 and answer["Location"].startswith(reverse("account_login"))


# Out of one's user group


MOVES = ("form", "verb", "preview", "confirm", "file")


@pytest.mark.parametrize("way", MOVES)
@pytest.mark.parametrize("role", ["sub provider", "provider admin"])
def test_no_customer_is_moved_into_a_user_group_out_of_sight(marked, role, way, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    customer, browser = marked.north[Customer], signed_in(marked, role)
    for tenant in [marked.fjord] if role == "provider admin" else [marked.south, marked.fjord]:
        answers = [_move(browser, customer, way, group, code) for group, code in
                   ((tenant.user_group.pk, tenant.user_group.code), (MISSING, "zzznobodys"))]  # fmt: skip
        customer.refresh_from_db()
        assert customer.user_group_id == marked.north.user_group.pk
        assert answers[0].status == answers[1].status < 500


def _move(browser: Any, customer: Customer, way: str, group: int, code: str) -> Any:
    if way == "file":
        from django.core.files.uploadedfile import SimpleUploadedFile

        file = SimpleUploadedFile(
            "c.csv", f"user_group,number,name\n{code},{customer.number},{customer.name}\n".encode()
        )
        answer = ask(browser, "POST", url(Customer, "import"), {"resource": "0", "provider": "", "import_file": file})
        return answer
    if way == "form":
        where = url(Customer, "change", customer.pk)
        return ask(browser, "POST", where, page_form(browser.get(where)) | {"user_group": group})
    if way == "verb":
        where, sent = url(Customer, "action", customer.pk, "move"), {"confirmed": "1", "user_group": group}
        return ask(browser, "POST", where, sent)
    step = {"step": "confirm"} if way == "confirm" else {}
    return ask(browser, "POST", url(Customer, "regroup", customer.pk), {"to": group, **step})


@pytest.mark.parametrize("way", ["verb", "bulk", "preview", "confirm"])
def test_no_charge_point_is_moved_into_a_group_out_of_sight(marked, way):
    point, browser = marked.north[ChargePoint], signed_in(marked, "sub provider")
    for tenant in (marked.south, marked.fjord):
        group, sent = tenant[ChargeGroup].pk, {"confirmed": "1", "charge_group": tenant[ChargeGroup].pk}
        where = {
            "verb": (url(ChargePoint, "action", point.pk, "move"), sent),
            "bulk": (url(ChargePoint), sent | {"action": "attach", "_selected_action": point.pk, "index": "0"}),
            "preview": (url(ChargePoint, "regroup", point.pk), {"to": group}),
            "confirm": (url(ChargePoint, "regroup", point.pk), {"to": group, "step": "confirm"}),
        }[way]
        with taken_back() as kept:
            answer = ask(browser, "POST", *where)
        assert answer.status in (200, 302, 404) and not kept.writes


@pytest.mark.parametrize("select_across", ["0", "1"])
def test_choosing_all_rows_of_a_list_chooses_those_of_the_login(marked, browser, select_across):
    """ "Select all 5,000": the rows of others are not among them, whatever ids are sent along."""
    others = ChargeCard.objects.exclude(customer__user_group=marked.north.user_group)
    before = set(others.values_list("pk", "status"))
    ids = [marked.fjord[ChargeCard].pk, marked.south[ChargeCard].pk, marked.north[ChargeCard].pk]
    sent = {"action": "block", "_selected_action": ids, "select_across": select_across, "index": "0"}
    browser("helpdesk").post(url(ChargeCard), sent | CONFIRMED)
    assert set(others.values_list("pk", "status")) == before
    assert ChargeCard.objects.get(pk=marked.north[ChargeCard].pk).status == ChargeCard.Status.DEACTIVATED


def test_a_parent_sees_its_descendants_and_a_child_not_its_parent(marked):
    child = make.UserGroupFactory(provider=marked.north.provider, parent=marked.north.user_group, code="child")
    customer = make.CustomerFactory(user_group=child, number="of the child")
    above = UserGroup.objects.get(code="zqabove-group")
    login = {name: make.StaffMemberFactory(name=name, role=Role.SUB_PROVIDER, user_group=group) for name, group in
             (("above", above), ("child", child))}  # fmt: skip
    assert set(Customer.objects.visible_to(login["child"])) == {customer}
    seen = Customer.objects.visible_to(login["above"])
    assert customer in seen and marked.north[Customer] in seen and marked.south[Customer] not in seen
    norths = StaffMember.objects.get(pk=marked.logins["sub provider"].pk)  # a login remembers its reach for a request
    assert customer in Customer.objects.visible_to(norths)
    assert not Customer.objects.visible_to(norths).filter(user_group=marked.south.user_group).exists()


# Prices


def unoffered(marked: Any) -> Tariff:
    return Tariff.objects.get(code="zqnorth-second")


@pytest.mark.parametrize("step", ["", "preview", "confirm"])
def test_a_sub_provider_chooses_no_tariff_that_is_not_offered_to_it(marked, step):
    """One of its own provider: as unknown as one that nobody has, in terms and in exceptions."""
    offer = make.TariffFactory(provider=marked.north.provider, code="not-offered", name="Not offered", per_kwh="0.99")
    browser, group = signed_in(marked, "sub provider"), marked.north[ChargeGroup]
    for where, slot, values in (
        (url(ChargeGroup, "terms", group.pk), "tariff", (offer.code, "zzznobodys")),
        (f"{url(ChargeGroup, 'customers', group.pk)}?edit={marked.north[Customer].pk}", "tariff", (offer.pk, MISSING)),
    ):
        sent = {"own_user_group": "on", "step": step, "access": "allowed"}
        answers = []
        for value in values:
            with taken_back() as kept:
                answers.append(ask(browser, "POST", where, sent | {slot: value}, [str(value).encode()]))
            assert not kept.writes
        assert answers[0] == answers[1]
    assert not Terms.objects.filter(tariff=offer).exists()
    assert not CustomerException.objects.filter(tariff=offer).exists()


@pytest.mark.parametrize(
    "view", ["prices", "prices_add", "prices_edit", "version", "simple", "calculator", "uses", "change"]
)
def test_a_helpdesk_opens_no_price_list(marked, view):
    """Not even one that is offered to its user group."""
    for code in ("zqnorth-tariff", "zqgreen-shared"):
        for method in ("GET", "POST"):
            where = url(Tariff, view, Tariff.objects.get(code=code).pk)
            assert ask(signed_in(marked, "helpdesk"), method, where).status in (403, 404)


@pytest.mark.parametrize("view", ["terms", "exceptions", "close", "points_detach"])
@pytest.mark.parametrize("role", ["helpdesk", "read only"])
def test_who_only_reads_a_charge_group_changes_nothing_in_it(marked, role, view):
    browser, where = signed_in(marked, role), url(ChargeGroup, view, marked.north[ChargeGroup].pk)
    for method in ("GET", "POST"):
        with taken_back() as kept:
            answer = ask(browser, method, where, {"step": "confirm"})
        assert answer.refused and not kept.writes
