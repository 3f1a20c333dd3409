"""Guards of the database that migrations of several apps install: triggers that refuse whatever statement breaks a rule.

Migrations that were applied call these functions, so what they give stays as it is: another guard gets another function.
Each takes tables by name and gives SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def history_stays(tables: Mapping[str, Iterable[str]]) -> str:
    """Event tables are append-only, but for an erasure in the columns that are named with each."""
    return "".join(_history_stays(table, columns) for table, columns in tables.items())


def _history_stays(table: str, columns: Iterable[str]) -> str:
    arguments = ", ".join(f"'{column}'" for column in columns)
    return f"""
            CREATE TRIGGER history_stays BEFORE UPDATE OR DELETE ON {table}
                FOR EACH ROW EXECUTE FUNCTION evcnet_history_stays({arguments});
        """


def nothing_for_the_erased(table: str, *, column: str, field: str) -> str:
    """No row of the table points at an erased customer by the column, which forms know as the field."""
    function = f"evcnet_guard_erased_{table.split('_')[1]}"
    return f"""
            CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF EXISTS (SELECT FROM changed n JOIN customers_customer c ON c.id = n.{column}
                           WHERE c.erased_at IS NOT NULL) THEN
                    RAISE EXCEPTION 'This customer was erased: nothing is tied to it any more, and what is stays as it is.'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'guard_erased', COLUMN = '{field}';
                END IF;
                RETURN NULL;
            END $$;
            CREATE TRIGGER guard_erased_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS changed
                FOR EACH STATEMENT EXECUTE FUNCTION {function}();
            CREATE TRIGGER guard_erased_update AFTER UPDATE ON {table} REFERENCING NEW TABLE AS changed
                FOR EACH STATEMENT EXECUTE FUNCTION {function}();
        """
