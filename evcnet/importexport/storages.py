"""Storage of uploads between preview and confirmation: the library's media storage, for a day.

A file lies at ``MEDIA_ROOT/imports/<id of the login>/<32 hex digits>``; MEDIA_ROOT is ``uploads`` in the folder of data.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from import_export.tmp_storages import MediaStorage

from customers.models import StaffMember

FOLDER = "imports"
LIFETIME = 24 * 3600  # seconds
_NAME = re.compile(r"[0-9a-f]{32}", re.ASCII)


class UploadStorage(MediaStorage):
    """Files hold people's data: a name is worth nothing to another login, and what nobody confirmed does not stay."""

    def __init__(self, login: StaffMember, name: str | None = None) -> None:
        super().__init__(name=name, MEDIA_FOLDER=f"{FOLDER}/{login.pk}")

    def _configure_storage(self) -> None:
        self._storage = FileSystemStorage(file_permissions_mode=0o600, directory_permissions_mode=0o700)

    def save(self, data: bytes) -> None:
        _remove_old()
        super().save(data)

    def read(self) -> bytes:
        """Raises FileNotFoundError once the file is gone, or where there never was one."""
        if not _NAME.fullmatch(self.name or ""):
            raise FileNotFoundError(self.name)
        data: bytes = super().read()
        return data


def _remove_old() -> None:
    for file in (Path(settings.MEDIA_ROOT) / FOLDER).glob("*/*"):
        try:
            if file.stat().st_mtime < time.time() - LIFETIME:
                file.unlink()
        except FileNotFoundError:  # another worker was faster
            continue
