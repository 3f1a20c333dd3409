"""Export pages: a mixin for the ModelAdmin of a list, on the library's ExportMixin.

The library brings addresses, buttons, the form and the rows of a filtered list. Rows are streamed, where it holds all of
them in a Dataset.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from tempfile import SpooledTemporaryFile
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from import_export.admin import ExportMixin

from evcnet.accounts.attempts import address_of
from evcnet.admin.replica_pages import position_of
from evcnet.admin.requests import StaffRequest
from evcnet.importexport.csv_stream import (
    BOM,
    PIECE,
    csv_pieces,
    export_counts,
    is_copied,
    left_out_words,
    refuse_too_many,
    write_export,
)
from evcnet.importexport.export_jobs import MOST_ROWS, start_export
from evcnet.importexport.formats import CSV, FORMATS, XLSX
from evcnet.importexport.forms import ExportForm
from evcnet.importexport.resource import BulkResource
from evcnet.importexport.scope import FileScope
from evcnet.replica import read, read_pieces

MOST_IN_MEMORY = 4 * 1024 * 1024  # bytes of a file that is made before it is sent; more lies on the disk


class BulkExportMixin(ExportMixin):
    """``resource_classes`` are the kinds of rows that the pages of the list take and give."""

    resource_classes: tuple[type[BulkResource], ...] = ()
    export_template_name = "importexport/export.html"
    export_form_class = ExportForm
    export_formats = FORMATS

    def has_export_permission(self, request: StaffRequest) -> bool:
        return bool(self.get_export_resource_classes(request))

    def get_export_resource_classes(self, request: StaffRequest) -> list[type[BulkResource]]:
        return self.permitted_resources(request, "view")

    def permitted_resources(self, request: StaffRequest, *actions: str) -> list[type[BulkResource]]:
        """Those of whose model the login may do one of the actions."""
        scope = FileScope(request.user)
        return [each for each in self.resource_classes if any(scope.may(each._meta.model, one) for one in actions)]

    def export_action(self, request: StaffRequest) -> HttpResponseBase:
        """The rows of the list, with its search and filters."""
        if not self.has_export_permission(request):
            raise PermissionDenied
        try:
            selected = self.get_export_queryset(request)
        except IncorrectLookupParameters:
            messages.warning(request, "That filter makes no sense here, so nothing was exported.")
            return HttpResponseRedirect(request.path)
        resources = self.get_export_resource_classes(request)
        providers = FileScope(request.user).providers
        form = ExportForm(self.get_export_formats(), resources, providers=providers, data=request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                return self._export(request, form, selected)
            except ValueError as error:
                form.add_error("format", str(error))
        names = [each.get_display_name().lower() for each in resources]
        context = self.file_page_context(request, form, f"Export {' or '.join(names)}") | {
            "matching": selected.count(),
            "most_rows": MOST_ROWS,
            "may_import": bool(self.permitted_resources(request, "add", "change")),
        }
        return TemplateResponse(request, self.export_template_name, context)

    def _export(self, request: StaffRequest, form: ExportForm, selected: QuerySet[Any]) -> HttpResponseBase:
        resource_class = self.choose_export_resource_class(form, request)
        resource = resource_class(FileScope(request.user), form.chosen_provider)
        after = position_of(request)
        counts = read(lambda: export_counts(resource, selected), after)
        file_format = self.get_export_formats()[int(form.cleaned_data["format"])]()
        refuse_too_many(file_format, counts.total())
        if counts.total() > MOST_ROWS:
            page = f"{self.opts.app_label}.{self.opts.model_name}"
            job = start_export(request.user, resource, form.cleaned_data["format"], page, request.GET.urlencode())
            return HttpResponseRedirect(reverse("admin:customers_job_change", args=[job.pk]))
        if isinstance(file_format, CSV) and is_copied(resource):
            # Before the first byte: who breaks the download off has taken rows as well.
            resource.exported, resource.left_out = counts, Counter(resource.not_exportable())
            self._say_what_is_left_out(request, resource)
            resource.record_export(resource.get_display_name(), address_of(request))
            return stream(
                resource.kind, file_format, chain([BOM], read_pieces(lambda: csv_pieces(resource, selected), after))
            )
        file = read(lambda: _written(resource, selected, file_format), after)
        self._say_what_is_left_out(request, resource)
        resource.record_export(resource.get_display_name(), address_of(request))
        return stream(resource.kind, file_format, _read(file))

    @staticmethod
    def _say_what_is_left_out(request: StaffRequest, resource: BulkResource) -> None:
        for words in left_out_words(resource):
            messages.warning(request, words)

    def file_page_context(self, request: StaffRequest, form: forms.Form, title: str) -> dict[str, Any]:
        """What the templates need on a page that belongs to a list and to no row."""
        frame = {"opts": self.opts, "title": title, "media": self.media, "form": form}
        return {**self.admin_site.each_context(request), **frame}

    def page_url(self, view: str) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{view}")


def _written(resource: BulkResource, selected: QuerySet[Any], file_format: CSV | XLSX) -> Any:
    file = SpooledTemporaryFile(max_size=MOST_IN_MEMORY)  # noqa: SIM115 - the answer closes it
    write_export(resource, selected, file_format, file)
    file.seek(0)
    return file


def _read(file: Any) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE):
            yield piece


def stream(name: str, file_format: CSV | XLSX, pieces: Iterable[bytes]) -> StreamingHttpResponse:
    """A download of which only pieces are held."""
    response = StreamingHttpResponse(pieces, content_type=file_format.get_content_type())
    response["Content-Disposition"] = _disposition(name, file_format)
    return response


def download(name: str, file_format: CSV | XLSX, content: bytes) -> HttpResponse:
    response = HttpResponse(content, content_type=file_format.get_content_type())
    response["Content-Disposition"] = _disposition(name, file_format)
    return response


def _disposition(name: str, file_format: CSV | XLSX) -> str:
    day = timezone.localdate().isoformat()
    return f'attachment; filename="{name}-{day}.{file_format.get_extension()}"'
