"""What did a bulk action do, and what could it not do, row by row?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.db import models, transaction
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from evcnet.refusals import REFUSALS, refusal_of

NAMED = 20
"""So many rows are named in a message; the rest is counted."""


@dataclass
class Outcome:
    """What was done, and what was refused with its reason. ``unchanged`` were so already."""

    done: list[Any] = field(default_factory=list)
    unchanged: list[Any] = field(default_factory=list)
    refused: list[tuple[Any, str]] = field(default_factory=list)


def one_by_one(rows: Iterable[Any], act: Callable[[Any], object]) -> Outcome:
    """Call ``act`` for each row in a transaction of its own. ``act`` returns False for a row that was so already.

    A refusal (``Refused``, a validation error, a database guard) undoes that row alone, and is reported with it.
    """
    outcome = Outcome()
    for row in rows:
        try:
            with transaction.atomic():
                (outcome.unchanged if act(row) is False else outcome.done).append(row)
        except REFUSALS as error:
            outcome.refused.append((row, refusal_of(error).message))
    return outcome


def within_reach(request: HttpRequest, queryset: Any, action: str = "change") -> tuple[list[Any], list[Any]]:
    """The selected rows on which the login may do this, and those that it only sees."""
    reach = set(queryset.model._default_manager.visible_to(request.user, action).values_list("pk", flat=True).filter(
        pk__in=queryset.values("pk")
    ))  # fmt: skip
    rows = list(queryset)
    return [row for row in rows if row.pk in reach], [row for row in rows if row.pk not in reach]


def run(
    request: HttpRequest, queryset: Any, act: Callable[[Any], object], done: str, action: str = "change"
) -> Outcome:
    """A whole bulk action: each selected row within reach, one by one, then the report. ``done`` is "activated"."""
    reachable, others = within_reach(request, queryset, action)
    outcome = one_by_one(reachable, act)
    outcome.refused += [(row, "your role does not allow it.") for row in others]
    tell(request, queryset.model, outcome, done)
    return outcome


def tell(request: HttpRequest, model: type[models.Model], outcome: Outcome, done: str) -> None:
    """One message for what was done, one for what was so already, one for what was refused and why."""
    if outcome.done:
        messages.success(request, _sentence(model, outcome.done, done))
    if outcome.unchanged:
        messages.info(request, _sentence(model, outcome.unchanged, f"{done} already"))
    if outcome.refused:
        messages.warning(request, _refusals(model, outcome.refused))
    if not (outcome.done or outcome.unchanged or outcome.refused):
        messages.warning(request, f"No {model._meta.verbose_name} was {done}: none was selected.")


def _count(model: type[models.Model], number: int) -> str:
    meta = model._meta
    return f"{number:,} {meta.verbose_name if number == 1 else meta.verbose_name_plural}"


def _sentence(model: type[models.Model], rows: list[Any], done: str) -> SafeString:
    names = format_html_join(", ", "{}", ((str(row),) for row in rows[:NAMED]))
    return format_html("{} {}: {}{}", _count(model, len(rows)), done, names, _rest(rows))


def _refusals(model: type[models.Model], refused: list[tuple[Any, str]]) -> SafeString:
    lines = format_html_join("", "<li><strong>{}</strong>: {}</li>", refused[:NAMED])
    return format_html(
        '{} left as before:<ul class="evc-reasons">{}</ul>{}', _count(model, len(refused)), lines, _rest(refused)
    )


def _rest(rows: list[Any]) -> str:
    return f" and {len(rows) - NAMED:,} more" if len(rows) > NAMED else ""
