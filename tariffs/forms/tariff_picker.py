"""Picker of tariffs: the one field by which a form names a tariff, with name and price, those in use first.

Up to LISTED tariffs are a drop-down that needs no script. Where there are more, it lists the first of them; the others
are found by typing, with a script, and without one named by their code in a field beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms.models import ModelChoiceIterator
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from unfold.widgets import INPUT_CLASSES, SELECT_CLASSES

from chargegroups.models import Terms
from chargegroups.tariff_usage import in_use_first
from customers.models import StaffMember
from evcnet.admin.widgets import SearchBox
from evcnet.datetimes import database_clock
from tariffs.current_price import current_prices
from tariffs.models import Tariff

LISTED = 100
TYPED = "-by-code"
"""Ends the name of the field for a code."""
BY_CODE = "code"
"""What the address of the suggestions says where a form sends the codes of tariffs rather than their ids."""


def tariff_words(tariffs: Iterable[Tariff]) -> dict[int, str]:
    """Name and price now of each of the tariffs, by its id, in the reading in which the price is stated."""
    rows = list(tariffs)
    prices = current_prices(rows, database_clock())
    return {tariff.pk: f"{tariff}: {prices[tariff.pk].as_stated}" for tariff in rows}


class TariffChoices:
    """Tariffs that a login is offered, in groups; read once for all the fields of a form."""

    def __init__(self, tariffs: QuerySet[Tariff], login: StaffMember) -> None:
        self.tariffs, self.login = tariffs, login

    @cached_property
    def _first(self) -> list[Any]:
        return list(in_use_first(self.tariffs, self.login)[: LISTED + 1])

    @property
    def are_many(self) -> bool:
        return len(self._first) > LISTED

    @cached_property
    def groups(self) -> list[tuple[str, list[tuple[Tariff, str]]]]:
        """Heading and tariffs with their words."""
        listed = self._first[:LISTED]
        words = tariff_words(listed)
        parts = {used: [(each, words[each.pk]) for each in listed if each.in_use is used] for used in (True, False)}
        return [("In use" if used else "Not in use", rows) for used, rows in parts.items() if rows]


class _Options(ModelChoiceIterator):  # type: ignore[type-arg]
    def __iter__(self) -> Iterator[Any]:
        field: Any = self.field
        if field.empty_label is not None:
            yield "", field.empty_label
        for heading, rows in field.offered.groups if field.offered else ():
            yield heading, [(field.prepare_value(tariff), words) for tariff, words in rows]


class UnknownCode(str):
    """A code that was typed, and that no tariff has which the login may use."""


class TariffPicker(SearchBox):
    """The drop-down; with more tariffs than it lists, a search box, and without a script a field for the code."""

    choices: Any

    def __init__(self) -> None:
        super().__init__(Terms._meta.get_field("tariff"), admin.site, attrs={"class": " ".join(SELECT_CLASSES)})

    @property
    def searches(self) -> bool:
        offered = self.choices.field.offered
        return bool(offered and offered.are_many)

    @property
    def template_name(self) -> str:  # type: ignore[override]
        return "django/forms/widgets/select.html" if self.searches else "unfold/widgets/select.html"

    @property
    def media(self) -> forms.Media:
        return super().media if self.searches else forms.Media()

    def get_url(self) -> str:
        by_code = self.choices.field.to_field_name == BY_CODE
        return f"{super().get_url()}?by={BY_CODE}" if by_code else super().get_url()

    def build_attrs(self, base_attrs: Any, extra_attrs: Any = None) -> dict[str, Any]:
        if self.searches:
            return super().build_attrs(base_attrs, {"data-width": "100%"} | (extra_attrs or {}))
        return forms.Select.build_attrs(self, base_attrs, extra_attrs)

    def use_required_attribute(self, initial: Any) -> bool:
        """Where a code may be typed in its place, the browser does not insist on the drop-down."""
        return not self.searches and super().use_required_attribute(initial)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """A code that was typed counts, whatever the drop-down says."""
        typed = str(data.get(f"{name}{TYPED}") or "").strip()
        return self.choices.field.value_of_code(typed) if typed else super().value_from_datadict(data, files, name)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}{TYPED}" not in data and super().value_omitted_from_data(data, files, name)

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        wrong = value if isinstance(value, UnknownCode) else ""
        choice = super().render(name, None if wrong else value, attrs, renderer)
        if not self.searches:
            return choice
        code = {"name": f"{name}{TYPED}", "code": wrong, "classes": " ".join(INPUT_CLASSES)}
        return choice + SafeString(render_to_string("tariffs/tariff_code.html", code))

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        groups = forms.Select.optgroups(self, name, value, attrs)
        is_listed = any(option["selected"] for _, options, _ in groups for option in options)
        if not is_listed and (chosen := self._chosen(value)):
            groups.append((None, [self.create_option(name, value[0], chosen, True, len(groups))], len(groups)))
        return groups

    def _chosen(self, value: Any) -> str:
        """The words of a tariff that is none of the first ones; empty where there is none."""
        if not self.searches:
            return ""
        try:
            tariff = self.choices.field.to_python(value[0])
        except ValidationError:
            return ""
        return tariff_words([tariff])[tariff.pk] if tariff else ""


class TariffField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A tariff of those that the login may use: the form offers them once it knows the login."""

    iterator = _Options
    offered: TariffChoices | None = None

    def __init__(self, **options: Any) -> None:
        wrong = {"invalid_choice": "There is no such tariff here that you may use: choose another."}
        super().__init__(Tariff.objects.none(), widget=TariffPicker(), error_messages=wrong, **options)

    @classmethod
    def of_terms(cls, slot: str, **options: Any) -> TariffField:
        """For a slot of the terms of a charge group, in their words."""
        field: Any = Terms._meta.get_field(slot)
        empty = "none: the tariff above" if field.blank else "Choose a tariff"
        words = {"label": str(field.verbose_name).capitalize(), "help_text": field.help_text, "empty_label": empty}
        return cls(**{"required": not field.blank} | words | options)

    def value_of_code(self, code: str) -> Any:
        """What the field takes for the one tariff of this code that the login may use."""
        usable: Any = self.queryset
        matches = [] if "\0" in code else list(usable.filter(code=code)[:2])
        return self.prepare_value(matches[0]) if len(matches) == 1 else UnknownCode(code)

    def to_python(self, value: Any) -> Tariff | None:
        if isinstance(value, UnknownCode):
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        tariff: Tariff | None = super().to_python(value)
        return tariff

    def offer(self, choices: TariffChoices) -> None:
        self.offered, self.queryset = choices, choices.tariffs


def offer_tariffs(form: forms.BaseForm, tariffs: QuerySet[Tariff], login: StaffMember) -> None:
    """In all fields of the form that name a tariff."""
    choices = TariffChoices(tariffs, login)
    for field in form.fields.values():
        if isinstance(field, TariffField):
            field.offer(choices)
