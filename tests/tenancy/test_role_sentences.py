"""What is said of each role, clause by clause: what it does, and where that ends. Refusals are in the matrix, too."""

from __future__ import annotations

import pytest

from chargegroups.models import ChargeGroup, CustomerException
from chargepoints.models import ChargePoint
from customers.models import ChargeCard, Customer, Membership, Provider, StaffAlert, StaffMember
from customers.permissions import PERMISSIONS, Role
from tariffs.models import Tariff
from tests import factories as make
from tests.portal.forms import page_form
from tests.portal.sent import press
from tests.tenancy.attacking import url
from tests.tenancy.conftest import signed_in

pytestmark = pytest.mark.django_db


def test_a_provider_admin_has_everything_of_the_provider_and_nothing_of_another(marked):
    login, provider = marked.logins["provider admin"], marked.north.provider
    for model, row in ((model, row) for model, row in marked.north.rows.items() if isinstance(model, type)):
        label = model._meta.label_lower
        if model is StaffAlert:
            continue  # each login's own
        if "view" in PERMISSIONS[Role.PROVIDER_ADMIN].get(label, ()):
            assert row in model.objects.visible_to(login) and marked.south[model] in model.objects.visible_to(login)
            assert model is Provider or marked.fjord[model] not in model.objects.visible_to(login)
    assert list(Provider.objects.visible_to(login)) == [provider]


def test_provider_staff_have_everything_but_logins_keys_letters_and_the_record():
    missing = {model for model in PERMISSIONS[Role.PROVIDER_ADMIN] if model not in PERMISSIONS[Role.PROVIDER_STAFF]}
    assert missing == {"customers.staffmember", "customers.membership", "customers.apikey", "customers.auditentry"}
    lesser = {
        model: PERMISSIONS[Role.PROVIDER_ADMIN][model] - actions
        for model, actions in PERMISSIONS[Role.PROVIDER_STAFF].items()
        if PERMISSIONS[Role.PROVIDER_ADMIN][model] - actions
    }
    assert lesser == {
        "customers.provider": {"change"},
        "customers.lettersettings": {"add", "change"},
        "customers.job": {"change"},  # cancelling the jobs of others
    }


def test_a_sub_provider_keeps_its_customers_and_their_cards(marked, browser):
    carla, group = browser("sub provider"), marked.north.user_group
    typed = page_form(carla.get(url(Customer, "add"))) | {"number": "new-1", "name": "New", "user_group": group.pk}
    assert carla.post(url(Customer, "add"), typed).status_code == 302
    customer = Customer.objects.get(number="new-1")
    typed = page_form(carla.get(url(ChargeCard, "add"))) | {"uid": "newuid", "customer": customer.pk}
    assert carla.post(url(ChargeCard, "add"), typed).status_code == 302
    assert ChargeCard.objects.get(uid="newuid").customer == customer


def test_a_sub_provider_changes_its_charge_points_and_groups(marked, browser):
    carla = browser("sub provider")
    for model in (ChargePoint, ChargeGroup):
        where = url(model, "change", marked.north[model].pk)
        assert carla.post(where, page_form(carla.get(where)) | {"name": "renamed"}).status_code == 302
        assert model.objects.get(pk=marked.north[model].pk).name == "renamed"


def test_a_sub_provider_changes_terms_to_a_tariff_that_is_offered_to_it(marked, browser):
    carla, group = browser("sub provider"), marked.north[ChargeGroup]
    where, typed = url(ChargeGroup, "terms", group.pk), {"tariff": "zqgreen-shared", "own_user_group": "on"}
    shown = carla.post(where, typed | {"step": "preview"}, follow=True)
    assert press(carla, shown, step="confirm", named=group.code, notify="none").status_code == 302
    assert group.terms.filter(tariff=Tariff.objects.get(code="zqgreen-shared")).exists()


def test_a_helpdesk_answers_whether_a_card_may_charge(marked, browser):
    asked = {"card": marked.north[ChargeCard].uid, "charge_point": marked.north[ChargePoint].identity}
    shown = browser("helpdesk").get("/may-this-card-charge/", asked)
    assert shown.context["answer"]["verdict"] == "ALLOWED"


def test_a_helpdesk_blocks_and_unblocks_cards(marked, browser):
    hugo, card = browser("helpdesk"), marked.north[ChargeCard]
    for verb, status in (("block", ChargeCard.Status.DEACTIVATED), ("unblock", ChargeCard.Status.ACTIVE)):
        hugo.post(url(ChargeCard, "action", card.pk, verb), {"confirmed": "yes", "reason": "it was lost"})
        assert ChargeCard.objects.get(pk=card.pk).status == status


def test_a_helpdesk_approves_customers_and_edits_none(marked, browser):
    hugo = browser("helpdesk")
    waiting = make.CustomerFactory(user_group=marked.north.user_group, number="waiting", status="pending")
    hugo.post(url(Customer, "action", waiting.pk, "approve"), {"confirmed": "yes"})
    assert Customer.objects.get(pk=waiting.pk).status == Customer.Status.ACTIVE
    for verb in ("block", "deactivate", "move"):
        assert hugo.post(url(Customer, "action", waiting.pk, verb)).status_code in (403, 404)
    assert hugo.post(url(Customer, "change", waiting.pk), {"name": "renamed"}).status_code == 403
    assert Customer.objects.get(pk=waiting.pk).name != "renamed"


def test_a_helpdesk_sees_the_prices_of_its_own_charge_groups_alone(marked, browser):
    hugo = browser("helpdesk")
    assert b"5.5513" in hugo.get(url(ChargeGroup, "access", marked.north[ChargeGroup].pk)).content
    assert hugo.get(url(ChargeGroup, "access", marked.south[ChargeGroup].pk)).status_code == 404
    assert hugo.get(url(Tariff)).status_code == 403


def test_who_only_reads_is_offered_no_button_that_writes(marked):
    login = marked.logins["read only"]
    for model in (model for model in marked.north.rows if isinstance(model, type)):
        for action in ("add", "change", "delete", "approve", "block", "erase", "disclose"):
            assert not login.has_perm(f"{model._meta.app_label}.{action}_{model._meta.model_name}")


def test_an_operator_sees_customers_once_given_a_role_and_no_sooner(marked, browser):
    operator = marked.logins["operator"]
    assert not Customer.objects.visible_to(operator).exists()
    assert set(Provider.objects.visible_to(operator)) >= {marked.north.provider, marked.fjord.provider}
    Membership.objects.create(
        staff_member=operator, role=Role.HELPDESK, provider=marked.north.provider, user_group=marked.north.user_group
    )
    given = signed_in(marked, "operator")
    assert given.get(url(Customer, "change", marked.north[Customer].pk)).status_code == 200
    assert given.get(url(Customer, "change", marked.south[Customer].pk)).status_code in (302, 404)


def test_roles_add_up_and_each_ends_where_it_is_held(marked):
    login = marked.logins["several roles"]
    assert marked.north[Customer] in Customer.objects.visible_to(login, "change")
    assert marked.south[Customer] in Customer.objects.visible_to(login)
    assert marked.south[Customer] not in Customer.objects.visible_to(login, "change")
    assert marked.south[CustomerException] not in CustomerException.objects.visible_to(login, "delete")


# A new login that begins with the roles of another


ADD, STRONG = "/customers/staffmember/add/", "a meadow full of quiet transformers"


def test_a_new_login_begins_with_the_roles_of_another(marked, browser):
    admin, like = browser("provider admin"), marked.logins["helpdesk"]
    Membership.objects.create(staff_member=like, provider=marked.north.provider, role=Role.READ_ONLY)
    page = f"{ADD}?like={like.pk}"
    typed = {"name": "Dirk", "email": "dirk@example.org", "password": STRONG, "password_again": STRONG}
    admin.post(page, page_form(admin.get(page)) | typed)
    dirk = StaffMember.objects.get(email="dirk@example.org")
    assert set(dirk.memberships.values_list("role", "user_group")) == {
        (Role.HELPDESK, marked.north.user_group.pk),
        (Role.READ_ONLY, None),
    }


@pytest.mark.parametrize("like", ["other", "nobody", "x", "9" * 30])
def test_roles_at_another_provider_are_not_copied(marked, browser, like):
    pk = {"other": marked.logins["outsider"].pk, "nobody": 888_888_888}.get(like, like)
    response = browser("provider admin").get(f"{ADD}?like={pk}")
    filled = page_form(response)
    assert response.status_code == 200
    assert not [value for name, value in filled.items() if name.startswith("memberships-0") and value]
