"""Facts of customers, grouped: how many share each set of facts on which access and price depend.

The one place where the facts of many customers are gathered; those of one card at one charge point come from
``chargepoints.authorization_facts``. SQL groups, and the access rules judge each set of facts once; of today the
groups are counted by ledgers, so that a preview over a million customers reads a few hundred rows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from chargegroups.access import CardStatus, CustomerStatus, ExceptionAccess
from chargegroups.counts_sql import COUNTS
from chargegroups.facts_sql import AMONG, COLUMNS, FACTS, HOLDERS, KEY, NAMED, PAST, SHARED, today
from evcnet.replica import connection_to_read

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

    ``key`` names the set: the same facts have the same key. ``unreachable`` of them have no e-mail address, which nobody
    asks of a past moment. ``by_younger_card``, about a past moment alone: what counts for
    those of their cards that were not known then, where that differs and they had others.
    """

    key: str
    count: int
    facts: CustomerFacts
    proposed: CustomerFacts
    by_younger_card: CustomerFacts | None = None
    unreachable: int = 0

    @classmethod
    def of(cls, key: str, count: int, unreachable: int = 0) -> FactSet:
        user_group, payment, status, roams, exceptions, changed, moved_to, younger_card = json.loads(key)
        stored, others = _by_group(exceptions), _by_group(changed)
        facts = CustomerFacts(user_group, payment, status, roams, stored)
        after = facts
        if moved_to or others:
            after = replace(facts, user_group=moved_to or user_group, exceptions=_merged(stored, others))
        younger = None
        if younger_card is not None:
            younger = replace(facts, roams=bool(younger_card[0]), exceptions=_by_group(younger_card[1]))
        return cls(key, count, facts, after, younger, unreachable)


@dataclass(frozen=True)
class FactsQuery:
    """The facts of a provider's customers (None: of all providers') at some charge groups, by id, at a moment.

    ``past`` reads the kept history instead of the rows of today. ``roaming`` False: no card is looked at, which nobody
    needs where no group is accessible for roaming. Narrowed to ``customers``, to ``statuses`` and to those who stand
    today in ``user_groups``, None being all; or, of today, to the ids that a query ``among`` gives, with ``more`` parameters. ``proposed`` are exceptions that would take the place of stored ones
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
    among: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sql(self) -> str:
        """Common table expressions; the last, ``facts``, has a row for each customer."""
        if self.past:
            return f"WITH {PAST}, {FACTS}"
        narrowed = [each for each, given in ((AMONG, self.among), (NAMED, self.customers is not None)) if given]
        among = f"among (id) AS MATERIALIZED ({self.among}), " if self.among else ""
        return f"WITH {among}{today(' AND '.join(narrowed) or 'true')}, {FACTS}"

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
            **self.more,
        }

    def sets(self) -> list[FactSet]:
        """Every distinct set of facts with how many customers share it: one query, of ledgers where it is of all and today."""
        return [FactSet.of(_key(row[:-2]), *row[-2:]) for row in self._counts()]

    def _counts(self) -> list[tuple[Any, ...]]:
        if self.provider is None or self.past or self.among or self.customers is not None:
            unreachable = "count(*) FILTER (WHERE NOT reachable)"
            return self._rows(f"SELECT {COLUMNS}, count(*), {unreachable} FROM facts GROUP BY {COLUMNS}")
        with connection_to_read().cursor() as cursor:
            concerned = {*self.moved, *(each["customer_id"] for each in self.proposed)}
            cursor.execute(COUNTS, {**self.params, "concerned": sorted(concerned)})
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows

    def of_customers(self, customers: Collection[int]) -> dict[int, FactSet]:
        """The facts of each of these customers, for a page of them."""
        narrowed = replace(self, customers=list(customers))
        return {row[0]: FactSet.of(_key(row[1:]), 1) for row in narrowed._rows(f"SELECT id, {COLUMNS} FROM facts")}

    def ids(self, keys: Iterable[str]) -> RawSQL:
        """The ids of the customers with these sets of facts, as a query for ``pk__in``."""
        keyed = f"SELECT id FROM (SELECT id, {KEY} AS key FROM facts) keyed"
        sql = f"{self.sql} {keyed} WHERE key IN (SELECT jsonb_array_elements(%(keys)s))"
        return RawSQL(*positional(sql, self.params | {"keys": f"[{','.join(keys)}]"}))

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
            f"SELECT id, name, number, younger, {COLUMNS} FROM facts WHERE id > %(after)s AND (id = ANY(%(also)s) OR COALESCE("
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
        of_pairs = replace(self, among="SELECT customer FROM pair").sql.removeprefix("WITH ")
        named, given = positional(f"{of_pairs} SELECT {SHARED}", self.params)
        with connection_to_read().cursor() as cursor:
            cursor.execute(
                f"WITH pair (customer, charge_group, mark, row_id) AS MATERIALIZED ({sql}), {named}"
                " FROM facts JOIN pair ON customer = id GROUP BY 1, 2, 3",
                [*params, *given],
            )
            return [
                Shared(FactSet.of(_key(_loaded(key)), many), group, mark, first, many)
                for key, group, mark, first, many in cursor.fetchall()
            ]

    def _rows(self, select: str, more: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        with connection_to_read().cursor() as cursor:
            cursor.execute(f"{self.sql} {select}", {**self.params, **(more or {})})
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows

    def holders(self, cards: Collection[int] | None = None) -> list[HolderSet]:
        """The customers grouped by their facts and their cards: all of these, or those whose ids are named."""
        rows = self._rows(HOLDERS, {"cards": None if cards is None else list(cards)})
        return [
            HolderSet(FactSet.of(_key(facts), count).facts, tuple(CardFacts(*card) for card in _loaded(held)), count)
            for *facts, held, count in rows
        ]


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


def positional(sql: str, params: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """RawSQL and querysets take parameters by position only."""
    given: list[Any] = []

    def place(name: re.Match[str]) -> str:
        given.append(params[name[1]])
        return "%s"

    return re.sub(r"%\((\w+)\)s", place, sql), given
