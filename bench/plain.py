"""A plain django-import-export beside the import of customers: the same few rows, preview and write, by both.

Plain: a ModelResource of the same columns, each row through the model, as its documentation shows it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.measuring import Measured
from bench.world import PROVIDER

ROWS = 500
HEADER = ("user_group", "number", "kind", "name", "email", "language", "payment", "status")


def beside_plain() -> Iterator[Measured]:
    own, plain = _own(_rows("P")), _plain(_rows("Q"))
    note = f"{ROWS:,} rows, preview and write: {own:.2f} s beside {plain:.2f}"
    yield Measured("import of customers, rows a second / plain django-import-export", plain / own, "x", "", note)


MEASURES = (beside_plain,)


def _rows(prefix: str) -> list[tuple[str, ...]]:
    return [
        ("U1", f"{prefix}{n:06}", "private", f"Jansen {n}", f"{prefix}{n}@example.org".lower(), "nl", "subscription", "active")
        for n in range(ROWS)
    ]  # fmt: skip


def _own(rows: list[tuple[str, ...]]) -> float:
    from evcnet.importexport.formats import sheet_at
    from evcnet.importexport.registry import resource_named
    from evcnet.importexport.scope import FileScope, the_provider

    with TemporaryDirectory() as folder:
        file = Path(folder) / "rows.csv"
        file.write_text("".join(f"{','.join(row)}\n" for row in [HEADER, *rows]))
        scope, began = FileScope(), time.perf_counter()
        for dry_run in (True, False):
            resource = resource_named("customers")(scope, the_provider(scope.providers, PROVIDER))
            result = resource.import_data(sheet_at(file), dry_run=dry_run)
            assert result.new == ROWS, result
        return time.perf_counter() - began


def _plain(rows: list[tuple[str, ...]]) -> float:
    from import_export.fields import Field
    from import_export.resources import ModelResource
    from import_export.widgets import ForeignKeyWidget
    from tablib import Dataset

    from customers.models import Customer, Provider, UserGroup

    provider = Provider.objects.get(code=PROVIDER)

    class Plain(ModelResource):
        user_group = Field("user_group", "user_group", ForeignKeyWidget(UserGroup, "code"))

        class Meta:
            model = Customer
            fields = HEADER
            import_id_fields = ("number",)

        def before_save_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
            instance.provider = provider

    began = time.perf_counter()
    for dry_run in (True, False):
        result = Plain().import_data(Dataset(*rows, headers=HEADER), dry_run=dry_run, raise_errors=True)
        assert result.totals["new"] == ROWS, result.totals
    return time.perf_counter() - began
