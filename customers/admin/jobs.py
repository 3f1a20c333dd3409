"""Admin of jobs: the list of all within reach, and the page of one: how far it is, what came of it, and what to do next."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from customers import job_files, jobs
from customers.admin.recount_page import RecountPage
from customers.models import Job
from evcnet.accounts.reauthentication import asks_password_again
from evcnet.admin.base import ModelAdmin
from evcnet.admin.filters import MomentsFilter
from evcnet.admin.requests import StaffRequest
from evcnet.admin.scoped import ReadOnly
from evcnet.badges import badge
from evcnet.importexport.export_jobs import may_fetch
from evcnet.importexport.jobs import confirm, is_name_right, others_with_file, preview_again, questions_of
from evcnet.importexport.registry import EXPORTS
from evcnet.text import counted

NOT_YOURS = "Only the login that started a job does that."
MINUTE = 60
UNITS: dict[str, str] = {Job.Kind.MAILING: "letter", Job.Kind.REPLAY: "session", Job.Kind.RECOUNT: "step"}
"""What the progress of a job counts, where it is no row."""
WITH_RESULT = (Job.Kind.PREVIEW, Job.Kind.REPLAY, Job.Kind.RECOUNT)
"""Kinds that write for the page what came of them."""
WITH_FILE = (Job.Kind.EXPORT, Job.Kind.REPLAY, Job.Kind.RECOUNT)
"""Kinds that make a file."""


@admin.register(Job)
class JobAdmin(RecountPage, ReadOnly, ModelAdmin[Job]):
    list_display = ["title", "kind", "display_state", "display_rows", "login", "created_at", "ended_at"]
    list_filter = [
        ("state", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        "login",
        ("created_at", MomentsFilter),
    ]
    ordering = ["-pk"]
    open_relations = ("login",)
    actions = None
    empty_words = (
        "Files of more than 5,000 rows are imported by jobs, and exports of more than 100,000 rows are made by them. "
        "Mailings of 100 letters or more are shown by them, and past sessions are priced again by them. "
        "They stand here with how far they are, and can be left and found again."
    )

    list_before_template = "customers/jobs_above.html"

    @admin.display(description="state", ordering="state")
    def display_state(self, job: Job) -> SafeString:
        return state_badge(job)

    @admin.display(description="rows")
    def display_rows(self, job: Job) -> str:
        if job.is_over:
            rows, invalid = job.result.get("rows"), job.result.get("invalid")
            return "–" if rows is None else f"{rows:,} ({invalid:,} with errors)" if invalid else f"{rows:,}"
        return f"{job.percent} %" if job.percent is not None else f"{job.rows_done:,}"

    # The page of one

    def object_views(self) -> dict[str, Any]:
        return {
            "state": JobAdmin.state_view,
            "cancel": JobAdmin.cancel_view,
            "confirm": JobAdmin.confirm_view,
            "retry": JobAdmin.retry_view,
            "again": JobAdmin.again_view,
            "errors": JobAdmin.errors_view,
            "file": JobAdmin.file_view,
        }

    def change_view(
        self, request: StaffRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        job = self.get_object_or_404(request, object_id)
        if job.is_over and job.login_id == request.user.pk and job.opened_at is None:
            Job.objects.filter(pk=job.pk).update(opened_at=timezone.now())
        return self._page_of(request, job)

    def _page_of(self, request: StaffRequest, job: Job, **typed: Any) -> HttpResponse:
        """``typed``: the choices of a confirmation that wrote nothing."""
        is_own = _is_own(request, job)
        questions = questions_of(job) if is_own and job.kind == Job.Kind.PREVIEW else {}
        context = self.page_context(request, job, job.title) | state_context(request, job) | {
            "is_own": is_own,
            "may_cancel": not job.is_over and self._may_cancel(request, job),
            "import_of": Job.objects.filter(preview=job).first(),
            "others": list(others_with_file(job)) if is_own and not job.is_over else [],
            "preview_html": _stored(job, job_files.PREVIEW) if is_own and _has_result(job) else "",
            "changes_html": _stored(job, job_files.CHANGES) if is_own and job.kind == Job.Kind.PREVIEW else "",
            "import_url": _import_page(job),
            "has_file": job.kind in (Job.Kind.PREVIEW, Job.Kind.IMPORT),
            "has_file_to_fetch": job.kind in WITH_FILE,
            "has_export": job_files.file_of(job, job_files.EXPORT).exists(),
            "removal_at": job.ended_at + job_files.RETENTION if job.ended_at else None,
        }  # fmt: skip
        return TemplateResponse(request, "customers/job.html", context | questions | typed)

    def state_view(self, request: StaffRequest, job: Job) -> HttpResponse:
        """How far it is, to be put in the place of what the page says of it."""
        return render(request, "customers/job_state.html", state_context(request, job))

    def cancel_view(self, request: StaffRequest, job: Job) -> HttpResponse:
        if request.method == "POST" and not self._may_cancel(request, job):
            messages.error(request, NOT_YOURS)
        elif request.method == "POST":
            jobs.cancel(job)
        return HttpResponseRedirect(self.page(job.pk))

    @asks_password_again
    def confirm_view(self, request: StaffRequest, job: Job) -> HttpResponse:
        """Starts the import of what the preview shows, once however often it is asked for."""
        if not self._acts(request, job):
            return HttpResponseRedirect(self.page(job.pk))
        if job.kind != Job.Kind.PREVIEW or job.state != Job.State.DONE or job.result.get("invalid"):
            messages.error(request, "There is nothing to confirm here.")
            return HttpResponseRedirect(self.page(job.pk))
        notify, named = request.POST.get("notify", ""), request.POST.get("named", "")
        is_right = is_name_right(questions_of(job), named)
        if "again" in request.POST or not is_right:
            wrongly = "again" not in request.POST and not is_right
            return self._page_of(request, job, named_wrongly=wrongly, **({"notify": notify} if notify else {}))
        job = confirm(job, notify=notify, named=named)
        return HttpResponseRedirect(self.page(job.pk))

    def retry_view(self, request: StaffRequest, job: Job) -> HttpResponse:
        if self._acts(request, job) and not jobs.retry(job):
            messages.warning(request, "It is under way already, or done.")
        return HttpResponseRedirect(self.page(job.pk))

    def again_view(self, request: StaffRequest, job: Job) -> HttpResponse:
        """A new preview of the same file."""
        if not self._acts(request, job):
            return HttpResponseRedirect(self.page(job.pk))
        try:
            return HttpResponseRedirect(self.page(preview_again(job).pk))
        except FileNotFoundError:
            messages.warning(request, "The file is no longer here: upload it again.")
            return HttpResponseRedirect(self.page(job.pk))

    def errors_view(self, request: StaffRequest, job: Job) -> HttpResponseBase:
        return self._download(request, job, job_files.ERRORS, "errors.csv")

    def file_view(self, request: StaffRequest, job: Job) -> HttpResponseBase:
        """What was exported, or what differs by a replay or a recount."""
        is_export = job.kind == Job.Kind.EXPORT
        if job.kind not in WITH_FILE or job.state != Job.State.DONE or (is_export and not may_fetch(job)):
            messages.warning(request, "The file is no longer here.")
            return HttpResponseRedirect(self.page(job.pk))
        return self._download(request, job, job_files.EXPORT, job.result["name"])

    def _download(self, request: StaffRequest, job: Job, name: str, called: str) -> HttpResponseBase:
        file = job_files.file_of(job, name)
        if not _is_own(request, job):
            messages.error(request, NOT_YOURS)
        elif not file.exists():
            messages.warning(request, "The file is no longer here.")
        else:
            return FileResponse(file.open("rb"), as_attachment=True, filename=called)
        return HttpResponseRedirect(self.page(job.pk))

    def _acts(self, request: StaffRequest, job: Job) -> bool:
        if request.method == "POST" and not _is_own(request, job):
            messages.error(request, NOT_YOURS)
        return request.method == "POST" and _is_own(request, job)

    def _may_cancel(self, request: StaffRequest, job: Job) -> bool:
        return job.login_id == request.user.pk or request.user.has_perm("customers.change_job", job)


def state_badge(job: Job) -> SafeString:
    return badge("failed", "Failed") if job.state == Job.State.FAILED else badge(job.state)


def state_context(request: StaffRequest, job: Job) -> dict[str, Any]:
    """What the page says of how far a job is."""
    now = timezone.now()
    percent = job.percent
    return {
        "job": job,
        "badge_of_state": state_badge(job),
        "percent": percent,
        "rows": UNITS.get(job.kind, "row"),
        "time_left": in_words(job.time_left(now)),
        "spent": in_words((job.ended_at or now) - job.started_at) if job.started_at else "",
        "is_quiet": job.is_quiet(now),
        "said": f"{job.get_state_display()}, {percent // 10 * 10} %"
        if percent is not None
        else job.get_state_display(),
    }


def in_words(span: timedelta | None) -> str:
    """Rounded to what matters: "less than a minute", "4 minutes", "2 hours"; empty for None."""
    if span is None:
        return ""
    minutes = round(span.total_seconds() / MINUTE)
    if minutes < 1:
        return "less than a minute"
    return counted(minutes, "minute") if minutes < 2 * MINUTE else counted(round(minutes / MINUTE), "hour")


def _import_page(job: Job) -> str:
    """Where a corrected file is uploaded; empty where no list of its own takes such files."""
    kind = EXPORTS.get(job.options.get("kind", ""))
    try:
        return reverse(f"admin:{kind._meta.model._meta.label_lower.replace('.', '_')}_import") if kind else ""
    except NoReverseMatch:
        return ""


def _is_own(request: StaffRequest, job: Job) -> bool:
    """Only its login sees what is in its files and goes on with it, as long as its roles are the same."""
    return job.login_id == request.user.pk and jobs.is_reach_unchanged(job)


def _has_result(job: Job) -> bool:
    """A preview that failed shows as much as it could; the others show what they came to."""
    return job.kind in WITH_RESULT and (job.kind == Job.Kind.PREVIEW or job.state == Job.State.DONE)


def _stored(job: Job, name: str) -> SafeString:
    """What the job wrote for the page by our own templates; empty once it is gone."""
    try:
        return mark_safe(job_files.file_of(job, name).read_text("utf-8"))
    except FileNotFoundError:
        return SafeString("")
