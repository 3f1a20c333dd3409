"""What does a list show, as a file that comes in again unchanged?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from customers.audit import record
from customers.models import AuditEntry
from evcnet.accounts.attempts import address_of
from evcnet.importexport.exporter import Export
from evcnet.importexport.forms import ExportForm, titled
from evcnet.importexport.kinds import Kind
from evcnet.importexport.scope import Reach
from evcnet.importexport.sheets import write_csv
from evcnet.importexport.workbooks import write_workbook

CSV, XLSX = "text/csv; charset=utf-8", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BOM = "\ufeff"  # by which spreadsheets know UTF-8


class ExportPage:
    """``chosen`` are the rows of the list, with its search and filters."""

    def __init__(self, admin: Any, request: HttpRequest, kinds: list[type[Kind]], chosen: Any) -> None:
        self.admin, self.request, self.chosen = admin, request, chosen
        self.reach = Reach(request.user)
        self.form = ExportForm(request.POST or None, kinds=kinds, providers=self.reach.providers)

    def answer(self) -> HttpResponse:
        if self.request.method == "POST" and self.form.is_valid():
            export = Export(self.form.chosen_kind, self.reach, self.form.chosen_provider, self.chosen)
            try:
                response = download(export.kind.name, self.form.cleaned_data["format"], export.rows())
            except ValueError as error:
                self.form.add_error("format", str(error))
            else:
                self._tell_left_out(export)
                self._put_on_record(export)
                return response
        return self._page()

    def _tell_left_out(self, export: Export) -> None:
        for reason, count in export.left_out.items():
            if count:
                messages.warning(self.request, f"Left out of the export: {count:,} x {reason}, which no row can hold.")

    def _put_on_record(self, export: Export) -> None:
        for provider, rows in export.taken.items():
            login, address = self.request.user, address_of(self.request)
            record(
                AuditEntry.Event.EXPORTED, login, provider, about=titled(export.kind.name), rows=rows, address=address
            )

    def _page(self) -> HttpResponse:
        title = f"Export {' or '.join(titled(name).lower() for name in self.form.kinds)}"
        context = framed(self.admin, self.request, title) | {"form": self.form, "matching": self.chosen.count()}
        return TemplateResponse(self.request, "importexport/export.html", context)


def framed(admin: Any, request: HttpRequest, title: str) -> dict[str, Any]:
    """What the frame's templates need on a page that belongs to a list and to no row."""
    return {**admin.admin_site.each_context(request), "opts": admin.opts, "title": title, "media": admin.media}


def download(name: str, format: str, rows: Iterable[list[str]]) -> HttpResponse:
    if format == "xlsx":
        response = HttpResponse(write_workbook(rows), content_type=XLSX)
    else:
        response = HttpResponse(BOM + "".join(write_csv(rows)), content_type=CSV)
    day = timezone.localdate().isoformat()
    response["Content-Disposition"] = f'attachment; filename="{name}-{day}.{format}"'
    return response
