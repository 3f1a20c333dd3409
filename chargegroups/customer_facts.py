"""Facts of customers, grouped: how many share each set of facts on which access and price depend.

The one place where the facts of many customers are gathered; those of one card at one charge point come from
``chargepoints.authorization_facts``. SQL groups, and the access rules judge each set of facts once, so that a preview
over a million customers reads a few hundred rows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from chargegroups.access import CustomerStatus, ExceptionAccess
from evcnet.validity import valid_at_sql

ExceptionFacts = tuple[ExceptionAccess, int | None]
"""What an exception in force says: access, and the id of the tariff that it names, or None."""


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """What customers who are alike have in common, whatever the charge group.

    ``user_group`` is an id; ``roams``: one of their active, valid cards may roam; ``exceptions`` are those in force, by
    the id of their charge group.
    """

    user_group: int
    payment: str
    status: CustomerStatus
    roams: bool
    exceptions: Mapping[int, ExceptionFacts] = field(default_factory=dict)

    def exception_at(self, group: int) -> ExceptionFacts | tuple[None, None]:
        return self.exceptions.get(group) or (None, None)

    def with_exception(self, group: int, exception: ExceptionFacts | None) -> CustomerFacts:
        """The same with another exception in this group, or with none."""
        return replace(self, exceptions=_merged(self.exceptions, {group: exception}))


@dataclass(frozen=True, slots=True)
class FactSet:
    """Facts that ``count`` customers share: as they stand, and as they would after what is proposed.

    ``key`` names the set: the same facts have the same key.
    """

    key: str
    count: int
    facts: CustomerFacts
    proposed: CustomerFacts

    @classmethod
    def of(cls, key: str, count: int) -> FactSet:
        user_group, payment, status, roams, exceptions, changed, moved_to = json.loads(key)
        stored, others = _by_group(exceptions), _by_group(changed)
        facts = CustomerFacts(user_group, payment, status, roams, stored)
        after = replace(facts, user_group=moved_to or user_group, exceptions=_merged(stored, others))
        return cls(key, count, facts, after)


# The rows of today, and how they stood at a past moment: there the last entry of each row up to the moment counts, else
# the first one after it; but an exception that had no row then did not exist, unless its customer or its group was not
# known yet either.
_TODAY = f"""
customers AS (
    SELECT id, user_group_id, payment, status, name, number, user_group_id AS seen_in, false AS younger
    FROM customers_customer
    WHERE (%(provider)s::bigint IS NULL OR provider_id = %(provider)s) AND (%(customers)s::bigint[] IS NULL OR id = ANY(%(customers)s))
),
exceptions AS (
    SELECT customer_id, charge_group_id, access, tariff_id FROM chargegroups_customerexception x
    WHERE charge_group_id = ANY(%(groups)s) AND {valid_at_sql("x")}
),
cards AS (
    SELECT customer_id FROM customers_chargecard k
    WHERE %(roaming)s AND (%(provider)s::bigint IS NULL OR provider_id = %(provider)s) AND roaming AND status = 'active' AND {valid_at_sql("k")}
)"""
_LATEST = "pgh_obj_id, CASE WHEN pgh_created_at <= %(at)s THEN -pgh_id ELSE pgh_id END"
_PAST = f"""
known_groups AS (
    SELECT pgh_obj_id AS id, min(pgh_created_at) AS since FROM chargegroups_chargegroupevent
    WHERE pgh_obj_id = ANY(%(groups)s) GROUP BY pgh_obj_id
),
customers AS (
    SELECT was.pgh_obj_id AS id, was.user_group_id, was.payment, was.status, was.name, was.number,
        coalesce(c.user_group_id, was.user_group_id) AS seen_in, was.pgh_created_at > %(at)s AS younger
    FROM (
        SELECT DISTINCT ON (pgh_obj_id) * FROM customers_customerevent
        WHERE (%(provider)s::bigint IS NULL OR provider_id = %(provider)s)
          AND (%(customers)s::bigint[] IS NULL OR pgh_obj_id = ANY(%(customers)s))
        ORDER BY {_LATEST}
    ) was LEFT JOIN customers_customer c ON c.id = was.pgh_obj_id WHERE was.pgh_label <> 'delete'
),
exceptions AS (
    SELECT customer_id, charge_group_id, access, tariff_id FROM (
        SELECT DISTINCT ON (x.customer_id, x.charge_group_id) x.*
        FROM chargegroups_customerexceptionevent x LEFT JOIN known_groups g ON g.id = x.charge_group_id
        CROSS JOIN LATERAL (
            SELECT min(pgh_created_at) AS since FROM customers_customerevent WHERE pgh_obj_id = x.customer_id
        ) c
        WHERE x.charge_group_id = ANY(%(groups)s)
          AND (x.pgh_created_at <= %(at)s OR %(at)s < greatest(g.since, c.since))
        ORDER BY x.customer_id, x.charge_group_id,
            CASE WHEN x.pgh_created_at <= %(at)s THEN -x.pgh_id ELSE x.pgh_id END
    ) x WHERE pgh_label <> 'delete' AND {valid_at_sql("x")}
),
cards AS (
    SELECT customer_id FROM (
        SELECT DISTINCT ON (pgh_obj_id) * FROM customers_chargecardevent
        WHERE %(roaming)s AND (%(provider)s::bigint IS NULL OR provider_id = %(provider)s)
        ORDER BY {_LATEST}
    ) k WHERE pgh_label <> 'delete' AND roaming AND status = 'active' AND {valid_at_sql("k")}
)"""
# The key is one JSON array, so that the exceptions of many groups are one value, and it finds its customers again.
_FACTS = """
excepted AS (
    SELECT customer_id, jsonb_object_agg(charge_group_id, jsonb_build_array(access, tariff_id)) AS exceptions
    FROM exceptions GROUP BY customer_id
),
roaming AS (SELECT DISTINCT customer_id FROM cards),
proposed AS (
    SELECT customer_id, jsonb_object_agg(charge_group_id,
        CASE WHEN access IS NULL THEN 'null' ELSE jsonb_build_array(access, tariff_id) END) AS exceptions
    FROM jsonb_to_recordset(%(proposed)s)
        AS row(customer_id bigint, charge_group_id bigint, access text, tariff_id bigint)
    GROUP BY customer_id
),
moved AS (SELECT * FROM jsonb_to_recordset(%(moved)s) AS row(customer_id bigint, user_group_id bigint)),
facts AS (
    SELECT c.id, c.name, c.number, c.younger, c.user_group_id, c.payment, c.status, r.customer_id IS NOT NULL AS roams,
        x.exceptions, p.exceptions AS changed, m.user_group_id AS moved_to
    FROM customers c
    LEFT JOIN excepted x ON x.customer_id = c.id
    LEFT JOIN roaming r ON r.customer_id = c.id
    LEFT JOIN proposed p ON p.customer_id = c.id
    LEFT JOIN moved m ON m.customer_id = c.id
    WHERE (%(statuses)s::text[] IS NULL OR c.status = ANY(%(statuses)s))
      AND (%(user_groups)s::bigint[] IS NULL OR c.seen_in = ANY(%(user_groups)s))
)"""
_COLUMNS = "user_group_id, payment, status, roams, exceptions, changed, moved_to"
_KEY = f"jsonb_build_array({_COLUMNS})"


@dataclass(frozen=True)
class FactsQuery:
    """The facts of a provider's customers (None: of all providers') at some charge groups, by id, at a moment.

    ``past`` reads the kept history instead of the rows of today. ``roaming`` False: no card is looked at, which nobody
    needs where no group is accessible for roaming. Narrowed to ``customers``, to ``statuses`` and to those who stand
    today in ``user_groups``, None being all. ``proposed`` are exceptions that would take the place of stored ones
    (customer_id, charge_group_id, access or None for none, tariff_id), ``moved`` user groups by customer.
    """

    provider: int | None
    groups: Collection[int]
    at: datetime
    roaming: bool = True
    past: bool = False
    customers: Collection[int] | None = None
    statuses: Collection[str] | None = None
    user_groups: Collection[int] | None = None
    proposed: Collection[Mapping[str, Any]] = ()
    moved: Mapping[int, int] = field(default_factory=dict)

    @property
    def sql(self) -> str:
        """Common table expressions; the last, ``facts``, has a row for each customer."""
        return f"WITH {_PAST if self.past else _TODAY}, {_FACTS}"

    @cached_property
    def params(self) -> dict[str, Any]:
        return {
            "provider": self.provider,
            "groups": list(self.groups),
            "at": self.at,
            "roaming": self.roaming,
            "customers": None if self.customers is None else list(self.customers),
            "statuses": None if self.statuses is None else list(self.statuses),
            "user_groups": None if self.user_groups is None else list(self.user_groups),
            "proposed": json.dumps(list(self.proposed)),
            "moved": json.dumps([{"customer_id": pk, "user_group_id": to} for pk, to in self.moved.items()]),
        }

    def sets(self) -> list[FactSet]:
        """Every distinct set of facts with how many customers share it: one grouped query."""
        rows = self._rows(f"SELECT {_COLUMNS}, count(*) FROM facts GROUP BY {_COLUMNS}")
        return [FactSet.of(_key(row[:-1]), row[-1]) for row in rows]

    def of_customers(self, customers: Collection[int]) -> dict[int, FactSet]:
        """The facts of each of these customers, for a page of them."""
        narrowed = replace(self, customers=list(customers))
        return {row[0]: FactSet.of(_key(row[1:]), 1) for row in narrowed._rows(f"SELECT id, {_COLUMNS} FROM facts")}

    def ids(self, keys: Iterable[str]) -> RawSQL:
        """The ids of the customers with these sets of facts, as a query for ``pk__in``."""
        keyed = f"SELECT id FROM (SELECT id, {_KEY} AS key FROM facts) keyed"
        sql = f"{self.sql} {keyed} WHERE key IN (SELECT jsonb_array_elements(%(keys)s))"
        return RawSQL(*_positional(sql, self.params | {"keys": f"[{','.join(keys)}]"}))

    def count_younger(self) -> int:
        """How many customers have their first entry after the moment, so that their earliest known state counts."""
        count: int = self._rows("SELECT count(*) FROM facts WHERE younger")[0][0]
        return count

    def page(self, *, text: str = "", after: int = 0, most: int = 500) -> list[tuple[int, str, str, bool, FactSet]]:
        """Customers by id after one of them: id, name, number, whether younger than the moment, facts.

        ``text`` is a part of the name, or the beginning of the number.
        """
        like = _like(text)
        rows = self._rows(
            f"SELECT id, name, number, younger, {_COLUMNS} FROM facts WHERE id > %(after)s"
            " AND (name ILIKE %(part)s OR number ILIKE %(begin)s) ORDER BY id LIMIT %(most)s",
            {"part": f"%{like}%", "begin": f"{like}%", "after": after, "most": most},
        )
        return [(*row[:4], FactSet.of(_key(row[4:]), 1)) for row in rows]

    def shared_by(self, pairs: QuerySet[Any, Any]) -> list[Shared]:
        """What the rows of a queryset with the values (customer, charge group, mark, row) have in common.

        Of the exceptions only that in the row's own group counts.
        """
        sql, params = pairs.order_by().query.sql_with_params()
        named, given = _positional(f"{self.sql} SELECT {_SHARED}", self.params)
        with connection.cursor() as cursor:
            cursor.execute(
                f"{named} FROM facts JOIN ({sql}) AS pair (customer, charge_group, mark, row_id) ON customer = id"
                " GROUP BY 1, 2, 3",
                [*given, *params],
            )
            return [
                Shared(FactSet.of(_key(_loaded(key)), many), group, mark, first, many)
                for key, group, mark, first, many in cursor.fetchall()
            ]

    def _rows(self, select: str, more: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(f"{self.sql} {select}", {**self.params, **(more or {})})
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows


_SHARED = """jsonb_build_array(user_group_id, payment, status, roams,
    CASE WHEN exceptions ? charge_group::text
         THEN jsonb_build_object(charge_group, exceptions -> charge_group::text) END, NULL, NULL),
    charge_group, mark, min(row_id), count(*)"""


@dataclass(frozen=True, slots=True)
class Shared:
    """Rows that have customers with the same facts at the same charge group: how many, and the first of them, by ids."""

    facts: FactSet
    charge_group: int
    mark: Any
    first: int
    many: int


def _by_group(exceptions: Mapping[str, Any] | None) -> dict[int, Any]:
    return {int(group): exception and tuple(exception) for group, exception in (exceptions or {}).items()}


def _merged(stored: Mapping[int, Any], others: Mapping[int, Any]) -> dict[int, Any]:
    """The exceptions with others in their place; None takes one away."""
    return {group: exception for group, exception in {**stored, **others}.items() if exception is not None}


def _key(columns: Iterable[Any]) -> str:
    return json.dumps([_loaded(column) for column in columns], sort_keys=True)


def _loaded(value: Any) -> Any:
    """Django hands jsonb of raw SQL out as text. No other column begins like it."""
    return json.loads(value) if isinstance(value, str) and value[:1] in "{[" else value


def _like(text: str) -> str:
    cleaned = text.replace("\0", "").replace("\\", r"\\")
    return cleaned.replace("%", r"\%").replace("_", r"\_")


def _positional(sql: str, params: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """RawSQL and querysets take parameters by position only."""
    given: list[Any] = []

    def place(name: re.Match[str]) -> str:
        given.append(params[name[1]])
        return "%s"

    return re.sub(r"%\((\w+)\)s", place, sql), given
