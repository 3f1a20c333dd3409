"""The simple form of prices: a common price list without a table, and what it means as elements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict

from evcnet.admin.moment_field import MomentField
from evcnet.admin.percent_field import PercentField
from tariffs.conversion import element_rows, version_fields
from tariffs.models import Tariff as StoredTariff
from tariffs.models import TariffElement
from tariffs.pricing import PriceLimit, Tariff
from tariffs.pricing.simple import SimplePrices, SimpleReading, simple_prices, simple_tariff

PRICES = ("energy", "time", "parking", "flat")
"""The columns of an element that are priced, in OCPI's order of dimensions."""
LIMITS = ("min_price", "max_price")
MOMENTS = ("valid_from", "valid_until")
MINUTE = Decimal(60)
MOST_FREE_MINUTES = 30 * 24 * 60
_STORED = Decimal("0.0001")  # a price has four decimals, and OCPI counts time by the hour


def _price(label: str, help_text: str = "", decimals: int = 4) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=False,
        min_value=0,
        max_value=99_999,
        decimal_places=decimals,
        help_text=help_text,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            "invalid": "This is not a number: write digits with a point as decimal sign.",
            "min_value": "Give 0 or more.",
        },
    )


def check_window_and_limits(form: forms.BaseForm) -> None:
    """Adds an error where a version ends before it begins, or a limit is given including VAT alone."""
    answers = form.cleaned_data
    begins, ends = answers.get("valid_from"), answers.get("valid_until")
    if begins and ends and ends <= begins:
        form.add_error("valid_until", "The version ends before it begins.")
    for limit in LIMITS:
        if answers.get(f"{limit}_incl") is not None and answers.get(f"{limit}_excl") is None:
            form.add_error(f"{limit}_excl", "Give the limit excluding VAT as well.")


class SimpleForm(forms.Form):
    per_kwh = _price("Per kWh")
    start_fee = _price("Start fee", "Once a session.")
    charging = _price("Charging, per minute", decimals=6)
    parking = _price("Parking, per minute", "Idle fee: connected without charging (OCPI: PARKING_TIME).", decimals=6)
    free_minutes = forms.IntegerField(
        label="Parking free for the first minutes",
        required=False,
        min_value=0,
        max_value=MOST_FREE_MINUTES,
        help_text="Counted from the start of the session, since OCPI knows no time that begins when charging ends.",
    )
    vat = PercentField(
        label="VAT %", required=False, min_value=0, max_value=100, decimal_places=4, help_text="On all of these prices."
    )
    min_price_excl = _price("At least, excl. VAT")
    min_price_incl = _price("At least, incl. VAT", "Empty: in proportion to the limit without VAT.")
    max_price_excl = _price("At most, excl. VAT")
    max_price_incl = _price("At most, incl. VAT", "Empty: in proportion to the limit without VAT.")
    valid_from = MomentField(label="In force from", help_text="Empty: as soon as it is confirmed.")
    valid_until = MomentField(
        ends=True, label="In force until", help_text="Empty: until a later version. After it none is in force."
    )

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("charging", "parking"):
            price = answers.get(name)
            if price is not None and price * MINUTE % _STORED:
                self.add_error(name, "By the hour this has more than four decimals: round it.")
        if answers.get("free_minutes") and not answers.get("parking"):
            self.add_error("free_minutes", "There is no price for parking: give one, or leave this empty.")
        check_window_and_limits(self)
        return answers

    @property
    def problems(self) -> list[str]:
        """Everything that makes no sense, with its field."""
        return [f"{self[name].label}: {error}" for name in self.fields for error in self.errors.get(name, [])]

    def to_table(self, currency: str) -> QueryDict:
        """The same prices as the table of elements would send them, and when they hold as it was typed."""
        return table_data(self.tariff(currency), **{name: self[name].data or "" for name in MOMENTS})

    def tariff(self, currency: str) -> Tariff:
        """The price list that is meant; the form is valid."""
        typed = self.cleaned_data
        least, most = (_limit(typed[f"{name}_excl"], typed[f"{name}_incl"]) for name in LIMITS)
        prices = SimplePrices(
            currency,
            typed["per_kwh"],
            typed["start_fee"],
            _hourly(typed["charging"]),
            _hourly(typed["parking"]),
            (typed["free_minutes"] or 0) * 60,
            typed["vat"],
            least,
            most,
        )
        return simple_tariff(prices)


def simple_values(tariff: Tariff) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The values of the simple form for a price list; or nothing, and each reason why the form can't show it."""
    reading = simple_prices(tariff)
    obstacles = (*reading.obstacles, *_uneven(reading))
    if reading.prices is None or obstacles:
        return {}, obstacles
    prices = reading.prices
    values: dict[str, Any] = {
        "per_kwh": prices.per_kwh,
        "start_fee": prices.start_fee,
        "charging": _by_minute(prices.charging_per_hour),
        "parking": _by_minute(prices.idle_fee_per_hour),
        "free_minutes": prices.idle_fee_after // 60 or None,
        "vat": prices.vat,
    }
    for name, limit in zip(LIMITS, (prices.min_price, prices.max_price), strict=True):
        values |= {f"{name}_excl": limit and limit.excl_vat, f"{name}_incl": limit and limit.incl_vat}
    return {name: plain(value) for name, value in values.items() if value is not None}, ()


def first_values(tariff: StoredTariff) -> dict[str, Any]:
    """Of a tariff that has no price in force."""
    vat = default_vat(tariff)
    return {} if vat is None else {"vat": plain(vat)}


def table_data(tariff: Tariff, valid_from: str, valid_until: str = "") -> QueryDict:
    """The same price list as the table of elements would send it."""
    elements = element_rows(tariff)
    vat = shared_vat(elements)
    rows = [_columns(row, vat) for row in elements]
    sent: dict[str, Any] = {"elements-TOTAL_FORMS": len(rows), "elements-INITIAL_FORMS": 0}
    for position, row in enumerate(rows):
        sent |= {f"elements-{position}-{name}": value for name, value in row.items()}
        sent[f"elements-{position}-ORDER"] = position + 1
    sent |= {f"version-{name}": value for name, value in version_fields(tariff).items() if value not in (None, False)}
    sent |= {"version-valid_from": valid_from, "version-valid_until": valid_until, "version-vat": plain(vat) or ""}
    data = QueryDict(mutable=True)
    data.update({name: str(value) for name, value in sent.items()})
    return data


def shared_vat(rows: Iterable[TariffElement]) -> Decimal | None:
    """The VAT percentage of every price of the elements; None where one differs, or has none."""
    priced = [(row, kind) for row in rows for kind in PRICES if getattr(row, f"{kind}_price") is not None]
    percentages = {getattr(row, f"{kind}_vat") for row, kind in priced}
    return percentages.pop() if len(percentages) == 1 else None


def default_vat(tariff: StoredTariff) -> Decimal | None:
    """That of the provider, as new prices begin with it."""
    return tariff.provider.vat_percent if tariff.provider_id else None


def _columns(row: TariffElement, vat: Decimal | None) -> Mapping[str, Any]:
    """What is typed of a row; a VAT that is the version's is not said again."""
    names = [field.name for field in row._meta.fields if field.name not in ("id", "provider", "version", "position")]
    values = {name: getattr(row, name) for name in names}
    values |= {f"{kind}_vat": None for kind in PRICES if values[f"{kind}_vat"] == vat}
    return {name: value for name, value in values.items() if value not in (None, "", [])}


def _uneven(reading: SimpleReading) -> list[str]:
    """What is no whole number of the form's units."""
    prices = reading.prices
    if prices is None:
        return []
    per_hour = {"charging time": prices.charging_per_hour, "parked time": prices.idle_fee_per_hour}
    uneven = [
        f"Its price of {price} per hour of {what} has no exact price per minute."
        for what, price in per_hour.items()
        if price is not None and _by_minute(price) * MINUTE != price  # type: ignore[operator]
    ]
    if prices.idle_fee_after % 60:
        uneven.append(f"Its parking price begins after {prices.idle_fee_after} seconds, which is no whole minute.")
    return uneven


def _by_minute(per_hour: Decimal | None) -> Decimal | None:
    return None if per_hour is None else (per_hour / MINUTE).quantize(Decimal("0.000001"))


def _hourly(per_minute: Decimal | None) -> Decimal | None:
    return None if per_minute is None else (per_minute * MINUTE).quantize(_STORED)


def _limit(excl: Decimal | None, incl: Decimal | None) -> PriceLimit | None:
    return None if excl is None else PriceLimit(excl, incl)


def plain(value: Any) -> Any:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value
