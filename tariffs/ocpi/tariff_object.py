"""OCPI tariff objects: parsed into columns and elements of a version, with all problems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from tariffs.conversion import element_rows, version_fields
from tariffs.models import TariffElement
from tariffs.ocpi.fields import NOT_AN_OBJECT, Fields
from tariffs.pricing import InvalidTariff, read_tariff
from tariffs.pricing.problems import Problem

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""From when a tariff counts that does not say it."""

TYPES = ("AD_HOC_PAYMENT", "PROFILE_CHEAP", "PROFILE_FAST", "PROFILE_GREEN", "REGULAR")
_IS_URL = URLValidator(schemes=("http", "https"))


@dataclass
class TariffObject:
    """``version`` holds columns of TariffVersion but for the moment it is in force from, ``elements`` unsaved rows.

    ``code`` is its own id, ``tariff`` the code of the tariff of which it is a version: mostly the same.
    """

    id: str
    code: str = ""
    tariff: str = ""
    currency: str = ""
    start: datetime | None = None
    version: dict[str, Any] = field(default_factory=dict)
    elements: list[TariffElement] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def until(self) -> datetime | None:
        until: datetime | None = self.version.get("valid_until")
        return until


def parse_tariff(value: object, position: int) -> TariffObject:
    """``position`` in the file, from 1 on, names an object that has no id."""
    unnamed = f"#{position}"
    if not isinstance(value, Mapping):
        return TariffObject(unnamed, problems=[NOT_AN_OBJECT])
    fields = Fields(value)
    code = fields.code("id", 36, required=True)
    parsed = TariffObject(code or unnamed, code, start=fields.moment("start_date_time"), version=_version(fields))
    parsed.problems = fields.problems
    try:
        tariff = read_tariff(value)
    except InvalidTariff as wrong:
        parsed.problems += wrong.problems
        return parsed
    parsed.currency, parsed.elements = tariff.currency, element_rows(tariff)
    parsed.version |= version_fields(tariff)
    return parsed


def _version(fields: Fields) -> dict[str, Any]:
    start, until = fields.moment("start_date_time"), fields.moment("end_date_time")
    if until is not None and until <= (start or BEGINNING):
        fields.refuse_field("end_date_time", "is not after start_date_time", "correct one of them")
    return {
        "valid_until": until,
        "ocpi_type": _type(fields),
        "alt_text": _texts(fields),
        "alt_url": _page(fields),
    }


def _type(fields: Fields) -> str:
    given = fields.text("type", 20)
    return str(fields.choice("type", given, TYPES) or "") if given else ""


def _texts(fields: Fields) -> list[dict[str, str]]:
    """Texts for drivers, each with its language."""
    texts = []
    for each in fields.objects("tariff_alt_text"):
        texts.append({"language": each.text("language", 2, required=True), "text": each.text("text", 512)})
        fields.problems += each.problems
    return texts


def _page(fields: Fields) -> str:
    given = fields.text("tariff_alt_url", 255)
    try:
        if given:
            _IS_URL(given)
    except ValidationError:
        fields.refuse_field("tariff_alt_url", f"“{given}” is no web address", "give one like https://example.org/")
    return given
