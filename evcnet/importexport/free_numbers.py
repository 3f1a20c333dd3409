"""Numbers that nobody has: for rows of a file that bring none."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, islice
from typing import Any

from django.db.models import BigIntegerField, Case, Max, Model, When
from django.db.models.functions import Cast

from customers.models import Provider
from evcnet.importexport.column_choices import fill_numbers
from evcnet.importexport.csv_file import Sheet
from evcnet.importexport.resource import BulkResource
from evcnet.importexport.scope import FileScope

FIRST = 100_001  # where nobody has a number of digits alone
TOGETHER = 1_000  # numbers that one query looks for
PLAIN = r"^[1-9][0-9]{0,8}$"


def numbered(sheet: Sheet, resource: BulkResource) -> Sheet:
    """The rows with a free number in each cell of the kind's number that is empty."""
    column, provider = resource.numbered_column, resource.provider
    if not column or provider is None:
        return sheet
    header: list[str] = sheet.headers or []
    others = {str(cell).strip() for cell in sheet.get_col(header.index(column))} if column in header else set()
    numbers = free_numbers(resource.scope, resource.model, resource.fields[column].attribute, provider, others)
    return fill_numbers(sheet, column, numbers)


def free_numbers(
    scope: FileScope, model: type[Model], attribute: str, provider: Provider, others: set[str]
) -> Iterator[str]:
    """They go on after the highest one that the login sees. What anybody else at the provider has is passed over, an
    erased customer included, and so are ``others``, those of the file."""
    plain: Any = Case(When(**{f"{attribute}__regex": PLAIN}, then=Cast(attribute, BigIntegerField())))
    highest = scope.rows(model).filter(provider=provider).aggregate(highest=Max(plain))["highest"]
    candidates = count(FIRST if highest is None else highest + 1)
    while True:
        together = [str(number) for number in islice(candidates, TOGETHER)]
        rows = model._base_manager.filter(provider=provider, **{f"{attribute}__in": together})
        taken = set(rows.values_list(attribute, flat=True)) | others
        yield from (number for number in together if number not in taken)
