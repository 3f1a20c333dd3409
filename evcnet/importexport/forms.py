"""Forms of the import and export pages: the library's, which ask for a provider as well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from import_export import forms as import_export
from unfold.widgets import UnfoldAdminSelectWidget

from customers.models import Provider
from evcnet.importexport.csv_file import Sheet
from evcnet.importexport.formats import FORMATS, format_of
from evcnet.importexport.large_files import HEAD_ROWS, MOST_ROWS, head_of, is_large
from evcnet.importexport.resource import BulkResource
from evcnet.importexport.row_errors import UnreadableFile

MEGABYTE = 1024 * 1024
UPLOAD_MOST = 200 * MEGABYTE


class ProviderMixin:
    """Which sort of rows, and whose. What leaves no choice is not asked."""

    fields: dict[str, forms.Field]
    cleaned_data: dict[str, Any]

    def _init_choices(self, resources: Sequence[type[BulkResource]], providers: Mapping[str, Provider]) -> None:
        self.providers = providers
        names = [(str(number), each.get_display_name()) for number, each in enumerate(resources)]
        by_code = [(code, each.name) for code, each in providers.items()]
        if not any(each.has_provider for each in resources):
            by_code = []
        elif len(by_code) > 1:
            by_code.insert(0, ("", "as the column “provider” says"))
        self.fields["resource"] = self._choice("What the rows are", names)
        self.fields["resource"].required = False  # the first, unless another is chosen
        self.fields["provider"] = self._choice("Provider", by_code)

    @staticmethod
    def _choice(label: str, choices: list[tuple[str, str]]) -> forms.ChoiceField:
        if len(choices) < 2:
            return forms.ChoiceField(label=label, choices=choices, required=False, widget=forms.HiddenInput)
        required = not any(value == "" for value, _ in choices)
        return forms.ChoiceField(label=label, choices=choices, required=required, widget=UnfoldAdminSelectWidget)

    def clean_resource(self) -> str:
        return str(self.cleaned_data["resource"] or "0")

    @property
    def chosen_provider(self) -> Provider | None:
        """None where the file says it row by row."""
        code = self.cleaned_data["provider"]
        if code:
            return self.providers[code]
        return next(iter(self.providers.values())) if len(self.providers) == 1 else None


class ImportForm(import_export.ImportForm, ProviderMixin):
    import_file = forms.FileField(
        label="File",
        help_text=f"CSV in UTF-8 with commas or semicolons, or XLSX; at most {UPLOAD_MOST // MEGABYTE} MB. "
        f"The first row names the columns. Of more than {MOST_ROWS:,} rows a job is made, which you may leave and find again.",
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx", "class": "evc-file"}),
        error_messages={
            "required": "Choose a file first.",
            "empty": "The file is empty: its first row has to name the columns, the rows follow below.",
        },
        max_length=200,
    )
    field_order = ("resource", "provider", "import_file")
    media = forms.Media()  # nothing to guess: the format follows from the content
    sheet: Sheet
    is_large = False

    def __init__(
        self,
        formats: Any,
        resources: Sequence[type[BulkResource]],
        *,
        providers: Mapping[str, Provider],
        **options: Any,
    ) -> None:
        super().__init__(formats, resources, **options)
        self._init_choices(resources, providers)
        del self.fields["format"]
        self.fields["import_file"].widget.attrs["class"] = "evc-file"
        self.order_fields(self.field_order)

    def clean_import_file(self) -> Any:
        file = self.cleaned_data["import_file"]
        if file.size > UPLOAD_MOST:
            raise ValidationError(f"The file is larger than {UPLOAD_MOST // MEGABYTE} MB: split it.")
        self.is_large = is_large(file)
        self.sheet = _head_of_upload(file) if self.is_large else sheet_for_page(file.read())
        file.seek(0)
        return file


class ConfirmImportForm(import_export.ConfirmImportForm, ProviderMixin):
    """What was previewed: the stored file, and the fingerprint of what was shown."""

    original_file_name = forms.CharField(widget=forms.HiddenInput, max_length=200)
    format = None  # the content says it
    fingerprint = forms.CharField(widget=forms.HiddenInput, required=False)
    notify = forms.CharField(required=False)
    named = forms.CharField(required=False)
    TYPED = ("notify", "named")  # on the preview itself

    def __init__(
        self, *args: Any, resources: Sequence[type[BulkResource]], providers: Mapping[str, Provider], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self._init_choices(resources, providers)


class ExportForm(import_export.ExportForm, ProviderMixin):
    def __init__(
        self,
        formats: Any,
        resources: Sequence[type[BulkResource]],
        *,
        providers: Mapping[str, Provider],
        **options: Any,
    ) -> None:
        super().__init__(formats, resources, **options)
        self._init_choices(resources, providers)
        del self.fields["export_items"]  # the list's search and filters say which rows
        titles = [(str(number), each().get_title()) for number, each in enumerate(FORMATS)]
        self.fields["format"] = forms.ChoiceField(label="Format", choices=titles, widget=UnfoldAdminSelectWidget)
        self.order_fields(["resource", "provider", "format"])


def sheet_for_page(content: bytes, *, header: bool = True) -> Sheet:
    """The rows of an upload; without a ``header`` its columns are named by position. Raises ValidationError with row, column and remedy."""
    with _refusals():
        return format_of(content).create_dataset(content, most=MOST_ROWS + 1, header=header)


def head_for_page(path: Path, *, header: bool = True) -> Sheet:
    """The first rows of a large upload. Raises ValidationError with row, column and remedy."""
    with _refusals():
        return head_of(path, header=header)


def _head_of_upload(file: Any) -> Sheet:
    if hasattr(file, "temporary_file_path"):
        return head_for_page(Path(file.temporary_file_path()))
    with _refusals():
        content = file.read()
        return format_of(content).create_dataset(content, head=HEAD_ROWS)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except UnreadableFile as unreadable:
        message = str(unreadable.error)
        raise ValidationError(message[0].upper() + message[1:]) from unreadable
