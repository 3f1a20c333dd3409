"""Columns by which rows are searched without a table of texts: one text of them, as an index holds it and a query asks."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db.models import Func, TextField


class WithoutBlanks(Func):
    """A code or postal code, which people write with blanks or without."""

    template = "replace(%(expressions)s, ' ', '')"
    output_field: ClassVar = TextField()


class SearchKey(Func):
    """The columns by ``evcnet/search_keys.py``, a blank before each, as ``customers_searchtext`` has those of customers."""

    template = "evcnet_search_key(' ' || %(expressions)s)"
    arg_joiner = " || ' ' || "
    output_field: ClassVar = TextField()


def index_of(key: SearchKey, name: str) -> GinIndex:
    """Finds any part of three signs and more, and the beginnings of words that are shorter."""
    return GinIndex(OpClass(key, name="gin_trgm_ops"), name=name)
