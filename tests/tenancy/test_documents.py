"""Pages of docs that are written from the code: permissions and attacks."""

from django.apps import apps
from django.conf import settings

from customers import permissions_table
from customers.permissions import OPERATOR, PERMISSIONS, SPECIAL_ACTIONS, Role, granted
from tests.tenancy import attacks


def test_the_documented_table_is_what_the_code_says():
    written = (settings.BASE_DIR / "docs" / "permissions.md").read_text()
    assert written == permissions_table.document(), "run: manage.py roles_table > docs/permissions.md"


def test_every_role_and_every_model_of_the_table_exists():
    for table in (*PERMISSIONS.values(), OPERATOR):
        assert all(apps.get_model(model) for model in table)
    assert set(PERMISSIONS) == set(Role)


def test_an_action_outside_the_table_is_nobodys():
    for role in Role:
        assert not granted(role, "customers.erase_everything")
        assert not granted(role, "auth.view_user")
    assert not granted("no such role", "customers.view_customer")


def test_read_only_reads_and_nothing_else():
    assert {action for actions in PERMISSIONS[Role.READ_ONLY].values() for action in actions} == {"view"}


def test_the_helpdesk_has_no_price_list_and_writes_three_things():
    helpdesk = PERMISSIONS[Role.HELPDESK]
    assert not [model for model in helpdesk if "tariff" in model]
    written = {(model, action) for model, actions in helpdesk.items() for action in actions - {"view"}}
    special = {("customers.customer", "approve"), ("customers.chargecard", "block")}
    assert written == special | {("socialcharging.driverlink", "add")}
    assert {action for _, action in special} <= set(SPECIAL_ACTIONS)


def test_only_provider_admins_touch_keys_and_the_record_and_beside_them_sub_providers_touch_logins():
    for model in ("customers.apikey", "customers.auditentry"):
        assert [role for role in Role if model in PERMISSIONS[role]] == [Role.PROVIDER_ADMIN]
    for model in ("customers.staffmember", "customers.membership"):
        assert [role for role in Role if model in PERMISSIONS[role]] == [Role.PROVIDER_ADMIN, Role.SUB_PROVIDER]


def test_the_operator_manages_providers_and_sees_no_customer_data():
    assert set(OPERATOR) == {"customers.provider", "customers.job"}
    assert OPERATOR["customers.job"] == {"view", "recount"}  # recounts, which name nobody, and jobs of its own


# The page of attacks in the docs


def test_the_page_of_attacks_lists_every_try():
    written = (settings.BASE_DIR / "docs" / "attacks.md").read_text()
    assert written == attacks.document(), "run: python -m tests.tenancy.attacks > docs/attacks.md"
