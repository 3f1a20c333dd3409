"""Actions that change the status of rows: a page says first what it means and asks for a reason, a message offers the undo."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django import forms
from django.db import models
from django.db.models import Count
from django.http.response import HttpResponseBase
from django.urls import reverse
from unfold.widgets import UnfoldAdminTextInputWidget

from customers.models import StaffMember
from customers.status_changes import StatusWrite, perform_recorded
from evcnet.accounts.attempts import address_of
from evcnet.admin.actions import Action, ActionForm, ActionsAdmin
from evcnet.admin.report import LISTED, report
from evcnet.admin.requests import StaffRequest
from evcnet.admin.selection import Selection
from evcnet.bulk import BulkResult
from evcnet.history import in_words
from evcnet.text import counted_rows

Meaning = Callable[[Sequence[int], Any, StaffMember], Sequence[str]]
"""What it means that rows get a status, in sentences: from their keys, the status, and the login that reads it."""


@dataclass(frozen=True)
class StatusKind:
    """The status of a model's rows. ``needs_reason``: the values that nobody sets without saying why; ``labels`` name
    values which the field does not; ``narrow`` leaves out the rows that have no status any more; ``name`` is what the page
    calls a row, read with its ``related`` ones."""

    field: str
    meaning: Meaning
    needs_reason: frozenset[Any] = frozenset()
    labels: Mapping[Any, str] = dataclasses.field(default_factory=dict)
    narrow: Callable[[Any], Any] = lambda rows: rows
    name: Callable[[Any], str] = str
    related: tuple[str, ...] = ()

    def label(self, model: type[models.Model], value: Any) -> str:
        return self.labels.get(value) or in_words(model._meta.get_field(self.field), value)


class StatusForm(ActionForm):
    """What an action on these rows means, and why it is done."""

    reason = forms.CharField(
        max_length=500,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text="Kept in the history of each row and in the record.",
    )

    def __init__(
        self, *args: Any, action: StatusAction, model: type[models.Model], keys: list[int], **kwargs: Any
    ) -> None:
        super().__init__(*args, rows=[], **kwargs)
        self.action, self.model, self.keys = action, model, keys
        self.fields["reason"].required = action.target in action.kind.needs_reason
        if not self.fields["reason"].required:
            self.fields["reason"].label = "Reason (may be left empty)"

    @cached_property
    def counts(self) -> dict[Any, int]:
        """How many of the rows have which status now."""
        rows = self.model._base_manager.filter(pk__in=self.keys).order_by()
        return dict(rows.values_list(self.action.kind.field).annotate(number=Count("pk")))

    @cached_property
    def changing(self) -> list[int]:
        """The keys of the rows that the action will change."""
        candidates = self._candidates.order_by("pk")
        if self.action.why_not is None:
            return list(candidates.values_list("pk", flat=True))
        return [row.pk for row in candidates if not self.action.why_not(row)]

    @property
    def _candidates(self) -> Any:
        kind, rows = self.action.kind, self.model._base_manager.filter(pk__in=self.keys)
        return kind.narrow(rows.filter(**{f"{kind.field}__in": self.action.sources}))

    @cached_property
    def sentences(self) -> list[str]:
        meaning = self.action.kind.meaning(self.changing, self.action.target, self.request.user)
        return [*meaning, *self._others(), *self._refused()]

    def _refused(self) -> list[str]:
        why_not = self.action.why_not
        if why_not is None or self._candidates.count() == len(self.changing):
            return []
        reasons = Counter(why_not(row) for row in self._candidates.exclude(pk__in=self.changing))
        return [f"{counted_rows(self.model, number)} will be refused. {reason}" for reason, number in reasons.items()]

    def evaluate(self) -> None:
        """Read now what the page will say."""
        _ = self.sentences

    def _others(self) -> list[str]:
        return [
            f"{counted_rows(self.model, number)} {'is' if number == 1 else 'are'} {self.action.kind.label(self.model, value)} and "
            f"{'stays' if number == 1 else 'stay'} so."
            for value, number in self.counts.items()
            if value not in self.action.sources
        ]

    @cached_property
    def names(self) -> list[str]:
        """The first of the rows that change; none where the title names the one row as well."""
        kind, rows = self.action.kind, self.model._base_manager.filter(pk__in=self.changing[:LISTED])
        names = [(str(row), kind.name(row)) for row in rows.select_related(*kind.related)]
        alone = len(self.keys) == 1 and all(title == name for title, name in names)
        return [] if alone else [name for _, name in names]

    def count(self) -> str:
        return counted_rows(self.model, len(self.changing))

    @property
    def more_names(self) -> int:
        return max(0, len(self.changing) - LISTED)


@dataclass(frozen=True, kw_only=True)
class StatusAction(Action):
    """Sets the status of the rows that have one of ``sources`` to ``target``. ``perform`` takes the keys of rows.

    ``why_not`` says of a row why it is refused, and is empty for the others; None where no row is.
    """

    kind: StatusKind
    target: Any
    sources: frozenset[Any]
    why_not: Callable[[Any], str] | None = None

    @property
    def has_page(self) -> bool:
        return True

    def respond(self, admin: ActionsAdmin[Any], request: StaffRequest, selection: Selection) -> HttpResponseBase | None:
        refused = selection.changed_since
        confirmed = "confirmed" in request.POST and not refused
        data = request.POST if confirmed else None
        form = StatusForm(data, request=request, action=self, model=selection.model, keys=selection.keys)
        if form.changing and not form.is_valid():
            return admin.form_page(request, self, form, selection, refused)
        result, undo = self._perform_recorded(request, selection, form)
        where = reverse("admin:undo_status", args=[undo]) if undo else ""
        report(request, selection.model, result + selection.refusals, self.past_tense, where)
        return None

    def _perform_recorded(
        self, request: StaffRequest, selection: Selection, form: StatusForm
    ) -> tuple[BulkResult, UUID | None]:
        """With nothing to change no reason is asked for, and the result says why."""
        reason = form.cleaned_data["reason"] if form.changing else ""
        write = StatusWrite(
            selection.model, self.kind.field, self.target, self.name, self.past_tense, self.permission, request.user,
            reason, address_of(request),
        )  # fmt: skip
        perform = self.perform or _performs_nothing
        return perform_recorded(write, lambda: perform(selection.keys))


def _performs_nothing(keys: Sequence[int]) -> BulkResult:
    raise NotImplementedError("an action on the status of rows says what it performs")
