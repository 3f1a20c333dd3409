"""Jobs of files: the preview of a large upload, and the import that confirms it, of the very same bytes.

What a preview shows is written as pages show it, and lies beside the upload; the job's row holds numbers alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pghistory
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils import timezone

from customers import job_files, jobs
from customers.jobs import Impossible, Outcome, Progress, new_job
from customers.models import Job, Provider, StaffMember
from customers.provider_lookup import ProviderRequired
from evcnet.errors import DomainError
from evcnet.importexport.column_choices import ColumnChoices
from evcnet.importexport.csv_file import Sheet, write_csv
from evcnet.importexport.formats import sheet_at
from evcnet.importexport.free_numbers import numbered
from evcnet.importexport.preview_page import preview_context
from evcnet.importexport.registry import resource_named
from evcnet.importexport.resource import BulkResource
from evcnet.importexport.results import COUNTS, ImportResult
from evcnet.importexport.row_errors import TimeLimitExceeded, UnreadableFile
from evcnet.importexport.scope import FileScope, the_provider
from evcnet.text import is_same_name

TIME_LIMIT = 6 * 3600  # seconds
CHANGED = "Something changed since the preview, so nothing was written: look at the new preview."
OTHER_FILE = "The file is no longer what was previewed, or it is gone: upload it again."


@dataclass(frozen=True)
class Upload:
    """A file as it was uploaded, and what was chosen for it. ``provider`` None: the file says it row by row."""

    file: Path
    name: str
    resource: type[BulkResource]
    provider: Provider | None
    choices: ColumnChoices | None = None


def start_preview(login: StaffMember, upload: Upload) -> Job:
    """A job that previews the file; nothing is written. Raises FileNotFoundError."""
    options = {
        "kind": upload.resource._meta.name,
        "provider": upload.provider.code if upload.provider else "",
        "choices": upload.choices.as_json() if upload.choices else None,
        "file": upload.name,
    }
    title = f"{upload.resource.get_display_name()}: {upload.name}"
    return _start(new_job(login, upload.provider, Job.Kind.PREVIEW, title, options), upload.file)


def preview_again(job: Job) -> Job:
    """A new preview of the file of an import, or of its preview. Raises FileNotFoundError once the file is gone."""
    options = {**job.options, "notify": "", "named": ""}
    again = new_job(job.login, job.provider, Job.Kind.PREVIEW, job.title, options)
    return _start(again, job_files.file_of(job, job_files.UPLOAD))


def confirm(preview: Job, *, notify: str = "", named: str = "") -> Job:
    """The import of what a preview has shown; the one that there is already where it was confirmed before."""
    options = {**preview.options, "notify": notify, "named": named}
    job = new_job(preview.login, preview.provider, Job.Kind.IMPORT, preview.title, options)
    job.preview, job.file_hash = preview, preview.file_hash
    try:
        return jobs.start(job)
    except IntegrityError:
        return Job.objects.get(preview=preview)


def questions_of(preview: Job) -> dict[str, Any]:
    """What is asked before the import, as its page shows it; nothing where nothing is, or the files are gone."""
    try:
        questions: dict[str, Any] = json.loads(job_files.file_of(preview, job_files.QUESTIONS).read_text("utf-8"))
    except FileNotFoundError:
        return {}
    return questions


def is_name_right(questions: dict[str, Any], named: str) -> bool:
    """Is the name typed that a big change asks for?"""
    safeguard = questions.get("safeguard") or {"reasons": []}
    return not safeguard["reasons"] or is_same_name(named, safeguard["names"])


def others_with_file(job: Job) -> Any:
    """Jobs under way that the login of this one sees, of other people or tabs, with the very same file."""
    under_way = Job.objects.visible_to(job.login).exclude(state__in=Job.OVER).exclude(pk__in=[job.pk, job.preview_id])
    others = under_way.filter(file_hash=job.file_hash, options__kind=job.options.get("kind"))
    return others.select_related("login").order_by("pk") if job.file_hash else others.none()


def _start(job: Job, file: Path) -> Job:
    """The job has its file before a worker can know of it."""
    job.file_hash = job_files.hash_of(file)
    with transaction.atomic():
        job.save()
        job_files.take_upload(job, file)
        jobs.queue(job)
    return job


@jobs.runs(Job.Kind.PREVIEW)
def run_preview(job: Job, progress: Progress) -> Outcome:
    """Try everything, keep nothing, and write down what to show."""
    with timezone.override(job.provider.zone if job.provider else None):
        resource, result = _import(job, progress, dry_run=True)
        _write_preview(job, resource, result)
    return Outcome(_counts(resource, result) | {"can_wait": resource.can_wait(result)})


@jobs.runs(Job.Kind.IMPORT)
def run_import(job: Job, progress: Progress) -> Outcome:
    """Write exactly what the preview has shown, or nothing."""
    preview: Any = job.preview
    expected = preview.result.get("fingerprint", "")
    if preview.result.get("can_wait"):
        return _keep_drafts(job, progress, expected)
    resource, result = _import(job, progress, dry_run=False, expected=expected)
    counts = _counts(resource, result)
    if result.written:
        return Outcome(counts | {"changes": [address for _, address in resource.change_links()]})
    if result.fingerprint == expected and not resource.is_confirmed():
        return Outcome(
            counts, "That is not the name that was asked for, so nothing was written: confirm the preview again."
        )
    return Outcome(counts, CHANGED)


def _keep_drafts(job: Job, progress: Progress, expected: str) -> Outcome:
    """What the preview has shown needs a second person, and waits for one; nothing else is written."""
    resource, result = _import(job, progress, dry_run=True)
    counts = _counts(resource, result)
    if result.fingerprint != expected or not resource.can_wait(result):
        return Outcome(counts, CHANGED)
    try:
        return Outcome(counts | {"drafts": [address for _, address in resource.keep_drafts()]})
    except DomainError as refused:
        raise Impossible(f"Nothing was written. {refused}") from refused


def _import(
    job: Job, progress: Progress, *, dry_run: bool, expected: str | None = None
) -> tuple[BulkResource, ImportResult]:
    """Raises Impossible."""
    resource = _resource_of(job)
    try:
        dataset = _rows_of(job, resource)
        with pghistory.context(user=job.login_id, file=job.options["file"], job=job.pk):
            return resource, resource.import_data(
                dataset, dry_run=dry_run, expected=expected, time_limit=TIME_LIMIT, progress=progress
            )
    except UnreadableFile as unreadable:
        raise Impossible(f"The file can't be read, {unreadable.error}") from unreadable
    except TimeLimitExceeded as late:
        hours = TIME_LIMIT // 3600
        raise Impossible(f"This takes longer than {hours} hours, so nothing was written: split the file.") from late


def _resource_of(job: Job) -> BulkResource:
    """In the name of the job's login, as long as its roles are what they were."""
    resource_class, scope = resource_named(job.options["kind"]), FileScope(job.login)
    model = resource_class._meta.model
    if not jobs.is_reach_unchanged(job) or not (scope.may(model, "add") or scope.may(model, "change")):
        raise Impossible("The roles of the login that started this have changed since, so nothing was written.")
    try:
        provider = (
            the_provider(scope.writable(model), job.options["provider"] or None)
            if resource_class.has_provider
            else None
        )
    except ProviderRequired as gone:
        raise Impossible(str(gone)) from gone
    reason, named = f"File {job.options['file']}", job.options.get("named", "")
    return resource_class(scope, provider, reason=reason, notify=job.options.get("notify", ""), named=named)


def _rows_of(job: Job, resource: BulkResource) -> Sheet:
    """Raises UnreadableFile, and Impossible where the file is not the one that was uploaded."""
    file = job_files.file_of(job, job_files.UPLOAD)
    try:
        same = job_files.hash_of(file) == job.file_hash
    except FileNotFoundError as gone:
        raise Impossible(OTHER_FILE) from gone
    if not same:
        raise Impossible(OTHER_FILE)
    choices = ColumnChoices.from_json(job.options["choices"]) if job.options["choices"] else None
    sheet = sheet_at(file, header=choices is None or choices.header)
    if choices is None:
        return sheet
    if len(choices.columns) != len(sheet.headers or []):
        raise Impossible(
            "Further below the file has a column that its first rows lack: name it in the header, or delete it."
        )
    return numbered(choices.apply(sheet), resource) if choices.numbered else choices.apply(sheet)


def _counts(resource: BulkResource, result: ImportResult) -> dict[str, Any]:
    counts = {name: getattr(result, name) for name in COUNTS}
    return counts | {"rows": result.total_rows, "fingerprint": result.fingerprint, "has_changes": result.writes > 0}


def _questions(context: dict[str, Any]) -> dict[str, Any]:
    """Kept apart from the pictures: the page shows them anew with what was chosen and typed."""
    # What waits for approval asks for the name when it is applied.
    safeguard = None if context["needs_approval"] else context["safeguard"]
    audiences = [asdict(each) for each in context["audiences"]]
    questions = {name: context[name] for name in ("affected", "notify", "needs_approval")} | {"audiences": audiences}
    return questions | {"safeguard": asdict(safeguard) if safeguard else None}


def _write_preview(job: Job, resource: BulkResource, result: ImportResult) -> None:
    context = preview_context(result, {"original_file_name": job.options["file"]}) | resource.preview_context(result)
    context["asked_apart"] = True
    write: Callable[[str, str], int] = lambda name, text: job_files.file_of(job, name).write_text(text, "utf-8")
    write(job_files.PREVIEW, render_to_string("importexport/job_preview.html", context).strip())
    if not result.has_validation_errors() and context.get("pictures"):
        write(job_files.CHANGES, render_to_string("importexport/changes.html", context))
        write(job_files.QUESTIONS, json.dumps(_questions(context)))
    with job_files.file_of(job, job_files.ERRORS).open("w", encoding="utf-8-sig", newline="") as file:
        file.writelines(write_csv(result.error_table()))
