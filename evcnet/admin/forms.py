"""Optimistic locking for admin forms: refuses a save over somebody else's; and forms whose rows have a provider."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.forms.utils import ErrorDict

from evcnet.admin.requests import StaffRequest
from evcnet.code_keys import CodeKey
from evcnet.errors import Refusal
from evcnet.history import author_id, authors, event_model, in_words, latest_event
from evcnet.primary_keys import parse_pk
from evcnet.spreadsheet_text import is_shortened_number, shortened_number_message

WORDS = {"uid", "visual_number", "identity", "evse_id", "number", "code"}
"""Fields in which no number stands that a spreadsheet shortened."""


@dataclass(frozen=True)
class FieldConflict:
    """A field that somebody else changed since the form was opened. ``adopted``: you had left it as it was."""

    label: str
    theirs: str
    yours: str
    adopted: bool


@dataclass(frozen=True)
class EditConflict:
    who: str
    at: datetime
    differences: list[FieldConflict]


class OwnedForm(forms.ModelForm):  # type: ignore[type-arg]
    """The provider of a row follows from its user group, its parent or the login; where none says it, it is asked."""

    request: StaffRequest
    parent: models.Model | None = None

    def _get_validation_exclusions(self) -> set[str]:
        # The provider is settled rather than typed, and constraints that name it must be checked all the same.
        exclude: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return exclude if self._lacks_provider() else exclude - {"provider"}

    def _post_clean(self) -> None:
        self._check_texts()
        if hasattr(self.instance, "provider_id") and "provider" not in self.fields and self.instance.pk is None:
            self.instance.provider = self._provider()
        super()._post_clean()  # type: ignore[misc]
        if self._lacks_provider() and not self.errors:
            self.add_error(None, "You have a role at no provider that could own this.")

    def _check_texts(self) -> None:
        for name, value in list(self.cleaned_data.items()):
            if name in WORDS and isinstance(value, str) and is_shortened_number(value):
                self.add_error(name, shortened_number_message(value))

    def _lacks_provider(self) -> bool:
        return "provider" not in self.fields and getattr(self.instance, "provider_id", ...) is None

    def _provider(self) -> Any:
        group = self.cleaned_data.get("user_group")
        if group is not None:
            return group.provider
        if self.parent is not None and hasattr(self.parent, "provider"):
            return self.parent.provider
        providers = self.request.user.providers
        return providers[0] if len(providers) == 1 else None


class PortalForm(OwnedForm):
    """A form that never overwrites what somebody else saved meanwhile, unless a person has seen it and says so.

    ``revision`` is the id of the row's latest event when the page was made. On saving, the row is locked and the
    two are compared.
    """

    revision = forms.CharField(required=False, widget=forms.HiddenInput)
    conflict: EditConflict | None = None
    refusal: Refusal | None = None
    """Why the database refused what was typed, where it did: the form shows it as an error of its own."""
    read_only = False
    """Whether the form is only to be shown again as it was typed: then it is never saved."""
    unchecked = False
    """Whether a form that is shown again has no errors yet, as nobody has tried to save it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None and not self.is_bound:
            self.fields["revision"].initial = _revision(latest_event(type(self.instance), self.instance.pk))

    def is_valid(self) -> bool:
        if self.unchecked:
            self._errors = ErrorDict()
        return super().is_valid() and not self.read_only

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.refusal is not None:
            self.add_error(self.refusal.field if self.refusal.field in self.fields else None, self.refusal.message)
        if self.instance.pk is not None:
            self._refuse_lost_update()
        return cleaned

    def stored_spelling(self, name: str, key: type[CodeKey]) -> str:
        """The code that was typed; as it is stored, where that is the same one spelled in another way."""
        typed: str = self.cleaned_data[name]
        stored: str = getattr(self.instance, name)
        return stored if self.instance.pk is not None and key.of(stored) == key.of(typed) else typed

    def _refuse_lost_update(self) -> None:
        model = type(self.instance)
        stored = model._base_manager.select_for_update().filter(pk=self.instance.pk).first()
        if stored is None:
            raise ValidationError(f"This {model._meta.verbose_name} was removed while you had it open.")
        # What is not in the form is saved as it is stored now, not as it was when the page was read.
        for field in model._meta.concrete_fields:
            setattr(self.instance, field.attname, getattr(stored, field.attname))
        latest = latest_event(model, stored.pk)
        if self.data.get(self.add_prefix("revision"), "") != _revision(latest):
            self._compare(stored, latest)

    def _compare(self, stored: Any, latest: Any) -> None:
        original = self._original()
        differences = [each for name in self._names() if (each := self._difference(name, stored, original))]
        self._type(self.add_prefix("revision"), _revision(latest))
        if not differences:
            return
        who = authors([latest]).get(author_id(latest), "Somebody else") if latest else "Somebody else"
        self.conflict = EditConflict(who, latest.pgh_created_at, differences)
        raise ValidationError(
            f"{who} changed this {stored._meta.verbose_name} after you opened it. Nothing has been saved yet: "
            "both versions stand below. Save again to store what this form now shows.",
            code="changed_meanwhile",
        )

    def _original(self) -> Any:
        """The row as this form first showed it."""
        revision, events = parse_pk(self.data.get(self.add_prefix("revision"))), event_model(type(self.instance))
        if events is None or revision is None:
            return None
        manager: Any = events._base_manager
        return manager.filter(pgh_id=revision, pgh_obj=self.instance.pk).first()

    def _names(self) -> list[str]:
        concrete = {field.name for field in self.instance._meta.concrete_fields}
        return [name for name in self.fields if name in concrete]

    def _difference(self, name: str, stored: Any, original: Any) -> FieldConflict | None:
        field = stored._meta.get_field(name)
        theirs, typed = _plain(field, getattr(stored, name)), self.cleaned_data.get(name, ...)
        was = _plain(field, getattr(original, field.attname, ...)) if original else ...
        yours = ... if typed is ... else _plain(field, typed)
        if theirs == yours or theirs == was:
            return None
        adopted = was is not ... and yours == was
        if adopted:
            self._retype(name, getattr(stored, name))
        text = self[name].value() if typed is ... else in_words(field, typed)
        return FieldConflict(str(self[name].label), in_words(field, getattr(stored, name)), str(text), adopted)

    def _retype(self, name: str, value: Any) -> None:
        """Show a value in a bound form as if it had been typed."""
        key, bound = self.add_prefix(name), self[name]
        value = bound.field.prepare_value(getattr(value, "pk", value))
        widget: Any = bound.field.widget
        if isinstance(widget, forms.MultiWidget):
            parts: Any = widget
            for part, inner in zip(parts.widgets_names, parts.decompress(value), strict=True):
                self._type(key + part, inner)
        elif isinstance(widget, forms.CheckboxInput):
            self._type(key, "on" if value else None)
        else:
            self._type(key, value)

    def _type(self, key: str, value: Any) -> None:
        data: Any = self.data
        data = data.copy()
        if value is None:
            data.pop(key, None)
        elif isinstance(value, list):
            data.setlist(key, value)
        else:
            data[key] = value
        self.data = data


def _revision(event: Any) -> str:
    return "" if event is None else str(event.pgh_id)


def _plain(field: Any, value: Any) -> Any:
    """A value that can be compared, whether it comes from a form, a row or an event."""
    if value is ...:
        return value
    return field.get_prep_value(getattr(value, "pk", value))
