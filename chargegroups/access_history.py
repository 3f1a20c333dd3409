"""Who had access to a charge group at a moment, and at which price? Read from the kept history, judged by the rule.

Terms and tariff versions are dated rows. Customers, their cards and their exceptions are not: of these the history
says how they stood at the moment, in the portal of then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import connection

from chargegroups.customer_access import GroupAt
from chargegroups.models import ChargeGroup
from chargegroups.terms import Decision

# The last event of each row up to the moment is how the row stood then, unless it says that the row was removed.
_FACTS = """
customers AS (
    SELECT DISTINCT ON (pgh_obj_id) pgh_obj_id AS id, pgh_label, user_group_id, payment, status, name, number
    FROM customers_customerevent WHERE provider_id = %(provider)s AND pgh_created_at <= %(at)s
    ORDER BY pgh_obj_id, pgh_id DESC
),
exceptions AS (
    SELECT DISTINCT ON (pgh_obj_id) customer_id, pgh_label, access, tariff_id, valid_from, valid_until
    FROM chargegroups_customerexceptionevent WHERE charge_group_id = %(group)s AND pgh_created_at <= %(at)s
    ORDER BY pgh_obj_id, pgh_id DESC
),
cards AS (
    SELECT DISTINCT ON (pgh_obj_id) customer_id, pgh_label, roaming, status, valid_from, valid_until
    FROM customers_chargecardevent WHERE %(roaming)s AND provider_id = %(provider)s AND pgh_created_at <= %(at)s
    ORDER BY pgh_obj_id, pgh_id DESC
),
roaming AS (
    SELECT DISTINCT customer_id FROM cards
    WHERE pgh_label <> 'delete' AND roaming AND status = 'active'
      AND (valid_from IS NULL OR valid_from <= %(at)s) AND (valid_until IS NULL OR valid_until > %(at)s)
),
facts AS (
    SELECT was.id, was.name, was.number, was.user_group_id = %(user_group)s AS same_user_group,
        r.customer_id IS NOT NULL AS roams, was.payment, was.status,
        x.access AS exception_access, x.tariff_id AS exception_tariff
    FROM customers was
    LEFT JOIN customers_customer c ON c.id = was.id
    LEFT JOIN exceptions x ON x.customer_id = was.id AND x.pgh_label <> 'delete'
        AND (x.valid_from IS NULL OR x.valid_from <= %(at)s) AND (x.valid_until IS NULL OR x.valid_until > %(at)s)
    LEFT JOIN roaming r ON r.customer_id = was.id
    WHERE was.pgh_label <> 'delete'
      AND (%(visible)s::bigint[] IS NULL OR coalesce(c.user_group_id, was.user_group_id) = ANY(%(visible)s))
)"""
_KEY = "same_user_group, roams, payment, status, exception_access, exception_tariff"


@dataclass(frozen=True)
class Crowd:
    """Customers with the same facts, and what the rule said of them."""

    facts: dict[str, Any]
    count: int
    decision: Decision


@dataclass(frozen=True)
class Found:
    """One customer as it stood: ``name`` and ``number`` are those of then."""

    id: int
    name: str
    number: str
    decision: Decision


class GroupThen:
    """A charge group at a moment. ``user_groups``: only customers that stand in these today; None: all."""

    def __init__(self, group: ChargeGroup, at: datetime, user_groups: Sequence[int] | None) -> None:
        self.group, self.at = group, at
        self.terms_of = GroupAt(group, at, tariffs=self._tariffs())
        stored = self.terms_of.stored
        self.params: dict[str, Any] = {
            "provider": group.provider_id,
            "group": group.pk,
            "user_group": group.user_group_id,
            "at": at,
            "roaming": stored is not None and stored.roaming,
            "visible": None if user_groups is None else list(user_groups),
        }

    def _tariffs(self) -> set[int]:
        """Every tariff that an exception of this group has ever named."""
        sql = "SELECT DISTINCT tariff_id FROM chargegroups_customerexceptionevent WHERE charge_group_id = %s"
        return {row["tariff_id"] for row in _rows(sql, [self.group.pk])} - {None}

    @cached_property
    def crowds(self) -> list[Crowd]:
        """One grouped query; the most customers first."""
        sql = f"WITH {_FACTS} SELECT {_KEY}, count(*) AS count FROM facts GROUP BY {_KEY} ORDER BY count DESC"
        rows = [(row.pop("count"), row) for row in _rows(sql, self.params)]
        return [Crowd(row, count, self.terms_of.judge(row)) for count, row in rows]

    def customers(self, crowds: Iterable[Crowd], *, text: str = "", after: int = 0, most: int = 50) -> list[Found]:
        """Those with the facts of these crowds, by id; ``text`` is a part of the name or the beginning of the number."""
        decisions = {tuple(crowd.facts.values()): crowd.decision for crowd in crowds}
        found: list[Found] = []
        while len(found) < most and (rows := self._page(text, after, most)):
            after = rows[-1]["id"]
            for row in rows:
                who = row.pop("id"), row.pop("name"), row.pop("number")
                if decision := decisions.get(tuple(row.values())):
                    found.append(Found(*who, decision))
        return found[:most]

    def _page(self, text: str, after: int, most: int) -> list[dict[str, Any]]:
        wanted = {"part": f"%{_like(text)}%", "begin": f"{_like(text)}%", "after": after, "most": max(most, 500)}
        sql = (
            f"WITH {_FACTS} SELECT id, name, number, {_KEY} FROM facts WHERE id > %(after)s"
            " AND (name ILIKE %(part)s OR number ILIKE %(begin)s) ORDER BY id LIMIT %(most)s"
        )
        return _rows(sql, self.params | wanted)


def _like(text: str) -> str:
    cleaned = text.replace("\0", "").replace("\\", r"\\")
    return cleaned.replace("%", r"\%").replace("_", r"\_")


def _rows(sql: str, params: Any) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
