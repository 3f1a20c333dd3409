"""The table of elements: a version of a tariff with all that OCPI can say, checked as OCPI checks it."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.forms.formsets import BaseFormSet
from django.http import QueryDict

from evcnet.admin.moment_field import MomentField
from evcnet.admin.percent_field import PercentField
from tariffs.conversion import price_list, restrictions
from tariffs.forms.simple_prices import (
    LIMITS,
    MOMENTS,
    PRICES,
    check_window_and_limits,
    default_vat,
    plain,
    shared_vat,
    simple_values,
)
from tariffs.models import NO_PRICE, DayOfWeek, Tariff, TariffElement, TariffVersion
from tariffs.pricing import InvalidTariff, read_tariff, write_tariff
from tariffs.pricing import Tariff as PriceList
from tariffs.pricing.conditions import condition

WINDOWS = (
    ("start_time", "end_time"),
    ("start_date", "end_date"),
    ("min_kwh", "max_kwh"),
    ("min_power", "max_power"),
    ("min_current", "max_current"),
    ("min_duration", "max_duration"),
)
_LABELS = {
    "energy": "per kWh",
    "time": "charging, per hour",
    "parking": "parking (idle fee), per hour",
    "flat": "per session",
}
_PARTS = {"price": "price", "vat": "VAT %", "step": "step"}
_PLACE = re.compile(
    r"elements\[(\d+)\](?:\.restrictions\.(\w+)|\.price_components\[(\d+)\](?:\.(price|vat|step)\w*)?)?"
)


class VersionForm(forms.ModelForm):  # type: ignore[type-arg]
    vat = PercentField(
        label="VAT %",
        required=False,
        min_value=0,
        max_value=100,
        decimal_places=4,
        help_text="Of all prices that have no percentage of their own. Empty: their VAT is not stated.",
    )
    valid_from = MomentField(label="In force from", help_text="Empty: from now on.")
    valid_until = MomentField(
        ends=True, label="In force until", help_text="Empty: until a later version. After it none is in force."
    )

    class Meta:
        model = TariffVersion
        fields = ["vat", "valid_from", "valid_until", "min_price_excl", "min_price_incl", "max_price_excl", "max_price_incl",
                  "tax_included"]  # fmt: skip

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = super().clean() or self.cleaned_data
        check_window_and_limits(self)
        return answers

    def _get_validation_exclusions(self) -> set[str]:
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return excluded | {"valid_from", "valid_until"}


class ElementForm(forms.ModelForm):  # type: ignore[type-arg]
    """One row: prices with their VAT, and when they hold."""

    day_of_week = forms.MultipleChoiceField(
        label="Days", choices=DayOfWeek.choices, required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = TariffElement
        exclude = ["provider", "version", "position"]
        field_classes: ClassVar = {f"{kind}_vat": PercentField for kind in ("energy", "time", "parking", "flat")}
        widgets = {
            "start_time": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "end_time": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "start_date": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "end_date": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if name.endswith(("_price", "_vat")) or name.startswith(("min_", "max_")):
                field.widget.attrs["inputmode"] = "decimal"
            # In a table the words stand in the head of the column, which a screen reader does not read with a field.
            field.widget.attrs["aria-label"] = self._label(name)

    def get_initial_for_field(self, field: forms.Field, field_name: str) -> Any:
        """As people write it: 0.25 rather than 0.2500."""
        value = super().get_initial_for_field(field, field_name)
        return Decimal(f"{value.normalize():f}") if isinstance(value, Decimal) else value

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = super().clean() or self.cleaned_data
        if all(answers.get(f"{kind}_price", 0) is None for kind in PRICES):
            self.add_error(None, NO_PRICE)
        # Times of day wrap over midnight; every other window that ends before it begins never holds.
        for least, most in WINDOWS[1:]:
            begins, ends = answers.get(least), answers.get(most)
            if begins is not None and ends is not None and ends <= begins:
                self.add_error(most, "This window ends before it begins: exchange the two, or leave one empty.")
        return answers

    @property
    def row_errors(self) -> list[tuple[str, Any]]:
        """Every error of the row, with what it is about."""
        fields = [(self._label(name), error) for name in self.fields for error in self.errors.get(name, [])]
        return fields + [("", error) for error in self.non_field_errors()]

    def _label(self, name: str) -> str:
        kind, _, what = name.partition("_")
        return f"{_LABELS[kind]}: {_PARTS[what]}" if kind in _LABELS else str(self.fields[name].label or name)

    @property
    def prices(self) -> list[tuple[Any, Any]]:
        return [(self[f"{kind}_price"], self[f"{kind}_vat"]) for kind in PRICES]

    @property
    def steps(self) -> list[Any]:
        return [self[f"{kind}_step"] for kind in PRICES[:3]]

    @property
    def windows(self) -> list[tuple[Any, Any]]:
        return [(self[least], self[most]) for least, most in WINDOWS]

    @property
    def conditions(self) -> str:
        """In words, as far as they make sense, when the row holds."""
        if self.is_bound:
            row = TariffElement(**_columns(self))
        else:
            row = TariffElement(**{name: value for name, value in self.initial.items() if hasattr(TariffElement, name)})
        return condition(restrictions(row)) or "always"


class _Elements(BaseFormSet):  # type: ignore[type-arg]
    ordering_widget = forms.NumberInput(attrs={"min": 1, "aria-label": "Position"})  # type: ignore[assignment]
    deletion_widget = forms.CheckboxInput(attrs={"aria-label": "Remove this row"})  # type: ignore[assignment]


ElementFormSet = forms.formset_factory(
    ElementForm,
    formset=_Elements,
    extra=1,
    can_delete=True,
    can_order=True,
    max_num=200,
    validate_max=True,
    absolute_max=400,  # those to be removed included; each that a request claims to send is checked and shown again
)


class PriceTable:
    """All that is typed about one version: its form, the table of elements, and what they mean together.

    ``stored`` is the version that it is filled in with and, if it is scheduled, replaces. ``obstacles`` say what the
    simple form has no field for, once somebody asked for it.
    """

    def __init__(self, tariff: Tariff, data: Any = None, version: TariffVersion | None = None) -> None:
        self.tariff, self.stored = tariff, version
        rows = list(version.elements.all()) if version else []
        vat = shared_vat(rows) if version else default_vat(tariff)
        initial = {"vat": plain(vat)}
        self.version = VersionForm(
            data, instance=version or TariffVersion(tariff=tariff), prefix="version", initial=initial
        )
        self.elements = ElementFormSet(data, initial=[_row_values(row, vat) for row in rows] or None, prefix="elements")
        self.obstacles: tuple[str, ...] = ()

    def is_valid(self) -> bool:
        valid = self.version.is_valid()
        return self.elements.is_valid() and valid and self._makes_sense()

    @property
    def rows(self) -> list[TariffElement]:
        """The typed elements, unsaved and in order; prices without a VAT of their own have that of the version."""
        rows = [TariffElement(**_columns(form)) for form in self.elements.ordered_forms]
        vat = self.version.cleaned_data.get("vat")
        for row in rows:
            for kind in PRICES:
                if getattr(row, f"{kind}_price") is not None and getattr(row, f"{kind}_vat") is None:
                    setattr(row, f"{kind}_vat", vat)
        return rows

    @property
    def price_list(self) -> PriceList:
        return price_list(self.version.instance, self.rows)

    @property
    def empty(self) -> bool:
        """Whether no row of a table that was sent says anything."""
        return not any(form.has_changed() for form in self.elements.forms)

    @property
    def data(self) -> QueryDict:
        """As it was sent."""
        sent: QueryDict = self.elements.data  # type: ignore[assignment]
        return sent

    @property
    def valid_from(self) -> datetime | None:
        """Of a valid table; None: from now on."""
        begins: datetime | None = self.version.cleaned_data["valid_from"]
        return begins

    @property
    def valid_until(self) -> datetime | None:
        ends: datetime | None = self.version.cleaned_data["valid_until"]
        return ends

    def simple_values(self) -> tuple[dict[str, Any], tuple[str, ...]]:
        """What the simple form shows of a valid table; or nothing, and each reason why it can't."""
        values, obstacles = simple_values(self.price_list)
        if obstacles:
            return {}, obstacles
        return values | {name: self.version[name].data or "" for name in MOMENTS}, ()

    @property
    def problems(self) -> list[str]:
        """Everything that makes no sense, with its row."""
        version = self.version
        whole = [*self.elements.non_form_errors(), *version.non_field_errors()]
        fields = [
            f"{version[name].label}: {error}" for name in version.fields for error in version.errors.get(name, [])
        ]
        rows = [
            f"Row {number}: {f'{what}: ' if what else ''}{error}"
            for number, form in enumerate(self.elements, 1)
            for what, error in form.row_errors
        ]
        return [*map(str, whole), *rows, *fields]

    @property
    def fields(self) -> dict[str, Any]:
        """The columns of the version that were typed, without its beginning."""
        return {name: value for name, value in self.version.cleaned_data.items() if name not in ("valid_from", "vat")}

    def _makes_sense(self) -> bool:
        if not self.elements.ordered_forms:
            self.version.add_error(None, "Give at least one price; for free of charge, 0 per session.")
            return False
        try:
            read_tariff(write_tariff(self.price_list))
        except InvalidTariff as error:
            self._place(error)
            return False
        return True

    def _place(self, error: InvalidTariff) -> None:
        """Each problem at the field that it is about; where that is unknown, at its row or at the version."""
        for problem in error.problems:
            place = _PLACE.match(problem.path)
            form = self.elements.ordered_forms[int(place[1])] if place else self.version
            name = (
                _field_of(form, place) if place else f"{problem.path}_excl" if problem.path in LIMITS else problem.path
            )
            form.add_error(name if name in form.fields else None, f"{problem.reason}; {problem.remedy}.")


def _field_of(form: forms.BaseForm, place: re.Match[str]) -> str:
    """The field of a row for a place in the OCPI object; the components of an element are its prices, in order."""
    if place[2] or not place[3]:
        return place[2] or ""
    priced = [kind for kind in PRICES if form.cleaned_data.get(f"{kind}_price") is not None]
    return f"{priced[int(place[3])]}_{place[4] or 'price'}"


def _columns(form: ElementForm) -> dict[str, Any]:
    names = [field.name for field in TariffElement._meta.fields if field.name in form.cleaned_data]
    return {name: form.cleaned_data[name] for name in names}


def _row_values(element: TariffElement, vat: Decimal | None) -> dict[str, Any]:
    """A stored element as the values of a row; a VAT that is the version's is not said again."""
    values = {field.name: getattr(element, field.name) for field in TariffElement._meta.fields if field.name not in
              ("id", "provider", "version", "position")}  # fmt: skip
    return values | {f"{kind}_vat": None for kind in PRICES if values[f"{kind}_vat"] == vat}
