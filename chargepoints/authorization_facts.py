"""Facts that decide on one card at one charge point at one moment, fetched by one prepared statement.

The statement has two forms: on the rows of today, and on the rows as the kept history has them at a past moment.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar

import psycopg
from django.db import connection, models
from psycopg.rows import dict_row

from chargegroups.access import Facts
from chargegroups.terms import Decision, GroupTerms, TariffInForce, decide
from evcnet.codes import IDENTITY_SEPARATORS, UID_SEPARATORS, identity_key, key_sql, uid_key
from evcnet.validity import valid_at_sql
from tariffs.conversion import price_list
from tariffs.models import Tariff, TariffElement, TariffVersion
from tariffs.pricing import PriceTexts, price_texts

R = TypeVar("R", bound=models.Model)

SLOTS = {
    "tariff": "t.tariff_id",
    "prepaid": "t.prepaid_tariff_id",
    "roaming": "t.roaming_tariff_id",
    "exception": "e.tariff_id",
}


def _slot(name: str, tariff_id: str) -> str:
    """The tariff that a slot names, and its version in force."""
    return f"""
    LEFT JOIN tariffs_tariff {name}_f ON {name}_f.id = {tariff_id}
    LEFT JOIN LATERAL (
        SELECT v.* FROM tariffs_tariffversion v
        WHERE v.tariff_id = {name}_f.id AND v.valid_from <= %(at)s ORDER BY v.valid_from DESC LIMIT 1
    ) {name}_v ON {name}_v.valid_until IS NULL OR {name}_v.valid_until > %(at)s"""


def _price_list(version: str) -> str:
    """The price list of a version as text, from its row."""
    return f"""LATERAL (
        SELECT json_build_object('version', to_json({version}), 'elements', json_agg(el ORDER BY el.position))::text AS json
        FROM tariffs_tariffelement el WHERE el.version_id = {version}.id
    )"""


_SLOT_COLUMNS = ", ".join(
    f"{name}_f.code AS {name}_code, {name}_f.name AS {name}_name, {name}_f.currency AS {name}_currency, {name}_v.id AS {name}_version, "
    f"{name}_v.valid_from AS {name}_from"
    for name in SLOTS
)
_LIST_COLUMNS = ", ".join(f"{name}_l.json AS {name}_list" for name in SLOTS)
_LISTS = "".join(f"\n    LEFT JOIN {_price_list(f'{name}_v')} {name}_l ON {name}_v.id IS NOT NULL" for name in SLOTS)
_TERMS = """
LEFT JOIN LATERAL (
    SELECT * FROM chargegroups_terms WHERE charge_group_id = g.id AND valid_from <= %(at)s
    ORDER BY valid_from DESC LIMIT 1
) t ON true"""
_UID_KEY, _IDENTITY_KEY = key_sql("{}", UID_SEPARATORS), key_sql("{}", IDENTITY_SEPARATORS)
_TODAY = f"""
LEFT JOIN chargepoints_chargepoint p ON {_IDENTITY_KEY.format("p.identity")} = %(identity)s
LEFT JOIN chargegroups_chargegroup g ON g.id = p.charge_group_id {_TERMS}
LEFT JOIN customers_chargecard k ON {_UID_KEY.format("k.uid")} = %(uid)s
LEFT JOIN customers_customer c ON c.id = k.customer_id
LEFT JOIN chargegroups_customerexception e ON e.charge_group_id = g.id AND e.customer_id = c.id AND {valid_at_sql("e")}
CROSS JOIN (SELECT NULL::timestamptz AS known_from, false AS unrecorded, NULL::text AS time_zone) known"""


def _then(table: str, alias: str, row: str, columns: str) -> str:
    """A row, by its id, as it stood at the moment; before its first entry as it was first known.

    ``since`` is its first entry, NULL where the history has none: then the row of today counts.
    """
    return f"""
    LEFT JOIN LATERAL (
        SELECT entry.*, min(pgh_created_at) OVER () AS since FROM (
            SELECT pgh_id, pgh_created_at, pgh_label, pgh_obj_id AS id, {columns} FROM {table}event WHERE pgh_obj_id = {row}
            UNION ALL SELECT NULL, NULL, 'today', id, {columns} FROM {table} WHERE id = {row}
        ) entry ORDER BY {_LATEST} LIMIT 1
    ) {alias} ON {alias}.pgh_label <> 'delete'"""


def _held(moment: str) -> str:
    """Is the point held at the moment for somebody else than the card's customer? Read where social charging is on alone."""
    return f"""CASE WHEN t.social_charging THEN EXISTS (
        SELECT FROM chargepoints_hold h WHERE h.charge_point_id = p.id AND h.until > {moment} AND h.begins_at <= {moment}
            AND (h.ended_at IS NULL OR h.ended_at > {moment}) AND h.customer_id IS DISTINCT FROM k.customer_id
    ) ELSE false END"""


_LATEST = "CASE WHEN pgh_created_at <= %(at)s THEN -pgh_id ELSE pgh_id END NULLS LAST"
"""The last entry up to the moment, else the first one after it, else the row of today."""


def _lookup_by_key(table: str, alias: str, key: str, column: str, columns: str) -> str:
    """The row whose ``column`` had the key ``%(column)s`` at the moment. One that existed then goes before one that was removed, and before one
    that came later."""
    return f"""
    LEFT JOIN LATERAL (
        SELECT state.* FROM (
            SELECT pgh_obj_id AS id FROM {table}event WHERE {key.format(column)} = %({column})s
            UNION SELECT id FROM {table} WHERE {key.format(column)} = %({column})s
        ) candidate
        CROSS JOIN LATERAL (
            SELECT entry.*, min(pgh_created_at) OVER () AS since FROM (
                SELECT pgh_id, pgh_created_at, pgh_label, pgh_obj_id AS id, {columns} FROM {table}event
                WHERE pgh_obj_id = candidate.id
                UNION ALL SELECT NULL, NULL, 'today', id, {columns} FROM {table} WHERE id = candidate.id
            ) entry ORDER BY {_LATEST} LIMIT 1
        ) state
        WHERE {key.format(f"state.{column}")} = %({column})s
        ORDER BY state.pgh_created_at > %(at)s, state.pgh_label = 'delete', state.pgh_id DESC LIMIT 1
    ) {alias} ON {alias}.pgh_label <> 'delete'"""


_PAST = f"""
{_lookup_by_key("chargepoints_chargepoint", "p", _IDENTITY_KEY, "identity", "identity, provider_id, status, location_id, charge_group_id")}
{_then("chargegroups_chargegroup", "g", "p.charge_group_id", "code, user_group_id")} {_TERMS}
{_lookup_by_key("customers_chargecard", "k", _UID_KEY, "uid", "uid, provider_id, customer_id, status, roaming, valid_from, valid_until")}
{_then("customers_customer", "c", "k.customer_id", "number, status, payment, user_group_id")}
{_then("chargepoints_location", "l", "p.location_id", "time_zone")}
CROSS JOIN LATERAL (
    SELECT CASE WHEN NOT lacking THEN greatest(p.since, g.since, k.since, c.since) END AS known_from, lacking AS unrecorded,
        lacking OR %(at)s < greatest(p.since, g.since, k.since, c.since) AS not_yet, l.time_zone
    FROM (SELECT {" OR ".join(f"{row}.id IS NOT NULL AND {row}.since IS NULL" for row in "pgkc")}) AS history(lacking)
) known
LEFT JOIN LATERAL (
    SELECT entry.* FROM (
        SELECT pgh_id, pgh_created_at, pgh_label, pgh_obj_id AS id, access, tariff_id, valid_from, valid_until
        FROM chargegroups_customerexceptionevent
        WHERE charge_group_id = g.id AND customer_id = c.id AND (pgh_created_at <= %(at)s OR known.not_yet)
        UNION ALL SELECT NULL, NULL, 'today', id, access, tariff_id, valid_from, valid_until
        FROM chargegroups_customerexception WHERE charge_group_id = g.id AND customer_id = c.id AND known.not_yet
    ) entry ORDER BY {_LATEST} LIMIT 1
) e ON e.pgh_label <> 'delete' AND {valid_at_sql("e")}"""


def _statement(rows: str, held_at: str) -> str:
    """Everything that the decision and its answer need, in one row, from the rows of today or of the past."""
    return f"""
SELECT p.id AS point, p.identity, p.provider_id AS point_provider, p.status AS point_status, p.location_id,
    g.id AS charge_group, g.code AS group_code, g.user_group_id AS group_user_group,
    t.id AS terms, t.own_user_group, t.other_user_groups, t.roaming, t.social_charging,
    k.id AS card, k.uid, k.provider_id AS card_provider, k.status AS card_status, k.roaming AS card_roams,
    k.valid_from AS card_from, k.valid_until AS card_until,
    c.id AS customer, c.number, c.status AS customer_status, c.payment, c.user_group_id AS customer_group,
    e.id AS exception, e.access, {_held(held_at)} AS held_for_another, known.known_from, known.unrecorded, known.time_zone, {_SLOT_COLUMNS}, {_LIST_COLUMNS}
FROM (SELECT 1) AS one {rows}
{"".join(_slot(name, tariff_id) for name, tariff_id in SLOTS.items())}
{_LISTS}
"""


def _for_many(statement: str) -> str:
    """The same statement for a list of cards, points and moments, in their order; without the price lists."""
    statement = statement.replace(f", {_LIST_COLUMNS}", "").replace(_LISTS, "")
    statement = statement.replace("FROM (SELECT 1) AS one", f"FROM {_QUESTIONS}") + " ORDER BY asked.number"
    for name in ("uid", "identity", "at"):
        statement = statement.replace(f"%({name})s", f"asked.{name}")
    return statement


_QUESTIONS = """unnest(%(uids)s::text[], %(identities)s::text[], %(moments)s::timestamptz[])
    WITH ORDINALITY AS asked(uid, identity, at, number)"""
LIVE, HISTORY = _statement(_TODAY, "%(held_at)s::timestamptz"), _statement(_PAST, "%(at)s")
HISTORY_OF_MANY = _for_many(HISTORY)
PRICE_LISTS = f"""SELECT v.id, l.json FROM tariffs_tariffversion v CROSS JOIN {_price_list("v")} l
    WHERE v.id = ANY(%(versions)s)"""


Question = tuple[str, str, datetime]
"""Uid of a card, identity of a charge point, and the moment."""


@dataclass(frozen=True, slots=True)
class AuthorizationFacts:
    """The facts, the terms, and what the answer shows beside them. ``row`` is the statement's one row."""

    facts: Facts
    terms: GroupTerms | None
    exception_tariff: TariffInForce | None
    prepaid: bool
    row: dict[str, Any]

    @property
    def known_from(self) -> datetime | None:
        """Of a past moment: from when card, customer, point and charge group are known by record. None: not by record."""
        known: datetime | None = self.row["known_from"]
        return known

    @property
    def unrecorded(self) -> bool:
        """Has one of them no entry in the history, so that it counts as it stands today?"""
        return bool(self.row["unrecorded"])

    def decide(self) -> Decision:
        return decide(self.facts, self.terms, exception_tariff=self.exception_tariff, prepaid=self.prepaid)

    def price_texts(self, source: str) -> PriceTexts:
        """How the price list of a slot (group, prepaid, roaming, exception) reads, in one line."""
        slot = slot_of(source)
        return _price_texts(self.row[f"{slot}_version"], self.row[f"{slot}_currency"], self.row[f"{slot}_list"])


def slot_of(source: str) -> str:
    return "tariff" if source == "group" else source


def fetch_facts(uid: str, identity: str, at: datetime, *, held_at: datetime | None) -> AuthorizationFacts:
    """Run the one statement on the rows of today. Nobody's tenancy is asked: a reader is no staff.

    ``held_at``: the moment at which holds are looked at; None: none counts, as about a moment to come.
    """
    [row] = _fetch(LIVE, _named(uid, identity) | {"at": at, "held_at": held_at})
    return facts_of_row(row, at)


def fetch_past_facts(uid: str, identity: str, at: datetime) -> AuthorizationFacts:
    """The same on the kept history, with the hold of then."""
    [row] = _fetch(HISTORY, _named(uid, identity) | {"at": at})
    return facts_of_row(row, at)


def _named(uid: str, identity: str) -> dict[str, Any]:
    return {"uid": uid_key(_plain(uid)), "identity": identity_key(_plain(identity))}


def fetch_past_rows(questions: Sequence[Question]) -> list[dict[str, Any]]:
    """The rows of facts of many cards at points at moments that have passed, in their order: one statement on the kept
    history, and one for the price lists that they name."""
    params = {
        "uids": [uid_key(_plain(uid)) for uid, _, _ in questions],
        "identities": [identity_key(_plain(identity)) for _, identity, _ in questions],
        "moments": [at for _, _, at in questions],
    }
    rows = _fetch(HISTORY_OF_MANY, params)
    versions = {row[f"{slot}_version"] for row in rows for slot in SLOTS} - {None}
    lists = {each["id"]: each["json"] for each in _fetch(PRICE_LISTS, {"versions": sorted(versions)})}
    for row in rows:
        row |= {f"{slot}_list": lists.get(row[f"{slot}_version"]) for slot in SLOTS}
    return rows


def facts_of_row(row: dict[str, Any], at: datetime) -> AuthorizationFacts:
    """The facts of one card at one point at the moment of which the row was fetched."""
    terms = _terms(row) if row["terms"] else None
    exception = _slot_of_row(row, "exception") if row["exception"] else None
    return AuthorizationFacts(_facts(row, at), terms, exception, row["payment"] == "prepaid", row)


def _plain(text: str) -> str:
    """No stored text holds the character that PostgreSQL refuses, so without it nothing is found either."""
    return text.strip().replace("\x00", "\N{REPLACEMENT CHARACTER}")


def _fetch(statement: str, params: dict[str, Any]) -> list[dict[str, Any]]:
    with connection.cursor() as wrapped, connection.wrap_database_errors:
        counted = wrapped.debug_sql(statement, params) if hasattr(wrapped, "debug_sql") else nullcontext()
        with counted, psycopg.Cursor(connection.connection, row_factory=dict_row) as cursor:
            # Prepared: three quarters of the time of an unprepared one is planning.
            return cursor.execute(statement, params, prepare=True).fetchall()


def _facts(row: dict[str, Any], at: datetime) -> Facts:
    same_provider = row["card"] is not None and row["card_provider"] == row["point_provider"]
    return Facts(
        at=at,
        point_known=row["point"] is not None,
        point_status=row["point_status"] or "inactive",
        point_in_group=row["charge_group"] is not None,
        point_located=row["location_id"] is not None,
        card_known=row["card"] is not None,
        card_status=row["card_status"] or "inactive",
        card_roams=bool(row["card_roams"]),
        card_valid_from=row["card_from"],
        card_valid_until=row["card_until"],
        customer_status=row["customer_status"],
        same_provider=same_provider,
        same_user_group=same_provider and row["customer_group"] == row["group_user_group"],
        exception=row["access"],
        held_for_another=row["held_for_another"],
    )


def _terms(row: dict[str, Any]) -> GroupTerms:
    return GroupTerms.of(lambda slot: _slot_of_row(row, slot.removesuffix("_tariff")), lambda switch: row[switch])


def _slot_of_row(row: dict[str, Any], slot: str) -> TariffInForce | None:
    code = row[f"{slot}_code"]
    return None if code is None else TariffInForce(code, row[f"{slot}_version"])


@lru_cache(maxsize=4096)
def _price_texts(version: int, currency: str, listed: str) -> PriceTexts:
    read = json.loads(listed, parse_float=Decimal)
    elements = [_row_of(TariffElement, element) for element in read["elements"] or []]
    stored = _row_of(TariffVersion, read["version"])
    stored.tariff = Tariff(currency=currency)
    return price_texts(price_list(stored, elements))


def _row_of(model: type[R], columns: dict[str, Any]) -> R:
    """A model's instance from its row as JSON, with the types of its fields."""
    fields = {field.column: field for field in model._meta.concrete_fields}
    return model(**{fields[name].attname: fields[name].to_python(value) for name, value in columns.items()})
