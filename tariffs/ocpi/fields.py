"""Fields of OCPI objects: texts, moments, booleans and lists with everything that is wrong with them; moments written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from evcnet.codes import foreign_sign
from tariffs.pricing.problems import Problem, Reader

NOT_AN_OBJECT = Problem("", "is not an object", "give OCPI objects, as in [{...}, {...}]")

MILLISECOND = timedelta(milliseconds=1)

_BREAKS = re.compile(r"[\t\r\n]+")


class Fields(Reader):
    """The fields of one object; null counts as absent. ``at`` is where it lies within the object that people look up."""

    def __init__(self, value: Mapping[str, Any], at: str = "") -> None:
        super().__init__()
        self.at = f"{at}." if at else ""
        self.present = {name: each for name, each in value.items() if each is not None}

    def path(self, name: str) -> str:
        return self.at + name

    def refuse_field(self, name: str, reason: str, remedy: str) -> None:
        self.refuse(self.path(name), reason, remedy)

    def text(self, name: str, longest: int, *, required: bool = False) -> str:
        """On one line, without the spaces around it; empty where it is absent."""
        value = self.present.get(name, "")
        if not isinstance(value, str):
            self.refuse_field(name, "is not a text", "put it in quotation marks")
            return ""
        value = _BREAKS.sub(" ", value).strip()
        if not _fits_column(value):
            self.refuse_field(name, "has control characters or broken letters", "take them out")
        elif len(value) > longest:
            self.refuse_field(name, f"is longer than {longest} characters", "shorten it")
        elif required and not value:
            self.refuse_field(name, "is absent", "give it")
        else:
            return value
        return ""

    def code(self, name: str, longest: int, *, required: bool = False) -> str:
        """A text by which something is known: of signs that are what they look like."""
        code = self.text(name, longest, required=required)
        sign = foreign_sign(code, ascii_only=True)
        if sign is not None:
            self.refuse_field(name, f"holds {sign}", "take it out, or write it in plain letters and digits")
        return "" if sign else code

    def truth(self, name: str) -> bool:
        """False where it is absent."""
        value = self.present.get(name, False)
        if not isinstance(value, bool):
            self.refuse_field(name, "is neither true nor false", "write true or false, without quotation marks")
        return value is True

    def moment(self, name: str) -> datetime | None:
        """ISO 8601; OCPI's times are UTC, with or without the Z."""
        text = self.text(name, 40)
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            self.refuse_field(name, f"“{text}” is no time", "write it like 2026-12-01T09:00:00Z")
            return None

    def objects(self, name: str) -> list[Fields]:
        """The objects of a list; none where it is absent."""
        value = self.present.get(name, [])
        if not isinstance(value, list):
            self.refuse_field(name, "is not a list", "put it in [ ]")
            return []
        items = []
        for index, each in enumerate(value):
            path = self.path(f"{name}[{index}]")
            if isinstance(each, Mapping):
                items.append(Fields(each, path))
            else:
                self.refuse(path, "is not an object", "give an object")
        return items


def _fits_column(text: str) -> bool:
    """JSON can spell control characters and halves of surrogate pairs, which PostgreSQL or people can't read."""
    return not any(letter < " " or "\ud800" <= letter <= "\udfff" for letter in text)


def whole_millisecond(moment: datetime) -> datetime:
    """The next whole millisecond, in UTC, as OCPI can say it: what began at the moment has begun by then."""
    beyond = moment.microsecond % 1_000
    return moment.astimezone(UTC) + (MILLISECOND - timedelta(microseconds=beyond) if beyond else timedelta())


def format_moment(moment: datetime) -> str:
    """In UTC and at most 25 characters, as OCPI has it."""
    whole = whole_millisecond(moment)
    text = whole.isoformat(timespec="milliseconds" if whole.microsecond else "seconds")
    return text.removesuffix("+00:00") + "Z"
