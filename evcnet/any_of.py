"""Lookup ``any_of``: one of many texts, which are one parameter, where ``in`` makes each of them one of its own."""

from __future__ import annotations

from typing import Any

from django.db.models import CharField, Lookup, TextField

SEPARATOR = "\x1f"


@CharField.register_lookup
@TextField.register_lookup
class AnyOf(Lookup):
    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, params = self.process_lhs(compiler, connection)
        text = SEPARATOR.join(self.rhs)
        if text.count(SEPARATOR) >= len(self.rhs):  # one of them holds it
            return f"{left} = ANY(%s)", (*params, list(self.rhs))
        return f"{left} = ANY(string_to_array(%s, %s))", (*params, text, SEPARATOR)
