"""Exports of more rows than a page sends: a job makes the file, which its login can fetch for a week."""

from __future__ import annotations

import os
from typing import Any

from django.contrib.admin import site
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone

from customers import job_files, jobs
from customers.jobs import Impossible, Outcome, Progress, new_job
from customers.models import Job, StaffMember
from evcnet import replica
from evcnet.admin.requests import StaffRequest
from evcnet.importexport.csv_stream import left_out_words, refuse_too_many, write_export
from evcnet.importexport.formats import FORMATS
from evcnet.importexport.registry import resource_named
from evcnet.importexport.resource import BulkResource
from evcnet.importexport.scope import FileScope

MOST_ROWS = 100_000
"""So many rows a page sends at once."""


class ListRequest(StaffRequest):
    """The request of a list as its login would send it now, though no web server is at hand."""

    def __init__(self, login: StaffMember, query: str) -> None:
        super().__init__()
        self.method, self.user, self.GET = "GET", login, QueryDict(query)


def start_export(login: StaffMember, resource: BulkResource, file_format: str, page: str, query: str) -> Job:
    """A job that makes the file of what a list shows: ``page`` is its model, ``query`` its search and filters."""
    options = {
        "kind": resource.kind,
        "provider": resource.provider.code if resource.provider else "",
        "format": int(file_format),
        "page": page,
        "after": replica.current_position(),
    }
    title = f"{resource.get_display_name()} as {FORMATS[int(file_format)]().get_title()}"
    job = new_job(login, resource.provider, Job.Kind.EXPORT, title, options)
    job.query = query
    return jobs.start(job)


def may_fetch(job: Job) -> bool:
    """May its login still export such rows?"""
    model = resource_named(job.options["kind"])._meta.model
    return jobs.is_reach_unchanged(job) and FileScope(job.login).may(model, "view")


@jobs.runs(Job.Kind.EXPORT)
def run_export(job: Job, progress: Progress) -> Outcome:
    """The file, the record of it and that the job is done come together."""
    resource, selected = _rows_of(job)
    file_format = FORMATS[job.options["format"]]()
    job_files.make_folder(job)
    target = job_files.file_of(job, job_files.EXPORT)

    def write() -> None:
        total = resource.rows_to_export(selected).count()
        refuse_too_many(file_format, total)
        with open(target, "wb", opener=_private) as file:
            write_export(resource, selected, file_format, file, lambda rows: progress(min(rows, total), total))

    try:
        replica.read(write, job.options.get("after", ""), replica.ALSO_WITHIN)
    except ValueError as unfit:
        raise Impossible(str(unfit)) from unfit
    resource.record_export(f"{resource.get_display_name()}, by a job")
    name = f"{resource.kind}-{timezone.localdate().isoformat()}.{file_format.get_extension()}"
    rows = sum(resource.exported.values())
    return Outcome({"rows": rows, "name": name, "left_out": left_out_words(resource), "bytes": target.stat().st_size})


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _rows_of(job: Job) -> tuple[BulkResource, QuerySet[Any]]:
    """Those of the list as its login sees it now. Raises Impossible."""
    if not may_fetch(job):
        raise Impossible("The roles of the login that started this have changed since, so nothing was exported.")
    scope = FileScope(job.login)
    provider = scope.providers.get(job.options["provider"])
    if job.options["provider"] and provider is None:
        raise Impossible("The provider is no longer one of yours, so nothing was exported.")
    page: Any = next(each for model, each in site._registry.items() if model._meta.label_lower == job.options["page"])
    try:
        selected = page.get_export_queryset(ListRequest(job.login, job.query))
    except IncorrectLookupParameters as wrong:
        raise Impossible("The filters of the list make no sense any more: export it again.") from wrong
    return resource_named(job.options["kind"])(scope, provider), selected
