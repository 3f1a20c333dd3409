"""Import and export pages: a mixin for the ModelAdmin of a list, on the library's own.

What differs from the library: a preview is
bound to its fingerprint, and confirming one that no longer fits shows the new preview.
"""

from __future__ import annotations

from typing import Any

import pghistory
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from customers.provider_lookup import ProviderRequired
from evcnet.accounts.reauthentication import asks_password_again
from evcnet.admin.requests import StaffRequest
from evcnet.errors import DomainError
from evcnet.importexport.column_choices import ColumnChoices
from evcnet.importexport.column_names import ColumnNames
from evcnet.importexport.columns_page import CHOICES, LARGE, ColumnsPageMixin
from evcnet.importexport.csv_file import Sheet
from evcnet.importexport.export_admin import download
from evcnet.importexport.formats import CSV, FORMATS
from evcnet.importexport.forms import ConfirmImportForm, ImportForm, sheet_for_page
from evcnet.importexport.free_numbers import numbered
from evcnet.importexport.jobs import Upload, start_preview
from evcnet.importexport.preview_page import preview_context
from evcnet.importexport.resource import BulkResource
from evcnet.importexport.results import ImportResult
from evcnet.importexport.row_errors import TimeLimitExceeded
from evcnet.importexport.scope import FileScope
from evcnet.importexport.storages import UploadStorage

TIME_LIMIT = 60  # seconds: meanwhile a worker of the web server is busy, and rows are locked
TAKES_TOO_LONG = (
    "This file takes too long for a page, so nothing was written: split it, or have it imported by command."
)

TELL = "tell whoever runs the portal, and upload it again"


class BulkImportExportAdmin(ColumnsPageMixin):
    """``class X(ModelAdmin[Row], BulkImportExportAdmin)``, with the ``resource_classes`` that its pages take and give."""

    import_template_name = "importexport/import.html"
    import_form_class = ImportForm
    confirm_form_class = ConfirmImportForm
    import_formats = FORMATS

    def has_import_permission(self, request: StaffRequest) -> bool:
        return bool(self.get_import_resource_classes(request))

    def get_import_resource_classes(self, request: StaffRequest) -> list[type[BulkResource]]:
        return self.permitted_resources(request, "add", "change")

    def get_import_form_kwargs(self, request: StaffRequest) -> dict[str, Any]:
        kwargs: dict[str, Any] = super().get_import_form_kwargs(request)
        return kwargs | {"providers": self._writable_providers(request)}

    def get_confirm_form_kwargs(self, request: StaffRequest, import_form: ImportForm | None = None) -> dict[str, Any]:
        kwargs: dict[str, Any] = super().get_confirm_form_kwargs(request, import_form)
        resources = self.get_import_resource_classes(request)
        return kwargs | {"resources": resources, "providers": self._writable_providers(request)}

    def get_confirm_form_initial(self, request: StaffRequest, import_form: ImportForm | None) -> dict[str, Any]:
        if import_form is None:
            return {}
        values, file = import_form.cleaned_data, import_form.cleaned_data["import_file"]
        names = {"import_file_name": file.tmp_storage_name, "original_file_name": file.name}
        return {"resource": values["resource"], "provider": values["provider"]} | names

    def _writable_providers(self, request: StaffRequest) -> dict[str, Any]:
        scope = FileScope(request.user)
        resources = self.get_import_resource_classes(request)
        return {code: each for one in resources for code, each in scope.writable(one._meta.model).items()}

    def get_import_resource_kwargs(self, request: StaffRequest, **kwargs: Any) -> dict[str, Any]:
        """``values`` are those of an import form or of a confirmation."""
        values = kwargs["values"]
        return {
            "scope": FileScope(request.user),
            "provider": kwargs["provider"],
            "reason": f"File {values['original_file_name']}",
            "notify": values.get("notify", ""),
            "named": values.get("named", ""),
        }

    def import_action(self, request: StaffRequest, **kwargs: Any) -> HttpResponse:
        """The upload, and the preview of what it would change; nothing is written."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        form = self.create_import_form(request)
        if request.method != "POST" or not form.is_valid():
            return self._import_page(request, form)
        try:
            storage, values = self._store(request, form)
        except OSError as error:
            messages.error(request, f"The file can't be kept here ({error.strerror}), so nothing was read: {TELL}.")
            return self._import_page(request, form)
        names = ColumnNames(self.resource_of(request, form, values))
        if not names.fits(form.sheet.headers or []):
            return HttpResponseRedirect(self.columns_url(storage.name))
        if form.is_large:
            return self.start_job(request, form, values, storage)
        return self.preview(request, form, values, form.sheet)

    def _store(self, request: StaffRequest, form: ImportForm) -> tuple[UploadStorage, dict[str, Any]]:
        """The upload as it lies until it is confirmed, and what was chosen for it. Raises OSError, and keeps nothing then."""
        storage = UploadStorage(request.user)
        try:
            storage.save_file(form.cleaned_data["import_file"])
            form.cleaned_data["import_file"].tmp_storage_name = storage.name
            values = self.get_confirm_form_initial(request, form)
            storage.save_notes(values | {LARGE: form.is_large})
        except OSError:
            storage.remove()
            raise
        return storage, values

    @asks_password_again
    def process_import(self, request: StaffRequest, **kwargs: Any) -> HttpResponse:
        """The confirmation. Everything is checked again: what is written is what was shown, or nothing."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        form = self.create_confirm_form(request)
        storage = UploadStorage(request.user, form.cleaned_data["import_file_name"] if form.is_valid() else None)
        try:
            notes = storage.read_notes()
            choices = ColumnChoices.from_json(notes[CHOICES]) if notes.get(CHOICES) else None
            sheet = sheet_for_page(storage.read(), header=choices is None or choices.header)
        except (FileNotFoundError, ValidationError):
            messages.warning(request, "The file is no longer here: upload it again.")
            return HttpResponseRedirect(self.page_url("import"))
        if "errors" in request.POST:
            return self._errors_as_csv(request, form, sheet, choices)
        write = not {"again", "wait"} & request.POST.keys()
        return self.preview(request, form, form.cleaned_data, sheet, choices=choices, write=write)

    def start_job(
        self,
        request: StaffRequest,
        form: ImportForm | ConfirmImportForm,
        values: dict[str, Any],
        storage: UploadStorage,
        choices: ColumnChoices | None = None,
    ) -> HttpResponse:
        resource = self.resource_of(request, form, values)
        upload = Upload(storage.path, values["original_file_name"], type(resource), resource.provider, choices)
        job = start_preview(request.user, upload)
        return HttpResponseRedirect(reverse("admin:customers_job_change", args=[job.pk]))

    def resource_of(
        self, request: StaffRequest, form: ImportForm | ConfirmImportForm, values: dict[str, Any]
    ) -> BulkResource:
        resource_class: type[BulkResource] = self.choose_import_resource_class(form, request)
        provider = form.chosen_provider if resource_class.has_provider else None
        return resource_class(**self.get_import_resource_kwargs(request, values=values, provider=provider))

    def process_dataset(
        self,
        dataset: Sheet,
        form: ImportForm | ConfirmImportForm,
        request: StaffRequest,
        *,
        values: dict[str, Any],
        dry_run: bool,
        choices: ColumnChoices | None = None,
    ) -> tuple[BulkResource, ImportResult]:
        resource = self.resource_of(request, form, values)
        if choices is not None:
            dataset = numbered(choices.apply(dataset), resource) if choices.numbered else choices.apply(dataset)
        with pghistory.context(file=values["original_file_name"]):
            expected = values.get("fingerprint", "")
            result = resource.import_data(dataset, dry_run=dry_run, expected=expected, time_limit=TIME_LIMIT)
        return resource, result

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
        again = self._next_upload(request, values)
        try:
            resource, result = self.process_dataset(
                sheet, form, request, values=values, dry_run=not write, choices=choices
            )
        except ProviderRequired as error:
            messages.error(request, str(error))
            return self._import_page(request, again)
        except TimeLimitExceeded:
            messages.error(request, TAKES_TOO_LONG)
            return self._import_page(request, again)
        if result.written:
            UploadStorage(request.user, values["import_file_name"]).remove()
            return self.process_result(result, request, resource=resource, file_name=values["original_file_name"])
        fits = result.fingerprint == values.get("fingerprint", "")
        named_wrongly = write and fits and not resource.is_confirmed()
        if "wait" in request.POST and fits and resource.can_wait(result):
            return self._keep_drafts(request, resource, values)
        if (write or "wait" in request.POST) and not result.has_validation_errors() and not named_wrongly:
            text = "Something changed since the preview: this is the picture now. Nothing was written."
            messages.warning(request, text)
        context = preview_context(result, values) | resource.preview_context(result) | {"named_wrongly": named_wrongly}
        context["columns_url"] = self.columns_url(values["import_file_name"])
        return self._import_page(request, again, context)

    def process_result(
        self, result: ImportResult, request: StaffRequest, *, resource: BulkResource, file_name: str
    ) -> HttpResponse:
        """Counts and changes of terms in messages. The history of each row is kept by the database."""
        counts = f"{result.new:,} new, {result.updated:,} changed, {result.unchanged:,} unchanged"
        messages.success(request, f"Imported {file_name}: {counts}.")
        for title, address in resource.change_links():
            messages.success(request, format_html('{}. <a href="{}">See the change</a>', title, address))
        return HttpResponseRedirect(self.page_url("changelist"))

    def _keep_drafts(self, request: StaffRequest, resource: BulkResource, values: dict[str, Any]) -> HttpResponse:
        """What the file changes needs a second person, and waits for one; nothing else is written."""
        try:
            drafts = resource.keep_drafts()
        except DomainError as refused:
            messages.warning(request, f"Nothing was written. {refused}")
            return HttpResponseRedirect(self.page_url("import"))
        UploadStorage(request.user, values["import_file_name"]).remove()
        for title, address in drafts:
            words = 'Nothing is changed yet, it waits for approval: <a href="{}">{}</a>'
            messages.success(request, format_html(words, address, title))
        return HttpResponseRedirect(self.page_url("changelist"))

    def _errors_as_csv(
        self, request: StaffRequest, form: ConfirmImportForm, sheet: Sheet, choices: ColumnChoices | None
    ) -> HttpResponse:
        try:
            _, result = self.process_dataset(
                sheet, form, request, values=form.cleaned_data, dry_run=True, choices=choices
            )
        except TimeLimitExceeded:
            messages.error(request, TAKES_TOO_LONG)
            return HttpResponseRedirect(self.page_url("import"))
        return download("errors", CSV(), CSV().export_rows(result.error_table()))

    def _next_upload(self, request: StaffRequest, values: dict[str, Any]) -> ImportForm:
        """An empty form, with the choices that were made."""
        kwargs = self.get_import_form_kwargs(request) | {"data": None, "files": None, "initial": values}
        return ImportForm(self.get_import_formats(), self.get_import_resource_classes(request), **kwargs)

    def _import_page(self, request: StaffRequest, form: ImportForm, more: dict[str, Any] | None = None) -> HttpResponse:
        resources = [each(FileScope(request.user)) for each in self.get_import_resource_classes(request)]
        names = [each.get_display_name().lower() for each in resources]
        context = self.file_page_context(request, form, f"Import {' or '.join(names)}") | {
            "resources": resources,
            "import_url": self.page_url("import"),
            "template_url": self.page_url("import_template"),
            "process_url": self.page_url("process_import"),
        }
        return TemplateResponse(request, self.import_template_name, context | (more or {}))
