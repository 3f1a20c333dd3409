"""What is a kind of row: its columns, its natural key, how is a row found, compared and written?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.db.models import F
from django.db.models.functions import Upper
from django.utils import timezone

from evcnet.errors import DomainError
from evcnet.importexport.columns import Column, Reference
from evcnet.importexport.problems import Problem, quoted
from evcnet.importexport.scope import Reach

if TYPE_CHECKING:
    from changes.file_changes import ProposedRows
    from evcnet.importexport.outcomes import Effect

AT_ONCE = 5_000  # keys that one query asks for


class NotHeld(Exception):
    """A stored row says more than a row of the file can; the message says what, in words that count ("with ...")."""


@dataclass
class Row:
    """One row of the file on its way in. ``cells`` has the columns of the file alone."""

    number: int
    cells: dict[str, str]
    known: dict[Any, Any]
    provider: Any = None
    key: tuple[Any, ...] | None = None
    problems: list[Problem] = field(default_factory=list)
    change: Any = None  # the change of terms of which it is a part, on the record

    @property
    def zone(self) -> tzinfo:
        return self.provider.zone if self.provider else timezone.get_default_timezone()

    def said(self, column: str) -> str:
        """What the file says there, without spaces around it; empty where it says nothing."""
        return self.cells.get(column, "").strip()

    def refuse(self, column: str, message: str) -> None:
        self.problems.append(Problem(self.number, column, message))


class Kind:
    """One instance for each run. Rows hang on a provider, or, where ``owned`` is false, on nothing."""

    name: ClassVar[str]
    model: ClassVar[Any]
    columns: ClassVar[tuple[Column, ...]]
    key: ClassVar[tuple[str, ...]]
    owned: ClassVar[bool] = True
    folded: ClassVar[bool] = False  # keys that differ only in letter case are the same key
    at_once: ClassVar[bool] = True  # new rows are written many at a time
    mended_at: ClassVar[dict[str, str]] = {}
    """In which column of this kind's files a rule over several tables is mended, by the column that the rule names."""
    edits_at_once: ClassVar[bool] = False  # and so are rows that change
    changes_terms: ClassVar[bool] = False  # its rows may say who may charge where, or at which price
    do_not_call_in_templates: ClassVar[bool] = True

    def __init__(self, reach: Reach) -> None:
        self.reach = reach

    @classmethod
    def column(cls, name: str) -> Column:
        return next(each for each in cls.columns if each.name == name)

    @classmethod
    def references(cls) -> list[Reference]:
        return [each for each in cls.columns if isinstance(each, Reference)]

    # In

    def read_key(self, row: Row) -> tuple[Any, ...]:
        values = [self.column(name).parse(row.cells.get(name, ""), row) for name in self.key]
        return tuple(value.upper() if self.folded else value for value in values)

    def find(self, rows: Iterable[Row], *, lock: bool) -> dict[tuple[Any, ...], Any]:
        """The stored rows that the file's rows mean, by (provider's id, key)."""
        field = self.column(self.key[0]).field
        wanted = sorted({row.key[1] for row in rows if row.key})
        queryset = self.within(self.reach.rows(self.model, "change"), rows)
        queryset = queryset.alias(natural_key=Upper(field) if self.folded else F(field))
        return {self.key_of(each): each for each in asked(queryset, "natural_key", wanted, lock=lock)}

    def within(self, queryset: Any, rows: Iterable[Row]) -> Any:
        queryset = queryset.select_related(*[each.field for each in self.references()])
        return (
            queryset.filter(provider__in={row.provider.pk for row in rows if row.provider}) if self.owned else queryset
        )

    def key_of(self, thing: Any) -> tuple[Any, ...]:
        value = getattr(thing, self.column(self.key[0]).field)
        return (thing.provider_id if self.owned else None, value.upper() if self.folded else value)

    def in_order(self, rows: list[Row]) -> list[Row]:
        """Rows that others of the file point at come first."""
        return rows

    def settle(self, row: Row, wanted: dict[str, Any], stored: dict[str, Any] | None) -> None:
        """What follows from several columns together. Refuses by ``row.refuse`` or by raising DomainError."""

    def write(self, row: Row, thing: Any, wanted: dict[str, Any]) -> Any:
        """Create (``thing`` is None) or change, and give back what was written."""
        thing = self.build(row, thing, wanted)
        thing.save()
        return thing

    def build(self, row: Row, thing: Any, wanted: dict[str, Any]) -> Any:
        """The row as it is to be written, checked field by field."""
        if thing is None:
            thing = self.model(provider=row.provider) if self.owned else self.model()
        for column in self.columns:
            setattr(thing, column.field, wanted[column.name])
        return checked(thing)

    def create(self, things: list[Any]) -> None:
        """Write new rows that ``build`` made, where ``at_once`` says that they don't depend on one another."""
        self.model._base_manager.bulk_create(things)

    def proposed(self, effects: list[Effect]) -> Iterable[ProposedRows]:
        """The changes of terms that rows with these effects make together. Each is written before the next is asked for."""
        return ()

    def remarks(self) -> list[str]:
        """What is worth saying of a run beside its counts, when all rows were taken."""
        return []

    # Out

    def listed(self, provider: Any) -> Any:
        """What there is to export, in the order of the file; of one provider, or of all within reach."""
        rows = self.reach.rows(self.model).order_by(*self.order())
        rows = rows.select_related(*[each.field for each in self.references()], *(["provider"] if self.owned else []))
        if provider is None:
            return rows
        return rows.filter(provider=provider) if self.owned else rows.filter(pk=provider.pk)

    def things(self, listed: Any) -> Iterable[Any]:
        """The rows of ``listed``, or of a part of it, with all that ``stored`` needs."""
        return cast("Iterable[Any]", listed.iterator(chunk_size=2_000))

    @classmethod
    def lookup_of(cls, model: Any) -> str:
        """By which field do rows hang on those of a list: on themselves, or on the model of another page?"""
        if cls.model is model:
            return "pk"
        return str(next(each.name for each in cls.model._meta.fields if each.related_model is model))

    def order(self) -> list[str]:
        return [*(["provider__code"] if self.owned else []), self.column(self.key[0]).field]

    def provider_of(self, thing: Any) -> Any:
        return thing.provider if self.owned else None

    def unheld(self, provider: Any) -> dict[str, int]:
        """What never becomes a row, by reason."""
        return {}

    # Both ways

    def stored(self, thing: Any) -> dict[str, Any]:
        """The values of all columns. Raises NotHeld for what a row can't say."""
        return {column.name: column.of(thing) for column in self.columns}

    def label(self, thing: Any) -> str:
        return str(thing)


def asked(queryset: Any, lookup: str, values: list[Any], *, lock: bool = False) -> Iterator[Any]:
    """The rows with one of these values, in as few queries as a statement's size allows."""
    if lock:
        queryset = queryset.select_for_update(of=("self",), no_key=True)
    for start in range(0, len(values), AT_ONCE):
        yield from queryset.filter(**{f"{lookup}__in": values[start : start + AT_ONCE]})


def checked(thing: Any) -> Any:
    """What the model says of single fields and of the row. Keys and pointers were looked up for all rows at once,
    and the database keeps the constraints, so that no query is asked for each row."""
    pointers = [each.name for each in thing._meta.fields if each.is_relation]
    thing.clean_fields(exclude=pointers)
    thing.clean()
    return thing


def in_window(wanted: dict[str, Any]) -> None:
    """Refuses a window that ends before it begins."""
    begins, ends = wanted["valid_from"], wanted["valid_until"]
    if begins is not None and ends is not None and ends <= begins:
        raise DomainError("It ends before it begins: valid_until has to be later than valid_from.", "valid_until")


def same_letters(wanted: dict[str, Any], stored: dict[str, Any] | None, name: str) -> None:
    """Refuses a key that differs from the stored one in letter case: it may be a slip, or another's."""
    if stored is not None and wanted[name] != stored[name]:
        raise DomainError(f"It is stored as {quoted(stored[name])}: write it in the same letter case.", name)
