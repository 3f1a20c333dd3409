"""Large imports as jobs: previewed, confirmed once, cancelled, tried again, and done once whatever becomes of the worker."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from changes.models import Change, Draft
from chargegroups.models import CustomerException
from customers import job_files, jobs
from customers.jobs import run
from customers.models import AuditEntry, Customer, Job, Provider
from customers.privacy.erase import erase
from evcnet.history import event_model
from evcnet.importexport import export_admin, forms, large_files
from tests import factories as make
from tests.importexport.files import csv_of, workbook_of

HEADER = "user_group,number,name,email"
ROWS = [f"NORTH,{number},Visser {number}," for number in range(2001, 2009)]


@pytest.fixture(autouse=True)
def small(settings, tmp_path, monkeypatch):
    """Five rows are many, and how far a job is stands in its row at once."""
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(large_files, "MOST_ROWS", 5)
    monkeypatch.setattr(jobs, "EVERY", 0)
    return tmp_path


@pytest.fixture
def upload(signed_in):
    """Uploads lines as a login; what the answer leads to is a job."""

    def uploaded(login, *lines, name="customers.csv", data=None):
        file = SimpleUploadedFile(name, data or csv_of(*lines))
        said = {"import_file": file, "resource": "", "provider": ""}
        return signed_in(login).post(reverse("admin:customers_customer_import"), said)

    return uploaded


@pytest.fixture
def preview(upload):
    """The job that previews what was uploaded, done."""

    def previewed(login, *lines, **options):
        upload(login, *lines, **options)
        job = Job.objects.latest("pk")
        run(job.pk)
        job.refresh_from_db()
        return job

    return previewed


def page(job, view="change"):
    return reverse(f"admin:customers_job_{view}", args=[job.pk])


def confirm(browser, job, **said):
    answer = browser.post(page(job, "confirm"), said)
    imported = Job.objects.get(preview=job)
    assert answer.headers["Location"] == page(imported)
    return imported


def done(job):
    run(job.pk)
    job.refresh_from_db()
    return job


def numbers() -> set[str]:
    return set(Customer.objects.filter(number__startswith="200").values_list("number", flat=True))


@pytest.mark.django_db
class TestPages:
    def test_a_large_file_that_needs_a_second_person_waits_for_one(self, world, signed_in):
        Customer.objects.bulk_create(
            Customer(provider=world.greengrid, user_group=world.north, number=f"C{n}", name=f"C {n}") for n in range(8)
        )
        Provider.objects.filter(pk=world.greengrid.pk).update(approval_above=1)
        rows = csv_of("charge_group,customer,access", *(f"CG-LEUSDEN,C{n},denied" for n in range(8)))
        file = {"import_file": SimpleUploadedFile("all.csv", rows), "resource": "1", "provider": ""}
        anna = signed_in(world.anna)
        anna.post(reverse("admin:chargegroups_chargegroup_import"), file)
        job = done(Job.objects.get())
        assert "Ask for approval of" in anna.get(page(job)).content.decode()
        imported = done(confirm(anna, job, notify="none"))
        draft = Draft.objects.get()
        assert (draft.state, draft.author, len(draft.proposal["rows"])) == ("awaiting", world.anna, 8)
        assert "it waits for approval" in anna.get(page(imported)).content.decode()
        assert not Change.objects.exists() and not CustomerException.objects.exists()

    def test_an_upload_of_many_rows_leads_to_a_job_that_shows_what_it_would_change(self, world, upload, signed_in):
        answer = upload(world.anna, HEADER, *ROWS, "NORTH,1001,Jansen and son,")
        job = Job.objects.get()
        assert answer.headers["Location"] == page(job)
        browser = signed_in(world.anna)
        assert "for its turn" in browser.get(page(job)).content.decode()
        run(job.pk)
        text = browser.get(page(job)).content.decode()
        assert "8 new" in text and "“Jansen and son”" in text and "Nothing has been written yet" in text
        assert numbers() == set()

    def test_a_file_of_few_rows_is_previewed_at_once(self, world, upload):
        assert upload(world.anna, HEADER, *ROWS[:3]).status_code == 200
        assert not Job.objects.exists()

    def test_a_workbook_of_many_rows_is_a_job_too(self, world, preview):
        rows = [each.split(",") for each in (HEADER, *ROWS)]
        assert preview(world.anna, data=workbook_of(*rows), name="customers.xlsx").result["new"] == len(ROWS)

    def test_the_confirmation_writes_what_was_shown_and_says_whose_doing_it_is(self, world, preview, signed_in):
        job = done(confirm(signed_in(world.anna), preview(world.anna, HEADER, *ROWS)))
        assert (job.state, job.result["new"]) == ("done", len(ROWS))
        assert len(numbers()) == len(ROWS)
        context = event_model(Customer)._base_manager.get(number="2001").pgh_context.metadata
        assert (context["user"], context["job"], context["file"]) == (world.anna.pk, job.pk, "customers.csv")

    def test_a_double_click_on_confirm_is_one_import(self, world, preview, signed_in):
        browser, shown = signed_in(world.anna), preview(world.anna, HEADER, *ROWS)
        assert confirm(browser, shown) == confirm(browser, shown)
        assert ProcrastinateJob.objects.filter(task_name="run_job", args__job=Job.objects.latest("pk").pk).count() == 1

    def test_what_is_done_is_not_done_again(self, world, preview, signed_in):
        job = done(confirm(signed_in(world.anna), preview(world.anna, HEADER, *ROWS)))
        Customer.objects.filter(number="2001").update(name="Since")
        done(job)
        assert Customer.objects.get(number="2001").name == "Since"

    def test_what_changed_since_the_preview_stops_the_import(self, world, preview, signed_in):
        shown = preview(world.anna, HEADER, *ROWS)
        make.CustomerFactory(user_group=world.north, number="2001", name="Somebody else")
        browser = signed_in(world.anna)
        job = done(confirm(browser, shown))
        assert (job.state, numbers()) == ("failed", {"2001"})
        assert "changed since the preview" in browser.get(page(job)).content.decode()
        browser.post(page(job, "again"))
        again = done(Job.objects.latest("pk"))
        assert (again.kind, again.result["new"], again.result["updated"]) == ("preview", len(ROWS) - 1, 1)

    def test_a_big_change_asks_for_the_name_before_the_import_starts(self, world, signed_in):
        browser, rows = signed_in(world.anna), ["CG-LEUSDEN,1001,denied,"]
        for number in range(1, 7):
            make.CustomerFactory(user_group=world.north, number=f"C{number}")
            rows.append(f"CG-LEUSDEN,C{number},denied,")
        file = SimpleUploadedFile("march.csv", csv_of("charge_group,customer,access,tariff", *rows))
        said = {"import_file": file, "resource": "1", "provider": ""}
        browser.post(reverse("admin:chargegroups_chargegroup_import"), said)
        shown = done(Job.objects.get())
        assert "This is a big change" in browser.get(page(shown)).content.decode(), shown.message
        wrong = browser.post(page(shown, "confirm"), {"notify": "none", "named": "Leusden"})
        assert "That is not the name" in wrong.content.decode() and wrong.context["notify"] == "none"
        again = browser.post(page(shown, "confirm"), {"again": "1", "named": "Leusden centre"})
        assert "This is a big change" in again.content.decode()
        assert Job.objects.count() == 1 and not CustomerException.objects.exists()
        confirmed = done(confirm(browser, shown, notify="none", named="leusden  Centre"))
        assert confirmed.state == "done" and CustomerException.objects.count() == len(rows), confirmed.message

    def test_another_file_than_the_previewed_one_is_not_imported(self, world, preview, signed_in):
        shown = preview(world.anna, HEADER, *ROWS)
        file = job_files.file_of(shown, job_files.UPLOAD)
        file.unlink()
        file.write_bytes(csv_of(HEADER, "NORTH,2999,Nobody,"))
        job = done(confirm(signed_in(world.anna), shown))
        assert (job.state, numbers()) == ("failed", set())
        assert "no longer what was previewed" in job.message

    def test_all_errors_can_be_fetched_and_nothing_can_be_confirmed(self, world, preview, signed_in):
        job = preview(world.anna, HEADER, *ROWS, "NORTH,3001,Bad,jan@")
        browser = signed_in(world.anna)
        text = browser.get(page(job)).content.decode()
        assert "Upload a corrected file" in text and "1 with errors" in text and "is not an e-mail address" in text
        errors = b"".join(browser.get(page(job, "errors")).streaming_content).decode("utf-8-sig").splitlines()
        assert errors[0] == "row,column,message" and errors[1].startswith("10,email,")
        browser.post(page(job, "confirm"))
        assert not Job.objects.filter(kind="import").exists()
        assert "9 (1 with errors)" in browser.get(reverse("admin:customers_job_changelist")).content.decode()

    def test_changed_rows_are_shown_in_the_order_of_the_file(self, world, preview, signed_in):
        make.CustomerFactory(user_group=world.north, number="2000", name="Vos")
        job = preview(world.anna, HEADER, "SOUTH,1001,Jansen,", "NORTH,2000,De Vos,", *ROWS)
        text = signed_in(world.anna).get(page(job)).content.decode()
        assert re.findall(r'class="evc-number">([23])</th>', text) == ["2", "3"]

    def test_where_there_is_nothing_to_show_the_page_shows_no_preview(self, world, preview, signed_in):
        job = preview(world.anna, HEADER, *ROWS)
        browser = signed_in(world.anna)
        done(confirm(browser, job))
        browser.post(page(job, "again"))
        text = browser.get(page(done(Job.objects.latest("pk")))).content.decode()
        assert "there is nothing to import" in text and 'aria-label="Preview"' not in text

    def test_a_file_that_cannot_be_read_further_below_is_said_to_be_so(self, world, preview, monkeypatch):
        monkeypatch.setattr(forms, "HEAD_ROWS", 3)
        job = preview(world.anna, HEADER, *ROWS, 'NORTH,3001,"never closed,')
        assert job.state == "failed" and "close every quotation mark" in job.message

    def test_columns_of_another_program_are_asked_for_before_the_job(self, world, upload, signed_in):
        answer = upload(world.anna, "Groep,Klantnummer,Achternaam", *(row.rsplit(",", 1)[0] for row in ROWS))
        browser, address = signed_in(world.anna), answer.headers["Location"]
        assert "import/columns" in address and not Job.objects.exists()
        form = browser.get(address).context["form"]
        said = {name: value for name, value in form.initial.items() if value} | {"column-0": "user_group"}
        names = [row["field"].html_name for row in form.rows()]
        said |= dict(zip(names, ("user_group", "number", "name"), strict=True))
        browser.post(address, said)
        job = done(Job.objects.get())
        assert (job.state, job.result["new"]) == ("done", len(ROWS)), job.message

    def test_the_same_file_under_way_is_noticed_with_a_link(self, world, upload, signed_in):
        upload(world.ben, HEADER, *ROWS)
        theirs = Job.objects.get()
        upload(world.anna, HEADER, *ROWS)
        text = signed_in(world.anna).get(page(Job.objects.latest("pk"))).content.decode()
        assert "The same file is under way already" in text and page(theirs) in text

    def test_the_bell_and_the_home_page_tell_of_the_end_until_it_is_looked_at(self, world, preview, signed_in):
        browser = signed_in(world.anna)
        job = preview(world.anna, HEADER, *ROWS)
        home = browser.get(reverse("admin:index")).content.decode()
        assert "job of yours has ended" in home.replace("</strong> <span>", " ") and "1 unread" in home
        assert job.title in browser.get(reverse("admin:customers_staffalert_changelist")).content.decode()
        browser.get(page(job))
        assert "job of yours" not in browser.get(reverse("admin:index")).content.decode()


@pytest.mark.django_db
class TestOthers:
    """Whose job it is, and what others may do with it."""

    def test_a_colleague_sees_that_it_runs_and_nothing_that_is_in_it(self, world, preview, signed_in):
        job = preview(world.anna, HEADER, *ROWS)
        browser = signed_in(world.ben)
        text = browser.get(page(job)).content.decode()
        assert "Visser" not in text and f"shown to {world.anna} alone" in text
        assert browser.get(page(job, "errors")).status_code == 302
        browser.post(page(job, "confirm"))
        assert not Job.objects.filter(kind="import").exists()

    def test_another_provider_sees_no_job_at_all(self, world, preview, signed_in):
        job = preview(world.anna, HEADER, *ROWS)
        outsider = make.StaffMemberFactory(role="provider_admin", at=world.bluevolt)
        for view in ("change", "state", "errors"):
            assert signed_in(outsider).get(page(job, view)).status_code in (302, 404)
        assert job.title not in signed_in(outsider).get(reverse("admin:customers_job_changelist")).content.decode()

    def test_roles_that_changed_meanwhile_stop_it(self, world, preview, signed_in):
        job = confirm(signed_in(world.ben), preview(world.ben, HEADER, *ROWS))
        world.ben.memberships.update(role="read_only")
        assert done(job).state == "failed"
        assert numbers() == set()

    def test_an_erasure_takes_the_files_along(self, world, preview, small):
        job = preview(world.anna, HEADER, *ROWS, "NORTH,1001,Jansen again,")
        assert list(small.glob(f"jobs/{job.pk}/*"))
        erase(world.jansen)
        assert not list(small.glob("jobs/*"))


@pytest.mark.django_db
class TestEnds:
    """Cancelled, failed, tried again."""

    def test_one_that_waits_is_cancelled_and_can_be_tried_again(self, world, upload, signed_in):
        upload(world.anna, HEADER, *ROWS)
        job, browser = Job.objects.get(), signed_in(world.anna)
        browser.post(page(job, "cancel"))
        assert done(job).state == "cancelled"
        browser.post(page(job, "retry"))
        assert done(job).state == "done"

    def test_an_error_of_ours_ends_it_with_a_reference_and_a_lost_database_does_not(self, world, preview, monkeypatch):
        shown = preview(world.anna, HEADER, *ROWS)
        failing = iter([OperationalError("gone"), ZeroDivisionError()])
        monkeypatch.setitem(jobs._RUNNERS, "preview", lambda job, progress: (_ for _ in ()).throw(next(failing)))
        Job.objects.update(state="waiting")
        with pytest.raises(OperationalError):
            run(shown.pk)
        assert Job.objects.get().state == "running"
        assert "in the log as" in done(shown).message

    def test_a_job_whose_worker_is_lost_again_and_again_ends(self, world, upload, monkeypatch):
        upload(world.anna, HEADER, *ROWS)
        Job.objects.update(attempts=jobs.MOST_ATTEMPTS, state="running")
        assert done(Job.objects.get()).state == "failed"


def cancelled_elsewhere(job) -> bool:
    """As a web server does it, whose connection is another one than the worker's; False: the worker is to go on."""
    web = connection.copy()
    with web.cursor() as cursor:
        cursor.execute("UPDATE customers_job SET cancel_asked = true WHERE id = %s AND state = 'running'", [job.pk])
    web.close()
    return False


@pytest.mark.django_db(transaction=True)
def test_cancelled_while_it_runs_it_stops_and_nothing_is_written(world, preview, signed_in):
    job = confirm(signed_in(world.anna), preview(world.anna, HEADER, *ROWS))
    run(job.pk, is_ending=lambda: cancelled_elsewhere(job))
    job.refresh_from_db()
    assert (job.state, numbers()) == ("cancelled", set())
    # Another worker takes up what one that is to end has put back.
    jobs.retry(job)
    run(job.pk, is_ending=lambda: True)
    job.refresh_from_db()
    assert (job.state, numbers()) == ("waiting", set())
    assert done(job).state == "done" and len(numbers()) == len(ROWS)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
class TestExports:
    """Exports of many rows: a file of what the list shows, for the login that asked."""

    @pytest.fixture
    def export(self, signed_in, monkeypatch):
        monkeypatch.setattr(export_admin, "MOST_ROWS", 1)

        def exported(login, query="?q=Jansen", **said):
            address = reverse("admin:customers_customer_export") + query
            said = {"format": "0", "resource": "", "provider": ""} | said
            return signed_in(login).post(address, said)

        return exported

    def test_the_file_is_what_the_page_would_have_sent(self, world, export, signed_in, monkeypatch):
        make.CustomerFactory(user_group=world.north, number="=1", name="Jansen, A.")
        address = reverse("admin:customers_customer_export")
        assert "Make the file" in signed_in(world.ben).get(f"{address}?q=Jansen").content.decode()
        answer = export(world.ben)
        job = done(Job.objects.get())
        assert (answer.headers["Location"], job.state, job.result["rows"]) == (page(job), "done", 2), job.message
        browser = signed_in(world.ben)
        assert "Download customers-" in browser.get(page(job)).content.decode()
        file = browser.get(page(job, "file")).getvalue()
        monkeypatch.setattr(export_admin, "MOST_ROWS", 1_000)
        assert file == export(world.ben).getvalue()
        assert AuditEntry.objects.filter(event="exported", login=world.ben, rows=2).count() == 2

    def test_it_is_for_its_login_alone_and_for_a_week(self, world, export, signed_in):
        make.CustomerFactory(user_group=world.north, name="Jansen, A.")
        export(world.ben, format="1")
        job = done(Job.objects.get())
        assert signed_in(world.anna).get(page(job, "file")).status_code == 302
        assert signed_in(world.ben).get(page(job, "file")).getvalue().startswith(b"PK")
        Job.objects.update(ended_at=timezone.now() - job_files.RETENTION)
        jobs.remove_old_jobs(0)
        assert signed_in(world.ben).get(page(job, "file")).status_code == 302
        assert "is gone" in signed_in(world.ben).get(page(job)).content.decode()

    def test_few_rows_are_sent_at_once(self, world, export):
        assert export(world.ben).getvalue().count(b"\r\n") == 2
        assert not Job.objects.exists()
