"""Files of jobs: what was uploaded, what a preview shows, the errors, what was exported; gone a week after the end.

They lie at ``MEDIA_ROOT/jobs/<id>/``, which web and worker share. An import reads the folder of the preview that it confirms.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Q

from customers.models import Job, Membership, Provider

FOLDER = "jobs"
RETENTION = timedelta(days=7)
"""So long after the end of a job its files can be fetched."""
UPLOAD, PREVIEW, CHANGES, ERRORS, EXPORT = "upload", "preview.html", "changes.html", "errors.csv", "export"
QUESTIONS = "questions.json"


def file_of(job: Job, name: str) -> Path:
    """Where a file of the job lies, or would."""
    return _folder(job.preview_id or job.pk) / name


def make_folder(job: Job) -> None:
    _folder(job.pk).mkdir(mode=0o700, parents=True, exist_ok=True)


def take_upload(job: Job, source: Path) -> None:
    """The uploaded file becomes the job's too; it may be gone where it lies now before the job is over."""
    make_folder(job)
    target = file_of(job, UPLOAD)
    try:
        os.link(source, target)
    except OSError:  # no links there, or another file system
        shutil.copyfile(source, target)


def hash_of(file: Path) -> str:
    """SHA-256. Raises FileNotFoundError."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def remove_files(job: Job) -> None:
    shutil.rmtree(_folder(job.pk), ignore_errors=True)


def remove_old_files(now: datetime) -> None:
    """Those of jobs that ended a week ago, and folders of which no job is known."""
    recent = Q(ended_at=None) | Q(ended_at__gte=now - RETENTION)
    jobs = Job.objects.filter(recent).values_list("pk", "preview_id")
    needed = {str(each) for pair in jobs for each in pair if each is not None}
    for folder in (Path(settings.MEDIA_ROOT) / FOLDER).glob("*"):
        if folder.name not in needed:
            shutil.rmtree(folder, ignore_errors=True)


def remove_files_at(provider: Provider) -> None:
    """All of the provider, and all of its logins: who is erased there may stand in any of them."""
    logins = Membership.objects.filter(provider=provider).values("staff_member")
    for job in Job.objects.filter(Q(provider=provider) | Q(provider=None, login__in=logins)):
        remove_files(job)


def _folder(pk: int) -> Path:
    return Path(settings.MEDIA_ROOT) / FOLDER / str(pk)
