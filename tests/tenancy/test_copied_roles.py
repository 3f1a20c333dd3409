"""A new login that begins with the roles of another: which roles are copied, and whose?"""

import pytest

from customers.models import Membership, StaffMember
from customers.permissions import Role
from tests.portal.forms import page_form

pytestmark = pytest.mark.django_db
ADD, STRONG = "/customers/staffmember/add/", "a meadow full of quiet transformers"


def test_a_new_login_begins_with_the_roles_of_another(marked, browser):
    admin, like = browser("provider admin"), marked.logins["helpdesk"]
    Membership.objects.create(staff_member=like, provider=marked.north.provider, role=Role.READ_ONLY)
    page = f"{ADD}?like={like.pk}"
    typed = {"name": "Dirk", "email": "dirk@example.org", "password": STRONG, "again": STRONG}
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
