"""Storage of uploads between preview and confirmation: the library's media storage, for an hour.

A file lies at ``MEDIA_ROOT/imports/<id of the login>/<32 hex digits>``; MEDIA_ROOT is ``uploads`` in the folder of data.
"""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage
from import_export.tmp_storages import MediaStorage
from procrastinate.contrib.django import app

from customers.job_files import remove_files_at
from customers.models import Membership, Provider, StaffMember

FOLDER = "imports"
LIFETIME = 3600  # seconds
_NAME = re.compile(r"[0-9a-f]{32}", re.ASCII)


class UploadStorage(MediaStorage):
    """Files hold people's data: a name is worth nothing to another login, and what nobody confirmed does not stay."""

    def __init__(self, login: StaffMember, name: str | None = None) -> None:
        super().__init__(name=name, MEDIA_FOLDER=f"{FOLDER}/{login.pk}")

    def _configure_storage(self) -> None:
        self._storage = FileSystemStorage(file_permissions_mode=0o600, directory_permissions_mode=0o700)

    def save(self, data: bytes) -> None:
        _remove(_folder().glob("*/*"), before=time.time() - LIFETIME)
        super().save(data)

    def save_file(self, file: File[bytes]) -> None:
        """The same for a file that is too large to be held whole."""
        _remove(_folder().glob("*/*"), before=time.time() - LIFETIME)
        self.name: str = uuid4().hex
        self._storage.save(self.get_full_path(), file)

    @property
    def path(self) -> Path:
        """Where the file lies. Raises FileNotFoundError as ``read`` does."""
        if not _NAME.fullmatch(self.name or ""):
            raise FileNotFoundError(self.name)
        path = Path(self._storage.path(self.get_full_path()))
        if not path.exists():
            raise FileNotFoundError(path)
        return path

    def read(self) -> bytes:
        """Raises FileNotFoundError once the file is gone, or where there never was one."""
        if not _NAME.fullmatch(self.name or ""):
            raise FileNotFoundError(self.name)
        data: bytes = super().read()
        return data

    def save_notes(self, notes: dict[str, Any]) -> None:
        """What was chosen for the file: it lies beside it, and goes with it."""
        self._storage.delete(self._notes_path())
        self._storage.save(self._notes_path(), ContentFile(json.dumps(notes).encode()))

    def read_notes(self) -> dict[str, Any]:
        """Empty where nothing was chosen yet. Raises FileNotFoundError as ``read`` does."""
        _ = self.path
        try:
            with self._storage.open(self._notes_path()) as file:
                notes: dict[str, Any] = json.load(file)
        except FileNotFoundError:
            return {}
        return notes

    def remove(self) -> None:
        super().remove()
        self._storage.delete(self._notes_path())

    def _notes_path(self) -> str:
        return f"{self.get_full_path()}.json"


def remove_uploads_at(provider: Provider) -> None:
    """Those of jobs, and all that wait of the logins with a role at the provider: who is erased there may stand in any of them."""
    remove_files_at(provider)
    for login in Membership.objects.filter(provider=provider).values_list("staff_member_id", flat=True).distinct():
        _remove(_folder().glob(f"{login}/*"))


@app.periodic(cron="*/10 * * * *")
@app.task(name="remove_old_uploads")
def remove_old_uploads(timestamp: int) -> None:
    """Every ten minutes: what nobody confirmed within an hour."""
    _remove(_folder().glob("*/*"), before=time.time() - LIFETIME)


def _folder() -> Path:
    return Path(settings.MEDIA_ROOT) / FOLDER


def _remove(files: Iterable[Path], before: float = math.inf) -> None:
    for file in files:
        try:
            if file.stat().st_mtime < before:
                file.unlink()
        except FileNotFoundError:  # another worker was faster
            continue
