"""The statement that fetches the facts of one card at one charge point at one moment, on the rows of today or of the past.

Of a past moment it reads each row as the kept history has it then. The tables of partners belong to an app above; the
statement reads them where no card of the platform has the uid.
"""

from __future__ import annotations

from evcnet.codes import IDENTITY_SEPARATORS, UID_SEPARATORS, key_sql
from evcnet.validity import valid_at_sql

SLOTS = {
    "tariff": "t.tariff_id",
    "prepaid": "t.prepaid_tariff_id",
    "roaming": "t.roaming_tariff_id",
    "agreement": "n.tariff_id",
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
_TOKEN_OF_SEVERAL = "min(n.partner_id) OVER () <> max(n.partner_id) OVER () AS ambiguous"
_TOKEN_ORDER = "n.type <> 'RFID', n.id"
"""Of several tokens of one partner with one uid, the card counts, since it is what a reader reads."""
_TOKEN_TODAY = f"""
LEFT JOIN LATERAL (
    SELECT n.id, n.partner_id, n.valid, n.whitelist, a.tariff_id, {_TOKEN_OF_SEVERAL}
    FROM roaming_partnertoken n JOIN roaming_agreement a ON a.partner_id = n.partner_id AND {valid_at_sql("a")}
    WHERE {_UID_KEY.format("n.uid")} = %(uid)s AND n.provider_id = p.provider_id
    ORDER BY {_TOKEN_ORDER} LIMIT 1
) n ON k.id IS NULL"""
_TODAY = f"""
LEFT JOIN chargepoints_chargepoint p ON {_IDENTITY_KEY.format("p.identity")} = %(identity)s
LEFT JOIN chargegroups_chargegroup g ON g.id = p.charge_group_id {_TERMS}
LEFT JOIN customers_chargecard k ON {_UID_KEY.format("k.uid")} = %(uid)s
LEFT JOIN customers_customer c ON c.id = k.customer_id
LEFT JOIN chargegroups_customerexception e ON e.charge_group_id = g.id AND e.customer_id = c.id AND {valid_at_sql("e")}
{_TOKEN_TODAY}
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


def _known_from(*rows: str) -> tuple[str, str]:
    """From when all of these are known by record, and whether one of them has no entry: then none is."""
    return f"greatest({', '.join(f'{row}.since' for row in rows)})", " OR ".join(
        f"({row}.id IS NOT NULL AND {row}.since IS NULL)" for row in rows
    )


_TOKEN_SINCE, _TOKEN_UNRECORDED = _known_from("p", "g", "n")
_AGREEMENT_THEN = f"""
        SELECT state.tariff_id FROM (
            SELECT pgh_obj_id AS id FROM roaming_agreementevent WHERE partner_id = n.partner_id
            UNION SELECT id FROM roaming_agreement WHERE partner_id = n.partner_id
        ) candidate
        CROSS JOIN LATERAL (
            SELECT entry.* FROM (
                SELECT pgh_id, pgh_created_at, pgh_label, tariff_id, valid_from, valid_until FROM roaming_agreementevent
                WHERE pgh_obj_id = candidate.id AND (pgh_created_at <= %(at)s OR n.not_yet)
                UNION ALL SELECT NULL, NULL, 'today', tariff_id, valid_from, valid_until
                FROM roaming_agreement WHERE id = candidate.id AND n.not_yet
            ) entry ORDER BY {_LATEST} LIMIT 1
        ) state WHERE state.pgh_label <> 'delete' AND {valid_at_sql("state")}
        ORDER BY state.valid_from DESC LIMIT 1"""
_TOKEN_THEN = f"""
LEFT JOIN LATERAL (
    SELECT n.*, {_TOKEN_OF_SEVERAL} FROM (
        SELECT n.*, a.tariff_id, bool_or(n.was_known) OVER () AS one_was_known
        FROM (
            SELECT n.*, {_TOKEN_UNRECORDED} OR %(at)s < {_TOKEN_SINCE} AS not_yet,
                coalesce(n.pgh_created_at <= %(at)s, false) AS was_known
            FROM (
                SELECT pgh_obj_id AS id FROM roaming_partnertokenevent WHERE {_UID_KEY.format("uid")} = %(uid)s
                UNION SELECT id FROM roaming_partnertoken WHERE {_UID_KEY.format("uid")} = %(uid)s
            ) candidate
            {_then("roaming_partnertoken", "n", "candidate.id", "uid, provider_id, partner_id, type, valid, whitelist")}
            WHERE {_UID_KEY.format("n.uid")} = %(uid)s AND n.provider_id = p.provider_id
        ) n JOIN LATERAL ({_AGREEMENT_THEN}) a ON true
    ) n WHERE n.was_known OR NOT n.one_was_known
    ORDER BY {_TOKEN_ORDER} LIMIT 1
) n ON k.id IS NULL"""
"""As with cards, a token that was known then goes before one that came later; an agreement counts as an exception does."""
_SINCE, _UNRECORDED = _known_from("p", "g", "k", "c", "n")
_PAST = f"""
{_lookup_by_key("chargepoints_chargepoint", "p", _IDENTITY_KEY, "identity", "identity, provider_id, status, location_id, charge_group_id")}
{_then("chargegroups_chargegroup", "g", "p.charge_group_id", "code, user_group_id")} {_TERMS}
{_lookup_by_key("customers_chargecard", "k", _UID_KEY, "uid", "uid, provider_id, customer_id, status, roaming, valid_from, valid_until")}
{_then("customers_customer", "c", "k.customer_id", "number, status, payment, user_group_id")}
{_then("chargepoints_location", "l", "p.location_id", "time_zone")}
{_TOKEN_THEN}
CROSS JOIN LATERAL (
    SELECT CASE WHEN NOT lacking THEN since END AS known_from, lacking AS unrecorded, lacking OR %(at)s < since AS not_yet,
        l.time_zone
    FROM (SELECT {_SINCE}, {_UNRECORDED}) AS history(since, lacking)
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
    n.id AS token, n.partner_id AS partner, n.valid AS token_valid, n.whitelist AS token_whitelist, n.ambiguous AS token_ambiguous,
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
LIVE_OF_MANY, HISTORY_OF_MANY = _for_many(LIVE), _for_many(HISTORY)
PRICE_LISTS = f"""SELECT v.id, l.json FROM tariffs_tariffversion v CROSS JOIN {_price_list("v")} l
    WHERE v.id = ANY(%(versions)s)"""
