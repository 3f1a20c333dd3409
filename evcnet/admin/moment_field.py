"""Form field of a moment: a date and, beside it, a time, which may stay empty.

Browsers send nothing of a picker of both (``datetime-local``) whose time is not filled in, so that a day that was
typed would count as none. The value is one text of ISO 8601, wherever it comes from: two inputs, an address, a test.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import INPUT_CLASSES

from evcnet.datetimes import NotAMoment, last_day, read_moment

_TYPED = re.compile(r"(?P<day>\d{4}-\d\d-\d\d)?(?:[T ](?P<clock>\d\d:\d\d(?::\d\d)?)(?P<rest>\S*))?", re.ASCII)
INCLUDES_THE_DAY = "A date without a time includes that day."


class DateInput(forms.TextInput):
    input_type = "date"


class TimeInput(forms.TextInput):
    input_type = "time"


class MomentInput(forms.Widget):
    """The browser's own pickers of a date, by the name of the field, and of a time, by the name and ``_time``.

    What no picker holds, fractions of a second and the offset of an hour that comes twice, goes along unseen, and counts
    as long as the two stay as they were.
    """

    label = ""
    ends = False

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"class": " ".join(INPUT_CLASSES)} | (attrs or {}))

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        text = typed_moment(value, ends=self.ends) if isinstance(value, datetime) else str(value or "")
        match = _TYPED.fullmatch(text)
        given = self.build_attrs(self.attrs, attrs)
        if match is None:  # a picker would show nothing of it
            return SafeString(forms.TextInput().render(name, text, given, renderer))
        day, clock, rest = (match[part] or "" for part in ("day", "clock", "rest"))
        label = self.label or given.get("aria-label", "")
        of_time = given | {"aria-label": f"{label}: time" if label else "Time", "required": False}
        of_time |= {"id": f"{given['id']}_time"} if given.get("id") else {}
        exact = forms.HiddenInput().render(f"{name}_exact", text, None, renderer) if rest else ""
        return format_html(
            '<span class="evc-moment">{}{}{}</span>',
            DateInput().render(name, day, given, renderer),
            TimeInput().render(f"{name}_time", clock, of_time | ({"step": 1} if len(clock) > 5 else {}), renderer),
            exact,
        )

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> str | None:
        """One text; a time without a date begins with T, and is no moment."""
        if name not in data and f"{name}_time" not in data:
            return None
        day, clock = str(data.get(name) or "").strip(), str(data.get(f"{name}_time") or "").strip()
        exact = _TYPED.fullmatch(str(data.get(f"{name}_exact") or ""))
        if exact and exact["rest"] and (exact["day"], exact["clock"]) == (day, clock):
            return exact.string
        return f"{day}T{clock}" if clock and len(day) <= len("2026-12-01") else day

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return name not in data and f"{name}_time" not in data


class MomentField(forms.DateTimeField):
    """A moment in the current time zone, which is the provider's. A date alone is its first moment; where the field
    ``ends`` something, the next midnight, so that the day is included."""

    widget = MomentInput
    default_error_messages: ClassVar = {"invalid": "Enter a valid date/time, such as 2026-12-01 and 09:00."}

    def __init__(self, *, ends: bool = False, required: bool = False, **options: Any) -> None:
        self.ends = ends
        if ends:
            options["help_text"] = f"{options.get('help_text', '')} {INCLUDES_THE_DAY}".strip()
        super().__init__(required=required, **options)
        self.widget.ends = ends

    def to_python(self, value: Any) -> datetime | None:
        if isinstance(value, datetime):
            return value
        text = str(value or "").strip()
        if not text:
            return None
        if text.startswith("T"):
            raise ValidationError("Give the date as well: a time alone is no moment.", code="invalid")
        try:
            return read_moment(text, timezone.get_current_timezone, ends=self.ends)
        except NotAMoment as wrong:
            readable = _TYPED.fullmatch(text) is not None
            raise ValidationError(str(wrong) if readable else self.error_messages["invalid"], code="invalid") from wrong

    def prepare_value(self, value: Any) -> Any:
        return timezone.localtime(value) if isinstance(value, datetime) and timezone.is_aware(value) else value

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> Any:
        bound = super().get_bound_field(form, field_name)
        self.widget.label = str(bound.label)
        return bound


def typed_moment(moment: datetime, *, ends: bool = False) -> str:
    """As one types the moment by the current clock: the last day of what ends at midnight, and nothing that is zero."""
    zone = timezone.get_current_timezone()
    last = last_day(moment, zone) if ends else None
    if last is not None:
        return last.isoformat()
    local = moment.astimezone(zone)
    exactness = "microseconds" if local.microsecond else "seconds" if local.second else "minutes"
    text = local.replace(tzinfo=None).isoformat(timespec=exactness)
    return f"{text}{_offset(local)}" if local.fold else text


def _offset(local: datetime) -> str:
    minutes = (local.utcoffset() or timedelta()) // timedelta(minutes=1)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
