"""What was chosen for the columns of a kind of file: remembered for each provider, or user group with logins of its own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from customers.models import ImportMapping, Provider, StaffMember
from evcnet.importexport.column_choices import ColumnChoices
from evcnet.importexport.resource import BulkResource
from evcnet.text import compact

MOST_NAMES = 300  # of columns that are remembered for a kind
MOST_CHARACTERS = 60  # of a name; longer ones are sentences


def mapping_for(login: StaffMember, provider: Provider, resource: type[BulkResource]) -> ImportMapping:
    """The one of the login's reach, a new one where nothing was chosen yet."""
    meta = resource._meta.model._meta
    groups = login.scope(f"{meta.app_label}.change_{meta.model_name}").within(provider.pk)
    if groups is not None:
        groups = list(provider.usergroup_set.filter(pk__in=groups).order_by("pk").values_list("pk", flat=True))
    whose: dict[str, Any] = {"provider": provider, "user_group_id": groups[0] if groups else None}
    kind = str(resource._meta.name)
    return ImportMapping.objects.filter(**whose, kind=kind).first() or ImportMapping(**whose, kind=kind)


def remember(mapping: ImportMapping, header: Sequence[str], choices: ColumnChoices, listed: Collection[str]) -> None:
    """Of the values that all rows have, those of columns where one is picked from a list: what is typed may be a person's."""
    columns = ["" if each is None else each for each in choices.columns]
    if choices.header:
        names = {
            compact(name): column
            for name, column in zip(header, columns, strict=True)
            if 0 < len(compact(name)) <= MOST_CHARACTERS
        }
        earlier = {name: column for name, column in mapping.names.items() if name not in names}
        mapping.names = dict(list((names | earlier).items())[:MOST_NAMES])
    else:
        mapping.positions = columns
    mapping.values = {name: value for name, value in choices.values.items() if name in listed}
    mapping.save()
