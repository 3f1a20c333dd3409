"""Upload, preview, confirmation: what does a file change, and is that what was shown?"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from changes.file_changes import FileChanges
from changes.models import Change
from evcnet.importexport import uploads
from evcnet.importexport.export_page import download, framed
from evcnet.importexport.forms import ConfirmForm, UploadForm, sheet_for_page, titled
from evcnet.importexport.formulas import escaped
from evcnet.importexport.importer import Import
from evcnet.importexport.kinds import Kind
from evcnet.importexport.outcomes import Outcome
from evcnet.importexport.problems import TooLong, Undecided
from evcnet.importexport.scope import Reach
from evcnet.importexport.sheets import Sheet

ERRORS_SHOWN = 200
LONGEST = 60  # seconds: meanwhile a worker of the web server is busy, and rows are locked
TAKES_TOO_LONG = (
    "This file takes too long for a page, so nothing was written: split it, or have it imported by command."
)


class ImportPage:
    """The pages of one request. Nothing is written but by a confirmation whose picture still fits."""

    def __init__(self, admin: Any, request: HttpRequest, kinds: list[type[Kind]]) -> None:
        self.admin, self.request, self.kinds = admin, request, kinds
        self.reach = Reach(request.user)
        providers = {code: each for kind in kinds for code, each in self.reach.writable(kind.model).items()}
        self.asked: dict[str, Any] = {"kinds": kinds, "providers": providers}

    def upload(self) -> HttpResponse:
        form = UploadForm(self.request.POST or None, self.request.FILES or None, **self.asked)
        if self.request.method != "POST" or not form.is_valid():
            return self._page(form)
        said = {name: form.cleaned_data[name] for name in ("kind", "provider")}
        said["stored"] = uploads.keep(self.request.user, form.data_read)
        said["file_name"] = form.cleaned_data["file"].name
        confirm = ConfirmForm(said, **self.asked)
        return self._preview(confirm, form.sheet) if confirm.is_valid() else self._page(form)

    def confirm(self) -> HttpResponse:
        """Everything is checked again: what is written is what was shown, or nothing."""
        confirm = ConfirmForm(self.request.POST or None, **self.asked)
        sheet = self._stored_sheet(confirm)
        if sheet is None:
            messages.warning(self.request, "The file is no longer here: upload it again.")
            return HttpResponseRedirect(self._address("import"))
        if "errors" in self.request.POST:
            return self._listed_errors(confirm, sheet)
        if "again" in self.request.POST:
            return self._preview(confirm, sheet)
        return self._preview(confirm, sheet, write=True)

    def _listed_errors(self, confirm: ConfirmForm, sheet: Sheet) -> HttpResponse:
        try:
            return _errors(self._run(confirm, sheet, write=False))
        except TooLong:
            messages.error(self.request, TAKES_TOO_LONG)
            return HttpResponseRedirect(self._address("import"))

    def _stored_sheet(self, confirm: ConfirmForm) -> Sheet | None:
        data = uploads.kept(self.request.user, confirm.cleaned_data["stored"]) if confirm.is_valid() else None
        try:
            return None if data is None else sheet_for_page(data)
        except ValidationError:
            return None

    def _run(self, confirm: ConfirmForm, sheet: Sheet, *, write: bool) -> Outcome:
        kind, said = confirm.chosen_kind, confirm.cleaned_data
        notify = said["notify"] if said["notify"] in Change.Notify.values else Change.Notify.REGULARS.value
        self.file_changes = FileChanges(
            self.request.user, notify, reason=f"File {said['file_name']}", named=said["named"]
        )
        provider = confirm.chosen_provider if kind.owned else None
        taken = Import(kind, sheet, self.reach, provider, {"file": said["file_name"]}, self.file_changes, LONGEST)
        return taken.run(write=write, expected=said["fingerprint"])

    def _preview(self, confirm: ConfirmForm, sheet: Sheet, *, write: bool = False) -> HttpResponse:
        form = UploadForm(initial=confirm.cleaned_data, **self.asked)
        try:
            outcome = self._run(confirm, sheet, write=write)
        except Undecided as error:
            messages.error(self.request, str(error))
            return self._page(form)
        except TooLong:
            messages.error(self.request, TAKES_TOO_LONG)
            return self._page(form)
        if outcome.written:
            return self._done(confirm, outcome)
        unnamed = not self.file_changes.name_confirmed and outcome.fingerprint == confirm.cleaned_data["fingerprint"]
        if write and not outcome.problems and not unnamed:
            text = "Something changed since the preview: this is the picture now. Nothing was written."
            messages.warning(self.request, text)
        return self._page(
            form, _shown(outcome, confirm) | self.file_changes.page_context() | {"named_wrongly": write and unnamed}
        )

    def _done(self, confirm: ConfirmForm, outcome: Outcome) -> HttpResponse:
        uploads.forget(self.request.user, confirm.cleaned_data["stored"])
        counts = f"{outcome.new:,} new, {outcome.updated:,} changed, {outcome.unchanged:,} unchanged"
        messages.success(self.request, f"Imported {confirm.cleaned_data['file_name']}: {counts}.")
        for change in self.file_changes.changes:
            page = reverse("admin:changes_change_change", args=[change.pk])
            messages.success(self.request, format_html('{}. <a href="{}">See the change</a>', change, page))
        return HttpResponseRedirect(self._address("changelist"))

    def _page(self, form: UploadForm, shown: dict[str, Any] | None = None) -> HttpResponse:
        title = f"Import {' or '.join(titled(kind.name).lower() for kind in self.kinds)}"
        context = framed(self.admin, self.request, title) | {
            "form": form,
            "described": [(titled(kind.name).lower(), kind) for kind in self.kinds],
            "import_url": self._address("import"),
            "process_url": self._address("process_import"),
        }
        return TemplateResponse(self.request, "importexport/import.html", context | (shown or {}))

    def _address(self, view: str) -> str:
        return reverse(f"admin:{self.admin.opts.app_label}_{self.admin.opts.model_name}_{view}")


def _shown(outcome: Outcome, confirm: ConfirmForm) -> dict[str, Any]:
    listed = outcome.problems[:ERRORS_SHOWN]
    return {
        "outcome": outcome,
        "file_name": confirm.cleaned_data["file_name"],
        "hidden": {name: value for name, value in confirm.cleaned_data.items() if name not in ConfirmForm.SHOWN}
        | {"fingerprint": outcome.fingerprint},
        "problems": listed,
        "more_problems": len(outcome.problems) - len(listed),
        "more_new": outcome.new - len(outcome.added),
        "more_changed": outcome.updated - len(outcome.changed),
    }


def _errors(outcome: Outcome) -> HttpResponse:
    rows = [[str(each.row), escaped(each.column), escaped(each.message)] for each in outcome.problems]
    return download("errors", "csv", [["row", "column", "message"], *rows])
