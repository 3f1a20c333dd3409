"""Facts of customers, grouped: how many share each set of facts on which access and price depend.

The one place where the facts of many customers are gathered; those of one card at one charge point come from
``chargepoints.authorization_facts``. SQL groups, and the access rules judge each set of facts once, so that a preview
over a million customers reads a few hundred rows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from chargegroups.access import CardStatus, CustomerStatus, ExceptionAccess
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

    ``key`` names the set: the same facts have the same key. ``by_younger_card``, about a past moment alone: what counts for
    those of their cards that were not known then, where that differs and they had others.
    """

    key: str
    count: int
    facts: CustomerFacts
    proposed: CustomerFacts
    by_younger_card: CustomerFacts | None = None

    @classmethod
    def of(cls, key: str, count: int) -> FactSet:
        user_group, payment, status, roams, exceptions, changed, moved_to, younger_card = json.loads(key)
        stored, others = _by_group(exceptions), _by_group(changed)
        facts = CustomerFacts(user_group, payment, status, roams, stored)
        after = replace(facts, user_group=moved_to or user_group, exceptions=_merged(stored, others))
        younger = None
        if younger_card is not None:
            younger = replace(facts, roams=bool(younger_card[0]), exceptions=_by_group(younger_card[1]))
        return cls(key, count, facts, after, younger)


# The rows of today, and how they stood at a past moment: there the last entry of each row up to the moment counts, else
# the first one after it, else (where the history has none) the row of today; but an exception that had no row then did not
# exist, unless its customer, its group or the card was not known yet either. A row without entries was known at no moment.
#
# Both end in ``standing``: each customer, and whether a card roams, the exceptions, and ``younger_card``, null unless the
# customer had cards of both kinds, known then and not, and it makes a difference: what counts for those known later.
_TODAY = f"""
customers AS (
    SELECT id, user_group_id, payment, status, name, number, user_group_id AS seen_in, false AS younger
    FROM customers_customer
    WHERE (%(provider)s::bigint IS NULL OR provider_id = %(provider)s) AND (%(customers)s::bigint[] IS NULL OR id = ANY(%(customers)s))
),
excepted AS (
    SELECT customer_id, jsonb_object_agg(charge_group_id, jsonb_build_array(access, tariff_id)) AS exceptions
    FROM chargegroups_customerexception x WHERE charge_group_id = ANY(%(groups)s) AND {valid_at_sql("x")}
    GROUP BY customer_id
),
roaming AS (
    SELECT DISTINCT customer_id FROM customers_chargecard k
    WHERE %(roaming)s AND (%(provider)s::bigint IS NULL OR provider_id = %(provider)s) AND roaming AND status = 'active' AND {valid_at_sql("k")}
),
standing AS (
    SELECT c.*, r.customer_id IS NOT NULL AS roams, x.exceptions, NULL::jsonb AS younger_card
    FROM customers c LEFT JOIN excepted x ON x.customer_id = c.id LEFT JOIN roaming r ON r.customer_id = c.id
)"""


def _states(table: str, columns: str, narrowed: str) -> str:
    """Each row of a table as it stood at the moment; ``younger``: not known then."""
    return f"""
    SELECT state.*, coalesce(since > %(at)s, true) AS younger FROM (
        SELECT DISTINCT ON (id) *, min(since_entry) OVER (PARTITION BY id) AS since FROM (
            SELECT pgh_obj_id AS id, pgh_id, pgh_created_at AS since_entry, pgh_label, {columns} FROM {table}event WHERE {narrowed}
            UNION ALL
            SELECT id, NULL, NULL, 'today', {columns} FROM {table} stored WHERE {narrowed.replace("pgh_obj_id", "id")}
              AND NOT EXISTS (SELECT FROM {table}event WHERE pgh_obj_id = stored.id)
        ) entry ORDER BY id, CASE WHEN since_entry <= %(at)s THEN -pgh_id ELSE pgh_id END
    ) state WHERE pgh_label <> 'delete'"""


_OF_PROVIDER = "(%(provider)s::bigint IS NULL OR provider_id = %(provider)s)"
_PAST = f"""
known_groups AS ({_states("chargegroups_chargegroup", "code", "pgh_obj_id = ANY(%(groups)s)")}),
customers AS (
    SELECT was.*, coalesce(c.user_group_id, was.user_group_id) AS seen_in FROM ({
    _states(
        "customers_customer",
        "user_group_id, payment, status, name, number",
        f"{_OF_PROVIDER} AND (%(customers)s::bigint[] IS NULL OR pgh_obj_id = ANY(%(customers)s))",
    )
}) was LEFT JOIN customers_customer c ON c.id = was.id
),
exception_entries AS (
    SELECT pgh_id, pgh_created_at, pgh_label, charge_group_id, customer_id, access, tariff_id, valid_from, valid_until
    FROM chargegroups_customerexceptionevent WHERE charge_group_id = ANY(%(groups)s)
    UNION ALL
    SELECT NULL, NULL, 'today', charge_group_id, customer_id, access, tariff_id, valid_from, valid_until
    FROM chargegroups_customerexception WHERE charge_group_id = ANY(%(groups)s)
),
excepted AS (
    SELECT customer_id, jsonb_object_agg(charge_group_id, said) FILTER (WHERE NOT by_younger_card) AS exceptions,
        jsonb_object_agg(charge_group_id, said) FILTER (WHERE by_younger_card) AS of_younger_card
    FROM (
        SELECT by_younger_card, customer_id, charge_group_id, jsonb_build_array(access, tariff_id) AS said FROM (
            SELECT DISTINCT ON (by_younger_card, x.customer_id, x.charge_group_id) by_younger_card, x.*
            FROM exception_entries x JOIN customers c ON c.id = x.customer_id JOIN known_groups g ON g.id = x.charge_group_id
            CROSS JOIN (VALUES (false), (true)) AS reading(by_younger_card)
            WHERE x.pgh_created_at <= %(at)s OR c.younger OR g.younger OR by_younger_card
            ORDER BY by_younger_card, x.customer_id, x.charge_group_id,
                CASE WHEN x.pgh_created_at <= %(at)s THEN -x.pgh_id ELSE x.pgh_id END
        ) x WHERE pgh_label <> 'delete' AND {valid_at_sql("x")}
    ) said GROUP BY customer_id
),
cards AS (
    SELECT customer_id, bool_or(roaming) AS roams, bool_or(roaming) FILTER (WHERE younger) AS younger_roams,
        bool_or(roaming) FILTER (WHERE NOT younger) AS older_roams,
        bool_or(younger) AS some_younger, bool_and(younger) AS all_younger
    FROM ({_states("customers_chargecard", "customer_id, status, roaming, valid_from, valid_until", _OF_PROVIDER)}) k
    WHERE status = 'active' AND {valid_at_sql("k")} GROUP BY customer_id
),
standing AS (
    SELECT id, name, number, younger, user_group_id, payment, status, seen_in,
        CASE WHEN mixed THEN older_roams ELSE roams END AND %(roaming)s AS roams, exceptions,
        CASE WHEN mixed THEN jsonb_build_array(younger_roams AND %(roaming)s, of_younger_card) END AS younger_card
    FROM (
        SELECT c.*, coalesce(k.roams, false) AS roams, k.younger_roams, k.older_roams,
            CASE WHEN k.all_younger THEN x.of_younger_card ELSE x.exceptions END AS exceptions, x.of_younger_card,
            coalesce(k.some_younger AND NOT k.all_younger AND x.exceptions IS DISTINCT FROM x.of_younger_card, false) AS mixed
        FROM customers c LEFT JOIN excepted x ON x.customer_id = c.id LEFT JOIN cards k ON k.customer_id = c.id
    ) each_customer
)"""
# The key is one JSON array, so that the exceptions of many groups are one value, and it finds its customers again.
_FACTS = """
proposed AS (
    SELECT customer_id, jsonb_object_agg(charge_group_id,
        CASE WHEN access IS NULL THEN 'null' ELSE jsonb_build_array(access, tariff_id) END) AS exceptions
    FROM jsonb_to_recordset(%(proposed)s)
        AS row(customer_id bigint, charge_group_id bigint, access text, tariff_id bigint)
    GROUP BY customer_id
),
moved AS (SELECT * FROM jsonb_to_recordset(%(moved)s) AS row(customer_id bigint, user_group_id bigint)),
facts AS (
    SELECT s.id, s.name, s.number, s.younger, s.user_group_id, s.payment, s.status, s.roams,
        s.exceptions, p.exceptions AS changed, m.user_group_id AS moved_to, s.younger_card
    FROM standing s
    LEFT JOIN proposed p ON p.customer_id = s.id
    LEFT JOIN moved m ON m.customer_id = s.id
    WHERE (%(statuses)s::text[] IS NULL OR s.status = ANY(%(statuses)s))
      AND (%(user_groups)s::bigint[] IS NULL OR s.seen_in = ANY(%(user_groups)s))
)"""
_COLUMNS = "user_group_id, payment, status, roams, exceptions, changed, moved_to, younger_card"
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

    def page(
        self, *, words: Sequence[str] = (), also: Sequence[int] = (), after: int = 0, most: int = 500
    ) -> list[tuple[int, str, str, bool, FactSet]]:
        """Customers by id after one of them: id, name, number, whether younger than the moment, facts.

        Each of the ``words`` is a part of the name or the number; or it is one of the customers ``also`` meant.
        """
        likes = [f"%{_like(word)}%" for word in words]
        rows = self._rows(
            f"SELECT id, name, number, younger, {_COLUMNS} FROM facts WHERE id > %(after)s AND (id = ANY(%(also)s) OR COALESCE("
            "(SELECT bool_and(name ILIKE word OR number ILIKE word) FROM unnest(%(likes)s::text[]) AS word), true))"
            " ORDER BY id LIMIT %(most)s",
            {"likes": likes, "also": list(also), "after": after, "most": most},
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

    def holders(self, cards: Collection[int] | None = None) -> list[HolderSet]:
        """The customers grouped by their facts and their cards: all of these, or those whose ids are named."""
        rows = self._rows(_HOLDERS, {"cards": None if cards is None else list(cards)})
        return [
            HolderSet(FactSet.of(_key(facts), count).facts, tuple(CardFacts(*card) for card in _loaded(held)), count)
            for *facts, held, count in rows
        ]


_HOLDERS = f"""SELECT {_COLUMNS}, held.cards, count(*) FROM facts JOIN (
    SELECT customer_id, jsonb_agg(jsonb_build_array(status, roaming, valid) ORDER BY status, roaming, valid) AS cards FROM (
        SELECT customer_id, status, roaming, {valid_at_sql("k")} AS valid FROM customers_chargecard k
        WHERE (%(cards)s::bigint[] IS NULL OR k.id = ANY(%(cards)s)) AND k.customer_id IN (SELECT id FROM facts)
    ) card GROUP BY customer_id
) held ON held.customer_id = facts.id GROUP BY {_COLUMNS}, held.cards"""


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What charge cards that are alike have in common; ``valid``: their window has begun, and is not over."""

    status: CardStatus
    roams: bool
    valid: bool


@dataclass(frozen=True, slots=True)
class HolderSet:
    """``count`` customers who share their facts, each with these cards."""

    facts: CustomerFacts
    cards: tuple[CardFacts, ...]
    count: int


_SHARED = """jsonb_build_array(user_group_id, payment, status, roams,
    CASE WHEN exceptions ? charge_group::text
         THEN jsonb_build_object(charge_group, exceptions -> charge_group::text) END, NULL, NULL, NULL),
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
