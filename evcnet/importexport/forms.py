"""What do the import and export pages ask?"""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminSelectWidget

from evcnet.importexport.kinds import Kind
from evcnet.importexport.problems import Unreadable
from evcnet.importexport.sheets import Sheet, read_sheet

MEGABYTE = 1024 * 1024
UPLOAD_MOST = 10 * MEGABYTE
ROWS_MOST = 20_000  # a page answers within seconds; the command takes more


class TransferForm(forms.Form):
    """Which kind of rows, and whose. What leaves no choice is not asked."""

    kind = forms.ChoiceField(label="What the rows are", widget=UnfoldAdminSelectWidget)
    provider = forms.ChoiceField(label="Provider", required=False, widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, kinds: list[type[Kind]], providers: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kinds, self.providers = {each.name: each for each in kinds}, providers
        self._offer("kind", [(name, titled(name)) for name in self.kinds])
        owned = any(each.owned for each in kinds)
        named = [(code, each.name) for code, each in providers.items()] if owned else []
        self._offer("provider", [("", "as the column “provider” says"), *named] if len(named) > 1 else named)

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field: Any = self.fields[name]
        field.choices = choices
        if len(choices) < 2:
            field.widget, field.required = forms.HiddenInput(), False

    @property
    def chosen_kind(self) -> type[Kind]:
        return self.kinds[self.cleaned_data["kind"] or next(iter(self.kinds))]

    @property
    def chosen_provider(self) -> Any:
        """None where the file says it row by row."""
        code = self.cleaned_data["provider"]
        if code:
            return self.providers[code]
        return next(iter(self.providers.values())) if len(self.providers) == 1 else None


class UploadForm(TransferForm):
    file = forms.FileField(
        label="File",
        help_text=f"CSV in UTF-8 with commas or semicolons, or XLSX; at most {UPLOAD_MOST // MEGABYTE} MB "
        f"and {ROWS_MOST:,} rows. The first row names the columns.",
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx", "class": "evc-file"}),
        error_messages={
            "required": "Choose a file first.",
            "empty": "The file is empty: its first row has to name the columns, the rows follow below.",
        },
        max_length=200,
    )
    sheet: Sheet
    data_read: bytes

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > UPLOAD_MOST:
            raise ValidationError(f"The file is larger than {UPLOAD_MOST // MEGABYTE} MB: split it.")
        self.data_read = file.read()
        self.sheet = sheet_for_page(self.data_read)
        return file


class ConfirmForm(TransferForm):
    """What was previewed: the stored file, and the picture that was shown."""

    stored = forms.CharField(widget=forms.HiddenInput)
    file_name = forms.CharField(widget=forms.HiddenInput, max_length=200)
    fingerprint = forms.CharField(widget=forms.HiddenInput, required=False)
    notify = forms.CharField(required=False)
    named = forms.CharField(required=False)
    SHOWN = ("notify", "named")  # typed on the preview itself


class ExportForm(TransferForm):
    format = forms.ChoiceField(
        label="Format", choices=[("csv", "CSV (UTF-8)"), ("xlsx", "Excel (XLSX)")], widget=UnfoldAdminSelectWidget
    )


def sheet_for_page(data: bytes) -> Sheet:
    """The rows of an upload. Raises ValidationError with row, column and remedy."""
    try:
        return read_sheet(data, most=ROWS_MOST)
    except Unreadable as error:
        said = str(error.problem)
        raise ValidationError(said[0].upper() + said[1:]) from error


def titled(name: str) -> str:
    return name.replace("_", " ").capitalize()
