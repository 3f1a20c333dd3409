"""Cells of an export as SQL: what the widgets write, byte for byte, for kinds whose columns are stored as they are written."""

from __future__ import annotations

from string import Formatter
from typing import Any

from django.db.models import Case, F, Func, TextField, Value, When
from django.db.models.expressions import Expression

from evcnet.importexport import widgets
from evcnet.importexport.declaration import ResourceDeclaration
from evcnet.importexport.fields import Field
from evcnet.importexport.scope import FileScope

TEXTS = {
    widgets.TextWidget,
    widgets.CodeWidget,
    widgets.PrintedNumberWidget,
    widgets.EmailWidget,
    widgets.CountryWidget,
}


class SqlCell(Func):
    """A cell of text; NULL is an empty one, and so is an empty text, which COPY would put between quotation marks."""

    output_field = TextField()

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **extra: Any) -> tuple[str, tuple[str | int, ...]]:
        """The template names its arguments as often as it needs: they are columns, or what follows from a few of them."""
        compiled = [compiler.compile(each) for each in self.get_source_expressions()]
        named = [int(name) for _, name, _, _ in Formatter().parse(self.template) if name is not None]
        params = tuple(each for number in named for each in compiled[number][1])
        return self.template.format(*(sql for sql, _ in compiled)), params


class PlainCell(SqlCell):
    template = "NULLIF({0}::text, '')"


class EscapedCell(SqlCell):
    """As ``formulas.escaped`` does it: after any apostrophes stands a sign with which a formula begins. Letters, behind all
    of these signs, are told by one comparison."""

    template = (
        "CASE WHEN ascii({0}::text) > 64 THEN {0}::text WHEN ascii({0}::text) IN (39, 61, 43, 45, 64, 9, 13)"
        " AND ascii(ltrim({0}::text, '''')) IN (61, 43, 45, 64, 9, 13) THEN '''' || {0}::text"
        " ELSE NULLIF({0}::text, '') END"
    )


class NumberCell(SqlCell):
    template = "trim_scale({0}::numeric)::text"


class MomentCell(SqlCell):
    """ISO 8601 with the offset of the zone at that moment, as Python writes it."""

    _LOCAL = "timezone({1}, {0})"
    _OFFSET = f"extract(epoch FROM {_LOCAL} - timezone('UTC', {{0}}))::integer"
    _PARTS = "mod(extract(microseconds FROM {0})::integer, 1000000)"
    template = (
        f"to_char({_LOCAL}, 'YYYY-MM-DD\"T\"HH24:MI:SS')"
        f" || CASE WHEN {_PARTS} = 0 THEN '' ELSE to_char({_LOCAL}, '.US') END"
        f" || CASE WHEN {_OFFSET} < 0 THEN '-' ELSE '+' END"
        f" || to_char(make_interval(secs => abs({_OFFSET})),"
        f" CASE WHEN mod({_OFFSET}, 60) = 0 THEN 'HH24:MI' ELSE 'HH24:MI:SS' END)"
    )


def cells(resource: ResourceDeclaration, *, names_provider: bool) -> list[Expression] | None:
    """One expression for each column; None where a column is not stored as it is written."""
    expressions = [resource.sql_cell(each) or _cell(each, resource) for each in resource.columns]
    if names_provider:
        expressions.insert(0, EscapedCell(resource.owner("code")))
    known = [each for each in expressions if each is not None]
    return known if len(known) == len(expressions) else None


def _cell(field: Field, resource: ResourceDeclaration) -> Expression | None:
    path = resource.stored_at(field)
    widget, column = field.widget, F(path)
    if type(widget) in TEXTS:
        return EscapedCell(column)
    if type(widget) in (widgets.ChoiceWidget, widgets.BooleanWidget):
        return PlainCell(column)
    if type(widget) in (widgets.DecimalWidget, widgets.IntegerWidget):
        return NumberCell(column)
    if type(widget) is widgets.MomentWidget:
        return MomentCell(column, resource.owner("time_zone"))
    if type(widget) is widgets.ReferenceWidget:
        return _reference(path, widget, resource.scope)
    return None


def _reference(attribute: str, widget: widgets.ReferenceWidget, scope: FileScope) -> Expression:
    """The code of the row that is pointed at, if the login sees that row."""
    code = EscapedCell(F(f"{attribute}__{widget.by}"))
    if scope.login is None:
        return code
    visible = scope.rows(widget.model).order_by().values("pk")
    return Case(When(**{f"{attribute}__in": visible}, then=code), default=Value(None), output_field=TextField())
