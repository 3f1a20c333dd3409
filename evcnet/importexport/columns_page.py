"""The pages before a preview: what each column of an upload is, and templates to fill in."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from import_export.admin import ImportExportModelAdmin

from customers.models import ImportMapping
from evcnet.admin.requests import StaffRequest
from evcnet.importexport.column_choices import ColumnChoices
from evcnet.importexport.column_guesses import guess_by_cells, guess_by_header, looks_headless
from evcnet.importexport.column_names import ColumnNames
from evcnet.importexport.columns_form import ColumnsForm
from evcnet.importexport.csv_file import Sheet
from evcnet.importexport.export_admin import BulkExportMixin, download
from evcnet.importexport.formats import CSV, XLSX
from evcnet.importexport.forms import ConfirmImportForm, ImportForm, head_for_page, sheet_for_page
from evcnet.importexport.header_place import misplaced_header
from evcnet.importexport.mappings import mapping_for, remember
from evcnet.importexport.resource import BulkResource
from evcnet.importexport.scope import FileScope
from evcnet.importexport.storages import UploadStorage

TEMPLATES: dict[str, type[CSV | XLSX]] = {"csv": CSV, "xlsx": XLSX}
CHOICES = "choices"  # in the notes of an upload, beside the values of its confirmation
LARGE = "large"  # and whether a job takes it


class ColumnsPageMixin(BulkExportMixin, ImportExportModelAdmin):
    """An upload whose header doesn't fit comes here first, and every other one by a link. What was chosen lies beside the
    upload, so that the browser's own buttons find it again."""

    columns_template_name = "importexport/columns.html"

    def get_urls(self) -> list[URLPattern]:
        info = f"{self.opts.app_label}_{self.opts.model_name}"
        columns = self.admin_site.admin_view(self.columns_action)
        template = self.admin_site.admin_view(self.template_action)
        own = [
            path("import/columns/", columns, name=f"{info}_import_columns"),
            path("import/template/", template, name=f"{info}_import_template"),
        ]
        return [*own, *super().get_urls()]

    def template_action(self, request: StaffRequest) -> HttpResponse:
        """A file with the header of a kind and no rows."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        kinds = {each._meta.name: each for each in self.get_import_resource_classes(request)}
        file_format = TEMPLATES.get(request.GET.get("format", "csv"))
        kind = request.GET.get("kind") or next(iter(kinds))
        if kind not in kinds or file_format is None:
            raise Http404
        names = [each.column_name for each in kinds[kind](FileScope(request.user)).columns]
        return download(f"{kind}-template", file_format(), file_format().template(names))

    def columns_action(self, request: StaffRequest) -> HttpResponse:
        """What each column is; from there to the preview. Nothing is written but the choice."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        storage = UploadStorage(request.user, request.GET.get("file"))
        try:
            notes = storage.read_notes()
            confirm_form = self.form_of_notes(request, notes)
            sheet, choices = self._current_choices(request, storage, notes, confirm_form)
        except (FileNotFoundError, ValidationError):
            messages.warning(request, "The file is no longer here: upload it again.")
            return HttpResponseRedirect(self.page_url("import"))
        resource = self.resource_of(request, confirm_form, confirm_form.cleaned_data)
        form = ColumnsForm(resource, sheet, choices, data=request.POST or None)
        header = "headless" not in request.POST
        if request.method == "POST" and choices.header != header:
            return self._read_again(request, storage, notes, header=header)
        is_good = request.method == "POST" and form.is_valid()
        if is_good or "again" in request.POST:
            storage.save_notes(notes | {CHOICES: form.choices.as_json()})
        if "again" in request.POST:  # nothing is asked yet of what was chosen so far
            return HttpResponseRedirect(self.columns_url(storage.name))
        if not is_good:
            return self._columns_page(request, form, notes)
        mapping = self._mapping(request, resource)
        if mapping is not None:
            remember(mapping, form.header, form.choices, form.listed)
        values = confirm_form.cleaned_data
        if notes.get(LARGE):
            return self.start_job(request, confirm_form, values, storage, form.choices)
        return self.preview(request, confirm_form, values, sheet, choices=form.choices)

    def _read_again(
        self, request: StaffRequest, storage: UploadStorage, notes: dict[str, Any], *, header: bool
    ) -> HttpResponse:
        """The first row is read as the header, or as values; the columns are guessed anew."""
        storage.save_notes(notes | {CHOICES: None, "header": header})
        return HttpResponseRedirect(self.columns_url(storage.name))

    def _current_choices(
        self, request: StaffRequest, storage: UploadStorage, notes: dict[str, Any], confirm_form: ConfirmImportForm
    ) -> tuple[Sheet, ColumnChoices]:
        """The last choice for this upload, else a guess. Raises ValidationError."""
        if notes.get(CHOICES):
            choices = ColumnChoices.from_json(notes[CHOICES])
            return _first_rows(storage, notes, header=choices.header), choices
        resource = self.resource_of(request, confirm_form, confirm_form.cleaned_data)
        names, mapping = ColumnNames(resource), self._mapping(request, resource)
        sheet = _first_rows(storage, notes)
        if notes.get("header", not looks_headless(sheet, names)):
            return sheet, guess_by_header(sheet, names, mapping)
        sheet = _first_rows(storage, notes, header=False)
        return sheet, guess_by_cells(sheet, names, mapping)

    def _mapping(self, request: StaffRequest, resource: BulkResource) -> ImportMapping | None:
        if resource.provider is None:
            return None
        return mapping_for(request.user, resource.provider, type(resource))

    def _columns_page(self, request: StaffRequest, form: ColumnsForm, notes: dict[str, Any]) -> HttpResponse:
        context = self.file_page_context(request, form, "What is each column?")
        header = form.names.resolve(form.header)
        elsewhere = form.names.on_another_sheet(header, form.sheet)
        if not elsewhere and not form.initial["headless"]:
            elsewhere = misplaced_header(form.names, header, form.sheet)
        remarks = [each.message for each in elsewhere] or form.sheet.remarks
        more = {"file_name": notes["original_file_name"], "import_url": self.page_url("import"), "remarks": remarks}
        return TemplateResponse(request, self.columns_template_name, context | more)

    def columns_url(self, name: str | None) -> str:
        return f"{self.page_url('import_columns')}?{urlencode({'file': name or ''})}"

    def form_of_notes(self, request: StaffRequest, notes: dict[str, Any]) -> ConfirmImportForm:
        """The form of a confirmation, as the upload has it. Raises ValidationError where nothing was noted."""
        kwargs = self.get_confirm_form_kwargs(request) | {"data": notes, "files": None}
        form = ConfirmImportForm(**kwargs)
        if not form.is_valid():
            raise ValidationError("Nothing is known of the file.")
        return form

    def resource_of(
        self, request: StaffRequest, form: ImportForm | ConfirmImportForm, values: dict[str, Any]
    ) -> BulkResource:
        """The resource that takes the rows of an upload."""
        raise NotImplementedError

    def start_job(
        self,
        request: StaffRequest,
        form: ImportForm | ConfirmImportForm,
        values: dict[str, Any],
        storage: UploadStorage,
        choices: ColumnChoices | None = None,
    ) -> HttpResponse:
        """Leads to the page of the job that previews a large file."""
        raise NotImplementedError

    def preview(
        self,
        request: StaffRequest,
        form: ImportForm | ConfirmImportForm,
        values: dict[str, Any],
        sheet: Sheet,
        *,
        choices: ColumnChoices | None = None,
        write: bool = False,
    ) -> HttpResponse:
        """The page that shows what the rows would change, or writes them."""
        raise NotImplementedError


def _first_rows(storage: UploadStorage, notes: dict[str, Any], *, header: bool = True) -> Sheet:
    """Those of a large file that say what its columns are, all of another. Raises ValidationError."""
    if notes.get(LARGE):
        return head_for_page(storage.path, header=header)
    return sheet_for_page(storage.read(), header=header)
