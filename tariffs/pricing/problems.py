"""Problems of an input, which refuse it, and findings about a tariff, which do not: each with its place and remedy.

Every problem is collected before anything is refused.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, TypeVar

_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]{1,4})?", re.ASCII)

Choice = TypeVar("Choice", bound=str)


@dataclass(frozen=True, slots=True)
class Problem:
    """One defect: the place ("elements[0].price_components[1].price"), the reason, the way out."""

    path: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.path}: " if self.path else ""
        return f"{place}{self.reason}; {self.remedy}"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something odd about a tariff, which does not forbid it: `code` names the rule, `where` is like "elements[1]"."""

    code: str
    where: str
    why: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.why} {self.remedy}"


class InvalidInput(ValueError):
    """An input that makes no sense. `problems` holds every problem found; the text has them all in one line."""

    def __init__(self, problems: Collection[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(" | ".join(map(str, self.problems)))


class Reader:
    """Reads values out of JSON and collects what is wrong with them; every read of a bad value gives None."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def refuse(self, path: str, reason: str, remedy: str) -> None:
        self.problems.append(Problem(path, reason, remedy))

    def fields(self, path: str, value: object, known: Collection[str]) -> dict[str, Any]:
        """The fields that are present (null is absent). One that is not known could change the price: refused."""
        if not isinstance(value, Mapping):
            self.refuse(path, f"is {_kind(value)}", "give an object")
            return {}
        for name in value:
            if name not in known and value[name] is not None:
                self.refuse(_join(path, _name(name)), "is not a known field", f"use one of {', '.join(known)}")
        return {name: value[name] for name in known if value.get(name) is not None}

    def rows(self, path: str, value: object) -> list[Any]:
        """A list with at least one row."""
        if not isinstance(value, list | tuple):
            self.refuse(path, f"is {_kind(value)}", "give a list")
            return []
        if not value:
            self.refuse(path, "is empty", "give at least one")
        return list(value)

    def number(
        self, path: str, value: object, *, most: int, decimals: int, least: int = 0, unit: str = ""
    ) -> Decimal | None:
        """A decimal within [least, most] with at most so many decimals, exactly as it was written."""
        number = self._exact(path, value)
        if number is None:
            return None
        given = f"{value}{unit and ' ' + unit}"
        if number < least:
            wrong = f"{given} is negative" if least == 0 else f"{given} is less than {least}"
            self.refuse(path, wrong, f"give {least} or more")
        elif number > most:
            self.refuse(path, f"{given} is more than {most:,}", "check the unit and the decimal sign")
        elif (Fraction(number) * 10**decimals).denominator != 1:
            self.refuse(path, f"{given} has more than {_count(decimals)} decimals", "round it")
        else:
            return number
        return None

    def whole(self, path: str, value: object, *, most: int, unit: str = "") -> int | None:
        """A whole number within [0, most]."""
        number = self.number(path, value, most=most, decimals=30, unit=unit)
        if number is None:
            return None
        if number != int(number):
            self.refuse(path, f"{value} is not a whole number", f"give whole {unit}" if unit else "round it")
            return None
        return int(number)

    def choice(self, path: str, value: object, choices: Collection[Choice]) -> Choice | None:
        """One of the choices."""
        for choice in choices:
            if value == choice:
                return choice
        self.refuse(path, f"{_quoted(value)} is unknown", f"use one of {', '.join(map(str, choices))}")
        return None

    def _exact(self, path: str, value: object) -> Decimal | None:
        if isinstance(value, float):
            value = repr(value)  # the shortest text that reads as this float: what the JSON said
        if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
            self.refuse(path, f"is {_kind(value)}", "give a number")
            return None
        if isinstance(value, str) and not _NUMBER.fullmatch(value):
            self.refuse(path, f"{_quoted(value)} is not a number", "write digits with a point as decimal sign")
            return None
        number = Decimal(value)
        if not number.is_finite() or abs(number.adjusted()) > 30 or len(number.as_tuple().digits) > 60:
            self.refuse(path, f"{_quoted(value)} is not a usable number", "check the unit and the decimal sign")
            return None
        return number


def _name(key: object) -> str:
    text = str(key)
    return text if text.isidentifier() and len(text) <= 40 else _quoted(text)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _count(number: int) -> str:
    return {4: "four", 2: "two"}.get(number, str(number))


def _kind(value: object) -> str:
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "absent"}
    return kinds.get(type(value), "a number")


def _quoted(value: object) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 40 else text[:37] + "..."
