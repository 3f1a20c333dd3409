"""Messages after an action: what became of each row, by one message for all that fared alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db import models
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from evcnet.admin.requests import StaffRequest
from evcnet.bulk import BulkResult, RowMessage
from evcnet.text import counted_rows

LISTED = 20
"""So many rows are named in a message; the rest is counted."""


def report(
    request: StaffRequest, model: type[models.Model], result: BulkResult, past_tense: str, undo: str = ""
) -> None:
    """One message for what was changed, one for what was so already, one for what was refused and why.

    ``undo`` is the address of the page that undoes it, and empty where nothing does.
    """
    if result.changed:
        link = format_html('. <a class="evc-link" href="{}">Undo</a>', undo) if undo else ""
        messages.success(request, format_html("{}{}", _names(model, result.changed, past_tense), link))
    if result.notes:
        messages.info(request, _reasons(model, result.notes, "to look at"))
    if result.unchanged:
        messages.info(request, _names(model, result.unchanged, f"{past_tense} already"))
    if result.refusals:
        messages.warning(request, _reasons(model, result.refusals, f"not {past_tense}"))
    if not (result.changed or result.unchanged or result.refusals):
        messages.warning(request, f"No {model._meta.verbose_name} was {past_tense}: none was selected.")


def _names(model: type[models.Model], rows: Sequence[Any], past_tense: str) -> SafeString:
    names = format_html_join(", ", "{}", ((str(row),) for row in rows[:LISTED]))
    return format_html("{} {}: {}{}", counted_rows(model, len(rows)), past_tense, names, _and_more(rows))


def _reasons(model: type[models.Model], row_messages: Sequence[RowMessage], what: str) -> SafeString:
    lines = format_html_join(
        "", "<li><strong>{}</strong>: {}</li>", ((each.row, each.text) for each in row_messages[:LISTED])
    )
    count = counted_rows(model, len(row_messages))
    return format_html('{} {}:<ul class="evc-reasons">{}</ul>{}', count, what, lines, _and_more(row_messages))


def _and_more(rows: Sequence[Any]) -> str:
    return f" and {len(rows) - LISTED:,} more" if len(rows) > LISTED else ""
