"""The import page of a file that changes terms: it shows the changes before they are confirmed."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.urls import reverse

from changes.models import Change, Draft
from chargegroups.models import CustomerException
from chargepoints.models import ChargePoint
from customers.models import Customer, Notice, Provider
from tests import factories as make
from tests.importexport.files import csv_of
from tests.portal.sent import press as step
from tests.portal.sent import sent

pytestmark = pytest.mark.django_db
EXCEPTIONS = "charge_group,customer,access,tariff"
UPLOAD = reverse("admin:chargegroups_chargegroup_import")
CONFIRM = reverse("admin:chargegroups_chargegroup_process_import")


@pytest.fixture(autouse=True)
def folder(tmp_path):
    """Uploads of a test go with it."""
    with override_settings(MEDIA_ROOT=tmp_path):
        yield


@pytest.fixture
def crowd(world):
    """So many more customers of North that one of them is no big part."""
    Customer.objects.bulk_create(
        Customer(provider=world.greengrid, user_group=world.north, number=f"C{n}", name=f"Customer {n}")
        for n in range(30)
    )


def upload(client, *lines):
    file = SimpleUploadedFile("march.csv", csv_of(EXCEPTIONS, *lines))
    return client.post(UPLOAD, {"import_file": file, "resource": "1", "provider": ""})


def press(client, shown, **typed):
    return client.post(CONFIRM, sent(shown, CONFIRM) | typed, follow=True)


def test_the_preview_counts_whom_a_file_affects_and_writes_nothing(world, crowd, signed_in):
    shown = upload(signed_in(world.anna), "CG-LEUSDEN,C1,denied,", "CG-LEUSDEN,C2,allowed,CHEAP")
    [picture] = shown.context["pictures"]
    assert {bar.effect: bar.count for bar in picture.bars if bar.count} == {"loses_access": 1, "pays_less": 1}
    assert "2 exceptions at CG-LEUSDEN Leusden centre" in shown.content.decode()
    assert not Change.objects.exists() and not CustomerException.objects.exists()


def test_confirming_leaves_one_change_by_its_login_and_tells_whom_it_chose(world, crowd, signed_in):
    anna = signed_in(world.anna)
    done = press(
        anna, upload(anna, "CG-LEUSDEN,C1,denied,", "CG-LEUSDEN,C2,allowed,CHEAP"), notify="all", named="CG-LEUSDEN"
    )
    change = Change.objects.get()
    assert (change.made_by, change.reason, change.notify) == (world.anna, "File march.csv", "all")
    assert change.preview_note == "shown to Anna"
    assert reverse("admin:changes_change_change", args=[change.pk]) in done.content.decode()
    assert set(Notice.objects.values_list("customer__number", flat=True)) == {"C1", "C2"}


def test_regulars_are_told_unless_something_else_is_chosen(world, crowd, signed_in):
    anna = signed_in(world.anna)
    press(anna, upload(anna, "CG-LEUSDEN,C1,denied,"))
    assert Change.objects.get().notify == "regulars"


def test_whom_it_affects_is_counted_again_and_what_differs_is_refused(world, crowd, signed_in):
    anna = signed_in(world.anna)
    shown = upload(anna, "CG-LEUSDEN,C1,denied,", "CG-LEUSDEN,C2,denied,")
    Customer.objects.filter(number="C2").update(status="blocked")
    again = press(anna, shown)
    assert "Something changed since the preview" in again.content.decode()
    assert {bar.effect: bar.count for bar in again.context["pictures"][0].bars if bar.count} == {"loses_access": 1}
    assert not Change.objects.exists() and not CustomerException.objects.exists()
    press(anna, again)
    assert CustomerException.objects.count() == 2


def test_a_second_click_makes_no_second_change(world, crowd, signed_in):
    anna = signed_in(world.anna)
    shown = upload(anna, "CG-LEUSDEN,C1,denied,")
    press(anna, shown)
    press(anna, shown)
    assert Change.objects.count() == 1


def test_a_file_that_takes_access_from_many_asks_for_the_name(world, signed_in):
    anna = signed_in(world.anna)
    shown = upload(anna, "CG-LEUSDEN,1001,denied,")
    assert "This is a big change" in shown.content.decode()
    again = press(anna, shown)
    assert "That is not the name" in again.content.decode()
    assert not Change.objects.exists() and not CustomerException.objects.exists()
    press(anna, again, named="leusden centre")
    assert Change.objects.count() == 1


def test_a_file_whose_change_needs_a_second_person_is_refused_and_says_why(world, crowd, signed_in):
    Provider.objects.filter(pk=world.greengrid.pk).update(approval_above=1)
    anna = signed_in(world.anna)
    refused = press(anna, upload(anna, "CG-LEUSDEN,C1,denied,", "CG-LEUSDEN,C2,denied,"))
    assert "needs a second person" in refused.content.decode()
    assert not Change.objects.exists() and not CustomerException.objects.exists()
    press(anna, upload(anna, "CG-LEUSDEN,C1,denied,"))
    assert CustomerException.objects.get().customer.number == "C1"


def test_a_file_whose_change_needs_a_second_person_waits_for_one(world, crowd, signed_in):
    Provider.objects.filter(pk=world.greengrid.pk).update(approval_above=1)
    anna, ben = signed_in(world.anna), signed_in(world.ben)
    shown = upload(anna, "CG-LEUSDEN,C1,denied,", "CG-LEUSDEN,C2,denied,")
    assert "It becomes a draft that waits" in shown.content.decode()
    Customer.objects.filter(number="C2").update(status="blocked")
    again = press(anna, shown, wait="1")
    assert "Something changed" in again.content.decode() and not Draft.objects.exists()
    Customer.objects.filter(number="C2").update(status="active")
    press(anna, upload(anna, "CG-LEUSDEN,C1,denied,", "CG-LEUSDEN,C2,denied,"), wait="1")
    draft = Draft.objects.get()
    assert (draft.author, draft.state, draft.note) == (world.anna, "awaiting", "File march.csv")
    assert not Change.objects.exists() and not CustomerException.objects.exists()
    page = reverse("admin:changes_draft_change", args=[draft.pk])
    assert signed_in(world.otto).get(page).status_code == 404
    step(ben, ben.get(page), step="approve")
    step(anna, anna.get(page), step="confirm", named="CG-LEUSDEN")
    change = Change.objects.get()
    assert (change.made_by, change.approved_by) == (world.anna, world.ben)
    assert set(CustomerException.objects.values_list("customer__number", flat=True)) == {"C1", "C2"}


def test_a_file_does_not_wait_where_nobody_else_may_approve(world, crowd, signed_in):
    Provider.objects.filter(pk=world.greengrid.pk).update(approval_above=1)
    type(world.ben).objects.filter(pk=world.ben.pk).update(is_active=False)
    anna = signed_in(world.anna)
    refused = press(anna, upload(anna, "CG-LEUSDEN,C1,denied,", "CG-LEUSDEN,C2,denied,"), wait="1")
    assert "Nobody else may approve this" in refused.content.decode()
    assert not Draft.objects.exists() and not CustomerException.objects.exists()


def test_a_file_that_says_more_than_its_change_says_beforehand_that_it_cannot_wait(world, signed_in):
    """A name that waits with the move would be lost; without it, the same file waits."""
    Provider.objects.filter(pk=world.greengrid.pk).update(approval_above=0)
    anna, point = signed_in(world.anna), world.market
    page, confirm = (reverse(f"admin:chargepoints_chargepoint_{view}") for view in ("import", "process_import"))
    file = SimpleUploadedFile("p.csv", csv_of("identity,name,charge_group", f"{point.identity},New name,"))
    shown = anna.post(page, {"import_file": file, "resource": "", "provider": ""})
    assert "wait for one as it is" in shown.content.decode() and 'name="wait"' not in shown.content.decode()
    anna.post(confirm, sent(shown, confirm) | {"wait": "1"})
    assert not Draft.objects.exists()
    file = SimpleUploadedFile("p.csv", csv_of("identity,charge_group", f"{point.identity},"))
    shown = anna.post(page, {"import_file": file, "resource": "", "provider": ""})
    anna.post(confirm, sent(shown, confirm) | {"wait": "1"})
    assert Draft.objects.get().state == "awaiting"
    point.refresh_from_db()
    assert point.charge_group == world.leusden and not Change.objects.exists()


def test_enter_in_a_field_shows_the_picture_again(world, signed_in):
    anna = signed_in(world.anna)
    shown = press(anna, upload(anna, "CG-LEUSDEN,1001,denied,"), named="Leusden centre", again="1")
    assert shown.context["pictures"]
    assert not Change.objects.exists()


def test_a_file_without_changes_of_terms_shows_none(world, signed_in):
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.jansen, access="denied")
    shown = upload(signed_in(world.anna), "CG-LEUSDEN,1001,denied,")
    assert shown.context["pictures"] == []
    assert "Who is told" not in shown.content.decode()


def test_a_sub_provider_changes_terms_within_its_own_user_group_alone(world, crowd, signed_in):
    carla = signed_in(world.carla)
    press(carla, upload(carla, "CG-LEUSDEN,C1,denied,"))
    assert Change.objects.get().made_by == world.carla
    shown = upload(carla, "CG-LEUSDEN,1002,allowed,")
    assert [problem.column for problem in shown.context["result"].errors] == ["customer"]
    press(carla, shown)
    assert CustomerException.objects.count() == 1


def test_new_points_come_into_their_group_by_a_file_of_the_portal(world, signed_in):
    anna = signed_in(world.anna)
    upload_page, confirm_page = (
        reverse(f"admin:chargepoints_chargepoint_{view}") for view in ("import", "process_import")
    )
    header = "identity,location,charge_group,status"
    file = SimpleUploadedFile("new.csv", csv_of(header, f"NEW1,{world.market.location.code},CG-LEUSDEN,active"))
    shown = anna.post(upload_page, {"import_file": file, "resource": "", "provider": ""})
    assert not Change.objects.exists()
    anna.post(confirm_page, sent(shown, confirm_page), follow=True)
    assert Change.objects.get().proposal["moves"] == [["NEW1", "CG-LEUSDEN"]]
    assert ChargePoint.objects.get(identity="NEW1").charge_group == world.leusden
