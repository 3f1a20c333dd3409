"""Statements that gather the facts of customers, grouped or one by one: common table expressions, and what is selected of them."""

from __future__ import annotations

from evcnet.validity import valid_at_sql

CHOSEN = """(%(statuses)s::text[] IS NULL OR status = ANY(%(statuses)s))
      AND (%(user_groups)s::bigint[] IS NULL OR seen_in = ANY(%(user_groups)s))"""
# Aggregates are joined to customers by FULL JOIN behind a fence (OFFSET 0), which PostgreSQL never does by a nested loop. A LEFT
# JOIN it does so where its statistics say that there is a customer or an exception or none, as after a large file was rolled
# back; the loop then aggregates all exceptions anew for each customer.


# The rows of today, and how they stood at a past moment: there the last entry of each row up to the moment counts, else
# the first one after it, else (where the history has none) the row of today; but an exception that had no row then did not
# exist, unless its customer, its group or the card was not known yet either. A row without entries was known at no moment.
#
# Both end in ``standing``: each customer, and whether a card roams, the exceptions, and ``younger_card``, null unless the
# customer had cards of both kinds, known then and not, and it makes a difference: what counts for those known later.
def today(customers: str) -> str:
    """``customers`` says who, as a condition of an id: ``{0}``."""
    return f"""
customers AS (
    SELECT id, user_group_id, payment, status, name, number, email <> '' AS reachable, user_group_id AS seen_in, false AS younger
    FROM customers_customer WHERE (%(provider)s::bigint IS NULL OR provider_id = %(provider)s) AND {customers.format("id")}
      AND {CHOSEN.replace("seen_in", "user_group_id")}
),
excepted AS (
    SELECT customer_id, jsonb_object_agg(charge_group_id, jsonb_build_array(access, tariff_id)) AS exceptions
    FROM chargegroups_customerexception x
    WHERE charge_group_id = ANY(%(groups)s) AND {valid_at_sql("x")} AND {customers.format("customer_id")}
    GROUP BY customer_id
),
roaming AS (
    SELECT DISTINCT customer_id FROM customers_chargecard k
    WHERE %(roaming)s AND (%(provider)s::bigint IS NULL OR provider_id = %(provider)s) AND roaming AND status = 'active'
        AND {valid_at_sql("k")} AND {customers.format("customer_id")}
),
standing AS (
    SELECT * FROM (
        SELECT c.*, r.customer_id IS NOT NULL AS roams, x.exceptions, NULL::jsonb AS younger_card
        FROM customers c FULL JOIN excepted x ON x.customer_id = c.id FULL JOIN roaming r ON r.customer_id = c.id OFFSET 0
    ) each_customer WHERE id IS NOT NULL
)"""


NAMED = "{0} = ANY(%(customers)s)"
AMONG = "{0} IN (SELECT id FROM among)"
"""Whose facts of today are read: those named by id, or those of an expression ``among``."""


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
PAST = f"""
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
    SELECT id, name, number, younger, true AS reachable, user_group_id, payment, status, seen_in,
        CASE WHEN mixed THEN older_roams ELSE roams END AND %(roaming)s AS roams, exceptions,
        CASE WHEN mixed THEN jsonb_build_array(younger_roams AND %(roaming)s, of_younger_card) END AS younger_card
    FROM (
        SELECT c.*, coalesce(k.roams, false) AS roams, k.younger_roams, k.older_roams,
            CASE WHEN k.all_younger THEN x.of_younger_card ELSE x.exceptions END AS exceptions, x.of_younger_card,
            coalesce(k.some_younger AND NOT k.all_younger AND x.exceptions IS DISTINCT FROM x.of_younger_card, false) AS mixed
        FROM customers c FULL JOIN excepted x ON x.customer_id = c.id FULL JOIN cards k ON k.customer_id = c.id OFFSET 0
    ) each_customer WHERE id IS NOT NULL
)"""
# The key is one JSON array, so that the exceptions of many groups are one value, and it finds its customers again.
FACTS = f"""
proposed AS (
    SELECT customer_id, jsonb_object_agg(charge_group_id,
        CASE WHEN access IS NULL THEN 'null' ELSE jsonb_build_array(access, tariff_id) END) AS exceptions
    FROM jsonb_to_recordset(%(proposed)s)
        AS row(customer_id bigint, charge_group_id bigint, access text, tariff_id bigint)
    GROUP BY customer_id
),
moved AS (SELECT * FROM jsonb_to_recordset(%(moved)s) AS row(customer_id bigint, user_group_id bigint)),
facts AS (
    SELECT * FROM (
        SELECT s.id, s.name, s.number, s.younger, s.reachable, s.user_group_id, s.payment, s.status, s.roams,
            s.exceptions, p.exceptions AS changed, m.user_group_id AS moved_to, s.younger_card, s.seen_in
        FROM standing s FULL JOIN proposed p ON p.customer_id = s.id FULL JOIN moved m ON m.customer_id = s.id OFFSET 0
    ) each_customer WHERE id IS NOT NULL AND {CHOSEN}
)"""
COLUMNS = "user_group_id, payment, status, roams, exceptions, changed, moved_to, younger_card"
KEY = f"jsonb_build_array({COLUMNS})"
HOLDERS = f"""SELECT {COLUMNS}, held.cards, count(*) FROM facts JOIN (
    SELECT customer_id, jsonb_agg(jsonb_build_array(status, roaming, valid) ORDER BY status, roaming, valid) AS cards FROM (
        SELECT customer_id, status, roaming, {valid_at_sql("k")} AS valid FROM customers_chargecard k
        WHERE (%(cards)s::bigint[] IS NULL OR k.id = ANY(%(cards)s)) AND k.customer_id IN (SELECT id FROM facts)
    ) card GROUP BY customer_id
) held ON held.customer_id = facts.id GROUP BY {COLUMNS}, held.cards"""
SHARED = """jsonb_build_array(user_group_id, payment, status, roams,
    CASE WHEN exceptions ? charge_group::text
         THEN jsonb_build_object(charge_group, exceptions -> charge_group::text) END, NULL, NULL, NULL),
    charge_group, mark, min(row_id), count(*)"""
