"""What a CSV resource declares: its columns, its natural key, and how rows are found, checked, written and listed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.core.exceptions import ValidationError
from django.db.models import F, Model, QuerySet
from import_export.resources import ModelResource

from evcnet import any_of  # noqa: F401, the lookup of filter_in
from evcnet.code_keys import CodeKey
from evcnet.datetimes import is_first_of_two
from evcnet.errors import DomainError
from evcnet.importexport.fields import DeclaredFieldsMetaclass, Field
from evcnet.importexport.rows import Row
from evcnet.importexport.widgets import ReferenceWidget
from evcnet.tenancy import visible_order

if TYPE_CHECKING:
    from customers.models import Provider
    from evcnet.importexport.results import RowResult
    from evcnet.importexport.scope import FileScope
    from evcnet.importexport.summary import ValueChanges

KEYS_PER_QUERY = 5_000
MOST_VALUES = 10_000  # that are remembered as good
Values = dict[str, Any]
"""Values by column."""
ODD: Any = object()
"""In the place of the value of a cell that only the reader of single rows can speak of."""


class NotExportable(Exception):
    """A stored row says more than a row of the file can; the message says what, in words that count ("with ...")."""


class ResourceDeclaration(ModelResource, metaclass=DeclaredFieldsMetaclass):
    """One instance for each run, in the name of ``scope``.

    ``Meta.name`` is the kind of rows as commands name it, ``Meta.import_id_fields`` the natural key. ``provider`` is
    whose rows those are that don't say it. An export without one names each row's.
    """

    export_only: ClassVar[bool] = False  # there is no import
    has_provider: ClassVar[bool] = True  # False: rows hang on no provider
    compared_by: ClassVar[type[CodeKey] | None] = None  # how the natural key is spelled makes no difference but by this
    creates_in_bulk: ClassVar[bool] = True  # new rows are written many at a time
    updates_in_bulk: ClassVar[bool] = False  # and so are rows that change
    stages_changes: ClassVar[bool] = False  # rows that change are staged as new ones are, where new ones are staged
    changes_terms: ClassVar[bool] = False  # rows may say who may charge where, or at which price
    reads_all_first: ClassVar[bool] = False  # all rows are checked before ``write_rows`` writes them
    columns_are_stored: ClassVar[bool] = False  # every stored row becomes one of the file, column by column
    joins_names: ClassVar[bool] = False  # a file may have first and last names in the place of a name
    numbered_column: ClassVar[str] = ""  # whose empty cells the portal fills with free numbers, where it is asked to
    label_models: ClassVar[tuple[type[Model], ...]] = ()  # what else has the labels of columns, beside the model
    summed_up: ClassVar[tuple[str, ...]] = ()  # columns whose changes the summary counts
    guard_columns: ClassVar[dict[str, str]] = {}
    """In which column of these files a rule over several tables is mended, by the column that the rule names."""

    def __init__(self, scope: FileScope, provider: Provider | None = None, **options: Any) -> None:
        super().__init__()
        self.scope, self.provider = scope, provider
        self.model: type[Model] = self._meta.model
        self.columns: Sequence[Field] = self.get_import_fields()
        self.key: Sequence[str] = self.get_import_id_fields()

    @property
    def kind(self) -> str:
        return str(self._meta.name)

    @classmethod
    def get_display_name(cls) -> str:
        return display_name(cls._meta.name)

    @classmethod
    def reference_fields(cls) -> list[Field]:
        return [each for each in cls.fields.values() if isinstance(each.widget, ReferenceWidget)]

    # Import

    def read_key(self, row: Row) -> tuple[Any, ...]:
        values = [self.fields[name].widget.clean(row.get(name, ""), row=row) for name in self.key]
        return tuple(self.comparable(value) for value in values)

    def comparable(self, code: str) -> str:
        """The natural key as it is compared."""
        return self.compared_by.of(code) if self.compared_by else code

    def alike(self, cell: str) -> str:
        """The same word for all cells of the key that could be one key, or be mistaken for it."""
        return self.comparable(cell)

    def taken_keys(self, provider: Provider, keys: list[str]) -> set[str]:
        """Those among the keys of new rows of the provider that somebody else has, or that could be mistaken."""
        return set()

    def find_instances(self, rows: Iterable[Row], *, lock: bool) -> dict[tuple[Any, ...], Any]:
        """The stored rows that the file's rows mean, by (provider's id, key)."""
        attribute = self.fields[self.key[0]].attribute
        keys = sorted({row.key[1] for row in rows if row.key})
        queryset = self.candidates(self.scope.rows(self.model, "change"), rows)
        queryset = queryset.alias(natural_key=self.compared_by(attribute) if self.compared_by else F(attribute))
        return {self.key_of(each): each for each in filter_in(queryset, "natural_key", keys, lock=lock)}

    def candidates(self, queryset: QuerySet[Any], rows: Iterable[Row]) -> QuerySet[Any]:
        """Narrowed to the providers of the rows, with all that ``values_of`` needs."""
        queryset = queryset.select_related(*[each.attribute for each in self.reference_fields()])
        if not self.has_provider:
            return queryset
        return queryset.filter(provider__in={row.provider.pk for row in rows if row.provider})

    def key_of(self, instance: Any) -> tuple[Any, ...]:
        key = self.comparable(getattr(instance, self.fields[self.key[0]].attribute))
        return (instance.provider_id if self.has_provider else None, key)

    def sort_rows(self, rows: list[Row]) -> list[Row]:
        """Rows that others of the file point at come first."""
        return rows

    def clean_row(self, row: Row, new_values: Values, old_values: Values | None) -> None:
        """What follows from several columns together. Refuses by ``row.refuse`` or by raising DomainError."""

    def build_instance(self, row: Row, instance: Any, new_values: Values) -> Any:
        """The row as it is to be written, checked field by field; a new one where ``instance`` is None."""
        if instance is None:
            instance = self.model(provider=row.provider) if self.has_provider else self.model()
        for column in self.columns:
            setattr(instance, column.attribute, new_values[column.column_name])
        return clean_instance(instance)

    def save_row(self, result: RowResult) -> Any:
        """Create or change one row, and give back what was written."""
        instance = self.build_instance(result.row, result.instance, result.new_values)
        instance.save()
        return instance

    def save_many(self, instances: list[Any]) -> None:
        """Write rows that ``build_instance`` made, where they are written many at a time."""
        self.model._base_manager.bulk_create(instances)

    def note(self, result: RowResult) -> None:
        """A row that is written was taken one by one: note what the summary says of it beside the changes."""

    def summary(self, changes: ValueChanges) -> list[str]:
        """Sentences that say how many of the rows that are written change what matters."""
        return []

    def remarks(self) -> list[str]:
        """What is worth saying of a run beside its counts, when all rows were taken."""
        return []

    # Export

    def get_queryset(self) -> QuerySet[Any]:
        """What there is to export, in the order of the file; of one provider, or of all within the scope."""
        rows = self.scope.rows(self.model).order_by(*self._visible_ordering())
        related = [each.attribute for each in self.reference_fields()]
        return self.of_provider(rows.select_related(*related, *(["provider"] if self.has_provider else [])))

    @classmethod
    def stored_at(cls, field: Field) -> str:
        """Where the database has a column whose rows are copied, seen from a row of ``copied_rows``."""
        return str(field.attribute)

    def sql_cell(self, field: Field) -> Any:
        """The cell of a column as an expression, where it follows from several stored ones; None: it is stored as it is."""
        return None

    def owner(self, column: str) -> Any:
        """A column of the provider in whose name and by whose clock a row is written, as an expression."""
        return F(f"provider__{column}")

    def of_provider(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.provider is None:
            return queryset
        return queryset.filter(provider=self.provider) if self.has_provider else queryset.filter(pk=self.provider.pk)

    def iter_queryset(self, queryset: QuerySet[Any]) -> Iterable[Any]:
        """The rows of ``get_queryset``, or of a part of it, with all that ``values_of`` needs."""
        return queryset.iterator(chunk_size=2_000)

    @classmethod
    def lookup_from(cls, model: type[Model]) -> str:
        """By which field do rows hang on those of a list: on themselves, or on the model of another page?"""
        if cls._meta.model is model:
            return "pk"
        return str(next(each.name for each in cls._meta.model._meta.fields if each.related_model is model))

    def ordering(self) -> list[str]:
        """Of one provider by the key alone, which an index of the table holds in its order."""
        by_provider = self.has_provider and self.provider is None
        return [*(["provider__code"] if by_provider else []), self.fields[self.key[0]].attribute]

    def _visible_ordering(self) -> list[Any]:
        """The order tells no more than the columns: of rows that the login does not see, it says nothing."""
        login, ordering = self.scope.login, self.ordering()
        if login is None:
            return list(ordering)
        return [visible_order(login, self.model, ("provider",), each) for each in ordering]

    def provider_of(self, instance: Any) -> Provider | None:
        return cast("Provider", instance.provider) if self.has_provider else None

    def not_exportable(self) -> dict[str, int]:
        """What never becomes a row, by reason."""
        return {}

    # Both

    def values_of(self, instance: Any) -> Values:
        """The stored values of all columns. Raises NotExportable for what a row can't say."""
        return {each.column_name: getattr(instance, each.attribute) for each in self.columns}

    def label(self, instance: Any) -> str:
        return str(instance)


def display_name(kind: str) -> str:
    return kind.replace("_", " ").capitalize()


def filter_in(queryset: QuerySet[Any], lookup: str, values: Sequence[Any], *, lock: bool = False) -> Iterator[Any]:
    """The rows with one of these values, in as few queries as a statement's size allows."""
    if lock:
        queryset = queryset.select_for_update(of=("self",), no_key=True)
    of_texts = bool(values) and isinstance(values[0], str)
    for start in range(0, len(values), KEYS_PER_QUERY):
        part = values[start : start + KEYS_PER_QUERY]
        yield from queryset.filter(**{f"{lookup}__any_of": frozenset(part)} if of_texts else {f"{lookup}__in": part})


def clean_instance(instance: Any) -> Any:
    """What the model says of single fields and of the row. Keys and pointers were looked up for all rows at once,
    and the database keeps the constraints, so that no query is asked for each row."""
    pointers: Collection[str] = [each.name for each in instance._meta.fields if each.is_relation]
    instance.clean_fields(exclude=pointers)
    instance.clean()
    return instance


class ValueChecks:
    """What a model says of single values, as its ``clean_fields`` does, for many rows whose values recur."""

    def __init__(self, model: type[Model], names: Iterable[str]) -> None:
        self._model = model
        fields: list[Any] = [model._meta.get_field(name) for name in names]
        self._fields, self._good = fields, set[tuple[str, Any]]()

    def check(self, values: object) -> None:
        """``values`` has attributes named like the fields. Raises ValidationError with all that is wrong."""
        errors = {}
        for field in self._fields:
            value = getattr(values, field.name)
            if (field.name, value) not in self._good:
                try:
                    self._check(field, value)
                except ValidationError as error:
                    errors[field.name] = error.error_list
        if errors:
            raise ValidationError(errors)

    def check_one(self, name: str, value: Any) -> None:
        """What the model says of one of its fields; nothing of a row that is pointed at, nor of nothing. Raises ValidationError."""
        field: Any = self._model._meta.get_field(name)
        if not (field.is_relation or value is None or (name, value) in self._good):
            self._check(field, value)

    def _check(self, field: Any, value: Any) -> None:
        if not (field.blank and value in field.empty_values):
            field.clean(value, None)
        if len(self._good) >= MOST_VALUES:
            self._good.clear()
        self._good.add((field.name, value))


def refuse_empty_window(row: Row, new_values: Values) -> None:
    """Refuses a window that ends before it begins."""
    begins, ends = new_values["valid_from"], new_values["valid_until"]
    if begins is not None and ends is not None and ends <= begins:
        refuse_first_of_two(row, "valid_from", "valid_until", new_values)
        raise DomainError("It ends before it begins: valid_until has to be later than valid_from.", "valid_until")


def refuse_first_of_two(row: Row, begin: str, end: str, new_values: Values) -> None:
    """Refuses an end that is before the beginning since the clock shows it twice, and the first of the two counts."""
    begins = new_values[begin]
    if new_values[end] >= begins:
        return
    local = new_values[end].astimezone(row.zone)
    second = local.replace(fold=1)
    if not (is_first_of_two(local) and new_values[end] < begins <= second.astimezone(UTC) and row.cell(end)):
        return
    first = f"{local:%Y-%m-%d %H:%M} counts as the first of the two times at which the clock shows it"
    raise DomainError(f"It ends before it begins: {first}. Where the second is meant write {second.isoformat()}.", end)
