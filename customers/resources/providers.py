"""CSV resources of providers and user groups."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.db.models import QuerySet

from customers.models import Provider, UserGroup
from evcnet.importexport.fields import Field
from evcnet.importexport.resource import BulkResource
from evcnet.importexport.rows import Row
from evcnet.importexport.widgets import CodeWidget, CountryWidget, DecimalWidget, IntegerWidget, ReferenceWidget


class ProviderResource(BulkResource):
    """Not copied by the database: there are as many rows as providers."""

    has_provider: ClassVar = False

    code = Field(CodeWidget(), required=True)
    name = Field(required=True)
    country_code = Field(CountryWidget(), required=True)
    party_id = Field(CodeWidget(capitals=True), required=True)
    time_zone = Field(CodeWidget(), default="Europe/Amsterdam")
    currency = Field(CodeWidget(capitals=True), default="EUR")
    minimum_seconds = Field(IntegerWidget(most=86_400, unit="seconds"), default=120)
    minimum_kwh = Field(DecimalWidget(decimals=3, most=1_000), default=Decimal("0.2"))

    class Meta:
        model, name, import_id_fields = Provider, "providers", ("code",)


class UserGroupResource(BulkResource):
    creates_in_bulk: ClassVar = False  # a row may be the parent of a later one

    code = Field(CodeWidget(), required=True)
    name = Field(required=True)
    parent = Field(ReferenceWidget(UserGroup))

    class Meta:
        model, name, import_id_fields = UserGroup, "user_groups", ("code",)

    def sort_rows(self, rows: list[Row]) -> list[Row]:
        """A parent before its children, wherever it stands in the file; rows in a ring stay last, and are refused."""
        waiting = {row.key: row for row in rows if row.key}
        ordered = [row for row in rows if not row.key]
        while waiting:
            ready = [key for key, row in waiting.items() if (key[0], row.cell("parent")) not in waiting]
            ordered += [waiting.pop(key) for key in ready or list(waiting)]
        return ordered

    def iter_queryset(self, queryset: QuerySet[UserGroup]) -> list[UserGroup]:
        """Parents first. All are held for that, so they are not copied: a provider has some thousands at most, and a user
        group is a code, a name and a parent."""
        groups = list(queryset)
        parents = {group.pk: group.parent_id for group in groups}
        return sorted(groups, key=lambda group: (group.provider.code, _depth(group.pk, parents)))


def _depth(group: int, parents: dict[int, int | None]) -> int:
    passed: set[int] = set()
    above = parents.get(group)
    while above is not None and above not in passed:
        passed.add(above)
        above = parents.get(above)
    return len(passed)
