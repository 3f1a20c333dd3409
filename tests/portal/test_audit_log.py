"""What is written down of logins, who reads it, and that nobody changes it."""

import io

import pghistory
import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client

from customers.audit import record
from customers.models import ApiKey, AuditEntry, Membership, StaffMember
from customers.permissions import Role
from tests import factories as make
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(world):
    """GreenGrid and BlueVolt, once their own making lies behind: the record tells what came after."""
    world.begun = AuditEntry.objects.order_by("-pk").values_list("pk", flat=True).first()
    return world


def since(world, *fields: str):
    return list(AuditEntry.objects.filter(pk__gt=world.begun).order_by("pk").values_list(*fields or ("event",)))


def sign_in(login: str, password: str = PASSWORD, client: Client | None = None):
    return (client or Client()).post("/login/", {"login": login, "password": password}, REMOTE_ADDR="198.51.100.7")


# What is written


def test_a_sign_in_is_recorded_with_who_whence_and_how(world):
    sign_in("ben@greengrid.example")
    assert since(world, "event", "login", "provider", "who", "about", "address") == [
        ("signed_in", world.ben.pk, world.greengrid.pk, "Ben <ben@greengrid.example>", "password", "198.51.100.7")
    ]


def test_a_login_of_two_providers_is_recorded_for_both(world):
    Membership.objects.create(staff_member=world.ben, provider=world.bluevolt, role=Role.READ_ONLY)
    sign_in("ben@greengrid.example")
    entries = AuditEntry.objects.filter(event="signed_in", login=world.ben)
    assert set(entries.values_list("provider", flat=True)) == {world.greengrid.pk, world.bluevolt.pk}


def test_signing_out_is_recorded(world, client):
    sign_in("ben@greengrid.example", client=client)
    client.post("/logout/")
    assert since(world) == [("signed_in",), ("signed_out",)]


def test_refused_sign_ins_and_the_lock_are_recorded(world):
    for _ in range(10):
        sign_in("ben@greengrid.example", "x" * 12)
    assert sorted(since(world, "event", "login")) == [
        ("locked_out", world.ben.pk),
        *[("sign_in_refused", world.ben.pk)] * 10,
    ]


def test_an_unknown_address_is_recorded_for_no_provider_and_without_what_was_typed(world):
    sign_in("my password typed into the wrong field@example.org", "x" * 12)
    sign_in("who@example.org", "x" * 12)
    assert since(world, "event", "provider", "who", "about")[-1] == (
        "sign_in_refused",
        None,
        "",
        "no login has this address",
    )
    assert not AuditEntry.objects.filter(details__icontains="who@").exists()


def test_a_page_that_refuses_is_recorded_by_its_name(world, signed_in):
    assert signed_in(world.ben).get("/customers/staffmember/").status_code == 403
    assert since(world, "event", "about")[-1] == ("page_refused", "admin:customers_staffmember_changelist")


def test_roles_are_recorded_whatever_writes_them_with_who_did_it(world):
    with pghistory.context(user=world.anna.pk, url="/"):
        given = Membership.objects.create(staff_member=world.ben, provider=world.greengrid, role=Role.PROVIDER_ADMIN)
        Membership.objects.filter(pk=given.pk).update(role=Role.READ_ONLY)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM customers_membership WHERE id = %s", [given.pk])
    ben = "Ben <ben@greengrid.example>"
    assert since(world, "event", "login", "about") == [
        ("role_given", world.anna.pk, f"{ben}: provider admin at GreenGrid"),
        ("role_changed", world.anna.pk, f"{ben}: provider admin at GreenGrid -> {ben}: read only at GreenGrid"),
        ("role_taken", world.anna.pk, f"{ben}: read only at GreenGrid"),
    ]


def test_roles_given_to_many_at_once_are_recorded_one_by_one(world):
    Membership.objects.bulk_create(
        Membership(staff_member=login, provider=world.greengrid, user_group=world.south, role=Role.HELPDESK)
        for login in (world.hugo, world.rita)
    )
    assert since(world, "event", "login", "who") == [("role_given", None, "")] * 2


def test_a_login_switched_off_and_on_is_recorded(world):
    StaffMember.objects.filter(pk=world.ben.pk).update(is_active=False)
    StaffMember.objects.filter(pk=world.ben.pk).update(is_active=True)
    StaffMember.objects.filter(pk=world.ben.pk).update(name="Benjamin")
    assert since(world, "event", "provider") == [
        ("login_switched_off", world.greengrid.pk),
        ("login_switched_on", world.greengrid.pk),
    ]


def test_api_keys_are_recorded_without_their_secret(world):
    key, secret = ApiKey.make(provider=world.greengrid, name="Backend")
    ApiKey.objects.filter(pk=key.pk).update(active=False)
    ApiKey.objects.filter(pk=key.pk).update(active=True)
    key.delete()
    begins = f"Backend ({secret[:8]}…)"
    assert since(world, "event", "about") == [
        ("key_made", begins),
        ("key_switched_off", begins),
        ("key_switched_on", begins),
        ("key_removed", begins),
    ]


def test_an_export_is_recorded_with_what_was_taken_and_how_many_rows(world, signed_in):
    signed_in(world.ben).post("/customers/customer/export/", {"format": "0", "resource": "", "provider": ""})
    assert since(world, "event", "login", "provider", "about", "rows") == [
        ("signed_in", world.ben.pk, world.greengrid.pk, "", None),
        ("exported", world.ben.pk, world.greengrid.pk, "Customers", 2),
    ]


def test_an_export_from_several_providers_tells_each_of_its_own_rows(world, signed_in):
    Membership.objects.create(staff_member=world.ben, provider=world.bluevolt, role=Role.READ_ONLY)
    signed_in(world.ben).post("/customers/customer/export/", {"format": "0", "resource": "", "provider": ""})
    taken = AuditEntry.objects.filter(event="exported").values_list("provider", "rows")
    assert sorted(taken) == sorted([(world.greengrid.pk, 2), (world.bluevolt.pk, 1)])


def test_a_list_of_affected_customers_is_recorded_too(world, signed_in):
    browser, page = signed_in(world.ben), f"/chargegroups/chargegroup/{world.leusden.pk}/terms/"
    typed = {"tariff": "CHEAP", "when": "now", "own_user_group": "on", "step": "csv"}
    answer = browser.post(page, typed)
    assert b"".join(answer).decode().splitlines()[1:] != []
    assert since(world, "event", "login", "provider", "about", "rows")[-1] == (
        "exported",
        world.ben.pk,
        world.greengrid.pk,
        "Affected customers",
        1,
    )


def test_exports_by_command_are_recorded_for_the_provider_by_nobody_known(world):
    nowhere = {"stdout": io.StringIO(), "stderr": io.StringIO(), "provider": "GRG"}
    call_command("export_csv", "customers", **nowhere)
    call_command("export_ocpi", "tariffs", **nowhere)
    assert since(world, "event", "login", "provider", "about", "rows") == [
        ("exported", None, world.greengrid.pk, "Customers, by manage.py", 2),
        ("exported", None, world.greengrid.pk, "OCPI tariffs, by manage.py", 2),
    ]


def test_what_is_undone_is_not_recorded(world):
    with pytest.raises(RuntimeError), transaction.atomic():
        record("exported", world.ben, world.greengrid, about="customers", rows=2)
        raise RuntimeError
    assert since(world) == []


# Who reads it


def test_a_provider_admin_reads_the_record_of_the_own_provider(world, signed_in):
    record("exported", world.ben, world.greengrid, about="customers", rows=3120, address="198.51.100.7")
    record("exported", world.otto, world.bluevolt, about="cards of the harbour", rows=17)
    text = signed_in(world.anna).get("/customers/auditentry/").content.decode()
    assert "Ben &lt;ben@greengrid.example&gt;" in text and "3120" in text.replace(",", "")
    assert "otto@" not in text and "cards of the harbour" not in text


@pytest.mark.parametrize("login", ["ben", "carla", "hugo", "rita", "otto"])
def test_nobody_else_reads_it(world, signed_in, login):
    browser = signed_in(getattr(world, login))
    assert browser.get("/customers/auditentry/").status_code == 403
    assert "/customers/auditentry/" not in browser.get("/").content.decode()


def test_the_admin_finds_it_in_the_menu(world, signed_in):
    assert "/customers/auditentry/" in signed_in(world.anna).get("/").content.decode()


# Nobody edits it


@pytest.mark.parametrize("change", [lambda rows: rows.update(who="nobody"), lambda rows: rows.delete()])
def test_the_database_refuses_every_change(world, change):
    record("exported", world.ben, world.greengrid, about="customers", rows=2)
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        change(AuditEntry.objects.filter(event="exported"))
    assert AuditEntry.objects.get(event="exported").who == "Ben <ben@greengrid.example>"


def test_the_pages_offer_no_change(world, signed_in):
    record("exported", world.ben, world.greengrid, about="customers", rows=2)
    entry, browser = AuditEntry.objects.get(event="exported"), signed_in(world.anna)
    for path in ("add/", f"{entry.pk}/delete/"):
        assert browser.post(f"/customers/auditentry/{path}", {"post": "yes", "about": "x"}).status_code == 403
    assert browser.post(f"/customers/auditentry/{entry.pk}/change/", {"about": "x"}).status_code == 403
    assert AuditEntry.objects.get(event="exported").about == "customers"


def test_the_record_outlives_the_login(world):
    login = make.StaffMemberFactory(email="short@example.org", name="Short", role=Role.HELPDESK, at=world.greengrid)
    record("exported", login, about="customers", rows=2)
    login.delete()
    assert AuditEntry.objects.get(event="exported").who == "Short <short@example.org>"
    assert AuditEntry.objects.filter(event="role_taken").exists()
