"""The constraint that keeps two providers apart in the database, whatever writes to it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS, models
from django.db.backends.ddl_references import Statement, Table


class WithinProvider(models.BaseConstraint):
    """A composite foreign key (provider, field) -> (provider, id): a row can only point at its own provider's rows.

    The table pointed at needs a unique constraint on (provider, id). An empty field is not checked.
    """

    def __init__(self, *, field: str, name: str) -> None:
        super().__init__(name=name)
        self.field = field

    def constraint_sql(self, model: type[models.Model] | None, schema_editor: Any) -> str:
        return self.create_sql(model, schema_editor)

    def create_sql(self, model: type[models.Model] | None, schema_editor: Any) -> str:
        """Put off to the end of the migration, when the unique constraint that it points at surely exists."""
        if model is None:
            raise ValueError("The constraint is that of a table: name its model.")
        field: Any = model._meta.get_field(self.field)
        quote = schema_editor.quote_name
        target = field.related_model._meta.db_table
        statement = Statement(
            "ALTER TABLE %(table)s ADD CONSTRAINT %(name)s FOREIGN KEY (provider_id, %(column)s) "
            "REFERENCES %(target)s (provider_id, id)",
            table=Table(model._meta.db_table, quote),
            name=quote(self.name),
            column=quote(field.column),
            target=Table(target, quote),
        )
        schema_editor.deferred_sql.append(statement)
        return ""

    def remove_sql(self, model: type[models.Model] | None, schema_editor: Any) -> Any:
        return schema_editor._delete_constraint_sql(schema_editor.sql_delete_fk, model, self.name)

    def validate(
        self,
        model: type[models.Model],
        instance: Any,
        exclude: Any = None,
        using: str = DEFAULT_DB_ALIAS,
    ) -> None:
        if exclude and self.field in exclude:
            return
        other = getattr(instance, self.field, None)
        if other is not None and other.provider_id != instance.provider_id:
            verbose = model._meta.get_field(self.field).verbose_name  # type: ignore[union-attr]
            raise ValidationError({self.field: f"Choose a {verbose} of the same provider."}, code="other_provider")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WithinProvider) and (self.name, self.field) == (other.name, other.field)

    def __hash__(self) -> int:
        return hash((self.name, self.field))

    def deconstruct(self) -> tuple[str, tuple[()], dict[str, Any]]:
        return "evcnet.constraints.WithinProvider", (), {"field": self.field, "name": self.name}
