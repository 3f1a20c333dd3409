"""Small files, and what the commands make of them."""

import io
import json
from dataclasses import dataclass
from typing import Any

from django.core.management import CommandError, call_command


@dataclass(frozen=True)
class Answer:
    """Exit status, the object on standard output, and what stands on standard error."""

    status: int
    said: dict[str, Any]
    told: str = ""

    @property
    def counts(self) -> tuple[int, int, int, int]:
        return tuple(self.said[name] for name in ("new", "updated", "unchanged", "invalid"))

    @property
    def errors(self) -> list[tuple[int, str]]:
        return [(error["row"], error["column"]) for error in self.said["errors"]]

    @property
    def messages(self) -> str:
        return "\n".join(error["message"] for error in self.said["errors"])


def csv_of(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def import_csv(kind: str, data: bytes, folder: Any, **options: Any) -> Answer:
    file = folder / "rows.csv"
    file.write_bytes(data)
    out, status, told = io.StringIO(), 0, ""
    try:
        call_command("import_csv", kind, str(file), json=True, stdout=out, **options)
    except CommandError as error:
        status, told = error.returncode, str(error)
    return Answer(status, json.loads(out.getvalue()), told)


def export_csv(kind: str, **options: Any) -> tuple[str, str]:
    """The file, and what was told on standard error."""
    out, err = io.StringIO(), io.StringIO()
    call_command("export_csv", kind, stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def workbook_of(*rows: list[Any]) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    for row in rows:
        book.active.append(row)
    return saved(book)


def saved(book: Any) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
