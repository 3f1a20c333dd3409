"""How do rows come in and go out through the portal? Upload, preview and confirmation; export of what a list shows.

django-import-export brings the addresses, the buttons above the lists and the rows of a filtered list; the engine does
the rest, so that a page and a command never differ.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from import_export.admin import ImportExportModelAdmin

from evcnet.transfer import uploads
from evcnet.transfer.exporting import Export
from evcnet.transfer.forms import ConfirmForm, ExportForm, UploadForm, sheet_for_page, titled
from evcnet.transfer.formulas import escaped
from evcnet.transfer.importing import Import
from evcnet.transfer.kinds import Kind
from evcnet.transfer.outcomes import Outcome
from evcnet.transfer.problems import Undecided
from evcnet.transfer.reach import Reach
from evcnet.transfer.registry import kind_named
from evcnet.transfer.sheets import Sheet, write_csv
from evcnet.transfer.workbooks import write_workbook

ERRORS_SHOWN = 200
CSV, XLSX = "text/csv; charset=utf-8", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BOM = "\ufeff"  # by which spreadsheets know UTF-8


class Transfers(ImportExportModelAdmin):
    """For a ModelAdmin: ``class X(ModelAdmin, Transfers)`` with the kinds of rows that its pages take and give."""

    kinds: tuple[str, ...] = ()

    # Who may

    def has_import_permission(self, request: HttpRequest) -> bool:
        return bool(self._kinds(request, "add", "change"))

    def has_export_permission(self, request: HttpRequest) -> bool:
        return bool(self._kinds(request, "view"))

    def _kinds(self, request: HttpRequest, *actions: str) -> list[type[Kind]]:
        reach = Reach(request.user)
        return [kind for kind in map(kind_named, self.kinds) if any(reach.may(kind.model, each) for each in actions)]

    def _permitted(self, request: HttpRequest, *actions: str) -> list[type[Kind]]:
        kinds = self._kinds(request, *actions)
        if not kinds:
            raise PermissionDenied
        return kinds

    # In

    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """The upload, and below it what it would do. Nothing is written."""
        asked = self._asked(request, "add", "change")
        form = UploadForm(request.POST or None, request.FILES or None, **asked)
        if request.method != "POST" or not form.is_valid():
            return self._import_page(request, form)
        name = uploads.keep(request.user, form.data_read)
        said = {key: form.cleaned_data[key] for key in ("kind", "provider")}
        confirm = ConfirmForm(said | {"stored": name, "file_name": form.cleaned_data["file"].name[:200]}, **asked)
        return self._preview(request, confirm, form.sheet)

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """The confirmation. Everything is checked again: what is written is what was shown, or nothing."""
        confirm = ConfirmForm(request.POST or None, **self._asked(request, "add", "change"))
        data = uploads.kept(request.user, confirm.cleaned_data["stored"]) if confirm.is_valid() else None
        try:
            sheet = None if data is None else sheet_for_page(data)
        except ValidationError:
            sheet = None
        if sheet is None:
            messages.warning(request, "The file is no longer here: upload it again.")
            return HttpResponseRedirect(self._address("import"))
        if "errors" in request.POST:
            return self._errors(confirm, self._run(request, confirm, sheet, write=False))
        return self._preview(request, confirm, sheet, write=True)

    def _asked(self, request: HttpRequest, *actions: str) -> dict[str, Any]:
        kinds, reach = self._permitted(request, *actions), Reach(request.user)
        if actions == ("view",):
            return {"kinds": kinds, "providers": reach.providers}
        return {
            "kinds": kinds,
            "providers": {code: each for kind in kinds for code, each in reach.writable(kind.model).items()},
        }

    def _run(self, request: HttpRequest, confirm: ConfirmForm, sheet: Sheet, *, write: bool) -> Outcome:
        kind, file = confirm.chosen_kind, confirm.cleaned_data["file_name"]
        taken = Import(
            kind, sheet, Reach(request.user), confirm.chosen_provider if kind.owned else None, {"file": file}
        )
        return taken.run(write=write, expected=confirm.cleaned_data["fingerprint"] or "")

    def _preview(
        self, request: HttpRequest, confirm: ConfirmForm, sheet: Sheet, *, write: bool = False
    ) -> HttpResponse:
        form = UploadForm(initial=confirm.data, **self._asked(request, "add", "change"))
        if not confirm.is_valid():
            return self._import_page(request, form)
        try:
            outcome = self._run(request, confirm, sheet, write=write)
        except Undecided as error:
            messages.error(request, str(error))
            return self._import_page(request, form)
        if outcome.written:
            uploads.forget(request.user, confirm.cleaned_data["stored"])
            messages.success(request, f"Imported. {outcome}.".replace(", 0 with errors", ""))
            return HttpResponseRedirect(self._address("changelist"))
        if write and not outcome.problems:
            messages.warning(
                request, "Something changed since the preview: this is the picture now. Nothing was written."
            )
        return self._import_page(request, form, outcome=outcome, confirm=confirm)

    def _import_page(self, request: HttpRequest, form: UploadForm, **shown: Any) -> HttpResponse:
        kinds = list(form.kinds.values())
        title = f"Import {' or '.join(titled(kind.name).lower() for kind in kinds)}"
        addresses = {"import_url": self._address("import"), "process_url": self._address("process_import")}
        context = self.page_context(request, None, title) | addresses | self._shown(**shown)  # type: ignore[attr-defined]
        return TemplateResponse(request, "transfer/import.html", context | {"form": form, "described": kinds})

    @staticmethod
    def _shown(outcome: Outcome | None = None, confirm: ConfirmForm | None = None) -> dict[str, Any]:
        if outcome is None or confirm is None:
            return {}
        hidden = confirm.cleaned_data | {"fingerprint": outcome.fingerprint}
        listed = outcome.problems[:ERRORS_SHOWN]
        return {
            "outcome": outcome,
            "file_name": hidden["file_name"],
            "hidden": hidden,
            "problems": listed,
            "more_problems": len(outcome.problems) - len(listed),
            "more_new": outcome.new - len(outcome.added),
            "more_changed": outcome.updated - len(outcome.changed),
        }

    @staticmethod
    def _errors(confirm: ConfirmForm, outcome: Outcome) -> HttpResponse:
        rows = [[str(each.row), escaped(each.column), escaped(each.message)] for each in outcome.problems]
        return _download("errors", "csv", [["row", "column", "message"], *rows])

    # Out

    def export_action(self, request: HttpRequest) -> HttpResponse:
        """What the list shows, with its search and filters, as a file that comes in again unchanged."""
        form = ExportForm(request.POST or None, **self._asked(request, "view"))
        chosen = self.get_export_queryset(request)
        if request.method == "POST" and form.is_valid():
            export = Export(form.chosen_kind, Reach(request.user), form.chosen_provider, chosen)
            try:
                response = _download(export.kind.name, form.cleaned_data["format"], export.rows())
            except ValueError as error:
                form.add_error("format", str(error))
            else:
                self._tell_left_out(request, export)
                return response
        title = f"Export {' or '.join(titled(name).lower() for name in form.kinds)}"
        context = self.page_context(request, None, title) | {"form": form, "matching": chosen.count()}  # type: ignore[attr-defined]
        return TemplateResponse(request, "transfer/export.html", context)

    @staticmethod
    def _tell_left_out(request: HttpRequest, export: Export) -> None:
        for reason, count in export.left_out.items():
            if count:
                messages.warning(request, f"Left out of the export: {count:,} x {reason}, which no row can hold.")

    def _address(self, view: str) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{view}")


def _download(name: str, format: str, rows: Iterable[list[str]]) -> HttpResponse:
    if format == "xlsx":
        response = HttpResponse(write_workbook(rows), content_type=XLSX)
    else:
        response = HttpResponse(BOM + "".join(write_csv(rows)), content_type=CSV)
    day = timezone.localdate().isoformat()
    response["Content-Disposition"] = f'attachment; filename="{name}-{day}.{format}"'
    return response
