"""Reads OCPI tariff objects; every problem is said with its place and remedy."""

import re
from datetime import date, time
from decimal import Decimal
from typing import Any, Final

from .currencies import MINOR_UNITS
from .problems import InvalidInput, Reader
from .tariff import (
    ALWAYS,
    DAYS,
    DIMENSIONS,
    RESERVATIONS,
    Component,
    Day,
    Element,
    PriceLimit,
    Restrictions,
    Tariff,
)

_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_DECIMALS: Final = 4  # OCPI type "number": at most four
_MOST_MONEY: Final = 10**8 - 1
_YEAR_OF_SECONDS: Final = 366 * 86_400
_TAX_INCLUDED: Final = ("YES", "NO", "N/A", "N_A")
_QUANTITIES: Final = {"kwh": 100_000, "current": 10_000, "power": 10_000}
_RESTRICTIONS: Final = (
    *("start_time", "end_time", "start_date", "end_date"),
    *(f"{bound}_{what}" for what in _QUANTITIES for bound in ("min", "max")),
    *("min_duration", "max_duration", "day_of_week", "reservation"),
)


class InvalidTariff(InvalidInput):
    """A tariff that makes no sense; `problems` names every place, reason and remedy."""


def read_tariff(ocpi: object) -> Tariff:
    """Read an OCPI 2.2.1 or 2.3.0 tariff object, as `json.loads(text, parse_float=Decimal)` gives it.

    Nulls count as absent; a missing step_size is 1, and that of FLAT says nothing; floats are taken as they are
    written; the components of an element stand in the order of DIMENSIONS. Fields that say nothing of
    the price (id, type, texts, dates of validity) are not looked at. Raises InvalidTariff with every problem found.
    """
    reader = Reader()
    if not isinstance(ocpi, dict):
        reader.refuse("", "the tariff is not an object", "give one OCPI tariff object")
        raise InvalidTariff(reader.problems)
    tariff = _Tariffs(reader).tariff({name: value for name, value in ocpi.items() if value is not None})
    if tariff is None or reader.problems:
        raise InvalidTariff(reader.problems)
    return tariff


class _Tariffs:
    """The shapes of a tariff, read with one collector of problems."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def tariff(self, ocpi: dict[str, Any]) -> Tariff | None:
        currency = self._currency(ocpi.get("currency"))
        included = self.reader.choice("tax_included", ocpi.get("tax_included", "NO"), _TAX_INCLUDED) == "YES"
        rows = self.reader.rows("elements", ocpi.get("elements"))
        elements = [self._element(f"elements[{index}]", row, included) for index, row in enumerate(rows)]
        lowest, highest = self._limit("min_price", ocpi), self._limit("max_price", ocpi)
        self._limits_fit(lowest, highest)
        if self.reader.problems or currency is None:
            return None
        return Tariff(currency, tuple(filter(None, elements)), lowest, highest, included)

    def _currency(self, value: object) -> str | None:
        if isinstance(value, str) and value in MINOR_UNITS:
            return value
        reason = "is absent" if value is None else f"{value!r} is not a currency of ISO 4217"
        self.reader.refuse("currency", reason, "give its three capital letters, like EUR")
        return None

    def _element(self, path: str, row: object, included: bool) -> Element | None:
        fields = self.reader.fields(path, row, ("price_components", "restrictions"))
        rows = self.reader.rows(f"{path}.price_components", fields.get("price_components"))
        parts = [
            self._component(f"{path}.price_components[{index}]", each, included) for index, each in enumerate(rows)
        ]
        components = tuple(sorted(filter(None, parts), key=lambda component: DIMENSIONS.index(component.dimension)))
        restrictions = self._restrictions(f"{path}.restrictions", fields.get("restrictions"))
        if self._once_each(path, components) and self._fit_for_reservation(path, components, restrictions):
            return Element(components, restrictions)
        return None

    def _component(self, path: str, row: object, included: bool) -> Component | None:
        fields = self.reader.fields(path, row, ("type", "price", "vat", "step_size"))
        dimension = self.reader.choice(f"{path}.type", fields.get("type"), DIMENSIONS)
        price = self._money(f"{path}.price", fields.get("price"))
        step = self.reader.whole(f"{path}.step_size", fields.get("step_size", 1), most=10**8)
        vat = None
        if "vat" in fields:
            vat = self.reader.number(f"{path}.vat", fields["vat"], most=100, decimals=_DECIMALS, unit="%")
        elif included:
            self.reader.refuse(
                f"{path}.vat", "is absent while tax_included is YES", "give the VAT that the price includes"
            )
        if dimension is None or price is None or step is None:
            return None
        return Component(dimension, price, 1 if dimension == "FLAT" else step, vat)

    def _once_each(self, path: str, components: tuple[Component, ...]) -> bool:
        dimensions: set[str] = set()
        for component in components:
            if component.dimension in dimensions:
                reason = f"has two components of {component.dimension}"
                self.reader.refuse(f"{path}.price_components", reason, "put the second in an element of its own")
                return False
            dimensions.add(component.dimension)
        return True

    def _fit_for_reservation(self, path: str, components: tuple[Component, ...], restrictions: Restrictions) -> bool:
        wrong = [each.dimension for each in components if each.dimension in ("ENERGY", "PARKING_TIME")]
        if restrictions.reservation is None or not wrong:
            return True
        reason = f"has {' and '.join(wrong)} for a reservation, which only has FLAT and TIME"
        self.reader.refuse(f"{path}.price_components", reason, "put it in an element without reservation")
        return False

    def _restrictions(self, path: str, value: object) -> Restrictions:
        if value is None:
            return ALWAYS
        fields = self.reader.fields(path, value, _RESTRICTIONS)
        read: dict[str, Any] = {}
        for name, raw in fields.items():
            read[name] = self._restriction(f"{path}.{name}", name, raw)
        return Restrictions(**read)

    def _restriction(self, path: str, name: str, raw: object) -> object:
        if name.endswith("_time"):
            return self._time(path, raw, is_end=name == "end_time")
        if name.endswith("_date"):
            return self._date(path, raw)
        if name.endswith("_duration"):
            return self.reader.whole(path, raw, most=_YEAR_OF_SECONDS, unit="seconds")
        if name == "day_of_week":
            return self._days(path, raw)
        if name == "reservation":
            return self.reader.choice(path, raw, RESERVATIONS)
        return self.reader.number(path, raw, most=_QUANTITIES[name[4:]], decimals=_DECIMALS)

    def _time(self, path: str, raw: object, is_end: bool) -> time | None:
        if is_end and raw == "24:00":
            return time(0)  # another spelling of the end of the day
        match = _TIME.fullmatch(raw) if isinstance(raw, str) else None
        if match is None:
            self.reader.refuse(path, f"{raw!r} is not a time", "write HH:MM, from 00:00 to 23:59")
            return None
        return time(int(match[1]), int(match[2]))

    def _date(self, path: str, raw: object) -> date | None:
        try:
            if isinstance(raw, str) and _DATE.fullmatch(raw):
                return date.fromisoformat(raw)
        except ValueError:
            pass
        self.reader.refuse(path, f"{raw!r} is not a date", "write YYYY-MM-DD")
        return None

    def _days(self, path: str, raw: object) -> tuple[Day, ...]:
        if not isinstance(raw, list | tuple):
            self.reader.refuse(path, "is not a list", 'give a list of days, like ["MONDAY"]')
            return ()
        days = {self.reader.choice(f"{path}[{index}]", each, DAYS) for index, each in enumerate(raw)}
        return tuple(day for day in DAYS if day in days)

    def _limit(self, name: str, ocpi: dict[str, Any]) -> PriceLimit | None:
        """2.2.1 says excl_vat and incl_vat, 2.3.0 before_taxes and after_taxes."""
        if name not in ocpi:
            return None
        fields = self.reader.fields(name, ocpi[name], ("excl_vat", "incl_vat", "before_taxes", "after_taxes"))
        excl_name = "before_taxes" if "before_taxes" in fields else "excl_vat"
        incl_name = "after_taxes" if "after_taxes" in fields else "incl_vat"
        excl = self._money(f"{name}.{excl_name}", fields.get(excl_name))
        incl = self._money(f"{name}.{incl_name}", fields[incl_name]) if incl_name in fields else None
        if excl is None:
            return None
        if incl is not None and incl < excl:
            self.reader.refuse(
                name, f"is {excl} excluding and {incl} including VAT", "give the larger one as including"
            )
        return PriceLimit(excl, incl)

    def _limits_fit(self, lowest: PriceLimit | None, highest: PriceLimit | None) -> None:
        if lowest is None or highest is None:
            return
        both_incl = lowest.incl_vat is not None and highest.incl_vat is not None
        if lowest.excl_vat > highest.excl_vat or (both_incl and lowest.incl_vat > highest.incl_vat):  # type: ignore[operator]
            self.reader.refuse("min_price", "is more than max_price", "exchange them or correct one")

    def _money(self, path: str, value: object) -> Decimal | None:
        if value is None:
            self.reader.refuse(path, "is absent", "give a price; free of charge is 0")
            return None
        return self.reader.number(path, value, most=_MOST_MONEY, decimals=_DECIMALS)
