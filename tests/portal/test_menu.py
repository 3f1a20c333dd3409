"""The menu of each role: in the words of the field, grouped as people work, and every entry opens."""

import re

import pytest

from customers.models import StaffMember
from evcnet.site.menu import menu_of

pytestmark = pytest.mark.django_db
HELPDESK = [
    ["Home", "Check a card", "Findings", "Alerts"],
    ["Charge groups", "Changes"],
    ["Charge points", "Locations", "Sessions", "Decisions"],
    ["Customers", "Cards", "User groups", "Notices"],
    ["Providers", "Jobs"],
]
SUB_PROVIDER = [
    HELPDESK[0],
    ["Charge groups", "Tariffs", "Changes", "Drafts"],
    HELPDESK[2],
    HELPDESK[3],
    ["Providers", "Logins", "Jobs"],
]
STAFF = [
    HELPDESK[0],
    SUB_PROVIDER[1],
    ["Charge points", "Locations", "Sessions", "Decisions", "Unknown devices"],
    HELPDESK[3],
    ["Providers", "Letters", "Partners", "Tokens of partners", "Messages of partners", "Jobs"],
]
ADMIN = [
    *STAFF[:4],
    [
        "Providers", "Letters", "Logins", "API keys",
        "Partners", "Tokens of partners", "Messages of partners", "Activity", "Jobs",
    ],
]  # fmt: skip
MENUS = {"anna": ADMIN, "ben": STAFF, "rita": STAFF, "carla": SUB_PROVIDER, "hugo": HELPDESK}


@pytest.mark.parametrize("name", MENUS)
def test_a_role_has_the_entries_that_it_may_open(name, world, signed_in):
    login = getattr(world, name)
    assert [[label for label, _ in entries] for _, entries in menu_of(login)] == MENUS[name]
    page = signed_in(login).get("/").content.decode()
    links = re.findall(r'href="([^"]+)"', page[page.index('id="nav-sidebar-apps"') : page.index('id="main"')])
    assert len(links) >= sum(map(len, MENUS[name]))
    assert {link: code for link in links if (code := signed_in(login).get(link).status_code) != 200} == {}


def test_an_operator_has_providers_and_jobs_alone(world):
    operator = StaffMember.objects.create_superuser("op@platform.example", "x")
    assert [[label for label, _ in entries] for _, entries in menu_of(operator)] == [["Home"], ["Providers", "Jobs"]]


def test_no_entry_and_no_head_asks_a_question(world):
    words = [word for head, entries in menu_of(world.anna) for word in (head, *(label for label, _ in entries))]
    assert [word for word in words if "?" in word] == []


def test_the_head_of_a_page_begins_with_its_list(world, signed_in):
    page = signed_in(world.anna).get(f"/customers/customer/{world.jansen.pk}/change/").content.decode()
    head = re.sub(r"<[^>]*>", " ", page[page.index("<h1") : page.index("</h1>")])
    assert " ".join(head.split()).startswith("Customers chevron_right Jansen, T. (1001)")
