"""What does a page say once a bulk action ran: what it did, what it could not do, and why, row by row?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from evcnet.bulk import Outcome, Remark

NAMED = 20
"""So many rows are named in a message; the rest is counted."""
NOT_YOURS = "Your role does not allow this here."


def run(
    request: HttpRequest, queryset: Any, act: Callable[[list[Any]], Outcome], done: str, action: str = "change"
) -> Outcome:
    """A whole bulk action on the selected rows, then the report.

    ``act`` gets the rows on which the login may do ``action``; the others are reported as refused. ``done`` is the
    word for the message: "activated".
    """
    reach = queryset.model._default_manager.visible_to(request.user, action)
    reachable = set(reach.filter(pk__in=queryset.values("pk")).values_list("pk", flat=True))
    rows = list(queryset)
    outcome = act([row for row in rows if row.pk in reachable])
    others = tuple(Remark(row, NOT_YOURS) for row in rows if row.pk not in reachable)
    outcome += Outcome(refused=others)
    tell(request, queryset.model, outcome, done)
    return outcome


def tell(request: HttpRequest, model: type[models.Model], outcome: Outcome, done: str) -> None:
    """One message for what was done, one for what was so already, one for what was refused and why."""
    if outcome.done:
        messages.success(request, _sentence(model, outcome.done, done))
    if outcome.noted:
        messages.info(request, _remarks(model, outcome.noted, "to look at"))
    if outcome.unchanged:
        messages.info(request, _sentence(model, outcome.unchanged, f"{done} already"))
    if outcome.refused:
        messages.warning(request, _remarks(model, outcome.refused, f"not {done}"))
    if not (outcome.done or outcome.unchanged or outcome.refused):
        messages.warning(request, f"No {model._meta.verbose_name} was {done}: none was selected.")


def count_of(model: type[models.Model], number: int) -> str:
    meta = model._meta
    return f"{number:,} {meta.verbose_name if number == 1 else meta.verbose_name_plural}"


def _sentence(model: type[models.Model], rows: Sequence[Any], done: str) -> SafeString:
    names = format_html_join(", ", "{}", ((str(row),) for row in rows[:NAMED]))
    return format_html("{} {}: {}{}", count_of(model, len(rows)), done, names, _rest(rows))


def _remarks(model: type[models.Model], remarks: Sequence[Remark], what: str) -> SafeString:
    lines = format_html_join(
        "", "<li><strong>{}</strong>: {}</li>", ((each.row, each.text) for each in remarks[:NAMED])
    )
    return format_html(
        '{} {}:<ul class="evc-reasons">{}</ul>{}', count_of(model, len(remarks)), what, lines, _rest(remarks)
    )


def _rest(rows: Sequence[Any]) -> str:
    return f" and {len(rows) - NAMED:,} more" if len(rows) > NAMED else ""
