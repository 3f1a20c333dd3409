"""Where does an uploaded file stay between preview and confirmation? In a folder of its login, for a day at most."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings

KEPT = 24 * 3600  # seconds
_NAME = re.compile(r"[0-9a-f]{32}", re.ASCII)


def keep(login: Any, data: bytes) -> str:
    """Store the file; the name is worth nothing to another login."""
    _sweep()
    folder = _folder(login)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = uuid4().hex
    (folder / name).write_bytes(data)
    return name


def kept(login: Any, name: str) -> bytes | None:
    """The file again; None once it is gone, or where there never was one."""
    try:
        return (_folder(login) / name).read_bytes() if _NAME.fullmatch(name) else None
    except FileNotFoundError:
        return None


def forget(login: Any, name: str) -> None:
    if _NAME.fullmatch(name):
        (_folder(login) / name).unlink(missing_ok=True)


def _folder(login: Any) -> Path:
    return _all() / str(login.pk)


def _all() -> Path:
    return Path(settings.MEDIA_ROOT) / "imports"


def _sweep() -> None:
    """Files hold people's data: what nobody confirmed does not stay."""
    for file in _all().glob("*/*"):
        try:
            if file.stat().st_mtime < time.time() - KEPT:
                file.unlink()
        except FileNotFoundError:  # another worker was faster
            continue
