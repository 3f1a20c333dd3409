"""Families: OCPI tariff objects that are versions of one tariff, and the ids by which they hang together."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime

from tariffs.ocpi.tariff_object import BEGINNING, TariffObject
from tariffs.pricing.problems import Problem

LONGEST_ID = 36
LONGEST_STEM = LONGEST_ID - len("@20270601T0000")
"""So much of a tariff's code is in the ids of its versions to come."""

_VERSION_ID = re.compile(r"(.+)@\d{8}T\d{4}")
_OVERLAP = Problem(
    "id",
    "occurred earlier in the file",
    "give each tariff an id of its own, or its versions periods that don't overlap",
)
_INCOMPLETE = Problem("id", "another version of its tariff can't be taken", "mend that first")


def version_id(code: str, start: datetime) -> str:
    """The id of a tariff's version that begins at this moment, at most 36 characters."""
    return f"{code[:LONGEST_STEM]}@{start.astimezone(UTC):%Y%m%dT%H%M}"


class TariffCodes:
    """Codes of tariffs, by which the ids of their versions are recognised."""

    def __init__(self, codes: Iterable[str]) -> None:
        self.codes = set(codes)
        self.by_stem: dict[str, list[str]] = defaultdict(list)
        for code in self.codes:
            self.by_stem[code[:LONGEST_STEM]].append(code)

    def code_of(self, object_id: str) -> str:
        """The code of the tariff whose version has this id; the id itself where it is no version's."""
        match = _VERSION_ID.fullmatch(object_id)
        if match is None or object_id in self.codes:
            return object_id
        stem = match[1]
        longer = self.by_stem[stem] if len(stem) == LONGEST_STEM else []
        return longer[0] if stem not in self.codes and len(longer) == 1 else stem


def families(objects: Iterable[TariffObject], stored: Iterable[str]) -> list[list[TariffObject]]:
    """The good objects by tariff, in the order of the file; sets ``tariff`` of each to the code of its tariff.

    An object that overlaps an earlier one gets a problem, and so do the others of a family of which one is bad.
    """
    given = list(objects)
    codes = TariffCodes([*stored, *(each.code for each in given if not _VERSION_ID.fullmatch(each.code))])
    by_tariff: dict[str, list[TariffObject]] = defaultdict(list)
    for each in given:
        code = codes.code_of(each.code)
        is_version = each.start is not None and version_id(code, each.start) == each.code
        each.tariff = code if is_version else each.code
        if each.code:
            by_tariff[each.tariff].append(each)
    return [family for family in map(_good, by_tariff.values()) if family]


def _good(family: list[TariffObject]) -> list[TariffObject]:
    taken: list[TariffObject] = []
    for each in family:
        if any(_overlap(each, earlier) for earlier in taken):
            each.problems.append(_OVERLAP)
        else:
            taken.append(each)
    if any(each.problems for each in taken):
        for each in taken:
            each.problems = each.problems or [_INCOMPLETE]
        return []
    return taken


def _overlap(one: TariffObject, other: TariffObject) -> bool:
    first, second = sorted((one, other), key=lambda each: each.start or BEGINNING)
    return first.until is None or first.until > (second.start or BEGINNING)
